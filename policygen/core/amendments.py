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
from policygen.core.library import Library, clause_in
from policygen.core.placeholders import paths
from policygen.core.plain import Entry
from policygen.core.problems import Problem, Refused, quoted
from policygen.core.text import LINE_BREAKS

KEYS = frozenset({"slug", "base_version", "base_text", "text", "rival"})

EMPTY = (
    "This wording is empty. To leave a clause out, change the answer that brings it in; "
    "to have the library’s wording again, remove your own."
)


@dataclass(frozen=True, slots=True)
class Amendment:
    """A practice's own wording of a clause.

    ``base_text`` is the text (Markdown with placeholders) of the library's clause that was
    amended, and ``base_version`` its version; ``text`` is the practice's own.

    ``rival`` is another wording, while somebody has yet to decide between the two (``replacing``):
    an empty one is the library's. In most amendments there is none.
    """

    slug: str
    base_version: int
    base_text: str
    text: str
    rival: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the plain form, which ``from_json`` reads."""
        plain: dict[str, Any] = {
            "slug": self.slug,
            "base_version": self.base_version,
            "base_text": self.base_text,
            "text": self.text,
        }
        return plain if self.rival is None else {**plain, "rival": self.rival}

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
            rival=entry.text("rival") if entry.has("rival") else None,
        )
        if not amendment.text.strip():
            entry.refuse("text", EMPTY)
        texts = {"base_text": amendment.base_text, "text": amendment.text}
        for key, text in {**texts, "rival": amendment.rival or ""}.items():
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
    """Somebody decides: the library's text changed, what the amendment names is gone, or there is
    another wording beside it."""

    GONE = "gone"
    """The library has no such clause any more."""


# ---------------------------------------------------------------- making


def amendment_of(library: Library, slug: str, text: str) -> Amendment | None:
    """Return the amendment that gives a clause of the library this wording.

    ``None`` if that is the library's own wording. Raises ``Refused`` for a wording that cannot
    stand there, and for a clause that the library does not have.
    """
    clause = clause_in(library, slug)
    if clause is None:
        raise Refused([_no_clause(slug)])
    own = _tidy(text)
    if own == _tidy(clause.source):
        return None
    amendment = Amendment(slug, clause.version, clause.source, own)
    _reworded(library, clause, amendment)
    return amendment


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
        clause = clause_in(library, amendment.slug)
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
    clause = clause_in(library, amendment.slug)
    if clause is None:
        return Standing.GONE
    if amendment.rival is not None:
        return Standing.DECIDE
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
    clause = clause_in(library, amendment.slug)
    if clause is None or standing(amendment, library) is not Standing.CARRIED:
        return amendment
    return replace(amendment, base_version=clause.version, base_text=clause.source)


# ---------------------------------------------------------------- another version


def replacing(
    own: Iterable[Amendment], base: Iterable[Amendment], newest: Iterable[Amendment]
) -> tuple[Amendment, ...]:
    """Return the amendments of a draft that replaces a version published after it was begun.

    ``own`` are the draft's, ``base`` those of the version that it was begun from, and ``newest``
    those of the version that it replaces. What the draft did not touch is the newest version's;
    where both changed a clause, each its own way, somebody decides between the two (``rival``).
    """
    mine, before, theirs = ({one.slug: one for one in some} for some in (own, base, newest))
    made = (
        _replacing(mine.get(slug), before.get(slug), theirs.get(slug))
        for slug in dict.fromkeys([*mine, *theirs])
    )
    return tuple(one for one in made if one is not None)


def _replacing(
    mine: Amendment | None, before: Amendment | None, theirs: Amendment | None
) -> Amendment | None:
    if _text(before) == _text(theirs):
        return mine
    if _text(mine) == _text(theirs):
        return replace(mine, rival=None) if mine else None
    if _text(mine) == _text(before) and (mine is None or mine.rival is None):
        return theirs
    if mine is None:
        return replace(theirs, rival="") if theirs else None
    return replace(mine, rival=theirs.text if theirs else "")


def _text(amendment: Amendment | None) -> str | None:
    return _tidy(amendment.text) if amendment else None


def _no_clause(slug: str) -> Problem:
    message = f"The library has no clause {quoted(slug)}. Remove your wording of it."
    return Problem(f"clauses.{slug}", message)


def _tidy(text: str) -> str:
    """Return a text as it is compared and kept: without blanks that a browser or editor adds."""
    lines = LINE_BREAKS.sub("\n", text).split("\n")
    return unicodedata.normalize("NFC", "\n".join(map(str.rstrip, lines)).strip("\n"))
