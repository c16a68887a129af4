"""Setting up groups of policies, and the drafts in which their levels keep their answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.utils import timezone

from policygen.core.inheritance import asking_for_places, own_answers
from policygen.core.problems import Refused
from policygen.library.store import library_in_force, library_of
from policygen.policies.drafting.drafts import UNREADABLE, erase_draft
from policygen.policies.drafting.levels import DIFFERS, NOTHING, ROOT_DRAFT, lines_of
from policygen.policies.models import (
    Batch,
    BatchStage,
    Draft,
    Editor,
    Group,
    GroupForm,
    Level,
    Piece,
    Policy,
    PolicyVersion,
)
from policygen.policies.stored import from_text, to_text
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


class GroupInUse(Exception):
    """The group is not deleted; the message says why."""


class LevelInUse(Exception):
    """What a brand or a location keeps in a group is not let go; the message says why."""


def settled(group: Group) -> datetime:
    """Wait until the changes of a group that have begun are saved, and return when that was.

    A change is dated when it begins and can be read once it is saved. Whatever is dated before this
    moment can be read from now on: answers and settings, for which people hold the group, and
    locations and brands, for which they hold the practice. Raises ``Group.DoesNotExist``.
    """
    with hold_practice(group.practice):
        Group.objects.select_for_update(no_key=True).get(pk=group.pk)
        return timezone.now()


def last_changes(practice: int) -> dict[int, datetime]:
    """Return when the answers or the locations of each group changed last, by the group’s id.

    ``practice`` is an id. Two queries tell it of all its groups. Whoever only opened the answers of
    a brand or a location changed nothing.
    """
    places = Location.objects.filter(practice=practice).aggregate(at=Max("updated"))["at"]
    at_root = Q(draft__level__brand=None, draft__level__location=None)
    edited = (
        Editor.objects.filter(at_root | Q(draft__revision__gt=0))
        .filter(draft__level__group__practice=practice, at__isnull=False)
        .order_by()
        .values_list("draft__level__group")
        .annotate(Max("at"))
    )
    return {group: max(at, places or at) for group, at in edited}


def set_up_group(
    practice: Practice,
    by: User,
    *,
    title: str,
    form: GroupForm = GroupForm.EACH,
    answers: str = "{}",
) -> Group:
    """Set up a group with the draft of its own answers, on the release in force.

    ``answers`` is their stored text, to begin with; locations that it lists are left out, since
    those of the practice take their place. Raises ``TitleTaken``, ``TooManyGroups``, ``NoRelease``,
    and ``PermissionDenied`` unless ``by`` may edit the practice's policies now.
    """
    try:
        with hold_practice(practice):
            require_now(by, practice, Right.EDIT)
            if Group.objects.filter(practice=practice).count() >= GROUPS_LIMIT:
                raise TooManyGroups
            group = Group.objects.create(practice=practice, title=title, form=form)
            root = Level.objects.create(group=group)
            library = library_in_force()
            places = asking_for_places(library.vocabulary)
            raw = {key: one for key, one in from_text(answers).items() if key not in places}
            _begin(root, by, to_text(raw), library.digest)
            return group
    except IntegrityError:
        raise TitleTaken from None


def change_group(
    group: Group, by: User, *, title: str, form: GroupForm, own_points: Iterable[str]
) -> Group:
    """Change what a group is called, what it gives, and which contacts locations have of their own.

    Whoever changes the two latter changes what the policies say, and so cannot approve them. Raises
    ``TitleTaken``, and ``PermissionDenied`` unless ``by`` may edit now.
    """
    points = json.dumps(sorted(set(own_points)))
    try:
        with _held(group, by) as held:
            if (held.form, held.own_points) != (form, points):
                _wrote(_root_of(held), by)
            held.title, held.form, held.own_points = title, form, points
            held.save(update_fields=["title", "sorted_as", "form", "own_points"])
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
    with _held(level.group, by):
        found = Draft.objects.filter(level=level).first()
        return found or _begin(level, by, NOTHING, _root_of(level.group).release)


def delete_group(group: Group, by: User) -> None:
    """Delete a group with all that its levels keep.

    With it go its batches that were discarded before anything came of them. Of its policies, those
    with a draft that somebody changed by hand stay, as policies of the practice's own. Of the
    others the log stays, which nobody deletes, and no list shows them (``levels.LEFT_BEHIND``).
    Raises ``GroupInUse`` where a policy of it is published or another batch was made from it, and
    ``PermissionDenied`` unless ``by`` may edit now.
    """
    with _held(group, by) as held:
        if reason := why_kept(held):
            raise GroupInUse(reason)
        Batch.objects.filter(group=held).delete()
        for draft in Draft.objects.filter(level__group=held):
            erase_draft(draft)
        policies = Policy.objects.filter(level__group=held)
        drafted = Draft.objects.filter(policy__level__group=held).values("policy")
        policies.filter(pk__in=drafted).update(from_group=False)
        policies.exclude(pk__in=drafted).update(location=None)  # so that it can be deleted
        Level.objects.filter(group=held).delete()
        held.delete()


def why_kept(group: Group) -> str:
    """Return why a group cannot be deleted, in words, or a blank if it can."""
    if PolicyVersion.objects.filter(policy__level__group=group).exists():
        return "Policies of this group are published, and stay traceable to it."
    batches = Batch.objects.filter(group=group)
    idle = batches.filter(~Exists(_published_in), stage=BatchStage.DISCARDED)
    others = batches.exclude(pk__in=idle.values("pk"))
    if others.exclude(stage=BatchStage.DONE).exists():
        if others.filter(stage=BatchStage.DISCARDING).exists():
            return "A batch of it is being discarded. Try again in a moment."
        return "Work on its policies goes on. Discard the batch first."
    if others.exists():
        return "Policies were made from this group, and the record of it is kept."
    return ""


_published_in = Piece.objects.filter(batch=OuterRef("pk"), version__isnull=False)


def drop_level(level: Level, by: User) -> None:
    """Let a group forget a brand or a location at which nothing differs any more.

    Whoever changed it before counts as having changed the group, so nobody approves alone what
    comes of it. Raises ``LevelInUse`` where something differs, a policy was set up for it or a
    brand still has locations, and ``PermissionDenied`` unless ``by`` may edit now.
    """
    with _held(level.group, by) as group:
        kept = Level.objects.select_for_update(of=("self",)).filter(pk=level.pk).first()
        if kept is None:
            return
        if kept.policy_id is not None or kept.is_root:
            raise LevelInUse("There is a policy of it, so its answers stay with the group.")
        if kept.brand is not None and kept.brand.locations.exists():
            raise LevelInUse("Locations of this brand use its answers.")
        if Piece.objects.filter(level=kept).exists():
            raise LevelInUse("It is part of work on many policies, and the record of it is kept.")
        if Draft.objects.filter(level=kept).exclude(answers=NOTHING).exists():
            raise LevelInUse("Something differs here. Take all of the group’s answers first.")
        root = _root_of(group)
        for draft in Draft.objects.filter(level=kept):
            for editor in draft.editors.select_related("user"):
                _wrote(root, editor.user)
            erase_draft(draft)
        kept.delete()


def drop_equal(group: Group) -> None:
    """Let the levels of a group forget answers that they inherit in the same words by now.

    The answers were no difference if they were given today, and the same holds as before. Whoever
    calls this holds the group (its row).
    """
    try:
        vocabulary = library_of(_root_of(group).release).vocabulary
    except UNREADABLE:
        return
    levels = list(Level.objects.filter(DIFFERS, group=group).select_related("location"))
    for level, line in zip(levels, lines_of(group, levels), strict=True):
        with suppress(Refused):  # no address: nothing is known of what it inherits
            own = own_answers(line.own, line.inherited(vocabulary))
            if len(own) < len(line.own):
                kept = {"answers": to_text(own), "revision": F("revision") + 1}
                Draft.objects.filter(level=level).update(**kept)


@contextmanager
def _held(group: Group, by: User) -> Iterator[Group]:
    """Hold a group for one transaction, for somebody who may edit it."""
    with transaction.atomic():
        held = Group.objects.select_for_update(no_key=True).get(pk=group.pk)
        require_now(by, group.practice, Right.EDIT)
        yield held


def _root_of(group: Group) -> Draft:
    return Draft.objects.get(ROOT_DRAFT, level__group=group)


def _wrote(draft: Draft, by: User) -> None:
    now = {"at": timezone.now()}
    Editor.objects.update_or_create(draft=draft, user=by, defaults=now)


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
