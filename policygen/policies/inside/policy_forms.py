"""The forms of a policy: what it is called, when it is looked at again, and its next version."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.text import day_in_words
from policygen.policies.drafting.drafts import TITLE_LIMIT
from policygen.policies.models import Policy
from policygen.policies.published.publishing import (
    REASON_LIMIT,
    NotPublished,
    Order,
    check_day,
    clean_reason,
)
from policygen.practices.forms import Day, Line, Lines
from policygen.practices.models import Location

FURTHEST_REVIEW = timedelta(days=5 * 366)
"""How far ahead the next review can be."""

REVISION = re.compile(r"[0-9]{1,9}")


class ReviewDateForm(forms.Form):
    """When the policy is looked at again; nothing takes the date away."""

    review_due = Day(required=False)

    def __init__(self, policy: Policy, *args: Any, today: date, **options: Any) -> None:
        self.today = today
        due = policy.review_due
        options["initial"] = {"review_due": due.isoformat() if due else ""}
        super().__init__(*args, **options)

    def clean_review_due(self) -> date | None:
        """Refuse a day on which nobody could look any more, or nobody will remember."""
        day: date | None = self.cleaned_data["review_due"]
        if day is not None and day < self.today:
            raise ValidationError(f"{day_in_words(day)} has passed. Choose a later day.")
        if day is not None and day > self.today + FURTHEST_REVIEW:
            last = day_in_words(self.today + FURTHEST_REVIEW)
            raise ValidationError(f"That is too far ahead. Choose a day until {last}.")
        return day


def title_line() -> Line:
    """Return the field of a policy's title."""
    return Line(limit=TITLE_LIMIT, plain=True, missing="Type a title, such as “Privacy policy”.")


class NamingForm(forms.Form):
    """What a policy is called inside the practice, and for which location it is.

    That of a policy ``of_group`` is given by the group, and not asked for.
    """

    title = title_line()
    location = forms.ModelChoiceField(
        queryset=Location.objects.none(),
        required=False,
        empty_label="The whole practice",
        error_messages={"invalid_choice": "There is no such location. Choose one of the list."},
    )

    def __init__(self, policy: Policy, *args: Any, of_group: bool = False, **options: Any) -> None:
        options["initial"] = {"title": policy.title, "location": policy.location_id}
        super().__init__(*args, **options)
        if of_group:
            del self.fields["location"]
            return
        here = Location.objects.filter(practice=policy.practice)
        offered = here.filter(Q(closed_on=None) | Q(pk=policy.location_id))
        self.fields["location"].queryset = offered  # type: ignore[attr-defined]


class EffectiveForm(forms.Form):
    """A form with an effective date and a reason (``effective_on``, ``reason``)."""

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        self.today = today
        super().__init__(*args, **options)

    def clean_effective_on(self) -> date:
        """Refuse days that have passed, and those too far ahead."""
        day: date = self.cleaned_data["effective_on"]
        or_mistake(check_day, day, self.today)
        return day

    def clean_reason(self) -> str:
        """Refuse a reason in which nothing can be seen."""
        return str(or_mistake(clean_reason, self.cleaned_data["reason"]))


class PublishForm(EffectiveForm):
    """When the next version takes effect, why there is one, and how much it changes."""

    effective_on = Day(error_messages={"required": "Choose the day on which it takes effect."})
    kind = forms.ChoiceField(
        choices=[(kind.value, kind.value) for kind in ChangeKind],
        error_messages={
            "required": "Choose how much this version changes.",
            "invalid_choice": "Choose how much this version changes.",
        },
    )
    reason = Lines(limit=REASON_LIMIT, missing="Say in a sentence why there is a new version.")

    def clean(self) -> dict[str, Any]:
        """Refuse a form that does not say which draft was seen."""
        if not REVISION.fullmatch(self.data.get("revision", "")):
            raise ValidationError("This form was not complete. Check it, then publish again.")
        return self.cleaned_data

    def order(self) -> Order:
        """Return what the form asks for, once it is valid."""
        cleaned = self.cleaned_data
        return Order(
            revision=int(self.data["revision"]),
            effective_on=cleaned["effective_on"],
            reason=cleaned["reason"],
            kind=ChangeKind(cleaned["kind"]),
        )


def or_mistake(check: Callable[..., Any], *values: object) -> Any:
    """Return what a check of publishing returns; what it refuses is a mistake in the form."""
    try:
        return check(*values)
    except NotPublished as refused:
        raise ValidationError(str(refused)) from None
