"""Where a problem lies, as a link: from paths such as ``clauses.speaker.when`` to pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from policygen.core.analysis.proof import SHOWN_BY
from policygen.core.problems import Refused
from policygen.core.vocabulary import Vocabulary
from policygen.library import sources
from policygen.library.checks import to_frame
from policygen.library.desk.changes import label_of
from policygen.library.desk.lookup import change_address
from policygen.library.desk.offered import Offered
from policygen.library.models import (
    Clause,
    ClauseVersion,
    Conflict,
    Option,
    Question,
    Regime,
    Section,
)
from policygen.library.pieces import working_frame


@dataclass(frozen=True)
class Located:
    """A problem for people: what it is about, the page where that is mended, and the message.

    ``address`` is empty where there is no such page. ``answers`` are those that show it, in words.
    """

    about: str
    address: str
    message: str
    answers: tuple[str, ...] = ()


def located(problems: Iterable[Sequence[str]]) -> list[Located]:
    """Return pairs of place and message with links.

    One query, and those for the vocabulary where answers show what is wrong.
    """
    pairs = [(str(where), str(message)) for where, message in problems]
    slugs = {part[1] for where, _ in pairs if len(part := where.split(".")) > 1}
    newest = newest_of(slugs) if any(where.startswith("clauses.") for where, _ in pairs) else {}
    shown = any(SHOWN_BY in message for _, message in pairs)
    vocabulary = _vocabulary() if shown else None
    return [
        Located(*_place(where, newest), *_told_apart(message, vocabulary))
        for where, message in pairs
    ]


def _vocabulary() -> Vocabulary | None:
    try:
        return to_frame(working_frame()).vocabulary
    except Refused:
        return None


def _told_apart(message: str, vocabulary: Vocabulary | None) -> tuple[str, tuple[str, ...]]:
    """Return what is wrong, and the answers that show it, in words where these are known."""
    text, shown, atoms = message.partition(f" {SHOWN_BY} ")
    if not shown:
        return message, ()
    meanings = Offered(vocabulary).meanings if vocabulary else {}
    if vocabulary:
        meanings |= {f"none of {one.id}": f"nothing — {one.ask}" for one in vocabulary.questions}
    return text, tuple(meanings.get(atom, atom) for atom in atoms.removesuffix(".").split(", "))


def newest_of(slugs: Iterable[str]) -> dict[str, str]:
    """Return the addresses of the pages of clauses, by slug. One query."""
    rows = Clause.objects.filter(slug__in=slugs, newest__isnull=False)
    return {
        slug: change_address(ClauseVersion(pk=newest))
        for slug, newest in rows.values_list("slug", "newest_id")
    }


def _place(where: str, clauses: Mapping[str, str]) -> tuple[str, str]:
    """Return what a place is about, and its address."""
    match where.split("."):
        case ["clauses", slug, *rest]:
            return _named("Clause", slug, "clause", rest), clauses.get(slug, "")
        case ["questions", question, "options", option, *rest]:
            atom = f"{question}:{option}"
            return _named("Option", atom, "option", rest), change_address(Option(pk=atom))
        case ["questions", question, *rest]:
            address = change_address(Question(pk=question))
            return _named("Question", question, "question", rest), address
        case ["sections", section, *rest]:
            return _named("Section", section, "section", rest), change_address(Section(pk=section))
        case ["regimes", law, "elements", element, *_]:
            return f"Law “{law}”, element “{element}”", change_address(Regime(pk=law))
        case ["regimes", law, *rest]:
            return _in_text(f"Law “{law}”", rest), change_address(Regime(pk=law))
        case ["conflicts", conflict, *rest]:
            address = change_address(Conflict(pk=conflict))
            return _in_text(f"Conflict “{conflict}”", rest), address
        case [source, key, *rest] if source in sources.SOURCES:
            label = sources.SOURCES[source].label
            return f"{label}: {' – '.join([key, '.'.join(rest)] if rest else [key])}", ""
    return where.replace(".", " – ").capitalize(), ""


def _in_text(name: str, rest: Sequence[str]) -> str:
    """Return what a part of a law or a conflict is called: by its key."""
    return f"{name}, {rest[0]}" if rest else name


FIELDS = {"models": "statements", "kind": "kind_of_answer"}


def _named(what: str, name: str, kind: str, rest: Sequence[str]) -> str:
    if not rest:
        return f"{what} “{name}”"
    label = label_of(kind, FIELDS.get(rest[0], rest[0]))
    return f"{what} “{name}”, {label.lower()}"
