"""The settings of a practice, founding one, and what a demanded second factor does."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from policygen.policies.drafting.drafts import start_draft
from policygen.policies.holders import Holder
from policygen.practices.changing import change_settings, settings_of
from policygen.practices.founding import found_practice
from policygen.practices.models import Membership, Practice
from policygen.practices.roles import Role
from policygen.practices.zones import in_words, zone_choices, zone_names
from tests.policies.cast import Cast, account, member
from tests.practices.browsers import at, browser_of, text_of
from tests.signing_in import with_second_factor

HOSTILE = [
    "",
    "   ",
    "Elm\nDental",
    "Elm\x00",
    "Elm\u202egnp",
    "Elm\u200b",
    "Elm [NAME]",
    "<script>alert(1)</script>",
    "x" * 201,
    "e" + "\u0301" * 20,
]


def sent(**changed: Any) -> dict[str, Any]:
    given = {"name": "Elm Dental Care", "time_zone": "America/Chicago", **changed}
    return {name: value for name, value in given.items() if value is not None}


def save(people: Cast, by: User, **changed: Any) -> Any:
    return browser_of(by).post(at(people.practice, "settings/"), sent(**changed))


# ------------------------------------------------------------------ settings


def test_an_owner_changes_the_settings(people):
    assert save(people, people.owner, needs_review="on").status_code == 302
    practice = Practice.objects.get(pk=people.practice.pk)
    assert (practice.name, practice.time_zone) == ("Elm Dental Care", "America/Chicago")
    assert practice.needs_review
    assert practice.slug == people.practice.slug
    save(people, people.owner)
    practice.refresh_from_db()
    assert not practice.needs_review


@pytest.mark.parametrize("who", ["editor", "reviewer", "viewer"])
def test_only_owners_see_and_change_them(people, who):
    client = browser_of(getattr(people, who))
    assert client.get(at(people.practice, "settings/")).status_code == 403
    assert save(people, getattr(people, who)).status_code == 403
    assert "Settings" not in text_of(client.get(at(people.practice, "members/")))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_cannot_be_kept_is_refused_with_the_reason(people, name):
    response = save(people, people.owner, name=name)
    assert response.status_code == 400
    assert "There is a problem" in text_of(response)
    assert Practice.objects.get(pk=people.practice.pk).name == "Elm Dental"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "posix/UTC", "UTC\x00"])
def test_a_time_zone_that_does_not_exist_is_refused(people, zone):
    response = save(people, people.owner, time_zone=zone)
    assert response.status_code == 400
    assert Practice.objects.get(pk=people.practice.pk).time_zone == "UTC"


def test_other_fields_of_a_practice_cannot_be_sent_along(people):
    save(people, people.owner, slug="other", id="99", created="2000-01-01")
    practice = Practice.objects.get(pk=people.practice.pk)
    assert (practice.slug, practice.created) == (people.practice.slug, people.practice.created)


def test_an_unusual_time_zone_that_a_practice_has_can_stay(people):
    Practice.objects.filter(pk=people.practice.pk).update(time_zone="Etc/GMT+5")
    assert save(people, people.owner, time_zone="Etc/GMT+5").status_code == 302
    assert zone_choices("Etc/GMT+5")[0] == ("As it is", [("Etc/GMT+5", in_words("Etc/GMT+5"))])
    assert in_words("Etc/GMT+5") == "Etc/GMT+5"


def test_the_settings_tell_what_another_time_zone_does_to_versions(people):
    text = text_of(browser_of(people.owner).get(at(people.practice, "settings/")))
    assert "bring a version into force, or take it back, up to a day earlier or later." in text


def test_every_time_zone_can_be_chosen_once_and_works():
    listed = [name for _, choices in zone_choices() for name, _ in choices]
    assert len(listed) == len(set(listed))
    assert set(listed) == zone_names()
    assert {"America/Chicago", "Europe/Berlin", "UTC"} <= zone_names()
    assert len(listed) > 400
    assert in_words("America/Argentina/Buenos_Aires") == "Argentina, Buenos Aires"


# ------------------------------------------------------------------ two owners at once


def page_of(by: User, people: Cast) -> dict[str, str]:
    """Return what the page of the settings would send, were nothing changed on it."""
    page = browser_of(by).get(at(people.practice, "settings/")).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(initial-\w+)" value="(.*?)">', page))
    assert len(hidden) == 4
    boxes = ("needs_review", "needs_second_factor")
    ticked = {name: "on" for name in boxes if hidden[f"initial-{name}"]}
    return {
        **hidden,
        **ticked,
        "name": hidden["initial-name"],
        "time_zone": hidden["initial-time_zone"],
    }


def test_who_saves_a_new_name_does_not_take_back_what_another_owner_decided_meanwhile(people):
    second = member(people.practice, Role.OWNER)
    with_second_factor(second)
    mine = page_of(people.owner, people)
    theirs = {**page_of(second, people), "needs_review": "on", "needs_second_factor": "on"}
    theirs["time_zone"] = "America/Denver"
    address = at(people.practice, "settings/")
    assert browser_of(second).post(address, theirs).status_code == 302
    client = browser_of(people.owner, second_factor=True)
    assert client.post(address, {**mine, "name": "Elm Dental Care"}).status_code == 302
    practice = Practice.objects.get(pk=people.practice.pk)
    assert (practice.name, practice.time_zone) == ("Elm Dental Care", "America/Denver")
    assert (practice.needs_review, practice.needs_second_factor) == (True, True)


def test_a_refused_page_still_knows_what_it_showed_at_first(people):
    mine = page_of(people.owner, people)
    Practice.objects.filter(pk=people.practice.pk).update(needs_review=True)
    address = at(people.practice, "settings/")
    response = browser_of(people.owner).post(address, {**mine, "name": ""})
    assert response.status_code == 400
    assert '<input type="hidden" name="initial-needs_review" value="">' in response.content.decode()
    assert '<input type="hidden" name="initial-name" value="Elm Dental">' in (
        response.content.decode()
    )


def test_what_somebody_does_change_is_changed(people):
    Practice.objects.filter(pk=people.practice.pk).update(needs_review=True)
    mine = page_of(people.owner, people)
    del mine["needs_review"]
    browser_of(people.owner).post(at(people.practice, "settings/"), mine)
    assert not Practice.objects.get(pk=people.practice.pk).needs_review


def test_nobody_is_asked_for_a_second_factor_of_their_own_by_a_box_that_they_left_alone(people):
    Practice.objects.filter(pk=people.practice.pk).update(needs_second_factor=True)
    seen = settings_of(Practice.objects.get(pk=people.practice.pk))
    Practice.objects.filter(pk=people.practice.pk).update(needs_second_factor=False)
    sends = sent(**{"needs_second_factor": "on", "initial-needs_second_factor": "on"})
    assert browser_of(people.owner).post(at(people.practice, "settings/"), sends).status_code == 302
    assert seen.needs_second_factor
    assert not Practice.objects.get(pk=people.practice.pk).needs_second_factor


@pytest.mark.parametrize("role", [None, Role.EDITOR])
def test_who_manages_no_longer_changes_no_settings_though_their_page_is_open(people, role):
    mine = Membership.objects.filter(practice=people.practice, user=people.owner)
    mine.update(role=role) if role else mine.delete()
    seen = settings_of(people.practice)
    with pytest.raises(PermissionDenied):
        change_settings(
            people.practice, people.owner, seen=seen, wanted=replace(seen, needs_review=True)
        )
    assert settings_of(Practice.objects.get(pk=people.practice.pk)) == seen


# ------------------------------------------------------------------ a second factor


def test_only_an_owner_who_has_a_second_factor_can_demand_it(people):
    response = save(people, people.owner, needs_second_factor="on")
    assert response.status_code == 400
    assert "You have no second factor yourself" in text_of(response)
    assert not Practice.objects.get(pk=people.practice.pk).needs_second_factor
    with_second_factor(people.owner)
    save(people, people.owner, needs_second_factor="on")
    assert Practice.objects.get(pk=people.practice.pk).needs_second_factor


def test_where_it_is_demanded_nobody_comes_in_without_it(people):
    Practice.objects.filter(pk=people.practice.pk).update(needs_second_factor=True)
    for who in (people.owner, people.editor, people.reviewer, people.viewer):
        response = browser_of(who).get(at(people.practice, "members/"))
        assert response["Location"] == (
            f"/account/second-factor/?next=%2Fpractices%2F{people.practice.slug}%2Fmembers%2F"
        )
        response = browser_of(who).post(at(people.practice, "leave/"))
        assert response["Location"].startswith("/account/second-factor/?next=%2Fpractices%2F")
    assert Membership.objects.filter(practice=people.practice).count() == 4
    client = browser_of(people.viewer, second_factor=True)
    assert client.get(at(people.practice, "members/")).status_code == 200


def test_where_it_is_demanded_outsiders_still_see_nothing(people):
    Practice.objects.filter(pk=people.practice.pk).update(needs_second_factor=True)
    assert browser_of(people.outsider).get(at(people.practice, "members/")).status_code == 404
    client = browser_of(people.viewer)
    assert client.get(at(people.practice, "settings/")).status_code == 403


def test_whoever_is_led_to_the_second_factor_learns_why(people):
    Practice.objects.filter(pk=people.practice.pk).update(needs_second_factor=True)
    response = browser_of(people.viewer).get(at(people.practice, "members/"), follow=True)
    assert "“Elm Dental” asks everybody who works in it for a second factor" in text_of(response)


# ------------------------------------------------------------------ founding


def test_somebody_without_a_practice_can_found_one_and_owns_it(db):
    somebody = account("somebody")
    client = browser_of(somebody)
    assert "Found your practice" in text_of(client.get("/practices/"))
    response = client.post("/practices/new/", sent(name="Oak Dental"))
    practice = Practice.objects.get()
    assert response["Location"] == at(practice)
    assert practice.time_zone == "America/Chicago"
    assert Membership.objects.get().role == Role.OWNER


def test_the_form_begins_with_the_name_in_ones_drafts_and_the_zone_of_the_site(db, settings):
    settings.TIME_ZONE = "America/Denver"
    somebody = account("somebody")
    start_draft(Holder(user=somebody), title="Maple “Street” Dental", release="0" * 64)
    client = browser_of(somebody)
    for path in ("/practices/", "/practices/new/"):
        page = client.get(path).content.decode()
        assert 'value="Maple “Street” Dental"' in page
        assert '<option value="America/Denver" selected>' in page


@pytest.mark.parametrize("name", HOSTILE)
def test_a_practice_is_not_founded_with_a_name_that_cannot_be_kept(db, name):
    response = browser_of(account("somebody")).post("/practices/new/", sent(name=name))
    assert response.status_code == 400
    assert "There is a problem" in text_of(response)
    assert not Practice.objects.exists()


def test_a_practice_is_not_founded_without_a_time_zone(db):
    client = browser_of(account("somebody"))
    for zone in (None, "Mars/Olympus"):
        assert client.post("/practices/new/", sent(time_zone=zone)).status_code == 400
    assert not Practice.objects.exists()


def test_pressing_twice_founds_one_practice(db):
    client = browser_of(account("somebody"))
    client.post("/practices/new/", sent())
    response = client.post("/practices/new/", sent())
    assert response.status_code == 400
    assert "You own a practice of this name already" in text_of(response)
    assert Practice.objects.count() == 1


def test_nobody_founds_more_practices_than_the_limit(db):
    somebody = account("somebody")
    for number in range(settings.PRACTICES_LIMIT):
        found_practice(somebody, name=f"Practice {number}", time_zone="UTC")
    response = browser_of(somebody).post("/practices/new/", sent())
    assert response.status_code == 400
    assert "as many as one person can found" in text_of(response)


def test_a_practice_called_like_a_page_has_an_address_of_its_own(db):
    assert found_practice(account("somebody"), name="New", time_zone="UTC").slug != "new"


# ------------------------------------------------------------------ the list


def test_who_has_one_practice_is_led_to_it_and_who_has_several_chooses(people):
    client = browser_of(people.editor)
    assert client.get("/practices/")["Location"] == at(people.practice)
    Membership.objects.create(practice=people.other, user=people.editor, role=Role.VIEWER)
    text = text_of(client.get("/practices/"))
    assert "Elm Dental" in text
    assert "Editor since" in text
    assert "Viewer since" in text


def test_a_stranger_signs_in_before_the_list(client, db):
    for path in ("/practices/", "/practices/new/"):
        assert client.get(path)["Location"] == f"/account/login/?next={path}"
