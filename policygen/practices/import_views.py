"""The pages on which locations come from a file and go into one."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_http_methods

from policygen.practices.access import Access, within
from policygen.practices.importing import reading
from policygen.practices.importing.exporting import FORMATS, exported, template
from policygen.practices.importing.planning import Plan
from policygen.practices.importing.tables import EXAMPLE, LABELS, ROWS, FileRefused, Table
from policygen.practices.importing.writing import (
    NotAllGood,
    Overtaken,
    Preview,
    TooMany,
    import_table,
    preview,
    seal,
    unseal,
)
from policygen.practices.roles import Right

GONE = (
    "This preview is more than a day old, or it did not arrive as it was shown. Nothing was "
    "imported. Choose the file again."
)


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
def import_locations(request: HttpRequest, access: Access) -> HttpResponse:
    """Take a file and show what it would change. Nothing is written here."""
    if request.method != "POST":
        return _upload_page(request, access)
    try:
        return _preview_page(request, access, reading.read_file(_sent_file(request)))
    except FileRefused as refused:
        return _upload_page(request, access, str(refused))


@require_http_methods(["POST"])
@within(Right.MANAGE)
def write_locations(request: HttpRequest, access: Access) -> HttpResponse:
    """Write what a preview showed, if it would still do the same."""
    seen = unseal(access.practice, access.user, request.POST.get("table", ""))
    if seen is None:
        return _upload_page(request, access, GONE)
    good_rows = request.POST.get("rows") == "good"
    try:
        done = import_table(
            access.practice, access.user, seen.table, good_rows=good_rows, seen=seen.digest
        )
    except Overtaken as refused:
        text = f"{refused} Nothing was imported. Look at it again."
        return _preview_page(request, access, seen.table, Refusal(text, 409))
    except (NotAllGood, TooMany) as refused:
        return _preview_page(request, access, seen.table, Refusal(str(refused), 409))
    messages.success(request, outcome(done))
    return redirect("locations", access.practice.slug)


@require_http_methods(["GET", "HEAD"])
@within(Right.SEE)
def export_locations(request: HttpRequest, access: Access, ending: str) -> HttpResponse:
    """Hand out the locations as a file."""
    if ending not in FORMATS:
        raise Http404
    name = f"{access.practice.slug}-locations.{ending}"
    return _file(exported(access.practice, ending), name, ending)


@require_http_methods(["GET", "HEAD"])
@within(Right.MANAGE)
def locations_template(request: HttpRequest, access: Access, ending: str) -> HttpResponse:
    """Hand out a file to fill in."""
    if ending not in FORMATS:
        raise Http404
    return _file(template(ending), f"locations-template.{ending}", ending)


def outcome(plan: Plan) -> str:
    """Return in a sentence or two what was written."""
    added, changed = len(plan.new), len(plan.changed)
    parts = [f"{added:,} location{pluralize(added)} added, {changed:,} changed"]
    parts += [f"{len(plan.brands):,} new brand{pluralize(len(plan.brands))}"] if plan.brands else []
    parts += [f"{plan.closing:,} closed"] if plan.closing else []
    parts += [f"{plan.reopening:,} opened again"] if plan.reopening else []
    text = f"The import is done: {', '.join(parts)}, {plan.unchanged:,} unchanged."
    if plan.bad:
        left = len(plan.bad)
        text += f" {left:,} row{pluralize(left)} {pluralize(left, 'was,were')} left out."
    return text


@dataclass(frozen=True)
class Refusal:
    """Why a preview is shown again, with the status of the answer."""

    text: str
    status: int


def _sent_file(request: HttpRequest) -> bytes:
    """Return the content of the file that was sent. Raises ``FileRefused``."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        # Requests that are larger than settings.py allows bring no files at all.
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > reading.BYTES:
            raise FileRefused(reading.TOO_LARGE)
        raise FileRefused("Choose a file first.")
    if (file.size or 0) > reading.BYTES:
        raise FileRefused(reading.TOO_LARGE)
    return bytes(file.read())


def _upload_page(request: HttpRequest, access: Access, refusal: str = "") -> HttpResponse:
    context = {
        "access": access,
        "refusal": refusal,
        "labels": list(LABELS.values()),
        "most": ROWS,
        "example": EXAMPLE["name"],
    }
    status = 400 if refusal else 200
    return render(request, "practices/import.html", context, status=status)


def _preview_page(
    request: HttpRequest, access: Access, table: Table, refusal: Refusal | None = None
) -> HttpResponse:
    """Show what a table changes now. Raises ``FileRefused`` where it cannot come back."""
    plan = preview(access.practice, table)
    context = {
        "access": access,
        "plan": plan,
        "notes": table.notes,
        "sealed": seal(access.practice, access.user, Preview(table, plan.digest)),
        "refusal": refusal.text if refusal else "",
    }
    status = refusal.status if refusal else 200
    return render(request, "practices/import_preview.html", context, status=status)


def _file(content: bytes, name: str, ending: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}"'  # a slug and an ending: nothing to escape
    headers = {"Content-Disposition": disposition}
    return HttpResponse(content, content_type=FORMATS[ending][0], headers=headers)
