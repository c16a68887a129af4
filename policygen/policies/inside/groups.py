"""The pages of groups: their list, a group with its brands and locations, and its settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from policygen.core.answers import Fact, contact_points, in_words
from policygen.core.vocabulary import Kind, Question
from policygen.library.store import in_force
from policygen.policies.drafting.drafts import Opened, open_draft
from policygen.policies.drafting.examples import still_of_examples
from policygen.policies.drafting.groups import (
    GroupInUse,
    TitleTaken,
    TooManyGroups,
    change_group,
    delete_group,
    set_up_group,
    why_kept,
)
from policygen.policies.drafting.levels import (
    DIFFERS,
    NOTHING,
    ROOT,
    ROOT_DRAFT,
    example_of,
    listed_in,
    own_points_of,
    site_of,
)
from policygen.policies.drafting.news import News, news_of
from policygen.policies.findings_sheet import Sheet, sheet_of
from policygen.policies.holders import Holder
from policygen.policies.inside.group_forms import BLANK, GroupSettingsForm, NewGroupForm
from policygen.policies.inside.group_lines import group_lines, lags_in
from policygen.policies.inside.pages import PAGE, member_page
from policygen.policies.models import Draft, Group, GroupForm, Level, Policy, PolicyVersion
from policygen.policies.pages import answering
from policygen.policies.stored import from_text
from policygen.practices.access import Access
from policygen.practices.brands import with_counts
from policygen.practices.forms import sent
from policygen.practices.locations import clean_search, matching, open_in
from policygen.practices.models import Brand, Location
from policygen.practices.roles import Right

OWN_CHANNELS = ("post", "phone", "fax", "email")
"""The kinds of contact points that the list of locations knows of."""

DIGITS = 18
"""Numbers of so many digits are no ids: databases have no room for all of them."""


@dataclass(frozen=True)
class PlaceLine:
    """A brand or a location in a group: how many questions it answers differently, and its policy.

    ``version`` is the number of the policy's newest version, ``None`` before there is one.
    """

    place: Brand | Location
    different: int
    policy: Policy | None = None
    version: int | None = None

    @property
    def address(self) -> str:
        """The address of a location on one line."""
        lines = site_of(self.place).address if isinstance(self.place, Location) else ()
        return ", ".join(lines)


@dataclass(frozen=True)
class Root:
    """A group's own answers: the draft, how many questions are answered, and what is to be said.

    ``left`` are questions whose answers are still those of an example, with their addresses.
    """

    opened: Opened
    sheet: Sheet
    news: News | None
    answered: int
    example: Location | None
    left: tuple[tuple[Question, str], ...]


# ------------------------------------------------------------------ the list


@member_page(Right.SEE, "GET", "HEAD")
def groups(request: HttpRequest, access: Access) -> HttpResponse:
    """List the groups of a practice."""
    release = in_force(timezone.localdate()).values_list("digest", flat=True).first() or ""
    context = {
        "access": access,
        "lines": group_lines(access, release),
        "locations": open_in(access.practice).count(),
    }
    return render(request, "policies/groups/list.html", context)


@member_page(Right.EDIT, "GET", "HEAD", "POST")
def new_group(request: HttpRequest, access: Access) -> HttpResponse:
    """Set up a group."""
    first = {"title": "Privacy policy", "form": GroupForm.EACH, "start": BLANK}
    form = NewGroupForm(sent(request), access=access, initial=first)
    if request.method == "POST" and form.is_valid():
        made = _set_up(access, form)
        if made is not None:
            messages.success(request, f"The group “{made}” is set up. Now go through its answers.")
            return redirect(made)
    status = 400 if form.errors else 200
    return render(
        request, "policies/groups/new.html", {"access": access, "form": form}, None, status
    )


def _set_up(access: Access, form: NewGroupForm) -> Group | None:
    """Set up a group, or let the form say why not."""
    given = form.cleaned_data
    try:
        return set_up_group(
            access.practice,
            access.user,
            title=given["title"],
            form=GroupForm(given["form"]),
            answers=form.answers,
        )
    except TitleTaken as refused:
        form.add_error("title", str(refused))
    except TooManyGroups as refused:
        form.add_error(None, str(refused))
    return None


# ------------------------------------------------------------------ a group


def group_of(access: Access, key: int) -> Group:
    """Return a group of the practice by its id. Raises ``Http404``."""
    found = Group.objects.filter(practice=access.practice, pk=key).first()
    if found is None:
        raise Http404
    found.practice = access.practice
    return found


@member_page(Right.SEE, "GET", "HEAD")
def group(request: HttpRequest, access: Access, group: int) -> HttpResponse:
    """Show a group: its answers, its brands, and its locations page by page."""
    found = group_of(access, group)
    search, only = clean_search(request.GET.get("q", "")), request.GET.get("only", "")
    places = _places(found, search, only)
    page = Paginator(places, PAGE).get_page(request.GET.get("page"))
    root = _root(access, found)
    context = {
        "access": access,
        "group": found,
        "root": root,
        "own_points": [
            label for key, label in points_in(root.opened).items() if key in own_points_of(found)
        ],
        "brands": _brands(found),
        "page": page,
        "lines": _lines(found, page),
        "every": open_in(access.practice).count(),
        "without_address": open_in(access.practice).filter(address="").count(),
        "closed": access.practice.locations.exclude(closed_on=None).count(),
        "search": search,
        "only": only,
        "query": urlencode({"q": search, "only": only}),
        "annex_policy": _annex_policy(found),
        "listed": listed_in(found).count(),
        "lag": lags_in(access.practice).get(found.pk),
    }
    return render(request, "policies/groups/group.html", context)


def _root(access: Access, group: Group) -> Root:
    level = Level.objects.filter(ROOT, group=group).select_related("draft")
    root = level.get()
    root.group = group
    opened = open_draft(Holder(user=access.user), root.draft.pk)
    given = opened.reading.answers.given
    left = still_of_examples(opened.reading.answers, opened.library)
    return Root(
        opened=opened,
        sheet=sheet_of(opened),
        news=news_of(opened),
        answered=len(given),
        example=example_of(root),
        left=tuple((one, answering(root.draft.pk, one)) for one in left),
    )


def points_in(opened: Opened) -> dict[str, str]:
    """Return the contact points that a location can have of its own: ids, and what they are."""
    answers = opened.reading.answers
    questions = [one for one in answers.vocabulary.questions if one.kind is Kind.CONTACT_POINTS]
    return {
        key: in_words(questions[0], Fact((point,)), {})[0]
        for key, point in contact_points(answers.given).items()
        if point.channel in OWN_CHANNELS
    }


def _places(group: Group, search: str, only: str) -> QuerySet[Location]:
    every = matching(group.practice, search).select_related("brand")
    if only == "closed":
        return every.exclude(closed_on=None)
    places = every.filter(closed_on=None)
    if only == "different":
        differs = Level.objects.filter(DIFFERS, group=group, location__isnull=False)
        return places.filter(pk__in=differs.values("location"))
    if only == "no-address":
        return places.filter(address="")
    is_number = only.isascii() and only.isdigit() and len(only) < DIGITS
    return places.filter(brand=int(only)) if is_number else places


def _lines(group: Group, page: Iterable[Location]) -> list[PlaceLine]:
    """Return what a page of locations shows: two queries, however many there are."""
    locations = list(page)
    newest = PolicyVersion.objects.filter(policy=OuterRef("policy")).order_by("-number")
    levels = (
        Level.objects.filter(group=group, location__in=[one.pk for one in locations])
        .select_related("policy")
        .annotate(answers=F("draft__answers"), version=Subquery(newest.values("number")[:1]))
    )
    found = {level.location_id: level for level in levels}
    return [_line(group, one, found.get(one.pk)) for one in locations]


def _line(group: Group, location: Location, level: Level | None) -> PlaceLine:
    if level is None:
        return PlaceLine(location, 0)
    known = vars(level)
    if level.policy is not None:
        level.policy.practice = group.practice
    different = len(from_text(known["answers"] or NOTHING))
    return PlaceLine(location, different, level.policy, known["version"])


def _brands(group: Group) -> list[PlaceLine]:
    drafts = Draft.objects.filter(level__group=group, level__brand__isnull=False)
    answers = dict(drafts.values_list("level__brand", "answers"))
    return [
        PlaceLine(one, len(from_text(answers.get(one.pk, NOTHING))))
        for one in with_counts(group.practice).order_by("sorted_as", "pk")
    ]


def _annex_policy(group: Group) -> Policy | None:
    """Return the policy that lists the locations, if it was set up."""
    found = Policy.objects.filter(ROOT_DRAFT, level__group=group)
    policy = found.first()
    if policy is not None:
        policy.practice = group.practice
    return policy


# ------------------------------------------------------------------ settings and end


@member_page(Right.EDIT, "GET", "HEAD", "POST")
def group_settings(request: HttpRequest, access: Access, group: int) -> HttpResponse:
    """Change what a group is called, what it gives, and the contacts that locations have."""
    found = group_of(access, group)
    points = points_in(_root(access, found).opened)
    first = {"title": found.title, "form": found.form, "own_points": own_points_of(found)}
    kept = _kept_public(found)
    form = GroupSettingsForm(sent(request), access=access, points=points, kept=kept, initial=first)
    if request.method == "POST" and form.is_valid() and _changed(access, found, form):
        messages.success(request, "The group is saved. Policies change when you make them again.")
        return redirect(found)
    context = {"access": access, "group": found, "form": form, "points": points}
    status = 400 if form.errors else 200
    return render(request, "policies/groups/settings.html", context, status=status)


def _kept_public(group: Group) -> dict[GroupForm, str]:
    """Return what becomes of published policies if a group is given its other form, in words."""
    versions = PolicyVersion.objects.filter(policy=OuterRef("policy"))
    public = Level.objects.filter(Exists(versions), group=group)
    if group.form == GroupForm.EACH:
        count = public.filter(location__isnull=False).count()
        which = f"{count} policies of locations are" if count > 1 else "1 policy of a location is"
        form = GroupForm.ANNEX
    else:
        count = public.filter(ROOT).count()
        which, form = "The policy that lists the locations is", GroupForm.EACH
    if not count:
        return {}
    verb = "They stay" if count > 1 else "It stays"
    are = "are" if count > 1 else "is"
    return {
        form: f"{which} published. {verb} public, and {are} brought up to date with the others "
        "when you make the policies again."
    }


def _changed(access: Access, group: Group, form: GroupSettingsForm) -> bool:
    """Change a group. Return whether it could be; if not, the form says why."""
    given = form.cleaned_data
    try:
        change_group(
            group,
            access.user,
            title=given["title"],
            form=GroupForm(given["form"]),
            own_points=given["own_points"],
        )
    except TitleTaken as refused:
        form.add_error("title", str(refused))
    return not form.errors


@member_page(Right.EDIT, "GET", "HEAD", "POST")
def delete_group_page(request: HttpRequest, access: Access, group: int) -> HttpResponse:
    """Delete a group, after asking, unless something came of it."""
    found = group_of(access, group)
    problem = ""
    if request.method == "POST":
        try:
            delete_group(found, access.user)
        except GroupInUse as refused:
            problem = str(refused)
        else:
            messages.success(request, f"The group “{found}” is deleted.")
            return redirect("groups", access.practice.slug)
    kept = problem or why_kept(found)
    context = {"access": access, "group": found, "problem": problem, "kept": kept}
    return render(request, "policies/groups/delete.html", context, status=409 if problem else 200)
