"""Sentences that say the same thing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.sentences import Place, Sentence
from policygen.core.conflicts import Severity

DOUBLED = "sentence-doubled"
SIMILAR = "sentence-similar"

CODES = {
    DOUBLED: "A sentence stands twice in the text.",
    SIMILAR: "Two sentences are nearly the same.",
}

DOUBLED_FROM = 5
"""A shorter sentence, such as “You can:”, may stand in several places."""

SIMILAR_FROM = 8
SHINGLE = 3
LIKENESS = 0.6
"""How much two sentences must have in common to be called the same.

It is the number of runs of three words that stand in both, divided by those that stand in either.
A sentence of 12 words has 10 such runs. One word put in breaks two and makes three: 8 of 13 remain,
0.62. So this finds copies in which a few words next to each other are put in or left out; two
sentences of one pattern that differ in what they are about, as policies are full of, stay below.
"""

WORDS_PER_CHANGE = 8
"""Two sentences are the same, too, if one word in so many is another, is put in or is left out.

Runs would miss that: a word exchanged in the middle of 12 breaks three of them, 7 of 13 remain.
"""

REMEMBERED = 1024
"""Of how many sentences and pairs is remembered what was found: policies share most of them."""

Words = tuple[str, ...]


def _find(subject: Subject) -> Iterator[Finding]:
    first: dict[Words, Sentence] = {}
    singles: list[tuple[Sentence, Words]] = []
    for sentence in subject.own_sentences:
        words = tuple(word.lower() for word in sentence.words)
        if not _is_sentence(sentence) or len(words) < DOUBLED_FROM:
            continue
        if words in first:
            yield _finding(
                DOUBLED,
                f"This sentence stands twice: “{sentence.text}”",
                first[words],
                sentence,
                subject,
            )
            continue
        first[words] = sentence
        if len(words) >= SIMILAR_FROM:
            singles.append((sentence, words))
    for one, other in _alike(singles):
        says = f"Two sentences are nearly the same: “{one.text}” and “{other.text}”"
        yield _finding(SIMILAR, says, one, other, subject)


def _is_sentence(sentence: Sentence) -> bool:
    """Tell whether something says a thing by itself.

    Headings do not, nor do entries of a list that begin in small letters: two lists can well name
    the same information, once for each of two purposes.
    """
    if sentence.place is Place.ITEM:
        return not sentence.text[0].islower()
    return sentence.place is not Place.HEADING


@lru_cache(maxsize=REMEMBERED)
def _shingles_of(words: Words) -> frozenset[Words]:
    return shingles_of(words)


def shingles_of(words: Sequence[str]) -> frozenset[Words]:
    """Return every run of three words."""
    return frozenset(tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1))


def changes_between(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words must be exchanged, put in or left out to make one of the other."""
    row = list(range(len(other) + 1))
    for position, word in enumerate(one, start=1):
        before, row[0] = row[0], position
        for place, its in enumerate(other, start=1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (word != its)),
            )
    return row[-1]


def _alike(sentences: Sequence[tuple[Sentence, Words]]) -> Iterator[tuple[Sentence, Sentence]]:
    """Give pairs of sentences that have most of their words in common, each later one once."""
    holders: dict[Words, list[int]] = {}
    for number, (sentence, words) in enumerate(sentences):
        shingles = _shingles_of(words)
        common = Counter(before for shingle in shingles for before in holders.get(shingle, ()))
        for before, count in common.items():
            earlier, its = sentences[before]
            either = len(shingles) + len(_shingles_of(its)) - count
            if count >= LIKENESS * either or _nearly_equal(words, its):
                yield earlier, sentence
                break
        for shingle in shingles:
            holders.setdefault(shingle, []).append(number)


@lru_cache(maxsize=REMEMBERED)
def _nearly_equal(words: Words, its: Words) -> bool:
    allowed = max(len(words), len(its)) // WORDS_PER_CHANGE
    return abs(len(words) - len(its)) <= allowed and changes_between(words, its) <= allowed


def _finding(code: str, says: str, one: Sentence, other: Sentence, subject: Subject) -> Finding:
    behind = subject.questions_behind(other.clause.slug) + subject.questions_behind(one.clause.slug)
    return Finding(
        code,
        Severity.WARNS,
        says,
        "Say it once: leave one of them out of your wording, or change the answer behind it.",
        clause=other.clause.slug,
        sentence=other.text,
        questions=tuple(dict.fromkeys(behind)),
    )


CHECK = Check(CODES, _find)
