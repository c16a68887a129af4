"""People of the desk, and releases made by them: every test that needs a second release."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.contrib.auth.models import Permission, User
from django.utils import timezone

from policygen.library import tryout
from policygen.library.loading import load_library
from policygen.library.models import KINDS, ClauseVersion, FramePiece, Release, State, TryOut
from policygen.library.publishing import approve, prepare_release, publish_release, submit

ROLES = {
    "drafter": "draft_library",
    "approver": "approve_library",
    "release_manager": "release_library",
}


def person(*roles: str) -> User:
    """Return the person with these roles (of ``ROLES``); without any it is an outsider.

    Whoever has the same roles is the same person. Those with a role are staff.
    """
    name = "_".join(roles) or "outsider"
    user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": bool(roles)})
    wanted = [ROLES[role] for role in roles]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return User.objects.get(pk=user.pk)  # permissions are cached by the instance


def release_changes(
    folder: Path | None = None,
    *,
    title: str = "Changes",
    notes: str = "",
    effective_from: date | None = None,
    today: date | None = None,
) -> Release:
    """Publish everything that is open, after taking over the changes of a folder, if one is given.

    On an empty desk the folder becomes release 1. ``effective_from`` is ``today`` unless given,
    and that is the real one.
    """
    today = today or timezone.localdate()
    if folder is not None:
        loaded = load_library(folder, today=today)
        if loaded.new:
            return loaded.in_force
    approve_changes()
    return put_in_force(title=title, notes=notes, effective_from=effective_from, today=today)


def approve_changes() -> None:
    """Submit and approve everything that is open."""
    for piece in _pieces(State.DRAFT):
        submit(piece, by=person("drafter"), seen=piece.revision)
    for piece in _pieces(State.REVIEW):
        approve(piece, by=person("approver"), seen=piece.revision)


def put_in_force(
    *,
    title: str = "Changes",
    notes: str = "",
    effective_from: date | None = None,
    today: date | None = None,
) -> Release:
    """Publish what is approved."""
    today = today or timezone.localdate()
    by = person("release_manager")
    candidate = prepare_release(
        title=title, notes=notes, effective_from=effective_from or today, by=by, today=today
    )
    return publish(candidate, by=by, today=today)


def publish(candidate: Release, *, by: User | None, today: date | None = None) -> Release:
    """Try a candidate out on all sets of answers, and publish it."""
    tried_out(candidate)
    today = today or timezone.localdate()
    return publish_release(candidate, by=by, seen=candidate.mark, today=today)


def tried_out(candidate: Release) -> TryOut:
    """Compare all sets of answers with a candidate."""
    tried = tryout.start(candidate, by=None)
    while tried.finished_at is None:
        tryout.compute(tried)
    return tried


def _pieces(state: State) -> list[FramePiece | ClauseVersion]:
    """Return pieces that depend on nothing further down: clauses come last."""
    return [piece for model in KINDS.values() for piece in model.objects.filter(state=state)]
