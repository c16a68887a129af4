"""The start page, what is made of a draft, and its end."""

from __future__ import annotations

import logging
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from policygen.core.problems import Problem, Refused
from policygen.library.answers_file import SIZE_LIMIT, read_answers_file, write_answers_file
from policygen.library.store import library_in_force
from policygen.policies.drafts import (
    DraftTooLarge,
    TooManyDrafts,
    delete_draft,
    drafts_of,
    start_draft,
)
from policygen.policies.examples import examples
from policygen.policies.generation import generate
from policygen.policies.pages import opened, personal
from policygen.policies.reasons import explained
from policygen.policies.visitors import known_visitor, visitor_of
from policygen.rendering import FORMATS, PdfBusy, PdfCrashed, RenderingFailed
from policygen.rendering.filenames import filename

logger = logging.getLogger("policygen.policies")

RETRY_AFTER = 20
"""Seconds after which somebody may ask again for what the site was too busy to make."""

SHOWN_PROBLEMS = 20


@personal("GET", "HEAD")
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, and offer three ways to start."""
    return _home(request)


def _home(request: HttpRequest, problems: tuple[Problem, ...] = ()) -> HttpResponse:
    context = {
        "drafts": drafts_of(visitor_of(request)),
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
        draft = start_draft(known_visitor(request))
    except Refused as refused:
        return _home(request, refused.problems)
    except (TooManyDrafts, DraftTooLarge) as error:
        return _home(request, (Problem("", str(error)),))
    return redirect(draft)


def _start_from_example(request: HttpRequest, name: str) -> HttpResponse:
    example = next((one for one in examples(library_in_force()) if one.name == name), None)
    if example is None:
        raise Refused([Problem("", "There is no such example. Choose one of those below.")])
    draft = start_draft(known_visitor(request), title=example.title, answers=example.answers)
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
    file = read_answers_file(upload.read(SIZE_LIMIT + 1), library_in_force().vocabulary)
    draft = start_draft(known_visitor(request), title=file.title, answers=file.answers)
    messages.success(request, "Your file was read. Here is everything that it says.")
    return redirect("review", draft.pk)


@personal("GET", "HEAD")
def download(request: HttpRequest, draft: UUID, name: str) -> HttpResponse:
    """Hand out the policy in one of the formats."""
    if name not in FORMATS:
        raise Http404
    opened_draft, library, answers = opened(request, draft)
    try:
        document = generate(library, answers, on=timezone.localdate())
        rendered = FORMATS[name].render(document)
    except Refused:
        return redirect("review", draft)
    except RenderingFailed as error:
        logger.error("no %s was made", name, exc_info=error)
        busy = isinstance(error, PdfBusy | PdfCrashed)
        context = {
            "draft": opened_draft,
            "format": FORMATS[name].label,
            "busy": busy,
            "reason": error,
        }
        response = render(request, "policies/not_made.html", context, status=503 if busy else 422)
        if busy:
            response["Retry-After"] = str(RETRY_AFTER)
        return response
    return _attachment(rendered.content, rendered.content_type, rendered.filename)


@personal("GET", "HEAD")
def download_answers(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Hand out the answers as a file from which one can start again."""
    opened_draft, _, answers = opened(request, draft)
    content = write_answers_file(answers, title=opened_draft.title)
    name = filename(opened_draft.title, "yaml").replace("privacy-policy.yaml", "answers.yaml")
    return _attachment(content, "application/yaml; charset=utf-8", name)


def _attachment(content: bytes, content_type: str, name: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": disposition or "attachment"},
    )


@personal("GET", "HEAD", "POST")
def delete(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Delete a draft, after asking."""
    opened_draft, _, _ = opened(request, draft)
    if request.method == "POST":
        delete_draft(visitor_of(request), draft)
        messages.success(request, f"The draft “{opened_draft}” is deleted.")
        return redirect("home")
    return render(request, "policies/delete.html", {"draft": opened_draft})


@personal("GET", "HEAD")
def why(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Say of each clause why it is in the policy or not."""
    opened_draft, library, answers = opened(request, draft)
    context = {
        "draft": opened_draft,
        "review": reverse("review", args=[draft]),
        **explained(library, answers, on=timezone.localdate()),
    }
    return render(request, "policies/why.html", context)
