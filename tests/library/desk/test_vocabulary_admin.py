"""What clauses stand on, at the desk: sections, questions, options and the title."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policygen.library.loading import load_library
from policygen.library.models import Option, PolicyTitle, Question, Section, State, Transition
from policygen.library.publishing import AnyPiece, approve, submit
from tests.library.desk.writers import (
    APPROVERS,
    DRAFTERS,
    MANAGERS,
    TODAY,
    address,
    client_of,
    errors_of,
    member,
    page,
)
from tests.library.folders import change, write

pytestmark = pytest.mark.django_db

DESK = "/admin/library"
KINDS = ("section", "option", "question", "policytitle")

CONTACTS = """\
  - id: contact_points
    kind: contact_points
    page: contact
    required: true
    ask: How can people reach you?
    options:
      - {id: email, label: Email, help: An address., phrase: by email}
      - {id: phone, label: Phone, help: A number., phrase: by phone}
  - id: contacts
    kind: contacts
    page: contact
    ask: Whom should people contact?
    options:
      - {id: access, label: Access, help: To see it., phrase: to see it, informative: true}
  - id: age
    kind: number
    page: later
    ask: How old?
    when: {any: [data:name]}
"""


@pytest.fixture
def release(folder: Path) -> None:
    last = "phrase: your records}\n"
    change(folder, "vocabulary.yaml", last, last + CONTACTS)
    write(
        folder,
        "about/age.md",
        "---\ntitle: Age\norder: 30\nclaims: []\n---\nYou are {{ age }} years old.\n",
    )
    load_library(folder, today=TODAY)


@pytest.fixture
def drafter(release: None) -> Client:
    return client_of(member(DRAFTERS))


def option(name: str = "data:records") -> Option:
    return Option.objects.select_related("question").get(pk=name)


def option_fields(row: Option, **changed: Any) -> dict[str, Any]:
    fields = {
        **{name: getattr(row, name) for name in ("group", "label", "help", "phrase", "order")},
        **({"informative": "on"} if row.informative else {}),
        "seen": row.revision,
        "reason": "Plainer",
        "_save": "1",
    }
    return {**fields, **changed}


def a_new_option(**changed: Any) -> dict[str, Any]:
    return {
        "group": "data.health",
        "name": "palm-vein-scan",
        "label": "Palm vein scan",
        "help": "Used to know people again.",
        "phrase": "a scan of your palm",
        "order": "",
        "reason": "A clinic has one",
        "_save": "1",
        **changed,
    }


def question_fields(row: Question, **changed: Any) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in ("ask", "help", "example", "order")},
        "groups": "\r\n".join(f"{group}: {label}" for group, label in row.groups),
        "minimum": row.minimum,
        "maximum": row.maximum,
        "seen": row.revision,
        "reason": "Plainer",
        "_save": "1",
        **{f"when-{key}": atoms for key, atoms in row.when.items()},
        **changed,
    }


def rows() -> list[AnyPiece]:
    return [
        Section.objects.get(pk="collect"),
        option(),
        Question.objects.get(pk="data"),
        PolicyTitle.objects.get(),
    ]


# ------------------------------------------------------------------ lists and people


def test_lists_show_what_there_is(drafter: Client) -> None:
    assert "What we collectcollect" in page(drafter.get(f"{DESK}/section/")).text
    assert "Recordsdata:records" in page(drafter.get(f"{DESK}/option/")).text
    assert "What do you keep?data" in page(drafter.get(f"{DESK}/question/")).text
    assert "Privacy policy" in page(drafter.get(f"{DESK}/policytitle/")).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("question=data", {"data:name", "data:records"}),
        ("group=data.health", {"data:records"}),
        ("question=data&group=data.identity", {"data:name"}),
        ("informative=yes", {"contacts:access"}),
        ("withdrawn=yes", set()),
        ("state=draft", {"data:name"}),
        ("q=your records", {"data:records"}),
        ("q=data:na", {"data:name"}),
    ],
)
def test_options_are_found_by_search_and_filters(
    drafter: Client, query: str, found: set[str]
) -> None:
    row = option("data:name")
    drafter.post(address(row), option_fields(row, help="A full name."))
    response = drafter.get(f"{DESK}/option/?{query}")
    assert {row.pk for row in response.context["cl"].result_list} == found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("query", ["q=%00", "state=%00", "group=%00", "name=%00", "question=x.y"])
def test_no_address_of_a_list_is_too_odd(drafter: Client, kind: str, query: str) -> None:
    assert drafter.get(f"{DESK}/{kind}/?{query}").status_code in {200, 302, 400}


@pytest.mark.parametrize("group", [APPROVERS, MANAGERS])
def test_who_does_not_write_reads(release: None, group: str) -> None:
    client = client_of(member(group))
    for row in rows():
        shown = page(client.get(address(row)))
        assert not shown.values("seen") or "_save" not in {a.get("name") for _, a in shown.tags}
        assert client.post(address(row), {"title": "Mine"}).status_code == 403
    assert client.get(f"{DESK}/option/add/").status_code == 403


@pytest.mark.parametrize("kind", KINDS)
def test_people_without_a_place_at_the_desk_see_nothing(release: None, kind: str) -> None:
    assert client_of(member(name="outsider")).get(f"{DESK}/{kind}/").status_code == 403
    practice = client_of(member(name="practice", staff=False))
    assert practice.get(f"{DESK}/{kind}/").status_code == 302


@pytest.mark.parametrize("kind", ["question", "policytitle"])
def test_questions_and_titles_are_not_added_here(drafter: Client, kind: str) -> None:
    assert drafter.get(f"{DESK}/{kind}/add/").status_code == 403


def test_nothing_is_deleted(admin_client: Client, release: None) -> None:
    for row in rows():
        path = address(row).replace("/change/", "/delete/")
        assert admin_client.post(path, {"post": "yes"}).status_code == 403


# ------------------------------------------------------------------ writing


def test_saving_a_released_option_makes_a_draft_and_says_what_is_released(
    drafter: Client,
) -> None:
    row = option()
    assert page(drafter.get(address(row))).values("label") == ["Records"]
    response = drafter.post(address(row), option_fields(row, label="Files", phrase="your files"))
    assert response.status_code == 302, errors_of(response)
    row = option()
    assert (row.state, row.number, row.label, row.reason) == (State.DRAFT, 2, "Files", "Plainer")
    assert row.edited_by == member(DRAFTERS)
    text = page(drafter.get(address(row))).text
    assert "In Release 1: Records" in text
    assert "In Release 1: your records" in text
    assert text.count("In Release 1:") == 2


def test_a_new_option_is_a_draft_at_the_end_of_its_group(drafter: Client) -> None:
    response = drafter.post(f"{DESK}/option/add/", a_new_option())
    assert response.status_code == 302, errors_of(response)
    row = option("data:palm-vein-scan")
    assert (row.question_id, row.group, row.state) == ("data", "health", State.DRAFT)
    assert row.order == option().order + 1
    assert Transition.objects.first().action == "began"  # type: ignore[union-attr]
    response = drafter.post(f"{DESK}/option/add/", a_new_option(name="other-scan", order="5"))
    assert option("data:other-scan").order == 5


def test_a_new_option_is_offered_to_conditions_at_once(drafter: Client) -> None:
    drafter.post(f"{DESK}/option/add/", a_new_option())
    shown = page(drafter.get(f"{DESK}/clauseversion/add/"))
    atoms = [attributes.get("value") for tag, attributes in shown.tags if tag == "option"]
    assert "data:palm-vein-scan" in atoms


def test_a_new_purpose_of_contact_has_no_group(drafter: Client) -> None:
    fields = a_new_option(group="contacts", name="fax-opt-out")
    response = drafter.post(f"{DESK}/option/add/", fields)
    assert response.status_code == 302, errors_of(response)
    assert option("contacts:fax-opt-out").group == ""
    row = option("contacts:access")
    response = drafter.post(address(row), option_fields(row, label="Seeing it"))
    assert response.status_code == 302, errors_of(response)


def test_an_option_shows_its_siblings_and_the_clauses_that_print_it(drafter: Client) -> None:
    drafter.post(f"{DESK}/option/add/", a_new_option())
    shown = page(drafter.get(address(option())))
    assert "The others under “Health”" in shown.text
    assert "Palm vein scan: a scan of your palm" in shown.text
    assert "What we keep" in shown.text
    links = [attributes.get("href") for tag, attributes in shown.tags if tag == "a"]
    assert address(option("data:palm-vein-scan")) in links


def test_an_option_is_taken_out_and_brought_back(drafter: Client) -> None:
    row = option("data:name")
    fields = option_fields(row, withdrawn="on")
    assert drafter.post(address(row), fields).status_code == 302
    row = option("data:name")
    assert (row.withdrawn, row.state) == (True, State.DRAFT)
    assert drafter.post(address(row), option_fields(row)).status_code == 302
    assert not option("data:name").withdrawn


def test_a_section_is_added_and_changed(drafter: Client) -> None:
    fields = {"name": "rights", "title": "Your rights", "order": "30", "reason": "Due"}
    assert drafter.post(f"{DESK}/section/add/", fields).status_code == 302
    row = Section.objects.get(pk="rights")
    assert (row.title, row.state) == ("Your rights", State.DRAFT)
    changed = {"title": "Rights", "order": "30", "reason": "Short", "seen": row.revision}
    assert drafter.post(address(row), changed).status_code == 302
    assert Section.objects.get(pk="rights").title == "Rights"


def test_the_title_is_changed_and_never_taken_out(drafter: Client) -> None:
    row = PolicyTitle.objects.get()
    fields = {"title": "Your privacy", "reason": "Plainer", "seen": 0, "withdrawn": "on"}
    assert drafter.post(address(row), fields).status_code == 302
    row = PolicyTitle.objects.get()
    assert (row.title, row.language, row.withdrawn) == ("Your privacy", "en", False)


def test_a_question_keeps_what_belongs_to_its_page(drafter: Client) -> None:
    row = Question.objects.get(pk="data")
    fields = question_fields(
        row, ask="What do you hold?", page="elsewhere", kind_of_answer="one", required="on",
        groups="identity: Who they are\r\nhealth: Care\r\nmoney: Money",
    )  # fmt: skip
    response = drafter.post(address(row), fields)
    assert response.status_code == 302, errors_of(response)
    after = Question.objects.get(pk="data")
    assert (after.ask, after.page, after.kind_of_answer) == ("What do you hold?", "data", "many")
    assert after.groups == [["identity", "Who they are"], ["health", "Care"], ["money", "Money"]]
    assert after.state == State.DRAFT
    text = page(drafter.get(address(after))).text
    assert "In Release 1: identity: Who someone is" in text


def test_a_question_is_asked_by_a_condition_from_pickers(drafter: Client) -> None:
    row = Question.objects.get(pk="age")
    shown = page(drafter.get(address(row)))
    assert shown.values("when-any")[0] == "data:name"
    assert "This question is asked if people chose “Name”" in shown.text
    words = drafter.post(
        "/admin/pieces/question/condition/", question_fields(row, **{"when-any": ["data.health"]})
    )
    assert "people chose something under “Health”" in page(words).text
    fields = question_fields(row, **{"when-any": ["data.health", ""]})
    response = drafter.post(address(row), fields)
    assert response.status_code == 302, errors_of(response)
    assert Question.objects.get(pk="age").when == {"any": ["data.health"]}


def test_what_is_in_review_is_read_only_and_says_so(drafter: Client) -> None:
    row = option()
    drafter.post(address(row), option_fields(row, label="Files"))
    row = option()
    submit(row, by=member(DRAFTERS), seen=row.revision)
    shown = page(drafter.get(address(row)))
    assert "This is in review. Send it back first, then change it." in shown.text
    assert not shown.values("label")
    response = drafter.post(address(row), option_fields(option(), label="Folders"))
    assert "in review" in str(errors_of(response))
    assert page(response).values("label") == ["Folders"]
    assert option().label == "Files"


@pytest.mark.parametrize("group", [DRAFTERS, APPROVERS])
def test_what_is_approved_is_read_only_until_it_is_sent_back(drafter: Client, group: str) -> None:
    row = option()
    drafter.post(address(row), option_fields(row, label="Files"))
    row = submit(option(), by=member(DRAFTERS), seen=option().revision)
    approve(row, by=member(APPROVERS), seen=row.revision)
    response = client_of(member(DRAFTERS, *{group} - {DRAFTERS})).get(address(row))
    shown = page(response)
    fixed = "This is approved and waits for a release. Send it back first, then change it."
    assert fixed in shown.text
    assert f"/admin/pieces/option/{row.name}/send-back/" in response.content.decode()
    assert not shown.values("label")
    response = drafter.post(address(row), option_fields(option(), label="Folders"))
    assert fixed in str(errors_of(response))
    assert page(response).values("label") == ["Folders"]
    assert (option().label, option().state) == ("Files", State.APPROVED)


# ------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"name": "Palm"}, "name", "small letters"),
        ({"name": "records"}, "name", "This name is taken"),
        ({"name": "none"}, "name", "kept for the answer itself"),
        ({"name": "a\u0000b"}, "name", "control character"),
        ({"name": ""}, "name", "Write an id."),
        ({"label": ""}, "label", "The label is missing."),
        ({"label": "x" * 501}, "label", "Shorten it to 500"),
        ({"help": ""}, "help", "The help is missing."),
        ({"phrase": "<b>bold</b>"}, "phrase", "would be printed just so"),
        ({"phrase": "two\r\nlines"}, "phrase", "This must be one line."),
        ({"phrase": "x\u202ey"}, "phrase", "text direction"),
        ({"group": "data.nowhere"}, "group", "Select a valid choice."),
        ({"group": ""}, "group", "Choose where it stands."),
        ({"order": "x"}, "order", "Write a whole number"),
        ({"group": "contact_points", "name": "pigeon"}, "name", "“pigeon” is no channel."),
    ],
)
def test_a_mistake_in_a_new_option_is_said_at_its_field(
    drafter: Client, changed: dict[str, Any], field: str, says: str
) -> None:
    count = Option.objects.count()
    response = drafter.post(f"{DESK}/option/add/", a_new_option(**changed))
    assert says in " ".join(errors_of(response).get(field, [])), errors_of(response)
    assert Option.objects.count() == count


def test_a_channel_of_contact_cannot_be_taken_out(drafter: Client) -> None:
    row = option("contact_points:email")
    response = drafter.post(address(row), option_fields(row, withdrawn="on"))
    assert "A channel cannot be retired" in errors_of(response)["withdrawn"][0]
    assert not option("contact_points:email").withdrawn


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"ask": ""}, "ask", "The ask is missing."),
        ({"when-any": ["age"]}, "when", "depends on itself"),
        ({"when-any": ["nothing:there"]}, "when", "names no answer"),
        ({"groups": "health"}, "groups", "“health” is no group. Write the id, a colon"),
        ({"groups": "Health Care: x"}, "groups", "small letters"),
        ({"minimum": "9", "maximum": "3"}, "maximum", "must not be smaller than 9"),
        ({"minimum": ""}, "minimum", "Write a whole number"),
    ],
)
def test_a_mistake_in_a_question_is_said_at_its_field(
    drafter: Client, changed: dict[str, Any], field: str, says: str
) -> None:
    row = Question.objects.get(pk="age")
    response = drafter.post(address(row), question_fields(row, **changed))
    assert says in " ".join(errors_of(response).get(field, [])), errors_of(response)
    assert Question.objects.get(pk="age").state == State.RELEASED


def test_a_group_that_options_stand_in_is_not_removed_without_a_word(drafter: Client) -> None:
    row = Question.objects.get(pk="data")
    response = drafter.post(address(row), question_fields(row, groups="identity: Who they are"))
    assert "“health” is no group." in str(errors_of(response))


@pytest.mark.parametrize(
    "payload", ['"><svg/onload=alert(1)>', "</script><script>alert(1)</script>"]
)
def test_markup_in_a_label_is_shown_as_text_or_refused(drafter: Client, payload: str) -> None:
    row = option()
    refused = drafter.post(address(row), option_fields(row, label=payload))
    assert errors_of(refused)["label"]
    saved = drafter.post(address(row), option_fields(row, help=payload, reason=payload))
    assert saved.status_code == 302, errors_of(saved)
    reader = client_of(member(APPROVERS))
    responses = [refused, drafter.get(address(row)), reader.get(address(row))]
    for response in [*responses, drafter.get(f"{DESK}/option/?q={payload}")]:
        shown = page(response)
        for tag, attributes in shown.tags:
            assert not [name for name in attributes if name.startswith("on")]
            assert tag != "script" or attributes.get("src")


# ------------------------------------------------------------------ queries


def test_lists_and_pages_need_the_same_queries_for_many_options(drafter: Client) -> None:
    counts = []
    for start in (0, 100):
        Option.objects.bulk_create(
            Option(
                name=f"data:extra-{n}", question_id="data", group="health", label="Extra",
                help="Extra.", phrase="extras", order=n, edited_at=timezone.now(),
            )
            for n in range(start, start + 100)
        )  # fmt: skip
        paths = [f"{DESK}/option/?question=data&group=data.health", *map(address, rows())]
        for path in [*paths, f"{DESK}/question/", f"{DESK}/section/", f"{DESK}/option/add/"]:
            with CaptureQueriesContext(connection) as queries:
                assert drafter.get(path).status_code == 200
            counts.append((path, len(queries)))
    assert counts[: len(counts) // 2] == counts[len(counts) // 2 :]
