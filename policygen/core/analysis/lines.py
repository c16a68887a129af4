"""Which lines of a clause stayed, which were changed, which are gone or new."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from policygen.core.analysis.alignment import aligned, woven

SIMILAR = 0.5
"""The share of common words from which two lines are one line that was changed."""

LINES_LIMIT = 2_500
"""The product of two numbers of lines up to which each line looks for the most similar one."""

SIGN = re.compile(r"^(?:•|[0-9]+\.) ")


def lines_side_by_side(
    before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[str | None, str | None]]:
    """Give each line with what became of it; similar lines are one line that was changed."""
    pairs = aligned(before, after)
    similar: list[tuple[int, int]] = []
    for one, other in _gaps(pairs, len(before), len(after)):
        found = _similar(before[one.start : one.stop], after[other.start : other.stop])
        similar += [(one.start + place, other.start + place_after) for place, place_after in found]
    return woven(before, after, sorted([*pairs, *similar]))


def _gaps(pairs: Sequence[tuple[int, int]], end: int, end_after: int) -> list[tuple[range, range]]:
    """Return the stretches without partners between pairs."""
    gaps, place, place_after = [], 0, 0
    for one, other in [*pairs, (end, end_after)]:
        gaps.append((range(place, one), range(place_after, other)))
        place, place_after = one + 1, other + 1
    return gaps


def _similar(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of similar lines in rising order, with the most words in common."""
    if not before or not after or len(before) * len(after) > LINES_LIMIT:
        return []
    bags, bags_after = list(map(_bag, before)), list(map(_bag, after))
    # best[i][j]: the likeness of the lines from i and from j on, and the pairs that give it.
    best: list[list[tuple[float, tuple[tuple[int, int], ...]]]] = [
        [(0.0, ())] * (len(after) + 1) for _ in range(len(before) + 1)
    ]
    for i in reversed(range(len(before))):
        for j in reversed(range(len(after))):
            options = [best[i + 1][j], best[i][j + 1]]
            likeness = _likeness(bags[i], bags_after[j])
            if likeness >= SIMILAR:
                total, pairs = best[i + 1][j + 1]
                options.append((total + likeness, ((i, j), *pairs)))
            best[i][j] = max(options, key=lambda option: option[0])
    return list(best[0][0][1])


def _bag(line: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", SIGN.sub("", line).lower()))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    words = one.total() + other.total()
    return 2 * (one & other).total() / words if words else 1.0
