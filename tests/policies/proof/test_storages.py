"""Verify, repair, backup and sweep: in a bucket as in a folder, and from one to the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from policygen.core.document import Document
from policygen.core.document_json import document_text
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Event, Policy, PolicyVersion, Print, VersionFile
from policygen.policies.proof.verify import Verification
from policygen.policies.published import files, serving
from policygen.policies.published.bucket import LIMITS, BucketFiles
from policygen.policies.published.publishing import publish_policy
from policygen.policies.published.serving import content_of
from policygen.policies.published.storages import file_store
from policygen.rendering import FORMATS, Format, Rendered
from tests.policies.cast import Cast, cast, drafted, order, policy_of, published
from tests.policies.published.buckets import bucket, keys
from tests.signing_in import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def quick_pdf(document: Document) -> Rendered:
    content = hashlib.sha256(document_text(document).encode()).digest() * 1000
    return Rendered("policy.pdf", "application/pdf", content)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setitem(FORMATS, "pdf", Format("PDF", quick_pdf))
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture(params=["folder", "bucket"])
def where(request: pytest.FixtureRequest) -> Iterator[str]:
    """Keep the files of versions in a folder, then in a bucket."""
    with ExitStack() as stack:
        if request.param == "bucket":
            stack.enter_context(bucket())
        yield request.param


@pytest.fixture
def people() -> Cast:
    return cast()


def problems(**options: Any) -> list[str]:
    found = Verification(**options).problems(timezone.localdate())
    return [str(one) for one in found if not str(one).startswith("library")]


def run(command: str, *words: Any) -> str:
    out, err = StringIO(), StringIO()
    call_command(command, *words, stdout=out, stderr=err)
    return out.getvalue()


def spoil(file: VersionFile) -> None:
    """Write other bytes where the ones of a file belong."""
    file_store().save(f"{file.sha256[:2]}/{file.sha256}", ContentFile(b"damaged"))


def one_of(policy: Policy, name: str) -> VersionFile:
    return VersionFile.objects.get(version__policy=policy, format=name)


def forget_everything() -> None:
    """Lose every file there is."""
    for name in list(file_store().each()):
        file_store().delete(name)


@pytest.mark.usefixtures("where")
def test_what_is_published_is_found_whole(people: Cast) -> None:
    policy = policy_of(people)
    version = published(policy, people.owner)
    assert problems() == []
    assert set(files.names()) == set(version.files.values_list("sha256", flat=True))
    for file in version.files.all():
        assert files.sha256(content_of(file)) == file.sha256


@pytest.mark.usefixtures("where")
def test_a_damaged_file_is_found_and_mended(people: Cast) -> None:
    policy = policy_of(people)
    published(policy, people.owner)
    pdf, text = one_of(policy, "pdf"), one_of(policy, "txt")
    spoil(pdf)
    files.erase(text.sha256)
    found = problems()
    assert len(found) == 2
    assert "is damaged" in found[0]
    assert "is missing" in found[1]
    assert files.sha256(content_of(pdf)) == pdf.sha256, "who asks for it gets it all the same"
    assert len(problems()) == 1
    assert problems(repair=True) == []
    assert problems() == []


@pytest.mark.usefixtures("where")
def test_a_backup_brings_everything_back(people: Cast, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    policy = policy_of(people)
    published(policy, people.owner)
    assert run("copy_files", copy).startswith("5 files copied")
    assert run("copy_files", copy).startswith("0 files copied")
    published(policy, people.owner, practice_name="Elm Dental Care")
    assert run("copy_files", copy).startswith("5 files copied")
    spoil(VersionFile.objects.filter(format="pdf")[0])
    assert run("restore_files", copy).startswith("1 files put back")
    forget_everything()
    assert len(problems(quick=True)) == 10
    assert run("restore_files", copy).startswith("10 files put back")
    assert problems() == []
    assert run("restore_files", copy).startswith("0 files put back")


@pytest.mark.usefixtures("where")
def test_what_a_backup_does_not_have_whole_is_said(people: Cast, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    version = published(policy_of(people), people.owner)
    run("copy_files", copy)
    forget_everything()
    one, other, *_ = version.files.values_list("sha256", flat=True)
    (copy / one[:2] / one).write_bytes(b"damaged")
    (copy / other[:2] / other).unlink()
    with pytest.raises(CommandError, match="2 files are still missing; 3 were put back"):
        run("restore_files", copy)


def test_a_site_moves_from_its_folder_into_a_bucket_and_back(
    people: Cast, settings: Any, tmp_path: Path
) -> None:
    version = published(policy_of(people), people.owner)
    every = set(version.files.values_list("sha256", flat=True))
    file_store().move(f"{min(every)[:2]}/{min(every)}", f"staged/{min(every)}")
    with bucket() as client:
        assert run("restore_files", settings.FILES_DIR).startswith("5 files put back")
        assert keys(client) == {f"site/files/{name[:2]}/{name}" for name in every}
        assert problems() == []
        run("copy_files", tmp_path / "back")
    settings.FILES_DIR = tmp_path / "back"
    assert problems() == []


@pytest.mark.usefixtures("where")
def test_the_sweep_leaves_what_versions_name(people: Cast) -> None:
    policy = policy_of(people)
    published(policy, people.owner)
    files.stage(b"Nobody names this.")
    Print.objects.update(made=timezone.now() - timedelta(days=3))
    Print.objects.create(key="0" * 64, format="pdf", sha256="1" * 64)
    Print.objects.filter(pk="0" * 64).update(made=timezone.now() - timedelta(days=3))
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert run("sweep_files") == "1 file deleted that no version names.\n"
    assert problems() == []
    assert Print.objects.count() == 1, "a print goes whose bytes no version names"


@pytest.mark.usefixtures("where")
def test_the_same_document_in_two_policies_is_rendered_once(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Document] = []

    def counted(document: Document) -> Rendered:
        asked.append(document)
        return quick_pdf(document)

    monkeypatch.setitem(FORMATS, "pdf", Format("PDF", counted))
    monkeypatch.setattr("policygen.policies.published.publishing.renderer", lambda name: "m")
    one, other = policy_of(people, "One"), policy_of(people, "Another")
    published(one, people.owner)
    published(other, people.owner)
    assert len(asked) == 1
    assert one_of(one, "pdf").sha256 == one_of(other, "pdf").sha256


def test_verify_knows_what_prints_say(people: Cast) -> None:
    policy = policy_of(people)
    published(policy, people.owner)
    assert problems(policy=policy) == []
    Print.objects.update(sha256="0" * 64)
    (found,) = problems(policy=policy)
    assert "tells of other bytes. Delete that row." in found
    Print.objects.all().delete()
    assert problems(policy=policy) == []


def test_a_bucket_that_is_away_keeps_a_version_from_being_published(people: Cast) -> None:
    """X05: nothing is published, the draft and what was typed are there, and it can be retried."""
    policy = policy_of(people)
    draft = drafted(policy, people.owner)
    client = sign_in(Client(), people.owner)
    lines = Event.objects.count()
    asked = {
        "revision": draft.revision,
        "effective_on": str(people.practice.today()),
        "reason": "Because of the move.",
        "kind": "material",
    }
    with bucket(bucket_name="nowhere"):
        response = client.post(f"/drafts/{draft.pk}/publish/", asked)
        assert response.status_code == 503
        assert "Because of the move." in response.content.decode()
        assert "nowhere" not in response.content.decode()
    assert not PolicyVersion.objects.exists()
    assert not Print.objects.exists()
    assert Event.objects.count() == lines
    assert Draft.objects.get(pk=draft.pk).revision == draft.revision
    with bucket():
        assert client.post(f"/drafts/{draft.pk}/publish/", asked).status_code == 302
        assert problems() == []


def test_a_bucket_that_goes_away_after_the_commit_has_published(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = drafted(policy_of(people), people.owner)

    def away(old: str, new: str) -> None:
        raise OSError(5, "away")

    with bucket() as client:
        with monkeypatch.context() as patch:
            patch.setattr(file_store(), "move", away)
            version = publish_policy(Holder(user=people.owner), draft.pk, order(draft))
        assert all("/staged/" in key for key in keys(client))
        assert problems() == []
        for file in version.files.all():
            assert content_of(file)
        assert not any("/staged/" in key for key in keys(client))
        assert problems() == []


# ------------------------------------------------------------------ a storage that is away


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a bucket was asked for that answers nothing, and what was written into it."""
    asked: list[str] = []

    def silent(_self: Any, name: str, *_: Any) -> None:
        asked.append(name)
        raise OSError(5, "The bucket policies cannot be reached: ReadTimeoutError")

    for doing in ("_open", "_save", "move"):
        monkeypatch.setattr(BucketFiles, doing, silent)
    return asked


def test_while_a_bucket_is_silent_readers_are_served_and_one_alone_waits_for_it(
    people: Cast, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "AWAY", 3600.0)
    version = published(policy_of(people), people.owner)
    made = list(version.files.exclude(format="pdf"))
    with bucket():
        for file in made:
            assert files.sha256(content_of(file)) == file.sha256
        (name,) = asked  # and nothing was put back
        assert name.endswith(made[0].sha256)
        file_store().away_until = 0.0
        content_of(made[1])
        assert len(asked) == 2, "later it is asked again"


def test_what_is_damaged_is_put_back_and_what_cannot_be_read_is_left_alone(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = published(policy_of(people), people.owner)
    file = version.files.get(format="txt")
    place = Path(file_store().path(f"{file.sha256[:2]}/{file.sha256}"))
    place.write_bytes(b"damaged")
    with monkeypatch.context() as patch:
        patch.setattr(files, "_bytes_at", _away)
        assert files.sha256(content_of(file)) == file.sha256
    assert place.read_bytes() == b"damaged"
    content_of(file)
    assert files.sha256(place.read_bytes()) == file.sha256


def _away(_path: str) -> bytes:
    raise OSError(5, "Input/output error")


def test_a_bucket_is_given_up_long_before_the_proxy_gives_the_reader_up() -> None:
    tries = LIMITS["retries"]["total_max_attempts"]
    longest = LIMITS["connect_timeout"] + LIMITS["read_timeout"]
    assert tries * longest <= 20
