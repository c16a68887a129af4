"""How hard the text is to read, as a whole and clause by clause."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.reading import (
    SMOG_FROM,
    Level,
    Tally,
    is_passive,
    level_from,
)
from policygen.core.analysis.sentences import Sentence
from policygen.core.conflicts import Severity

LEVEL = "reading-level"
HARD = "reading-hard"
SMOG = "reading-smog"
CLAUSE = "reading-clause"
LONG = "reading-long"
MEAN = "reading-mean"
MODALS = "reading-modals"
PASSIVE = "reading-passive"

CODES = {
    LEVEL: "How many years of schooling the text asks for.",
    HARD: "The text is hard to read, by its Flesch-Kincaid grade.",
    SMOG: "The text is hard to understand in full, by its SMOG grade.",
    CLAUSE: "A clause is hard to read.",
    LONG: "A sentence is very long.",
    MEAN: "The sentences are long on average.",
    MODALS: "The text says “may”, “might” or “could” often.",
    PASSIVE: "The text often hides who does what.",
}

GRADE_LIMIT = 10
SMOG_LIMIT = 12
"""SMOG runs about two grades above Flesch-Kincaid, since it foretells full understanding."""

CLAUSE_LIMIT = 12
LONGEST = 35
MEAN_LIMIT = 18
MODALS_LIMIT = 5
PASSIVE_LIMIT = 0.2
CLAUSE_FROM = 8
"""How many words a clause needs before its grade means anything."""


def _find(subject: Subject) -> Iterator[Finding]:
    sentences = subject.own_sentences
    if subject.level.words:
        yield from _whole(subject.level, sentences)
    counted = zip(sentences, subject.tallies, strict=True)
    for slug, some in groupby(counted, key=lambda pair: pair[0].clause.slug):
        yield from _part(slug, list(some), subject)


def _whole(level: Level, sentences: tuple[Sentence, ...]) -> Iterator[Finding]:
    yield Finding(LEVEL, Severity.NOTE, _in_words(level), "Aim at grade 8 or lower.")
    if level.grade > GRADE_LIMIT:
        says = f"The policy reads at grade {level.grade:.1f}. Most people find that hard."
        mend = "Cut long sentences in two, and use everyday words in your own wording."
        yield Finding(HARD, Severity.WARNS, says, mend)
    if level.smog is not None and level.smog > SMOG_LIMIT:
        says = f"To understand all of the policy takes {level.smog:.0f} years of school (SMOG)."
        mend = "Use fewer words of three and more syllables."
        yield Finding(SMOG, Severity.NOTE, says, mend)
    if level.mean > MEAN_LIMIT:
        says = f"A sentence has {level.mean:.0f} words on average."
        yield Finding(MEAN, Severity.NOTE, says, "Cut long sentences in two.")
    if level.modals > MODALS_LIMIT:
        says = f"“May”, “might” and “could” stand {level.modals:.0f} times in 1,000 words."
        mend = "Say what you do and what you do not do."
        yield Finding(MODALS, Severity.NOTE, says, mend)
    if level.passive > PASSIVE_LIMIT:
        first = next(one for one in sentences if is_passive(one.masked))
        says = f"{level.passive:.0%} of the sentences hide who does what, such as “{first.text}”"
        mend = "Say who does it: “we delete it”, not “it is deleted”."
        yield Finding(PASSIVE, Severity.NOTE, says, mend, first.clause.slug, first.text)


def _in_words(level: Level) -> str:
    text = (
        f"The policy reads at grade {level.grade:.1f} (Flesch-Kincaid), with {level.words:,} "
        f"words, {level.mean:.0f} in a sentence, {level.longest} in the longest."
    )
    if level.smog is None:
        return f"{text} It has fewer than {SMOG_FROM} sentences, too few for a SMOG grade."
    return f"{text} Its SMOG grade is {level.smog:.1f}."


def _part(slug: str, counted: list[tuple[Sentence, Tally]], subject: Subject) -> Iterator[Finding]:
    behind = subject.questions_behind(slug)
    for sentence, tally in counted:
        if len(sentence.words) > LONGEST:
            says = f"A sentence has {len(sentence.words)} words: “{sentence.text}”"
            mend = "Cut it in two."
            yield Finding(LONG, Severity.WARNS, says, mend, slug, sentence.text, behind)
        if sentence.clause.amended and tally.passive:
            says = f"Your wording hides who does what: “{sentence.text}”"
            mend = "Say who does it: “we delete it”, not “it is deleted”."
            yield Finding(PASSIVE, Severity.NOTE, says, mend, slug, sentence.text, behind)
    level = level_from(tally for _, tally in counted)
    if level.grade > CLAUSE_LIMIT and level.words >= CLAUSE_FROM:
        says = f"“{counted[0][0].clause.title}” reads at grade {level.grade:.1f}."
        mend = "Cut its sentences in two, and use shorter words."
        text = max((one for one, _ in counted), key=lambda one: len(one.words)).text
        yield Finding(CLAUSE, Severity.NOTE, says, mend, slug, text, behind)


CHECK = Check(CODES, _find)
