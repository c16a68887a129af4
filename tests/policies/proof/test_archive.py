"""The archive of a practice: all that is its own, nothing of another, and the same bytes again."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policygen.library.answers_file import read_answers_file
from policygen.library.store import library_of
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Policy, PolicyVersion, VersionFile
from policygen.policies.proof import archive as packing
from policygen.policies.proof.archive import write_archive
from policygen.policies.published import files
from policygen.policies.reviewing import review
from policygen.practices.models import Location, Practice
from tests.policies.cast import Cast, cast, drafted, policy_of, published
from tests.signing_in import sign_in
from tests.wizard.visitors import elm

pytestmark = pytest.mark.django_db

OURS = re.compile(
    r"README\.txt|manifest\.json|practice\.json|policies/[0-9]{4}/(?:policy|log)\.json"
    r"|policies/[0-9]{4}/(?:versions|drafts)/[0-9]{4}/[a-z]+\.[a-z]{2,4}"
)
NASTY = "../“Elm” \u202egnp.exe\n/etc/passwd"


@pytest.fixture
def people(release: None, settings: Any, tmp_path: Path) -> Cast:
    settings.FILES_DIR = tmp_path / "files"
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    """A policy with two versions and a draft that somebody remarked on; and one without any."""
    policy = policy_of(people)
    published(policy, people.owner)
    published(policy, people.editor, practice_name="Elm Dental Care")
    draft = drafted(policy, people.owner, practice_name="Elm Dentists")
    holder = Holder(user=people.reviewer)
    review.comment(holder, draft.pk, clause="data", text="Is that so?")
    policy_of(people, title="Second policy")
    Location.objects.create(practice=people.practice, name="Downtown", address="1 Main St")
    return policy


def packed(practice: Practice) -> bytes:
    file = io.BytesIO()
    write_archive(practice, file)
    return file.getvalue()


def opened(practice: Practice) -> ZipFile:
    return ZipFile(io.BytesIO(packed(practice)))


def test_everything_is_in_it(policy: Policy, people: Cast) -> None:
    archive = opened(people.practice)
    assert archive.testzip() is None
    version = {
        *("version.json", "answers.json", "answers.yaml", "amendments.json", "document.json"),
        *("review.json", "notice.txt", "notice.html"),
        *(f"policy.{name}" for name in ("pdf", "html", "txt", "md", "json")),
    }
    draft = ("draft.json", "answers.json", "answers.yaml", "amendments.json", "comments.json")
    assert set(archive.namelist()) == {
        *("README.txt", "practice.json", "manifest.json"),
        *(f"policies/{n}/{name}.json" for n in ("0001", "0002") for name in ("policy", "log")),
        *(f"policies/0001/versions/{n}/{name}" for n in ("0001", "0002") for name in version),
        *(f"policies/0001/drafts/0001/{name}" for name in draft),
    }
    practice = json.loads(archive.read("practice.json"))
    assert practice["locations"] == [
        {
            "name": "Downtown",
            "brand": None,
            "address": "1 Main St",
            "phone": "",
            "fax": "",
            "email": "",
            "closed_on": None,
        }
    ]
    assert [one["role"] for one in practice["members"]] == [
        *("owner", "editor", "reviewer", "viewer")
    ]
    (comment,) = json.loads(archive.read("policies/0001/drafts/0001/comments.json"))
    assert (comment["clause"], comment["text"]) == ("data", "Is that so?")
    log = json.loads(archive.read("policies/0001/log.json"))
    assert [line["number"] for line in log] == list(range(1, policy.events.count() + 1))


def test_versions_are_packed_as_they_are_stored(policy: Policy, people: Cast) -> None:
    archive = opened(people.practice)
    for version in PolicyVersion.objects.filter(policy=policy):
        folder = f"policies/0001/versions/{version.number:04}"
        for text in ("answers", "amendments", "document", "review"):
            assert archive.read(f"{folder}/{text}.json").decode() == getattr(version, text)
        for file in version.files.all():
            content = archive.read(f"{folder}/policy.{file.format}")
            assert hashlib.sha256(content).hexdigest() == file.sha256
        said = json.loads(archive.read(f"{folder}/version.json"))
        assert said["digest"] == version.digest
        assert len(said["files"]) == 5


def test_answers_can_be_read_back(policy: Policy, people: Cast) -> None:
    archive = opened(people.practice)
    vocabulary = library_of(Draft.objects.get(policy=policy).release).vocabulary
    for place, name in (
        ("versions/0001", elm()["practice_name"]),
        ("versions/0002", "Elm Dental Care"),
        ("drafts/0001", "Elm Dentists"),
    ):
        raw = archive.read(f"policies/0001/{place}/answers.yaml")
        answers = read_answers_file(raw, vocabulary).answers
        assert answers.to_raw() == {**elm(), "practice_name": name}


def test_the_manifest_has_the_digest_of_each_member(policy: Policy, people: Cast) -> None:
    archive = opened(people.practice)
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["left_out"] == []
    assert [one["name"] for one in manifest["members"]] == archive.namelist()[:-1]
    for one in manifest["members"]:
        content = archive.read(one["name"])
        assert one["sha256"] == hashlib.sha256(content).hexdigest()
        assert one["size"] == len(content)


def test_the_same_state_gives_the_same_bytes(policy: Policy, people: Cast) -> None:
    assert packed(people.practice) == packed(people.practice)
    assert {info.date_time for info in opened(people.practice).infolist()} == {packing.EPOCH}


def test_names_are_ours_whatever_people_call_things(policy: Policy, people: Cast) -> None:
    Policy.objects.filter(pk=policy.pk).update(title=NASTY)
    Practice.objects.filter(pk=people.practice.pk).update(name=NASTY)
    Draft.objects.filter(policy=policy).update(title=NASTY)
    archive = opened(Practice.objects.get(pk=people.practice.pk))
    assert all(OURS.fullmatch(name) for name in archive.namelist())
    assert NASTY in archive.read("README.txt").decode()


def test_nothing_of_another_practice_is_in_it(policy: Policy, people: Cast) -> None:
    """The other practice has the same of everything, with a word of its own in all of it."""
    secret = "Zebra"
    Location.objects.create(practice=people.other, name=secret)
    theirs = packing.Policy.objects.create(practice=people.other, title=secret, slug="zebra")
    published(theirs, people.outsider, practice_name=secret)
    drafted(theirs, people.outsider, practice_name=f"{secret} Dental")
    names = (people.outsider.username, people.other.name, secret)
    archive = opened(people.practice)
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert not any(name.encode() in everything for name in names)
    archive = opened(people.other)
    there = b"".join(archive.read(name) for name in archive.namelist())
    assert all(name.encode() in there for name in names)
    assert people.owner.username.encode() not in there


def test_a_lost_file_is_named_and_the_rest_is_packed(
    policy: Policy, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = VersionFile.objects.get(format="pdf", version__number=1)
    files.erase(file.sha256)
    monkeypatch.setattr("policygen.policies.published.serving.renderer", lambda name: "another")
    archive = opened(people.practice)
    name = "policies/0001/versions/0001/policy.pdf"
    assert name not in archive.namelist()
    (lost,) = json.loads(archive.read("manifest.json"))["left_out"]
    assert lost["name"] == name
    assert file.sha256 in lost["why"]


@pytest.mark.parametrize("text", ["{", "[]", '{"practice_name": 7}', '{"no": "question"}', ""])
def test_answers_that_cannot_be_read_are_packed_as_they_are(
    policy: Policy, people: Cast, text: str
) -> None:
    Draft.objects.filter(policy=policy).update(answers=text, amendments=text)
    archive = opened(people.practice)
    assert archive.read("policies/0001/drafts/0001/answers.json").decode() == text
    assert archive.read("policies/0001/drafts/0001/amendments.json").decode() == text


def test_one_version_is_in_memory_at_a_time(policy: Policy, people: Cast) -> None:
    long_texts = 0
    with CaptureQueriesContext(connection) as asked:
        for member in packing.members_of(people.practice):
            texts = [one for one in asked if re.search(r'"document".*"number" = ', one["sql"])]
            numbers = re.findall(r"versions/([0-9]+)/", member.name)
            long_texts = max([long_texts, *map(int, numbers)])
            assert len(texts) == long_texts, "a version is fetched when it is its turn"
    assert long_texts == 2


# ------------------------------------------------------------------ the page


def address(people: Cast) -> str:
    return f"/practices/{people.practice.slug}/export.zip"


def test_an_owner_takes_everything_away(policy: Policy, people: Cast) -> None:
    response = sign_in(Client(), people.owner).get(address(people))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"] == 'attachment; filename="elm-dental.zip"'
    assert response["Cache-Control"] == "private, no-store"
    content = b"".join(response.streaming_content)
    for close in response._resource_closers:  # response.close() would close the database, too
        close()
    assert content == packed(people.practice)
    assert int(response["Content-Length"]) == len(content)


def test_nobody_else_does(policy: Policy, people: Cast) -> None:
    for user in (people.editor, people.reviewer, people.viewer):
        assert sign_in(Client(), user).get(address(people)).status_code == 403
    assert sign_in(Client(), people.outsider).get(address(people)).status_code == 404
    response = Client().get(address(people))
    assert response.status_code == 302
    assert "/account/login/" in response["Location"]
    assert sign_in(Client(), people.owner).post(address(people)).status_code == 405


def test_a_full_disk_is_said(policy: Policy, people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("policygen.policies.inside.export.write_archive", full)
    response = sign_in(Client(), people.owner).get(address(people), follow=True)
    assert response.status_code == 200
    assert "The archive could not be packed" in response.content.decode()
