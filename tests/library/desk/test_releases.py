"""Releases at the desk: prepared, tried out, published, and what stands in their way."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from policygen.library import publishing, tryout
from policygen.library.models import Release, State, Transition
from policygen.library.store import library_in_force
from tests.library.desk.people import at_desk, signed_in, text_of
from tests.library.desk.test_tryouts import queries, words
from tests.library.given import Given, only
from tests.library.steps import (
    CLAUSE,
    OPTION,
    approved,
    drafted,
    loaded,
    row_of,
    submitted,
    written,
)
from tests.patience import PATIENCE
from tests.releases import person, put_in_force
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

NAMED = {"practice_name": "Maple Street Dental"}
FIELDS = {"title": "Changes", "notes": ""}


@pytest.fixture(autouse=True)
def sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Given:
    loaded(tmp_path / "clauses")
    given = only(monkeypatch, Given(blocks=True))
    given.raw = {"maple": NAMED, "oak": {**NAMED, "data": ["name", "records"]}}
    return given


@pytest.fixture
def manager() -> Client:
    return at_desk("release_manager")


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def prepare(client: Client, **fields: str) -> Release:
    fields = {**FIELDS, "effective_from": in_days(0), **fields}
    response = client.post("/admin/releases/prepare/", fields)
    assert response.status_code == 302, words(response.content.decode())
    return Release.objects.get(state="candidate")


def try_out(release: Release) -> str:
    """Try a candidate out to the end, and return the address of the page."""
    made = tryout.start(release, by=None)
    tryout.compute(made, seconds=PATIENCE)
    return f"/admin/tryouts/{made.pk}/"


def publish(client: Client, release: Release, seen: str | None = None) -> str:
    """Press the button, and return what the page says then."""
    fields = {"seen": release.mark if seen is None else seen}
    response = client.post(f"/admin/releases/{release.number}/publish/", fields, follow=True)
    return words(text_of(response))


def state_of(release: Release) -> str:
    return str(Release.objects.values_list("state", flat=True).get(number=release.number))


# ------------------------------------------------------------------ preparing


def test_what_would_be_in_a_release_and_what_is_left_out_is_shown_apart(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    submitted(written("waiting", title="Waits for review"))
    written("open", title="Being written")
    page = words(text_of(manager.get("/admin/releases/prepare/")))
    inside, _, outside = page.partition("Not approved, so left out")
    assert "What would be in it 1" in inside
    assert row_of(*CLAUSE).title in inside
    assert outside.startswith(" 2 ")
    assert "Waits for review" in outside
    assert "Being written" in outside


def test_with_nothing_approved_there_is_nothing_to_prepare(manager: Client) -> None:
    page = text_of(manager.get("/admin/releases/prepare/"))
    assert "nothing to release" in words(page)
    assert 'name="title"' not in page
    fields = {**FIELDS, "effective_from": in_days(0)}
    response = manager.post("/admin/releases/prepare/", fields)
    assert "nothing to release" in words(text_of(response))
    assert Release.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "a" * 201}, "at most 200 characters"),
        ({"notes": "a" * 5001}, "at most 5000 characters"),
        ({"effective_from": "soon"}, "Enter a valid date."),
        ({"effective_from": in_days(-1)}, "This day has passed. Choose today or a later day."),
        ({"title": "Name \u202e reversed"}, "Title"),
    ],
)
def test_mistakes_are_shown_at_their_field(
    manager: Client, fields: dict[str, str], sentence: str
) -> None:
    approved(drafted(*CLAUSE))
    whole = {**FIELDS, "effective_from": in_days(0), **fields}
    page = text_of(manager.post("/admin/releases/prepare/", whole))
    assert sentence in words(page)
    assert 'class="field wrong"' in page
    assert not Release.objects.filter(state="candidate").exists()


def test_only_release_managers_prepare(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    drafter = at_desk("drafter")
    assert (
        "<form method" not in text_of(drafter.get("/admin/releases/prepare/")).split("content")[-1]
    )
    fields = {**FIELDS, "effective_from": in_days(0)}
    response = drafter.post("/admin/releases/prepare/", fields)
    assert response.status_code == 403
    assert "Ask to become a release manager" in words(response.content.decode())
    assert not Release.objects.filter(state="candidate").exists()


def test_preparing_again_replaces_the_candidate(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    first = prepare(manager)
    approved(written("more-of-it"))
    assert "is prepared already" in words(text_of(manager.get("/admin/releases/prepare/")))
    second = prepare(manager)
    assert first.digest != second.digest
    assert Release.objects.filter(state="candidate").count() == 1


# ------------------------------------------------------------------ the candidate


def test_a_candidate_shows_what_it_changes(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    approved(written("fresh", title="Something fresh"))
    approved(drafted("clause", "data", withdrawn=True))
    approved(drafted("section", "collect"))
    release = prepare(manager)
    page = words(text_of(manager.get(f"/admin/releases/{release.number}/")))
    changes = page.partition("What changes against Release 1")[2].partition("Guards")[0]
    assert changes.startswith(" 4 ")
    assert re.search(r"What we hold section collect Changed", changes)
    assert re.search(r"Something fresh clause fresh New", changes)
    assert re.search(r"What we keep clause data Taken out", changes)


def test_a_candidate_says_when_it_is_no_longer_what_is_approved(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager)
    address = f"/admin/releases/{release.number}/"
    sentence = "What is approved is no longer what this candidate holds."
    assert sentence not in words(text_of(manager.get(address)))
    draft = submitted(written("other"))
    publishing.send_back(draft, by=person("approver"), seen=draft.revision, why="No.")
    assert sentence not in words(text_of(manager.get(address)))
    approved(drafted(*OPTION))
    assert sentence in words(text_of(manager.get(address)))


def test_the_button_to_publish_stands_at_the_end_of_the_try_out_alone(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager)
    address = f"/admin/releases/{release.number}/"
    button = f'action="{address}publish/"'
    assert button not in text_of(manager.get(address))
    made = tryout.start(release, by=None)
    page = text_of(manager.get(address))
    assert "Go on with it" in page
    assert button not in text_of(manager.get(f"/admin/tryouts/{made.pk}/"))
    tryout.compute(made, seconds=PATIENCE)
    assert button in text_of(manager.get(f"/admin/tryouts/{made.pk}/"))
    page = text_of(manager.get(address))
    assert button not in page
    assert f'href="/admin/tryouts/{made.pk}/"' in page


def test_who_may_not_publish_sees_no_button(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager)
    page = try_out(release)
    assert "/publish/" not in text_of(at_desk("drafter", "approver").get(page))


def test_the_button_of_an_old_try_out_is_gone_once_the_candidate_was_replaced(
    manager: Client,
) -> None:
    approved(drafted(*CLAUSE))
    page = try_out(prepare(manager))
    approved(written("other"))
    prepare(manager)
    assert "/publish/" not in text_of(manager.get(page))


def test_the_try_out_of_a_candidate_thrown_away_can_still_be_read(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager)
    address = try_out(release)
    manager.post("/admin/releases/2/discard/", {"why": ""})
    page = text_of(manager.get(address))
    assert "which is no longer there" in page
    assert "/admin/releases/2/" not in page


# ------------------------------------------------------------------ publishing


def test_what_was_tried_out_is_published(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager)
    try_out(release)
    assert "Release 2 is published and in force." in publish(manager, release)
    assert library_in_force().digest == release.digest
    assert row_of(*CLAUSE).state == State.RELEASED
    published = Release.objects.get(number=2)
    assert published.published_by == person("release_manager")


def test_what_was_not_tried_out_is_refused(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager)
    assert "Release 2 was not tried out" in publish(manager, release)
    made = tryout.start(release, by=None)
    tryout.compute(made, count=1)
    assert "Release 2 was not tried out" in publish(manager, release)
    assert state_of(release) == "candidate"


def test_a_try_out_of_the_draft_does_not_count_for_the_release(manager: Client) -> None:
    draft = approved(drafted(*CLAUSE))
    release = prepare(manager)
    made = tryout.start(draft, by=None)
    tryout.compute(made, seconds=PATIENCE)
    assert made.after_digest == release.digest
    assert "was not tried out" in publish(manager, release)


def test_a_try_out_against_what_is_no_longer_in_force_does_not_count(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    tomorrow = prepare(manager, effective_from=in_days(1))
    try_out(tomorrow)
    publish(manager, tomorrow)
    approved(written("other"))
    release = prepare(manager, effective_from=in_days(1))
    try_out(release)
    with pytest.MonkeyPatch.context() as patch:
        day = timezone.localdate() + timedelta(days=1)
        patch.setattr(timezone, "localdate", lambda *_: day)
        assert "was not tried out against what is in force" in publish(manager, release)
    assert state_of(release) == "candidate"


def test_pressed_twice_the_second_says_it_is_published_already(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager)
    try_out(release)
    publish(manager, release)
    assert "Release 2 is published already. It was not published twice." in publish(
        manager, release
    )
    assert Transition.objects.filter(kind="release", name="2", action="published").count() == 1


def test_a_candidate_replaced_meanwhile_is_not_published(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    first = prepare(manager)
    try_out(first)
    approved(written("other"))
    second = prepare(manager)
    assert first.number == second.number
    assert "This candidate is no longer there." in publish(manager, first)
    assert state_of(second) == "candidate"


def test_what_was_approved_meanwhile_is_not_published_along(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager)
    try_out(release)
    approved(written("other"))
    assert "Something was approved or sent back" in publish(manager, release)
    assert state_of(release) == "candidate"


def test_only_release_managers_publish(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager)
    try_out(release)
    response = at_desk("drafter", "approver").post(
        "/admin/releases/2/publish/", {"seen": release.digest}
    )
    assert response.status_code == 403
    assert state_of(release) == "candidate"


def test_a_get_publishes_cancels_and_throws_away_nothing(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager)
    try_out(release)
    for step in ("publish", "cancel", "discard"):
        response = manager.get(f"/admin/releases/2/{step}/", {"seen": release.digest, "why": "x"})
        assert response["Location"] == "/admin/releases/2/"
    assert state_of(release) == "candidate"


def test_without_its_token_no_step_is_taken() -> None:
    approved(drafted(*CLAUSE))
    release = prepare(at_desk("release_manager"))
    try_out(release)
    careful = Client(enforce_csrf_checks=True)
    sign_in(careful, person("release_manager"))
    for step in ("publish", "cancel", "discard"):
        response = careful.post(f"/admin/releases/2/{step}/", {"seen": release.digest})
        assert response.status_code == 403
    assert state_of(release) == "candidate"


# ------------------------------------------------------------------ guards


def refused(manager: Client, release: Release) -> str:
    """See that a guard keeps a release from being published; return what both pages say."""
    page = try_out(release)
    shown = text_of(manager.get(page))
    assert "/publish/" not in shown
    pressed = publish(manager, release)
    assert state_of(release) == "candidate"
    return text_of(manager.get(f"/admin/releases/{release.number}/")) + pressed


def test_a_clause_that_cannot_be_reached_is_named_with_a_link(manager: Client) -> None:
    draft = written("lost", title="Lost", body="See [it](#collect).")
    approved(draft)
    for slug in ("data",):
        approved(drafted("clause", slug, withdrawn=True))
    found = refused(manager, prepare(manager))
    assert f'href="/admin/library/clauseversion/{row_of("clause", "lost").pk}/change/"' in found
    assert "Clause “lost”" in found


def test_an_option_that_nothing_uses_is_named(manager: Client) -> None:
    approved(drafted("clause", "data", body="We keep names.", when={"all": ["data:name"]}))
    found = refused(manager, prepare(manager))
    assert "Option “data:records”" in found
    assert "No clause uses this option." in found
    assert "/admin/library/option/data_3Arecords/change/" in found


def test_a_set_that_must_not_break_is_named(manager: Client) -> None:
    approved(drafted("question", "data", required=True))
    found = refused(manager, prepare(manager))
    assert "Sets of the test: maple – data" in found
    assert "oak" not in found


def test_what_makes_no_library_is_named_with_a_link_when_it_is_prepared(manager: Client) -> None:
    approved(drafted("question", "data", kind_of_answer="one"))
    fields = {**FIELDS, "effective_from": in_days(0)}
    page = text_of(manager.post("/admin/releases/prepare/", fields))
    assert f'href="/admin/library/clauseversion/{row_of("clause", "data").pk}/change/"' in page
    assert "Clause “data”, text" in page
    assert not Release.objects.filter(state="candidate").exists()


def test_a_release_before_a_scheduled_one_is_refused(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    later = prepare(manager, effective_from=in_days(9))
    try_out(later)
    publish(manager, later)
    approved(written("other"))
    earlier = prepare(manager, effective_from=in_days(3))
    try_out(earlier)
    assert "Release 2 takes effect on" in publish(manager, earlier)
    assert state_of(earlier) == "candidate"


# ------------------------------------------------------------------ published ones


def test_a_scheduled_release_is_shown_as_such_and_the_old_one_stays(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    before = library_in_force().digest
    release = prepare(manager, effective_from=in_days(5))
    try_out(release)
    assert "It comes into force on" in publish(manager, release)
    assert library_in_force().digest == before
    page = text_of(manager.get("/admin/releases/2/"))
    assert "Scheduled: it comes into force on" in words(page)
    assert 'data-state="scheduled"' in page
    first = words(text_of(manager.get("/admin/releases/1/")))
    assert "In force from" in first
    assert "until" in first
    panel = words(text_of(manager.get("/admin/")))
    assert "Release 2 Scheduled from" in panel


def test_a_scheduled_release_can_be_cancelled_with_a_reason(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    release = prepare(manager, effective_from=in_days(5))
    try_out(release)
    publish(manager, release)
    response = manager.post("/admin/releases/2/cancel/", {"why": " "}, follow=True)
    assert "Say why the release is cancelled." in words(text_of(response))
    assert state_of(release) == "published"
    response = manager.post("/admin/releases/2/cancel/", {"why": "A mistake."}, follow=True)
    page = words(text_of(response))
    assert "Release 2 is cancelled." in page
    assert "A mistake." in page
    assert "It was never in force." in page
    assert row_of(*CLAUSE).state == State.APPROVED


def test_what_is_in_force_cannot_be_cancelled(manager: Client) -> None:
    page = text_of(manager.get("/admin/releases/1/"))
    assert "/cancel/" not in page
    response = manager.post("/admin/releases/1/cancel/", {"why": "x"}, follow=True)
    assert "whose effective date has not come" in words(text_of(response))


def test_a_candidate_can_be_thrown_away(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    prepare(manager)
    response = manager.post("/admin/releases/2/discard/", {"why": "Later."}, follow=True)
    assert "Release 2 is thrown away." in words(text_of(response))
    assert not Release.objects.filter(number=2).exists()
    response = manager.post("/admin/releases/2/discard/", {"why": "Later."}, follow=True)
    assert "was thrown away" in words(text_of(response))
    assert row_of(*CLAUSE).state == State.APPROVED


def test_the_file_of_a_release_has_its_digest(manager: Client) -> None:
    response = manager.get("/admin/releases/1/snapshot.json")
    assert response["Content-Disposition"] == 'attachment; filename="release-1.json"'
    digest = Release.objects.get(number=1).digest
    assert hashlib.sha256(response.content).hexdigest() == digest
    assert digest in text_of(manager.get("/admin/releases/1/"))


def test_a_release_lists_its_clauses_as_they_were(manager: Client) -> None:
    old = row_of(*CLAUSE)
    approved(drafted(*CLAUSE))
    put_in_force()
    page = text_of(manager.get("/admin/releases/1/"))
    assert f"/admin/library/clauseversion/{old.pk}/change/" in page
    assert f"/admin/library/clauseversion/{row_of(*CLAUSE).pk}/change/" not in page


def test_an_unknown_release_is_not_found(manager: Client) -> None:
    for number in ("77", "9" * 30):
        assert manager.get(f"/admin/releases/{number}/").status_code == 404


def test_a_release_that_another_replaces_on_the_same_day_says_so(manager: Client) -> None:
    for slug in ("one", "two"):
        approved(written(slug))
        put_in_force()
    assert "A later release takes effect on the same day" in words(
        text_of(manager.get("/admin/releases/1/"))
    )
    assert "In force since" in words(text_of(manager.get("/admin/releases/3/")))


# ------------------------------------------------------------------ list, panel, rights


def test_the_list_shows_releases_and_lets_nobody_change_them(manager: Client) -> None:
    page = text_of(manager.get("/admin/library/release/"))
    pk = Release.objects.get(number=1).pk
    assert f'href="/admin/library/release/{pk}/change/"' in page
    assert '<span class="state" data-state="published">Published</span>' in page
    assert "Prepare a release" in page
    assert manager.get(f"/admin/library/release/{pk}/change/")["Location"] == "/admin/releases/1/"
    assert manager.get("/admin/library/release/add/").status_code == 403
    assert manager.post(f"/admin/library/release/{pk}/delete/").status_code == 403
    assert "Prepare a release" not in text_of(at_desk("drafter").get("/admin/library/release/"))


def test_the_first_page_says_what_is_in_force_and_what_is_prepared(manager: Client) -> None:
    approved(drafted(*CLAUSE))
    prepare(manager)
    page = words(text_of(manager.get("/admin/")))
    assert "In force Release 1 : The starter library since" in page
    assert "Release 2 Candidate" in page


@pytest.mark.parametrize(
    "address", ["prepare/", "1/", "1/snapshot.json", "1/publish/", "1/cancel/", "1/discard/"]
)
def test_who_may_not_read_the_library_sees_none_of_it(address: str) -> None:
    outsider = person()
    outsider.is_staff = True
    outsider.save()
    assert signed_in(outsider).get(f"/admin/releases/{address}").status_code == 403


@pytest.mark.parametrize("address", ["releases/prepare/", "releases/2/", "library/release/", ""])
def test_the_pages_ask_the_database_as_often_however_much_there_is(
    manager: Client, address: str, django_assert_num_queries: Any
) -> None:
    approved(drafted(*CLAUSE))
    written("open")
    release = prepare(manager)
    try_out(release)
    few = queries(manager, f"/admin/{address}")
    for number in range(8):
        approved(written(f"ready-{number}"))
        written(f"draft-{number}")
    try_out(prepare(manager))
    manager.get(f"/admin/{address}")
    with django_assert_num_queries(few):
        manager.get(f"/admin/{address}")


def test_a_published_release_asks_the_database_as_often_however_large_it_is(
    manager: Client, django_assert_num_queries: Any
) -> None:
    approved(drafted(*CLAUSE))
    put_in_force()
    few = queries(manager, "/admin/releases/2/")
    for number in range(12):
        approved(written(f"ready-{number}"))
    put_in_force()
    manager.get("/admin/releases/3/")
    with django_assert_num_queries(few):
        manager.get("/admin/releases/3/")
