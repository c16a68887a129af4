"""Releases at the desk: prepare one, see what it changes, publish it after it was tried out.

Every step goes through ``publishing``. The one rule that is kept here is that nobody publishes at
the desk what was not tried out: the button stands at the end of a finished try-out, and the address
behind it asks for one, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from policygen.core.problems import Refused
from policygen.core.text import day_in_words
from policygen.library import guards, publishing, tryout
from policygen.library.desk.lines import lines_of
from policygen.library.desk.listing import ListOnly
from policygen.library.desk.lookup import find_release
from policygen.library.desk.pages import for_readers, page_of, person_of, why_in
from policygen.library.desk.places import Located, located
from policygen.library.desk.release_contents import (
    Standing,
    changes_of,
    outdated,
    reign_of,
    standing,
)
from policygen.library.desk.site import Panel, desk_page, first_page_panel
from policygen.library.desk.steps import may, may_read, works_here
from policygen.library.desk.words import release_in_words
from policygen.library.models import (
    Release,
    ReleaseClause,
    ReleaseState,
    State,
    TryOut,
)
from policygen.library.pieces import newest_release
from policygen.library.publishing import RELEASE, WHY_LIMIT, DeskBusy, NotAllowed, WrongState
from policygen.library.store import NoRelease, in_force

PAGE = 100
"""How many pieces or clauses stand on a page."""

LIST = "admin:library_release_changelist"


def _crumbs() -> list[tuple[str, str]]:
    return [("Releases", reverse(LIST))]


# ------------------------------------------------------------------ preparing


class ReleaseForm(forms.Form):
    """What people say of a release when they prepare it."""

    title = forms.CharField(
        max_length=200,
        help_text="What changes, in a few words.",
    )
    notes = forms.CharField(
        required=False,
        max_length=WHY_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What practices should know. They read it when they move to this release.",
    )
    effective_from = forms.DateField(
        label="Effective date",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Before this day, the release before it stays in force.",
    )


@desk_page("releases/prepare/", "release_prepare")
@for_readers
def prepare(request: HttpRequest) -> HttpResponse:
    """Show what a release made now would hold, and make it a candidate."""
    form = ReleaseForm(request.POST or None, initial={"effective_from": timezone.localdate()})
    elsewhere: list[Located] = []
    if request.method == "POST" and form.is_valid():
        try:
            made = publishing.prepare_release(
                **form.cleaned_data, by=person_of(request), today=timezone.localdate()
            )
        except Refused as refused:
            elsewhere = _tell(form, refused)
        except NotAllowed as refusal:
            return _not_allowed(request, refusal)
        except DeskBusy as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{made} is prepared. Try it out; then it can be published.")
            return redirect("admin:release_page", made.number)
    states = {"approved": (State.APPROVED,), "open": (State.DRAFT, State.REVIEW)}
    return page_of(
        request,
        "release_prepare.html",
        "Prepare a release",
        breadcrumbs=_crumbs(),
        form=form,
        guards=elsewhere,
        may_release=may(person_of(request), RELEASE),
        candidate=_candidates().first(),
        newest=release_in_words(newest_release()),
        **{key: _standing_page(request, key, chosen) for key, chosen in states.items()},
    )


def _tell(form: forms.Form, refused: Refused) -> list[Located]:
    """Show each problem at its field; return those that lie elsewhere, with links."""
    elsewhere = []
    for problem in refused.problems:
        if problem.where in form.fields:
            form.add_error(problem.where, problem.message)
        else:
            elsewhere.append((problem.where, problem.message))
    return located(elsewhere)


def _standing_page(request: HttpRequest, key: str, states: tuple[State, ...]) -> Any:
    page = Paginator(standing(*states), PAGE).get_page(request.GET.get(key))
    page.object_list = [Standing(*row) for row in page.object_list]
    return page


def _candidates() -> QuerySet[Release]:
    return Release.objects.filter(state=ReleaseState.CANDIDATE).defer("snapshot", "frame")


# ------------------------------------------------------------------ one release


@desk_page("releases/<int:number>/", "release_page")
@for_readers
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a release: a candidate with what it changes, or one that was published."""
    release = find_release(number)
    context: dict[str, Any] = {
        "release": release,
        "breadcrumbs": _crumbs(),
        "may_release": may(person_of(request), RELEASE),
        "may_start": works_here(person_of(request)),
    }
    title = f"{release}: {release.title}" if release.title else str(release)
    if release.state == ReleaseState.CANDIDATE:
        return page_of(
            request, "release_candidate.html", title, **context, **_of_candidate(request, release)
        )
    return page_of(request, "release.html", title, **context, **_of_published(request, release))


def _of_candidate(request: HttpRequest, release: Release) -> dict[str, Any]:
    problems = [(problem.where, problem.message) for problem in guards.release_problems(release)]
    made = TryOut.objects.filter(kind="release", after_digest=release.digest).defer("after").first()
    changes = Paginator(list(changes_of(release)), PAGE)
    try:
        finished = tryout.finished_for(release)
    except NoRelease:
        finished = None
    return {
        "changes": changes.get_page(request.GET.get("changes")),
        "guards": located(problems),
        "made": made,
        "finished": finished,
        "newest": release_in_words(newest_release()),
        "outdated": outdated(release),
    }


def _of_published(request: HttpRequest, release: Release) -> dict[str, Any]:
    today = timezone.localdate()
    published = release.state == ReleaseState.PUBLISHED
    entries = ReleaseClause.objects.filter(release=release).order_by(
        "version__section__order", "version__section_id", "version__order", "version__clause_id"
    )
    clauses = Paginator(
        entries.select_related("version__section").defer("version__body"), PAGE
    ).get_page(request.GET.get("clauses"))
    newest = newest_release()
    return {
        "reign": reign_of(release, today=today) if published else None,
        "clauses": clauses,
        "cancelled": lines_of("release", str(release.number)).filter(action="cancelled").first(),
        "cancellable": published
        and release.effective_from > today
        and newest is not None
        and newest.pk == release.pk,
    }


@desk_page("releases/<int:number>/snapshot.json", "release_snapshot")
@for_readers
def snapshot(request: HttpRequest, number: int) -> HttpResponse:
    """Download the text that was frozen; its SHA-256 is the digest of the release."""
    release = find_release(number)
    response = HttpResponse(release.snapshot.encode(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="release-{release.number}.json"'
    return response


# ------------------------------------------------------------------ steps

Step = Callable[[HttpRequest, Release], str]
"""Does something to a release and returns what to say; it may raise what ``publishing`` raises."""


def _taken(request: HttpRequest, number: int, step: Step) -> HttpResponse:
    """Take a step with a release, and lead to where it can be seen."""
    if request.method != "POST":
        return redirect("admin:release_page", number)
    try:
        release = find_release(number)
    except Http404:
        messages.error(request, "This candidate was thrown away. Prepare the release again.")
        return redirect(LIST)
    try:
        messages.success(request, step(request, release))
    except NotAllowed as refusal:
        return _not_allowed(request, refusal)
    except (WrongState, DeskBusy, NoRelease) as refusal:
        messages.error(request, str(refusal))
    except Refused as refused:
        for problem in located((one.where, one.message) for one in refused.problems):
            messages.error(request, f"{problem.about}: {problem.message}")
    if not Release.objects.filter(number=number).exists():
        return redirect(LIST)
    return redirect("admin:release_page", number)


def _not_allowed(request: HttpRequest, refusal: NotAllowed) -> HttpResponse:
    return page_of(
        request, "release_refused.html", "You may not do this", status=403, refusal=refusal
    )


@desk_page("releases/<int:number>/publish/", "release_publish")
@for_readers
def publish(request: HttpRequest, number: int) -> HttpResponse:
    """Publish a candidate that was tried out."""
    return _taken(request, number, _publish)


def _publish(request: HttpRequest, release: Release) -> str:
    seen, begun = request.POST.get("seen", ""), timezone.now()
    done = publishing.publish_release(
        release, by=person_of(request), seen=seen, today=timezone.localdate()
    )
    if done.published_at is None or done.published_at < begun:
        return f"{done} is published already. It was not published twice."
    if done.effective_from > timezone.localdate():
        return f"{done} is published. It comes into force on {day_in_words(done.effective_from)}."
    return f"{done} is published and in force."


@desk_page("releases/<int:number>/cancel/", "release_cancel")
@for_readers
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Take back a release whose day has not come."""
    return _taken(request, number, _cancel)


def _cancel(request: HttpRequest, release: Release) -> str:
    publishing.cancel_release(
        release, by=person_of(request), why=why_in(request), today=timezone.localdate()
    )
    return f"{release} is cancelled. What it released waits for the next release."


@desk_page("releases/<int:number>/discard/", "release_discard")
@for_readers
def discard(request: HttpRequest, number: int) -> HttpResponse:
    """Throw a candidate away."""
    return _taken(request, number, _discard)


def _discard(request: HttpRequest, release: Release) -> str:
    publishing.discard_release(release, by=person_of(request), why=why_in(request))
    return f"{release} is thrown away. What was approved stays approved."


# ------------------------------------------------------------------ first page, and the list


@first_page_panel(order=20)
def now_in_force(request: HttpRequest) -> Panel | None:
    """Show which release is in force, which comes next, and what is being prepared."""
    if not may_read(person_of(request)):
        return None
    today = timezone.localdate()
    scheduled = Release.objects.filter(state=ReleaseState.PUBLISHED, effective_from__gt=today)
    return {
        "template": "admin/desk/panels/in_force.html",
        "release": in_force(today).defer("snapshot", "frame").first(),
        "scheduled": scheduled.defer("snapshot", "frame").order_by("effective_from").first(),
        "candidate": _candidates().first(),
    }


@admin.register(Release)
class ReleaseAdmin(ListOnly):
    """The list of releases; each leads to its own page, and nothing is edited here."""

    desk_order = 50
    change_list_template = "admin/desk/release_list.html"
    list_display = ("name", "where", "title", "effective_from", "who")
    list_filter = ("state",)
    search_fields = ("title", "notes")
    list_select_related = ("made_by", "published_by")
    gone = "There is no such release."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        """Leave the frozen texts out."""
        return super().get_queryset(request).defer("snapshot", "frame")

    def page_address(self, found: Release) -> str:
        """Return the address of its own page."""
        return reverse("admin:release_page", args=[found.number])

    @admin.display(description="Release", ordering="number")
    def name(self, release: Release) -> str:
        """Name the release."""
        return str(release)

    @admin.display(description="State", ordering="state")
    def where(self, release: Release) -> SafeString:
        """Show where it stands."""
        return render_to_string("admin/desk/release_state.html", {"release": release})

    @admin.display(description="Who")
    def who(self, release: Release) -> str:
        """Name who published it, or prepared it."""
        person = release.published_by or release.made_by
        return person.get_username() if person else "files"
