"""Which parts of one sequence stand again, in the same order, in another one.

Comparing by `difflib` alone takes time that grows with the square of the length, or worse. Here a
long stretch is first cut at what stands exactly once in both; only short stretches between such
anchors go to `difflib`. A long stretch without an anchor counts as different from end to end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

SHORT = 3_600
"""The product of two lengths up to which stretches go to `difflib`."""

DEPTH_LIMIT = 24
"""How often a stretch is cut again at anchors."""

Item = TypeVar("Item")


def aligned(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the pairs of positions that belong together; both positions rise strictly."""
    pairs: list[tuple[int, int]] = []
    waiting = [(0, len(before), 0, len(after), 0)]
    while waiting:
        start, end, other, other_end, depth = waiting.pop()
        while start < end and other < other_end and before[start] == after[other]:
            pairs.append((start, other))
            start, other = start + 1, other + 1
        while start < end and other < other_end and before[end - 1] == after[other_end - 1]:
            end, other_end = end - 1, other_end - 1
            pairs.append((end, other_end))
        product = (end - start) * (other_end - other)
        if not product:
            continue
        if product <= SHORT:
            pairs += _compared(before[start:end], after[other:other_end], start, other)
        elif depth < DEPTH_LIMIT:
            anchors = _anchors(before[start:end], after[other:other_end], start, other)
            pairs += anchors
            waiting += _between(anchors, (start, end, other, other_end), depth + 1)
    return sorted(pairs)


def _compared(
    before: Sequence[Hashable], after: Sequence[Hashable], start: int, other: int
) -> Iterator[tuple[int, int]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            yield start + block.a + step, other + block.b + step


def _anchors(
    before: Sequence[Hashable], after: Sequence[Hashable], start: int, other: int
) -> list[tuple[int, int]]:
    """Return what stands once in each, as far as the order is the same: the longest such row."""
    once, once_after = _once(before), _once(after)
    candidates = [(place, once_after[item]) for item, place in once.items() if item in once_after]
    candidates.sort()
    # The longest rising row of the second positions: piles whose tops rise, and links backwards.
    tops: list[int] = []
    on_top: list[int] = []
    earlier: list[int] = []
    for number, (_, place) in enumerate(candidates):
        pile = bisect_left(tops, place)
        earlier.append(on_top[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        on_top[pile : pile + 1] = [number]
    row: list[tuple[int, int]] = []
    number = on_top[-1] if on_top else -1
    while number >= 0:
        place, place_after = candidates[number]
        row.append((start + place, other + place_after))
        number = earlier[number]
    return row[::-1]


def _once(items: Sequence[Hashable]) -> dict[Hashable, int]:
    """Return the positions of what stands once."""
    count = Counter(items)
    return {item: place for place, item in enumerate(items) if count[item] == 1}


def _between(
    anchors: Sequence[tuple[int, int]], bounds: tuple[int, int, int, int], depth: int
) -> Iterator[tuple[int, int, int, int, int]]:
    if not anchors:
        return
    start, end, other, other_end = bounds
    for place, place_after in [*anchors, (end, other_end)]:
        if start < place and other < place_after:
            yield start, place, other, place_after, depth
        start, other = place + 1, place_after + 1


def side_by_side(
    before: Sequence[Item], after: Sequence[Item], name: Callable[[Item], str]
) -> Iterator[tuple[Item | None, Item | None]]:
    """Give what stands in both, in one or in the other, in reading order."""
    pairs = aligned([name(item) for item in before], [name(item) for item in after])
    return woven(before, after, pairs)


def woven(
    before: Sequence[Item], after: Sequence[Item], pairs: Iterable[tuple[int, int]]
) -> Iterator[tuple[Item | None, Item | None]]:
    """Put what has no partner between the pairs: first what was removed, then what is new."""
    place = place_after = 0
    for one, other in pairs:
        yield from ((item, None) for item in before[place:one])
        yield from ((None, item) for item in after[place_after:other])
        yield before[one], after[other]
        place, place_after = one + 1, other + 1
    yield from ((item, None) for item in before[place:])
    yield from ((None, item) for item in after[place_after:])
