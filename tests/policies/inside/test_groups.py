"""The pages of groups, brands and locations, and the interview in their drafts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from policygen.policies.bulk.deciding import (
    discard_batch,
    leave_out,
    prepare_again,
    publish_batch,
)
from policygen.policies.bulk.purging import purge_batches
from policygen.policies.bulk.starting import list_pieces
from policygen.policies.drafting.beginning import set_up_policy
from policygen.policies.drafting.drafts import save_answers, start_draft
from policygen.policies.drafting.groups import draft_of_level, level_for, set_up_group
from policygen.policies.holders import Holder
from policygen.policies.inside.batch_sheet import changed_since
from policygen.policies.inside.group_lines import lags_in
from policygen.policies.inside.practice_lines import lines_of
from policygen.policies.models import Batch, BatchStage, Draft, Group, GroupForm, Level, Policy
from policygen.policies.stored import from_text, to_text
from policygen.practices.locations import change_location
from policygen.practices.models import Brand, Location
from tests.library.folders import change
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.bulk.steps import prepared, worked
from tests.policies.cast import cast, policy_of, published
from tests.practices.browsers import at, browser_of, said, text_of
from tests.releases import release_changes
from tests.wizard.visitors import Controls, answers, elm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def as_owner(made: Fleet) -> Client:
    return browser_of(made.people.owner)


def place(made: Fleet, number: int = 0, then: str = "") -> str:
    """Return the address of a location in the group."""
    return f"{made.group.get_absolute_url()}locations/{made.locations[number].pk}/{then}"


def give(made: Fleet, level: Level, **raw: Any) -> Draft:
    draft = draft_of_level(level, made.people.owner)
    save_answers(Holder(user=made.people.owner), draft.pk, answers(raw))
    draft.refresh_from_db()
    return draft


def location_level(made: Fleet, number: int = 0) -> Level:
    return level_for(made.group, location=made.locations[number])


def root_of(group: Group) -> Draft:
    return Draft.objects.get(level__group=group, level__brand=None, level__location=None)


# ------------------------------------------------------------------ setting up


@pytest.mark.parametrize("start", ["blank", "example:elm"])
def test_a_group_is_set_up_from_nothing_or_from_an_example(start):
    people = cast()
    browser = browser_of(people.editor)
    sent = {"title": "Offices", "form": "each", "start": start}
    answer = browser.post(at(people.practice, "groups/new/"), sent)
    group = Group.objects.get()
    assert answer["Location"] == group.get_absolute_url()
    assert (group.title, group.form) == ("Offices", GroupForm.EACH)
    given = {name: raw for name, raw in elm().items() if name != "locations"}
    assert from_text(root_of(group).answers) == (given if start != "blank" else {})


def test_a_group_is_set_up_from_a_published_policy_or_from_a_draft_of_ones_own():
    people = cast()
    published(policy_of(people), people.owner, motto="Published.")
    own = start_draft(Holder(user=people.owner), answers=answers({"motto": "Drafted."}))
    browser = browser_of(people.owner)
    page = Controls(browser.get(at(people.practice, "groups/new/")).content.decode())
    starts = [found["value"] for tag, found in page.elements if found.get("name") == "start"]
    assert f"draft:{own.pk}" in starts
    of_policy = next(one for one in starts if one and one.startswith("policy:"))
    for start, motto in ((of_policy, "Published."), (f"draft:{own.pk}", "Drafted.")):
        sent = {"title": start, "form": "annex", "start": start}
        browser.post(at(people.practice, "groups/new/"), sent)
        assert from_text(root_of(Group.objects.get(title=start)).answers)["motto"] == motto
    assert Draft.objects.filter(pk=own.pk).exists()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"title": "", "form": "each", "start": "blank"}, "Type a title for the group."),
        ({"title": "Privacy", "form": "each", "start": "blank"}, "a group of this title already"),
        ({"title": "X", "form": "", "start": "blank"}, "Choose what the group gives."),
        ({"title": "X", "form": "each", "start": "draft:1"}, "This is not here any more."),
    ],
)
def test_what_is_missing_or_taken_is_said(sent, says):
    made = fleet(1)
    answer = as_owner(made).post(at(made.people.practice, "groups/new/"), sent)
    assert answer.status_code == 400
    assert says in text_of(answer)
    assert Group.objects.count() == 1


# ------------------------------------------------------------------ the group


def test_the_group_shows_its_answers_and_its_locations_with_what_differs():
    made = fleet(3)
    give(made, location_level(made, 1), motto="Our own.", retention_years="9")
    text = text_of(as_owner(made).get(made.group.get_absolute_url()))
    assert "One policy for each location" in text
    assert "3 of 3 locations" in text
    assert "2 answers differ" in text
    assert text.count("As the group") == 2


def test_locations_are_found_by_name_address_brand_and_by_what_differs():
    made = fleet(4)
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    Location.objects.filter(pk=made.locations[2].pk).update(brand=brand)
    Location.objects.filter(pk=made.locations[3].pk).update(address="")
    give(made, location_level(made, 1), motto="Our own.")
    browser, address = as_owner(made), made.group.get_absolute_url()

    def shown(**query: str) -> list[str]:
        page = browser.get(address, query)
        return [line.place.name for line in page.context["lines"]]

    assert shown() == ["Office 1", "Office 2", "Office 3", "Office 4"]
    assert shown(q="office 2") == ["Office 2"]
    assert shown(q="1 main") == ["Office 1"]
    assert shown(q="smile") == ["Office 3"]
    assert shown(only="different") == ["Office 2"]
    assert shown(only="no-address") == ["Office 4"]
    assert shown(only=str(brand.pk)) == ["Office 3"]
    assert shown(only="nonsense") == ["Office 1", "Office 2", "Office 3", "Office 4"]
    assert shown(only="²", q="\0") == ["Office 1", "Office 2", "Office 3", "Office 4"]
    assert shown(q="no such place") == []


def test_locations_and_brands_stand_in_the_order_of_their_numbers():
    made = fleet(12)
    for number in (10, 9):
        Brand.objects.create(practice=made.people.practice, name=f"smile {number}")
    page = as_owner(made).get(made.group.get_absolute_url())
    assert [line.place.name for line in page.context["lines"]] == [
        f"Office {number}" for number in range(1, 13)
    ]
    assert [line.place.name for line in page.context["brands"]] == ["smile 9", "smile 10"]


def test_a_group_of_many_locations_is_shown_page_by_page_with_as_many_queries():
    made = fleet(3)
    browser, address = as_owner(made), made.group.get_absolute_url()
    browser.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        browser.get(address)
    more = [
        Location(practice=made.people.practice, name=f"Branch {number:03}", address="1 Road")
        for number in range(120)
    ]
    Location.objects.bulk_create(more)
    for one in Location.objects.filter(name__startswith="Branch")[:60]:
        level = level_for(made.group, location=one)
        set_up_policy(made.people.practice, made.people.owner, title=one.name, level=level)
        draft_of_level(level, made.people.owner)
    with CaptureQueriesContext(connection) as many:
        page = browser.get(address)
    assert len(page.context["lines"]) == 50
    assert len(many) == len(few)
    last = browser.get(address, {"page": "99", "q": "branch"})
    assert len(last.context["lines"]) == 20
    assert "q=branch" in last.content.decode()


def test_who_may_only_look_finds_no_button():
    made = fleet(1)
    give(made, location_level(made), motto="Our own.")
    browser = browser_of(made.people.viewer)
    for address in (
        made.group.get_absolute_url(),
        place(made),
        at(made.people.practice, "groups/"),
    ):
        page = Controls(browser.get(address).content.decode())
        posts = [
            form for tag, form in page.elements if tag == "form" and form.get("method") == "post"
        ]
        assert [form for form in posts if "/account/" not in str(form["action"])] == []


def test_the_settings_name_the_contacts_that_locations_can_have():
    made = fleet(1)
    browser = as_owner(made)
    address = f"{made.group.get_absolute_url()}settings/"
    page = Controls(browser.get(address).content.decode())
    offered = [one["value"] for tag, one in page.elements if one.get("name") == "own_points"]
    assert offered
    sent = {"title": "All offices", "form": "annex", "own_points": offered[:1]}
    assert browser.post(address, sent).status_code == 302
    made.group.refresh_from_db()
    assert (made.group.title, made.group.form) == ("All offices", "annex")
    assert offered[0] in made.group.own_points
    wrong = browser.post(address, {**sent, "own_points": ["nothing"]})
    assert "not among the answers any more" in text_of(wrong)


def test_a_group_is_deleted_after_asking():
    made = fleet(1)
    browser, address = as_owner(made), f"{made.group.get_absolute_url()}delete/"
    assert "Delete this group?" in text_of(browser.get(address))
    assert Group.objects.exists()
    browser.post(address)
    assert not Group.objects.exists()


def test_no_list_shows_what_a_deleted_group_left():
    made = fleet(1)
    practice, owner = made.people.practice, made.people.owner
    title, level = "Of the group", location_level(made)
    set_up_policy(practice, owner, title=title, location=made.locations[0], level=level)
    browser = as_owner(made)
    browser.post(f"{made.group.get_absolute_url()}delete/")
    draft = start_draft(Holder(user=owner), title="Mine", release="0" * 64)
    pages = [practice.get_absolute_url(), reverse("keep", args=[draft.pk])]
    assert all(title not in text_of(browser.get(page)) for page in pages)
    membership = practice.memberships.select_related("practice").get(user=owner)
    assert lines_of(owner, [membership])[0].policies == 0
    sent = {"title": title, "location": "", "start": "blank"}
    assert browser.post(reverse("new_policy", args=[practice.slug]), sent).status_code == 302


def test_a_group_that_something_came_of_is_not_deleted():
    made = fleet(1)
    release = root_of(made.group).release
    made.group.batches.create(practice=made.people.practice, by=made.people.owner, release=release)
    answer = as_owner(made).post(f"{made.group.get_absolute_url()}delete/")
    assert answer.status_code == 409
    assert "This group was not deleted" in text_of(answer)


# ------------------------------------------------------------------ a brand, a location


def test_what_differs_stands_beside_what_the_group_says():
    made = fleet(1)
    draft = give(made, location_level(made), motto="Our own.")
    answer = as_owner(made).get(place(made))
    text = text_of(answer)
    assert "The group says None" in text
    assert "Here Our own." in text
    assert "1 Main Street" in text
    assert f"/drafts/{draft.pk}/practice/?from=review#q-motto" in answer.content.decode()


def test_looking_at_a_location_makes_nothing():
    made = fleet(1)
    as_owner(made).get(place(made))
    assert Level.objects.count() == 1
    assert Draft.objects.count() == 1


def test_the_groups_answer_is_taken_again():
    made = fleet(1)
    draft = give(made, location_level(made), motto="Our own.", retention_years="9")
    browser = as_owner(made)
    fields = Controls(browser.get(place(made)).content.decode()).as_post()
    mark = fields["seen"][fields["question"].index("motto")]
    browser.post(place(made, then="inherit/"), {"question": "motto", "seen": mark})
    draft.refresh_from_db()
    assert from_text(draft.answers) == {"retention_years": "9"}


def test_an_answer_that_changed_meanwhile_is_not_taken_back():
    made = fleet(1)
    draft = give(made, location_level(made), motto="Our own.")
    sent = {"question": "motto", "seen": "another"}
    answer = as_owner(made).post(place(made, then="inherit/"), sent)
    assert "Nothing was taken back" in said(answer)[0]
    draft.refresh_from_db()
    assert from_text(draft.answers) == {"motto": "Our own."}


def test_the_answers_of_a_location_are_opened_where_they_are_changed():
    made = fleet(1)
    answer = as_owner(made).post(place(made, then="answer/"))
    draft = Draft.objects.get(level__location=made.locations[0])
    assert answer["Location"] == reverse("review", args=[draft.pk])


def test_a_brand_at_which_nothing_differs_gives_up_its_place_and_can_be_deleted():
    made = fleet(1)
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    draft = give(made, level_for(made.group, brand=brand), motto="Ours.")
    browser = as_owner(made)
    there = at(made.people.practice, f"brands/{brand.pk}/delete/")
    refused = browser.post(there)
    assert refused.status_code == 409
    assert "A group of policies keeps a place for it" in text_of(refused)
    address = f"{made.group.get_absolute_url()}brands/{brand.pk}/"
    assert "Give up its place in the group" not in text_of(browser.get(address))
    assert "Something differs here" in said(browser.post(f"{address}leave/"))[0]
    browser.post(f"/drafts/{draft.pk}/delete/")
    assert "Give up its place in the group" in text_of(browser.get(address))
    browser.post(f"{address}leave/")
    assert browser.post(there).status_code == 302
    assert not Brand.objects.exists()


def test_a_location_with_a_policy_keeps_its_place():
    made = fleet(1)
    level = location_level(made)
    set_up_policy(made.people.practice, made.people.owner, title="P", level=level)
    browser = as_owner(made)
    assert "Give up its place" not in text_of(browser.get(place(made)))
    assert "There is a policy of it" in said(browser.post(place(made, then="leave/")))[0]


# ------------------------------------------------------------------ the interview


def test_every_page_of_a_level_says_where_one_is():
    made = fleet(1)
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    Location.objects.update(brand=brand)
    draft = give(made, location_level(made), motto="Our own.")
    browser = as_owner(made)
    page = reverse("page", args=[draft.pk, "practice"])
    others = [reverse(name, args=[draft.pk]) for name in ("review", "why", "laws", "delete")]
    for address in (page, *others):
        assert "Privacy Smile Office 1" in text_of(browser.get(address)), address


def test_a_question_that_differs_is_marked_with_what_is_inherited():
    made = fleet(1)
    draft = give(made, location_level(made), motto="Our own.")
    browser = as_owner(made)
    for page in ("practice", "review"):
        text = text_of(browser.get(f"/drafts/{draft.pk}/{page}/"))
        assert "Differs here. Inherited: None" in text, page
        assert text.count("Differs here.") == 1


def test_places_come_from_the_list_of_locations_and_nobody_types_them():
    made = fleet(1)
    draft = draft_of_level(location_level(made), made.people.owner)
    browser = as_owner(made)
    for key in (draft.pk, root_of(made.group).pk):
        answer = browser.get(f"/drafts/{key}/scope/")
        assert "This comes from the list of locations" in text_of(answer)
        assert "Office 1" in text_of(answer)
        names = [name for name, _ in Controls(answer.content.decode()).fields]
        assert not [name for name in names if "locations" in name]


def test_a_forged_place_is_not_saved():
    made = fleet(1)
    draft = draft_of_level(location_level(made), made.people.owner)
    browser, address = as_owner(made), f"/drafts/{draft.pk}/scope/"
    sent = Controls(browser.get(address).content.decode()).as_post()
    forged = {
        "scope-locations-rows": "1",
        "scope-locations-0-name": "Nowhere",
        "scope-locations-0-address": "1 Street",
    }
    answer = browser.post(address, {**sent, **forged})
    assert answer.status_code == 302
    assert said(answer) == []
    draft.refresh_from_db()
    assert draft.answers == "{}"


def test_a_page_that_is_saved_as_it_is_makes_no_difference():
    made = fleet(1)
    draft = draft_of_level(location_level(made), made.people.owner)
    browser = as_owner(made)
    for page in ("practice", "data", "contact_points", "contacts"):
        address = f"/drafts/{draft.pk}/{page}/"
        browser.post(address, Controls(browser.get(address).content.decode()).as_post())
    draft.refresh_from_db()
    assert draft.answers == "{}"


def test_contacts_of_a_location_say_where_they_come_from():
    made = fleet(1)
    points = list(elm()["contact_points"])
    Group.objects.update(own_points=f'["{points[0]}"]')
    draft = draft_of_level(location_level(made), made.people.owner)
    text = text_of(as_owner(made).get(f"/drafts/{draft.pk}/contact_points/"))
    assert "these come from the list of locations" in text


def test_what_makes_no_sense_for_a_level_is_not_offered():
    made = fleet(1)
    draft = give(made, location_level(made), motto="Our own.")
    browser = as_owner(made)
    for key in (draft.pk, root_of(made.group).pk):
        markup = browser.get(f"/drafts/{key}/review/").content.decode()
        for page in ("keep", "publish", "reading"):
            assert f"/drafts/{key}/{page}/" not in markup
        for page in ("keep", "publish", "reading"):
            answer = browser.get(f"/drafts/{key}/{page}/")
            assert answer["Location"] == reverse("review", args=[key]), page
    assert f"/drafts/{root_of(made.group).pk}/delete/" not in markup
    answer = browser.post(f"/drafts/{root_of(made.group).pk}/delete/")
    assert answer["Location"] == made.group.get_absolute_url()


def test_deleting_the_draft_of_a_location_takes_all_answers_of_the_group():
    made = fleet(1)
    draft = give(made, location_level(made), motto="Our own.")
    browser = as_owner(made)
    assert "Take all of the group’s answers again?" in text_of(
        browser.get(f"/drafts/{draft.pk}/delete/")
    )
    answer = browser.post(f"/drafts/{draft.pk}/delete/")
    assert answer["Location"] == place(made)
    draft.refresh_from_db()
    assert draft.answers == "{}"


def test_who_may_only_read_is_led_to_the_review():
    made = fleet(1)
    key = root_of(made.group).pk
    browser = browser_of(made.people.viewer)
    assert browser.get(f"/drafts/{key}/data/")["Location"] == reverse("review", args=[key])
    assert browser.get(f"/drafts/{key}/review/").status_code == 200


def test_the_draft_of_a_group_is_nobodys_elses():
    made = fleet(1)
    key = root_of(made.group).pk
    for browser in (browser_of(made.people.outsider), Client()):
        for page in ("", "data/", "review/", "why/", "laws/", "delete/", "answers.yaml"):
            assert browser.get(f"/drafts/{key}/{page}").status_code == 404, page
    for address in (made.group.get_absolute_url(), place(made)):
        assert browser_of(made.people.outsider).get(address).status_code == 404


# ------------------------------------------------------------------ policies of a group


def grouped(made: Fleet) -> Policy:
    """Set up the policy of the first location."""
    level = location_level(made)
    place_of = {"location": made.locations[0], "level": level}
    return set_up_policy(made.people.practice, made.people.owner, title="P", **place_of)


def test_a_policy_says_where_its_answers_come_from_and_leads_there():
    made = fleet(1)
    policy = grouped(made)
    browser = as_owner(made)
    answer = browser.get(policy.get_absolute_url())
    assert "Its answers come from the group “Privacy”" in text_of(answer)
    assert "Begin a draft" not in text_of(answer)
    for page in ("start/", "release/"):
        answer = browser.post(f"{policy.get_absolute_url()}{page}")
        assert answer["Location"] == place(made), page
    assert not Draft.objects.filter(policy=policy).exists()


def test_such_a_policy_is_renamed_but_stays_with_its_location():
    made = fleet(2)
    policy = grouped(made)
    browser, address = as_owner(made), f"{policy.get_absolute_url()}settings/"
    names = [name for name, _ in Controls(browser.get(address).content.decode()).fields]
    assert "location" not in names
    sent = {"title": "Renamed", "location": str(made.locations[1].pk)}
    assert browser.post(address, sent).status_code == 302
    policy.refresh_from_db()
    assert (policy.title, policy.location) == ("Renamed", made.locations[0])


def test_the_draft_of_such_a_policy_leads_to_where_its_answers_are_given():
    made = fleet(1)
    people = made.people
    policy = policy_of(people)
    draft = start_draft(Holder(user=people.owner), answers=answers(elm()))
    Draft.objects.filter(pk=draft.pk).update(policy=policy)
    Level.objects.filter(pk=location_level(made).pk).update(policy=policy)
    browser = as_owner(made)
    assert browser.get(f"/drafts/{draft.pk}/practice/")["Location"] == place(made)
    assert browser.post(f"/drafts/{draft.pk}/practice/")["Location"] == place(made)
    assert browser.get(f"/drafts/{draft.pk}/release/")["Location"] == place(made)
    review = browser.get(f"/drafts/{draft.pk}/review/")
    assert "The answers come from the group" in text_of(review)
    assert "?from=review" not in review.content.decode()
    assert browser.get(f"/drafts/{draft.pk}/reading/").status_code == 200


def test_the_overview_folds_a_group_to_one_line_whatever_it_holds():
    made = fleet(3)
    policy_of(made.people, "On its own")
    browser, address = as_owner(made), at(made.people.practice)
    browser.get(address)
    with CaptureQueriesContext(connection) as few:
        browser.get(address)
    for number in range(3):
        level = location_level(made, number)
        policy = set_up_policy(
            made.people.practice, made.people.owner, title=f"Of office {number}", level=level
        )
        draft = start_draft(Holder(user=made.people.owner), answers=answers(elm()))
        Draft.objects.filter(pk=draft.pk).update(policy=policy, state="submitted")
    with CaptureQueriesContext(connection) as many:
        page = browser.get(address)
    assert len(many) == len(few)
    assert [line.policy.title for line in page.context["board"].lines] == ["On its own"]
    text = text_of(page)
    assert "group of 3 locations" in text
    assert "3 drafts wait for an approval" in text
    assert [task.name for task in page.context["board"].group_tasks] == [
        "Of office 0",
        "Of office 1",
        "Of office 2",
    ]


def test_a_draft_of_ones_own_is_not_offered_to_a_policy_of_a_group():
    made = fleet(1)
    policy = grouped(made)
    draft = start_draft(Holder(user=made.people.owner), answers=answers(elm()))
    browser = as_owner(made)
    assert f"policy:{policy.pk}" not in browser.get(f"/drafts/{draft.pk}/keep/").content.decode()


def test_a_group_of_another_practice_is_not_there():
    made, other = fleet(1), fleet(1)
    theirs = set_up_group(other.people.practice, other.people.owner, title="Theirs")
    browser = as_owner(made)
    missing = browser.get(at(made.people.practice, "groups/999999/"))
    for path in (
        f"groups/{theirs.pk}/",
        f"groups/{made.group.pk}/locations/{other.locations[0].pk}/",
        f"groups/{made.group.pk}/brands/999999/",
    ):
        answer = browser.get(at(made.people.practice, path))
        assert (answer.status_code, answer.content) == (404, missing.content), path


def test_a_location_that_a_group_alone_uses_gives_up_its_place_and_is_deleted():
    made = fleet(1)
    draft_of_level(location_level(made), made.people.owner)
    browser = as_owner(made)
    address = at(made.people.practice, f"locations/{made.locations[0].pk}/delete/")
    refused = browser.post(address)
    assert refused.status_code == 409
    assert "The group “Privacy”" in text_of(refused)
    assert f'href="{made.group.get_absolute_url()}"' in refused.content.decode()
    browser.post(place(made, then="leave/"))
    assert browser.post(address).status_code == 302
    assert not Location.objects.filter(practice=made.people.practice).exists()


@pytest.mark.parametrize("only", ["9" * 18, "9" * 25, "9" * 5000, "²", "-1"])
def test_a_brand_that_cannot_be_is_asked_for_in_vain(only):
    made = fleet(1)
    answer = as_owner(made).get(made.group.get_absolute_url(), {"only": only})
    assert answer.status_code == 200


def test_taking_an_answer_that_the_group_gives_already_says_so_and_an_unknown_one_is_not_there():
    made = fleet(1)
    give(made, location_level(made), motto="Our own.")
    browser, address = as_owner(made), place(made, then="inherit/")
    answer = browser.post(address, {"question": "website"}, follow=True)
    assert "has this answer from the group already" in text_of(answer)
    assert browser.post(address, {"question": "nonsense"}).status_code == 404
    assert from_text(location_level(made).draft.answers) == {"motto": "Our own."}


# ------------------------------------------------------------------ what is said before


def with_version(made: Fleet, level: Level) -> Policy:
    """Publish a policy, and let it be the one of a level."""
    policy = policy_of(made.people, f"Policy of {level}")
    published(policy, made.people.owner)
    Level.objects.filter(pk=level.pk).update(policy=policy)
    return policy


@pytest.mark.parametrize(
    ("form", "says"),
    [
        (GroupForm.EACH, "2 policies of locations are published. They stay public"),
        (GroupForm.ANNEX, "The policy that lists the locations is published. It stays public"),
    ],
)
def test_the_settings_say_what_stays_public_under_the_other_form(form, says):
    made = fleet(3, form=form)
    browser, address = as_owner(made), f"{made.group.get_absolute_url()}settings/"
    assert "public, and" not in text_of(browser.get(address))
    if form == GroupForm.EACH:
        for number in (0, 1):
            with_version(made, location_level(made, number))
    else:
        with_version(made, Level.objects.get(location=None, brand=None))
    assert says in text_of(browser.get(address))


def test_the_policy_with_an_annex_says_how_many_locations_stand_there():
    made = fleet(3, form=GroupForm.ANNEX)
    with_version(made, Level.objects.get(location=None, brand=None))
    browser, address = as_owner(made), made.group.get_absolute_url()
    assert "with all locations in its annex." in text_of(browser.get(address))
    give(made, location_level(made), motto="Our own.")
    assert "with 2 of 3 locations in its annex. The others" in text_of(browser.get(address))


def test_the_page_of_a_location_says_whether_it_stands_in_the_annex():
    made = fleet(2, form=GroupForm.ANNEX)
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    Location.objects.filter(pk=made.locations[0].pk).update(brand=brand)
    browser = as_owner(made)
    assert "It stands in the annex" in text_of(browser.get(place(made)))
    give(made, level_for(made.group, brand=brand), motto="Ours.")
    text = text_of(browser.get(place(made)))
    assert "It stands in the annex" not in text
    assert "What differs at its brand" in text
    assert "It stands in the annex" in text_of(browser.get(place(made, 1)))


def test_the_answers_of_a_group_with_an_annex_say_where_the_locations_stand(folder):
    change(
        folder,
        "vocabulary.yaml",
        "  - {id: locations, page: scope, kind: places,",
        '  - {id: places, page: scope, kind: places, ask: "Which?", help: All., example: One}\n'
        "  - {id: locations, page: scope, kind: places,",
    )
    change(
        folder,
        "about/locations.md",
        "{{ locations |",
        "{{ places | places_block }}\n\n{{ locations |",
    )
    release_changes(folder, title="Places")
    made = fleet(1, form=GroupForm.ANNEX)
    review = reverse("review", args=[root_of(made.group).pk])
    text = text_of(as_owner(made).get(review))
    assert "Which? The locations stand in the list at the end." in text


def test_the_answers_of_a_group_or_a_brand_say_which_location_is_an_example():
    made = fleet(2)
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    Location.objects.filter(pk=made.locations[1].pk).update(brand=brand)
    of_brand = give(made, level_for(made.group, brand=brand), motto="Ours.")
    browser = as_owner(made)
    for draft, example in ((of_brand, "Office 2"), (root_of(made.group), "Office 1")):
        text = text_of(browser.get(reverse("review", args=[draft.pk])))
        assert f"“{example}” stands for an example" in text
    own = give(made, location_level(made), motto="Mine.")
    assert "an example" not in text_of(browser.get(reverse("review", args=[own.pk])))


def test_a_group_names_the_answers_that_are_still_those_of_an_example():
    made = fleet(1)
    browser, address = as_owner(made), made.group.get_absolute_url()
    root = root_of(made.group)
    page = browser.get(address)
    assert "From an example" in text_of(page)
    assert {one.id for one, _ in page.context["root"].left} == {
        *("practice_name", "short_name", "website", "contact_points")
    }
    assert f"/drafts/{root.pk}/practice/?from=review#q-practice_name" in page.content.decode()
    points = {"front": {"phone": "217-555-9999"}}
    own = {"practice_name": "Oak Clinic", "short_name": "none", "website": "https://oak.example"}
    more = {"contact_points": points, "contacts": "none"}
    save_answers(Holder(user=made.people.owner), root.pk, answers({**own, **more}))
    assert "From an example" not in text_of(browser.get(address))


def test_what_cannot_be_deleted_has_no_button_to_delete_it():
    made = fleet(1)
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    Location.objects.update(brand=brand)
    browser, practice = as_owner(made), made.people.practice
    pages = [
        f"{made.group.get_absolute_url()}delete/",
        at(practice, f"locations/{made.locations[0].pk}/delete/"),
        at(practice, f"brands/{brand.pk}/delete/"),
    ]
    spare = Brand.objects.create(practice=practice, name="Spare")
    free = [pages[0], pages[1], at(practice, f"brands/{spare.pk}/delete/")]
    for page in free:
        assert "button danger" in browser.get(page).content.decode(), page
    with_version(made, location_level(made))
    for page in pages:
        answer = browser.get(page)
        assert answer.status_code == 200
        assert "button danger" not in answer.content.decode(), page
        assert "cannot be deleted" in text_of(answer), page


def test_the_list_of_practices_counts_no_policy_of_a_group_that_nobody_published():
    made = fleet(3)
    for number in range(3):
        level = location_level(made, number)
        set_up_policy(made.people.practice, made.people.owner, title="P", level=level)
    owner = made.people.owner

    def counted() -> int:
        (line,) = lines_of(owner, owner.memberships.select_related("practice"))
        return line.policies

    assert counted() == 0
    policy_of(made.people)
    assert counted() == 1


# ------------------------------------------------------------------ what lags behind its group


def publish(batch: Batch) -> Batch:
    publish_batch(batch.pk, on=timezone.localdate(), reason="All of them", kind=None)
    return worked(batch)


def answer_otherwise(made: Fleet, group: Group | None = None, **changed: Any) -> None:
    """Change a group’s own answers."""
    said = answers({**elm(), "data": ["name"], **changed})
    save_answers(Holder(user=made.people.owner), root_of(group or made.group).pk, said)


def waiting(made: Fleet, browser: Client) -> list[str]:
    page = browser.get(at(made.people.practice))
    return [task.kind for task in page.context["board"].group_tasks]


def move(made: Fleet) -> None:
    """Change the address of a location."""
    where = Location.objects.get(pk=made.locations[0].pk)
    told = {"name": where.name, "brand": None, "phone": where.phone, "fax": "", "email": ""}
    told["address"] = "9 Elm Road\nSpringfield, IL 62701"
    change_location(where.practice, made.people.owner, where.pk, **told)


@pytest.mark.parametrize("change_it", [answer_otherwise, move])
def test_a_group_that_changed_since_its_policies_were_made_says_so(no_pdfs, change_it):
    made = fleet(2)
    browser, groups = as_owner(made), at(made.people.practice, "groups/")
    pages = (made.group.get_absolute_url(), groups, at(made.people.practice))
    publish(prepared(made))
    for page in pages:
        assert "changed since" not in text_of(browser.get(page)).lower(), page
    assert "Nothing waits for you" in text_of(browser.get(pages[-1]))
    change_it(made)
    for page in pages:
        assert "changed since" in text_of(browser.get(page)).lower(), page
    overview = browser.get(pages[-1])
    assert "Make the policies of “Privacy” again" in text_of(overview)
    (task,) = overview.context["board"].group_tasks
    assert (task.kind, task.address) == ("changed", made.group.get_absolute_url())
    publish(prepared(made))
    for page in pages:
        assert "changed since" not in text_of(browser.get(page)).lower(), page


def test_only_who_may_make_the_policies_again_is_asked_to(no_pdfs):
    made = fleet(1)
    publish(prepared(made))
    answer_otherwise(made)
    people = made.people
    for who in (people.owner, people.editor):
        assert waiting(made, browser_of(who)) == ["changed"]
    for who in (people.reviewer, people.viewer):
        assert waiting(made, browser_of(who)) == []
        text = text_of(browser_of(who).get(made.group.get_absolute_url()))
        assert "Owners and editors make the policies again." in text


def test_policies_that_are_prepared_wait_for_who_started_their_batch():
    made = fleet(2)
    batch = prepared(made)
    owner, editor = as_owner(made), browser_of(made.people.editor)
    (task,) = owner.get(at(made.people.practice)).context["board"].group_tasks
    assert (task.kind, task.count, task.address) == ("ready", 2, batch.get_absolute_url())
    assert "Look at what changes in 2 policies of “Privacy”" in text_of(
        owner.get(at(made.people.practice))
    )
    assert waiting(made, editor) == []
    leave_out(batch.pk, batch.pieces.filter(number=1))
    (task,) = owner.get(at(made.people.practice)).context["board"].group_tasks
    assert task.count == 1
    discard_batch(batch.pk, made.people.owner)
    worked(batch)
    assert waiting(made, owner) == []


def test_a_group_of_which_nothing_is_published_does_not_lag():
    made = fleet(1)
    prepared(made)
    answer_otherwise(made)
    assert lags_in(made.people.practice) == {}


def test_opening_the_answers_of_a_location_is_no_change(no_pdfs):
    made = fleet(1)
    publish(prepared(made))
    as_owner(made).post(place(made, then="answer/"))
    assert lags_in(made.people.practice) == {}
    give(made, location_level(made), motto="Our own.")
    assert made.group.pk in lags_in(made.people.practice)


def test_an_open_batch_speaks_for_itself_and_one_that_is_discarded_counts_for_nothing(no_pdfs):
    made = fleet(1)
    browser = as_owner(made)
    publish(prepared(made))
    answer_otherwise(made)
    batch = prepared(made)
    assert lags_in(made.people.practice) == {}
    assert not changed_since(batch)
    answer_otherwise(made, motto="Newer.")
    assert waiting(made, browser) == ["ready"]
    assert changed_since(batch)
    page = browser.get(made.group.get_absolute_url())
    assert "since the open batch read them" in text_of(page)
    assert f'href="{batch.get_absolute_url()}"' in page.content.decode()
    prepare_again(batch.pk)
    assert lags_in(made.people.practice) == {}
    list_pieces(Batch.objects.get(pk=batch.pk))
    worked(batch)
    discard_batch(batch.pk)
    assert waiting(made, browser) == ["changed"]
    assert worked(batch).stage == BatchStage.DISCARDED
    assert waiting(made, browser) == ["changed"]


def test_a_batch_that_another_took_over_counts_for_nothing(no_pdfs):
    made = fleet(1)
    publish(prepared(made))
    answer_otherwise(made)
    first = prepared(made)
    second = prepared(made)
    first.refresh_from_db()
    assert first.stage == BatchStage.DONE
    discard_batch(second.pk)
    worked(second)
    assert lags_in(made.people.practice)[made.group.pk].batch is None


@pytest.mark.parametrize("how", ["discarded", "purged"])
def test_what_is_published_counts_where_there_is_no_batch(no_pdfs, how):
    made = fleet(1)
    batch = publish(prepared(made))
    if how == "purged":
        assert purge_batches(timezone.now()) == 1
    else:
        Batch.objects.filter(pk=batch.pk).update(stage=BatchStage.DISCARDED)
    assert lags_in(made.people.practice) == {}
    answer_otherwise(made)
    assert made.group.pk in lags_in(made.people.practice)


def test_a_group_whose_locations_have_all_closed_is_asked_for_nothing(no_pdfs):
    made = fleet(1)
    publish(prepared(made))
    answer_otherwise(made)
    Location.objects.update(closed_on=timezone.localdate())
    assert lags_in(made.people.practice) == {}


def test_what_lags_in_many_groups_takes_as_many_queries_as_in_one(
    no_pdfs, django_assert_num_queries
):
    made = fleet(1)
    practice, owner = made.people.practice, made.people.owner
    publish(prepared(made))
    answer_otherwise(made)
    browser = as_owner(made)
    browser.get(at(practice))
    with CaptureQueriesContext(connection) as few:
        browser.get(at(practice))
    with django_assert_num_queries(5):
        assert set(lags_in(practice)) == {made.group.pk}
    for number in range(2):
        group = set_up_group(practice, owner, title=f"Group {number}", answers=to_text(elm()))
        publish(prepared(made, group=group))
        answer_otherwise(made, group)
    with CaptureQueriesContext(connection) as many:
        assert waiting(made, browser) == ["changed"] * 3
    assert len(many) == len(few)


def test_a_change_of_one_group_lets_no_other_lag(no_pdfs):
    made = fleet(1)
    other = set_up_group(
        made.people.practice, made.people.owner, title="Other", answers=to_text(elm())
    )
    for group in (made.group, other):
        publish(prepared(made, group=group))
    answer_otherwise(made)
    assert set(lags_in(made.people.practice)) == {made.group.pk}
