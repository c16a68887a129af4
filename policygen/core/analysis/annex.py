"""The ledger on paper and as plain values: for lawyers, auditors and whoever asks for it.

As an annex it is a section of the document like any other, so every format prints it. It is never
part of what is stored or published: ``with_annex`` gives another document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from policygen.core.analysis.laws import Applies, By, Standing
from policygen.core.analysis.ledger import Account, Gap, Ledger, Line, Stated, Status
from policygen.core.document import (
    Block,
    ClauseText,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Run,
    Section,
    section_href,
)
from policygen.core.text import day_in_words

ANNEX = "annex"
"""The id of the section; an annex to a document that has one of that id gets another."""

TITLE = "Annex: the laws and where this policy answers them"

WITHOUT = "No law that the library knows applies here."

STANDING = {
    Standing.ELSEWHERE: "It wants a document of its own, which this policy is not.",
    Standing.OPEN: "It is not decided whether it applies here.",
    Standing.NOT_APPLICABLE: "It does not apply here.",
}

STATUS = {
    Status.SATISFIED: "",
    Status.REWORDED: "In the practice’s own wording, which is to be checked:",
    Status.MISSING: "Not stated.",
    Status.NOT_APPLICABLE: "Does not apply here.",
    Status.OPEN: "Not decided.",
    Status.REMINDER: "To be done outside this text.",
}


LEADS = {Status.SATISFIED: "In ", Status.REWORDED: "in "}
"""What stands before the sentences of an element that has some."""


def annex(ledger: Ledger, document: Document) -> tuple[Section, ...]:
    """Return the annex of a document: one section with a part for each law.

    The laws that apply come first, with all their elements that do; a list of the others with the
    reason follows.
    """
    taken = {section.id for section in document.sections}
    identifier = ANNEX
    while identifier in taken:
        identifier += "_"
    where = {clause.slug: section for section in document.sections for clause in section.clauses}
    parts = [
        _part(account.regime.id, account.regime.name, tuple(_blocks(account, where)))
        for account in ledger.accounts
        if account.law.standing is Standing.HERE
    ]
    others = [account.law for account in ledger.accounts if account.law.standing in STANDING]
    if others:
        items = tuple(_runs_of_other(law) for law in others)
        blocks = (Heading((Run("Other laws"),)), ListBlock(items))
        parts.append(_part("others", "Other laws", blocks))
    if not parts:
        parts.append(_part("none", "No law", (Paragraph((Run(WITHOUT),)),)))
    return (Section(identifier, TITLE, tuple(parts)),)


def with_annex(document: Document, ledger: Ledger) -> Document:
    """Return a document with the annex at its end."""
    return replace(document, sections=(*document.sections, *annex(ledger, document)))


def _part(name: str, title: str, blocks: tuple[Block, ...]) -> ClauseText:
    return ClauseText(f"{ANNEX}-{name}", 1, title, blocks, decided_by=(), filled_by=())


def _blocks(account: Account, where: dict[str, Section]) -> Iterator[Block]:
    regime = account.regime
    yield Heading((Run(regime.name),))
    read_on = day_in_words(date.fromisoformat(regime.law_as_of))
    authority = regime.authority.rstrip(".")
    yield Paragraph((Run(f"{authority}. As read on {read_on}. {account.law.reason}"),))
    wanted = [line for line in account.lines if line.status is not Status.NOT_APPLICABLE]
    if wanted:
        yield ListBlock(tuple(tuple(_runs(line, where)) for line in wanted))
    left = len(account.lines) - len(wanted)
    if left:
        things = "One element does" if left == 1 else f"{left} elements do"
        yield Paragraph((Run(f"{things} not apply here."),))


def _runs(line: Line, where: dict[str, Section]) -> Iterator[Run]:
    yield Run(line.element.title, strong=True)
    yield Run(f" ({line.element.citation}). ")
    if line.status not in LEADS:
        yield Run(f"{STATUS[line.status]} {line.reason}")
        return
    if not line.stated:
        yield Run(line.reason)
        return
    if line.status is Status.REWORDED:
        yield Run(f"{STATUS[line.status]} ")
    for number, stated in enumerate(line.stated):
        section = where[stated.slug]
        yield Run("; " if number else LEADS[line.status])
        yield Run(section.title, href=section_href(section.id))
        yield Run(f": “{_quoted(stated)}”")
    yield Run(".")


def _quoted(stated: Stated) -> str:
    """Return the sentences of a clause in one line, without a stop that would be doubled."""
    return " ".join(stated.lines).rstrip(".")


def _runs_of_other(law: Applies) -> tuple[Run, ...]:
    return (
        Run(law.regime.name, strong=True),
        Run(f". {STANDING[law.standing]} {law.reason}"),
    )


# ---------------------------------------------------------------- plain values


def ledger_to_json(ledger: Ledger) -> dict[str, Any]:
    """Return the ledger as plain values, for JSON."""
    return {"laws": [_account_to_json(account) for account in ledger.accounts]}


def _account_to_json(account: Account) -> dict[str, Any]:
    law, regime = account.law, account.regime
    return {
        "law": regime.id,
        "name": regime.name,
        "jurisdiction": regime.jurisdiction,
        "authority": regime.authority,
        "law_as_of": regime.law_as_of,
        "standing": str(law.standing),
        "decided_by": str(law.by),
        "reason": law.reason,
        "atoms": list(law.derived.atoms),
        "given_reason": law.given_reason if law.by is not By.ANSWERS else "",
        "questions": list(law.questions),
        "counts": {str(status): account.count(status) for status in Status},
        "elements": [_line_to_json(line) for line in account.lines],
    }


def _line_to_json(line: Line) -> dict[str, Any]:
    element = line.element
    return {
        "element": element.id,
        "title": element.title,
        "states": element.states,
        "citation": element.citation,
        "duty": str(element.duty),
        "confidence": str(element.confidence),
        "doubt": element.doubt,
        "status": str(line.status),
        "reason": line.reason,
        "stated": [_stated_to_json(stated) for stated in line.stated],
        "gaps": [_gap_to_json(gap) for gap in line.gaps],
        "questions": list(line.waits_for),
    }


def _stated_to_json(stated: Stated) -> dict[str, Any]:
    return {
        "clause": stated.slug,
        "version": stated.version,
        "title": stated.title,
        "own_wording": stated.amended,
        "lines": list(stated.lines),
    }


def _gap_to_json(gap: Gap) -> dict[str, Any]:
    return {
        "clause": gap.slug,
        "title": gap.title,
        "reason": gap.reason,
        "waits": gap.waits,
        "questions": list(gap.questions),
    }
