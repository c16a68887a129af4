"""Whoever reads slowly keeps no more than a few threads of a server."""

from __future__ import annotations

import gc
from threading import BoundedSemaphore

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from policygen.policies.inside import slow
from policygen.policies.inside.slow import TAKEN, one_of_few
from policygen.policies.models import Piece, PieceState, PolicyVersion
from tests.policies.bulk.fleet import fleet
from tests.policies.bulk.steps import begun
from tests.policies.cast import policy_of, published
from tests.signing_in import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_at_a_time")]


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow, "SLOTS", BoundedSemaphore(1))


def archive() -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"a", b"b"]))


def test_an_archive_counts_until_it_is_closed_whether_it_was_read_or_not() -> None:
    first = one_of_few(archive)
    assert first is not None
    assert one_of_few(archive) is None
    assert b"".join(first) == b"ab"
    assert one_of_few(archive) is None, "the reader may have the last part to come"
    first.close()
    second = one_of_few(archive)
    assert second is not None
    second.close()
    second.close()
    assert one_of_few(archive) is not None


def test_an_archive_that_cannot_be_made_counts_no_more() -> None:
    def full() -> StreamingHttpResponse:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        one_of_few(full)
    assert one_of_few(archive) is not None


def test_an_archive_that_is_forgotten_counts_no_more() -> None:
    one_of_few(archive)
    gc.collect()
    assert one_of_few(archive) is not None


@pytest.mark.usefixtures("release")
def test_one_too_many_is_told_to_try_again() -> None:
    made = fleet(1)
    policy = policy_of(made.people)
    published(policy, made.people.owner)
    batch = begun(made)
    version = PolicyVersion.objects.get()
    pieces = Piece.objects.filter(batch=batch)
    pieces.update(policy=policy, version=version.number, state=PieceState.DONE)
    client = sign_in(Client(), made.people.owner)
    addresses = {
        reverse("batch_zip", args=[batch.pk]): batch.get_absolute_url(),
        reverse("export", args=[made.people.practice.slug]): reverse(
            "practice", args=[made.people.practice.slug]
        ),
    }
    assert slow.SLOTS.acquire(blocking=False)
    for address, back in addresses.items():
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (302, back)
        assert TAKEN in client.get(back).content.decode()
    slow.SLOTS.release()
    for address in addresses:
        for _ in range(2):
            assert b"".join(client.get(address))[:2] == b"PK"
