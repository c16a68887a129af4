"""What the admin pages of all pieces share: who may write, and saving through ``publishing``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst

from policygen.core.problems import Refused
from policygen.library.desk.changes import Words, changed_only, compare
from policygen.library.desk.forms import FIELD_OF, PieceForm, why_fixed
from policygen.library.desk.lookup import change_address
from policygen.library.desk.pages import person_of
from policygen.library.desk.steps import may, may_read, works_here
from policygen.library.desk.words import release_in_words
from policygen.library.models import Release, State, Transition
from policygen.library.pieces import Content, newest_release, said_in
from policygen.library.publishing import (
    DRAFT,
    AnyPiece,
    DeskBusy,
    NotAllowed,
    Overtaken,
    WrongState,
    at_the_desk,
)

UNRELEASED = frozenset({State.DRAFT, State.REVIEW, State.APPROVED})
"""Where a piece says something that no release says yet, so that trying it out shows something."""

GONE = (
    "This was thrown away meanwhile. The log still has its text, and here is yours. "
    "Copy what you want to keep of it, and begin a new draft."
)

NOT_TYPED = frozenset({"csrfmiddlewaretoken", "seen", "_save", "_preview", "add-row", "version"})
"""Names in a form that nobody typed anything for."""


class PieceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The list and the page of one kind of piece.

    Drafters write. Everybody at the desk reads. Nothing is deleted: drafts are thrown away, and
    what was released is taken out, both by ``publishing``.
    """

    actions = None
    list_per_page = 50
    list_max_show_all = 0
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "admin/library/piece.html"
    form: type[PieceForm]
    add_fieldsets: Any = ()

    class Media:
        js = (Script("desk.js", defer=True),)

    # -------------------------------------------------------------- who may

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let everybody read who may read the library."""
        return may_read(person_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let drafters write something new."""
        return may_draft(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let drafters write to what is open. What they send is read in any case, never lost."""
        if obj is None or request.method == "POST":
            return may_draft(request)
        return may_draft(request) and not why_fixed(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nobody delete."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Let lists be filtered by their filters only, and not by whatever an address says."""
        return lookup in {getattr(one, "parameter_name", None) for one in self.list_filter}

    # -------------------------------------------------------------- saving

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save a piece. While somebody saves, nobody else does, so no check grows old."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            with at_the_desk():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except (NotAllowed, WrongState, Overtaken, DeskBusy, Refused) as refusal:
            return self._keep(request, str(refusal))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return a piece. Raises ``WrongState`` if it went while somebody was writing to it."""
        found = super().get_object(request, object_id, from_field)
        if found is None and request.method == "POST" and may_draft(request):
            raise WrongState(GONE)
        return found

    def _keep(self, request: HttpRequest, message: str) -> HttpResponse:
        """Show what was typed, with a button that sends it once more."""
        typed = [
            (name, "\n".join(filter(None, values)))
            for name, values in request.POST.lists()
            if name not in NOT_TYPED
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "Not saved",
            "breadcrumbs": [(capfirst(self.opts.verbose_name_plural), self._list_address())],
            "list_address": self._list_address(),
            "list_name": self.opts.verbose_name_plural,
            "message": message,
            "typed": [(self.label_of(name), text) for name, text in typed if text],
            "again": [
                (n, v) for n, values in request.POST.lists() for v in values if message != GONE
            ],
        }
        return TemplateResponse(request, "admin/desk/conflict_kept.html", context, status=409)

    def _list_address(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def label_of(self, name: str) -> str:
        """Return what the form calls a field."""
        field = self.form.base_fields.get(name.partition("-")[0])
        return str(field.label or name) if field else name

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Hand what was typed to ``publishing``."""
        saved = cast("PieceForm", form).store(person_of(request))
        vars(obj).update(vars(saved))

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on with the draft that was begun."""
        return self._saved(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Go on with the draft."""
        return self._saved(request, obj)

    def _saved(self, request: HttpRequest, piece: AnyPiece) -> HttpResponse:
        if piece.is_open:
            messages.success(request, "Saved as a draft. Submit it for review when it is done.")
        else:
            messages.info(request, "Nothing was changed, so there is nothing to review.")
        return HttpResponseRedirect(change_address(piece))

    # -------------------------------------------------------------- the page

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Let an address choose where something new stands, and nothing else."""
        return {name: request.GET[name] for name in ("section_id", "group") if name in request.GET}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Give the parts of the form: those of something new, of what is there, or none to read."""
        if obj is None:
            return self.add_fieldsets or self.fieldsets
        return self.fieldsets if self.has_change_permission(request, obj) else []

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Show the page of a piece: the form, or what it says where nobody may write."""
        form = cast("PieceForm", context["adminform"].form)
        reading = obj is not None and not self.has_change_permission(request, obj)
        if obj is not None and not reading:
            release = newest_release()
            form.tell_what_is_released(release_in_words(release), changes_since(release, obj))
        context |= {
            "piece": obj,
            "piece_form": form,
            "reading": reading,
            "fixed": why_fixed(obj) if obj is not None and may_draft(request) else "",
            "sent_back": _sent_back(obj),
            "can_try": obj is not None
            and obj.state in UNRELEASED
            and works_here(person_of(request)),
            "conflict": form.conflict(),
            "rows": compare(obj.kind, None, _told(obj), self.words(form)) if reading else (),
            "title": self.title_of(obj),
            "subtitle": None,
            **self.more(request, form, obj),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def title_of(self, piece: AnyPiece | None) -> str:
        """Return the heading of the page."""
        return str(piece) if piece is not None else f"New {self.opts.verbose_name}"

    def words(self, form: PieceForm) -> Words:
        """Return what is needed to write a piece out in words."""
        frame = form.frame
        return Words({one.id: one.title for one in frame.sections} if frame else {})

    def more(self, request: HttpRequest, form: PieceForm, piece: Any) -> Mapping[str, Any]:
        """Return what the page of this kind of piece shows besides."""
        return {}


def _told(piece: AnyPiece) -> Content:
    """Return what a piece says; that it is not taken out goes without saying."""
    return {**piece.content(), "withdrawn": piece.withdrawn or None}


def _sent_back(piece: AnyPiece | None) -> Transition | None:
    """Return the line by which a draft was sent back, until it is submitted again."""
    if piece is None or piece.state != State.DRAFT:
        return None
    lines = Transition.objects.filter(kind=piece.kind, name=piece.name, number=piece.number)
    step = lines.filter(action__in=["began", "submitted", "sent back"]).first()
    return step if step is not None and step.action == "sent back" else None


def may_draft(request: HttpRequest) -> bool:
    """Tell whether somebody may write drafts."""
    return may(person_of(request), DRAFT)


def changes_since(release: Release | None, piece: AnyPiece) -> dict[str, Sequence[str]]:
    """Return what a release says in the fields in which a piece says something else.

    A field that is empty there has an empty list. Nothing is there for a piece that is new.
    """
    found = said_in(release, piece.kind, piece.name) if piece.state != State.RELEASED else None
    if found is None:
        return {}
    before, after = piece.whole(found.content), piece.whole(piece.content())
    return {
        FIELD_OF.get(name, name): list(_said_before(piece.kind, name, before, after))
        for name in after
        if name in before and before[name] != after[name]
    }


def _said_before(kind: str, name: str, before: Content, after: Content) -> Iterator[str]:
    rows = compare(kind, {name: before[name]}, {name: after[name]}, Words())
    if name != "said":
        yield from (line for row in rows for line in row.before)
        return
    for row in changed_only(rows):
        gone = [line for line in row.before if line not in row.after]
        yield from (f"{row.label}: {line}" for line in gone or ["—"])
