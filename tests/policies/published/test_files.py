"""The files of versions, in a folder and in a bucket: both keep the same promises."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError, EndpointConnectionError
from django.core.files.base import ContentFile
from django.utils import timezone

from policygen.policies.published import bucket as buckets_of_the_site
from policygen.policies.published import files
from policygen.policies.published.storages import FileStore, LocalFiles, file_store
from tests.policies.published.buckets import NAME, bucket, keys

CONTENT = b"The text of a policy."
HASH = files.sha256(CONTENT)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[FileStore]:
    """An empty storage."""
    settings.FILES_DIR = tmp_path / "files"
    with ExitStack() as stack:
        if request.param == "bucket":
            stack.enter_context(bucket())
        yield file_store()


def put(store: FileStore, name: str, content: bytes) -> None:
    store.save(name, ContentFile(content))


def lying(store: FileStore) -> set[str]:
    return set(store.each())


# ------------------------------------------------------------------ both


def test_a_staged_file_is_read_and_then_lies_in_its_place(store: FileStore) -> None:
    assert files.stage(CONTENT) == HASH
    assert lying(store) == {f"staged/{HASH}"}
    assert files.look(HASH) == CONTENT
    assert lying(store) == {f"staged/{HASH}"}, "looking changes nothing"
    assert files.read(HASH) == CONTENT
    assert lying(store) == {f"{HASH[:2]}/{HASH}"}
    assert files.is_in_place(HASH)
    assert files.read(HASH) == CONTENT


def test_settling_twice_or_nothing_changes_nothing(store: FileStore) -> None:
    other = files.stage(b"Another one.")
    files.stage(CONTENT)
    files.settle([HASH, other, HASH])
    files.settle([HASH, "0" * 64])
    assert lying(store) == {f"{one[:2]}/{one}" for one in (HASH, other)}


def test_what_is_not_there_is_missing(store: FileStore) -> None:
    for reading in (files.read, files.look, files.lying):
        with pytest.raises(files.FileMissing):
            reading(HASH)
    assert not files.is_in_place(HASH)
    files.erase(HASH)
    assert list(files.names()) == list(files.strangers()) == []


def test_what_was_changed_is_damaged_until_it_is_restored(store: FileStore) -> None:
    put(store, f"{HASH[:2]}/{HASH}", b"Something else.")
    for reading in (files.read, files.look):
        with pytest.raises(files.FileDamaged):
            reading(HASH)
    assert files.lying(HASH) == b"Something else."
    assert files.restore(CONTENT) == HASH
    assert files.read(HASH) == CONTENT


def test_what_belongs_nowhere_is_told_from_what_does(store: FileStore) -> None:
    files.restore(CONTENT)
    files.stage(b"Staged.")
    strange = {"copy.pdf", "ab/note.txt", f"00/{HASH}", f"a/b/{HASH}", "stagedness/x"}
    for name in strange:
        put(store, name, b"x")
    assert list(files.names()) == [HASH]
    assert set(files.strangers()) == strange


def test_twenty_that_stage_the_same_bytes_at_once_leave_one_file(store: FileStore) -> None:
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(lambda _: files.restore(CONTENT), range(20)))
    assert lying(store) == {f"{HASH[:2]}/{HASH}"}
    assert files.read(HASH) == CONTENT


def test_an_empty_and_a_large_file_come_back_as_they_were(store: FileStore) -> None:
    for content in (b"", os.urandom(9 * 1024 * 1024)):
        assert files.read(files.stage(content)) == content


def test_the_sweep_takes_what_nobody_names_once_it_is_old(store: FileStore) -> None:
    named, nobody = files.stage(CONTENT), files.stage(b"Nobody names this.")
    assert files.sweep(lambda name: name == named) == 0
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert files.sweep(lambda name: name == named) == 1
    assert lying(store) == {f"{named[:2]}/{named}"}
    with pytest.raises(files.FileMissing):
        files.look(nobody)


def test_the_sweep_does_not_put_a_damaged_copy_over_a_whole_file(store: FileStore) -> None:
    """A move that was cut off, or a second publication, leaves a staged copy of what is there."""
    files.restore(CONTENT)
    put(store, f"staged/{HASH}", b"damaged")
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert files.sweep(lambda _: True) == 0
    assert lying(store) == {f"{HASH[:2]}/{HASH}"}
    assert files.read(HASH) == CONTENT


def test_a_file_is_written_over_and_never_beside(store: FileStore) -> None:
    put(store, "ab/x", b"old")
    put(store, "ab/x", b"new")
    assert lying(store) == {"ab/x"}
    with store.open("ab/x") as file:
        assert file.read() == b"new"


# ------------------------------------------------------------------ the folder


def test_a_folder_keeps_nothing_of_a_file_that_could_not_be_written(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILES_DIR = tmp_path / "files"

    def refuse(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "fsync", refuse)
        files.stage(CONTENT)
    assert set(LocalFiles().each()) == set()


# ------------------------------------------------------------------ the bucket


def test_objects_have_the_prefix_of_the_site_and_leave_others_alone() -> None:
    with bucket() as client:
        client.put_object(Bucket=NAME, Key="site/other", Body=b"x")
        client.put_object(Bucket=NAME, Key="site/filesystem", Body=b"x")
        files.restore(CONTENT)
        assert keys(client) == {
            f"site/files/{HASH[:2]}/{HASH}",
            "site/other",
            "site/filesystem",
        }
        assert list(files.names()) == [HASH]
        assert list(files.strangers()) == []


def test_without_a_prefix_objects_begin_at_the_top() -> None:
    with bucket(location="") as client:
        files.restore(CONTENT)
        assert keys(client) == {f"{HASH[:2]}/{HASH}"}
        assert list(files.names()) == [HASH]


def test_more_objects_than_one_answer_lists_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with bucket() as client:
        every = {files.sha256(str(n).encode()) for n in range(7)}
        for name in every:
            key = f"site/files/{name[:2]}/{name}"
            client.put_object(Bucket=NAME, Key=key, Body=b"")
        monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
        assert set(files.names()) == every


def test_a_bucket_that_is_not_there_is_said_and_is_no_missing_file() -> None:
    with bucket(bucket_name="nowhere"):
        for doing in (lambda: files.stage(CONTENT), lambda: files.read(HASH)):
            with pytest.raises(OSError, match="There is no bucket nowhere") as caught:
                doing()
            assert not isinstance(caught.value, FileNotFoundError)
        with pytest.raises(OSError, match="There is no bucket nowhere"):
            list(files.names())
        with pytest.raises(OSError, match="There is no bucket nowhere"):
            files.is_in_place(HASH)


def test_a_network_that_fails_is_an_error_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(buckets_of_the_site.LIMITS, "retries", {"total_max_attempts": 1})

    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3.example.org/secret")

    with bucket():
        files.restore(CONTENT)
        client: Any = file_store().client  # type: ignore[attr-defined]
        client.meta.events.register_first("before-send.s3", fail)
        for doing in (
            lambda: files.stage(CONTENT),
            lambda: files.read(HASH),
            lambda: files.erase(HASH),
            lambda: list(files.names()),
        ):
            with pytest.raises(OSError, match="cannot be reached: EndpointConnectionError") as said:
                doing()
            assert not isinstance(said.value, FileNotFoundError)
            assert "example.org" not in str(said.value)
        client.meta.events.unregister("before-send.s3", fail)
        assert files.read(HASH) == CONTENT, "and it is there when the network is back"


def test_a_refusal_is_said_by_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"Error": {"Code": "AccessDenied", "Message": "somebody may not"}}

    def refuse(**_: Any) -> None:
        raise ClientError(said, "PutObject")

    with bucket():
        client: Any = file_store().client  # type: ignore[attr-defined]
        monkeypatch.setattr(client, "put_object", refuse)
        with pytest.raises(OSError, match="The bucket policies refused: AccessDenied"):
            files.stage(CONTENT)


def test_every_write_brings_the_digest_by_which_s3_refuses_damaged_bytes() -> None:
    sent: list[str] = []
    with bucket():
        client: Any = file_store().client  # type: ignore[attr-defined]
        client.meta.events.register(
            "before-send.s3.PutObject",
            lambda request, **_: sent.append(request.headers["Content-MD5"].decode()),
        )
        files.stage(CONTENT)
    assert sent == [base64.b64encode(hashlib.md5(CONTENT).digest()).decode()]


def test_a_move_that_is_cut_off_leaves_the_file_in_both_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with bucket() as client:
        files.stage(CONTENT)
        store = file_store()
        with monkeypatch.context() as patch, pytest.raises(OSError, match="gone"):
            patch.setattr(store, "delete", _gone)
            files.settle([HASH])
        assert keys(client) == {f"site/files/staged/{HASH}", f"site/files/{HASH[:2]}/{HASH}"}
        assert files.read(HASH) == CONTENT
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            files.sweep(lambda _: True)
        assert keys(client) == {f"site/files/{HASH[:2]}/{HASH}"}


def _gone(name: str) -> None:
    raise OSError(5, "gone")


def test_a_forked_process_gets_a_client_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with bucket():
        store: Any = file_store()
        mine = store.client
        assert store.client is mine
        monkeypatch.setattr(os, "getpid", lambda: -1)
        assert store.client is not mine
