"""The page of a version's change notice, and the notice as files."""

from __future__ import annotations

import logging
from textwrap import wrap

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from policygen.core.problems import Refused
from policygen.library.models import Release
from policygen.policies.inside.pages import member_page, policy_of, version_of
from policygen.policies.models import PolicyVersion
from policygen.policies.published.notices import (
    SHOWN,
    Notice,
    mail_text,
    notice_for,
    rendered,
    web_text,
)
from policygen.policies.published.versions import Span, Stage, spans_of
from policygen.policies.sending import attachment
from policygen.practices.access import Access
from policygen.practices.roles import Right
from policygen.rendering import PdfBusy, PdfCrashed, RenderingFailed

logger = logging.getLogger("policygen.policies")

RETRY_AFTER = 20
"""Seconds after which somebody may ask again for what the site was too busy to make."""

NAMES = ("txt", "html", "pdf")
"""What a notice can be downloaded as."""

MOST_ROWS = 30
WIDTH = 68  # characters that fit into a row of the text on a wide screen


@member_page(Right.SEE, "GET", "HEAD")
def notice(request: HttpRequest, access: Access, policy: str, number: int) -> HttpResponse:
    """Show the notice of a version in its three forms, and say how to use each."""
    found = version_of(policy_of(access, policy), number)
    drafted = _drafted(found)
    if drafted is None:
        return _not_made(request, access, found, busy=False)
    spans = spans_of(found.policy)
    span = spans.get(number) or Span(number, found.effective_on)
    stage = span.stage(access.practice.today())
    mail, web = mail_text(drafted), web_text(drafted)
    context = {
        "access": access,
        "policy": found.policy,
        "version": found,
        "notice": drafted,
        "stage": stage,
        "is_coming": stage is Stage.SCHEDULED,
        "is_to_send": stage in {Stage.SCHEDULED, Stage.IN_FORCE},
        "until": span.until,
        "newest": max(spans, default=number),
        "shown": SHOWN,
        "mail": mail,
        "mail_rows": _rows(mail),
        "web": web,
        "web_rows": min(12, _rows(web)),
    }
    return render(request, "policies/inside/notice.html", context)


@member_page(Right.SEE, "GET", "HEAD")
def notice_file(
    request: HttpRequest, access: Access, policy: str, number: int, name: str
) -> HttpResponse:
    """Hand out the notice of a version as a file."""
    found = version_of(policy_of(access, policy), number)
    if name not in NAMES:
        raise Http404
    drafted = _drafted(found)
    if drafted is None:
        return _not_made(request, access, found, busy=False)
    try:
        file = rendered(drafted, name)
    except (RenderingFailed, ValueError) as error:
        logger.error("the notice of version %s was not made", found.pk, exc_info=error)
        busy = isinstance(error, PdfBusy | PdfCrashed)
        return _not_made(request, access, found, busy=busy)
    return attachment(file.content, file.content_type, file.filename)


def _drafted(version: PolicyVersion) -> Notice | None:
    """Return the notice of a version, unless what is stored of it can no longer be read."""
    try:
        return notice_for(version)
    except (Refused, Release.DoesNotExist) as error:
        logger.error("version %s has no notice", version.pk, exc_info=error)
        return None


def _not_made(
    request: HttpRequest, access: Access, version: PolicyVersion, *, busy: bool
) -> HttpResponse:
    context = {"access": access, "policy": version.policy, "version": version, "busy": busy}
    response = render(request, "policies/inside/notice_not_made.html", context, status=503)
    if busy:
        response["Retry-After"] = str(RETRY_AFTER)
    return response


def _rows(text: str) -> int:
    """Return how many rows of a page a text takes, up to what is comfortable."""
    return min(MOST_ROWS, sum(max(1, len(wrap(line, WIDTH))) for line in text.splitlines()) + 1)
