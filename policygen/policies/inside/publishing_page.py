"""The page from which a draft is published, and every way in which that can end."""

from __future__ import annotations

import logging
from datetime import date

from django.contrib import messages
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.text import day_in_words
from policygen.identity import confirm_it_is_you
from policygen.policies.drafting.beginning import rebase_draft
from policygen.policies.drafting.drafts import Overtaken
from policygen.policies.drafting.news import news_of
from policygen.policies.inside.outlook import Outlook, outlook_of
from policygen.policies.inside.pages import access_in, number_in
from policygen.policies.inside.policy_draft import Held, again, of_policy, revision_in
from policygen.policies.inside.policy_forms import PublishForm
from policygen.policies.models import Draft, PolicyVersion
from policygen.policies.pages import gone
from policygen.policies.published.publishing import (
    FURTHEST,
    REASON_LIMIT,
    AlreadyPublished,
    NotPublished,
    WrongKind,
    publish_policy,
)
from policygen.practices.roles import Right
from policygen.practices.zones import in_words
from policygen.rendering import PdfBusy, PdfCrashed, RenderingFailed

logger = logging.getLogger("policygen.policies")

RETRY_AFTER = 20
"""Seconds after which somebody may publish again what could not be made just now."""

OVERTAKEN = (
    "The draft changed since you opened this page. Below stands what would be published now: "
    "look at it, then publish again."
)

KINDS = {
    ChangeKind.MATERIAL: "It changes what people are told, or what you promise them.",
    ChangeKind.EDITORIAL: "It says the same in other words, or gives other facts.",
    ChangeKind.TECHNICAL: "The text reads the same as before.",
}
"""How much a version can change, as the publisher reads it."""


@of_policy(Right.PUBLISH, "GET", "HEAD", "POST")
def publish(request: HttpRequest, held: Held) -> HttpResponse:
    """Show what would be published, and publish it if asked to."""
    if request.method == "POST":
        return _pressed(request, held)
    return _page(request, held, PublishForm(today=held.today))


@confirm_it_is_you
def _pressed(request: HttpRequest, held: Held) -> HttpResponse:
    form = PublishForm(request.POST, today=held.today)
    if not form.is_valid():
        return _page(request, held, form, status=400)
    try:
        version = publish_policy(held.holder, held.draft.pk, form.order())
    except AlreadyPublished as done:
        messages.info(request, f"{done} Here it is.")
        return redirect(done.version)
    except Draft.DoesNotExist:
        raise gone(held.holder, held.draft.pk) from None
    except Overtaken:
        return _page(request, again(request, held), form, OVERTAKEN, status=409)
    except WrongKind as refused:
        form.add_error("kind", str(refused))
        return _page(request, held, form, status=400)
    except NotPublished as refused:
        return _page(request, again(request, held), form, str(refused), status=409)
    except (RenderingFailed, OSError, OperationalError) as error:
        return _not_made(request, held, form, error)
    messages.success(request, _published(version, held.today))
    return redirect(version)


def _published(version: PolicyVersion, today: date) -> str:
    if version.effective_on > today:
        when = f"It takes effect on {day_in_words(version.effective_on)} by itself."
    else:
        when = "It is in force."
    return f"Version {version.number} is published. {when}"


def _not_made(
    request: HttpRequest, held: Held, form: PublishForm, error: Exception
) -> HttpResponse:
    """Say that nothing was published, and keep what was typed for another try."""
    logger.error("a version could not be made", exc_info=error)
    reason = ""
    if isinstance(error, RenderingFailed) and not isinstance(error, PdfBusy | PdfCrashed):
        reason = str(error)
    context = {
        "access": access_in(request, held.opened),
        "policy": held.policy,
        "draft": held.draft,
        "form": form,
        "busy": isinstance(error, PdfBusy | PdfCrashed),
        "reason": reason,
    }
    response = render(request, "policies/inside/not_published.html", context, status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def _page(
    request: HttpRequest, held: Held, form: PublishForm, refusal: str = "", status: int = 200
) -> HttpResponse:
    on = _day_in(form) or held.today
    outlook = outlook_of(held.opened, held.policy, on=on)
    context = {
        "access": access_in(request, held.opened),
        "policy": held.policy,
        "draft": held.draft,
        "outlook": outlook,
        "news": news_of(held.opened),
        "form": form,
        "kinds": [(kind, KINDS[kind]) for kind in ChangeKind],
        "chosen": _kind_in(form, outlook),
        "today": held.today,
        "zone": in_words(held.policy.practice.time_zone),
        "furthest": held.today + FURTHEST,
        "limit": REASON_LIMIT,
        "refusal": refusal,
    }
    return render(request, "policies/inside/publish.html", context, status=status)


def _day_in(form: PublishForm) -> date | None:
    """Return the day that was chosen, if it can be one, whatever else is wrong with the form."""
    form.is_valid()  # and not full_clean, which would forget what publishing has refused
    day = form.cleaned_data.get("effective_on") if form.is_bound else None
    return day if isinstance(day, date) else None


def _kind_in(form: PublishForm, outlook: Outlook) -> str:
    if form.is_bound:
        return str(form.data.get("kind", ""))
    return str(outlook.proposal.kind) if outlook.proposal else str(ChangeKind.MATERIAL)


@of_policy(Right.EDIT, "POST")
def replace_version(request: HttpRequest, held: Held) -> HttpResponse:
    """Say that a draft replaces the version that was published after it was begun."""
    number = number_in(request.POST.get("base", ""))
    user = held.holder.user
    if user is not None and rebase_draft(
        held.draft, user, revision=revision_in(request), base=number
    ):
        messages.success(request, f"This draft now replaces version {number}. Publish it below.")
        return redirect("publish", held.draft.pk)
    return _page(request, again(request, held), PublishForm(today=held.today), OVERTAKEN, 409)
