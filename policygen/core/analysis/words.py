"""The words of two texts, and which of them stayed.

Texts are compared by lines, then by sentences inside what changed, then by words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from policygen.core.analysis.alignment import aligned

WORD = re.compile(r"\w(?:[^\s—–]*\w)?|[^\w\s]")
"""A word with what stands inside it (``we’re``, ``a@example.com``), or one mark."""

SENTENCE_ENDS = frozenset(".!?:;")


@dataclass(frozen=True, slots=True)
class Word:
    """A word with the blanks before it; texts are compared without the blanks."""

    gap: str
    text: str


Begins = Callable[[Word, Word], bool]
Span = tuple[range, range]


def words_of(text: str) -> tuple[list[Word], str]:
    """Return the words of a text, and the blanks after the last one."""
    words, end = [], 0
    for match in WORD.finditer(text):
        words.append(Word(text[end : match.start()], match[0]))
        end = match.end()
    return words, text[end:]


def _begins_line(_before: Word, word: Word) -> bool:
    return "\n" in word.gap


def _begins_sentence(before: Word, word: Word) -> bool:
    return word.gap != "" and before.text in SENTENCE_ENDS


def pairs_of_words(before: Sequence[Word], after: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Give the positions of the words that stayed, in any order."""
    spans = [(range(len(before)), range(len(after)))]
    for begins in (_begins_line, _begins_sentence):
        different: list[Span] = []
        for old, new in spans:
            groups, new_groups = _groups(before, old, begins), _groups(after, new, begins)
            keys = [_key(before, group) for group in groups]
            same = aligned(keys, [_key(after, group) for group in new_groups])
            for one, other in same:
                yield from zip(groups[one], new_groups[other], strict=True)
            matched = [(groups[one], new_groups[other]) for one, other in same]
            different += _between(matched, old, new)
        spans = different
    for old, new in spans:
        texts = [before[n].text for n in old]
        for one, other in aligned(texts, [after[n].text for n in new]):
            yield old[one], new[other]


def _groups(words: Sequence[Word], span: range, begins: Begins) -> list[range]:
    """Cut a span of words into lines or sentences."""
    cuts = [n for n in span if n > span.start and begins(words[n - 1], words[n])]
    return [range(*cut) for cut in pairwise([span.start, *cuts, span.stop])] if span else []


def _key(words: Sequence[Word], group: range) -> tuple[str, ...]:
    """Return what a line or a sentence says, whatever the blanks before it."""
    first, *others = (words[n] for n in group)
    return (first.text, *(word.gap + word.text for word in others))


def _between(matched: Sequence[Span], old: range, new: range) -> Iterator[Span]:
    """Give what lies between the matched groups, where there is something on both sides."""
    start, new_start = old.start, new.start
    for one, other in [*matched, (range(old.stop, old.stop), range(new.stop, new.stop))]:
        if start < one.start and new_start < other.start:
            yield range(start, one.start), range(new_start, other.start)
        start, new_start = one.stop, other.stop
