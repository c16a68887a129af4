"""The page of a published version: facts, answers, files, and where each sentence comes from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policygen.core.amendments import amendment_of, amendments_to_json
from policygen.library.models import Release
from policygen.library.store import library_of
from policygen.policies.drafting.drafts import amend_draft
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Policy, PolicyVersion, VersionFile
from policygen.policies.published import files, serving
from policygen.policies.published.publishing import publish_policy
from policygen.policies.published.serving import NotServed, content_of
from policygen.policies.reviewing.review import comment
from policygen.rendering import FORMATS
from tests.library.steps import triggers_off
from tests.policies.cast import Cast, cast, drafted, order, policy_of, published
from tests.signing_in import sign_in
from tests.wizard.visitors import text_of

pytestmark = pytest.mark.usefixtures("release")


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


def as_(user: Any) -> Client:
    return sign_in(Client(), user)


def place_of(file: VersionFile) -> Path:
    return Path(settings.FILES_DIR) / file.sha256[:2] / file.sha256


# ------------------------------------------------------------------ facts


def test_every_fact_of_a_version_is_shown(people, policy):
    first = published(policy, people.owner)
    version = published(policy, people.editor, motto="We care.")
    text = text_of(as_(people.viewer).get(version.get_absolute_url()))
    for fact in (
        "Version 2",
        "It was time.",
        "Material",
        people.editor.username,
        version.digest,
        first.digest,
        version.release,
        "Release 1",
        "Nobody. No approval was asked for.",
    ):
        assert fact in text, fact
    for file in version.files.all():
        assert file.sha256 in text


def test_an_earlier_version_says_until_when_it_applied(people, policy):
    first = published(policy, people.owner)
    published(policy, people.owner, motto="We care.")
    text = text_of(as_(people.viewer).get(first.get_absolute_url()))
    assert "Never in force" in text  # both took effect on one day, so the newer one applies
    assert "What to do next" not in text


def test_answers_open_unknown_and_not_asked_are_told_apart(people, policy):
    version = published(policy, people.owner)
    without = published(policy, people.owner, marketing="none")
    page = text_of(as_(people.viewer).get(version.get_absolute_url()))
    assert "Do people agree first? I don’t know yet" in page
    assert "What is your full name? Elm Dental, PLLC" in page
    page = text_of(as_(people.viewer).get(without.get_absolute_url()))
    assert "Do people agree first? Not asked" in page


def test_every_sentence_is_traced_to_its_clause_and_the_answers(people, policy):
    version = published(policy, people.owner)
    text = text_of(as_(people.viewer).get(version.get_absolute_url()))
    assert "We keep the following" in text
    assert "about/data" in text or "data, version 1" in text
    assert "Here because you chose" in text
    assert "It prints what you answered to “What is your full name?”" in text


def test_local_wording_is_shown_against_the_text_of_the_library(people, policy):
    draft = drafted(policy, people.owner)
    library = library_of(draft.release)
    clause = next(one for one in library.clauses if "We keep the following" in one.source)
    own = amendment_of(
        library, clause.slug, clause.source.replace("We keep the following", "We hold")
    )
    assert own is not None
    stored = json.dumps(amendments_to_json([own]))
    amend_draft(Holder(user=people.owner), draft.pk, amendments=stored, revision=draft.revision)
    version = publish_policy(
        Holder(user=people.owner), draft.pk, order(Draft.objects.get(pk=draft.pk))
    )
    page = as_(people.viewer).get(version.get_absolute_url())
    assert "Your own wording" in text_of(page)
    assert "added: We hold" in text_of(page) or "We hold" in text_of(page)
    assert "your own wording)" in text_of(page)


def test_comments_stay_with_the_version(people, policy):
    draft = drafted(policy, people.owner)
    comment(Holder(user=people.reviewer), draft.pk, clause="", text="Looks <right> to me.")
    version = publish_policy(
        Holder(user=people.owner), draft.pk, order(Draft.objects.get(pk=draft.pk))
    )
    page = as_(people.viewer).get(version.get_absolute_url())
    assert "Looks &lt;right&gt; to me." in page.content.decode()


def test_the_newest_version_says_what_to_do_next(people, policy):
    published(policy, people.owner)
    version = published(policy, people.owner, motto="We care.")
    page = as_(people.viewer).get(version.get_absolute_url())
    assert "What to do next" in text_of(page)
    assert policy.public_path in page.content.decode()


def test_the_page_takes_as_many_queries_for_many_versions(people, policy):
    version = published(policy, people.owner)
    client = as_(people.viewer)
    client.get(version.get_absolute_url())
    with CaptureQueriesContext(connection) as few:
        client.get(version.get_absolute_url())
    for number in range(3):
        published(policy, people.owner, motto=f"We care {number}.")
    with CaptureQueriesContext(connection) as many:
        client.get(version.get_absolute_url())
    assert len(many) == len(few)


@pytest.mark.parametrize("number", ["0", "2", "9" * 9, "9" * 40, "9" * 5000, "-1", "x", "1.0"])
def test_a_version_that_is_not_there_is_not_found(people, policy, number):
    published(policy, people.owner)
    client = as_(people.owner)
    for name in ("", "pdf"):
        address = f"{policy.get_absolute_url()}versions/{number}/{name}"
        assert client.get(address).status_code == 404


def test_outsiders_and_strangers_see_nothing_of_it(people, policy):
    version = published(policy, people.owner)
    for name in ("", "pdf"):
        address = f"{version.get_absolute_url()}{name}"
        assert as_(people.outsider).get(address).status_code == 404
        assert "/account/login/" in Client().get(address)["Location"]
        assert as_(people.viewer).post(address).status_code == 405


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("answers", "{}"),
        ("answers", "[1]"),
        ("answers", "not json"),
        ("answers", '[{"question":"x"}]'),
        ("document", "{}"),
        ("document", "[" * 5000),
        ("document", ""),
        ("amendments", '[{"slug":1}]'),
        ("amendments", "x"),
        ("review", "[]"),
        ("review", "null"),
        ("review", '{"editors":1,"approved_by":null,"comments":[]}'),
        ("release", "0" * 64),
        ("release", ""),
    ],
)
def test_x17_a_damaged_version_is_shown_as_far_as_it_can_be_read(people, policy, column, value):
    version = published(policy, people.owner)
    with triggers_off("policies_policyversion"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE policies_policyversion SET {column} = %s", [value])
    client = as_(people.owner)
    page = client.get(version.get_absolute_url())
    assert page.status_code == 200
    assert ("is damaged" in text_of(page)) == (column != "release")
    assert client.get(policy.get_absolute_url()).status_code == 200
    begun = client.post(f"{policy.get_absolute_url()}start/")
    assert begun.status_code == 302
    assert client.get(begun["Location"]).status_code == 200
    draft = Draft.objects.first()
    if draft is not None:
        for name in ("publish", "reading", "review", "why"):
            assert client.get(f"/drafts/{draft.pk}/{name}/").status_code == 200, name
    assert client.get(f"{policy.get_absolute_url()}release/").status_code in {200, 302}


# ------------------------------------------------------------------ files


@pytest.mark.parametrize("name", FORMATS)
def test_each_file_is_handed_out_as_it_was_published(people, policy, name):
    version = published(policy, people.owner)
    file = version.files.get(format=name)
    response = as_(people.viewer).get(f"{version.get_absolute_url()}{name}")
    assert hashlib.sha256(response.content).hexdigest() == file.sha256
    assert response["Content-Type"] == file.content_type
    assert response["Content-Disposition"] == f'attachment; filename="{file.filename}"'
    assert response["Cache-Control"] == "private, no-store"
    assert as_(people.viewer).get(f"{version.get_absolute_url()}exe").status_code == 404


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("fault", ["missing", "flipped", "empty"])
def test_x18_a_lost_or_damaged_file_is_made_again_with_the_same_bytes(people, policy, name, fault):
    version = PolicyVersion.objects.get(pk=published(policy, people.owner).pk)
    file = version.files.get(format=name)
    content = files.read(file.sha256)
    spoil(file, fault, content)
    response = as_(people.viewer).get(f"{version.get_absolute_url()}{name}")
    assert response.content == content
    assert place_of(file).read_bytes() == content


def spoil(file: VersionFile, fault: str, content: bytes) -> None:
    place = place_of(file)
    place.unlink()
    if fault == "flipped":
        place.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    if fault == "empty":
        place.write_bytes(b"")


def test_a_damaged_document_is_made_again_from_the_answers(people, policy):
    version = published(policy, people.owner)
    file = version.files.get(format="txt")
    content = files.read(file.sha256)
    spoil(file, "missing", content)
    with triggers_off("policies_policyversion"), connection.cursor() as cursor:
        cursor.execute("UPDATE policies_policyversion SET document = '{}'")
    assert content_of(VersionFile.objects.get(pk=file.pk)) == content


def test_what_cannot_be_made_again_is_not_handed_out(people, policy):
    version = published(policy, people.owner)
    file = version.files.get(format="txt")
    spoil(file, "flipped", files.read(file.sha256))
    with triggers_off("policies_policyversion"), connection.cursor() as cursor:
        cursor.execute("UPDATE policies_policyversion SET document = '{}', answers = '[]'")
    with pytest.raises(NotServed):
        content_of(VersionFile.objects.get(pk=file.pk))
    response = as_(people.viewer).get(f"{version.get_absolute_url()}txt")
    assert response.status_code == 503
    assert "Nobody is given another file in its place." in text_of(response)


def test_a_file_of_another_renderer_is_not_even_tried(people, policy, monkeypatch):
    version = published(policy, people.owner)
    file = version.files.get(format="pdf")
    place_of(file).unlink()
    monkeypatch.setattr(serving, "renderer", lambda name: "another program")
    with pytest.raises(NotServed):
        content_of(file)


def test_a_release_that_is_gone_takes_no_file_away(people, policy, monkeypatch):
    version = published(policy, people.owner)
    file = version.files.get(format="html")
    content = files.read(file.sha256)
    place_of(file).unlink()

    def gone(digest: str) -> None:
        raise Release.DoesNotExist

    monkeypatch.setattr("policygen.policies.published.publishing.library_of", gone)
    assert content_of(file) == content


def test_where_nothing_can_be_stored_a_file_is_handed_out_all_the_same(people, policy, monkeypatch):
    version = published(policy, people.owner)
    file = version.files.get(format="md")
    content = files.read(file.sha256)
    place_of(file).unlink()

    def full(content: bytes) -> str:
        raise OSError("No space left on device")

    monkeypatch.setattr(files, "restore", full)
    assert content_of(file) == content
    assert not place_of(file).exists()
