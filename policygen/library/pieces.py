"""Between rows and values: what pieces say, put together as a library.

*Contents* map the kind and name of a piece to its number and to what it says. A library is made of
them, and they of a library. Three sets of contents matter: the *working* ones as rows stand, those
of the newest *release*, and those of the *candidate*: the release with all that is approved since.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from policygen.core.clauses import Clause as ClauseValue
from policygen.core.conditions import question_of
from policygen.core.conflicts import Conflict
from policygen.core.library import Library, parse_library, question_to_json
from policygen.core.regimes import Regime
from policygen.core.vocabulary import Vocabulary
from policygen.library.models import (
    FRAME,
    KINDS,
    ClauseVersion,
    FramePiece,
    PolicyTitle,
    Release,
    ReleaseClause,
    ReleaseState,
    State,
)

STEP = 10
"""Sections, questions and options from files get their order in steps of this size."""

RULES = {"regime": "regimes", "conflict": "conflicts"}
"""Kinds of pieces that say all they say as one plain form, and the key of a library for each."""

Content = dict[str, Any]
"""What a piece says: its fields, as plain values."""


class Said(NamedTuple):
    """A piece's number and what it says."""

    number: int
    content: Content


Key = tuple[str, str]
"""Kind and name of a piece."""

Contents = dict[Key, Said]


# ------------------------------------------------------------------ from rows


def working() -> Contents:
    """Return what all pieces say as they are being worked on, drafts included."""
    newest = ClauseVersion.objects.filter(newest_of__isnull=False)
    return {**working_frame(), **{("clause", v.name): said(v) for v in newest}}


def working_frame() -> Contents:
    """Return what all pieces but clauses say as they are being worked on."""
    return {
        (row.kind, row.name): said(row) for model in FRAME for row in model._default_manager.all()
    }


def frame_for_clauses() -> Contents:
    """Return the frame that clauses are checked against: the working one, drafts included.

    What is only proposed to be taken out is still there, so that a proposal stops nobody's work.
    """
    proposed = [State.DRAFT, State.REVIEW]
    return {
        (row.kind, row.name): said(row)
        if row.state not in proposed
        else Said(row.number, {**row.content(), "withdrawn": False})
        for model in FRAME
        for row in model._default_manager.all()
    }


def released() -> Contents:
    """Return what is in the newest release, in force already or scheduled."""
    newest = newest_release()
    return contents_of(newest) if newest else {}


def candidate() -> Contents:
    """Return what would be in a release made now: the newest one, and all approved since."""
    contents = released()
    for model in KINDS.values():
        for row in model._default_manager.filter(state=State.APPROVED):
            contents[row.kind, row.name] = said(row)
    return contents


def newest_release() -> Release | None:
    """Return the published release with the highest number: the next one is made from it.

    Its snapshot, which is large, is fetched when it is asked for.
    """
    return Release.objects.filter(state=ReleaseState.PUBLISHED).defer("snapshot").first()


def contents_of(release: Release) -> Contents:
    """Return what pieces said in a release."""
    versions = ReleaseClause.objects.filter(release=release).select_related("version")
    return frame_of(release) | {("clause", e.version.name): said(e.version) for e in versions}


def frame_of(release: Release) -> Contents:
    """Return what all pieces but clauses said in a release."""
    return {
        (kind, name): Said(number, content)
        for kind, name, number, content in json.loads(release.frame or "[]")
    }


def said_in(release: Release | None, kind: str, name: str) -> Said | None:
    """Return what one piece said in a release, if it is in it. At most one query."""
    if release is None:
        return None
    if kind != "clause":
        return frame_of(release).get((kind, name))
    entries = ReleaseClause.objects.filter(release=release, version__clause=name)
    entry = entries.select_related("version").first()
    return said(entry.version) if entry else None


def frame_to_json(contents: Contents) -> list[list[Any]]:
    """Return the plain form of all that is no clause, as a release keeps it."""
    return [
        [kind, name, number, content]
        for (kind, name), (number, content) in sorted(contents.items())
        if kind != "clause"
    ]


def said(piece: FramePiece | ClauseVersion) -> Said:
    """Return what a row says."""
    return Said(piece.number, piece.content())


# ------------------------------------------------------------------ from and to a library


def to_plain(contents: Contents) -> dict[str, Any]:
    """Return the plain form of a library, which ``core.library.parse_library`` reads.

    What is withdrawn is left out, but a withdrawn option stays, marked as retired: answers that
    were given before can still be read.
    """
    options: dict[str, list[dict[str, Any]]] = {}
    for name, number_and_content in _in_order(contents, "option"):
        option = _option_to_plain(name, number_and_content.content)
        options.setdefault(question_of(name), []).append(option)
    title = contents.get(("title", PolicyTitle.NAME), Said(1, {}))
    return {
        "title": title.content.get("title", ""),
        "language": title.content.get("language", "en"),
        "sections": [
            _section_to_plain(name, section.content)
            for name, section in _in_order(contents, "section")
            if not section.content["withdrawn"]
        ],
        "questions": [
            _question_to_plain(name, question.content, options.get(name, []))
            for name, question in _in_order(contents, "question")
            if not question.content["withdrawn"]
        ],
        "clauses": [
            clause_to_plain(name, version)
            for (kind, name), version in contents.items()
            if kind == "clause" and not version.content["withdrawn"]
        ],
        **_rules_to_plain(contents),
    }


def _section_to_plain(name: str, content: Content) -> Content:
    plain = {"id": name, "title": content["title"]}
    needed = content.get("needed")
    return plain if needed is None else {**plain, "needed": needed}


def _rules_to_plain(contents: Contents) -> dict[str, Any]:
    """Return regimes and conflicts by their place in a library; a place without any is left out."""
    places: dict[str, list[Content]] = {}
    for (kind, name), rule in sorted(contents.items()):
        if kind in RULES and not rule.content["withdrawn"]:
            places.setdefault(RULES[kind], []).append({**rule.content["said"], "id": name})
    return places


def to_library(contents: Contents) -> Library:
    """Return contents as a library. Raises ``Refused``."""
    return parse_library(to_plain(contents))


def from_library(library: Library) -> Contents:
    """Return the contents of a library from files; order numbers are given by position."""
    contents: Contents = {
        ("title", PolicyTitle.NAME): Said(
            1, {"title": library.title, "language": library.language, "withdrawn": False}
        )
    }
    for position, section in enumerate(library.sections, start=1):
        plain = {**section.to_json(), "order": position * STEP, "withdrawn": False}
        contents["section", plain.pop("id")] = Said(1, plain)
    contents |= _from_vocabulary(library.vocabulary)
    for kind, rules in (("regime", library.regimes), ("conflict", library.conflicts)):
        contents |= {
            (kind, rule.id): Said(1, {**rule_content(rule), "withdrawn": False}) for rule in rules
        }
    return contents | {
        ("clause", clause.slug): Said(clause.version, clause_content(clause))
        for clause in library.clauses
    }


def _from_vocabulary(vocabulary: Vocabulary) -> Contents:
    contents: Contents = {}
    for position, question in enumerate(vocabulary.questions, start=1):
        plain = question_to_json(question)
        options = plain.pop("options")
        contents["question", question.id] = Said(1, _question_content(plain, position * STEP))
        for place, option in enumerate(options, start=1):
            withdrawn = option.pop("retired", False)
            content = {**option, "order": place * STEP, "withdrawn": withdrawn}
            contents["option", f"{question.id}:{content.pop('id')}"] = Said(1, content)
    return contents


def rule_content(rule: Regime | Conflict) -> Content:
    """Return what a law or a conflict says, as a row keeps it, besides whether it is taken out."""
    plain = rule.to_json()
    del plain["id"]
    return {"said": plain}


def clause_content(clause: ClauseValue) -> Content:
    """Return what a clause says, as a row keeps it."""
    plain = clause.to_json()
    plain["section_id"] = plain.pop("section")
    plain["statements"] = plain.pop("models")
    kept = {name: plain[name] for name in ClauseVersion.CONTENT if name in plain}
    return {**kept, "withdrawn": False}


def clause_to_plain(slug: str, version: Said) -> dict[str, Any]:
    """Return the plain form of a clause, which ``core.clauses.parse_clause`` reads."""
    plain = {**version.content, "slug": slug, "version": version.number}
    plain["section"], plain["models"] = plain.pop("section_id"), plain.pop("statements")
    del plain["withdrawn"]
    return plain


def _question_content(plain: dict[str, Any], order: int) -> Content:
    content = {**plain, "order": order, "withdrawn": False}
    content["kind_of_answer"] = content.pop("kind")
    content["minimum"], content["maximum"] = content.pop("min"), content.pop("max")
    del content["id"]
    return content


def _question_to_plain(name: str, content: Content, options: list[dict[str, Any]]) -> Content:
    plain = {**content, "id": name, "options": options}
    plain["kind"] = plain.pop("kind_of_answer")
    plain["min"], plain["max"] = plain.pop("minimum"), plain.pop("maximum")
    del plain["order"], plain["withdrawn"]
    return plain


def _option_to_plain(atom: str, content: Content) -> dict[str, Any]:
    plain = {**content, "id": atom.partition(":")[2]}
    if plain.pop("withdrawn"):
        plain["retired"] = True
    del plain["order"]
    return plain


def _in_order(contents: Mapping[Key, Said], kind: str) -> Iterator[tuple[str, Said]]:
    found = [(name, one) for (of, name), one in contents.items() if of == kind]
    yield from sorted(found, key=lambda pair: (pair[1].content["order"], pair[0]))
