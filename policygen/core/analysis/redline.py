"""What changed from one text to another: what was struck out and what was put in.

Texts are compared by lines, then by sentences inside what changed, then by words. Words that two
changes merely happen to share ("of", "and the") are taken into the change, so that what was struck
out and what was put in read as phrases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby, zip_longest

from policygen.core.analysis.alignment import side_by_side
from policygen.core.analysis.impact import printed_block
from policygen.core.analysis.lines import lines_side_by_side
from policygen.core.analysis.words import WORD, Word, pairs_of_words, words_of
from policygen.core.document import (
    AddressBlock,
    AddressEntry,
    Block,
    ClauseText,
    Document,
    ListBlock,
    Run,
    Section,
)
from policygen.core.plain_text import lines_of

SHORT_WORD = 3
LINKING_WORDS = frozenset(["about", "from", "into", "that", "their", "this", "with", "your"])
"""Longer words that say as little by themselves as the short ones do."""

ISLAND = 2
"""How many short words between two changes are taken into them."""

AROUND = 4
"""How many lines that stay are shown next to one that changes: a location has about as many."""

LEFT_OUT = 8
"""How many lines that stay are left out at least. Fewer are read sooner than counted."""

ROUNDS = 5
"""How often joined changes are looked at again; they seldom grow after the second time."""


class Mark(StrEnum):
    """What became of a stretch of text."""

    SAME = "same"
    DELETED = "deleted"
    INSERTED = "inserted"


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of text, and what became of it."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of both texts; ``same`` tells that nothing changed in it."""

    before: str
    after: str
    same: bool

    def joined(self, other: Stretch) -> Stretch:
        """Return both as one change."""
        return Stretch(self.before + other.before, self.after + other.after, same=False)

    @property
    def size(self) -> int:
        """The number of words, on the side that has more of them."""
        return max(len(self.before.split()), len(self.after.split()))


def redline(before: str, after: str) -> tuple[Change, ...]:
    """Return the stretches of both texts in reading order; none is empty.

    What is the same or deleted gives ``before``, what is the same or inserted gives ``after``.
    """
    if before == after:
        return (Change(Mark.SAME, before),) if before else ()
    return tuple(_joined(_tidied(_phrases(list(_stretches(before, after))))))


# ---------------------------------------------------------------- stretches


def _stretches(before: str, after: str) -> Iterator[Stretch]:
    """Cut both texts into what stayed and what did not, word by word."""
    words, end = words_of(before)
    new_words, new_end = words_of(after)
    place = new_place = 0
    for one, other in sorted(pairs_of_words(words, new_words)):
        yield Stretch(_text(words[place:one]), _text(new_words[new_place:other]), same=False)
        yield from _stretches_of_word(words[one], new_words[other])
        place, new_place = one + 1, other + 1
    yield Stretch(_text(words[place:]), _text(new_words[new_place:]), same=False)
    yield Stretch(end, new_end, same=end == new_end)


def _stretches_of_word(before: Word, after: Word) -> Iterator[Stretch]:
    if before.gap == after.gap:
        text = before.gap + before.text
        yield Stretch(text, text, same=True)
    else:
        yield Stretch(before.gap, after.gap, same=False)
        yield Stretch(before.text, after.text, same=True)


def _text(words: Iterable[Word]) -> str:
    return "".join(word.gap + word.text for word in words)


def _phrases(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Join neighbours of one kind, and changes that only an island parts."""
    stretches = _gathered(stretches)
    for _ in range(ROUNDS):
        joined: list[Stretch] = []
        for stretch in stretches:
            if len(joined) > 1 and _is_island(joined[-2], joined[-1], stretch):
                island = joined.pop()
                joined[-1] = joined[-1].joined(island).joined(stretch)
            else:
                joined.append(stretch)
        if len(joined) == len(stretches):
            break
        stretches = joined
    return stretches


def _gathered(stretches: Iterable[Stretch]) -> list[Stretch]:
    filled = (s for s in stretches if s.before or s.after)
    groups = groupby(filled, key=lambda stretch: stretch.same)
    return [_one(list(group), same=same) for same, group in groups]


def _one(group: Sequence[Stretch], *, same: bool) -> Stretch:
    return Stretch("".join(s.before for s in group), "".join(s.after for s in group), same=same)


def _is_island(left: Stretch, middle: Stretch, right: Stretch) -> bool:
    """Tell whether what stayed between two changes reads better as a part of them."""
    if (
        left.same
        or not middle.same
        or right.same
        or "\n" in middle.before
        or not left.size
        or not right.size
    ):
        return False
    if not (left.before + right.before).strip() or not (left.after + right.after).strip():
        return False
    words = WORD.findall(middle.before)
    if len(words) <= ISLAND:
        short = (len(word) <= SHORT_WORD or word.lower() in LINKING_WORDS for word in words)
        if all(short):
            return True
    return 2 * len(words) <= min(left.size, right.size)


def _tidied(stretches: Sequence[Stretch]) -> Iterator[Change]:
    """Turn stretches into changes that begin with a word, not with the blanks before it."""
    taken = 0
    for stretch, follower in zip_longest(stretches, stretches[1:]):
        before, after = stretch.before[taken:], stretch.after[taken:]
        taken = 0
        if before == after:
            yield Change(Mark.SAME, before)
        elif before and after:
            yield from _replaced(before, after)
        else:
            # “a[ b] c” says the same as “a [b ]c”.
            next_text = follower.before if follower and follower.same else ""
            taken = _blanks_in_common(before or after, next_text)
            blanks = next_text[:taken]
            yield Change(Mark.SAME, blanks)
            yield Change(Mark.DELETED, before[taken:] + blanks if before else "")
            yield Change(Mark.INSERTED, after[taken:] + blanks if after else "")


def _replaced(before: str, after: str) -> Iterator[Change]:
    """Give a replacement; blanks around both sides of it stay."""
    start = _blanks_in_common(before, after)
    end = _blanks_in_common(before[start:][::-1], after[start:][::-1])
    yield Change(Mark.SAME, before[:start])
    yield Change(Mark.DELETED, before[start : len(before) - end])
    yield Change(Mark.INSERTED, after[start : len(after) - end])
    yield Change(Mark.SAME, before[len(before) - end :])


def _blanks_in_common(one: str, other: str) -> int:
    """Return how many blanks both begin with."""
    count = 0
    for character, other_character in zip(one, other, strict=False):
        if character != other_character or not character.isspace():
            break
        count += 1
    return count


def _joined(changes: Iterable[Change]) -> Iterator[Change]:
    """Leave out what is empty, and join neighbours with one mark."""
    filled = (change for change in changes if change.text)
    for mark, group in groupby(filled, key=lambda change: change.mark):
        yield Change(mark, "".join(change.text for change in group))


# ---------------------------------------------------------------- documents


Line = tuple[Change, ...]
"""The changes of a printed line."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of a clause that stand together; ``left_out`` is how many that stay stood before."""

    left_out: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ClauseRedline:
    """A clause in both documents.

    A version is ``None`` where the document has no such clause. ``lines`` has the changes of each
    printed line. ``restyled`` tells that all words of a clause stayed but something else
    changed: where a link leads, bold, italics, the kind of a block.
    """

    slug: str
    title: str
    version_before: int | None
    version_after: int | None
    lines: tuple[Line, ...]
    restyled: bool

    @property
    def changed(self) -> bool:
        """Whether it prints differently."""
        return self.restyled or any(map(_changed, self.lines))

    @property
    def excerpts(self) -> tuple[Excerpt, ...]:
        """The lines that change with those around them: a list of 500 locations is not read again.

        All lines where none changes, or where few stay. After the last lines, an excerpt without
        any counts those that stay.
        """
        return tuple(_excerpts(self.lines))


@dataclass(frozen=True, slots=True)
class SectionRedline:
    """A section in both documents: the changes of its title, and its clauses."""

    id: str
    title: tuple[Change, ...]
    clauses: tuple[ClauseRedline, ...]

    @property
    def changed(self) -> bool:
        """Whether it prints differently."""
        return _changed(self.title) or any(clause.changed for clause in self.clauses)

    def changed_only(self) -> SectionRedline:
        """Return it without the clauses that print the same."""
        return replace(self, clauses=tuple(clause for clause in self.clauses if clause.changed))


@dataclass(frozen=True, slots=True)
class DocumentRedline:
    """What changed between two documents, in the reading order of the later one.

    What was removed stands where it stood; what was moved is removed and put in.
    """

    title: tuple[Change, ...]
    practice: tuple[Change, ...]
    sections: tuple[SectionRedline, ...]

    @property
    def changed(self) -> bool:
        """Whether they print differently."""
        own = _changed(self.title) or _changed(self.practice)
        return own or any(section.changed for section in self.sections)

    def changed_only(self) -> DocumentRedline:
        """Return it without the clauses and sections that print the same."""
        sections = (section.changed_only() for section in self.sections if section.changed)
        return replace(self, sections=tuple(sections))


def redline_documents(before: Document, after: Document) -> DocumentRedline:
    """Return what changed between two documents, clause by clause and line by line."""
    return DocumentRedline(
        title=redline(before.title, after.title),
        practice=redline(before.practice, after.practice),
        sections=tuple(
            _section(old, new)
            for old, new in side_by_side(before.sections, after.sections, lambda s: s.id)
        ),
    )


def _changed(changes: Iterable[Change]) -> bool:
    return any(change.mark is not Mark.SAME for change in changes)


def _section(before: Section | None, after: Section | None) -> SectionRedline:
    clauses = side_by_side(
        before.clauses if before else (), after.clauses if after else (), lambda c: c.slug
    )
    return SectionRedline(
        id=after.id if after else before.id if before else "",
        title=redline(before.title if before else "", after.title if after else ""),
        clauses=tuple(_clause(old, new) for old, new in clauses),
    )


def _clause(before: ClauseText | None, after: ClauseText | None) -> ClauseRedline:
    newest = after or before
    lines = tuple(
        redline(old or "", new or "")
        for old, new in lines_side_by_side(_lines(before), _lines(after))
    )
    return ClauseRedline(
        slug=newest.slug if newest else "",
        title=newest.title if newest else "",
        version_before=before.version if before else None,
        version_after=after.version if after else None,
        lines=lines,
        restyled=_restyled(before, after) and not any(map(_changed, lines)),
    )


def _excerpts(lines: tuple[Line, ...]) -> Iterator[Excerpt]:
    shown = _shown([_changed(line) for line in lines])
    left_out = 0
    for is_shown, group in groupby(zip(shown, lines, strict=True), key=lambda pair: pair[0]):
        stretch = tuple(line for _, line in group)
        if is_shown:
            yield Excerpt(left_out, stretch)
        left_out = 0 if is_shown else len(stretch)
    if left_out:
        yield Excerpt(left_out, ())


def _shown(changed: Sequence[bool]) -> list[bool]:
    """Tell of each line whether an excerpt shows it."""
    around = ((max(0, number - AROUND), number + AROUND + 1) for number in range(len(changed)))
    near = [any(changed[start:end]) for start, end in around]
    if not any(near):  # then something else than a word changed, and nobody knows where
        return [True] * len(near)
    shown: list[bool] = []
    for is_near, group in groupby(near):
        count = len(list(group))
        shown += [is_near or count < LEFT_OUT] * count
    return shown


def _restyled(before: ClauseText | None, after: ClauseText | None) -> bool:
    return (
        before is not None
        and after is not None
        and list(map(printed_block, before.blocks)) != list(map(printed_block, after.blocks))
    )


def _lines(clause: ClauseText | None) -> list[str]:
    """Return the lines of a clause, with the addresses that its links do not show."""
    blocks = clause.blocks if clause else ()
    return [line for block in blocks for line in lines_of(_with_addresses(block))]


def _with_addresses(block: Block) -> Block:
    if isinstance(block, ListBlock):
        return replace(block, items=tuple(map(_addressed, block.items)))
    if isinstance(block, AddressBlock):
        return AddressBlock(
            tuple(
                AddressEntry(entry.label, tuple(map(_addressed, entry.lines)))
                for entry in block.entries
            )
        )
    return replace(block, runs=_addressed(block.runs))


def _addressed(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    return tuple(
        replace(run, text=f"{run.text} <{run.href}>") if _hides_address(run) else run
        for run in runs
    )


def _hides_address(run: Run) -> bool:
    """Tell whether a link leads out of the document to an address that its text does not say."""
    scheme, _, rest = run.href.partition(":")
    if scheme.lower() in {"mailto", "tel"}:
        # Those of contacts are made from the text, which says them.
        return not run.filled_by and rest not in run.text
    return bool(rest) and run.href.rstrip("/") not in run.text
