"""What somebody wrote is dated so that they cannot approve it, whenever it was saved."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.bulk.deciding import publish_batch
from policygen.policies.bulk.starting import start_group_batch
from policygen.policies.bulk.working import do, take, work_on
from policygen.policies.drafting.drafts import save_answers
from policygen.policies.drafting.groups import change_group
from policygen.policies.drafting.levels import own_points_of
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Editor, GroupForm, Piece
from policygen.practices.brands import add_brand
from policygen.practices.locations import change_location
from policygen.practices.members import change_role
from policygen.practices.models import Location, Membership
from policygen.practices.roles import Role
from tests.patience import PATIENCE
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.bulk.steps import begun
from tests.wizard.visitors import answers, elm

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("release")]


def of_the_group(made: Fleet, *, by: User | None = None, name: str = "Elm Dental Care") -> None:
    """Let the editor, or somebody else, change an answer of the group."""
    root = Draft.objects.get(level__group=made.group, level__location=None)
    said = answers({**elm(), "practice_name": name})
    save_answers(Holder(user=by or made.people.editor), root.pk, said)


def of_the_settings(made: Fleet) -> None:
    """Let the editor choose which contacts locations have of their own."""
    points = {*own_points_of(made.group), "phone"}
    change_group(made.group, made.people.editor, title="P", form=GroupForm.EACH, own_points=points)


def of_the_brand(made: Fleet) -> None:
    """Let the editor, who is an owner for that, give the location a brand."""
    one, practice, by = made.locations[0], made.people.practice, made.people.editor
    member = Membership.objects.get(practice=practice, user=by)
    change_role(practice, made.people.owner, member.pk, Role.OWNER)
    brand = add_brand(practice, by, name="Smile")
    facts = {name: getattr(one, name) for name in ("name", "address", "phone", "fax", "email")}
    change_location(practice, by, one.pk, brand=brand, **facts)


CHANGES = (of_the_group, of_the_settings, of_the_brand)


@contextmanager
def telling(asked: threading.Event) -> Iterator[None]:
    """Tell when this thread asks for a lock for the first time, just before it may have to wait."""

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("BEGIN IMMEDIATE") or sql.endswith("UPDATE"):
            asked.set()
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield


def while_unsaved(change: Callable[[], None], act: Callable[[threading.Event], None]) -> None:
    """Act in a thread while a change is written in another one, which ends when it is told to."""
    dated, go_on = threading.Event(), threading.Event()

    def changing() -> None:
        try:
            with transaction.atomic():
                change()
                dated.set()
                assert go_on.wait(PATIENCE)
        finally:
            connection.close()

    def acting() -> None:
        try:
            assert dated.wait(PATIENCE)
            act(go_on)
        finally:
            go_on.set()
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for one in [threads.submit(changing), threads.submit(acting)]:
            one.result()


def prepared(made: Fleet) -> Piece:
    """Start a batch over the one location, and return its piece, held and not yet done."""
    batch = begun(made)
    piece = take(batch.pk)
    assert piece is not None
    return piece


def published(piece: Piece) -> None:
    """Prepare a piece, and publish it today."""
    do(piece)
    order = {"on": timezone.localdate(), "reason": "Said.", "kind": ChangeKind.MATERIAL}
    publish_batch(piece.batch_id, **order)
    work_on(piece.batch_id, pieces=1)
    assert Piece.objects.get(pk=piece.pk).version


@pytest.mark.parametrize("change", CHANGES)
def test_a_batch_waits_for_changes_that_have_begun(change: Callable[[Fleet], None]) -> None:
    made = fleet(1)

    def start(go_on: threading.Event) -> None:
        with telling(go_on):
            batch = start_group_batch(made.group, made.people.owner)
        assert batch.as_of is not None
        brought = Location.objects.exclude(brand=None).values_list("brand_at", flat=True)
        wrote = Editor.objects.filter(user=made.people.editor).values_list("at", flat=True)
        dates = [one for one in (*brought, *wrote) if one is not None]
        assert dates, "the change can be read"
        assert max(dates) < batch.as_of

    while_unsaved(lambda: change(made), start)


@pytest.mark.postgresql
@pytest.mark.every_case
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_is_saved_after_a_policy_was_prepared_counts_for_the_next_version(
    change: Callable[[Fleet], None],
) -> None:
    """It was dated before the policy was prepared, and is not part of it."""
    made = fleet(1)
    published(prepared(made))
    of_the_group(made, by=made.people.owner, name="Elm Family Dental")
    piece = prepared(made)

    def prepare_and_publish(_go_on: threading.Event) -> None:
        published(piece)

    while_unsaved(lambda: change(made), prepare_and_publish)
    of_the_group(made, by=made.people.owner, name="Elm Park Dental")
    do(prepared(made))
    draft = Draft.objects.get(policy__isnull=False)
    assert made.people.editor in [one.user for one in draft.editors.all()]
