"""Sentences that say the same thing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

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
A sentence of 12 words has 10 such runs. One word exchanged in its middle breaks three of them: 7 of
13 remain, 0.54. One at its end breaks one: 9 of 11, 0.82. One word put in breaks two and makes
three: 8 of 13, 0.62. So 0.6 finds copies with a word put in, left out or changed near an end; two
sentences of one pattern that differ in what they are about, as policies are full of, stay below.
"""

Shingle = tuple[str, ...]


def _find(subject: Subject) -> Iterator[Finding]:
    first: dict[tuple[str, ...], Sentence] = {}
    singles: list[tuple[Sentence, frozenset[Shingle]]] = []
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
            singles.append((sentence, shingles_of(words)))
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


def shingles_of(words: Sequence[str]) -> frozenset[Shingle]:
    """Return every run of three words."""
    return frozenset(tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1))


def _alike(
    sentences: Sequence[tuple[Sentence, frozenset[Shingle]]],
) -> Iterator[tuple[Sentence, Sentence]]:
    """Give pairs of sentences that have most of their words in common, each later one once."""
    holders: dict[Shingle, list[int]] = {}
    for number, (sentence, shingles) in enumerate(sentences):
        common = Counter(before for shingle in shingles for before in holders.get(shingle, ()))
        for before, count in common.items():
            if count >= LIKENESS * (len(shingles) + len(sentences[before][1]) - count):
                yield sentences[before][0], sentence
                break
        for shingle in shingles:
            holders.setdefault(shingle, []).append(number)


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
