"""Where an option is used: what names it, its group or its question.

Clauses do, questions that are asked because of it, and laws and conflicts that depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from policygen.core.analysis.naming import (
    Names,
    Naming,
    Place,
    Way,
    atoms_in,
    atoms_in_rule,
    names_of,
    namings,
)
from policygen.library.desk.lookup import find_piece, piece_address
from policygen.library.desk.pages import for_readers, page_of
from policygen.library.desk.site import desk_page
from policygen.library.desk.words import release_in_words
from policygen.library.models import (
    ClauseVersion,
    Conflict,
    Option,
    Question,
    Regime,
    Release,
    ReleaseClause,
    State,
)
from policygen.library.pieces import Content, Said, frame_of, newest_release

PAGE = 100
"""How many uses a list shows at once."""

LISTS = (
    (Place.CONDITION, "Conditions", "No condition names it."),
    (Place.PLACEHOLDER, "Placeholders", "No text has it as a placeholder."),
    (Place.CLAIM, "Claims", "No claim names it."),
)


WAYS = list(Way)

IN_BOTH = {
    (True, True): "released",
    (True, False): "released, but no longer in the draft",
    (False, True): "not released yet",
}
"""What to say of a question: whether it is so in the newest release, and as it is worked on."""


@dataclass(frozen=True)
class Use:
    """That a clause or a question names it: how, as it is written, and in which version."""

    kind: str
    name: str
    title: str
    way: Way
    written: str
    version: str


@dataclass(frozen=True)
class Text:
    """What may name an option: a clause in one version."""

    slug: str
    title: str
    version: str
    when: Any
    body: str
    claims: Any


@desk_page("pieces/option/<str:name>/used/", "where_used")
@for_readers
def where_used(request: HttpRequest, name: str) -> HttpResponse:
    """List the clauses whose condition, placeholders or claims name an option, and questions."""
    option = cast("Option", find_piece("option", name))
    names = names_of(name, option.question.kind_of_answer, option.group)
    release = newest_release()
    found = list(_uses(_texts(release), names))
    lists = []
    for place, heading, empty in LISTS:
        uses = [use for naming_place, use in found if naming_place == place]
        uses.sort(key=lambda use: WAYS.index(use.way))
        page = Paginator(uses, PAGE).get_page(request.GET.get(str(place)))
        lists.append({"key": str(place), "heading": heading, "empty": empty, "page": page})
    return page_of(
        request,
        "where_used.html",
        f"Where “{option.label}” is used",
        breadcrumbs=[
            ("Review", reverse("admin:review")),
            (option.label, piece_address("piece_review", "option", name)),
        ],
        option=option,
        release=release_in_words(release),
        group=dict(option.question.groups).get(option.group, option.group),
        lists=lists,
        questions=list(_questions(release, names)),
        rules=list(_rules(release, names)),
    )


def _texts(release: Release | None) -> Iterator[Text]:
    """Give the newest version of each clause, and the one in a release where it is another."""
    entries = ReleaseClause.objects.filter(release=release).values_list("version_id", flat=True)
    now = set(entries) if release else set()
    wanted = Q(newest_of__isnull=False) | Q(pk__in=entries)
    rows = ClauseVersion.objects.filter(wanted).order_by("clause_id", "-number")
    for key, newest, slug, number, title, state, when, body, claims in rows.values_list(
        *("pk", "newest_of", "clause_id", "number", "title", "state", "when", "body", "claims")
    ):
        version = _version(number, State(state), newest=newest is not None, released=key in now)
        yield Text(slug, title, version, when, body, claims)


def _version(number: int, state: State, *, newest: bool, released: bool) -> str:
    if released:
        return f"version {number}, released{' and the newest' if newest else ''}"
    return f"version {number}, {str(state.label).lower()}"


def _uses(texts: Iterable[Text], names: Names) -> Iterator[tuple[Place, Use]]:
    for text in texts:
        for found in namings(text.when, text.body, text.claims, names):
            yield found.place, _use("clause", text.slug, text.title, found, text.version)


def _use(kind: str, name: str, title: str, found: Naming, version: str) -> Use:
    return Use(kind, name, title, found.way, found.written, version)


def _questions(release: Release | None, names: Names) -> Iterator[Use]:
    """Give the questions that are asked only because of it."""
    before = _asked_if(release)
    for question in Question.objects.all():
        now, then = set(atoms_in(question.when)), set(atoms_in(before.get(question.name)))
        for atom in sorted((now | then) & set(names.atoms)):
            version = IN_BOTH[atom in then, atom in now]
            yield Use("question", question.name, question.ask, names.atoms[atom], atom, version)


def _rules(release: Release | None, names: Names) -> Iterator[Use]:
    """Give the laws and conflicts that depend on it, with the elements that do."""
    frame = frame_of(release) if release else {}
    for model in (Regime, Conflict):
        for row in model._default_manager.filter(withdrawn=False):
            then = _atoms_by_part(_said(frame.get((row.kind, row.name))), names)
            now = _atoms_by_part(row.said, names)
            for part, atom in dict.fromkeys((*now, *then)):
                version = IN_BOTH[(part, atom) in then, (part, atom) in now]
                title = f"{row}: {part}" if part else str(row)
                yield Use(row.kind, row.name, title, names.atoms[atom], atom, version)


def _said(before: Said | None) -> Content:
    return before.content["said"] if before and not before.content["withdrawn"] else {}


def _atoms_by_part(said: Content, names: Names) -> list[tuple[str, str]]:
    """Return the names of an option that a law or a conflict has, with the element they are in."""
    parts = [("", {**said, "elements": []})]
    parts += [(element["title"], element) for element in said.get("elements", ())]
    return [
        (part, atom)
        for part, plain in parts
        for atom in dict.fromkeys(atoms_in_rule(plain))
        if atom in names.atoms
    ]


def _asked_if(release: Release | None) -> dict[str, Any]:
    """Return when each question is asked in a release."""
    frame = frame_of(release) if release else {}
    return {name: one.content["when"] for (kind, name), one in frame.items() if kind == "question"}
