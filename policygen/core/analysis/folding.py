"""Folding: which of many changes read alike, so that people look at each kind of change once.

Two changes fold into one if they print the same but for what is each practice's own: its names, its
web addresses, its locations and its contact points. Runs of a document say which answer filled
them, so own texts are told by where they come from, never by how they happen to read. Other names
and addresses that are typed, such as an authority's, are something that the policy says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from policygen.core.analysis.alignment import side_by_side
from policygen.core.analysis.impact import differs, printed_block
from policygen.core.analysis.pairs import printed_clause
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
from policygen.core.library import canonical_json
from policygen.core.placeholders import DERIVED
from policygen.core.vocabulary import Kind, Vocabulary

OWN_KINDS = frozenset({Kind.PLACES, Kind.CONTACT_POINTS, Kind.CONTACTS})
"""Kinds of questions whose answers only ever print what is a practice's own."""

OWN_QUESTIONS = frozenset({"practice_name", "short_name", "website", "app", "privacy_contact"})
"""The ids of the other questions of which that is so. Ids stay what they are in all releases."""

Runs = tuple[Run, ...]
IsOwn = Callable[[Run], bool]


def fold_of(before: Document | None, after: Document, vocabulary: Vocabulary) -> str:
    """Return a digest (SHA-256, hexadecimal) of what changes, or of all of a first document.

    Equal digests mean that the changes read alike but for own texts. Where an own text itself
    changes, that counts, though not what it was or is. It is blank where nothing changes in print.
    ``vocabulary`` should be that of the later document's release.
    """
    if before is not None and not differs(before, after):
        return ""
    is_own = _own_in(vocabulary)
    said: list[object] = [before is None]
    if before is None:
        said += [after.title, *(_new_section(section, is_own) for section in after.sections)]
    else:
        said += [[before.title, after.title], before.practice == after.practice]
        pairs = side_by_side(before.sections, after.sections, lambda section: section.id)
        said += [lines for one, other in pairs if (lines := _section(one, other, is_own))]
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


def _own_in(vocabulary: Vocabulary) -> IsOwn:
    of_kinds = {question.id for question in vocabulary.questions if question.kind in OWN_KINDS}
    own = of_kinds | OWN_QUESTIONS

    def is_own(run: Run) -> bool:
        path = run.filled_by
        return path in DERIVED or path.partition(".")[0] in own

    return is_own


# ------------------------------------------------------------------ what changes


def _new_section(section: Section, is_own: IsOwn) -> object:
    masked = [_masked_clause(clause, is_own, frozenset()) for clause in section.clauses]
    return [section.id, section.title, masked]


def _section(before: Section | None, after: Section | None, is_own: IsOwn) -> list[object]:
    """Return what changes in a section, or nothing."""
    old, new = before.clauses if before else (), after.clauses if after else ()
    titles = [before.title if before else None, after.title if after else None]
    pairs = side_by_side(old, new, lambda clause: clause.slug)
    changed = [_pair(one, other, is_own) for one, other in pairs if _changes(one, other)]
    if not changed and titles[0] == titles[1]:
        return []
    return [*titles, *changed]


def _changes(before: ClauseText | None, after: ClauseText | None) -> bool:
    if before is None or after is None:
        return True
    return printed_clause(before) != printed_clause(after)


def _pair(before: ClauseText | None, after: ClauseText | None, is_own: IsOwn) -> object:
    new = _own_texts(before, is_own).items() ^ _own_texts(after, is_own).items()
    moved = frozenset(path for path, _ in new) if before and after else frozenset()
    return [_masked_clause(one, is_own, moved) if one else None for one in (before, after)]


def _own_texts(clause: ClauseText | None, is_own: IsOwn) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the own texts of a clause with where they lead, by the answers that fill them."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for run in (run for block in (clause.blocks if clause else ()) for run in _runs_of(block)):
        if is_own(run):
            found[run.filled_by] = (*found.get(run.filled_by, ()), (run.text, run.href))
    return found


def _runs_of(block: Block) -> Iterator[Run]:
    match block:
        case ListBlock(items):
            for item in items:
                yield from item
        case AddressBlock(entries):
            for entry in entries:
                for line in entry.lines:
                    yield from line
        case _:
            yield from block.runs


# ------------------------------------------------------------------ masks


def _masked_clause(clause: ClauseText, is_own: IsOwn, moved: frozenset[str]) -> object:
    """Return what a clause prints with marks for own texts; ``moved`` are those that change."""

    def masked(runs: Runs) -> Runs:
        parts = groupby(runs, key=lambda run: run.filled_by if is_own(run) else "")
        return tuple(
            run for path, group in parts for run in (_marks(path, group, moved) if path else group)
        )

    return [clause.slug, [printed_block(_masked_block(block, masked)) for block in clause.blocks]]


def _marks(path: str, runs: Iterable[Run], moved: frozenset[str]) -> Iterator[Run]:
    """Give one mark for each style in which an own text is printed."""
    text = f"\ue000{path}{'*' if path in moved else ''}\ue001"
    for (strong, em, leads), _ in groupby(
        runs, key=lambda run: (run.strong, run.em, bool(run.href))
    ):
        yield Run(text, strong, em, href="own" if leads else "")


def _masked_block(block: Block, masked: Callable[[Runs], Runs]) -> Block:
    match block:
        case ListBlock(items, ordered):
            return ListBlock(_once(map(masked, items)), ordered)
        case AddressBlock(entries):
            kept = (AddressEntry(one.label, _once(map(masked, one.lines))) for one in entries)
            return AddressBlock(tuple(kept))
        case _:
            return replace(block, runs=masked(block.runs))


def _once(lines: Iterable[Runs]) -> tuple[Runs, ...]:
    """Return lines without those that repeat the one before them.

    How many lines an own address has, or how many locations are listed, is a practice's own, too.
    """
    return tuple(line for line, _ in groupby(lines))
