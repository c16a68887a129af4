"""Clauses and what they claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from policygen.core.body import Body, parse_body
from policygen.core.claims import Claim, Exemption, parse_claim
from policygen.core.conditions import ALWAYS, OPTION, Condition, parse_condition
from policygen.core.placeholders import atoms_needed
from policygen.core.plain import Entry
from policygen.core.problems import Refused, nearest, quoted
from policygen.core.vocabulary import Vocabulary

CLAUSE_KEYS = frozenset(
    {
        *("slug", "section", "version", "title", "order", "when", "run_in"),
        *("models", "claims", "citations", "satisfies", "note", "body"),
    }
)


@dataclass(frozen=True)
class Clause:
    """One clause in one version; every attribute belongs to the version.

    ``order`` is its place in its section; ``models`` are ids of statements that it expresses;
    ``satisfies`` are ids of elements of regimes that its text states; ``note`` is for colleagues
    and is never printed; ``needs`` are the atoms that must be true for
    its placeholders to have values; ``amended`` tells that a practice has put its own wording in
    place of the library's, whose text ``replaced`` then keeps.
    """

    slug: str
    section: str
    version: int
    title: str
    order: int
    when: Condition
    run_in: bool
    models: tuple[str, ...]
    claims: tuple[Claim | Exemption, ...]
    citations: tuple[str, ...]
    satisfies: tuple[str, ...]
    note: str
    source: str
    body: Body
    needs: tuple[str, ...]
    amended: bool = False
    replaced: str = ""

    @cached_property
    def statements(self) -> tuple[Claim, ...]:
        """What it claims itself."""
        return tuple(claim for claim in self.claims if isinstance(claim, Claim))

    @cached_property
    def exemptions(self) -> tuple[Exemption, ...]:
        """What it takes out of the claims of other clauses."""
        return tuple(claim for claim in self.claims if isinstance(claim, Exemption))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The paths that its placeholders name."""
        return tuple(dict.fromkeys(placeholder.path for placeholder in self.body.placeholders))

    def to_json(self) -> dict[str, Any]:
        """Return its plain form; what came after the first releases stands there only if set."""
        plain: dict[str, Any] = {
            "slug": self.slug,
            "section": self.section,
            "version": self.version,
            "title": self.title,
            "order": self.order,
            "when": self.when.to_json(),
            "run_in": self.run_in,
            "models": list(self.models),
            "claims": [str(claim) for claim in self.claims],
            "citations": list(self.citations),
            "note": self.note,
            "body": self.source,
        }
        return {**plain, "satisfies": list(self.satisfies)} if self.satisfies else plain


def parse_clause(
    raw: object, vocabulary: Vocabulary, known: dict[str, str], sections: Sequence[str]
) -> Clause:
    """Read one clause from its plain form. Raises ``Refused``; places are its keys.

    ``known`` are the paths of the vocabulary (``placeholders.paths``), computed once by the caller.
    """
    entry = Entry(raw, CLAUSE_KEYS, what="a clause")
    section = entry.text("section")
    if section not in sections:
        entry.refuse(
            "section", f"There is no section {quoted(section)}. {nearest(section, sections)}"
        )
    source = entry.text("body", checked=False)
    body, run_in = _parse_body(entry, source, known, sections), entry.flag("run_in")
    if run_in and body.blocks and getattr(body.blocks[0], "kind", "") != "paragraph":
        entry.refuse("run_in", "Only a text that begins with a paragraph can run in.")
    clause = Clause(
        slug=entry.name("slug", OPTION, "Write the slug in small letters, digits and hyphens."),
        section=section,
        version=entry.number("version", 1),
        title=entry.line("title"),
        order=entry.number("order"),
        when=_parse_when(entry, vocabulary),
        run_in=run_in,
        models=entry.texts("models"),
        claims=tuple(_parse_claims(entry, vocabulary)),
        citations=entry.texts("citations"),
        satisfies=entry.texts("satisfies"),
        note=entry.text("note"),
        source=source,
        body=body,
        needs=_needs(body, known, vocabulary),
    )
    if entry.problems:
        raise Refused(entry.problems)
    return clause


def reworded(
    clause: Clause,
    text: str,
    vocabulary: Vocabulary,
    known: dict[str, str],
    sections: Sequence[str],
) -> Clause:
    """Return a clause with a practice's own wording; all else of it stays.

    Raises ``Refused`` for a text that could not stand in the library; places are as in
    ``parse_clause``.
    """
    parsed = parse_clause({**clause.to_json(), "body": text}, vocabulary, known, sections)
    own = replace(clause, source=text, body=parsed.body, needs=parsed.needs, amended=True)
    return replace(own, replaced=clause.replaced or clause.source)


def _parse_body(entry: Entry, source: str, known: dict[str, str], sections: Sequence[str]) -> Body:
    try:
        return parse_body(source, known, sections)
    except Refused as refused:
        entry.take(refused.problems, at="body")
        return Body((), (), ())


def _needs(body: Body, known: dict[str, str], vocabulary: Vocabulary) -> tuple[str, ...]:
    paths = (placeholder.path for placeholder in body.placeholders)
    atoms = (atom for path in paths if path in known for atom in atoms_needed(path, vocabulary))
    return tuple(dict.fromkeys(atoms))


def _parse_when(entry: Entry, vocabulary: Vocabulary) -> Condition:
    raw = entry.get("when")
    if raw is None:
        return ALWAYS
    try:
        condition = parse_condition(raw)
    except Refused as refused:
        entry.take(refused.problems, at="when")
        return ALWAYS
    for message in vocabulary.check_atoms(condition.atoms()):
        entry.refuse("when", message)
    if condition.excludes(condition):
        entry.refuse("when", "This can never hold: it asks for the same answer and against it.")
    return condition


def _parse_claims(entry: Entry, vocabulary: Vocabulary) -> Iterator[Claim | Exemption]:
    for text in entry.texts("claims"):
        try:
            yield parse_claim(text, vocabulary)
        except Refused as refused:
            entry.take(refused.problems, at="claims")
