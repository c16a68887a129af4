"""The mails that a practice sends."""

from __future__ import annotations

import logging
import re

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from policygen.identity import shown_as
from policygen.practices.invitations import DAYS
from policygen.practices.models import Invitation
from policygen.practices.roles import Role

logger = logging.getLogger(__name__)

NAME_LIMIT = 80
"""How much of a practice's name stands in a mail, in characters."""

JOINT = re.compile(r"(?<=\S)([.:/@?#%=&]+)(?=\S)")
"""Where a mail program sees a link in a text."""


def inert(name: str) -> str:
    """Return a practice's name as one short line in which no mail program finds a link.

    Somebody could found a practice called “Pay at evil.example/now” only to have this mailed.
    """
    line = JOINT.sub(r"\1 ", " ".join(name.split()))
    return line if len(line) <= NAME_LIMIT else f"{line[: NAME_LIMIT - 1].rstrip()}…"


def invitation_address(token: str) -> str:
    """Return the whole address at which an invitation is accepted."""
    return f"{settings.SITE_URL}{reverse('invitation', args=[token])}"


def send_invitation(invitation: Invitation, token: str) -> bool:
    """Send an invitation to its address. Return whether the mail server took it."""
    role = Role(invitation.role)
    context = {
        "practice": inert(invitation.practice.name),
        "inviter": shown_as(invitation.made_by),
        "role": role,
        "days": DAYS,
        "link": invitation_address(token),
        "site_url": settings.SITE_URL,
    }
    subject = render_to_string("practices/email/invitation_subject.txt", context)
    mail = EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string("practices/email/invitation_message.txt", context),
        to=[invitation.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        return bool(mail.send())
    except OSError:  # whatever smtplib raises is one, too
        logger.exception("the invitation %s was not sent", invitation.pk)
        return False
