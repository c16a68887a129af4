"""Clauses at the desk: the list with its filters, who may do what, and writing one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policygen.core.body import BODY_LIMIT
from policygen.library.loading import load_library
from policygen.library.models import Clause, ClauseVersion, Option, State, Transition
from policygen.library.publishing import discard, submit
from tests.library.desk.writers import (
    APPROVERS,
    CLAUSES,
    DRAFTERS,
    MANAGERS,
    NEW_CLAUSE,
    TODAY,
    a_new_clause,
    address,
    clause_fields,
    client_of,
    draft,
    errors_of,
    member,
    newest,
    page,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(folder: Path) -> None:
    load_library(folder, today=TODAY)


@pytest.fixture
def drafter(release: None) -> Client:
    return client_of(member(DRAFTERS))


def many_clauses(start: int, count: int) -> None:
    """Add clauses that are like the one on data."""
    model = newest("data")
    content = {**model.content(), "title": "One of many", "body": "We keep many a thing."}
    clauses = [Clause(slug=f"many-{n}") for n in range(start, start + count)]
    Clause.objects.bulk_create(clauses)
    versions = [
        ClauseVersion(clause=clause, state=State.DRAFT, edited_at=timezone.now(), **content)
        for clause in clauses
    ]
    ClauseVersion.objects.bulk_create(versions, batch_size=100)
    for version in ClauseVersion.objects.filter(clause__in=[c.slug for c in clauses]):
        Clause.objects.filter(pk=version.clause_id).update(newest=version)


def listed(client: Client, query: str = "") -> list[str]:
    """Return the slugs that the list shows."""
    response = client.get(f"{CLAUSES}?{query}")
    assert response.status_code == 200, response.status_code
    return [version.name for version in response.context["cl"].result_list]


# ------------------------------------------------------------------ the list


def test_the_list_has_the_newest_version_of_each_clause_in_reading_order(drafter: Client) -> None:
    version = draft("data")
    assert listed(drafter) == ["speaker", "data"]
    shown = page(drafter.get(CLAUSES))
    assert "What we keepdata" in shown.text
    assert "What we collect" in shown.text
    assert "Draft" in shown.text
    assert "clause-drafters" in shown.text
    links = [attributes.get("href") for tag, attributes in shown.tags if tag == "a"]
    assert any(str(link).startswith(address(version)) for link in links)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("speaker", ["speaker"]),
        ("Who speaks", ["speaker"]),
        ("keep", ["data"]),
        ("so we say", ["data"]),
        ("nowhere", []),
    ],
)
def test_the_search_reads_slug_title_text_and_note(
    drafter: Client, words: str, found: list[str]
) -> None:
    version = draft("data")
    drafter.post(address(version), clause_fields(version, note="So we say"))
    assert listed(drafter, f"q={words}") == found


def test_lists_filter_by_section_and_by_state(drafter: Client) -> None:
    draft("data")
    assert listed(drafter, "section=about") == ["speaker"]
    assert listed(drafter, "state=draft") == ["data"]
    assert listed(drafter, "state=released") == ["speaker"]


def test_a_filter_finds_clauses_that_name_an_option_its_group_or_print_it(
    drafter: Client,
) -> None:
    for slug, changed in (
        ("asks", {"when-any": ["data:records"], "body": "We care.", "claims": ""}),
        ("asks-for-group", {"when-any": ["data.health"], "body": "We do care.", "claims": ""}),
        (
            "claims",
            {"when-any": [], "body": "We love it.", "claims": "keep(data:name; data:records)"},
        ),
        ("prints", {"when-any": [], "body": "We hold {{data.health|listing}}.", "claims": ""}),
        (
            "other",
            {"when-any": ["data:name"], "body": "We like it.", "claims": "keep(data.identity)"},
        ),
    ):
        response = drafter.post(NEW_CLAUSE, a_new_clause(name=slug, title=slug, **changed))
        assert response.status_code == 302, errors_of(response)
    both = {"data", "claims"}  # “data” prints all of the question
    assert set(listed(drafter, "data=data:records")) == {"asks", "asks-for-group", "prints", *both}
    assert set(listed(drafter, "data=data:name")) == {"other", *both}


def test_a_filter_does_not_take_an_option_for_another_that_begins_like_it(
    drafter: Client,
) -> None:
    version = draft("data")
    for n, (when, claims) in enumerate(
        [
            ({"any": ["data:name-x"]}, []),
            ({}, ["keep(data:name-x; data:a-data:name)"]),
            ({"any": ["data.identity_x"]}, ["keep(data.identity_x)"]),
        ]
    ):
        ClauseVersion.objects.filter(pk=version.pk).update(
            when=when, claims=claims, body="We hold {{ data.identity_x | listing }} {{ datas }}."
        )
        assert listed(drafter, "data=data:name") == [], n
        assert listed(drafter, "data=data:nonsense") == ["speaker", "data"]


def test_a_filter_finds_the_statements_of_a_model_policy(drafter: Client) -> None:
    assert listed(drafter, "model=dentx") == ["speaker"]
    assert listed(drafter, "model=dentrix") == []


@pytest.mark.parametrize(
    "query",
    [
        *("q=%00", "section=%00", "state=%00", "data=%00", "model=%00", "p=x", "o=99.-99"),
        *("title=%00", "edited_by__password__startswith=p", "id__in=x", "nonsense=1"),
        *("section=%27%3B%20drop%20table", "all=", "_facets=1", "q=" + "a" * 5000),
    ],
)
def test_no_address_of_the_list_is_too_odd(drafter: Client, query: str) -> None:
    response = drafter.get(f"{CLAUSES}?{query}")
    assert response.status_code in {200, 302, 400}


def test_the_list_and_the_page_need_the_same_queries_for_400_clauses(drafter: Client) -> None:
    version = draft("data")
    counts = []
    for start, more in ((0, 20), (20, 380)):
        many_clauses(start, more)
        with CaptureQueriesContext(connection) as in_list:
            assert drafter.get(f"{CLAUSES}?data=data:name").status_code == 200
        with CaptureQueriesContext(connection) as on_page:
            assert drafter.get(address(version)).status_code == 200
        with CaptureQueriesContext(connection) as whole_list:
            assert len(listed(drafter)) in {22, 50}
        counts.append((len(in_list), len(on_page), len(whole_list)))
    assert counts[0] == counts[1]


# ------------------------------------------------------------------ who may


@pytest.mark.parametrize("path", [CLAUSES, NEW_CLAUSE])
def test_people_without_a_place_at_the_desk_see_nothing(release: None, path: str) -> None:
    visitor = Client().get(path)
    practice = client_of(member(name="practice", staff=False)).get(path)
    outsider = client_of(member(name="outsider")).get(path)
    assert (visitor.status_code, practice.status_code) == (302, 302)
    assert "login" in visitor["Location"]
    assert "login" in practice["Location"]
    assert outsider.status_code == 403


@pytest.mark.parametrize("group", [APPROVERS, MANAGERS])
def test_who_does_not_write_reads(release: None, group: str) -> None:
    version = draft("data")
    client = client_of(member(group))
    shown = page(client.get(address(version)))
    assert "We keep {{ data | listing }}." in shown.text
    assert not [
        tag
        for tag, attributes in shown.tags
        if tag == "textarea" and attributes.get("name") == "body"
    ]
    assert client.get(NEW_CLAUSE).status_code == 403
    assert client.post(NEW_CLAUSE, a_new_clause()).status_code == 403
    sent = client.post(address(version), clause_fields(version, title="Mine"))
    assert sent.status_code == 403
    assert newest("data").title == "What we keep"


def test_nobody_deletes_a_clause(admin_client: Client, release: None) -> None:
    version = draft("data")
    path = address(version).replace("/change/", "/delete/")
    assert admin_client.post(path, {"post": "yes"}).status_code == 403
    admin_client.post(CLAUSES, {"action": "delete_selected", "_selected_action": [version.pk]})
    assert ClauseVersion.objects.filter(pk=version.pk).exists()


# ------------------------------------------------------------------ writing


def test_a_new_clause_becomes_a_draft_with_a_line_in_both_logs(drafter: Client) -> None:
    response = drafter.post(NEW_CLAUSE, a_new_clause())
    assert response.status_code == 302, errors_of(response)
    version = newest("records")
    assert response["Location"] == address(version)
    assert (version.state, version.number, version.reason) == ("draft", 1, "Nobody says it yet")
    assert version.when == {"any": ["data:records"]}
    assert version.claims == ["collect(data.health)"]
    assert Transition.objects.first().action == "began"  # type: ignore[union-attr]
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.is_addition()) == (str(version.pk), True)
    assert "Saved as a draft" in page(drafter.get(address(version))).text


def test_a_draft_is_saved_with_its_reason(drafter: Client) -> None:
    version = draft("data")
    response = drafter.post(address(version), clause_fields(version, title="Kept", run_in="on"))
    assert response.status_code == 302, errors_of(response)
    saved = newest("data")
    assert (saved.title, saved.run_in, saved.reason) == ("Kept", True, "Said better")
    assert saved.body == version.body
    assert saved.revision == version.revision + 1
    assert LogEntry.objects.get().is_change()
    assert json.loads(LogEntry.objects.get().change_message)


def test_saving_without_a_change_stores_nothing(drafter: Client) -> None:
    version = draft("data")
    drafter.post(address(version), clause_fields(version, reason=""))
    assert newest("data").revision == version.revision


def test_a_released_version_is_read_and_a_draft_begun_from_it(drafter: Client) -> None:
    shown = page(drafter.get(address(newest("data"))))
    assert "This version is released, and its text is fixed." in shown.text
    assert "Begin a draft" in shown.text
    assert not [
        1
        for tag, attributes in shown.tags
        if tag == "textarea" and attributes.get("name") == "body"
    ]


def test_an_older_version_names_the_newest(drafter: Client) -> None:
    old = newest("data")
    new = draft("data")
    shown = page(drafter.get(address(old)))
    assert "This is an older version. The newest is version 2" in shown.text
    assert address(new) in [a.get("href") for tag, a in shown.tags if tag == "a"]


def test_what_is_sent_to_a_draft_in_review_is_shown_again_and_not_stored(drafter: Client) -> None:
    version = draft("data")
    fields = clause_fields(version, title="What I typed meanwhile")
    ClauseVersion.objects.filter(pk=version.pk).update(reason="Better")
    version = newest("data")
    submit(version, by=member(DRAFTERS), seen=version.revision)
    response = drafter.post(address(version), fields)
    assert "its text is fixed" in str(errors_of(response))
    assert "What I typed meanwhile" in page(response).values("title")
    assert newest("data").title == "What we keep"


def test_what_is_sent_to_a_draft_that_was_thrown_away_is_shown_again(drafter: Client) -> None:
    version = draft("data")
    fields = clause_fields(version, title="What I typed meanwhile")
    path = address(version)
    discard(version, by=member(DRAFTERS), seen=version.revision)
    shown = page(drafter.post(path, fields), status=409)
    assert "thrown away" in shown.text
    assert "What I typed meanwhile" in shown.text


def test_a_draft_can_take_its_clause_out(drafter: Client) -> None:
    version = draft("data")
    response = drafter.post(address(version), clause_fields(version, withdrawn="on"))
    assert response.status_code == 302, errors_of(response)
    assert newest("data").withdrawn
    assert "Takes it out" in page(drafter.get(address(version))).text


def test_a_clause_that_is_taken_out_is_not_stored_with_a_mistake(drafter: Client) -> None:
    version = draft("data")
    fields = clause_fields(version, withdrawn="on", body="{{ nothing }}")
    assert "body" in errors_of(drafter.post(address(version), fields))
    assert not newest("data").withdrawn


def test_what_is_released_stands_beside_what_changes(drafter: Client) -> None:
    version = draft("data")
    drafter.post(address(version), clause_fields(version, title="Kept", note="Careful"))
    text = page(drafter.get(address(version))).text
    assert "In Release 1: What we keep" in text
    assert "In Release 1: nothing" in text
    assert text.count("In Release 1:") == 2


# ------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        (
            {"body": "One.\r\n\r\nWe keep {{ dat | listing }}."},
            "body",
            "line 3: “dat” names no answer. Did you mean “data”?",
        ),
        ({"body": "{{ data | list }}"}, "body", "Did you mean “listing”?"),
        ({"body": "{% if data %}Hello.{% endif %}"}, "body", "has no place here"),
        (
            {"body": "We care.\r\n\r\n### Heading"},
            "body",
            "line 3: A heading without text under it.",
        ),
        ({"body": ""}, "body", "The text is empty."),
        ({"body": "x\u202ey"}, "body", "line 1: This holds a hidden text direction character"),
        ({"when-any": ["data:nam"]}, "when", "Did you mean “data:name”"),
        ({"when-any": ["no atom"]}, "when", "“no atom” is no condition."),
        ({"when-any": ["data:name"], "when-none": ["data:name"]}, "when", "can never hold"),
        ({"when-any": ["practice_name"]}, "when", "This always holds"),
        ({"claims": "take(data)"}, "claims", "“take(data)” is no claim"),
        ({"claims": "keep(dat)"}, "claims", "“dat” names no answer."),
        ({"title": ""}, "title", "The title is missing."),
        ({"title": "a\u0000b"}, "title", "This holds a control character"),
        ({"note": "a\u200bb"}, "note", "This holds an invisible character"),
        ({"reason": "a\u0000b"}, "reason", "This holds a control character"),
        ({"section_id": "nowhere"}, "section_id", "Select a valid choice."),
        ({"section_id": "\u0000"}, "section_id", "Select a valid choice."),
        ({"order": "soon"}, "order", "Write a whole number, such as 40."),
        ({"order": "99999999999"}, "order", "999999999"),
        ({"run_in": "on", "body": "- one\r\n- two"}, "run_in", "begins with a paragraph"),
        ({"name": "Records!"}, "name", "small letters"),
        ({"name": "data"}, "name", "This name is taken"),
        ({"name": "a" * 151}, "name", "Shorten it to 150"),
        ({"name": ""}, "name", "Write the slug"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_what_was_typed_stays(
    drafter: Client, changed: dict[str, Any], field: str, says: str
) -> None:
    response = drafter.post(NEW_CLAUSE, a_new_clause(**{"note": "Mind this.", **changed}))
    errors = errors_of(response)
    assert says in " ".join(errors[field]), errors
    assert "Mind this." in page(response).text or field == "note"
    assert not Clause.objects.filter(pk=a_new_clause(**changed)["name"]).exclude(pk="data").exists()


def test_mistakes_in_several_fields_are_all_said_at_once(drafter: Client) -> None:
    changed = {"order": "", "body": "{{ dat }}", "when-any": ["data:nam"], "claims": "x"}
    errors = errors_of(drafter.post(NEW_CLAUSE, a_new_clause(**changed)))
    assert set(errors) == {"order", "body", "when", "claims"}


HOSTILE = {
    "A01 class": "{{ ''.__class__.__mro__ }}",
    "A01 globals": "{{ lipsum.__globals__ }}",
    "A01 init": "{{ cycler.__init__ }}",
    "A01 attribute": "{{ data.__class__ }}",
    "A02 attr": "{{ ('{0.__class__}'|attr('format'))(1) }}",
    "A02 format": "{{ '%s'|format(data) }}",
    "A02 map": "{{ data | map(attribute='x') | listing }}",
    "A03 query": "{{ practice.policy_set.raw('select 1') }}",
    "A03 user": "{{ user.password }}",
    "A05 format": "{0.__class__} %(x)s",
    "A06 autoescape": "{% autoescape false %}{{ data }}{% endautoescape %}",
    "A06 safe": "{{ data | listing | safe }}",
    "A07 include": "{% include 'x' %}",
    "A07 import": "{% import 'x' as x %}",
    "A08 compile": "{% if false %}{{ 'B'*9**9 }}{% endif %}",
    "A08 multiply": "{{ 'A'*10**9 }}",
    "A08 power": "{{ 9**9**9 }}",
    "A09 loops": "{% for a in b %}" * 3 + "x" + "{% endfor %}" * 3,
    "A09 centre": "{{ practice | center(9**9) }}",
    "A09 percent": "{{ '%99999999d' % 1 }}",
    "A09 range": "{{ range(10**9) }}",
    "A11 brackets": "{{ " + "(" * 3000 + "data" + ")" * 3000 + " }}",
    "A11 ifs": "{% if data %}" * 300 + "x" + "{% endif %}" * 300,
    "A11 list": "[" * 3000 + "x" + "]" * 3000,
    "A11 quotes": "> " * 300 + "x",
    "A12 misspelt": "{{ practice_adress }}",
    "A12 self": "{{ self }}",
    "A12 request": "{{ request }}",
    "A12 config": "{{ config }}",
    "A14 NUL": "We \u0000 care.",
    "A14 BOM": "\ufeffWe care.",
    "A14 megabyte": "We care. " * 110_000,
    "A14 one word": "a" * 1_000_000,
    "A14 one too many": "a" * (BODY_LIMIT + 1),
    "B01 script": "<script>alert(1)</script>",
    "B04 link": "[x](javascript:alert(1))",
    "B06 style": "<math><mtext><mglyph><style><img src=x onerror=alert(1)>",
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_hostile_text_is_refused_at_its_field_and_kept_in_the_form(
    drafter: Client, attack: str
) -> None:
    response = drafter.post(NEW_CLAUSE, a_new_clause(body=HOSTILE[attack]))
    errors = errors_of(response)
    assert set(errors) == {"body"}
    assert all(len(message) < 500 for message in errors["body"])
    assert len(errors["body"]) < 20
    assert not Clause.objects.filter(pk="records").exists()
    form = response.context["adminform"].form
    assert form["body"].value() == HOSTILE[attack]
    assert not {"math", "img"} & {tag for tag, _ in page(response).tags}


def test_a_text_of_the_longest_length_is_taken(drafter: Client) -> None:
    body = "We care a lot. " * (BODY_LIMIT // 15)
    assert BODY_LIMIT - 15 < len(body.strip()) <= BODY_LIMIT
    response = drafter.post(NEW_CLAUSE, a_new_clause(body=body))
    assert response.status_code == 302, errors_of(response)


def test_a_request_beyond_all_limits_is_answered_with_a_page(drafter: Client) -> None:
    response = drafter.post(NEW_CLAUSE, a_new_clause(body="We care. " * 200_000))
    assert response.status_code == 400
    assert not Clause.objects.filter(pk="records").exists()


@pytest.mark.parametrize(
    "payload",
    ['"><svg/onload=alert(1)>', "' onfocus=alert(1) x='", "</script><script>alert(1)</script>"],
)
def test_markup_is_shown_as_text_everywhere(drafter: Client, payload: str) -> None:
    fields = a_new_clause(title=payload, note=payload, reason=payload, citations=payload)
    response = drafter.post(NEW_CLAUSE, fields)
    assert response.status_code == 302, errors_of(response)
    version = newest("records")
    readers = client_of(member(APPROVERS))
    responses = [
        drafter.get(CLAUSES),
        drafter.get(address(version)),
        readers.get(address(version)),
        drafter.post(address(version), clause_fields(version, body=payload + "{{ dat }}")),
        drafter.post(address(version), clause_fields(version, seen=99, order=7)),
        drafter.post(
            "/admin/pieces/clause/preview/", clause_fields(version, **{"when-all": [payload]})
        ),
    ]
    for response in responses:
        shown = page(response)
        assert payload in shown.text or payload in str(shown.tags)
        for tag, attributes in shown.tags:
            assert tag != "svg" or attributes.get("class") == "base-svgs"
            assert not [name for name in attributes if name[:2] == "on" or name == "style"]
            assert tag != "script" or attributes.get("src")


def test_while_the_vocabulary_is_not_whole_clauses_wait_and_lose_nothing(drafter: Client) -> None:
    records = Option.objects.get(pk="data:records")
    Option.objects.filter(pk=records.pk).update(state="draft", number=2, group="nowhere")
    response = drafter.post(NEW_CLAUSE, a_new_clause())
    assert "The vocabulary has a mistake." in str(errors_of(response)["__all__"])
    assert page(response).values("title") == ["Records"]
    assert drafter.get(address(draft("data"))).status_code == 200


@pytest.mark.parametrize("query", ["when=x", "section_id=%00", "claims=x", "order=x", "title=x"])
def test_an_address_fills_in_nothing_that_breaks_the_page(drafter: Client, query: str) -> None:
    assert drafter.get(f"{NEW_CLAUSE}?{query}").status_code == 200


# ------------------------------------------------------------------ without JavaScript


def test_a_row_is_added_without_saving_or_complaining(drafter: Client) -> None:
    fields = a_new_clause(body="", **{"add-row": "when-any", "when-any": ["data:name", "", ""]})
    del fields["_save"]
    response = drafter.post(NEW_CLAUSE, fields)
    assert errors_of(response) == {}
    shown = page(response)
    assert shown.values("when-any") == ["data:name", "", "", ""]
    assert shown.values("when-all") == ["", "", ""]
    assert shown.values("title") == ["Records"]
    assert not Clause.objects.filter(pk="records").exists()


def test_the_picker_explains_what_was_picked_and_offers_every_answer(drafter: Client) -> None:
    version = draft("data")
    shown = page(drafter.get(address(version)))
    assert "anything ticked — What do you keep?" in shown.text
    options = [attributes["value"] for tag, attributes in shown.tags if tag == "option"]
    assert {"data", "data.health", "data:records", "practice_name"} <= set(options)
    assert "{{ data.health | bullets }}" in shown.text


@pytest.mark.parametrize("typed", ["data:name", "Name", " name ", "Name — What do you keep?"])
def test_an_answer_can_be_picked_by_what_the_manager_reads(drafter: Client, typed: str) -> None:
    version = draft("data")
    drafter.post(address(version), clause_fields(version, **{"when-any": [typed]}))
    assert newest("data").when == {"any": ["data:name"]}
