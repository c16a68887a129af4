"""Each kind of question: from stored answers to inputs, and from inputs to answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from policygen.core.answers import Answers, Fact, Ticked, Unknown, parse_answer
from policygen.core.vocabulary import Kind
from policygen.wizard.fields import FIELDS, Collected, Inputs, QuestionField
from tests.wizard.visitors import answers, elm, library, question

NOTHING = Answers(library().vocabulary, {})


def field(name: str, stored: Answers = NOTHING, *, leaving: bool = False) -> QuestionField:
    asked = question(name)
    return FIELDS[asked.kind](asked, stored, leaving=leaving)


def mistakes(name: str, inputs: Inputs, stored: Answers = NOTHING) -> list[tuple[str, str]]:
    """The messages of an answer that is refused, each with the input it is about."""
    with pytest.raises(ValidationError) as refused:
        field(name, stored).clean(inputs)
    return [(str(error.code), error.messages[0]) for error in refused.value.error_list]


def rows(*entries: dict[str, str]) -> dict[str, list[str]]:
    inputs = {f"{i}-{part}": [text] for i, row in enumerate(entries) for part, text in row.items()}
    return {**inputs, "rows": [str(len(entries))]}


def test_every_kind_of_question_has_a_field_and_the_field_a_template():
    assert set(FIELDS) == set(Kind)
    assert {asked.kind for asked in library().vocabulary.questions} == set(Kind)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("practice_name", "Elm & Oak “Dental” <b>"),
        ("short_name", "none"),
        ("short_name", "dont-know"),
        ("motto", "We care. And more."),
        ("website", "https://elm.example/a?b=c&d"),
        ("organization", "legal"),
        ("organization", "dont-know"),
        ("data", ["name", "records"]),
        ("data", ["name", "dont-know"]),
        ("data", []),
        ("data", "none"),
        ("data", "dont-know"),
        ("data", ["dont-know"]),
        ("retention_years", "7"),
        ("countries", ["Canada", "the United Kingdom"]),
        ("countries", "Canada"),
        ("effective_date", "2026-02-05"),
        ("effective_date", "none"),
        ("locations", elm()["locations"]),
        ("locations", []),
        ("contact_points", elm()["contact_points"]),
        ("contacts", elm()["contacts"]),
        ("contacts", {"questions": "desk"}),
        ("contacts", "dont-know"),
    ],
)
def test_a_stored_answer_comes_back_from_its_inputs_unchanged(name: str, raw: Any):
    asked = field(name, answers(elm()))
    assert asked.clean(asked.inputs(raw)) == parse_answer(question(name), raw)


@pytest.mark.parametrize(
    "damaged", [7, None, [], {}, [[]], {"a": 1}, {"a": []}, [{"name": 1}], "?", [None]]
)
@pytest.mark.parametrize("asked", library().vocabulary.questions, ids=lambda asked: asked.id)
def test_a_damaged_stored_answer_still_gives_a_page(asked: Any, damaged: Any):
    one = field(asked.id)
    inputs = one.inputs(damaged)
    assert isinstance(one.view(f"p-{asked.id}", inputs, {}), dict)


@pytest.mark.parametrize("asked", library().vocabulary.questions, ids=lambda asked: asked.id)
def test_a_question_left_blank_is_a_mistake_that_names_the_ways_out(asked: Any):
    [(part, message)] = mistakes(asked.id, {}, answers(elm()))
    if not asked.required:
        assert "I don’t know yet" in message
    assert part == field(asked.id, answers(elm())).first({}) or not part


@pytest.mark.parametrize("asked", library().vocabulary.questions, ids=lambda asked: asked.id)
def test_a_question_left_blank_on_the_way_out_is_no_mistake_and_no_answer(asked: Any):
    assert field(asked.id, answers(elm()), leaving=True).clean({}) is None


def test_i_dont_know_yet_can_go_with_options():
    assert field("data").clean({"": ["name", "dont-know"]}) == Ticked(("name",), unsure=True)


def test_none_of_these_cannot_go_with_anything():
    for also in ("name", "dont-know"):
        [(_, message)] = mistakes("data", {"": ["none", also]})
        assert "Keep one or the other" in message


def test_one_option_means_one():
    [(_, message)] = mistakes("organization", {"": ["dental", "legal"]})
    assert "exactly one" in message


def test_an_option_that_does_not_exist_is_named():
    [(part, message)] = mistakes("data", {"": ["name", "records\x00<b>"]})
    assert "“records�<b>”" in message
    assert part == "name"


def test_text_and_a_box_beside_it_contradict_each_other():
    for box in ("none", "dont-know"):
        [(_, message)] = mistakes("short_name", {"": ["Elm"], "instead": [box]})
        assert "Keep one or the other" in message
    [(_, message)] = mistakes("short_name", {"": [""], "instead": ["none", "dont-know"]})
    assert "not both" in message
    assert field("short_name").clean({"": [" "], "instead": ["none"]}) == Fact(None)
    assert field("short_name").clean({"": [""], "instead": ["dont-know"]}) == Unknown()


def test_the_name_cannot_be_unknown():
    assert "instead" not in str(field("practice_name").view("p", {}, {})["instead"])
    [(_, message)] = mistakes("practice_name", {"": [""], "instead": ["dont-know"]})
    assert "There is no policy without this" in message


@pytest.mark.parametrize(
    ("month", "day", "year", "part", "message"),
    [
        ("", "5", "2026", "month", "Enter the month too."),
        ("2", "", "", "day", "Enter the day and the year too."),
        ("Feb", "5", "2026", "month", "Enter the month as a number."),
        ("2", "30", "2026", "month", "2026-02-30"),
        ("2", "29", "2025", "month", "2025-02-29"),
        ("13", "1", "2026", "month", "2026-13-01"),
        ("1", "1", "0001", "month", "from 1900 to 2199"),
        ("1", "1", "9999", "month", "from 1900 to 2199"),
        ("1", "1", "26", "month", "from 1900 to 2199"),
        ("1", "1", "1" * 30, "month", "no date"),
        ("-1", "1", "2026", "month", "as a number"),
        ("٢", "1", "2026", "month", "no date"),
        ("1", "5", "20²6", "month", "no date"),
    ],
)
def test_a_bad_date_is_refused_at_the_right_input(month, day, year, part, message):
    found = mistakes("effective_date", {"month": [month], "day": [day], "year": [year]})
    assert len(found) == 1
    assert found[0][0] == part
    assert message in found[0][1]


def test_a_leap_day_is_a_date():
    given = field("effective_date").clean({"month": ["2"], "day": ["29"], "year": ["2028"]})
    assert str(given.value) == "2028-02-29"


@pytest.mark.parametrize(
    "text", ["0", "31", "-1", "1e3", "7.5", "NaN", "1" * 30, "VII", "٧", "7 years"]
)
def test_a_number_out_of_bounds_or_shape_is_refused_with_the_bounds(text):
    [(_, message)] = mistakes("retention_years", {"": [text]})
    assert "from 1 to 30" in message


def test_blank_lines_and_rows_do_not_count():
    assert field("countries").clean({"": ["\r\n Canada \r\n\r\nPeru\n"]}) == Fact(
        ("Canada", "Peru")
    )
    given = field("locations").clean(
        rows(
            {"name": "", "address": " "},
            {"name": "North", "address": "1 Elm St\r\n\r\nSpringfield"},
        )
    )
    assert [(place.name, place.address) for place in given.value] == [
        ("North", ("1 Elm St", "Springfield"))
    ]


def test_a_control_character_does_not_pass_as_a_line_break():
    for character in "\x0b\x0c\x1c\x1d\x1e":
        [(_, message)] = mistakes("countries", {"": [f"Canada{character}Peru"]})
        assert "control character" in message


def test_a_problem_with_a_row_lands_on_its_input():
    blank, good = {"name": "", "address": ""}, {"name": "North", "address": "1 Elm St"}
    assert [
        part
        for part, _ in mistakes("locations", rows(blank, good, {"name": "South", "address": ""}))
    ] == ["2-address"]
    assert [
        part
        for part, _ in mistakes("locations", rows(good, blank, {"name": "\x07", "address": "x"}))
    ] == ["2-name"]


def test_rows_are_added_and_removed_without_losing_what_is_typed():
    typed = rows({"name": "North", "address": "1 Elm"}, {"name": "Sou", "address": ""})
    more = field("locations").rearranged({**typed, "add": ["1"]})
    assert more is not None
    assert field("locations").rows(more) == [
        {"name": "North", "address": "1 Elm"},
        {"name": "Sou", "address": ""},
        {"name": "", "address": ""},
    ]
    less = field("locations").rearranged({**typed, "remove": ["0"]})
    assert less is not None
    assert field("locations").rows(less) == [{"name": "Sou", "address": ""}]
    assert field("locations").rearranged(typed) is None


@pytest.mark.parametrize("stated", ["", "-1", "x", "10" * 40, "999", "0", "1e9", "٣"])
def test_a_forged_number_of_rows_costs_nothing(stated):
    assert 1 <= len(field("locations").rows({"rows": [stated]})) <= 21


@pytest.mark.parametrize("index", ["99", "-1", "x", "", "1" * 50])
def test_a_forged_row_to_remove_removes_nothing(index):
    typed = rows({"name": "North", "address": "1 Elm"})
    left = field("locations").rearranged({**typed, "remove": [index]})
    assert left is None or field("locations").rows(left) == field("locations").rows(typed)


def test_one_row_too_many_is_refused_with_the_limit():
    many = rows(*({"name": f"Office {i}", "address": "1 Elm"} for i in range(21)))
    [(_, message)] = mistakes("locations", many)
    assert "20 or fewer" in message
    full = rows(*({"name": f"Office {i}", "address": "1 Elm"} for i in range(20)))
    assert len(field("locations").clean(full).value) == 20
    assert field("locations").view("p", full, {})["full"] is True


# ------------------------------------------------------------------ contacts


def point(channel: str, value: str, identifier: str = "") -> dict[str, str]:
    return {"channel": channel, "value": value, "id": identifier}


def ids(given: Any) -> list[str]:
    return [entry.id for entry in given.value]


def test_new_contact_points_get_ids_that_nobody_has_had():
    stored = answers(
        {"contact_points": {"phone-1": {"phone": "217-555-0148"}, "desk": {"fax": "217-555-0149"}}}
    )
    typed = rows(
        point("phone", "217-555-0150"),
        point("phone", "217-555-0151"),
        point("email", "a@elm.example"),
    )
    assert ids(field("contact_points", stored).clean(typed)) == ["phone-2", "phone-3", "email-1"]


def test_a_contact_point_keeps_its_id_when_it_or_its_channel_is_edited():
    stored = answers(elm())
    typed = rows(point("fax", "217-555-0000", "desk"), point("post", "Elm\n2 Elm St", "office"))
    assert ids(field("contact_points", stored).clean(typed)) == ["desk", "office"]


def test_each_contact_point_is_told_what_is_wrong_with_it():
    typed = rows(
        point("phone", "ring me"),
        point("", "217-555-0148"),
        point("email", "a@elm.example", "desk"),
    )
    assert mistakes("contact_points", typed) == [
        ("1-channel", "Choose what kind of contact this is.")
    ]
    typed = rows(
        point("phone", "ring me"), point("email", "a@b"), point("form", "javascript:alert(1)", "f")
    )
    assert [part for part, _ in mistakes("contact_points", typed)] == [
        "0-value",
        "1-value",
        "2-value",
    ]


def test_the_same_contact_point_twice_is_refused():
    typed = rows(point("phone", "217-555-0148", "a"), point("phone", "217-555-0149", "a"))
    [(part, message)] = mistakes("contact_points", typed)
    assert (part, message) == ("1-value", "This stands here twice. Remove one.")


@pytest.mark.parametrize("identifier", ["A b", "../x", "x" * 99, "<b>", "none'"])
def test_a_forged_id_of_a_contact_point_is_refused_at_its_row(identifier):
    typed = rows(point("fax", "217-555-0148"), point("phone", "217-555-0148", identifier))
    [(part, _)] = mistakes("contact_points", typed)
    assert part == "1-value"


def test_contacts_are_ticked_from_the_points_entered_before():
    view = field("contacts", answers(elm())).view("contacts-contacts", {"questions": ["desk"]}, {})
    first = view["purposes"][0]
    assert "Phone: 217-555-0148" in first["rows"][0]
    assert " checked" in first["rows"][0]
    assert "Mail: Elm Dental, 1 Elm Street" in first["rows"][1]
    assert " checked" not in first["rows"][1]


def test_a_person_to_write_to_needs_a_way_to_be_reached():
    found = mistakes("contacts", {"questions-attention": ["Privacy"]}, answers(elm()))
    assert [part for part, _ in found] == ["questions-desk"]
    assert found[0][1].startswith("Questions: tick how to reach this person")


def test_a_contact_that_is_gone_cannot_be_ticked():
    found = mistakes("contacts", {"questions": ["desk", "gone"]}, answers(elm()))
    assert [part for part, _ in found] == ["questions-desk"]
    assert "is gone" in found[0][1]


def test_without_any_point_the_contacts_page_still_has_a_way_out():
    view = field("contacts").view("c", {}, {})
    assert [purpose["rows"] for purpose in view["purposes"]] == [[], []]
    assert field("contacts").clean({"instead": ["none"]}) == Fact(None)


def test_only_inputs_of_the_question_itself_are_read():
    data = QueryDict("data-data=name&data-database=x&data=y&data-data-junk=1")
    assert Collected().value_from_datadict(data, {}, "data-data") == {"": ["name"], "junk": ["1"]}
