"""The page of a published version: everything that is known of it, and its files."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.problems import Refused
from policygen.library.models import Release
from policygen.library.store import DamagedRelease
from policygen.policies.inside.pages import member_page, policy_of, version_of
from policygen.policies.inside.trace import contents_of
from policygen.policies.ledger_sheet import Sheet, sheet_of
from policygen.policies.models import PolicyVersion, VersionFile
from policygen.policies.published.laws import ledger_for
from policygen.policies.published.publishing import library_for
from policygen.policies.published.serving import NotServed, content_of
from policygen.policies.published.versions import Span, files_of, spans_of
from policygen.policies.sending import attachment
from policygen.practices.access import Access
from policygen.practices.roles import Right
from policygen.rendering import FORMATS


@member_page(Right.SEE, "GET", "HEAD")
def version(request: HttpRequest, access: Access, policy: str, number: int) -> HttpResponse:
    """Show a version."""
    found = version_of(policy_of(access, policy), number)
    spans = spans_of(found.policy)
    span = spans.get(number) or Span(number, found.effective_on)
    context = {
        "access": access,
        "policy": found.policy,
        "version": found,
        "kind": ChangeKind(found.kind).value,
        "span": span,
        "stage": span.stage(access.practice.today()),
        "is_newest": number == max(spans, default=number),
        "before": number - 1 if number - 1 in spans else None,
        "address": f"{settings.SITE_URL}{found.policy.public_path}",
        "files": [(file, _label(file)) for file in files_of(found).values()],
        "contents": contents_of(found),
    }
    return render(request, "policies/inside/version.html", context)


def _label(file: VersionFile) -> str:
    return FORMATS[file.format].label if file.format in FORMATS else file.format


@member_page(Right.SEE, "GET", "HEAD")
def version_laws(request: HttpRequest, access: Access, policy: str, number: int) -> HttpResponse:
    """Show which laws applied to a version, and where it answers them."""
    found = version_of(policy_of(access, policy), number)
    context = {"access": access, "policy": found.policy, "version": found, "sheet": _laws(found)}
    return render(request, "policies/inside/version_laws.html", context)


def _laws(version: PolicyVersion) -> Sheet | None:
    """Return the ledger of a version, or ``None`` where it or its release cannot be read."""
    try:
        vocabulary = library_for(version).vocabulary
        return sheet_of(ledger_for(version), vocabulary, lambda _: "")
    except (Refused, Release.DoesNotExist, DamagedRelease):
        return None


@member_page(Right.SEE, "GET", "HEAD")
def version_file(
    request: HttpRequest, access: Access, policy: str, number: int, name: str
) -> HttpResponse:
    """Hand out a stored format of a version, exactly as it was published."""
    found = version_of(policy_of(access, policy), number)
    file = files_of(found).get(name)
    if file is None:
        raise Http404
    file.version = found
    try:
        content = content_of(file)
    except NotServed:
        context = {"access": access, "policy": found.policy, "version": found, "file": file}
        return render(request, "policies/inside/not_served.html", context, status=503)
    return attachment(content, file.content_type, file.filename)
