"""All policies of a batch as one archive, sent while it is made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policygen.core.document import Document
from policygen.core.document_json import document_text
from policygen.policies.bulk import packing
from policygen.policies.bulk.packing import stream_zip_of
from policygen.policies.models import Batch, Piece, PieceState, Policy, VersionFile
from policygen.policies.naming import rename_policy
from policygen.policies.published import files
from policygen.practices.models import Membership
from policygen.rendering import FORMATS, Format, Rendered
from tests.policies.cast import Cast, cast, policy_of, published
from tests.policies.published.buckets import bucket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def quick_pdf(document: Document) -> Rendered:
    content = files.sha256(document_text(document).encode()).encode() * 4000
    return Rendered("policy.pdf", "application/pdf", content)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setitem(FORMATS, "pdf", Format("PDF", quick_pdf))
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def people() -> Cast:
    return cast()


def batch_of(people: Cast, count: int = 3) -> Batch:
    """Return a batch that published so many policies."""
    batch = Batch.objects.create(practice=people.practice, by=people.owner, release="x")
    for number in range(1, count + 1):
        policy = policy_of(people, title=f"Office {number}")
        made = published(policy, people.owner, practice_name=f"Elm {number}")
        Piece.objects.create(
            batch=batch, number=number, policy=policy, state=PieceState.DONE, version=made.number
        )
    return batch


def opened(content: bytes | Iterator[bytes]) -> ZipFile:
    return ZipFile(BytesIO(content if isinstance(content, bytes) else b"".join(content)))


def names(archive: ZipFile) -> list[str]:
    return archive.namelist()


def left_out(archive: ZipFile) -> dict[str, str]:
    told = json.loads(archive.read("manifest.json"))["left_out"]
    return {one["name"]: one["why"] for one in told}


def test_every_pdf_is_in_it_as_it_was_published(people: Cast) -> None:
    batch = batch_of(people)
    archive = opened(stream_zip_of(batch, people.viewer))
    slug = people.practice.slug
    assert archive.testzip() is None
    assert names(archive) == [
        *(f"{slug}/office-{number}-v1.pdf" for number in (1, 2, 3)),
        "manifest.json",
    ]
    for piece in Piece.objects.filter(batch=batch):
        stored = VersionFile.objects.get(version__policy=piece.policy, format="pdf")
        content = archive.read(f"{slug}/office-{piece.number}-v1.pdf")
        assert files.sha256(content) == stored.sha256
    told = json.loads(archive.read("manifest.json"))
    assert told["batch"] == str(batch.pk)
    assert {one["name"]: one["sha256"] for one in told["members"]} == {
        name: files.sha256(archive.read(name)) for name in names(archive)[:-1]
    }


def test_other_formats_are_in_it_if_asked_for(people: Cast) -> None:
    archive = opened(stream_zip_of(batch_of(people, 1), people.owner, ["txt", "pdf", "html"]))
    endings = [name.rpartition(".")[2] for name in names(archive)]
    assert endings == ["pdf", "html", "txt", "json"]
    with pytest.raises(KeyError, match="exe"):
        stream_zip_of(batch_of(people, 0), people.owner, ["pdf", "exe"])


def test_the_same_versions_give_the_same_bytes(people: Cast) -> None:
    batch = batch_of(people, 2)
    one, other = (b"".join(stream_zip_of(batch, people.owner, FORMATS)) for _ in range(2))
    assert one == other
    assert {member.date_time for member in opened(one).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_nobody_gets_policies_of_practices_that_are_not_theirs(people: Cast) -> None:
    mine = batch_of(people, 1)
    other = cast("Oak Dental")
    theirs = batch_of(other, 1)
    Piece.objects.filter(batch=theirs).update(batch=mine, number=2)
    assert names(opened(stream_zip_of(mine, people.outsider))) == ["manifest.json"]
    assert names(opened(stream_zip_of(mine, people.viewer)))[:-1] == [
        f"{people.practice.slug}/office-1-v1.pdf"
    ]
    Membership.objects.create(practice=other.practice, user=people.owner, role="viewer")
    assert len(names(opened(stream_zip_of(mine, people.owner)))) == 3


def test_who_is_removed_meanwhile_gets_no_more(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "CHUNK", 1)
    made = stream_zip_of(batch_of(people, 3), people.viewer)
    begun = next(made)
    Membership.objects.filter(user=people.viewer).delete()
    assert len(names(opened(begun + b"".join(made)))) < 4


def test_what_cannot_be_packed_is_listed_with_the_reason(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policygen.policies.published.serving.renderer", lambda name: "another")
    batch = batch_of(people, 3)
    slug = people.practice.slug
    lost = VersionFile.objects.get(version__policy__slug="office-2", format="pdf")
    files.erase(lost.sha256)
    failed = policy_of(people, title="Failed")
    for number, (state, problem) in enumerate(
        [(PieceState.FAILED, "The name is missing."), (PieceState.UNCHANGED, "")], start=4
    ):
        Piece.objects.create(
            batch=batch,
            number=number,
            policy=failed if number == 4 else policy_of(people, title="Same"),
            state=state,
            problem=problem,
        )
    archive = opened(stream_zip_of(batch, people.owner))
    assert names(archive) == [
        f"{slug}/office-1-v1.pdf",
        f"{slug}/office-3-v1.pdf",
        "manifest.json",
        "NOT-PACKED.txt",
    ]
    assert left_out(archive) == {
        f"{slug}/office-2-v1.pdf": "Its stored file is missing or damaged.",
        f"{slug}/failed": "It was not published. The name is missing.",
        f"{slug}/same": "It was up to date, so nothing was published.",
    }
    assert f"{slug}/failed: It was not published." in archive.read("NOT-PACKED.txt").decode()


@pytest.mark.parametrize("slug", ["../../etc/x", "a\r\nb", "\u202egpj.x", "", "A", "x" * 5000])
def test_h06_no_name_leads_out_of_the_archive(people: Cast, slug: str) -> None:
    batch = batch_of(people, 1)
    piece = Piece.objects.select_related("policy__practice").get(batch=batch)
    assert piece.policy is not None
    piece.policy.slug = piece.policy.practice.slug = slug
    policy, practice = piece.policy.pk, people.practice.pk
    assert packing._name_of(piece) == f"number-{practice}/number-{policy}"


def test_one_file_at_a_time_is_read(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read ahead: what was asked for is sent before the next file is opened."""
    read: list[str] = []
    real = packing.content_of

    def noted(file: VersionFile) -> bytes:
        read.append(file.sha256)
        return real(file)

    monkeypatch.setattr(packing, "content_of", noted)
    made = stream_zip_of(batch_of(people, 3), people.owner)
    next(made)
    assert len(read) == 1
    rest = b"".join(made)
    assert len(read) == 3
    assert len(rest) > 0


def test_policies_in_a_bucket_are_packed_as_well(people: Cast) -> None:
    with bucket():
        batch = batch_of(people, 2)
        archive = opened(stream_zip_of(batch, people.owner))
        assert archive.testzip() is None
        assert len(names(archive)) == 3


def test_a_version_that_was_erased_is_listed(people: Cast) -> None:
    batch = batch_of(people, 1)
    Piece.objects.filter(batch=batch).update(version=7)
    found = left_out(opened(stream_zip_of(batch, people.owner)))
    assert set(found.values()) == {"This version is no longer kept."}


def test_what_is_seen_no_more_is_told_by_its_number(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "CHUNK", 1)
    made = stream_zip_of(batch_of(people, 3), people.viewer)
    begun = next(made)
    Membership.objects.filter(user=people.viewer).delete()
    archive = opened(begun + b"".join(made))
    assert left_out(archive) == {
        f"policy-{number}-of-the-batch": packing.UNSEEN for number in (2, 3)
    }
    assert names(archive)[-2:] == ["manifest.json", "NOT-PACKED.txt"]
    assert packing.UNSEEN in archive.read("NOT-PACKED.txt").decode()


def test_more_policies_take_no_more_queries(people: Cast) -> None:
    batch = batch_of(people, 2)
    with CaptureQueriesContext(connection) as two:
        b"".join(stream_zip_of(batch, people.owner, FORMATS))
    more = batch_of(people, 4)
    with CaptureQueriesContext(connection) as four:
        archive = opened(stream_zip_of(more, people.owner, FORMATS))
    assert len(four) == len(two)
    assert len(names(archive)) == 4 * len(FORMATS) + 1


def test_of_a_policy_the_version_of_the_batch_is_packed(people: Cast) -> None:
    batch = batch_of(people, 2)
    for piece in Piece.objects.filter(batch=batch):
        published(piece.policy, people.owner, practice_name="Oak")  # type: ignore[arg-type]
    Piece.objects.filter(batch=batch, number=2).update(version=2)
    later = Batch.objects.create(practice=people.practice, by=people.owner, release="x")
    first = Piece.objects.get(batch=batch, number=1)
    Piece.objects.create(batch=later, number=1, policy=first.policy, state="done", version=2)
    slug = people.practice.slug
    archive = opened(stream_zip_of(batch, people.owner))
    assert names(archive)[:-1] == [f"{slug}/office-1-v1.pdf", f"{slug}/office-2-v2.pdf"]
    for piece in Piece.objects.filter(batch=batch):
        stored = VersionFile.objects.get(
            version__policy=piece.policy, version__number=piece.version, format="pdf"
        )
        name = f"{slug}/office-{piece.number}-v{piece.version}.pdf"
        assert files.sha256(archive.read(name)) == stored.sha256


def test_members_stand_in_the_order_of_their_names(people: Cast) -> None:
    batch = batch_of(people)
    for piece, number in zip(Piece.objects.order_by("number"), (6, 4, 5), strict=True):
        Piece.objects.filter(pk=piece.pk).update(number=number)
    packed = names(opened(stream_zip_of(batch, people.viewer)))[:-1]
    assert len(packed) == 3
    assert packed == sorted(packed)


def test_numbers_in_names_count_as_numbers_and_a_new_title_changes_no_order(people: Cast) -> None:
    batch = batch_of(people, 11)
    packed = names(opened(stream_zip_of(batch, people.viewer)))[:-1]
    assert [one.rpartition("-v")[0].rpartition("-")[2] for one in packed] == [
        str(number) for number in range(1, 12)
    ]
    rename_policy(Policy.objects.get(title="Office 11"), people.owner, title="A", location=None)
    assert names(opened(stream_zip_of(batch, people.viewer)))[:-1] == packed
    Piece.objects.update(version=None, state=PieceState.LEFT_OUT)
    lost = list(left_out(opened(stream_zip_of(batch, people.viewer))))
    assert [one.rpartition("-")[2] for one in lost] == [str(number) for number in range(1, 12)]
