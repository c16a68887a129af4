"""A new release while somebody is in the middle of an interview (fault X14 of the catalogue)."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from policygen.library import store
from policygen.library.models import Release
from policygen.policies.models import Draft
from tests.library.folders import change, write
from tests.releases import release_changes
from tests.wizard.visitors import Controls, Visitor, elm, text_of

RECORDS = (
    "      - {id: records, group: health, label: Records, help: Charts., phrase: your records}\n"
)
PHOTOS = (
    "      - {id: photos, group: identity, label: Photos, help: Of you., phrase: your photos}\n"
)
MOTTO = (
    '  - {id: motto, page: practice, kind: text, ask: "What is your motto?", '
    'help: "One sentence.", example: "We care."}\n'
)
PETS = '  - {id: pets, page: data, kind: text, ask: "Any pets?", help: "All.", example: "A dog"}\n'
YEARS = '  - {id: retention_years, page: retention, kind: number, min: 1, max: 30, ask: "How'


@pytest.fixture
def newer(drafter: Visitor, folder: Path) -> Release:
    """Release 2, made while the drafter's interview goes on: an option and other words."""
    change(folder, "vocabulary.yaml", RECORDS, PHOTOS + RECORDS)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    return release_changes(folder, title="Photos", notes="Photos can be ticked.\n\n<b>Look</b>.")


def without_motto(folder: Path) -> Release:
    change(folder, "vocabulary.yaml", MOTTO, "")
    change(folder, "examples/elm.yaml", "  motto: none\n", "")
    (folder / "about" / "motto.md").unlink()
    return release_changes(folder)


def without_retention(folder: Path) -> Release:
    lines = (folder / "vocabulary.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(YEARS))
    write(folder, "vocabulary.yaml", text)
    change(folder, "examples/elm.yaml", '  retention_years: "7"\n', "")
    (folder / "about" / "years.md").unlink()
    return release_changes(folder)


def stored(visitor: Visitor) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(visitor.draft.answers)
    return found


def move(visitor: Visitor, form: dict[str, list[str]] | None = None) -> Any:
    return visitor.client.post(f"{visitor.base}release/", form or visitor.form("release"))


# ------------------------------------------------------------------ a draft keeps its release


def test_x14_everything_made_from_a_draft_stays_with_the_release_it_was_begun_with(drafter, folder):
    addresses = ("policy.txt", "policy.html", "answers.yaml", "why/", "data/")
    before = {address: drafter.client.get(drafter.base + address).content for address in addresses}
    preview = drafter.client.post(f"{drafter.base}data/preview/", drafter.form("data")).content
    change(folder, "vocabulary.yaml", RECORDS, PHOTOS + RECORDS)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    release_changes(folder)
    for address in ("policy.txt", "policy.html", "answers.yaml", "why/"):
        assert drafter.client.get(drafter.base + address).content == before[address]
    assert "Photos" not in text_of(drafter.get("data"))
    assert drafter.client.post(f"{drafter.base}data/preview/", drafter.form("data")).content == (
        preview
    )
    assert "We keep the following" in text_of(drafter.get("review"))
    assert "We store the following" in text_of(Visitor(elm()).get("review"))


def test_an_option_that_only_the_newer_release_has_is_refused(drafter, newer):
    response = drafter.send("data", data=["name", "photos"])
    assert response.status_code == 200
    assert "There is a problem" in text_of(response)
    assert stored(drafter) == elm()
    assert Visitor(elm()).send("data", data=["name", "photos"]).status_code == 302


def test_answers_are_saved_as_ever_with_the_release_they_were_given_to(drafter, newer):
    own = drafter.draft.release
    assert drafter.send("data", data=["birth-date"]).status_code == 302
    assert stored(drafter)["data"] == ["birth-date"]
    assert drafter.draft.release == own != newer.digest


@pytest.mark.parametrize("start", [{"blank": "1"}, {"example": "elm"}])
def test_a_draft_begins_with_the_release_in_force(client, newer, start):
    client.post("/drafts/", start)
    assert Draft.objects.filter(release=newer.digest).count() == 1


# ------------------------------------------------------------------ the notice


@pytest.mark.parametrize("page", ["data", "review"])
def test_a_notice_says_what_is_new_and_changes_nothing(drafter, newer, page):
    response = drafter.get(page)
    text = text_of(response)
    assert "There is a newer release of the clauses" in text
    assert "Release 2: Photos" in text
    assert "Photos can be ticked. <b>Look</b>." in text
    day = timezone.localdate()
    assert f"Your draft still uses release 1 of {day:%B} {day.day}, {day.year}." in text
    assert f'href="{drafter.base}release/"' in response.content.decode()
    assert drafter.draft.release != newer.digest


@pytest.mark.parametrize("page", ["data", "review"])
def test_nothing_is_said_to_whom_it_does_not_concern(newer, page):
    assert "newer release" not in text_of(Visitor(elm()).get(page))


def test_the_notice_names_all_releases_that_came_meanwhile(drafter, newer, folder):
    change(folder, "about/who.md", "cares about", "guards")
    release_changes(folder, title="Guards")
    text = text_of(drafter.get("review"))
    assert text.index("Release 3: Guards") < text.index("Release 2: Photos")
    assert "See what release 3 would change" in text


def test_only_the_notice_costs_another_query(drafter, newer, django_assert_num_queries):
    drafter.get("data")
    with django_assert_num_queries(3):  # the session; the draft; the releases
        drafter.get("data")
    other = Visitor(elm())
    other.get("data")
    with django_assert_num_queries(2):
        other.get("data")


def test_a_scheduled_release_counts_from_its_day(drafter, folder, monkeypatch):
    tomorrow = timezone.localdate() + timedelta(days=1)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    scheduled = release_changes(folder, effective_from=tomorrow)
    assert "newer release" not in text_of(drafter.get("review"))
    assert Visitor().draft.release == drafter.draft.release
    assert drafter.client.get(f"{drafter.base}release/").status_code == 302
    monkeypatch.setattr(timezone, "localdate", lambda *_, **_zone: tomorrow)
    assert "There is a newer release" in text_of(drafter.get("review"))
    assert Visitor().draft.release == scheduled.digest


def test_back_at_the_library_of_the_draft_there_is_nothing_to_say(drafter, newer):
    """Going back to an earlier library makes a new release with the digest of the earlier one."""
    middle = Visitor(elm())
    first = Release.objects.get(number=1)
    again = Release.objects.create(
        number=3,
        title="Back",
        digest=first.digest,
        snapshot=first.snapshot,
        effective_from=timezone.localdate(),
        made_at=timezone.now(),
    )
    Release.objects.filter(pk=again.pk).update(state="published", published_at=timezone.now())
    assert "newer release" not in text_of(drafter.get("review"))
    text = text_of(middle.get("review"))
    assert "Release 3: Back" in text
    assert "Release 2: Photos" not in text
    assert "still uses release 2" in text


# ------------------------------------------------------------------ what moving would change


def test_the_text_that_would_change_is_marked_for_eyes_and_ears(drafter, newer):
    response = drafter.get("release")
    markup = response.content.decode()
    assert '<del><span class="visually-hidden">removed: </span>keep</del>' in markup
    assert '<ins><span class="visually-hidden">added: </span>store</ins>' in markup
    text = text_of(response)
    assert "cares about your privacy" not in text  # what stays is not repeated
    assert "New choices What data do you keep? Photos" in text
    assert "Answers that no longer fit" not in text
    assert "New questions for you" not in text


def test_where_no_sentence_changes_that_is_said(drafter, folder):
    change(folder, "contact/faxes.md", "at any time", "any day")
    release_changes(folder)
    assert "It stays as it is, word for word." in text_of(drafter.get("release"))


def test_new_questions_are_listed(drafter, folder):
    change(folder, "vocabulary.yaml", "  - id: marketing\n", PETS + "  - id: marketing\n")
    change(
        folder, "examples/elm.yaml", "  marketing: [mail]\n", "  marketing: [mail]\n  pets: none\n"
    )
    write(
        folder, "about/pets.md", "---\ntitle: Pets\norder: 90\nclaims: []\n---\nPets: {{ pets }}\n"
    )
    release_changes(folder)
    assert "New questions for you Any pets?" in text_of(drafter.get("release"))
    move(drafter)
    assert "Any pets? Not answered yet. It decides: Pets." in text_of(drafter.get("review"))


def test_answers_that_no_longer_fit_are_named_with_what_was_answered(drafter, folder):
    drafter.send("practice", motto="We care", motto__instead=[])
    without_motto(folder)
    text = text_of(drafter.get("release"))
    assert "Answers that no longer fit" in text
    assert "What is your motto? We care This is no longer asked." in text


def test_what_is_worded_anew_is_shown_to_whom_answered_it(drafter, folder):
    change(folder, "vocabulary.yaml", "label: Records, help: Charts.", "label: Records, help: All.")
    change(folder, "vocabulary.yaml", "label: Phone, help: Calls.", "label: Phone, help: Any.")
    release_changes(folder)
    markup = drafter.get("release").content.decode()
    assert "Worded anew since you answered" in markup
    assert '<span class="visually-hidden">removed: </span>Charts' in markup
    assert "Calls" not in markup  # it was not ticked


def test_a_draft_without_a_policy_can_be_compared(newer):
    visitor = Visitor()
    Draft.objects.filter(pk=visitor.draft_id).update(
        release=Release.objects.get(number=1).digest, answers="{"
    )
    assert visitor.get("release").status_code == 200
    assert move(visitor)["Location"] == f"{visitor.base}review/"
    assert visitor.draft.answers == "{"


def test_what_somebody_answered_is_shown_literally(drafter, folder):
    drafter.send("practice", motto="<script>{{ 3*7777 }}</script>", motto__instead=[])
    without_motto(folder)
    response = drafter.get("release")
    assert "<script>" not in response.content.decode()
    assert "<script>{{ 3*7777 }}</script>" in text_of(response)


# ------------------------------------------------------------------ moving


def test_moving_is_recorded_and_keeps_every_answer(drafter, newer):
    before = drafter.draft
    response = move(drafter)
    assert response["Location"] == f"{drafter.base}review/"
    text = text_of(drafter.get("review"))
    assert "Your draft now uses release 2. All your answers are kept." in text
    assert "newer release" not in text
    assert "We store the following" in text
    after = drafter.draft
    assert (after.release, after.revision) == (newer.digest, before.revision + 1)
    assert after.answers == before.answers
    assert after.updated > before.updated
    assert drafter.send("data", data=["name", "photos"]).status_code == 302
    assert stored(drafter)["data"] == ["name", "photos"]


def test_nobody_else_can_look_or_move(drafter, newer):
    form = drafter.form("release")
    other = Visitor().client
    assert other.get(f"{drafter.base}release/").status_code == 404
    assert other.post(f"{drafter.base}release/", form).status_code == 404
    assert drafter.draft.release != newer.digest


def test_moving_in_two_tabs_moves_once(drafter, newer):
    form = drafter.form("release")
    for _ in range(2):
        assert move(drafter, form)["Location"] == f"{drafter.base}review/"
    assert drafter.draft.revision == 1
    assert "Your draft uses the release that is in force." in text_of(drafter.get("review"))


def test_what_was_answered_in_another_tab_is_looked_at_before_moving(drafter, newer):
    form = drafter.form("release")
    drafter.send("data", data=["birth-date"])
    response = move(drafter, form)
    assert response.status_code == 200
    assert "Your draft was not moved" in text_of(response)
    assert drafter.draft.release != newer.digest
    again = Controls(response.content.decode()).as_post()
    assert move(drafter, again).status_code == 302
    assert drafter.draft.release == newer.digest


def test_a_release_that_nobody_looked_at_is_not_moved_to(drafter, newer, folder):
    form = drafter.form("release")
    change(folder, "about/who.md", "cares about", "guards")
    third = release_changes(folder)
    assert "Your draft was not moved" in text_of(move(drafter, form))
    assert drafter.draft.release not in {newer.digest, third.digest}


@pytest.mark.parametrize("revision", ["", "-1", "1e9", "9" * 5000, "٣"])
def test_a_move_without_a_sound_revision_is_none(drafter, newer, revision):
    response = move(drafter, {**drafter.form("release"), "revision": [revision]})
    assert "Your draft was not moved" in text_of(response)
    assert drafter.draft.release != newer.digest


def test_a_page_that_was_open_while_the_draft_moved_is_not_saved_unseen(drafter, newer):
    form = {**drafter.form("data"), "data-data": ["birth-date"]}
    move(drafter)
    response = drafter.client.post(f"{drafter.base}data/", form)
    text = text_of(response)
    assert "This draft was moved to another release" in text
    assert "Photos" in text
    assert stored(drafter) == elm()
    again = Controls(response.content.decode()).as_post()
    assert again["data-data"] == ["birth-date"]
    assert drafter.client.post(f"{drafter.base}data/", again).status_code == 302
    assert stored(drafter)["data"] == ["birth-date"]


def test_a_page_that_is_gone_with_the_move_leads_on(drafter, folder):
    form = {**drafter.form("retention"), "retention-retention_years": ["9"]}
    without_retention(folder)
    move(drafter)
    response = drafter.client.post(f"{drafter.base}retention/", form)
    assert response.status_code == 302
    assert stored(drafter) == elm()
    assert "does not apply" in text_of(drafter.client.get(response["Location"]))


def test_an_answer_to_a_question_that_vanished_is_kept_and_counts_when_it_comes_back(
    drafter, folder
):
    vocabulary = (folder / "vocabulary.yaml").read_text(encoding="utf-8")
    years = (folder / "about" / "years.md").read_text(encoding="utf-8")
    without_retention(folder)
    move(drafter)
    text = text_of(drafter.get("review"))
    assert "Answers that are no longer asked for" in text
    assert "retention_years 7" in text
    drafter.send("data", data=["name"])
    assert stored(drafter)["retention_years"] == "7"
    write(folder, "vocabulary.yaml", vocabulary)
    write(folder, "about/years.md", years)
    release_changes(folder)
    move(drafter)
    assert stored(drafter)["retention_years"] == "7"
    assert "How many years do you keep it? 7" in text_of(drafter.get("review"))


# ------------------------------------------------------------------ drafts without a sound release


def test_a_draft_from_before_takes_the_release_in_force_and_keeps_it_from_the_next_save(
    drafter, folder
):
    first = drafter.draft.release
    Draft.objects.filter(pk=drafter.draft_id).update(release="")
    assert "newer release" not in text_of(drafter.get("review"))
    assert drafter.draft.release == ""
    drafter.send("data", data=["birth-date"])
    assert drafter.draft.release == first
    change(folder, "about/who.md", "cares about", "guards")
    release_changes(folder)
    assert drafter.send("data", data=["name"]).status_code == 302
    assert drafter.draft.release == first


def frozen(snapshot: str, digest: str) -> str:
    """Store a release that cannot be read. (What is published, the database would not change.)"""
    day = timezone.localdate()
    Release.objects.create(
        number=99, digest=digest, snapshot=snapshot, effective_from=day, made_at=timezone.now()
    )
    return digest


@pytest.mark.parametrize("damage", ["gone", "changed", "of another form"])
def test_a_draft_whose_release_cannot_be_read_goes_on_with_the_one_in_force(drafter, damage):
    first = drafter.draft.release
    digest = "d" * 64
    if damage == "changed":
        frozen("{}", digest)
    if damage == "of another form":
        digest = frozen("{}", hashlib.sha256(b"{}").hexdigest())
    Draft.objects.filter(pk=drafter.draft_id).update(release=digest)
    for page in ("data", "review"):
        text = text_of(drafter.get(page))
        assert "This draft continues with release 1" in text
        assert "can no longer be read" in text
    assert drafter.client.get(f"{drafter.base}release/")["Location"] == f"{drafter.base}review/"
    assert drafter.client.get(f"{drafter.base}policy.txt").status_code == 200
    assert drafter.draft.release == digest
    assert drafter.send("data", data=["birth-date"]).status_code == 302
    assert stored(drafter)["data"] == ["birth-date"]
    assert drafter.draft.release == first
    assert "continues with" not in text_of(drafter.get("review"))


def test_where_nothing_can_be_read_the_site_says_so(drafter, monkeypatch):
    def damaged(digest: str) -> None:
        raise store.DamagedRelease(digest)

    monkeypatch.setattr("policygen.policies.drafting.drafts.library_of", damaged)
    assert drafter.client.get(f"{drafter.base}policy.txt").status_code == 503


def test_pages_of_a_moved_draft_carry_the_mark_of_its_release(drafter, newer):
    before = re.findall(r'name="seen" value="([0-9a-f]+)-', drafter.get("data").content.decode())
    move(drafter)
    after = re.findall(r'name="seen" value="([0-9a-f]+)-', drafter.get("data").content.decode())
    assert after == [newer.digest[:12]] != before
