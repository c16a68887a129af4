"""The desk's pages of what laws want stated, and of conflicts between answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.safestring import SafeString

from policygen.core.library import Library
from policygen.core.regimes import MetBy
from policygen.library.desk import columns
from policygen.library.desk.editing import PieceAdmin
from policygen.library.desk.filters import StateFilter, WithdrawnFilter
from policygen.library.desk.forms import PieceForm
from policygen.library.desk.law_forms import ConflictForm, RegimeForm, said_of
from policygen.library.desk.lookup import change_address
from policygen.library.desk.preview import sentence
from policygen.library.models import ClauseVersion, Conflict, Regime

OF_LAWS = ("It applies to everybody.", "It applies if people")
OF_ELEMENTS = ("", "Only if people")
OR_ELSE = ("Or for everybody.", "Or if people")
OF_DOCUMENTS = ("", "A text is meant to be the document that it wants if people")
OF_CONFLICTS = ("", "It is found if people")
"""How the sentence about a condition begins: without a condition, and with one."""

MET_BY = {
    MetBy.READING: "How well the whole text reads",
    MetBy.OUTSIDE: "Something done outside the text",
}

CHANGE: Any = ("Why", {"fields": ("reason", "withdrawn")})


@dataclass(frozen=True)
class Satisfying:
    """A clause that says it satisfies an element: its title, its page and where it stands."""

    title: str
    address: str
    released: bool


@dataclass(frozen=True)
class Asked:
    """One element as the page of its law shows it. ``outside`` says what meets it if no clause."""

    plain: Mapping[str, Any]
    sentences: Sequence[str]
    clauses: Sequence[Satisfying]
    outside: str

    @property
    def open(self) -> bool:
        """Whether clauses should satisfy it, and none does."""
        return not self.outside and not self.clauses


class RuleAdmin(PieceAdmin):
    """What lists of laws and of conflicts have in common."""

    list_select_related = ("edited_by",)
    list_filter = (StateFilter, WithdrawnFilter)
    search_fields = ("name",)
    fieldsets = ((None, {"fields": ("said",)}), CHANGE)
    add_fieldsets = ((None, {"fields": ("name", "said")}), ("Why", {"fields": ("reason",)}))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find what has all of the words in its id or in what it says."""
        found = queryset.alias(all_said=Cast("said", TextField()))
        for word in search_term.replace("\0", "").split():
            found = found.filter(Q(name__icontains=word) | Q(all_said__icontains=word))
        return found, False


@admin.register(Regime)
class RegimeAdmin(RuleAdmin):
    """Laws: what they want a privacy policy to state, element by element."""

    desk_order = 44
    form = RegimeForm
    change_form_template = "admin/library/regime.html"
    list_display = (
        *("name_and_id", "jurisdiction", "elements", "as_of", columns.state),
        *(columns.written_by, "edited_at"),
    )

    @admin.display(description="law", ordering="name")
    def name_and_id(self, regime: Regime) -> SafeString:
        """Show the name, and the id by which options add or remove the law."""
        return columns.named(str(regime), regime.name)

    @admin.display(description="jurisdiction")
    def jurisdiction(self, regime: Regime) -> str:
        """Show where it is law."""
        return str(regime.said.get("jurisdiction", ""))

    @admin.display(description="elements")
    def elements(self, regime: Regime) -> int:
        """Count what it wants stated."""
        return len(regime.said.get("elements", []))

    @admin.display(description="law as of")
    def as_of(self, regime: Regime) -> str:
        """Show of which day its text was read."""
        return str(regime.said.get("law_as_of", ""))

    def more(self, request: HttpRequest, form: PieceForm, piece: Any) -> Mapping[str, Any]:
        """Give the law as people read it, with the clauses that satisfy each element."""
        said = said_of(form)
        return {
            "law": said,
            "sentences": sentences(said.get("when", []), form.frame, OF_LAWS)
            or [OF_LAWS[0] if said else ""],
            "held": sentences(said.get("held_when", []), form.frame, OF_DOCUMENTS),
            "elements": list(_elements(said, form.frame)),
        }


@admin.register(Conflict)
class ConflictAdmin(RuleAdmin):
    """Conflicts: answers that do not go together, and what people read of it."""

    desk_order = 46
    form = ConflictForm
    change_form_template = "admin/library/conflict.html"
    list_display = ("id_and_what", "severity", columns.state, columns.written_by, "edited_at")

    @admin.display(description="conflict", ordering="name")
    def id_and_what(self, conflict: Conflict) -> SafeString:
        """Show what is wrong, and the id."""
        return columns.named(str(conflict.said.get("says") or conflict.name), conflict.name)

    @admin.display(description="severity")
    def severity(self, conflict: Conflict) -> str:
        """Show how grave it is."""
        return str(conflict.said.get("severity", ""))

    def more(self, request: HttpRequest, form: PieceForm, piece: Any) -> Mapping[str, Any]:
        """Give the answers that it is found for, as sentences."""
        said = said_of(form)
        return {
            "conflict_said": said,
            "sentences": sentences(said.get("when", []), form.frame, OF_CONFLICTS),
        }


def sentences(
    cases: Iterable[Mapping[str, Sequence[str]]], frame: Library | None, beginning: tuple[str, str]
) -> list[str]:
    """Return each of some cases as a sentence."""
    said = (sentence(case, frame, beginning) for case in cases)
    return [words for words in said if words]


def _elements(said: Mapping[str, Any], frame: Library | None) -> Iterator[Asked]:
    satisfying = clauses_by_element()
    for plain in said.get("elements", []):
        yield Asked(
            {**plain, "duty_label": plain["duty"].capitalize()},
            [
                *sentences(plain["when"][:1], frame, OF_ELEMENTS),
                *sentences(plain["when"][1:], frame, OR_ELSE),
            ],
            satisfying.get(plain["id"], ()),
            MET_BY.get(plain["met_by"], ""),
        )


def clauses_by_element() -> dict[str, list[Satisfying]]:
    """Return the newest versions of clauses by the elements that they satisfy. One query."""
    rows = ClauseVersion.objects.filter(newest_of__isnull=False, withdrawn=False)
    found: dict[str, list[Satisfying]] = {}
    for version in rows.exclude(satisfies=[]).only("title", "satisfies", "state", "clause_id"):
        one = Satisfying(version.title, change_address(version), version.state == "released")
        for element in version.satisfies:
            found.setdefault(element, []).append(one)
    return found
