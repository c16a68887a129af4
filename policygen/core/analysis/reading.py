"""How hard a text is to read: grades by formula, lengths, and words that leave things open.

Names, addresses, links, long numbers and wording that a law prescribes are not counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from policygen.core.analysis.sentences import Sentence

Syllables = Callable[[str], int]
"""How many syllables a word has, at least one."""

SMOG_FROM = 30
"""How many sentences a text needs before its SMOG grade means anything (McLaughlin, 1969)."""

MODALS = frozenset({"may", "might", "could"})
"""Verbs that leave open whether something is done at all."""

PERMITTED = frozenset({"you", "parents", "guardian", "guardians", "they"})
"""Of whom “may” says what is allowed, not what may or may not be done."""

PASSIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|being)\s+(?:not\s+|also\s+|only\s+|\w+ly\s+)?"
    r"(?P<participle>\w{2,}ed|sent|kept|held|given|made|taken|told|found|lost|sold|shown|done|known"
    r"|written|seen|put|set|chosen|bound|paid|read)\b"
    r"(?!\s+(?:in|with|at)\s+(?:the|our|your|how)\b)",
    re.IGNORECASE,
)
"""A form of “to be” and a participle."""

TO_BE = re.compile(r" (?:is|are|was|were|be|been|being) ")

NOT_PASSIVE = frozenset(
    {"based", "committed", "interested", "satisfied", "located", "related", "concerned", "need"}
)
"""Participles that are used like adjectives."""


@dataclass(frozen=True, slots=True)
class Level:
    """How a text reads. ``smog`` is ``None`` for fewer than 30 sentences; ``modals`` is a rate.

    ``grade`` and ``smog`` are years of schooling; ``mean`` and ``longest`` are words in a
    sentence; ``modals`` are “may”, “might” and “could” in 1,000 words; ``passive`` is the share of
    sentences, from 0 to 1.
    """

    words: int
    sentences: int
    grade: float
    smog: float | None
    mean: float
    longest: int
    modals: float
    passive: float


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted in a sentence: its words, their syllables, those with three or more."""

    words: int
    spoken: int
    many: int
    modals: int
    passive: bool


def tally_of(sentence: Sentence, syllables: Syllables) -> Tally:
    """Count what the measures of a text are made from."""
    spoken = [syllables(word) for word in sentence.words]
    return Tally(
        words=len(spoken),
        spoken=sum(spoken),
        many=sum(count >= 3 for count in spoken),
        modals=len(modals_in(sentence.words)),
        passive=is_passive(sentence.masked),
    )


def level_of(sentences: Iterable[Sentence], syllables: Syllables) -> Level:
    """Measure sentences. All figures of a text without words are 0."""
    return level_from(tally_of(sentence, syllables) for sentence in sentences)


def level_from(tallies: Iterable[Tally]) -> Level:
    """Measure what was counted in sentences; those without words are left aside."""
    counted = [tally for tally in tallies if tally.words]
    words, sentences = sum(tally.words for tally in counted), len(counted)
    if not words:
        return Level(0, 0, 0.0, None, 0.0, 0, 0.0, 0.0)
    spoken, many = sum(tally.spoken for tally in counted), sum(tally.many for tally in counted)
    smog = 1.0430 * (many * 30 / sentences) ** 0.5 + 3.1291 if sentences >= SMOG_FROM else None
    return Level(
        words=words,
        sentences=sentences,
        grade=0.39 * words / sentences + 11.8 * spoken / words - 15.59,
        smog=smog,
        mean=words / sentences,
        longest=max(tally.words for tally in counted),
        modals=1000 * sum(tally.modals for tally in counted) / words,
        passive=sum(tally.passive for tally in counted) / sentences,
    )


def modals_in(words: Sequence[str]) -> list[str]:
    """Return the verbs of a sentence that leave something open, such as the “may” of “we may”."""
    lower = [word.lower() for word in words]
    if MODALS.isdisjoint(lower):
        return []
    return [
        word
        for position, word in enumerate(lower)
        if word in MODALS and (position == 0 or lower[position - 1] not in PERMITTED)
    ]


def is_passive(text: str) -> bool:
    """Tell whether a sentence seems to hide who does what. It judges by form, and can err."""
    return any(found["participle"].lower() not in NOT_PASSIVE for found in PASSIVE.finditer(text))
