"""X16: a release is published while a batch of the former one runs: newest wins, nothing mixed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from policygen.library.models import Release
from policygen.policies.bulk.deciding import NotNow
from policygen.policies.bulk.starting import list_pieces, start_release_batch
from policygen.policies.bulk.working import work_on
from policygen.policies.models import Batch, BatchStage, Piece, PieceState, Policy, PolicyVersion
from policygen.policies.published.publishing import rebuilt
from policygen.policies.published.versions import document_of
from tests.faults.engine import problems_of, publish, states
from tests.faults.site import problems
from tests.policies.cast import Cast, cast, policy_of, published
from tests.releases import release_changes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_pdfs")]

COUNT = 4


@pytest.fixture
def people(folder: Path) -> Cast:
    """A practice with policies that were published under the first release."""
    people = cast()
    for number in range(1, COUNT + 1):
        policy = policy_of(people, f"Policy {number}")
        published(policy, people.owner, practice_name=f"Elm Dental {number}")
    return people


def reworded(folder: Path, title: str) -> Release:
    """Publish a release with another title for every policy."""
    sections = folder / "sections.yaml"
    lines = sections.read_text().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "title:" in line)
    lines[at] = lines[at].partition("title:")[0] + f"title: {title}\n"
    sections.write_text("".join(lines))
    return release_changes(folder)


def begun(people: Cast, *, pieces: int) -> Batch:
    """Start moving all policies to the release in force, and prepare some of them."""
    batch = start_release_batch(people.owner, practice=people.practice)
    list_pieces(batch)
    assert work_on(batch.pk, pieces=pieces) == pieces
    return batch


def goes_on(batch: Batch) -> str:
    while work_on(batch.pk, pieces=3):
        pass
    batch.refresh_from_db()
    return batch.stage


def nothing_is_mixed() -> None:
    for version in PolicyVersion.objects.all():
        assert document_of(version).release == version.release
        assert rebuilt(version) == document_of(version)
    assert problems() == []


def newest(policy: Policy) -> PolicyVersion:
    found = PolicyVersion.objects.filter(policy=policy).order_by("-number").first()
    assert found is not None
    return found


def test_a_batch_goes_on_with_its_release_when_there_is_a_newer_one(
    people: Cast, folder: Path
) -> None:
    second = reworded(folder, "The second title")
    batch = begun(people, pieces=2)
    third = reworded(folder, "The third title")
    assert goes_on(batch) == BatchStage.READY
    publish(batch, sends=False)
    assert goes_on(batch) == BatchStage.DONE
    assert states(batch) == {PieceState.DONE: COUNT}
    made = PolicyVersion.objects.filter(number=2)
    assert set(made.values_list("release", flat=True)) == {second.digest}
    assert third.digest not in set(PolicyVersion.objects.values_list("release", flat=True))
    nothing_is_mixed()


@pytest.mark.every_case
@pytest.mark.parametrize("older_first", [True, False], ids=["older first", "newer first"])
def test_of_two_batches_that_run_together_the_newer_release_wins(
    people: Cast, folder: Path, older_first: bool
) -> None:
    reworded(folder, "The second title")
    older = begun(people, pieces=2)
    third = reworded(folder, "The third title")
    newer = begun(people, pieces=3)
    both = (older, newer) if older_first else (newer, older)
    for batch in both:
        goes_on(batch)
    for batch in both:
        with suppress(NotNow):  # nothing is left of it to be published
            publish(batch, sends=False)
            assert goes_on(batch) == BatchStage.DONE
    assert states(newer) == {PieceState.DONE: COUNT}, problems_of(newer)
    assert not Piece.objects.filter(batch=older, version__isnull=False).exists()
    for policy in Policy.objects.all():
        version = newest(policy)
        assert (version.number, version.release) == (2, third.digest)
        assert "The third title" in version.document
    nothing_is_mixed()


def test_pieces_that_wait_when_a_newer_batch_publishes_do_not_take_it_back(
    people: Cast, folder: Path
) -> None:
    reworded(folder, "The second title")
    older = begun(people, pieces=1)
    third = reworded(folder, "The third title")
    newer = begun(people, pieces=COUNT)
    publish(newer, sends=False)
    assert goes_on(newer) == BatchStage.DONE
    goes_on(older)
    older.refresh_from_db()
    with suppress(NotNow):
        publish(older, sends=False)
        goes_on(older)
    for policy in Policy.objects.all():
        assert newest(policy).release == third.digest, [p.problem for p in Piece.objects.all()]
    nothing_is_mixed()
