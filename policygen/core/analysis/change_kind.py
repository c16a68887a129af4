"""How much a new version changes: what people are told, its words only, or nothing in print.

The proposal errs towards material, and the publisher decides: a program sees that a sentence is
worded differently, not whether it still promises the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from policygen.core.analysis.impact import differs
from policygen.core.analysis.lines import lines_side_by_side
from policygen.core.analysis.pairs import ClausePair, clause_pairs, printed_clause
from policygen.core.document import (
    AddressBlock,
    Block,
    ClauseText,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Run,
)
from policygen.core.placeholders import DERIVED
from policygen.core.plain_text import joined, lines_of, text_of
from policygen.core.problems import quoted
from policygen.core.vocabulary import Kind, Vocabulary

FACTS = frozenset(
    {
        *(Kind.NAME, Kind.TEXT, Kind.LINK, Kind.DATE),
        *(Kind.PLACES, Kind.CONTACT_POINTS, Kind.CONTACTS),
    }
)
"""Kinds of answers that say who, when and where; all others say what a practice does."""

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

IsFact = Callable[[ClauseText, str], bool]
"""Whether a placeholder's path, printed in a clause, is a fact."""

Runs = tuple[Run, ...]


class ChangeKind(StrEnum):
    """How much a version changes against the one before it."""

    MATERIAL = "material"
    EDITORIAL = "editorial"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A kind, and why it is proposed: whole sentences, at least one, in reading order."""

    kind: ChangeKind
    reasons: tuple[str, ...]


Reason = tuple[ChangeKind, str]


def proposed_kind(
    before: Document | None, after: Document, *, vocabulary: Vocabulary | None = None
) -> Proposal:
    """Return what kind of change leads from one document to the other.

    ``before`` is ``None`` for a first version. ``vocabulary`` tells which answers are facts; it
    should be that of the later document's release. Without it, every answer that is not ticked
    counts as a fact, also a number of years or a list of countries.
    """
    if before is None:
        return Proposal(ChangeKind.MATERIAL, ("This is the first version.",))
    if not differs(before, after):
        return Proposal(ChangeKind.TECHNICAL, ("The policy reads the same as before.",))
    reasons = list(_reasons(before, after, _facts_of(vocabulary)))
    kinds = {kind for kind, _ in reasons}
    kind = ChangeKind.MATERIAL if ChangeKind.MATERIAL in kinds else ChangeKind.EDITORIAL
    sentences = tuple(sentence for found, sentence in reasons if found is kind)
    return Proposal(kind, sentences or ("The order of the text changed.",))


def _facts_of(vocabulary: Vocabulary | None) -> IsFact:
    questions = vocabulary.by_id if vocabulary else {}

    def is_fact(clause: ClauseText, path: str) -> bool:
        name, _, part = path.partition(".")
        if path in DERIVED:
            return True
        if name in questions:
            return questions[name].kind in FACTS
        # A fact is named by its question alone, a contact by its purpose.
        atom = f"{name}:{part.replace('_', '-')}" if part else name
        return atom in clause.filled_by

    return is_fact


# ---------------------------------------------------------------- reasons


def _reasons(before: Document, after: Document, is_fact: IsFact) -> Iterator[Reason]:
    if before.title != after.title:
        yield ChangeKind.EDITORIAL, f"The title of the policy is now {quoted(after.title)}."
    if before.practice != after.practice:
        yield ChangeKind.EDITORIAL, f"The name of the practice is now {quoted(after.practice)}."
    titles = {section.id: section.title for section in before.sections}
    for section in after.sections:
        old = titles.get(section.id, section.title)
        if old != section.title:
            sentence = f"The heading {quoted(old)} is now {quoted(section.title)}."
            yield ChangeKind.EDITORIAL, sentence
    for pair in clause_pairs(before, after):
        yield from _reasons_of(pair, is_fact)


def _reasons_of(pair: ClausePair, is_fact: IsFact) -> Iterator[Reason]:
    before, after = pair.before, pair.after
    if before is None and after is not None:
        yield ChangeKind.MATERIAL, f"The policy now says something about {quoted(after.title)}."
    elif before is not None and after is None:
        sentence = f"The policy no longer says anything about {quoted(before.title)}."
        yield ChangeKind.MATERIAL, sentence
    elif before is not None and after is not None:
        if printed_clause(before) != printed_clause(after):
            yield _reason_of_change(before, after, is_fact)
        if pair.moved:
            yield ChangeKind.EDITORIAL, f"{quoted(after.title)} stands in another place."


def _reason_of_change(before: ClauseText, after: ClauseText, is_fact: IsFact) -> Reason:
    name = quoted(after.title)
    if _chosen(before, is_fact) != _chosen(after, is_fact):
        sentence = f"{name} says something else, because other answers stand behind it."
        return ChangeKind.MATERIAL, sentence
    old, new = _without_facts(before, is_fact), _without_facts(after, is_fact)
    if _lacks_something(old, new):
        return ChangeKind.MATERIAL, f"{name} no longer says everything that it said before."
    if before.amended != after.amended:
        whose = "your own wording" if after.amended else "the wording of the library again"
        return ChangeKind.EDITORIAL, f"{name} has {whose}."
    if _said(old) != _said(new):
        return ChangeKind.EDITORIAL, f"{name} is worded differently."
    if text_of(before) == text_of(after):
        sentence = f"{name} has the same words, but looks different or links to something else."
        return ChangeKind.EDITORIAL, sentence
    sentence = f"{name} gives other facts, such as a name, an address or a way to reach you."
    return ChangeKind.EDITORIAL, sentence


def _chosen(clause: ClauseText, is_fact: IsFact) -> tuple[object, ...]:
    """Return what chosen answers do in a clause: bring it in, and print something in it."""
    printed = [
        (path, joined(runs))
        for line in (line for block in clause.blocks for line in _lines(block))
        for path, runs in groupby(line, key=lambda run: run.filled_by)
        if path and not is_fact(clause, path)
    ]
    ticked = frozenset(atom for atom in clause.filled_by if ":" in atom)
    return frozenset(clause.decided_by), ticked, tuple(printed)


def _lacks_something(before: tuple[Block, ...], after: tuple[Block, ...]) -> bool:
    """Tell whether a sentence or an item is gone and nothing stands in its place."""
    pairs = list(lines_side_by_side(_sentences(before), _sentences(after)))
    gone = sum(new is None for _, new in pairs)
    came = sum(old is None for old, _ in pairs)
    return gone > came


def _sentences(blocks: tuple[Block, ...]) -> list[str]:
    said = tuple(block for block in blocks if not isinstance(block, Heading))
    return [part for line in _said(said) for part in SENTENCE_END.split(line) if part]


def _said(blocks: tuple[Block, ...]) -> list[str]:
    """Return the lines of several blocks, one under the other."""
    return [line for block in blocks for line in lines_of(block)]


# ---------------------------------------------------------------- facts


def _without_facts(clause: ClauseText, is_fact: IsFact) -> tuple[Block, ...]:
    """Return the blocks of a clause with the names of facts in place of the facts."""

    def fact(run: Run) -> str:
        return run.filled_by if run.filled_by and is_fact(clause, run.filled_by) else ""

    return tuple(_block_without_facts(block, fact) for block in clause.blocks)


def _block_without_facts(block: Block, fact: Callable[[Run], str]) -> Block:
    lines = _lines(block)
    facts = {fact(run) for line in lines for run in line}
    if len(facts) == 1 and (path := facts.pop()):
        return Paragraph((_named(path),))  # a whole address, or a list that somebody typed
    named = tuple(_line_without_facts(line, fact) for line in lines)
    match block:
        case ListBlock():
            return ListBlock(named, block.ordered)
        case Heading():
            return Heading(named[0])
        case Paragraph():
            return Paragraph(named[0], block.run_in)
        case AddressBlock():
            return block  # one placeholder makes it, so it is a fact or it is none


def _line_without_facts(line: Runs, fact: Callable[[Run], str]) -> Runs:
    runs: list[Run] = []
    for path, group in groupby(reversed(line), key=fact):
        runs += [_named(path, stop=_ends_sentence(runs))] if path else group
    return tuple(reversed(runs))


def _ends_sentence(following: list[Run]) -> bool:
    """Tell whether a sentence seems to end before the last of these runs.

    A fact such as "Maple, Inc." has taken the full stop of its sentence, and others have not.
    """
    rest = following[-1].text if following else ""
    return not rest or (rest[0].isspace() and rest.lstrip()[:1].isupper())


def _named(path: str, *, stop: bool = False) -> Run:
    return Run(f"[{path}].") if stop else Run(f"[{path}]")


def _lines(block: Block) -> tuple[Runs, ...]:
    match block:
        case ListBlock(items):
            return items
        case AddressBlock(entries):
            return tuple(line for entry in entries for line in entry.lines)
        case Paragraph(runs) | Heading(runs):
            return (runs,)
