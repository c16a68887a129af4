"""The forms of groups: what a group is called, what it gives, and where its answers come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef

from policygen.core.problems import Refused
from policygen.library.store import library_in_force
from policygen.policies.drafting.drafts import drafts_of
from policygen.policies.drafting.examples import examples
from policygen.policies.frozen import raw_answers
from policygen.policies.holders import Holder
from policygen.policies.models import GroupForm, PolicyVersion
from policygen.policies.stored import to_text
from policygen.practices.access import Access
from policygen.practices.forms import Line

BLANK = "blank"
TITLE_LIMIT = 120

FORM_CHOICES = [(form.value, form.label) for form in GroupForm]

FORM_HINTS = {
    GroupForm.EACH: "Each policy names its own location, and has a public address of its own.",
    GroupForm.ANNEX: "It has one public address. A location that answers something differently "
    "gets a policy of its own.",
}


@dataclass(frozen=True)
class Start:
    """Something that a group can start from: ``value`` is what the form sends."""

    value: str
    label: str
    about: str
    answers: str


class GroupSettingsForm(forms.Form):
    """What a group is called, what it gives, and which contacts locations have of their own.

    ``points`` are what the group's contact points are called, by their ids. ``kept`` says what
    becomes of published policies if the group takes another form.
    """

    title = Line(limit=TITLE_LIMIT, plain=True, missing="Type a title for the group.")
    form = forms.ChoiceField(
        choices=FORM_CHOICES,
        error_messages={
            "required": "Choose what the group gives.",
            "invalid_choice": "Choose what the group gives.",
        },
    )
    own_points = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": "This contact is not among the answers any more."},
    )

    def __init__(
        self,
        *args: Any,
        access: Access,
        points: dict[str, str] | None = None,
        kept: Mapping[GroupForm, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.access, self.kept = access, kept or {}
        self.fields["own_points"].choices = [*(points or {}).items()]  # type: ignore[attr-defined]

    @property
    def forms(self) -> list[tuple[str, str, str]]:
        """What a group can give: what is sent for it, its label, and what it means."""
        return [
            (form.value, form.label, f"{FORM_HINTS[form]} {self.kept.get(form, '')}".strip())
            for form in GroupForm
        ]


class NewGroupForm(GroupSettingsForm):
    """A group that is being set up, and where its answers come from."""

    start = forms.ChoiceField(
        error_messages={
            "required": "Choose what to start from.",
            "invalid_choice": "This is not here any more. Choose another start.",
        }
    )

    def __init__(self, *args: Any, access: Access, **options: Any) -> None:
        super().__init__(*args, access=access, **options)
        del self.fields["own_points"]
        self.groups = starts_in(access)
        self.starts = {one.value: one for _, group in self.groups for one in group}
        known = [(one.value, one.label) for one in self.starts.values()]
        self.fields["start"].choices = known  # type: ignore[attr-defined]

    @property
    def answers(self) -> str:
        """The stored text of the answers to start from, once the form is valid."""
        return self.starts[self.cleaned_data["start"]].answers


def starts_in(access: Access) -> Sequence[tuple[str, list[Start]]]:
    """Return what a group of a practice can start from, in parts that have something in them."""
    blank = Start(BLANK, "A blank interview", "About half an hour, once for all locations.", "{}")
    ready = [
        Start(f"example:{one.name}", one.title, one.description, to_text(one.answers.to_raw()))
        for one in examples(library_in_force())
    ]
    copied = "Its answers are copied. The draft stays as it is."
    own = [
        Start(f"draft:{one.pk}", str(one), copied, one.answers)
        for one in drafts_of(Holder(user=access.user))
    ]
    parts = [
        ("", [blank]),
        ("Published policies of the practice", _published(access)),
        ("Your drafts outside of the practice", own),
        ("Examples", ready),
    ]
    return [part for part in parts if part[1]]


def _published(access: Access) -> list[Start]:
    """Return the published policies that come from no group, with the answers of the newest."""
    later = PolicyVersion.objects.filter(policy=OuterRef("policy"), number__gt=OuterRef("number"))
    newest = PolicyVersion.objects.filter(
        ~Exists(later), policy__practice=access.practice, policy__level=None
    )
    found = newest.select_related("policy").order_by("policy__sorted_as", "policy")
    return list(_readable(found.only("policy__title", "number", "answers")))


def _readable(versions: Iterable[PolicyVersion]) -> Iterator[Start]:
    """Give those whose answers are not damaged; the check of the site says which are."""
    for one in versions:
        about = f"The answers of version {one.number} are copied. The policy stays as it is."
        with suppress(Refused):
            answers = to_text(raw_answers(one.answers))
            yield Start(f"policy:{one.policy_id}", one.policy.title, about, answers)
