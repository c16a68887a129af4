"""The pages of batches: their lists, how far one is, and what changes by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Page
from django.db.models import Count, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django_htmx.http import HttpResponseClientRefresh

from policygen.core.analysis.change_kind import ChangeKind
from policygen.identity import shown_as
from policygen.library.models import Release
from policygen.library.store import NoRelease, library_in_force
from policygen.policies.bulk.deciding import today_of
from policygen.policies.bulk.ending import ENDED
from policygen.policies.bulk.moving_groups import groups_behind
from policygen.policies.bulk.packing import stream_zip_of
from policygen.policies.bulk.seeing import batches_for, of_theirs_in, practices_with
from policygen.policies.bulk.starting import published_behind
from policygen.policies.drafting.drafts import UNREADABLE, open_draft
from policygen.policies.holders import Holder
from policygen.policies.inside.batch_access import HeldBatch, of_batch, over_practices
from policygen.policies.inside.batch_forms import BatchPublishForm
from policygen.policies.inside.batch_notes import (
    Pause,
    closed_meanwhile,
    from_examples,
    pause_of,
    printed_days,
    taken_over_by,
)
from policygen.policies.inside.batch_sheet import (
    KINDS,
    OUT,
    Counts,
    by_name,
    changed_since,
    counts_of,
    counts_of_each,
    folds_of,
    has_ended,
    in_fold,
    is_at_work,
    is_taken_over,
    looked_for,
    number_of,
    of_kind,
    options_of,
    practices_of,
    stage_of,
    title_of,
    troubles_of,
)
from policygen.policies.inside.outlook import outlook_of
from policygen.policies.inside.pages import member_page, number_in, paged
from policygen.policies.inside.publishing_page import KINDS as CHANGE_KINDS
from policygen.policies.inside.slow import TAKEN, one_of_few
from policygen.policies.models import Batch, Draft, Group, Piece
from policygen.policies.published.publishing import FURTHEST, REASON_LIMIT
from policygen.practices.access import Access
from policygen.practices.locations import clean_search
from policygen.practices.models import Practice
from policygen.practices.roles import Right

MOVED = ("open", "failed", "left-out")
"""The lists of policies that can be left out, or taken in again."""

UNDER_WAY = 3
"""How many batches over many practices the list of practices names."""

SAMPLES = 50
"""How many policies of a fold can be chosen as the one that is shown."""


SLUG = 60
"""How much of a group's title stands in the name of an archive, in characters."""


@dataclass(frozen=True)
class BatchLine:
    """A batch in a list: what it is called, its stage in words, who started it, how many it has.

    ``practices`` are those whose policies the person sees in it.
    """

    batch: Batch
    title: str
    stage: str
    by: str
    count: int
    published: int
    practices: int
    is_at_work: bool


@dataclass(frozen=True)
class Behind:
    """Policies that could be moved to the release in force: how many, and its number.

    ``of_groups`` counts those that move with the answers of ``groups``.
    """

    count: int
    release: int | None
    of_groups: int = 0
    groups: tuple[Group, ...] = ()


# ------------------------------------------------------------------ lists


@member_page(Right.SEE, "GET", "HEAD")
def practice_batches(request: HttpRequest, access: Access) -> HttpResponse:
    """List the batches of a practice, and offer to start one."""
    may_start = access.may(Right.EDIT) and access.may(Right.PUBLISH)
    groups = Group.objects.filter(practice=access.practice) if may_start else Group.objects.none()
    context = {
        "access": access,
        "frame": "practices/frame.html",
        "batches": _lines(request, access.user, access.practice),
        "may_start": may_start,
        "behind": behind(access.user, access.practice) if may_start else None,
        "groups": list(groups),
    }
    return render(request, "policies/batches/list.html", context)


@over_practices("GET", "HEAD")
def batches(request: HttpRequest, user: User) -> HttpResponse:
    """List the batches over all practices of whoever asks, and offer to start one."""
    context = {
        "frame": "policies/batches/frame.html",
        "batches": _lines(request, user, None),
        "may_start": practices_with(user, Right.PUBLISH).exists(),
        "behind": behind(user, None),
        "groups": [],
    }
    return render(request, "policies/batches/list.html", context)


def behind(user: User, practice: Practice | None) -> Behind:
    """Return how many policies a person could move to the release in force."""
    try:
        digest = library_in_force().digest
    except NoRelease:
        return Behind(0, None)
    policies = published_behind(user, digest, practice)
    of_groups = policies.filter(level__isnull=False).count()
    return Behind(
        count=policies.filter(level=None).count(),
        release=number_of(digest),
        of_groups=of_groups,
        groups=tuple(groups_behind(user, practice)) if of_groups else (),
    )


def _lines(request: HttpRequest, user: User, practice: Practice | None) -> Page[BatchLine]:
    page = paged(request, batches_for(user, practice=practice), "page")
    page.object_list = _with_counts(user, list(page.object_list))
    return page


def _with_counts(user: User, listed: list[Batch]) -> list[BatchLine]:
    if not listed:
        return []
    of_theirs = Piece.objects.filter(of_theirs_in(user), batch__in=[one.pk for one in listed])
    found = of_theirs.order_by().values_list("batch")
    practices = dict(found.annotate(Count("policy__practice", distinct=True)))
    numbers = _numbers({batch.release for batch in listed})
    counts = counts_of_each(listed, of_theirs)
    return [_line(batch, numbers, counts[batch.pk], practices.get(batch.pk, 0)) for batch in listed]


def _numbers(digests: set[str]) -> dict[str, int]:
    found = Release.objects.filter(digest__in=digests, number__isnull=False).order_by("number")
    return {digest: number for digest, number in found.values_list("digest", "number") if number}


def _line(batch: Batch, numbers: dict[str, int], counts: Counts, practices: int) -> BatchLine:
    return BatchLine(
        batch=batch,
        title=title_of(batch, numbers.get(batch.release)),
        stage=stage_of(batch, counts),
        by=shown_as(batch.by),
        count=counts.all,
        published=counts.published,
        practices=practices,
        is_at_work=is_at_work(batch),
    )


def batches_under_way(user: User) -> list[BatchLine]:
    """Return the newest batches over many practices that a person sees and that have not ended."""
    found = batches_for(user).filter(practice=None).exclude(stage__in=ENDED)
    listed = list(found[:UNDER_WAY])
    return _with_counts(user, listed)


# ------------------------------------------------------------------ a batch


@of_batch("GET", "HEAD")
def batch(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Show how far a batch is, what changes by it, and what can be done now."""
    return batch_page(request, held)


def batch_page(
    request: HttpRequest,
    held: HeldBatch,
    form: BatchPublishForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """Return the page of a batch, perhaps with what is wrong with a form, or with a refusal."""
    one, counts = held.batch, counts_of(held)
    options = options_of(held, counts)
    today = today_of(one)
    context = {
        **_common(held),
        "counts": counts,
        "stage": stage_of(one, counts),
        "is_taken_over": is_taken_over(one, counts),
        "options": options,
        "at_work": is_at_work(one),
        "ended": has_ended(one),
        "reloads": is_at_work(one) and not one.stopped and "still" not in request.GET,
        "pause": _pause_of(one),
        "folds": folds_of(held, request.GET.get("changes")),
        "troubles": troubles_of(held, request.GET.get("problems")),
        "changed_since": changed_since(one),
        "taken_over_by": taken_over_by(held) if counts.superseded else None,
        "printed": printed_days(held, _day_of(form, today)) if options.publish else [],
        "from_examples": from_examples(held) if options.publish else [],
        "closed": closed_meanwhile(held) if options.publish else [],
        "practices": practices_of(held) if one.practice is None else [],
        "form": form or BatchPublishForm(today=today),
        "kinds": [(kind, CHANGE_KINDS[kind]) for kind in ChangeKind],
        "today": today,
        "furthest": today + FURTHEST,
        "limit": REASON_LIMIT,
        "refusal": refusal,
    }
    return render(request, "policies/batches/batch.html", context, status=status)


def discard_page(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Return the page that asks whether a batch is to be given up, and says what that deletes."""
    counts = counts_of(held)
    context = {**_common(held), "counts": counts, "options": options_of(held, counts)}
    return render(request, "policies/batches/discard.html", context)


@of_batch("GET")
def batch_progress(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Return how far a batch is, for a page that is open; when work ends, that page is reloaded."""
    one = held.batch
    moved_on = request.GET.get("stage", one.stage) != one.stage
    if not is_at_work(one) or one.stopped or moved_on:
        return HttpResponseClientRefresh()
    context = {
        **_common(held),
        "counts": counts_of(held),
        "reloads": True,
        "renewed": True,
        "pause": _pause_of(one),
    }
    return render(request, "policies/batches/progress.html", context)


def _pause_of(batch: Batch) -> Pause | None:
    return pause_of(batch) if is_at_work(batch) and not batch.stopped else None


def _day_of(form: BatchPublishForm | None, today: date) -> date:
    """Return the day that the form has chosen, or today."""
    chosen = form.cleaned_data.get("effective_on") if form and form.is_bound else None
    return chosen if isinstance(chosen, date) else today


@of_batch("GET", "HEAD")
def batch_fold(request: HttpRequest, held: HeldBatch, fold: str) -> HttpResponse:
    """Show what changes in policies that read alike, by one of them, and list all of them."""
    pieces = by_name(in_fold(held, fold))
    samples = list(pieces[:SAMPLES])
    if not samples:
        raise Http404
    search = clean_search(request.GET.get("q", ""))
    page = paged(request, looked_for(pieces, search), "page")
    sample = _sample(request, pieces) or samples[0]
    options = options_of(held, counts_of(held))
    sums = pieces.order_by().aggregate(total=Count("pk"), left_out=Count("pk", OUT))
    context = {
        **_common(held),
        **_shown(held, sample),
        **sums,
        "fold": fold,
        "sample": sample,
        "pieces": page,
        **_searched(search),
        "samples": samples,
        "options": options,
        "chooses": options.can_leave_out and sums["total"] > 1,
    }
    return render(request, "policies/batches/fold.html", context)


def _sample(request: HttpRequest, pieces: QuerySet[Piece]) -> Piece | None:
    """Return the policy that the address asks to be shown."""
    return pieces.filter(number=number_in(request.GET.get("sample", ""))).first()


def _shown(held: HeldBatch, sample: Piece) -> dict[str, object]:
    """Return what the draft of a policy would change, as the page on which it is published does."""
    holder = Holder(user=held.user)
    if sample.draft is None or sample.policy is None:
        return {"outlook": None}
    try:
        opened = open_draft(holder, sample.draft)
        outlook = outlook_of(opened, sample.policy, on=opened.today())
    except (Draft.DoesNotExist, *UNREADABLE):
        return {"outlook": None}
    is_seen = opened.draft.revision == sample.revision
    return {"outlook": outlook, "is_seen": is_seen, "draft": opened.draft}


@of_batch("GET", "HEAD")
def batch_policies(request: HttpRequest, held: HeldBatch, kind: str) -> HttpResponse:
    """List the policies of a batch that stand in one place, such as those that failed."""
    if kind not in KINDS:
        raise Http404
    counts = counts_of(held)
    options = options_of(held, counts)
    search = clean_search(request.GET.get("q", ""))
    retries = kind == "failed" and bool(options.retry)
    moves = kind in MOVED and options.can_leave_out
    context = {
        **_common(held),
        "kind": kind,
        "heading": KINDS[kind],
        "pieces": paged(request, looked_for(by_name(of_kind(held.pieces, kind)), search), "page"),
        "total": getattr(counts, kind.replace("-", "_")),
        **_searched(search),
        "retries": retries,
        "chooses": retries or moves,
        "options": options,
        "counts": counts,
    }
    return render(request, "policies/batches/policies.html", context)


@of_batch("GET")
def batch_zip(
    request: HttpRequest, held: HeldBatch
) -> StreamingHttpResponse | HttpResponseRedirect:
    """Send all that a batch published as one archive, piece by piece: PDFs, or other formats."""
    if not of_kind(held.pieces, "published").exists():
        raise Http404
    try:
        parts = stream_zip_of(held.batch, held.user, request.GET.getlist("format") or ["pdf"])
    except KeyError:
        raise Http404 from None
    response = one_of_few(lambda: StreamingHttpResponse(parts, content_type="application/zip"))
    if response is None:
        messages.error(request, TAKEN)
        return redirect(held.batch)
    name = f"{_packed_as(held.batch)}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _packed_as(batch: Batch) -> str:
    """Return the name of the archive of a batch, by which it is told from others on a disk."""
    zone = batch.practice.zone if batch.practice else None
    about = [batch.practice.slug] if batch.practice else []
    about += [slugify(batch.group.title)[:SLUG]] if batch.group else []
    at = f"{timezone.localtime(batch.created, zone):%Y-%m-%d-%H%M}"
    return "-".join(["policies", *filter(None, about), at])


def _searched(search: str) -> dict[str, str]:
    """Return what was looked for in a list, also as its addresses say it."""
    return {"search": search, "query": urlencode({"q": search}) if search else ""}


def _common(held: HeldBatch) -> dict[str, object]:
    """Return what all pages of a batch show."""
    one = held.batch
    number = number_of(one.release)
    return {
        "access": held.access,
        "frame": "practices/frame.html" if held.access else "policies/batches/frame.html",
        "held": held,
        "batch": one,
        "title": title_of(one, number),
        "release_number": number,
        "by": "you" if held.is_own else shown_as(one.by),
    }
