"""Setting up groups of policies, and the drafts in which their levels keep their answers."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from policygen.library.store import library_in_force
from policygen.policies.models import Draft, Editor, Group, GroupForm, Level
from policygen.practices.access import require_now
from policygen.practices.members import held as hold_practice
from policygen.practices.models import Brand, Location, Practice
from policygen.practices.roles import Right

GROUPS_LIMIT = 20
"""How many groups one practice may have."""


class TooManyGroups(Exception):
    """The practice has as many groups as one may have."""

    def __init__(self) -> None:
        super().__init__(f"A practice can have {GROUPS_LIMIT} groups, and this one has.")


class TitleTaken(Exception):
    """Another group of the practice has that title."""

    def __init__(self) -> None:
        super().__init__("There is a group of this title already. Choose another title.")


def set_up_group(
    practice: Practice,
    by: User,
    *,
    title: str,
    form: GroupForm = GroupForm.EACH,
    answers: str = "{}",
) -> Group:
    """Set up a group with the draft of its own answers, on the release in force.

    ``answers`` is their stored text, to begin with. Raises ``TitleTaken``, ``TooManyGroups``,
    ``NoRelease``, and ``PermissionDenied`` unless ``by`` may edit the practice's policies now.
    """
    try:
        with hold_practice(practice):
            require_now(by, practice, Right.EDIT)
            if Group.objects.filter(practice=practice).count() >= GROUPS_LIMIT:
                raise TooManyGroups
            group = Group.objects.create(practice=practice, title=title, form=form)
            root = Level.objects.create(group=group)
            _begin(root, by, answers, library_in_force().digest)
            return group
    except IntegrityError:
        raise TitleTaken from None


def change_group(
    group: Group, by: User, *, title: str, form: GroupForm, own_points: Iterable[str]
) -> Group:
    """Change what a group is called, what it gives, and which contacts locations have of their own.

    Raises ``TitleTaken``, and ``PermissionDenied`` unless ``by`` may edit now.
    """
    try:
        with transaction.atomic():
            held = Group.objects.select_for_update(no_key=True).get(pk=group.pk)
            require_now(by, group.practice, Right.EDIT)
            held.title, held.form = title, form
            held.own_points = json.dumps(sorted(set(own_points)))
            held.save(update_fields=["title", "form", "own_points"])
            return held
    except IntegrityError:
        raise TitleTaken from None


def level_for(
    group: Group, *, brand: Brand | None = None, location: Location | None = None
) -> Level:
    """Return the level of a brand or a location in a group; it is made if it is not there yet."""
    level, _ = Level.objects.get_or_create(group=group, brand=brand, location=location)
    level.group = group
    return level


def draft_of_level(level: Level, by: User) -> Draft:
    """Return the draft in which a level keeps its answers; it is made if it is not there yet.

    Raises ``PermissionDenied`` unless ``by`` may edit now.
    """
    with transaction.atomic():
        Group.objects.select_for_update(no_key=True).get(pk=level.group_id)
        require_now(by, level.group.practice, Right.EDIT)
        found = Draft.objects.filter(level=level).first()
        if found is not None:
            return found
        root = Draft.objects.get(
            level__group=level.group_id, level__brand=None, level__location=None
        )
        return _begin(level, by, "{}", root.release)


def _begin(level: Level, by: User, answers: str, release: str) -> Draft:
    now = timezone.now()
    draft = Draft.objects.create(
        user=by,
        level=level,
        title=str(level)[:200],
        answers=answers,
        release=release,
        updated=now,
    )
    Editor.objects.create(draft=draft, user=by, at=now)
    return draft
