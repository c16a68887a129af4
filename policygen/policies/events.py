"""The log of a policy: who did what to its drafts and versions, and when.

Each line carries the digest of the line before it, so that ``problems_of`` finds any that was
changed, taken out or put in behind the site's back. Whoever writes one holds the lock of the
policy: ``at_policy``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from policygen.core.library import canonical_json
from policygen.core.problems import Problem
from policygen.identity import shown_as
from policygen.policies.models import Event, Policy

FIRST = "0" * 64
"""What the first line has in place of the digest of the line before."""


class Action(StrEnum):
    """What can be done to a policy."""

    CREATED = "created"
    BEGAN = "began"
    EDITED = "edited"
    REPLACES = "replaces"
    MOVED = "moved"
    AMENDED = "amended"
    COMMENTED = "commented"
    SETTLED = "settled"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SENT_BACK = "sent back"
    PUBLISHED = "published"
    DELETED = "deleted"
    DUE = "review date set"
    RENAMED = "renamed"
    ERASED = "erased"

    @property
    def in_words(self) -> str:
        """What people read after the name of who did it."""
        return IN_WORDS[self]


IN_WORDS = {
    Action.CREATED: "set up the policy",
    Action.BEGAN: "began a draft",
    Action.EDITED: "changed answers",
    Action.REPLACES: "said that the draft replaces a version",
    Action.MOVED: "moved the draft to another release",
    Action.AMENDED: "changed the wording",
    Action.COMMENTED: "commented",
    Action.SETTLED: "settled a comment",
    Action.SUBMITTED: "asked for a review",
    Action.APPROVED: "approved the draft",
    Action.SENT_BACK: "sent the draft back",
    Action.PUBLISHED: "published",
    Action.DELETED: "deleted a draft",
    Action.DUE: "set the date of the next review",
    Action.RENAMED: "changed the title or the location",
    Action.ERASED: "erased a version whose time had passed",
}


@contextmanager
def at_policy(identifier: int) -> Iterator[Policy]:
    """Hold a policy's row for one transaction: all its transitions stand in one line."""
    with transaction.atomic():
        # No key of the row changes, so rows that refer to it need not wait (no key update).
        policies = Policy.objects.select_for_update(of=("self",), no_key=True)
        yield policies.select_related("practice").get(pk=identifier)


def write(
    policy: Policy,
    by: User | None,
    action: Action,
    *,
    draft: UUID | None = None,
    version: int | None = None,
    details: str = "",
    after: Event | None = None,
) -> Event:
    """Add a line to the log of a policy that the caller holds (``at_policy``).

    ``after`` is the line before it, if the caller wrote that while they held the policy.
    Changes of answers that follow each other, by one person in one draft, make one line.
    """
    last = after or Event.objects.filter(policy=policy).order_by("-number").first()
    if action is Action.EDITED and last and _goes_on(last, by, draft):
        return last
    event = Event(
        policy=policy,
        number=last.number + 1 if last else 1,
        at=timezone.now(),
        by=by,
        who=shown_as(by) if by else "",
        action=action,
        draft=draft,
        version=version,
        details=details,
        previous=last.digest if last else FIRST,
    )
    event.digest = digest_of(event)
    event.save(force_insert=True)
    return event


def _goes_on(last: Event, by: User | None, draft: UUID | None) -> bool:
    same = last.action == Action.EDITED and last.draft == draft
    return same and by is not None and last.by_id == by.pk


def digest_of(event: Event) -> str:
    """Return the SHA-256 of a line with the digest of the line before it."""
    said = {
        "policy": event.policy_id,
        "number": event.number,
        "at": moment(event.at),
        "by": event.by_id,
        "who": event.who,
        "action": str(event.action),
        "draft": str(event.draft) if event.draft else None,
        "version": event.version,
        "details": event.details,
        "previous": event.previous,
    }
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


def moment(at: datetime) -> str:
    """Return a moment as digests spell it: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def problems_of(policy: Policy) -> Iterator[Problem]:
    """Give what is wrong with the lines of a policy."""
    previous, expected = FIRST, 1
    for event in Event.objects.filter(policy=policy).order_by("number").iterator(chunk_size=500):
        where = f"policy {policy.pk}, event {event.number}"
        if event.number != expected or event.previous != previous:
            yield Problem(where, "The line before this one was changed or taken out.")
        elif event.digest != digest_of(event):
            yield Problem(where, "This line was changed after it was written.")
        previous, expected = event.digest, event.number + 1
