"""Reminders: mails about policies whose review is near, due or overdue, each sent once.

A reminder is claimed before it is sent, by its row (``models.Reminder``), so that two runs at once
send one mail; a mail that cannot be sent gives its claim back, and the next run tries again. Where
a run is cut off between the two, the mail of that stage is lost rather than sent twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from policygen import metrics
from policygen.core.text import day_in_words
from policygen.policies.models import Policy, Reminder
from policygen.policies.site import absolute
from policygen.practices.roles import Right, may

logger = logging.getLogger("policygen.policies")

TEMPLATE = "policies/inside/mails/review_due.txt"

AHEAD = timedelta(days=30)
"""How long before a review the first reminder is sent, and how long after it the last."""

FURTHEST_EAST = timedelta(days=1)
"""How far the calendar of a practice can be ahead of UTC's."""


class Stage(StrEnum):
    """What a reminder is about. Each is sent once for a review date."""

    SOON = "soon"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Due:
    """A reminder that somebody should get: about which policy, and at which stage."""

    policy: Policy
    user: User
    due: date
    today: date
    stage: Stage

    @property
    def in_words(self) -> str:
        """When the review is due, after “The review”."""
        return due_in_words(self.due, self.today)

    def __str__(self) -> str:
        return f"{self.user.email}: “{self.policy.title}” of {self.policy.practice} {self.in_words}"


@dataclass
class Outcome:
    """What became of a run: how many mails were sent, and how many were not."""

    sent: int = 0
    failed: int = 0


class NoMailServer(Exception):
    """The mail server cannot be reached; ``outcome`` is what was sent before."""

    def __init__(self, outcome: Outcome, error: OSError) -> None:
        self.outcome = outcome
        super().__init__(f"The mail server cannot be reached ({type(error).__name__}).")


def stage_of(due: date, today: date) -> Stage | None:
    """Return which reminder about a review date its day calls for, if any.

    A day on which nobody ran the command costs no reminder: the stage lasts until the next begins.
    """
    if today < due - AHEAD:
        return None
    if today < due:
        return Stage.SOON
    return Stage.DUE if today < due + AHEAD else Stage.OVERDUE


def due_in_words(due: date, today: date) -> str:
    """Return when a review is due: “is due on May 17, 2027, in 30 days”."""
    days, named = (due - today).days, day_in_words(due)
    if days == 0:
        return f"is due today, {named}"
    count = f"{abs(days):,} day{'' if abs(days) == 1 else 's'}"
    return f"is due on {named}, in {count}" if days > 0 else f"was due on {named}, {count} ago"


# ------------------------------------------------------------------ who is to be reminded


def due_reminders() -> list[Due]:
    """Return the reminders that nobody has sent yet, by the calendar of each practice.

    They go to the owners and editors of the practice who have an address.
    """
    latest = timezone.now().date() + FURTHEST_EAST + AHEAD
    policies = Policy.objects.filter(review_due__lte=latest).select_related("practice")
    with_people = policies.prefetch_related("practice__memberships__user", "reminders")
    return [one for policy in with_people.order_by("pk") for one in _of_policy(policy)]


def _of_policy(policy: Policy) -> Iterator[Due]:
    today, due = policy.practice.today(), policy.review_due
    stage = stage_of(due, today) if due else None
    if due is None or stage is None:
        return
    sent = {(one.user_id, one.due, one.stage) for one in policy.reminders.all()}
    for member in policy.practice.memberships.all():
        user = member.user
        wanted = may(member.role, Right.EDIT) and user.is_active and user.email
        if wanted and (user.pk, due, stage) not in sent:
            yield Due(policy, user, due, today, stage)


# ------------------------------------------------------------------ sending


def remind(reminders: Iterable[Due]) -> Outcome:
    """Send reminders; one that cannot be sent does not stop the others.

    Raises ``NoMailServer`` if none can be sent any more.
    """
    outcome, connection = Outcome(), get_connection()
    try:
        for one in reminders:
            _open(connection, outcome)
            row = _claimed(one)
            if row is None:
                continue  # another run has it
            if _sent(one, row, connection):
                outcome.sent += 1
                metrics.REMINDERS.labels("sent").inc()
            else:
                outcome.failed += 1
                metrics.REMINDERS.labels("failed").inc()
    finally:
        _close(connection)
    return outcome


def _open(connection: BaseEmailBackend, outcome: Outcome) -> None:
    """Reach the mail server, unless that is done."""
    try:
        connection.open()
    except OSError as error:
        raise NoMailServer(outcome, error) from error


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except OSError as error:
        logger.warning("the mail server hung up: %s", type(error).__name__)


def _claimed(one: Due) -> Reminder | None:
    """Return the row that keeps others from sending a reminder, or ``None`` if one of them has."""
    try:
        with transaction.atomic():
            return Reminder.objects.create(
                policy=one.policy,
                user=one.user,
                due=one.due,
                stage=one.stage,
                sent_at=timezone.now(),
            )
    except IntegrityError:
        return None


def _sent(one: Due, row: Reminder, connection: BaseEmailBackend) -> bool:
    """Send a reminder. Whatever happens, its row stays only if the mail server took it."""
    took = False
    try:
        took = bool(_mail(one, connection).send())
    except (OSError, ValueError) as error:  # the words of a mail server may hold addresses
        logger.error("reminder of policy %s: %s", one.policy.pk, type(error).__name__)
        _close(connection)
    finally:
        if not took:
            row.delete()
    return took


def _mail(one: Due, connection: BaseEmailBackend) -> EmailMessage:
    practice = one.policy.practice
    said = {
        "policy": one.policy,
        "practice": practice,
        "due": one,
        "address": absolute("policy", practice.slug, one.policy.slug),
        "site_url": settings.SITE_URL,
    }
    subject, _, text = render_to_string(TEMPLATE, said).partition("\n")
    return EmailMessage(
        " ".join(subject.split()),
        text.strip() + "\n",
        to=[one.user.email],
        headers={"Auto-Submitted": "auto-generated"},
        connection=connection,
    )
