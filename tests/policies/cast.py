"""The people of a practice, and policies that they published, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.utils import timezone

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.drafting.beginning import begin_draft, set_up_policy
from policygen.policies.drafting.drafts import save_answers
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Policy, PolicyVersion
from policygen.policies.published.publishing import Order, publish_policy
from policygen.practices.founding import found_practice
from policygen.practices.models import Membership, Practice
from policygen.practices.roles import Role
from tests.wizard.visitors import answers, elm


@dataclass(frozen=True)
class Cast:
    """A practice with one member in each role, and an outsider, who owns another practice."""

    practice: Practice
    owner: User
    editor: User
    reviewer: User
    viewer: User
    outsider: User
    other: Practice


def account(name: str) -> User:
    """Make somebody with an account."""
    name = f"{name}-{uuid4().hex[:6]}@example.com"
    return User.objects.create_user(username=name, email=name, password="a long pass phrase")


def member(practice: Practice, role: Role) -> User:
    """Make somebody who is in a practice."""
    user = account(role)
    Membership.objects.create(practice=practice, user=user, role=role)
    return user


def cast(name: str = "Elm Dental") -> Cast:
    """Make a practice with its people."""
    owner, outsider = account("owner"), account("outsider")
    practice = found_practice(owner, name=name, time_zone="UTC")
    return Cast(
        practice=practice,
        owner=owner,
        editor=member(practice, Role.EDITOR),
        reviewer=member(practice, Role.REVIEWER),
        viewer=member(practice, Role.VIEWER),
        outsider=outsider,
        other=found_practice(outsider, name="Oak Dental", time_zone="UTC"),
    )


def policy_of(people: Cast, title: str = "Privacy policy") -> Policy:
    """Set up a policy without versions."""
    return set_up_policy(people.practice, people.owner, title=title)


def drafted(policy: Policy, by: User, **changed: Any) -> Draft:
    """Begin a draft; without a version before it, with the answers of the example."""
    draft = begin_draft(policy, by)
    given = changed if draft.base else {**elm(), **changed}
    if given:
        save_answers(Holder(user=by), draft.pk, answers(given))
    draft.refresh_from_db()
    return draft


def order(draft: Draft, **changed: Any) -> Order:
    """Return an order to publish a draft today."""
    asked: dict[str, Any] = {
        "revision": draft.revision,
        "effective_on": timezone.localdate(),
        "reason": "It was time.",
        "kind": ChangeKind.MATERIAL,
    }
    return Order(**{**asked, **changed})


def published(
    policy: Policy, by: User, *, effective_on: date | None = None, **changed: Any
) -> PolicyVersion:
    """Draft and publish the next version of a policy, with some answers changed."""
    draft = drafted(policy, by, **changed)
    when = {"effective_on": effective_on} if effective_on else {}
    return publish_policy(Holder(user=by), draft.pk, order(draft, **when))
