"""Drafts at rest: who may have them, how they are written, when they go."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.utils import timezone

from policygen.core.answers import parse_answers
from policygen.library import tryout
from policygen.library.models import Section
from policygen.policies.drafting import drafts
from policygen.policies.drafting.drafts import (
    DraftTooLarge,
    Opened,
    Overtaken,
    TooManyDrafts,
    delete_draft,
    drafts_of,
    move_draft,
    open_draft,
    read_answers,
    save_answers,
    seen,
    start_draft,
)
from policygen.policies.holders import Holder
from policygen.policies.models import Draft
from tests.library.folders import change
from tests.releases import ROLES, person, release_changes
from tests.signing_in import sign_in
from tests.threads import together
from tests.wizard.visitors import FOLDER, answers, elm, library

OWNER, TEAMMATE, OUTSIDER = Holder("owner"), Holder("teammate"), Holder("outsider")


def stored(draft: Draft) -> dict[str, object]:
    draft.refresh_from_db()
    found: dict[str, object] = json.loads(draft.answers)
    return found


def age(draft: Draft, **ago: float) -> None:
    Draft.objects.filter(pk=draft.pk).update(updated=timezone.now() - timedelta(**ago))


def test_a_draft_is_found_by_its_own_visitor_only(release, django_assert_num_queries):
    draft = start_draft(OWNER)
    with django_assert_num_queries(1):
        assert open_draft(OWNER, draft.pk) == Opened(draft, library().digest, library().digest)
    for visitor, identifier in ((OUTSIDER, draft.pk), (Holder(), draft.pk), (OWNER, uuid4())):
        with pytest.raises(Draft.DoesNotExist):
            open_draft(visitor, identifier)


def test_nobody_without_a_token_has_drafts(db):
    Draft.objects.create(visitor="", updated=timezone.now())
    assert drafts_of(Holder()) == []


def test_drafts_are_listed_the_last_saved_first(db):
    first, second = start_draft(OWNER, title="First"), start_draft(OWNER, title="Second")
    start_draft(OUTSIDER, title="Other")
    assert [str(draft) for draft in drafts_of(OWNER)] == ["Second", "First"]
    save_answers(OWNER, first.pk, answers({"practice_name": "Elm"}))
    assert [str(draft) for draft in drafts_of(OWNER)] == ["Elm", "Second"]
    assert str(second) == "Second"


def test_one_visitor_can_have_only_so_many_drafts(db, monkeypatch):
    monkeypatch.setattr(drafts, "DRAFTS_LIMIT", 2)
    start_draft(OWNER)
    start_draft(OWNER)
    with pytest.raises(TooManyDrafts, match="Delete one"):
        start_draft(OWNER)
    start_draft(OUTSIDER)
    delete_draft(OWNER, drafts_of(OWNER)[0].pk)
    start_draft(OWNER)


def test_saving_leaves_other_answers_as_they_are_in_the_order_of_entry(db):
    draft = start_draft(OWNER, answers=answers(elm()))
    points = {
        "z": {"phone": "217-555-0001"},
        "a": {"phone": "217-555-0002"},
        "m": {"fax": "217-555-0003"},
    }
    save_answers(OWNER, draft.pk, answers({"contact_points": points}))
    after = stored(draft)
    assert list(after["contact_points"]) == ["z", "a", "m"]
    assert {
        name: value for name, value in after.items() if name not in {"contact_points", "contacts"}
    } == {
        name: value for name, value in elm().items() if name not in {"contact_points", "contacts"}
    }


def test_only_a_change_counts_as_a_revision(db):
    draft = start_draft(OWNER, answers=answers(elm()))
    for expected, name in ((0, "Elm Dental, PLLC"), (1, "Oak"), (1, "Oak"), (2, "Elm")):
        saved = save_answers(OWNER, draft.pk, answers({"practice_name": name}))
        assert saved.draft.revision == expected


def test_saving_keeps_a_draft_alive_even_if_nothing_changes(db):
    draft = start_draft(OWNER, answers=answers(elm()))
    age(draft, days=29)
    before = timezone.now()
    save_answers(OWNER, draft.pk, answers({}))
    draft.refresh_from_db()
    assert before <= draft.updated <= timezone.now()


def test_an_answer_that_changed_meanwhile_is_not_overwritten_unseen(db):
    draft = start_draft(OWNER, answers=answers(elm()))
    before = seen(stored(draft), ["data"])
    save_answers(OWNER, draft.pk, answers({"data": ["name"]}), seen_as=before, questions=["data"])
    with pytest.raises(Overtaken):
        save_answers(OWNER, draft.pk, answers({"data": []}), seen_as=before, questions=["data"])
    assert stored(draft)["data"] == ["name"]
    other = seen(stored(draft), ["countries"])
    save_answers(
        OWNER, draft.pk, answers({"countries": "Peru"}), seen_as=other, questions=["countries"]
    )


def test_a_page_asked_from_one_release_is_not_saved_into_a_draft_that_moved(folder):
    """Between reading the draft and saving it, another tab moved it."""
    draft = start_draft(OWNER, answers=answers(elm()))
    own = draft.release
    change(folder, "about/who.md", "cares about", "guards")
    move_draft(OWNER, draft.pk, to=release_changes(folder).digest, revision=0)
    for mark in (None, seen(stored(draft), ["data"], own)):
        with pytest.raises(Overtaken):
            save_answers(
                *(OWNER, draft.pk, answers({"data": []})),
                release=own,
                seen_as=mark,
                questions=["data"],
            )
    assert stored(draft) == elm()
    given = answers({"data": elm()["data"]})  # nothing changes by it
    save_answers(OWNER, draft.pk, given, release=own, questions=["data"])
    draft.refresh_from_db()
    assert (draft.release != own, draft.revision) == (True, 1)


def test_a_draft_moves_only_from_what_was_in_view(db):
    draft = start_draft(OWNER, answers=answers(elm()), release="a" * 64)
    save_answers(OWNER, draft.pk, answers({"data": ["name"]}))
    with pytest.raises(Overtaken):
        move_draft(OWNER, draft.pk, to="b" * 64, revision=0)
    assert move_draft(OWNER, draft.pk, to="b" * 64, revision=1).revision == 2
    assert move_draft(OWNER, draft.pk, to="b" * 64, revision=1).revision == 2
    with pytest.raises(Draft.DoesNotExist):
        move_draft(OUTSIDER, draft.pk, to="c" * 64, revision=2)
    draft.refresh_from_db()
    assert draft.release == "b" * 64


def test_a_draft_keeps_the_release_that_its_answers_are_given_to(db):
    assert start_draft(OWNER).release == ""  # nothing is in force
    first = release_changes(FOLDER)
    assert start_draft(OWNER).release == first.digest
    assert start_draft(OWNER, release="a" * 64).release == "a" * 64


def test_a_draft_that_would_get_too_large_stays_as_it_was(db, monkeypatch):
    draft = start_draft(OWNER, answers=answers(elm()))
    monkeypatch.setattr(drafts, "SIZE_LIMIT", len(draft.answers.encode()))
    with pytest.raises(DraftTooLarge):
        save_answers(OWNER, draft.pk, answers({"practice_name": "Elm Dental, PLLC and more"}))
    assert stored(draft) == elm()
    monkeypatch.setattr(drafts, "SIZE_LIMIT", 10)
    with pytest.raises(DraftTooLarge):
        start_draft(OWNER, answers=answers(elm()))


def test_the_largest_answers_that_the_pages_take_fit_the_limit_of_a_draft_or_are_refused(db):
    """20 places and 30 addresses at full length are more than a draft takes; nothing crashes."""
    line = "x" * 190
    raw = {
        "locations": [
            {"name": line, "address": [f"{i}{line}" for i in range(8)]} for _ in range(20)
        ],
        "contact_points": {f"p-{n}": {"post": [f"{i}{line}" for i in range(8)]} for n in range(30)},
    }
    with pytest.raises(DraftTooLarge, match="64 KiB"):
        start_draft(OWNER, answers=answers(raw))


def test_somebody_else_can_neither_save_nor_delete(db):
    draft = start_draft(OWNER)
    with pytest.raises(Draft.DoesNotExist):
        save_answers(OUTSIDER, draft.pk, answers({"practice_name": "Mine"}))
    delete_draft(OUTSIDER, draft.pk)
    assert stored(draft) == {}


def test_a_contact_point_that_is_gone_leaves_the_purposes_that_it_served(db):
    raw = {**elm(), "contacts": {"questions": ["desk", "office"], "fax-opt-out": ["desk"]}}
    draft = start_draft(OWNER, answers=answers(raw))
    office = {"office": elm()["contact_points"]["office"]}
    saved = save_answers(OWNER, draft.pk, answers({"contact_points": office}))
    assert saved.let_go == ("Questions", "Stopping faxes")
    assert stored(draft)["contacts"] == {"questions": {"points": ["office"]}}
    saved = save_answers(OWNER, draft.pk, answers({"contact_points": "dont-know"}))
    assert saved.let_go == ("Questions",)
    assert "contacts" not in stored(draft)


def test_other_answers_do_not_touch_contacts_that_cannot_be_read(db):
    draft = start_draft(OWNER, answers=answers(elm()))
    raw = json.dumps(
        {"contacts": {"questions": ["gone"], "no-such-purpose": 1}, "contact_points": 7}
    )
    Draft.objects.filter(pk=draft.pk).update(answers=raw)
    save_answers(OWNER, draft.pk, answers({"practice_name": "Elm"}))
    assert stored(draft) == {**json.loads(raw), "practice_name": "Elm"}
    save_answers(OWNER, draft.pk, answers({"contact_points": "none"}))
    assert stored(draft)["contacts"] == json.loads(raw)["contacts"]


def test_damaged_text_is_read_as_nothing_and_kept(db):
    release_changes(FOLDER)
    for damage in ("", "{", "[]", "NaN", "[" * 100_000):
        reading = read_answers(library().digest, damage)
        assert reading.answers.given == {}
        assert reading.problems
        assert reading.stored == {"unreadable": damage[:1000]}


def test_reading_the_same_answers_again_costs_nothing(db, django_assert_num_queries):
    release_changes(FOLDER)
    text = json.dumps(elm())
    first = read_answers(library().digest, text)
    with django_assert_num_queries(0):
        assert read_answers(library().digest, text) is first


# ------------------------------------------------------------------ the end of drafts


def purge(**options: int) -> str:
    out = StringIO()
    call_command("purge_drafts", stdout=out, **options)
    return out.getvalue().strip()


def test_drafts_untouched_for_thirty_days_are_deleted(db):
    young, old, older = (start_draft(OWNER, title=name) for name in ("young", "old", "older"))
    age(young, days=29, hours=23)
    age(old, days=30, minutes=1)
    age(older, days=400)
    assert purge() == "2 drafts deleted that nobody had saved for 30 days."
    assert [str(draft) for draft in drafts_of(OWNER)] == ["young"]
    assert purge() == "0 drafts deleted that nobody had saved for 30 days."
    assert purge(days=29) == "1 draft deleted that nobody had saved for 29 days."


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_a_purge_of_a_senseless_number_of_days_deletes_nothing(db, days):
    age(start_draft(OWNER), days=400)
    with pytest.raises(CommandError, match=f"--days is {days}"):
        purge(days=days)
    assert Draft.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_pages_saved_at_the_same_moment_are_all_kept():
    draft = start_draft(OWNER)
    given = [
        {"practice_name": "Elm"},
        {"data": ["name"]},
        {"countries": ["Peru"]},
        {"retention_years": "7"},
        {"effective_date": "2026-02-15"},
        {"motto": "none"},
    ]
    said = [parse_answers(library().vocabulary, raw) for raw in given]
    together(*(partial(save_answers, OWNER, draft.pk, one) for one in said))
    expected = {name: value for raw in given for name, value in answers(raw).to_raw().items()}
    assert stored(draft) == expected
    assert draft.revision == len(given)


@pytest.mark.django_db(transaction=True)
def test_of_moving_and_saving_at_the_same_moment_nothing_gets_lost():
    first, second = "a" * 64, "b" * 64
    for _ in range(6):
        draft = start_draft(OWNER, release=first)
        given = answers({"data": ["name"]})
        _, moving = together(
            partial(save_answers, OWNER, draft.pk, given, questions=["data"]),
            partial(move_draft, OWNER, draft.pk, to=second, revision=0),
            refusals=(Overtaken,),
        )
        assert stored(draft) == {"data": ["name"]}
        moved = not isinstance(moving, Overtaken)
        assert (draft.release, draft.revision) == ((second, 2) if moved else (first, 1))
        draft.delete()


def test_the_admin_shows_drafts_without_the_token_that_opens_them(admin_client):
    draft = start_draft(Holder("0123456789abcdefghijkl"), title="<b>Elm</b>")
    for address in ("/admin/policies/draft/", f"/admin/policies/draft/{draft.pk}/change/"):
        page = admin_client.get(address).content.decode()
        assert "&lt;b&gt;Elm&lt;/b&gt;" in page
        assert "0123456789abcdefghijkl" not in page
    assert admin_client.get("/admin/policies/draft/add/").status_code == 403
    assert admin_client.post(f"/admin/policies/draft/{draft.pk}/change/", {}).status_code == 403


def test_who_has_no_permission_for_drafts_does_not_see_them_in_the_admin(db, client):
    draft = start_draft(OWNER, title="Elm", answers=answers(elm()))
    addresses = [f"/admin/policies/draft/{end}" for end in ("", f"{draft.pk}/change/")]
    addresses.append(f"/admin/policies/draft/{draft.pk}/delete/")
    for role in ROLES:
        sign_in(client, person(role))
        for address in addresses:
            assert client.get(address).status_code == 403
        assert client.post(addresses[-1], {"post": "yes"}).status_code == 403
    looker = person("drafter")
    looker.user_permissions.add(Permission.objects.get(codename="view_draft"))
    sign_in(client, looker)
    assert "Elm Dental, PLLC" in client.get(addresses[1]).content.decode()
    assert client.post(addresses[-1], {"post": "yes"}).status_code == 403
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("how", ["deleted by its visitor", "too old"])
def test_try_outs_keep_nothing_of_a_draft_that_is_gone(release, how):
    draft = start_draft(OWNER, title="Elm Dental")
    other = start_draft(TEAMMATE, title="Oak Dental")
    trial = tryout.start(Section.objects.get(name="contact"), by=None)
    while trial.finished_at is None:
        tryout.compute(trial, count=10)
        trial.refresh_from_db()
    titles = trial.sets.filter(source="drafts").values_list("title", flat=True)
    assert set(titles) == {"Elm Dental", "Oak Dental"}
    if how == "too old":
        age(draft, days=31)
        drafts.purge_drafts(timezone.now() - timedelta(days=30))
    else:
        delete_draft(OWNER, draft.pk)
    assert trial.sets.get(key=str(draft.pk)).title == ""
    assert trial.sets.get(key=str(other.pk)).title == "Oak Dental"
