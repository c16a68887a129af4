"""Local wording: the text of a clause as one practice wants it.

An amendment keeps the library's text that it was made from, so that a later release of the library
can be told apart: where that text stayed, the amendment is carried over, and where it changed,
somebody decides with three texts side by side.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from policygen.core.body import BODY_LIMIT
from policygen.core.clauses import Clause, reworded
from policygen.core.conditions import OPTION
from policygen.core.library import Library
from policygen.core.placeholders import paths
from policygen.core.plain import Entry
from policygen.core.problems import Problem, Refused, quoted
from policygen.core.text import LINE_BREAKS

KEYS = frozenset({"slug", "base_version", "base_text", "text"})

EMPTY = (
    "This wording is empty. To leave a clause out, change the answer that brings it in; "
    "to have the library’s wording again, remove your own."
)


@dataclass(frozen=True, slots=True)
class Amendment:
    """A practice's own wording of a clause.

    ``base_text`` is the text (Markdown with placeholders) of the library's clause that was
    amended, and ``base_version`` its version; ``text`` is the practice's own.
    """

    slug: str
    base_version: int
    base_text: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return the plain form, which ``from_json`` reads."""
        return {
            "slug": self.slug,
            "base_version": self.base_version,
            "base_text": self.base_text,
            "text": self.text,
        }

    @classmethod
    def from_json(cls, raw: object) -> Amendment:
        """Read an amendment from its plain form. Raises ``Refused``; places are its keys.

        Whether the text can stand in a library is for ``amended`` and ``standing`` to tell.
        """
        entry = Entry(raw, KEYS, what="a local wording")
        amendment = cls(
            slug=entry.name("slug", OPTION, "Write the slug of a clause."),
            base_version=entry.number("base_version"),
            base_text=entry.text("base_text"),
            text=entry.text("text"),
        )
        if not amendment.text.strip():
            entry.refuse("text", EMPTY)
        for key, text in (("base_text", amendment.base_text), ("text", amendment.text)):
            if len(text) > BODY_LIMIT:
                entry.refuse(key, f"The text has more than {BODY_LIMIT:,} characters.")
        if entry.problems:
            raise Refused(entry.problems)
        return amendment


class Standing(StrEnum):
    """What becomes of an amendment when the library is another one than it was made from."""

    CARRIED = "carried"
    """The library's text is the one that was amended: the amendment holds."""

    REACHED = "reached"
    """The library's text is now the practice's own: nothing is left to amend."""

    DECIDE = "decide"
    """The library's text changed, or what the amendment names is gone: somebody decides."""

    GONE = "gone"
    """The library has no such clause any more."""


# ---------------------------------------------------------------- making


def amendment_of(library: Library, slug: str, text: str) -> Amendment | None:
    """Return the amendment that gives a clause of the library this wording.

    ``None`` if that is the library's own wording. Raises ``Refused`` for a wording that cannot
    stand there, and for a clause that the library does not have.
    """
    clause = _clause(library, slug)
    if clause is None:
        raise Refused([_no_clause(slug)])
    own = _tidy(text)
    if own == _tidy(clause.source):
        return None
    amendment = Amendment(slug, clause.version, clause.source, own)
    _reworded(library, clause, amendment)
    return amendment


def decided(amendment: Amendment, library: Library, text: str) -> Amendment | None:
    """Return the amendment as it was decided against a newer library: rebased, with this text.

    ``None`` if the text is the library's own. Raises ``Refused`` as ``amendment_of`` does.
    """
    return amendment_of(library, amendment.slug, text)


def amendments_from_json(raw: object) -> tuple[Amendment, ...]:
    """Read a list of amendments from its plain form. Raises ``Refused``; places count from 1."""
    if not isinstance(raw, list):
        raise Refused([Problem("", "Local wordings are a list.")])
    found: list[Amendment] = []
    problems: list[Problem] = []
    for number, one in enumerate(raw, start=1):
        try:
            found.append(Amendment.from_json(one))
        except Refused as refused:
            problems += [problem.inside(str(number)) for problem in refused.problems]
    if problems:
        raise Refused(problems)
    return tuple(found)


def amendments_to_json(amendments: Iterable[Amendment]) -> list[dict[str, Any]]:
    """Return the plain form of amendments, which ``amendments_from_json`` reads."""
    return [amendment.to_json() for amendment in amendments]


# ---------------------------------------------------------------- applying


def laid_over(library: Library, amendments: Iterable[Amendment]) -> Library:
    """Return the library with those amendments that can stand in it, decided upon or not.

    It is what a draft prints while somebody has yet to decide: the practice's own wording wherever
    it can still be read. It never raises.
    """
    able: dict[str, Amendment] = {}
    for amendment in amendments:
        clause = _clause(library, amendment.slug)
        if clause is None or amendment.slug in able:
            continue
        try:
            _reworded(library, clause, amendment)
        except Refused:
            continue
        able[amendment.slug] = amendment
    return amended(library, able.values())


def amended(library: Library, amendments: Iterable[Amendment]) -> Library:
    """Return the library with a practice's own wording in place of its own.

    All else stays as it is, the digest too: it is that of the release, and the amendments are
    kept beside it. Raises ``Refused`` with everything that is wrong with any of the amendments;
    places are ``clauses.<slug>.body``. A clause that the library does not have, or that is amended
    twice, is refused as well.
    """
    own = tuple((clause.slug, clause.source) for clause in library.clauses if clause.amended)
    asked = _Asked(library.digest, own, tuple(amendments), library)
    return _amended(asked) if asked.amendments else library


@dataclass(frozen=True, slots=True)
class _Asked:
    """A library and its amendments, compared by what they are made from.

    A digest stands for a whole release; what was amended in it before is named beside it.
    """

    digest: str
    own: tuple[tuple[str, str], ...]
    amendments: tuple[Amendment, ...]
    library: Library = field(compare=False)


@lru_cache(maxsize=32)
def _amended(asked: _Asked) -> Library:
    library = asked.library
    clauses = {clause.slug: clause for clause in library.clauses}
    problems: list[Problem] = []
    done: set[str] = set()
    for amendment in asked.amendments:
        slug = amendment.slug
        if slug in done:
            message = f"{quoted(slug)} is amended twice. Keep one of the wordings."
            problems.append(Problem(f"clauses.{slug}", message))
        elif slug not in clauses:
            problems.append(_no_clause(slug))
        elif _tidy(amendment.text) != _tidy(clauses[slug].source):
            try:
                clauses[slug] = _reworded(library, clauses[slug], amendment)
            except Refused as refused:
                problems += refused.problems
        done.add(slug)
    if problems:
        raise Refused(problems)
    return replace(library, clauses=tuple(clauses.values()), release=library.digest)


def _reworded(library: Library, clause: Clause, amendment: Amendment) -> Clause:
    """Return the clause with the amendment's text. Raises ``Refused``."""
    where = f"clauses.{clause.slug}"
    if not amendment.text.strip():
        raise Refused([Problem(f"{where}.body", EMPTY)])
    vocabulary = library.vocabulary
    sections = [section.id for section in library.sections]
    try:
        made = reworded(clause, _tidy(amendment.text), vocabulary, paths(vocabulary), sections)
    except Refused as refused:
        raise Refused([problem.inside(where) for problem in refused.problems]) from None
    # A placeholder of a retired option never has a value: the clause would vanish without a word.
    retired = {f"{q.id}:{option}" for q in vocabulary.questions for option in q.retired}
    if gone := sorted(retired.intersection(made.needs).difference(clause.needs)):
        message = f"{quoted(gone[0])} is retired. Take it out of the text."
        raise Refused([Problem(f"{where}.body", message)])
    return made


# ---------------------------------------------------------------- another library


def standing(amendment: Amendment, library: Library) -> Standing:
    """Return what becomes of an amendment under this library. It never raises."""
    clause = _clause(library, amendment.slug)
    if clause is None:
        return Standing.GONE
    now = _tidy(clause.source)
    if now == _tidy(amendment.text):
        return Standing.REACHED
    if now != _tidy(amendment.base_text):
        return Standing.DECIDE
    try:
        _reworded(library, clause, amendment)
    except Refused:
        return Standing.DECIDE
    return Standing.CARRIED


def rebased(amendments: Iterable[Amendment], library: Library) -> tuple[Amendment, ...]:
    """Return amendments with the version and the text of this library in those it carries over.

    All others stay as they are, for somebody to look at. It never raises.
    """
    return tuple(_rebased(amendment, library) for amendment in amendments)


def _rebased(amendment: Amendment, library: Library) -> Amendment:
    clause = _clause(library, amendment.slug)
    if clause is None or standing(amendment, library) is not Standing.CARRIED:
        return amendment
    return replace(amendment, base_version=clause.version, base_text=clause.source)


def three_texts(amendment: Amendment, library: Library) -> tuple[str, str, str]:
    """Return the text that was amended, the practice's own, and the library's now.

    The last is empty if the library has no such clause any more.
    """
    clause = _clause(library, amendment.slug)
    return amendment.base_text, amendment.text, clause.source if clause else ""


def _clause(library: Library, slug: str) -> Clause | None:
    return next((clause for clause in library.clauses if clause.slug == slug), None)


def _no_clause(slug: str) -> Problem:
    message = f"The library has no clause {quoted(slug)}. Remove your wording of it."
    return Problem(f"clauses.{slug}", message)


def _tidy(text: str) -> str:
    """Return a text as it is compared and kept: without blanks that a browser or editor adds."""
    lines = LINE_BREAKS.sub("\n", text).split("\n")
    return unicodedata.normalize("NFC", "\n".join(map(str.rstrip, lines)).strip("\n"))
