"""Who may begin, rename and plan: asked again while the policy or the practice is held.

The pages ask first; these are the functions beneath them, called by somebody whose page is older
than the decision to take their right away.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from policygen.policies.drafting.beginning import (
    begin_draft,
    keep_draft,
    rebase_draft,
    set_up_policy,
)
from policygen.policies.drafting.drafts import start_draft
from policygen.policies.events import Action
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Event, Policy
from policygen.policies.naming import rename_policy
from policygen.policies.published.due import set_review
from policygen.practices.models import Location, Membership
from policygen.practices.roles import Role
from tests.policies.cast import Cast, cast, drafted, policy_of, published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]

Step = Callable[[Policy, User], object]

DAY = date(2027, 5, 4)


def rebased(policy: Policy, by: User) -> object:
    draft = Draft.objects.get(policy=policy)
    return rebase_draft(draft, by, revision=draft.revision, base=1)


def kept(policy: Policy, by: User) -> object:
    return keep_draft(Holder(user=by), Draft.objects.get(policy=None).pk, policy)


STEPS: dict[str, Step] = {
    "set up": lambda policy, by: set_up_policy(policy.practice, by, title="Another"),
    "begin": begin_draft,
    "keep": kept,
    "replace": rebased,
    "rename": lambda policy, by: rename_policy(policy, by, title="Another", location=None),
    "plan a review": lambda policy, by: set_review(policy, by, DAY),
}


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    """A policy with a version, a draft that is older than it, and an interview of the editor's."""
    found = policy_of(people)
    drafted(found, second_owner(people))
    published(found, people.owner)
    start_draft(Holder(user=people.editor), title="Mine")
    found.refresh_from_db()
    return found


def second_owner(people: Cast) -> User:
    name = f"second-{uuid4().hex[:6]}@example.com"
    user = User.objects.create_user(username=name, email=name)
    Membership.objects.create(practice=people.practice, user=user, role=Role.OWNER)
    return user


def state_of(policy: Policy) -> list[object]:
    """Return all that one of the steps could change."""
    return [
        list(Policy.objects.order_by("pk").values()),
        list(Draft.objects.order_by("pk").values()),
        list(Event.objects.order_by("pk").values()),
    ]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.REVIEWER])
def test_whose_right_was_taken_away_changes_nothing_any_more(
    people: Cast, policy: Policy, step: str, role: Role | None
) -> None:
    mine = Membership.objects.filter(practice=people.practice, user=people.editor)
    _ = mine.update(role=role) if role else mine.delete()
    before = state_of(policy)
    with pytest.raises(PermissionDenied):
        STEPS[step](policy, people.editor)
    assert state_of(policy) == before


@pytest.mark.parametrize("step", STEPS)
def test_who_has_the_right_does_it(people: Cast, policy: Policy, step: str) -> None:
    before = state_of(policy)
    STEPS[step](policy, people.editor)
    assert state_of(policy) != before


@pytest.mark.parametrize("step", STEPS)
def test_owning_another_practice_gives_no_right_here(
    people: Cast, policy: Policy, step: str
) -> None:
    Draft.objects.filter(policy=None).update(user=people.outsider)
    before = state_of(policy)
    with pytest.raises(PermissionDenied):
        STEPS[step](policy, people.outsider)
    assert state_of(policy) == before


# ------------------------------------------------------------------ what they write


def test_a_review_date_is_set_changed_and_taken_away_and_the_log_tells(people: Cast) -> None:
    policy = policy_of(people)
    for day in (DAY, DAY, DAY + timedelta(days=1), None, None):
        assert set_review(policy, people.editor, day).review_due == day
        assert Policy.objects.get(pk=policy.pk).review_due == day
    lines = Event.objects.filter(policy=policy, action=Action.DUE).order_by("number")
    assert [line.details for line in lines] == ["2027-05-04", "2027-05-05", ""]


def test_a_policy_is_renamed_once_and_the_log_tells(people: Cast) -> None:
    policy = policy_of(people)
    place = Location.objects.create(practice=people.practice, name="Main Street")
    for _ in range(2):
        renamed = rename_policy(policy, people.editor, title="Privacy", location=place)
    assert (renamed.title, renamed.location, renamed.slug) == ("Privacy", place, policy.slug)
    [line] = Event.objects.filter(policy=policy, action=Action.RENAMED)
    assert (line.details, line.by) == ("Privacy (Main Street)", people.editor)
