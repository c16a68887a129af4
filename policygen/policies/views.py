"""The start page, what is made of a draft, and its end."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from policygen.core.problems import Problem, Refused
from policygen.identity import shown_as
from policygen.library.answers_file import SIZE_LIMIT, read_answers_file, write_answers_file
from policygen.library.store import library_in_force
from policygen.policies.drafting.drafts import (
    DraftTooLarge,
    Opened,
    Overtaken,
    TooManyDrafts,
    delete_draft,
    drafts_of,
    move_draft,
    start_draft,
)
from policygen.policies.drafting.examples import examples
from policygen.policies.drafting.moving import move_of
from policygen.policies.drafting.news import news_of
from policygen.policies.drafting.places import Place, place_of
from policygen.policies.holders import holder_of, known_holder
from policygen.policies.pages import opened, personal
from policygen.policies.published.publishing import document_in
from policygen.policies.sending import attachment, in_format
from policygen.policies.visitors import remember
from policygen.practices.roles import Right
from policygen.rendering.filenames import filename

SHOWN_PROBLEMS = 20


@personal("GET", "HEAD")
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, and offer three ways to start."""
    return _home(request)


def _home(request: HttpRequest, problems: tuple[Problem, ...] = ()) -> HttpResponse:
    context = {
        "drafts": drafts_of(holder_of(request)),
        "examples": examples(library_in_force()),
        "problems": problems[:SHOWN_PROBLEMS],
        "more_problems": max(0, len(problems) - SHOWN_PROBLEMS),
    }
    return render(request, "policies/home.html", context, status=400 if problems else 200)


@personal("GET", "HEAD", "POST")
def start(request: HttpRequest) -> HttpResponse:
    """Make a draft: blank, from an example, or from a file."""
    if request.method != "POST":
        return redirect("home")
    try:
        if "example" in request.POST:
            return _start_from_example(request, request.POST["example"])
        if "file" in request.POST:
            return _start_from_file(request)
        draft = start_draft(known_holder(request), release=library_in_force().digest)
    except Refused as refused:
        return _home(request, refused.problems)
    except (TooManyDrafts, DraftTooLarge) as error:
        return _home(request, (Problem("", str(error)),))
    return redirect(draft)


def _start_from_example(request: HttpRequest, name: str) -> HttpResponse:
    library = library_in_force()
    example = next((one for one in examples(library) if one.name == name), None)
    if example is None:
        raise Refused([Problem("", "There is no such example. Choose one of those below.")])
    draft = start_draft(
        known_holder(request),
        title=example.title,
        answers=example.answers,
        release=library.digest,
    )
    started = f"You started from the example “{example.title}”."
    messages.info(request, f"{started} Go through the pages and change what differs.")
    return redirect("page", draft.pk, "practice")


def _start_from_file(request: HttpRequest) -> HttpResponse:
    """Read an uploaded answers file. Raises ``Refused``."""
    size = f"{SIZE_LIMIT // 1024} KiB"
    upload = request.FILES.get("answers")
    sent = request.META.get("CONTENT_LENGTH") or "0"
    if upload is None and sent.isdigit() and int(sent) > SIZE_LIMIT:
        raise Refused([Problem("", f"The file is larger than {size}. Shorten it.")])
    if upload is None:
        raise Refused([Problem("", "Choose a file first, then press “Start from this file”.")])
    library = library_in_force()
    file = read_answers_file(upload.read(SIZE_LIMIT + 1), library.vocabulary)
    draft = start_draft(
        known_holder(request), title=file.title, answers=file.answers, release=library.digest
    )
    messages.success(request, "Your file was read. Here is everything that it says.")
    return redirect("review", draft.pk)


@personal("GET", "HEAD")
def download(request: HttpRequest, draft: UUID, name: str) -> HttpResponse:
    """Hand out the policy in one of the formats."""
    found = opened(request, draft)
    return in_format(request, found, name, lambda: document_in(found, on=found.today()))


@personal("GET", "HEAD")
def download_answers(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Hand out the answers as a file from which one can start again."""
    found = opened(request, draft)
    content = write_answers_file(found.reading.answers, title=found.draft.title)
    name = filename(found.draft.title, "yaml").replace("privacy-policy.yaml", "answers.yaml")
    return attachment(content, "application/yaml; charset=utf-8", name)


@personal("GET", "HEAD", "POST")
def delete(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Delete a draft, after asking."""
    found = opened(request, draft)
    found.require(Right.EDIT)
    place = place_of(found.draft)
    if place is not None and place.is_group:
        return redirect(place.address)  # it goes with its group, and that has a page of its own
    if request.method == "POST":
        delete_draft(holder_of(request), draft)
        if place is None:
            messages.success(request, f"The draft “{found.draft}” is deleted.")
            return redirect("home")
        messages.success(request, _deleted(place))
        return redirect(place.address)
    whose = found.draft.user
    context = {
        "draft": found.draft,
        "place": place,
        "whose": shown_as(whose) if place and whose and whose != request.user else "",
        "zone": found.zone or None,
    }
    return render(request, "policies/delete.html", context)


def _deleted(place: Place) -> str:
    if place.is_level:
        return f"“{place.policy}” takes all answers of the group again."
    return f"The draft of “{place.policy}” is deleted."


@personal("GET", "HEAD", "POST")
def release(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Show what a newer release changes in this policy, and move the draft to it if asked to."""
    found = opened(request, draft)
    found.require(Right.EDIT)
    place = place_of(found.draft)
    if place is not None and place.source is not None:
        messages.info(request, f"This policy moves with its group, “{place.source.group}”.")
        return redirect(place.source.address)
    news = news_of(found)
    if news is None or news.is_displaced:
        messages.info(request, "Your draft uses the release that is in force.")
        return redirect("review", draft)
    if request.method == "POST" and _move(request, found):
        text = f"Your draft now uses release {news.newest.number}. All your answers are kept."
        messages.success(request, text)
        return redirect("review", draft)
    context = {
        "draft": found.draft,
        "news": news,
        "to": found.in_force,
        "move": move_of(found, on=found.today()),
        "place": place,
        "overtaken": request.method == "POST",
    }
    return render(request, "policies/release.html", context)


def _move(request: HttpRequest, found: Opened) -> bool:
    """Move a draft. Return whether it could be: what was not in view is not decided upon."""
    revision, to = request.POST.get("revision", ""), request.POST.get("to")
    if to != found.in_force or not re.fullmatch(r"[0-9]{1,9}", revision):
        return False
    try:
        move_draft(holder_of(request), found.draft.pk, to=to, revision=int(revision))
    except Overtaken:
        return False
    remember(request)
    return True
