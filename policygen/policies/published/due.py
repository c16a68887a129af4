"""When a policy is to be looked at again: the one place that sets the day."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import User

from policygen.policies.events import Action, at_policy, write
from policygen.policies.models import Event, Policy
from policygen.practices.access import require_now
from policygen.practices.roles import Right


def set_review(policy: Policy, by: User, day: date | None) -> Policy:
    """Set the day of a policy's next review, or take it away.

    The day that is set already changes nothing and writes nothing. Raises ``PermissionDenied``
    unless ``by`` may do that now.
    """
    with at_policy(policy.pk) as held:
        require_now(by, held.practice, Right.EDIT)
        if held.review_due != day:
            _plan(held, by, day)
        return held


def plan_review(policy: Policy, by: User, effective_on: date, before: date | None) -> Event | None:
    """Set the next review of a policy that the caller holds, after a version was published.

    It is a year after the version takes effect, unless somebody chose a later day than today. The
    day planned for the version before, which took effect on ``before``, is nobody's choice. Return
    the line that was written into the log, if the day changed.
    """
    planned = a_year_after(before) if before else None
    due = policy.review_due
    if due and due != planned and due > policy.practice.today():
        return None
    return _plan(policy, by, a_year_after(effective_on))


def a_year_after(day: date) -> date:
    """Return the same day of the next year; after February 29 that is February 28."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _plan(policy: Policy, by: User, day: date | None) -> Event:
    policy.review_due = day
    policy.save(update_fields=["review_due"])
    return write(policy, by, Action.DUE, details=day.isoformat() if day else "")
