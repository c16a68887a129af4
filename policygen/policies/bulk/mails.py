"""The mails of a batch: to whoever started it and asked for them, and to those who may approve it.

Each is sent once for a stage: who sends it claims it in the batch's row (``mailed_for``). A mail
that cannot be sent gives the claim back, and ``tell_all`` tries again. The mails say how many
policies there are and never what stands in them, and count only what their reader may see.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.template.loader import render_to_string

from policygen.identity import shown_as
from policygen.policies.bulk.seeing import pieces_for, practices_in
from policygen.policies.models import Batch, BatchStage, Piece, PieceState, Step
from policygen.policies.site import absolute
from policygen.practices.models import Membership
from policygen.practices.roles import Right, Role, may

logger = logging.getLogger("policygen.policies")

FOLDER = "policies/batches/mails"

TOLD = (BatchStage.READY, BatchStage.SUBMITTED, BatchStage.APPROVED, BatchStage.DONE)
"""The stages of which somebody may hear."""


def tell(batch: UUID) -> None:
    """Send the mails about the stage in which a batch rests, unless somebody has."""
    of_it = Batch.objects.filter(pk=batch, stage__in=TOLD)
    if not of_it.exclude(mailed_for=F("stage")).update(mailed_for=F("stage")):
        return
    found = Batch.objects.select_related("by", "practice").get(pk=batch)
    try:
        mails = list(_mails(found))
        if mails:
            get_connection().send_messages(mails)
    except (OSError, SMTPException) as error:  # the words of a mail server may hold addresses
        logger.error("a mail about batch %s was not sent: %s", batch, type(error).__name__)
        Batch.objects.filter(pk=batch, stage=found.stage).update(mailed_for="")


def tell_all() -> None:
    """Send the mails that were not sent when their stage began."""
    waiting = Batch.objects.filter(stage__in=TOLD).exclude(mailed_for=F("stage"))
    for batch in waiting.values_list("pk", flat=True):
        tell(batch)


def _mails(batch: Batch) -> Iterator[EmailMessage]:
    if batch.stage == BatchStage.SUBMITTED:
        yield from (_asked(batch, person) for person in _approvers(batch))
    if batch.wants_mail and batch.by.email and batch.by.is_active:
        yield _written("ended", batch, batch.by, pieces_for(batch.by, batch.pk))


def _asked(batch: Batch, person: User) -> EmailMessage:
    pieces = pieces_for(person, batch.pk, Right.REVIEW)
    return _written("approve", batch, person, pieces.filter(step=Step.SUBMIT))


def _approvers(batch: Batch) -> list[User]:
    """Return who may approve some of what waits for it, but for whoever started the batch."""
    roles = [role for role in Role if may(role, Right.REVIEW)]
    waits = Piece.objects.filter(batch=batch, step=Step.SUBMIT, state=PieceState.DONE)
    members = Membership.objects.filter(role__in=roles, practice__in=practices_in(waits))
    people = User.objects.filter(pk__in=members.values("user"), is_active=True)
    return list(people.exclude(pk=batch.by_id).exclude(email="").order_by("pk"))


def _written(name: str, batch: Batch, to: User, pieces: object) -> EmailMessage:
    states = [state for (state,) in pieces.values_list("state")]  # type: ignore[attr-defined]
    said = {
        "batch": batch,
        "by": shown_as(batch.by),
        "count": len(states),
        "ready": states.count(PieceState.DONE),
        "failed": states.count(PieceState.FAILED),
        "unchanged": states.count(PieceState.UNCHANGED),
        "address": absolute("batch", batch.pk),
        "site_url": settings.SITE_URL,
    }
    subject, _, text = render_to_string(f"{FOLDER}/{name}.txt", said).partition("\n")
    return EmailMessage(" ".join(subject.split()), text.strip() + "\n", to=[to.email])
