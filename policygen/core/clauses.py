"""Clauses and what they claim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policygen.core.body import Body, parse_body
from policygen.core.conditions import (
    ALWAYS,
    ATOM,
    HOW_TO_NAME,
    Condition,
    parse_condition,
    question_of,
)
from policygen.core.placeholders import PRACTICE
from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.core.vocabulary import Vocabulary

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
CLAIM = re.compile(r"(?P<verb>[a-z-]+)\((?P<atoms>[^()]*)\)")
NOT = "does-not-"
VERBS = frozenset(
    {
        *("allow", "change", "collect", "delete", "disclaim", "inform", "keep", "limit"),
        *("promise", "protect", "sell", "send", "share", "track", "transfer", "use"),
    }
)

CLAUSE_KEYS = frozenset(
    {
        *("slug", "section", "version", "title", "order", "when", "run_in"),
        *("models", "claims", "citations", "note", "body"),
    }
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a clause asserts: a verb, said or denied, of atoms of the vocabulary."""

    verb: str
    denied: bool
    atoms: tuple[str, ...]

    def __str__(self) -> str:
        return f"{NOT if self.denied else ''}{self.verb}({'; '.join(self.atoms)})"


@dataclass(frozen=True)
class Clause:
    """One clause in one version; every attribute belongs to the version.

    ``order`` is its place in its section; ``models`` are ids of statements that it expresses;
    ``note`` is for colleagues and is never printed.
    """

    slug: str
    section: str
    version: int
    title: str
    order: int
    when: Condition
    run_in: bool
    models: tuple[str, ...]
    claims: tuple[Claim, ...]
    citations: tuple[str, ...]
    note: str
    source: str
    body: Body

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """The paths that must have a value before the clause can be said."""
        return tuple(dict.fromkeys(placeholder.path for placeholder in self.body.placeholders))

    def to_json(self) -> dict[str, Any]:
        """Return its plain form, which ``parse_clause`` reads."""
        return {
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


def parse_clause(
    raw: Mapping[str, Any], vocabulary: Vocabulary, known: dict[str, str], sections: Sequence[str]
) -> Clause:
    """Read one clause from its plain form. Raises ``Refused``; places are its keys.

    ``known`` are the paths of the vocabulary (``placeholders.paths``), computed once by the caller.
    """
    problems = [
        Problem(str(key), f"{quoted(key)} is no part of a clause. {nearest(str(key), CLAUSE_KEYS)}")
        for key in raw
        if key not in CLAUSE_KEYS
    ]
    slug, section = str(raw.get("slug", "")), str(raw.get("section", ""))
    if not SLUG.fullmatch(slug):
        problems.append(
            Problem("slug", "Write the slug in small letters, digits and single hyphens.")
        )
    if section not in sections:
        problems.append(
            Problem(
                "section", f"There is no section {quoted(section)}. {nearest(section, sections)}"
            )
        )
    title = str(raw.get("title", "")).strip()
    if not title:
        problems.append(Problem("title", "The title is missing."))
    order = str(raw.get("order", ""))
    if not re.fullmatch(r"\d{1,6}", order):
        problems.append(
            Problem("order", "Give the place in the section as a whole number, such as 40.")
        )
    run_in = str(raw.get("run_in", "false")).lower()
    if run_in not in {"true", "false"}:
        problems.append(Problem("run_in", "Write true or false."))
    when, wrong = _parse_when(raw.get("when"), vocabulary)
    problems += wrong
    claims, wrong = _parse_claims(raw.get("claims") or (), vocabulary)
    problems += wrong
    body = None
    try:
        body = parse_body(str(raw.get("body", "")), known, sections)
    except Refused as refused:
        problems += [Problem("body", problem.message, problem.line) for problem in refused.problems]
    lists = {}
    for key in ("models", "citations"):
        lists[key], wrong = _texts(key, raw.get(key) or ())
        problems += wrong
    if problems or body is None:
        raise Refused(problems)
    return Clause(
        slug=slug,
        section=section,
        version=int(raw.get("version", 1)),
        title=title,
        order=int(order),
        when=when,
        run_in=run_in == "true",
        models=lists["models"],
        claims=claims,
        citations=lists["citations"],
        note=str(raw.get("note", "")),
        source=str(raw["body"]),
        body=body,
    )


def _parse_when(raw: object, vocabulary: Vocabulary) -> tuple[Condition, list[Problem]]:
    if raw is None or raw == {}:
        return ALWAYS, []
    try:
        condition = parse_condition(raw)
    except Refused as refused:
        return ALWAYS, [problem.inside("when") for problem in refused.problems]
    return condition, [
        Problem("when", message) for message in vocabulary.check_atoms(condition.atoms())
    ]


def _texts(key: str, raw: object) -> tuple[tuple[str, ...], list[Problem]]:
    if (
        isinstance(raw, str)
        or not isinstance(raw, Sequence)
        or not all(isinstance(r, str) for r in raw)
    ):
        return (), [Problem(key, "Write a list of texts, such as [one, two].")]
    return tuple(raw), []


def _parse_claims(raw: object, vocabulary: Vocabulary) -> tuple[tuple[Claim, ...], list[Problem]]:
    texts, problems = _texts("claims", raw)
    claims: list[Claim] = []
    for text in texts:
        match = CLAIM.fullmatch(text.strip())
        verb = match["verb"].removeprefix(NOT) if match else ""
        if match is None or verb not in VERBS:
            example = "share(data; recipients.providers), with a semicolon between names"
            problems.append(
                Problem(
                    "claims",
                    f"{quoted(text)} is no claim, such as {example}. {nearest(verb, VERBS)}",
                )
            )
            continue
        atoms = tuple(atom.strip() for atom in match["atoms"].split(";") if atom.strip())
        problems += [
            Problem("claims", message) for message in _check_claim(text, atoms, vocabulary)
        ]
        claims.append(Claim(verb, match["verb"].startswith(NOT), atoms))
    return tuple(claims), problems


def _check_claim(text: str, atoms: Sequence[str], vocabulary: Vocabulary) -> Iterator[str]:
    if not atoms:
        yield f"{quoted(text)} says nothing of anything. Name at least one answer."
    yield from vocabulary.check_atoms(atom for atom in atoms if ATOM.fullmatch(atom))
    for atom in atoms:
        if not ATOM.fullmatch(atom):
            yield f"{quoted(atom)} names no answer. {HOW_TO_NAME}"


def questions_read_by(clause: Clause) -> frozenset[str]:
    """Return the ids of the questions that decide or fill a clause."""
    decided = {question_of(atom) for atom in clause.when.atoms()}
    filled = {question_of(path) for path in clause.needs}
    if PRACTICE in filled:
        filled |= {"short_name", "practice_name"}
    return frozenset(decided | filled)
