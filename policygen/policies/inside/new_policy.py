"""Setting up a policy: its title, its location, and the answers to start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from policygen.core.text import day_in_words
from policygen.library.store import library_in_force
from policygen.policies.drafting.beginning import (
    TooManyPolicies,
    begin_draft,
    keep_draft,
    set_up_policy,
)
from policygen.policies.drafting.drafts import TITLE_LIMIT, drafts_of, save_answers
from policygen.policies.drafting.examples import Example, examples
from policygen.policies.drafting.levels import LEFT_BEHIND
from policygen.policies.holders import Holder
from policygen.policies.inside.pages import member_page
from policygen.policies.models import Draft, Policy
from policygen.practices.access import Access
from policygen.practices.forms import Line, sent
from policygen.practices.locations import open_in
from policygen.practices.members import held
from policygen.practices.models import Location
from policygen.practices.roles import Right

BLANK = "blank"


@dataclass(frozen=True)
class Start:
    """Something to start from: ``value`` is what the form sends."""

    value: str
    label: str
    about: str = ""


class PolicyForm(forms.Form):
    """What a policy is called, which location it is for, and where its answers come from.

    ``start`` is ``blank``, ``example:`` with the name of an example, or ``draft:`` with the id of a
    draft of one's own.
    """

    title = Line(limit=TITLE_LIMIT, plain=True, missing="Type a title for the policy.")
    location = forms.ModelChoiceField(
        Location.objects.none(),
        required=False,
        empty_label="The whole practice",
        error_messages={"invalid_choice": "There is no such location here. Choose another."},
    )
    start = forms.ChoiceField(
        error_messages={
            "required": "Choose what to start from.",
            "invalid_choice": "This is not here any more. Choose another start.",
        }
    )

    def __init__(
        self, *args: Any, access: Access, shown: list[Example], own: list[Draft], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.access = access
        self.shown = {f"example:{example.name}": example for example in shown}
        self.groups = start_groups(own, shown)
        places = open_in(access.practice)
        self.fields["location"].queryset = places  # type: ignore[attr-defined]
        starts = [(one.value, one.label) for _, group in self.groups for one in group]
        self.fields["start"].choices = starts  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a second policy of the same title: the button may have been pressed twice."""
        given = super().clean() or {}
        same = Policy.objects.filter(
            ~LEFT_BEHIND,
            practice=self.access.practice,
            title__iexact=given.get("title", ""),
            location=given.get("location"),
        )
        if same.exists():
            self.add_error(
                "title",
                "There is a policy of this title already. Open it on the overview, or choose "
                "another title.",
            )
        return given


def start_groups(own: list[Draft], shown: list[Example]) -> list[tuple[str, list[Start]]]:
    """Return what a policy can be started from, in groups that have something in them."""
    blank = Start(
        BLANK,
        "A blank interview",
        "About half an hour. “I don’t know yet” is always a good answer.",
    )
    drafts = [Start(f"draft:{draft.pk}", str(draft), _saved(draft)) for draft in own]
    ready = [Start(f"example:{one.name}", one.title, one.description) for one in shown]
    groups = [("", [blank]), ("Your drafts outside of the practice", drafts), ("Examples", ready)]
    return [group for group in groups if group[1]]


def _saved(draft: Draft) -> str:
    saved = day_in_words(timezone.localdate(draft.updated))
    return f"Saved {saved}. It moves into the practice."


@member_page(Right.EDIT, "GET", "HEAD", "POST")
def new_policy(request: HttpRequest, access: Access) -> HttpResponse:
    """Set up a policy, and begin the draft of its first version."""
    shown = list(examples(library_in_force()))
    own = drafts_of(Holder(user=access.user))
    start = request.GET.get("start", BLANK)
    first = {"title": "Privacy policy", "start": start}
    form = PolicyForm(sent(request), access=access, shown=shown, own=own, initial=first)
    if request.method == "POST":
        draft = _set_up(access, form)
        if draft is not None:
            messages.success(request, f"“{form.cleaned_data['title']}” is set up.")
            begun = form.cleaned_data["start"] == BLANK
            return redirect(draft) if begun else redirect("review", draft.pk)
    context = {"access": access, "form": form}
    status = 400 if form.errors else 200
    return render(request, "policies/inside/new_policy.html", context, status=status)


def _set_up(access: Access, form: PolicyForm) -> Draft | None:
    """Set up a policy with a draft, or let the form say why not: all of it, or nothing."""
    with held(access.practice):  # the form looks for the same title, so nobody may come between
        if not form.is_valid():
            return None
        title, location = form.cleaned_data["title"], form.cleaned_data["location"]
        try:
            with transaction.atomic():
                policy = set_up_policy(access.practice, access.user, title=title, location=location)
                return _begun(access, policy, form)
        except TooManyPolicies as refused:
            form.add_error(None, str(refused))
        except Draft.DoesNotExist:
            form.add_error("start", "This draft is not yours any more. Choose another start.")
        return None


def _begun(access: Access, policy: Policy, form: PolicyForm) -> Draft:
    start = str(form.cleaned_data["start"])
    holder = Holder(user=access.user)
    if start.startswith("draft:"):
        return keep_draft(holder, UUID(start.removeprefix("draft:")), policy)
    draft = begin_draft(policy, access.user)
    if start in form.shown:
        save_answers(holder, draft.pk, form.shown[start].answers)
    return draft
