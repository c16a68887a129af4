"""X05: the disk is full or cannot be written to: nothing is published, and the draft is there."""

from __future__ import annotations

import errno
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Event, Policy, PolicyVersion, VersionFile
from policygen.policies.published import files
from policygen.policies.published.publishing import publish_policy
from tests.faults.site import Site, problems
from tests.policies.cast import Cast, drafted, order, published
from tests.signing_in import sign_in

PDF = 40_000
"""How large the PDFs of the victims are, in bytes."""


def still_a_draft(policy: Policy, draft: Draft) -> None:
    assert problems(policy) == []
    assert not PolicyVersion.objects.filter(draft=draft.pk).exists()
    assert Draft.objects.get(pk=draft.pk).revision == draft.revision
    assert set(files.names()) == set(VersionFile.objects.values_list("sha256", flat=True))


def test_files_that_may_not_grow_keep_a_version_from_being_published(
    policy: Policy, people: Cast, site: Site
) -> None:
    """The kernel refuses: every file of the process has a limit, as on a disk that is full."""
    draft = drafted(policy, people.owner)
    words = (draft.pk, people.owner.pk, draft.revision)
    for limit in (0, 1_000, PDF - 1):
        with site.victim("store", *map(str, (limit, *words))) as victim:
            said = victim.heard()
        assert "File too large" in said or "disk I/O error" in said or "full" in said
        still_a_draft(policy, draft)
    with site.victim("store", *map(str, (10**9, *words))) as victim:
        assert victim.heard() == "published"
    assert problems(policy) == []


@pytest.mark.sqlite
def test_a_database_file_that_may_not_grow_keeps_a_version_from_being_published(
    policy: Policy, people: Cast, site: Site
) -> None:
    draft = drafted(policy, people.owner)
    words = (draft.pk, people.owner.pk, draft.revision)
    with site.victim("store", *map(str, (PDF + 5_000, *words))) as victim:
        assert victim.heard().startswith("OperationalError: ")
    assert not PolicyVersion.objects.exists()
    assert problems(policy) == []
    assert Draft.objects.get(pk=draft.pk).revision == draft.revision


@pytest.mark.parametrize("number", range(1, 6))
def test_whichever_file_cannot_be_stored_nothing_is_published(
    policy: Policy, people: Cast, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    earlier = published(policy, people.owner)
    draft = drafted(policy, people.owner, practice_name="Elm")
    calls = count(1)  # which threads share: the formats are stored at once

    def full(handle: int) -> None:
        if next(calls) == number:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr("policygen.disk.os.fsync", full)
        publish_policy(Holder(user=people.owner), draft.pk, order(draft))
    still_a_draft(policy, draft)
    assert earlier.files.count() == 5
    publish_policy(Holder(user=people.owner), draft.pk, order(draft))
    assert problems(policy) == []


@pytest.mark.parametrize("folder", ["/proc/none", "/proc/version"])
def test_a_folder_that_cannot_be_written_to_is_said_and_the_text_kept(
    policy: Policy, people: Cast, settings: Any, folder: str
) -> None:
    draft = drafted(policy, people.owner)
    lines = Event.objects.count()
    client = sign_in(Client(), people.owner)
    asked = {
        "revision": draft.revision,
        "effective_on": str(people.practice.today()),
        "reason": "Because of the move.",
        "kind": "material",
    }
    address = f"/drafts/{draft.pk}/publish/"
    with override_settings(FILES_DIR=Path(folder)):
        response = client.post(address, asked)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    text = response.content.decode()
    assert "Because of the move." in text
    assert "/proc" not in text
    assert Event.objects.count() == lines
    still_a_draft(policy, draft)
    assert client.post(address, asked).status_code == 302
    assert problems(policy) == []


def test_files_that_cannot_be_put_into_their_places_are_read_where_they_are(
    policy: Policy, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are there already: it is published, and a later reader finishes the work."""

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    draft = drafted(policy, people.owner)
    with monkeypatch.context() as patch:
        patch.setattr("policygen.policies.published.publishing.files.settle", refuse)
        version = publish_policy(Holder(user=people.owner), draft.pk, order(draft))
        assert problems(policy) == []
        address = "/p/elm-dental/privacy-policy"
        assert Client().get(f"{address}.pdf").status_code == 200
    assert list(files.names()) == []
    for file in version.files.all():
        assert files.read(file.sha256)
    assert len(list(files.names())) == 5
    assert problems(quick=False) == []
