"""The sets of answers on which the library tries a release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.utils import timezone

from policygen.core.amendments import amendment_of
from policygen.core.problems import Refused
from policygen.library.comparison import redline_from_json
from policygen.library.loading import load_library
from policygen.library.publishing import prepare_release
from policygen.library.sources import SOURCES, broken
from policygen.library.strict_yaml import decode, read_yaml
from policygen.policies.drafting.drafts import amend_draft
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, PolicyVersion
from policygen.policies.published.publishing import publish_policy
from policygen.policies.sources import CHUNK
from policygen.policies.stored import amendments_to_text
from tests.library.folders import change, write
from tests.library.steps import triggers_off
from tests.policies.cast import cast, drafted, order, policy_of, published
from tests.releases import approve_changes, person, put_in_force, tried_out
from tests.wizard.visitors import FOLDER, elm, library

DRAFTS, EXAMPLES, POLICIES = SOURCES["drafts"], SOURCES["examples"], SOURCES["policies"]


def drafts(count: int) -> None:
    now = timezone.now()
    Draft.objects.bulk_create(
        Draft(visitor="owner", title=f"{i}", answers=f'{{"n":"{i}"}}', updated=now)
        for i in range(count)
    )


def test_the_examples_hold_a_release_up_and_the_drafts_do_not():
    assert (EXAMPLES.blocks, DRAFTS.blocks) == (True, False)
    assert (EXAMPLES.label, DRAFTS.label) == ("Examples", "Drafts of interviews")


def test_an_example_is_given_as_its_file_says_it(settings):
    settings.CLAUSES_DIR = FOLDER
    assert EXAMPLES.keys() == ["elm"]
    (found,) = EXAMPLES.sets(["elm", "no-such", "../sections"])
    raw = read_yaml(decode((FOLDER / "examples" / "elm.yaml").read_bytes())).value["answers"]
    assert (found.key, found.title, found.raw) == ("elm", "Elm Dental", raw)
    assert broken(library(), found) == []


@pytest.mark.parametrize(
    "text", ["{", "- a", "title: x", "answers: 7", "answers: &a {b: *a}", b"\xff"]
)
def test_a_file_that_is_no_answers_file_is_left_out_and_logged(settings, tmp_path, caplog, text):
    settings.CLAUSES_DIR = tmp_path
    write(tmp_path, "examples/odd.yaml", text)
    write(tmp_path, "examples/plain.yaml", "answers: {practice_name: Elm}\n")
    found = list(EXAMPLES.sets(EXAMPLES.keys()))
    assert [(one.key, one.title, one.raw) for one in found] == [
        ("plain", "plain", {"practice_name": "Elm"})
    ]
    assert "odd.yaml" in caplog.text


def test_the_newest_version_of_every_published_policy_is_tried(release, django_assert_num_queries):
    people = cast()
    first, second, _unpublished = (policy_of(people, title) for title in ("One", "Two", "Three"))
    published(first, people.editor)
    published(first, people.editor, data=["name"])
    published(second, people.editor, practice_name="Oak")
    assert not POLICIES.blocks
    keys = POLICIES.keys()
    assert keys == [str(first.pk), str(second.pk)]
    with django_assert_num_queries(1):
        one, two = POLICIES.sets([*keys, "999999", "x"])
    assert (one.title, two.title) == ("Elm Dental: One, version 2", "Elm Dental: Two, version 1")
    assert (one.raw["data"], two.raw["practice_name"]) == (["name"], "Oak")
    assert one.release == library().digest


def test_a_damaged_version_is_logged_and_holds_nobody_up(release, caplog):
    people = cast()
    whole, broken_one = policy_of(people, "One"), policy_of(people, "Two")
    published(whole, people.editor)
    damaged = published(broken_one, people.editor)
    with triggers_off("policies_policyversion"):
        PolicyVersion.objects.filter(pk=damaged.pk).update(answers="[{}]")
    assert [one.key for one in POLICIES.sets(POLICIES.keys())] == [str(whole.pk)]
    assert "Elm Dental: Two, version 1 (policy" in caplog.text


def test_a_release_shows_what_it_would_change_in_a_published_policy(folder: Path):
    people = cast()
    draft = drafted(policy_of(people), people.editor)
    own = amendment_of(library(), "data", "We hold this: {{ data | listing }}.")
    assert own is not None
    text = amendments_to_text([own])
    owner = Holder(user=people.owner)
    amend_draft(owner, draft.pk, amendments=text, revision=draft.revision)
    draft.refresh_from_db()
    version = publish_policy(Holder(user=people.editor), draft.pk, order(draft))
    change(folder, "about/data.md", "We keep the following about you", "We store this of yours")
    change(folder, "about/marketing.md", "We send", "We mail")
    load_library(folder, today=timezone.localdate())
    approve_changes()
    today = timezone.localdate()
    candidate = prepare_release(
        title="Next", notes="", effective_from=today, by=person("release_manager"), today=today
    )
    (row,) = tried_out(candidate).sets.filter(source="policies")
    (changed,) = (
        clause for section in redline_from_json(row.redline).sections for clause in section.clauses
    )
    assert (row.outcome, changed.slug) == ("changed", "marketing")
    assert [where for where, _ in row.problems] == ["data"]
    assert PolicyVersion.objects.get().document == version.document


def test_a_release_that_breaks_an_example_is_refused(folder: Path):
    lines = (folder / "vocabulary.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    write(folder, "vocabulary.yaml", "".join(line for line in lines if "id: motto" not in line))
    (folder / "about" / "motto.md").unlink()
    contents = (folder / "examples" / "elm.yaml").read_text(encoding="utf-8")
    change(folder, "examples/elm.yaml", "  motto: none\n", "")
    load_library(folder, today=timezone.localdate())
    approve_changes()
    write(folder, "examples/elm.yaml", contents)  # as somebody left it who forgot it
    with pytest.raises(Refused) as refused:
        put_in_force()
    assert [problem.where for problem in refused.value.problems] == ["examples.elm.“motto”"]
    change(folder, "examples/elm.yaml", "  motto: none\n", "")
    assert put_in_force().number == 2


def test_drafts_are_given_with_their_title_and_answers(db):
    now = timezone.now()
    raw = json.dumps(elm())
    draft = Draft.objects.create(visitor="a", title="Elm", answers=raw, updated=now)
    other = Draft.objects.create(visitor="b", answers="{", release="a" * 64, updated=now)
    keys = DRAFTS.keys()
    assert keys == sorted([str(draft.pk), str(other.pk)])
    found = {one.key: one for one in DRAFTS.sets(keys)}
    assert found[str(draft.pk)].title == "Elm"
    assert found[str(draft.pk)].raw == elm()
    assert found[str(other.pk)].title == "Untitled draft"
    assert [found[str(one.pk)].release for one in (draft, other)] == ["", "a" * 64]
    assert broken(library(), found[str(other.pk)])
    assert broken(library(), found[str(draft.pk)]) == []


def test_a_draft_of_a_practice_is_named_after_it(release, django_assert_num_queries):
    for name in ("Elm Dental", "Ash Dental"):
        people = cast(name)
        drafted(policy_of(people), people.owner)
    keys = DRAFTS.keys()
    with django_assert_num_queries(1):
        titles = {one.title for one in DRAFTS.sets(keys)}
    assert titles == {f"{name}: Privacy policy, draft" for name in ("Elm Dental", "Ash Dental")}


def test_drafts_that_are_gone_meanwhile_and_keys_that_are_none_are_left_out(db):
    drafts(3)
    keys = DRAFTS.keys()
    Draft.objects.filter(pk=keys[1]).delete()
    assert [one.key for one in DRAFTS.sets([*keys, "x", ""])] == [keys[0], keys[2]]


def test_a_thousand_drafts_are_read_in_chunks(db, django_assert_num_queries):
    drafts(1000)
    with django_assert_num_queries(1):
        keys = DRAFTS.keys()
    with django_assert_num_queries(1000 // CHUNK):
        found = list(DRAFTS.sets(iter(keys)))
    assert [one.key for one in found] == keys
    assert CHUNK == 200
