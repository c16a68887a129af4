"""Laws and conflicts at the desk: read, written as YAML, reviewed, and found from clauses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from policygen.library.desk.places import located
from policygen.library.folder_texts import rule_text
from policygen.library.loading import load_library
from policygen.library.models import Conflict, Regime, Section, State
from policygen.library.publishing import AnyPiece, approve, begin_draft, prepare_release, submit
from policygen.library.store import library_in_force
from tests.library.desk.writers import (
    APPROVERS,
    DRAFTERS,
    TODAY,
    address,
    clause_fields,
    client_of,
    draft,
    errors_of,
    member,
    newest,
    page,
)
from tests.library.folders import make
from tests.library.laws import REGIME, with_laws
from tests.library.steps import approved, row_of, written
from tests.releases import person, put_in_force

pytestmark = pytest.mark.django_db

DESK = "/admin/library"


@pytest.fixture
def _release(tmp_path: Path) -> None:
    load_library(with_laws(make(tmp_path / "clauses")), today=TODAY)


@pytest.fixture
def drafter(_release: None) -> Client:
    return client_of(member(DRAFTERS))


@pytest.fixture
def reader(_release: None) -> Client:
    return client_of(member(APPROVERS))


def law() -> Regime:
    return Regime.objects.get(pk="testland")


def conflict() -> Conflict:
    return Conflict.objects.get(pk="name-without-records")


def fields(row: Regime | Conflict, *changes: tuple[str, str], **changed: Any) -> dict[str, Any]:
    """Return what a browser sends of the form, with changes of the text."""
    text = rule_text(row.said)
    for before, after in changes:
        assert text.count(before) == 1, text
        text = text.replace(before, after)
    sent = {"said": text.replace("\n", "\r\n"), "seen": row.revision, "reason": "Plainer"}
    return {**sent, "_save": "1", **changed}


# ------------------------------------------------------------------ reading


def test_lists_show_laws_and_conflicts(reader: Client) -> None:
    laws = page(reader.get(f"{DESK}/regime/")).text
    assert "The Law of Testland" in laws
    assert "2026-01-31" in laws
    conflicts = page(reader.get(f"{DESK}/conflict/")).text
    assert "You keep names, but no records." in conflicts
    assert "blocks" in conflicts


@pytest.mark.parametrize(
    ("query", "count"), [("Testland", 1), ("section 2", 1), ("nobody", 0), ("%00", 1)]
)
def test_laws_are_found_by_what_they_say(reader: Client, query: str, count: int) -> None:
    response = reader.get(f"{DESK}/regime/?q={query}")
    assert len(response.context["cl"].result_list) == count


def test_a_law_shows_each_element_with_what_satisfies_it(reader: Client) -> None:
    shown = page(reader.get(address(law())))
    assert "Office of Testland" in shown.text
    assert "It applies if people" in shown.text
    links = [a["href"] for tag, a in shown.tags if tag == "a" and "href" in a]
    assert address(newest("data")) in links
    first, second = shown.text.split("testland-1", 1)[1].split("testland-2", 1)
    assert "Testland Act, section 1" in first
    assert "What we keep" in first
    for words in ("Whether the act asks for it at all.", "Ask [name].", "Low", "No clause yet"):
        assert words in second


def test_a_conflict_shows_when_it_is_found(reader: Client) -> None:
    shown = page(reader.get(address(conflict()))).text
    for words in ("It is found if people", "You keep names", "Choose which of both", "dentx-c01"):
        assert words in shown


def test_who_does_not_write_cannot_save(reader: Client) -> None:
    for row in (law(), conflict()):
        assert "_save" not in {a.get("name") for _, a in page(reader.get(address(row))).tags}
        assert reader.post(address(row), fields(row)).status_code == 403
    outsider = client_of(member(name="outsider"))
    assert outsider.get(f"{DESK}/regime/").status_code == 403
    assert outsider.get(address(law())).status_code == 403


# ------------------------------------------------------------------ writing


def test_a_law_is_changed_as_text_and_goes_into_the_next_release(drafter: Client) -> None:
    change = ("Office of Testland", "Ministry of Testland")
    response = drafter.post(address(law()), fields(law(), change))
    assert response.status_code == 302
    row = law()
    assert (row.state, row.number) == (State.DRAFT, 2)
    assert row.said["authority"] == "Ministry of Testland"
    row = submit(row, by=member(DRAFTERS), seen=row.revision)
    approve(row, by=member(APPROVERS), seen=row.revision)
    put_in_force()
    assert library_in_force().regimes[0].authority == "Ministry of Testland"


def test_saving_without_a_change_changes_nothing(drafter: Client) -> None:
    for row in (law(), conflict()):
        drafter.post(address(row), fields(row))
        row.refresh_from_db()
        assert row.state == State.RELEASED


def test_a_new_law_and_a_new_conflict_are_begun_as_drafts(drafter: Client) -> None:
    text = REGIME.replace("testland-", "borduria-").replace("Testland", "Borduria")
    sent = {"name": "borduria", "said": text, "reason": "It is new", "_save": "1"}
    assert drafter.post(f"{DESK}/regime/add/", sent).status_code == 302
    assert str(row_of("regime", "borduria")) == "The Law of Borduria"
    said = "severity: warns\nwhen: {any: [data:name]}\nsays: Names.\nmend: Fewer.\n"
    sent = {"name": "names", "said": said, "reason": "It is new", "_save": "1"}
    assert drafter.post(f"{DESK}/conflict/add/", sent).status_code == 302
    assert row_of("conflict", "names").state == State.DRAFT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("duty: required", "duty: requird"), "Line 11: “requird” does not fit"),
        (("    duty: required\n", "    duty: required\n    dutty: x\n"), "Line 12: “dutty”"),
        (("{any: [data]}", "{any: [dat]}"), "Line 5: “dat”"),
        (("name: The", "nam: The"), "Line 1: “nam”"),
        (("    doubt: Whether the act asks for it at all.\n", ""), "Say what is not certain."),
        (("id: testland-2", "id: testland-1"), "Line 7: This id stands twice"),
        (("name: The", "id: other\nname: The"), "Line 1: The id stands above"),
        (("duty: required", "duty: &a required"), "Line 11: Anchors"),
        (("when: {any: [data]}", "when: {any: [data]"), "Line 6: This is not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    drafter: Client, change: tuple[str, str], message: str
) -> None:
    sent = fields(law(), change)
    found = errors_of(drafter.post(address(law()), sent))
    assert list(found) == ["said"]
    assert any(message in one for one in found["said"]), found
    assert law().state == State.RELEASED


@pytest.mark.parametrize(
    "text", ["", "- a\n- b", "only words", "[]", "{}", "a: \x00", "a: b\n" * 9]
)
@pytest.mark.parametrize("kind", ["regime", "conflict"])
def test_what_is_no_law_is_refused_at_its_field(drafter: Client, kind: str, text: str) -> None:
    sent = {"name": "other", "said": text, "reason": "Why not", "_save": "1"}
    assert list(errors_of(drafter.post(f"{DESK}/{kind}/add/", sent))) == ["said"]


def test_an_odd_id_is_refused_at_its_field(drafter: Client) -> None:
    text = REGIME.replace("testland-", "other-")
    for name in ("Not So", "testland"):
        sent = {"name": name, "said": text, "reason": "Why not", "_save": "1"}
        assert "name" in errors_of(drafter.post(f"{DESK}/regime/add/", sent))


def test_an_element_that_another_law_has_is_refused(drafter: Client) -> None:
    sent = {"name": "other", "said": REGIME, "reason": "Why not", "_save": "1"}
    found = errors_of(drafter.post(f"{DESK}/regime/add/", sent))
    assert any("has an element of this id" in one for some in found.values() for one in some)


def test_a_law_is_taken_out_as_it_was(drafter: Client) -> None:
    change = ("Office of Testland", "Nobody")
    found = errors_of(drafter.post(address(law()), fields(law(), change, withdrawn="on")))
    assert found == {"said": ["To take it out, leave the text as it was."]}
    assert drafter.post(address(law()), fields(law(), withdrawn="on")).status_code == 302
    assert law().withdrawn


def test_two_who_write_to_one_law_both_keep_their_text(drafter: Client) -> None:
    mine = fields(law(), ("Office of Testland", "My office"))
    drafter.post(address(law()), fields(law(), ("Office of Testland", "Their office")))
    response = drafter.post(address(law()), mine)
    assert "Their office" in response.content.decode()
    assert "My office" in response.content.decode()
    assert law().said["authority"] == "Their office"


# ------------------------------------------------------------------ review and history


def drafted(drafter: Client) -> None:
    text = ("Which data is kept.", "Which data is kept, and where.")
    drafter.post(address(law()), fields(law(), text))


def test_the_review_shows_what_changed_element_by_element(drafter: Client) -> None:
    drafted(drafter)
    shown = page(drafter.get("/admin/pieces/regime/testland/review/")).text
    changes = shown.split("What changes against")[1].split("What stays")[0]
    assert "Element “testland-1”" in changes
    assert "testland-2" not in changes
    assert "Authority" not in changes


def test_the_form_says_what_is_released_of_the_parts_that_differ(drafter: Client) -> None:
    drafted(drafter)
    shown = page(drafter.get(address(law()))).text
    released = shown.split("In Release 1:")[1][:400]
    assert "Element “testland-1”: What must be stated: Which data is kept." in released
    assert "Authority" not in released.split("Why")[0]


@pytest.mark.parametrize("row", [law, conflict])
def test_every_page_about_a_law_or_a_conflict_is_there(drafter: Client, row: Any) -> None:
    piece: AnyPiece = row()
    for rest in ("review/", "history/", "compare/", "timeline.csv"):
        assert drafter.get(f"/admin/pieces/{piece.kind}/{piece.name}/{rest}").status_code == 200
    assert drafter.get("/admin/pieces/review/").status_code == 200
    assert drafter.get("/admin/releases/prepare/").status_code == 200


def test_the_queue_calls_a_law_by_its_name(drafter: Client) -> None:
    drafted(drafter)
    drafter.post(address(conflict()), fields(conflict(), ("You keep", "People keep")))
    shown = page(drafter.get("/admin/pieces/review/")).text
    assert "The Law of Testland" in shown
    assert "name-without-records" in shown


def begin_like_the_first(client: Client, row: AnyPiece) -> None:
    sent = {"like": "1", "seen": row.revision}
    assert client.post(f"/admin/pieces/{row.kind}/{row.name}/begin/", sent).status_code == 302


def test_an_earlier_edition_can_come_back(drafter: Client) -> None:
    drafted(drafter)
    row = submit(law(), by=member(DRAFTERS), seen=law().revision)
    approve(row, by=member(APPROVERS), seen=row.revision)
    put_in_force()
    begin_like_the_first(drafter, law())
    assert law().said["elements"][0]["states"] == "Which data is kept."


def test_sections_lose_their_need_where_an_earlier_edition_had_none(tmp_path: Path) -> None:
    folder = make(tmp_path / "clauses")
    load_library(folder, today=TODAY)
    with_laws(folder)
    load_library(folder, today=TODAY)
    for row in (*Regime.objects.all(), *Section.objects.filter(state="draft"), *newer("data")):
        sent = submit(row, by=member(DRAFTERS), seen=row.revision)
        approve(sent, by=member(APPROVERS), seen=sent.revision)
    put_in_force()
    assert Section.objects.get(pk="collect").needed == [{"any": ["data"]}]
    begin_like_the_first(client_of(member(DRAFTERS)), Section.objects.get(pk="collect"))
    assert Section.objects.get(pk="collect").needed is None


def newer(slug: str) -> list[AnyPiece]:
    return [newest(slug)]


# ------------------------------------------------------------------ clauses and sections


def test_a_clause_says_which_elements_it_states(drafter: Client) -> None:
    version = draft("data")
    sent = clause_fields(version, satisfies="testland-1\r\ntestland-2\r\n")
    assert drafter.post(address(version), sent).status_code == 302
    assert newest("data").satisfies == ["testland-1", "testland-2"]
    shown = page(drafter.get(address(version))).text
    assert "Whom people can ask." in shown.split("Why: what laws want stated")[1]
    drafter.post(address(version), clause_fields(newest("data"), satisfies=""))
    assert newest("data").satisfies == []


def test_an_element_that_no_law_has_is_refused_with_the_nearest(drafter: Client) -> None:
    version = draft("data")
    found = errors_of(drafter.post(address(version), clause_fields(version, satisfies="testlnd-2")))
    assert found == {
        "satisfies": [
            "No law has an element “testlnd-2”. Did you mean “testland-2” or “testland-1”?"
        ]
    }


def test_the_clause_form_explains_claims(drafter: Client) -> None:
    shown = page(drafter.get(address(draft("data")))).text
    assert "How claims are written" in shown
    assert "does-not-sell(data)" in shown


def test_a_section_says_when_it_is_needed(drafter: Client) -> None:
    row = Section.objects.get(pk="about")
    sent = {"title": row.title, "order": row.order, "seen": row.revision, "reason": "Law"}
    for text, needed in (
        ("{}", []),
        ("{any: [data.health]}", [{"any": ["data.health"]}]),
        ("- {any: [data:name]}\n- {none: [data]}", [{"any": ["data:name"]}, {"none": ["data"]}]),
        ("", None),
    ):
        sent["seen"] = Section.objects.get(pk="about").revision
        response = drafter.post(address(row), {**sent, "needed": text, "_save": "1"})
        assert response.status_code == 302
        assert Section.objects.get(pk="about").needed == needed


@pytest.mark.parametrize(
    "text", ["always", "{any: [nothing]}", "{any: data}", "[[a]]", "{some: x}"]
)
def test_an_odd_need_of_a_section_is_refused_at_its_field(drafter: Client, text: str) -> None:
    row = Section.objects.get(pk="about")
    sent = {"title": row.title, "order": row.order, "seen": row.revision, "reason": "Law"}
    found = errors_of(drafter.post(address(row), {**sent, "needed": text, "_save": "1"}))
    assert list(found) == ["needed"]


def test_where_an_option_is_used_names_elements_and_conflicts(drafter: Client) -> None:
    shown = page(drafter.get("/admin/pieces/option/data:name/used/")).text
    rules = shown.split("Laws and conflicts")[-1]
    assert "The Law of Testland: Whom to ask testland, released names the option itself" in rules
    assert "The Law of Testland testland, released names its question: data" in rules
    assert "name-without-records" in rules


def test_a_clause_for_a_law_in_no_release_can_be_tried_out(drafter: Client) -> None:
    text = REGIME.replace("testland-", "borduria-").replace("Testland", "Borduria")
    sent = {"name": "borduria", "said": text, "reason": "It is new", "_save": "1"}
    drafter.post(f"{DESK}/regime/add/", sent)
    version = begin_draft(newest("speaker").clause, by=member(DRAFTERS), why="A law")
    drafter.post(address(version), clause_fields(version, satisfies="borduria-1"))
    sent = {"kind": "clause", "name": "speaker"}
    response = drafter.post("/admin/tryouts/start/", sent, follow=True)
    shown = page(response).text
    assert "No regime has an element" not in shown


# ------------------------------------------------------------------ what the proof finds


@pytest.mark.usefixtures("_release")
def test_a_contradiction_is_told_apart_from_the_answers_that_show_it() -> None:
    message = "Two clauses clash. These answers show it: data:name, none of data, odd:one."
    (found,) = located([("clauses.data.claims", message)])
    assert found.message == "Two clauses clash."
    assert found.answers == (
        "Name — What do you keep?",
        "nothing — What do you keep?",
        "odd:one",
    )
    assert located([("clauses.data.claims", "Only this.")])[0].answers == ()


def test_a_candidate_that_contradicts_itself_lists_the_answers_that_show_it(
    drafter: Client,
) -> None:
    approved(written("denial", "We keep nothing.", claims=["does-not-collect(data)"]))
    by = person("release_manager")
    prepare_release(title="", notes="", effective_from=TODAY, by=by, today=TODAY)
    shown = page(drafter.get("/admin/releases/2/")).text
    assert "“does-not-collect(data)”" in shown
    assert "The fewest answers that show it" in shown
    assert "— What do you keep?" in shown
