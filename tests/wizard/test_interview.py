"""The interview page by page, as a browser walks through it. Codes such as G01 name the attack."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from policygen.policies.drafting import drafts
from policygen.policies.models import Draft
from policygen.wizard.steps import BY_NAME, STEPS
from tests.wizard.visitors import Controls, Visitor, elm, library, text_of

PAGES = [
    step.name for step in STEPS if any(q.page == step.name for q in library().vocabulary.questions)
]


def stored(visitor: Visitor) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads(visitor.draft.answers)
    return answers


def messages(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


# ------------------------------------------------------------------ walking


def test_the_whole_way_from_blank_to_review(visitor):
    walked = []
    response = visitor.get("")
    filled = {
        "practice": {
            "practice_name": "Elm Dental, PLLC",
            "short_name": "Elm",
            "motto__instead": "none",
            "website": "elm.example",
            "organization": "dental",
        },
        "scope": {"locations__0_name": "North", "locations__0_address": "1 Elm St\r\nSpringfield"},
        "data": {"data": ["name", "records"]},
        "marketing": {"marketing": ["mail", "dont-know"]},
        "marketing_details": {"marketing_basis": "dont-know"},
        "retention": {"retention_years": " 7 "},
        "borders": {"countries__instead": "none"},
        "changes": {
            "effective_date__month": "2",
            "effective_date__day": "15",
            "effective_date__year": "2026",
        },
        "contact_points": {
            "contact_points__0_channel": "phone",
            "contact_points__0_value": "217-555-0148",
        },
        "contacts": {"contacts__questions": "phone-1", "contacts__questions_attention": "Privacy"},
    }
    while not response["Location"].endswith("/review/"):
        step = response["Location"].split("/")[-2]
        walked.append(step)
        response = visitor.send(step, **filled[step])
        assert response.status_code == 302, text_of(response)
    assert walked == PAGES
    assert stored(visitor) == {
        "practice_name": "Elm Dental, PLLC",
        "short_name": "Elm",
        "motto": "none",
        "website": "https://elm.example",
        "organization": ["dental"],
        "locations": [{"name": "North", "address": ["1 Elm St", "Springfield"]}],
        "data": ["name", "records"],
        "marketing": ["mail", "dont-know"],
        "marketing_basis": "dont-know",
        "retention_years": "7",
        "countries": "none",
        "effective_date": "2026-02-15",
        "contact_points": {"phone-1": {"phone": "217-555-0148"}},
        "contacts": {"questions": {"points": ["phone-1"], "attention": "Privacy"}},
    }
    assert visitor.draft.title == "Elm Dental, PLLC"


@pytest.mark.parametrize("step", PAGES)
def test_a_finished_page_sent_as_it_stands_changes_nothing(drafter, step):
    before = stored(drafter)
    assert drafter.send(step).status_code == 302
    assert stored(drafter) == before
    assert drafter.draft.revision == 0


@pytest.mark.parametrize("step", PAGES)
def test_each_page_offers_help_an_example_and_a_way_not_to_know(drafter, step):
    page = drafter.get(step)
    text = text_of(page)
    for question in library().vocabulary.questions:
        if question.page == step:
            assert question.ask in text
            assert question.help in text
            assert "For example: " in text
            unknown = f'-{question.id}-instead" value="dont-know"' in page.content.decode()
            unknown |= f'name="{step}-{question.id}" value="dont-know"' in page.content.decode()
            assert unknown is not question.required


@pytest.mark.parametrize("step", PAGES)
def test_a_page_left_blank_says_so_at_the_top_and_at_each_question(visitor, step):
    if step == "marketing_details":
        visitor.send("marketing", marketing="mail")
    response = visitor.send(step)
    page = Controls(response.content.decode())
    assert response.status_code == 200
    assert stored(visitor) in ({}, {"marketing": ["mail"]})
    assert "Error: " in response.content.decode().split("</title>")[0]
    summary = response.content.decode().split("error-summary")[1].split("</ul>")[0]
    links = re.findall(r'href="#([^"]+)"', summary)
    questions = [q for q in library().vocabulary.questions if q.page == step]
    assert len(links) == len(questions)
    assert set(links) <= set(page.ids)
    for question in questions:
        assert question.ask in summary


def test_no_id_stands_twice_on_any_page(drafter):
    for step in PAGES:
        ids = Controls(drafter.get(step).content.decode()).ids
        assert len(ids) == len(set(ids)), step


def test_every_input_has_a_label_and_every_description_exists(drafter):
    for step in PAGES:
        for markup in (drafter.get(step), drafter.send(step, practice_name="")):
            page = Controls(markup.content.decode()) if markup.status_code == 200 else None
            for tag, attributes in page.elements if page else ():
                for key in ("for", "aria-labelledby", "aria-describedby"):
                    for target in (attributes.get(key) or "").split():
                        assert target in page.ids, (step, tag, key, target)


# ------------------------------------------------------------------ ways through


def test_back_saves_what_is_filled_in_and_asks_for_nothing_more(visitor):
    response = visitor.send(
        "scope", go="practice", locations__0_name="N", locations__0_address="1 Elm"
    )
    assert response["Location"].endswith("/practice/")
    assert stored(visitor)["locations"] == [{"name": "N", "address": ["1 Elm"]}]
    response = visitor.send("practice", go="data", short_name="Elm")
    assert response["Location"].endswith("/data/")
    assert stored(visitor)["short_name"] == "Elm"
    assert "practice_name" not in stored(visitor)
    assert 'value="Elm"' in visitor.get("practice").content.decode()


def test_a_mistake_costs_no_other_answer(visitor):
    response = visitor.send(
        "practice", short_name="Elm", motto="We\x07care", practice_name="Elm Dental"
    )
    assert response.status_code == 200
    assert stored(visitor) == {"practice_name": "Elm Dental", "short_name": "Elm"}
    again = Controls(response.content.decode()).as_post()
    again |= {"practice-motto": "We care", "practice-organization": "legal"}
    again |= {"practice-website-instead": "dont-know"}
    assert visitor.client.post(f"{visitor.base}practice/", again).status_code == 302
    assert stored(visitor)["motto"] == "We care"


def test_leaving_with_a_mistake_keeps_it_in_view_and_offers_both_ways(visitor):
    response = visitor.send("practice", go="data", short_name="Elm", website="javascript:alert(1)")
    assert response.status_code == 200
    summary = response.content.decode().split("error-summary")[1].split("</div>")[0]
    assert "Enter a web address that begins with https:// or http://." in summary
    assert "What is your full name?" not in summary
    assert f'href="{visitor.base}data/"' in summary
    assert 'value="javascript:alert(1)"' in response.content.decode()
    assert stored(visitor) == {"short_name": "Elm"}


def test_leaving_a_page_never_clears_an_answer(drafter):
    drafter.send("data", go="practice", data=None)
    assert stored(drafter)["data"] == ["name", "records"]


def test_from_the_review_a_page_leads_back_to_it(drafter):
    page = drafter.get("data", **{"from": "review"})
    assert "Save and return to the review" in text_of(page)
    response = drafter.send("data", query="?from=review", data=["name"])
    assert response["Location"].endswith("/review/")
    assert stored(drafter)["data"] == ["name"]


def test_the_draft_opens_where_something_is_open(drafter):
    assert drafter.get("")["Location"].endswith("/review/")
    raw = elm()
    del raw["retention_years"]
    Draft.objects.filter(pk=drafter.draft_id).update(answers=json.dumps(raw))
    assert drafter.get("")["Location"].endswith("/retention/")


def test_the_list_of_pages_tells_finished_ones_and_leads_to_each(drafter):
    raw = elm()
    del raw["data"]
    Draft.objects.filter(pk=drafter.draft_id).update(answers=json.dumps(raw))
    markup = drafter.get("practice").content.decode()
    listed = markup.split('id="pages"')[1].split("</nav>")[0]
    assert re.findall(r'value="([a-z_]+)"', listed) == [*PAGES[1:], "review"]
    unfinished = [m for m in re.findall(r"<button[^>]*>", listed) if "finished" not in m]
    assert [re.search(r'value="(\w+)"', m)[1] for m in unfinished] == ["data", "review"]
    assert 'aria-current="step">Your practice<' in listed
    assert "Step 1 of 10" in text_of(drafter.get("practice"))


def test_adding_and_removing_rows_saves_nothing_and_loses_nothing(visitor):
    response = visitor.send("scope", locations__0_name="North", locations__add="1")
    page = Controls(response.content.decode())
    assert response.status_code == 200
    assert ("scope-locations-0-name", "North") in page.fields
    assert ("scope-locations-1-name", "") in page.fields
    assert "There is a problem" not in text_of(response)
    assert re.search(r'name="scope-locations-1-name"[^>]* autofocus', response.content.decode())
    assert stored(visitor) == {}
    data = {**page.as_post(), "scope-locations-0-address": "1 Elm", "scope-locations-add": "1"}
    assert visitor.client.post(f"{visitor.base}scope/", data).status_code == 200
    assert stored(visitor) == {}
    data = {**page.as_post(), "scope-locations-1-name": "South", "scope-locations-remove": "0"}
    response = visitor.client.post(f"{visitor.base}scope/", data)
    page = Controls(response.content.decode())
    assert ("scope-locations-0-name", "South") in page.fields
    assert ("scope-locations-rows", "1") in page.fields


def test_a_contact_that_is_removed_leaves_its_purposes_and_this_is_said(drafter):
    response = drafter.send(
        "contact_points",
        contact_points__1_value="",
        contact_points__1_channel="",
        contact_points__1_id="",
    )
    assert stored(drafter)["contacts"] == {
        "questions": {"points": ["desk"], "attention": "Privacy"}
    }
    assert any("“Questions”" in message for message in messages(response))
    response = drafter.send(
        "contact_points", contact_points__0_value="", contact_points__instead="none"
    )
    assert stored(drafter)["contact_points"] == "none"
    assert "contacts" not in stored(drafter)
    assert any("“Questions”" in message for message in messages(response))
    assert response["Location"].endswith("/contacts/")


def test_a_renamed_contact_stays_where_it_serves(drafter):
    drafter.send("contact_points", contact_points__0_value="217-555-9999")
    assert stored(drafter)["contacts"] == elm()["contacts"]
    assert "217-555-9999" in text_of(drafter.get("contacts"))


# ------------------------------------------------------------------ G: the wizard's own traps


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("step", ["nope", "done", "0", "practice2", "PRACTICE"])
def test_g01_a_page_that_does_not_exist_is_not_found(drafter, method, step):
    response = getattr(drafter.client, method)(
        f"{drafter.base}{step}/", {f"{drafter.draft_id}-current_step": step}
    )
    assert response.status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_g01_a_page_that_does_not_apply_leads_on_to_one_that_does(drafter, method):
    drafter.send("marketing", marketing="none")
    data = {
        f"{drafter.draft_id}-current_step": "marketing_details",
        "marketing_details-marketing_basis": "yes",
    }
    response = getattr(drafter.client, method)(f"{drafter.base}marketing_details/", data)
    assert response.status_code == 302
    assert response["Location"] == f"{drafter.base}retention/"
    assert any("does not apply" in message for message in messages(response))
    assert stored(drafter)["marketing_basis"] == "dont-know"


@pytest.mark.parametrize("claimed", ["", "nope", "scope", "marketing_details", "<b>"])
def test_g01_a_forged_current_step_stores_nothing(visitor, claimed):
    data = {
        f"{visitor.draft_id}-current_step": claimed,
        "practice-practice_name": "Elm",
        "scope-locations-instead": "none",
    }
    response = visitor.client.post(f"{visitor.base}practice/", data)
    assert response["Location"] == f"{visitor.base}practice/"
    assert stored(visitor) == {}


def test_g01_the_step_of_formtools_that_drops_input_does_not_work_here(visitor):
    data = {
        **visitor.form("practice"),
        "practice-short_name": "Elm",
        "wizard_goto_step": "data",
        "go": "scope",
    }
    response = visitor.client.post(f"{visitor.base}practice/", data)
    assert response["Location"] == f"{visitor.base}scope/"
    assert stored(visitor) == {"short_name": "Elm"}


def test_g02_sending_the_last_page_first_finishes_nothing(visitor):
    response = visitor.send("contacts", contacts__instead="dont-know")
    assert response["Location"].endswith("/review/")
    review = visitor.get("review")
    assert "One thing is needed before there is a policy" in text_of(review)
    assert "/policy." not in review.content.decode()
    assert visitor.client.get(f"{visitor.base}policy.txt")["Location"] == f"{visitor.base}review/"


def test_g03_looking_at_anything_changes_nothing(drafter):
    before = list(Draft.objects.values())
    for address in (
        "",
        "practice/",
        "review/",
        "why/",
        "delete/",
        "policy.txt",
        "answers.yaml",
        "done/",
    ):
        drafter.client.get(drafter.base + address)
        drafter.client.head(drafter.base + address)
    assert list(Draft.objects.values()) == before


def test_g05_two_drafts_in_two_tabs_never_mix(visitor):
    other = Visitor.__new__(Visitor)
    other.client = visitor.client
    other.base = visitor.client.post("/drafts/", {"blank": "1"})["Location"]
    visitor.send("practice", go="scope", practice_name="First")
    other.send("practice", go="scope", practice_name="Second")
    visitor.send("data", data="name")
    other.send("data", data="records")
    assert stored(visitor) == {"practice_name": "First", "data": ["name"]}
    assert stored(other) == {"practice_name": "Second", "data": ["records"]}


def test_g05_different_pages_in_two_tabs_do_not_disturb_each_other(drafter):
    first, second = drafter.form("data"), drafter.form("retention")
    drafter.client.post(f"{drafter.base}data/", {**first, "data-data": "name"})
    response = drafter.client.post(
        f"{drafter.base}retention/", {**second, "retention-retention_years": "9"}
    )
    assert response.status_code == 302
    assert stored(drafter)["data"] == ["name"]
    assert stored(drafter)["retention_years"] == "9"


def test_g09_the_same_page_in_two_tabs_shows_both_and_lets_the_person_decide(drafter):
    mine = {**drafter.form("data"), "data-data": ["birth-date"]}
    theirs = {**drafter.form("data"), "data-data": ["name"]}
    drafter.client.post(f"{drafter.base}data/", theirs)
    response = drafter.client.post(f"{drafter.base}data/", mine)
    page = response.content.decode()
    assert response.status_code == 200
    assert "changed in another tab" in text_of(response)
    assert "<dd><span><bdi>Name</bdi></span> </dd>" in page
    assert stored(drafter)["data"] == ["name"]
    again = Controls(page).as_post()
    assert again["data-data"] == ["birth-date"]
    assert drafter.client.post(f"{drafter.base}data/", again).status_code == 302
    assert stored(drafter)["data"] == ["birth-date"]


def test_g09_a_page_shown_again_with_a_mistake_still_notices_the_other_tab(drafter):
    mine = {**drafter.form("data"), "data-data": []}
    drafter.send("data", data=["name"])
    response = drafter.client.post(f"{drafter.base}data/", mine)
    again = {**Controls(response.content.decode()).as_post(), "data-data": ["birth-date"]}
    response = drafter.client.post(f"{drafter.base}data/", again)
    assert "changed in another tab" in text_of(response)
    assert stored(drafter)["data"] == ["name"]


def test_g09_the_same_answer_in_two_tabs_is_no_conflict(drafter):
    form = {**drafter.form("data"), "data-data": ["name"]}
    for _ in range(2):
        assert drafter.client.post(f"{drafter.base}data/", form).status_code == 302


def test_g06_junk_is_not_stored(drafter):
    before = stored(drafter)
    junk = {f"junk-{i}": "x" * 900 for i in range(900)}
    assert (
        drafter.client.post(f"{drafter.base}data/", {**drafter.form("data"), **junk}).status_code
        == 302
    )
    assert stored(drafter) == before


def test_g06_a_draft_does_not_grow_without_bound(drafter, monkeypatch):
    monkeypatch.setattr(drafts, "SIZE_LIMIT", len(drafter.draft.answers.encode()) + 50)
    response = drafter.send("borders", countries="Peru " * 20, countries__instead=None)
    assert response.status_code == 200
    assert "Shorten them" in text_of(response)
    assert "Peru Peru" in text_of(response)
    assert stored(drafter)["countries"] == "none"


def test_g07_answers_of_a_page_that_no_longer_applies_wait_for_it(drafter):
    drafter.send("marketing_details", marketing_basis="yes")
    assert "agreed to it" in text_of(drafter.get("review"))
    drafter.send("marketing", marketing="none")
    review = text_of(drafter.get("review"))
    assert "agreed to it" not in review
    assert "Do people agree first?" not in review
    assert "Marketing choices Skipped because you chose nothing" in review
    drafter.send("marketing", marketing="phone")
    assert "agreed to it" in text_of(drafter.get("review"))
    assert stored(drafter)["marketing_basis"] == ["yes"]


def test_g08_a_draft_outlives_the_session_data_but_not_its_token(drafter):
    assert drafter.client.get(f"{drafter.base}data/").status_code == 200
    drafter.client.cookies.clear()
    assert drafter.client.get(f"{drafter.base}data/").status_code == 404
    assert Draft.objects.count() == 1


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        "[[[" * 2000,
        '{"data": 7}',
        '{"data": {"a": ["b"]}}',
        '{"practice_name": ["x"], "contacts": [], "contact_points": "x", "locations": {"a": 1}}',
        '{"contacts": {"questions": {"points": ["gone"]}}, "practice_name": "Elm"}',
        '{"effective_date": "2026-99-99", "retention_years": "many", "website": "javascript:1"}',
        '{"practice_name": "\\u202e", "unheard_of": "<b>kept</b>", "data": ["gone", "name"]}',
    ],
)
def test_g10_a_damaged_draft_opens_says_what_to_check_and_keeps_everything(drafter, damage):
    Draft.objects.filter(pk=drafter.draft_id).update(answers=damage)
    for step in [*PAGES, "review", "why", "delete", ""]:
        response = drafter.get(step)
        assert response.status_code in {200, 302}, step
    for file in ("policy.txt", "answers.yaml"):
        assert drafter.client.get(drafter.base + file).status_code in {200, 302}
    assert drafter.draft.answers == damage
    review = drafter.get("review").content.decode()
    assert "<b>kept</b>" not in review
    drafter.send("practice", go="data", short_name="Elm")
    kept = stored(drafter)
    assert kept["short_name"] == "Elm"
    for name, value in json.loads(damage).items() if damage.startswith('{"') else ():
        assert kept[name] == value


def test_g11_an_option_that_is_gone_is_named_kept_and_asked_again(drafter):
    raw = {**elm(), "data": ["name", "retired-option"], "retired_question": "yes"}
    Draft.objects.filter(pk=drafter.draft_id).update(answers=json.dumps(raw))
    review = text_of(drafter.get("review"))
    assert "“retired-option” is no option of “What data do you keep?”" in review
    assert "retired_question" in review
    page = drafter.get("data")
    assert "Your earlier answer can no longer be used." in text_of(page)
    assert ("data-data", "name") in Controls(page.content.decode()).fields
    drafter.send("retention", retention_years="8")
    assert stored(drafter)["data"] == ["name", "retired-option"]
    drafter.send("data", data=["name"])
    assert stored(drafter)["data"] == ["name"]
    assert stored(drafter)["retired_question"] == "yes"
    assert "retired-option" not in text_of(drafter.get("review"))


def test_g14_a_post_of_more_than_a_mebibyte_is_refused_in_plain_words(drafter):
    before = stored(drafter)
    response = drafter.client.post(f"{drafter.base}data/", {"x": "y" * 1_100_000})
    assert response.status_code == 400
    assert "That could not be read" in text_of(response)
    response = drafter.client.post(f"{drafter.base}data/", {f"x{i}": "y" for i in range(1_100)})
    assert response.status_code == 400
    assert stored(drafter) == before


# ------------------------------------------------------------------ whose draft


@pytest.mark.parametrize(
    "address", ["", "practice/", "review/", "why/", "delete/", "policy.pdf", "answers.yaml"]
)
def test_a_draft_of_somebody_else_is_like_one_that_does_not_exist(drafter, address):
    outsider = Visitor()
    anonymous = Client()
    for client in (outsider.client, anonymous):
        foreign = client.get(drafter.base + address)
        absent = client.get(f"/drafts/{uuid4()}/{address}")
        assert foreign.status_code == absent.status_code == 404
        assert foreign.content == absent.content


def test_nobody_writes_or_deletes_the_draft_of_somebody_else(drafter):
    outsider = Visitor()
    before = list(Draft.objects.filter(pk=drafter.draft_id).values())
    form = drafter.form("data")
    assert (
        outsider.client.post(f"{drafter.base}data/", {**form, "data-data": "name"}).status_code
        == 404
    )
    assert outsider.client.post(f"{drafter.base}delete/").status_code == 404
    assert list(Draft.objects.filter(pk=drafter.draft_id).values()) == before


@pytest.mark.parametrize(
    "address",
    [
        "/drafts/9999/",
        "/drafts/%00/",
        "/drafts/%ff/",
        "/drafts/../admin/",
        "/drafts/{draft}/%00/",
        "/drafts/{draft}/../../review/",
        "/drafts/{DRAFT}/",
        "/drafts/{draft}/policy.%00",
        "/drafts/{draft}/policy.exe",
        "/drafts/{draft}/policy.",
        "/drafts/{draft}/policy.pdf/",
        "/drafts/{draft}/practice",
    ],
)
def test_h10_odd_addresses_are_not_found_or_led_to_the_right_one(drafter, address):
    where = address.format(draft=drafter.draft_id, DRAFT=drafter.draft_id.upper())
    assert drafter.client.get(where).status_code in {301, 404}


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
@pytest.mark.parametrize(
    "address", ["practice/", "review/", "why/", "delete/", "policy.txt", "answers.yaml"]
)
def test_h08_other_verbs_are_not_allowed(drafter, method, address):
    assert getattr(drafter.client, method)(drafter.base + address).status_code == 405


@pytest.mark.parametrize("address", ["review/", "why/", "policy.txt", "answers.yaml"])
def test_h08_what_only_shows_cannot_be_posted_to(drafter, address):
    assert drafter.client.post(drafter.base + address).status_code == 405


def test_h01_every_form_needs_its_token(drafter):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = drafter.client.cookies
    for address, data in (
        ("/drafts/", {"blank": "1"}),
        (f"{drafter.base}data/", {"data-data": "name"}),
        (f"{drafter.base}delete/", {}),
    ):
        response = strict.post(address, data)
        assert response.status_code == 403
        assert "Please send that once more" in text_of(response)
    assert Draft.objects.count() == 1
    assert stored(drafter) == elm()


def test_a_page_costs_two_small_queries(drafter, django_assert_num_queries):
    drafter.get("data")
    with django_assert_num_queries(2):  # the session; the draft with the release in force
        drafter.get("data")


def test_names_of_pages_do_not_clash_with_other_addresses():
    assert not {"review", "why", "delete", "policy", "answers", "release"} & set(BY_NAME)
    assert len(BY_NAME) == len(STEPS)
