"""What people do with a batch: start it, let it go on, stop it, give it up."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from policygen.identity import confirm_it_is_you
from policygen.library.store import library_in_force
from policygen.policies.bulk import deciding
from policygen.policies.bulk.deciding import NotNow
from policygen.policies.bulk.moving_groups import Brought, bring_groups
from policygen.policies.bulk.starting import (
    NothingToDo,
    published_behind,
    start_group_batch,
    start_release_batch,
)
from policygen.policies.inside.batch_access import HeldBatch, held_in, of_batch, over_practices
from policygen.policies.inside.batch_forms import BatchPublishForm
from policygen.policies.inside.batch_notes import from_examples
from policygen.policies.inside.batch_sheet import KINDS, in_fold, of_kind
from policygen.policies.inside.batches import batch_page, discard_page
from policygen.policies.inside.pages import member_page, number_in
from policygen.policies.models import Batch, BatchStage, Group, Piece
from policygen.policies.tasks import send, send_all
from policygen.practices.access import Access
from policygen.practices.forms import YES
from policygen.practices.models import Practice
from policygen.practices.roles import Right

MOST_NUMBERS = 200
"""How many policies one form may name."""

NAMED = 10
"""How many groups a message names."""

ALREADY = "This is being prepared already. Here it is."


def decides(held: HeldBatch) -> bool:
    """Tell whether a person may let a batch go on."""
    return held.may_decide


def stops(held: HeldBatch) -> bool:
    """Tell whether a person may stop a batch."""
    return held.may_stop


def approves(held: HeldBatch) -> bool:
    """Tell whether a person may approve something in a batch."""
    return held.may_approve


# ------------------------------------------------------------------ starting


@member_page(Right.PUBLISH, "POST")
def new_batch(request: HttpRequest, access: Access) -> HttpResponse:
    """Start a batch in a practice: over a group, or over all that an earlier release made."""
    access.require(Right.EDIT)
    asked = request.POST.get("group", "")
    if not asked:
        return _start_release(request, access.user, access.practice)
    group = Group.objects.filter(practice=access.practice, pk=number_in(asked)).first()
    if group is None:
        raise Http404
    group.practice = access.practice
    return _start(request, access.user, access.practice, group)


@over_practices("POST")
def new_batch_everywhere(request: HttpRequest, user: User) -> HttpResponse:
    """Start a batch over all practices in which whoever asks may edit and publish."""
    return _start_release(request, user, None)


def _start_release(request: HttpRequest, user: User, practice: Practice | None) -> HttpResponse:
    """Bring policies to the release in force, those of groups too if the form says so."""
    if request.POST.get("groups") != YES:
        return _start(request, user, practice, None)
    brought = bring_groups(user, practice=practice, wants_mail=request.POST.get("mail") == YES)
    send_all(batch.pk for batch in brought.batches)
    _say_brought(request, brought)
    alone = published_behind(user, library_in_force().digest, practice).filter(level=None)
    if alone.exists():
        return _start(request, user, practice, None)
    known = (*brought.batches, *brought.under_way)
    if len(known) == 1 and not brought.to_look_at:
        return redirect(known[0])
    return redirect("practice_batches", practice.slug) if practice else redirect("batches")


def _say_brought(request: HttpRequest, brought: Brought) -> None:
    if count := len(brought.batches):
        of = "1 group moved" if count == 1 else f"{count} groups moved"
        its = "its policies are" if count == 1 else "their policies are"
        messages.success(
            request, f"The answers of {of} to the newest release, and {its} being prepared."
        )
    if count := len(brought.under_way):
        of = "1 group has a batch" if count == 1 else f"{count} groups have batches"
        messages.info(request, f"{of} under way already.")
    if brought.to_look_at:
        names = ", ".join(f"“{one}” of {one.practice}" for one in brought.to_look_at[:NAMED])
        more = len(brought.to_look_at) - NAMED
        rest = f" and {more} more" if more > 0 else ""
        messages.warning(
            request,
            f"Something is to be decided first in {names}{rest}. Open the group, and see under "
            "“New release” what would change.",
        )
    if brought.later:
        messages.info(request, f"{brought.later} more groups wait. Press the button once more.")


def _start(
    request: HttpRequest, user: User, practice: Practice | None, group: Group | None
) -> HttpResponse:
    """Start a batch and lead to it; a second press leads to the one that was started before."""
    under_way = Batch.objects.filter(
        by=user,
        practice=practice,
        group=group,
        stopped=False,
        stage__in=[BatchStage.LISTING, BatchStage.PREPARING],
    ).first()
    if under_way is not None:
        messages.info(request, ALREADY)
        return redirect(under_way)
    wants_mail = request.POST.get("mail") == YES
    try:
        if group is not None:
            batch = start_group_batch(group, user, wants_mail=wants_mail)
        else:
            batch = start_release_batch(user, practice=practice, wants_mail=wants_mail)
    except NothingToDo as nothing:
        messages.info(request, str(nothing))
        if group is not None:
            return redirect(group)
        return redirect("practice_batches", practice.slug) if practice else redirect("batches")
    send(batch.pk)
    return redirect(batch)


# ------------------------------------------------------------------ going on


@of_batch("POST", only=decides)
def submit_batch(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Ask for a review of all that was prepared."""
    return _do(request, held, lambda: deciding.submit_batch(held.batch.pk))


@of_batch("POST", only=approves)
@confirm_it_is_you
def approve_batch(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Approve all that was submitted in the practices in which the person may, as they saw it."""
    seen = _seen(request)
    return _do(request, held, lambda: deciding.approve_batch(held.batch.pk, held.user, seen=seen))


@of_batch("POST", only=decides)
@confirm_it_is_you
def publish_batch(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Publish all that is ready for it, as whoever presses saw it."""
    today, invented = deciding.today_of(held.batch), bool(from_examples(held))
    form = BatchPublishForm(request.POST, today=today, from_example=invented)
    is_valid, seen = form.is_valid(), _seen(request)
    if seen != held.batch.round:
        return batch_page(request, held, form, str(NotNow()), 409)
    if not is_valid:
        return batch_page(request, held, form, status=400)
    given = form.cleaned_data
    kind = form.change_kind
    return _do(
        request,
        held,
        lambda: deciding.publish_batch(
            held.batch.pk, on=given["effective_on"], reason=given["reason"], kind=kind, seen=seen
        ),
        form,
    )


@of_batch("POST", only=decides)
def retry_batch(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Try again what failed: all of it, or what was chosen."""
    numbers = _numbers(request)
    if "chosen" in request.POST and not numbers:
        messages.warning(request, "Choose at least one policy first. Nothing was retried.")
        return redirect("batch_policies", held.batch.pk, "failed")
    return _do(request, held, lambda: deciding.retry_pieces(held.batch.pk, numbers))


@of_batch("POST", only=decides)
def prepare_batch(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Prepare everything anew, from the answers as they are now."""
    return _do(request, held, lambda: deciding.prepare_again(held.batch.pk))


@of_batch("POST", only=stops)
def stop_batch(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Let a batch wait."""
    if deciding.stop_batch(held.batch.pk):
        said = "It is stopped. What was begun is ended, and nothing else is begun."
        messages.success(request, said)
    else:
        messages.info(request, "There is no work to stop: it has ended meanwhile.")
    return redirect(held.batch)


@of_batch("POST", only=stops)
def resume_batch(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Let a stopped batch go on."""
    return _do(request, held, lambda: deciding.resume_batch(held.batch.pk))


@of_batch("GET", "HEAD", "POST", only=stops)
def discard_batch(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Give a batch up, after asking."""
    if request.method != "POST":
        return discard_page(request, held)
    return _do(request, held, lambda: deciding.discard_batch(held.batch.pk, held.user))


@of_batch("POST", only=decides)
def mail_batch(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Have a mail sent when the work is through, or not."""
    wants = request.POST.get("mail") == YES
    Batch.objects.filter(pk=held.batch.pk).update(wants_mail=wants)
    said = "You get a mail when the work is through." if wants else "You get no mail."
    messages.success(request, said)
    return redirect(held.batch)


def _do(
    request: HttpRequest,
    held: HeldBatch,
    step: Callable[[], object],
    form: BatchPublishForm | None = None,
) -> HttpResponse:
    """Decide something, and have the work done; where it cannot be now, the page says why."""
    try:
        step()
    except NotNow as refused:
        return batch_page(request, held_in(held.user, held.batch.pk), form, str(refused), 409)
    send(held.batch.pk)
    return redirect(held.batch)


# ------------------------------------------------------------------ leaving out


@of_batch("POST", only=decides)
def leave_out(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Take policies out of a batch: a whole fold, or those that were chosen."""
    return _chosen(request, held, deciding.leave_out, "left out. Their drafts stay.")


@of_batch("POST", only=decides)
def take_in(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Take policies into a batch again."""
    return _chosen(request, held, deciding.take_in, "taken in again.")


Change = Callable[[UUID, QuerySet[Piece]], int]


def _chosen(request: HttpRequest, held: HeldBatch, change: Change, done: str) -> HttpResponse:
    fold, numbers = request.POST.get("all", ""), _numbers(request)
    if not fold and not numbers:
        messages.warning(request, "Choose at least one policy first. Nothing was changed.")
        return _back(request, held)
    chosen = in_fold(held, fold) if fold else held.pieces.filter(number__in=numbers)
    try:
        count = change(held.batch.pk, chosen)
    except NotNow as refused:
        return batch_page(request, held_in(held.user, held.batch.pk), None, str(refused), 409)
    messages.success(request, f"{count:,} polic{'y' if count == 1 else 'ies'} {done}")
    return _back(request, held)


def _back(request: HttpRequest, held: HeldBatch) -> HttpResponse:
    """Lead to the fold or the list in which somebody chose, or to the batch."""
    fold, kind = request.POST.get("fold", ""), request.POST.get("list", "")
    if kind in KINDS and of_kind(held.pieces, kind).exists():
        return redirect("batch_policies", held.batch.pk, kind)
    if fold and in_fold(held, fold).exists():
        return redirect("batch_fold", held.batch.pk, fold)
    return redirect(held.batch)


def _seen(request: HttpRequest) -> int:
    """Return the round that somebody had in view (``Batch.round``), or 0, which none is."""
    return number_in(request.POST.get("round", ""))


def _numbers(request: HttpRequest) -> list[int]:
    """Return the numbers of the policies that were chosen in a list."""
    sent = request.POST.getlist("number")[:MOST_NUMBERS]
    return [number for one in sent if (number := number_in(one))]
