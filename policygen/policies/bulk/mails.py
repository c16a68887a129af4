"""The mails of a batch: to its starter, who asked for them, and to those who may approve.

Each is sent once: who sends those of a stage claims them in the batch's row (``mailed_for``), and
who was asked for an approval stands in a row of its own (``Asked``) until more comes. A mail that
is refused is not sent again, and holds no other up. While the mail server is away, the claim is
given back, and ``tell_all`` tries again. The mails say how many policies there are and never what
stands in them, and count only what their reader may see.
"""

from __future__ import annotations

import logging
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.db.models import Count, F, Q, QuerySet
from django.template.loader import render_to_string

from policygen.identity import shown_as
from policygen.policies.bulk.seeing import approvable_by, pieces_for, practices_in
from policygen.policies.models import Asked, Batch, BatchStage, Piece, PieceState, Step
from policygen.policies.site import absolute
from policygen.practices.models import Membership
from policygen.practices.roles import Right, Role, may

if TYPE_CHECKING:
    from django.core.mail.backends.base import BaseEmailBackend

logger = logging.getLogger("policygen.policies")

FOLDER = "policies/batches/mails"

TOLD = (BatchStage.READY, BatchStage.SUBMITTED, BatchStage.APPROVED, BatchStage.DONE)
"""The stages of which somebody may hear."""

COUNTED = {
    "ready": PieceState.DONE,
    "failed": PieceState.FAILED,
    "unchanged": PieceState.UNCHANGED,
}
"""What the mails count, by its name in them."""

REFUSED = (
    SMTPDataError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    UnicodeError,
    ValueError,
)
"""What is wrong with one mail, or one address. Anything else is wrong with the mail server."""

MAIL_TRIES = 500
"""How often the mails of a stage are tried while the mail server is away: for about three hours."""


def tell(batch: UUID) -> bool:
    """Send the mails about the stage in which a batch rests, unless somebody has.

    Return whether the mail server answered, if it was asked.
    """
    of_it = Batch.objects.filter(pk=batch, stage__in=TOLD)
    if not of_it.exclude(mailed_for=F("stage")).update(mailed_for=F("stage")):
        return True
    found = Batch.objects.select_related("by", "practice").get(pk=batch)
    try:
        _send(found)
    except (OSError, SMTPException) as error:  # the words of a mail server may hold addresses
        logger.error("the mails about batch %s wait: %s", batch, type(error).__name__)
        again = Batch.objects.filter(pk=batch, stage=found.stage, mail_tries__lt=MAIL_TRIES)
        again.update(mailed_for="", mail_tries=F("mail_tries") + 1)
        return False
    return True


def tell_all() -> None:
    """Send the mails that were not sent when their stage began, while the mail server answers."""
    waiting = Batch.objects.filter(stage__in=TOLD).exclude(mailed_for=F("stage"))
    for batch in list(waiting.values_list("pk", flat=True)):
        if not tell(batch):
            return


def _send(batch: Batch) -> None:
    """Send the mails of a stage one by one, those that were sent left out.

    Raises ``OSError`` or ``SMTPException`` while the mail server is away.
    """
    asked = _approvers(batch) if batch.stage == BatchStage.SUBMITTED else []
    hears = batch.wants_mail and bool(batch.by.email) and batch.by.is_active
    if not asked and not hears:
        return
    with get_connection() as connection:
        for person in asked:
            _ask(batch, person, connection)
        if hears:
            pieces = pieces_for(batch.by, batch.pk)
            _hand_over(_written("ended", batch, batch.by, pieces), batch, connection)


def _ask(batch: Batch, person: User, connection: BaseEmailBackend) -> None:
    """Ask somebody for an approval, once; nobody hears of what they cannot approve."""
    pieces = pieces_for(person, batch.pk, Right.REVIEW).filter(
        approvable_by(person), step=Step.SUBMIT, state=PieceState.DONE
    )
    if not pieces.exists():
        return
    claim, is_mine = Asked.objects.get_or_create(batch=batch, user=person)
    if not is_mine:
        return
    try:
        _hand_over(_written("approve", batch, person, pieces), batch, connection)
    except (OSError, SMTPException):
        claim.delete()
        raise


def _hand_over(mail: EmailMessage, batch: Batch, connection: BaseEmailBackend) -> None:
    """Give a mail to the mail server. One that it refuses is told to the log, and not tried again.

    Raises ``OSError`` or ``SMTPException`` while the mail server is away.
    """
    try:
        connection.send_messages([mail])
    except REFUSED as error:  # whose words may hold the address
        logger.error("a mail about batch %s was refused: %s", batch.pk, type(error).__name__)


def _approvers(batch: Batch) -> list[User]:
    """Return who may approve some of what waits for it, but for whoever started the batch."""
    roles = [role for role in Role if may(role, Right.REVIEW)]
    waits = Piece.objects.filter(batch=batch, step=Step.SUBMIT, state=PieceState.DONE)
    members = Membership.objects.filter(role__in=roles, practice__in=practices_in(waits))
    people = User.objects.filter(pk__in=members.values("user"), is_active=True)
    return list(people.exclude(pk=batch.by_id).exclude(email="").order_by("pk"))


def _written(name: str, batch: Batch, to: User, pieces: QuerySet[Piece]) -> EmailMessage:
    counts = {name: Count("pk", filter=Q(state=state)) for name, state in COUNTED.items()}
    said = {
        **pieces.order_by().aggregate(
            count=Count("pk"), published=Count("pk", filter=Q(version__isnull=False)), **counts
        ),
        "batch": batch,
        "by": shown_as(batch.by),
        "address": absolute("batch", batch.pk),
        "site_url": settings.SITE_URL,
    }
    subject, _, text = render_to_string(f"{FOLDER}/{name}.txt", said).partition("\n")
    return EmailMessage(" ".join(subject.split()), text.strip() + "\n", to=[to.email])
