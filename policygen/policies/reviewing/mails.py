"""The mails that go with a review: who has to do something now hears of it.

They name the policy and the practice, never an answer, a comment or a wording: mail is read in
many places. They are sent after the commit, and a mail that cannot be sent changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string

from policygen.identity import shown_as
from policygen.policies.models import Draft
from policygen.policies.site import absolute
from policygen.practices.models import Membership

logger = logging.getLogger("policygen.policies")

FOLDER = "policies/inside/mails"


def review_asked(draft: Draft, by: User | None, approvers: Iterable[User]) -> None:
    """Tell those who may approve a draft that they are asked to."""
    _send(draft, by, "review_asked", approvers)


def approved(draft: Draft, by: User | None) -> None:
    """Tell the member whose draft it is that it was approved."""
    _send(draft, by, "approved", _writer(draft))


def sent_back(draft: Draft, by: User | None) -> None:
    """Tell the member whose draft it is that it came back."""
    _send(draft, by, "sent_back", _writer(draft))


def review_void(draft: Draft, by: User | None) -> None:
    """Tell the member whose draft it is that somebody changed it, so the review is void."""
    _send(draft, by, "review_void", _writer(draft))


def _writer(draft: Draft) -> list[User]:
    """Return the member whose draft it is, unless they have left."""
    if draft.policy is None:
        return []
    found = Membership.objects.filter(practice=draft.policy.practice_id, user=draft.user_id)
    return [membership.user for membership in found.select_related("user")]


def _send(draft: Draft, by: User | None, name: str, to: Iterable[User]) -> None:
    """Write a mail to each, now, and send them once the transaction is done."""
    if draft.policy is None or by is None:
        return
    said = {
        "by": shown_as(by),
        "policy": draft.policy,
        "practice": draft.policy.practice,
        "address": absolute("reading", draft.pk),
        "site_url": settings.SITE_URL,
    }
    subject, _, text = render_to_string(f"{FOLDER}/{name}.txt", said).partition("\n")
    mails = [
        EmailMessage(" ".join(subject.split()), text.strip() + "\n", to=[user.email])
        for user in to
        if user.email and user.is_active and user.pk != by.pk
    ]
    if mails:
        transaction.on_commit(partial(_deliver, mails), robust=True)


def _deliver(mails: list[EmailMessage]) -> None:
    """Send mails over one connection, which gives up after ``EMAIL_TIMEOUT``."""
    try:
        get_connection().send_messages(mails)
    except OSError as error:  # all that a mail server does wrong; its words may hold addresses
        logger.error("a mail about a review was not sent: %s", type(error).__name__)
