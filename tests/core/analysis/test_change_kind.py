"""What kind of change is proposed, and why."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from policygen.core.analysis.change_kind import ChangeKind, proposed_kind
from policygen.core.analysis.impact import differs
from policygen.core.answers import parse_answers
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.selection import select
from tests.core.small import (
    DAY,
    DESK,
    MAILBOX,
    OFFICE,
    QUESTIONS,
    SAMPLE,
    SECTIONS,
    SMALL,
    clause,
    document,
    library,
    raw_answers,
    sometimes,
)

ABOUT = clause("about", "We are {{ practice }}. We keep {{ data | listing }}.")
TEXTING = clause("texting", "We send texts. You can stop them.", order=20)
CONTACT = clause(
    "contact", "Write to us:\n\n{{ contacts.questions | contact_block }}", section="contact"
)
DATA = ["name"]


def made(*clauses: dict[str, Any], **answers: Any) -> Document:
    given = {"data": DATA, **answers}
    parts = {"sections": given.pop("sections")} if "sections" in given else {}
    return document(library(*clauses, **parts), **given)


def reached(*points: dict[str, Any]) -> dict[str, Any]:
    merged = {key: value for point in points for key, value in point.items()}
    return {
        "contact_points": merged,
        "contacts": {"questions": {"points": list(merged)}},
    }


def proposal(before: Document | None, after: Document) -> tuple[str, list[str]]:
    found = proposed_kind(before, after, vocabulary=SMALL)
    return str(found.kind), list(found.reasons)


def test_a_first_version_is_material() -> None:
    assert proposal(None, made(ABOUT)) == ("material", ["This is the first version."])


def test_what_prints_the_same_is_technical() -> None:
    before = made(ABOUT, TEXTING)
    for after in (
        before,
        replace(before, release="0" * 64),
        made(ABOUT, {**TEXTING, "version": "2", "title": "Text messages"}),
        made(ABOUT, {**TEXTING, "slug": "text-messages"}),
        made(ABOUT, {**TEXTING, "when": {"any": ["data"]}}),
    ):
        assert proposal(before, after) == ("technical", ["The policy reads the same as before."])


def test_a_clause_that_came_is_material() -> None:
    reasons = ["The policy now says something about “Texting”."]
    assert proposal(made(ABOUT), made(ABOUT, TEXTING)) == ("material", reasons)


def test_a_clause_that_went_is_material() -> None:
    reasons = ["The policy no longer says anything about “Texting”."]
    assert proposal(made(ABOUT, TEXTING), made(ABOUT)) == ("material", reasons)


def test_another_option_ticked_is_material() -> None:
    reasons = ["“About” says something else, because other answers stand behind it."]
    before, after = made(ABOUT), made(ABOUT, data=["name", "records"])
    assert proposal(before, after) == ("material", reasons)


def test_another_phrase_of_the_same_option_is_material() -> None:
    questions = deepcopy(QUESTIONS)
    data = next(question for question in questions if question["id"] == "data")
    data["options"][0]["phrase"] = "every name that you ever had"
    newer = library(ABOUT, questions=questions)
    answers = parse_answers(newer.vocabulary, {"practice_name": "Maple", "data": DATA})
    after = assemble(select(newer, answers), answers, on=DAY)
    before = made(ABOUT, practice_name="Maple")
    reasons = ["“About” says something else, because other answers stand behind it."]
    assert proposal(before, after) == ("material", reasons)
    assert proposed_kind(before, after).kind is ChangeKind.MATERIAL


def test_a_clause_that_reads_differently_and_rests_on_other_answers_is_material() -> None:
    first = {**TEXTING, "when": {"any": ["country:peru"]}}
    second = {**TEXTING, "when": {"any": ["data:name"]}, "body": "We send texts. You can end them."}
    before, after = made(first, country="peru"), made(second, country="peru")
    assert proposal(before, after)[0] == "material"


def test_other_words_are_editorial() -> None:
    before = made(ABOUT, TEXTING)
    after = made(ABOUT, {**TEXTING, "body": "We send texts. You may stop these at any time."})
    assert proposal(before, after) == ("editorial", ["“Texting” is worded differently."])


def test_wholly_other_words_are_editorial() -> None:
    after = made({**TEXTING, "body": "Messages reach your telephone. Tell us to end this."})
    assert proposal(made(TEXTING), after)[0] == "editorial"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("We send texts. You can stop them.", "We send texts."),
        ("We send texts.\n\nYou can stop them.", "You can stop them."),
        ("We do this:\n\n- text you\n- call you", "We do this:\n\n- text you"),
        ("We text {{ practice }}. We tell nobody.", "We text {{ practice }}."),
    ],
)
def test_a_sentence_or_an_item_that_went_is_material(before: str, after: str) -> None:
    reasons = ["“Texting” no longer says everything that it said before."]
    first, second = made({**TEXTING, "body": before}), made({**TEXTING, "body": after})
    assert proposal(first, second) == ("material", reasons)


def test_another_sentence_is_editorial_and_a_heading_that_went_is_too() -> None:
    longer = made({**TEXTING, "body": "### Texts\n\nWe send texts. You can stop them. Ask us."})
    reasons = ["“Texting” is worded differently."]
    assert proposal(made(TEXTING), longer) == ("editorial", reasons)
    plain = made({**TEXTING, "body": "We send texts. You can stop them. Ask us."})
    assert proposal(longer, plain) == ("editorial", reasons)


FACTS = [
    {"motto": "Be kind"},
    {"website": "https://example.com/new"},
    {"since": "2001-02-03"},
    {"locations": [{"name": "North", "address": ["1 Elm Street"]}]},
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: next(iter(fact)))
def test_another_fact_is_editorial(fact: dict[str, Any]) -> None:
    facts = clause("facts", "{{ motto }} {{ website | link }} {{ since | date }}.")
    places = clause("facts", "Here:\n\n{{ locations | places_block }}")
    used = places if "locations" in fact else facts
    one = {"name": "South", "address": ["2 Elm Street", "Springfield"]}
    old = {
        "motto": "We care. We do",
        "website": "https://example.com",
        "since": "2000-01-01",
        "locations": [one, {**one, "name": "West"}],
    }
    name = "gives other facts, such as a name, an address or a way to reach you."
    assert proposal(made(used, **old), made(used, **{**old, **fact})) == (
        "editorial",
        [f"“Facts” {name}"],
    )


def test_another_name_of_the_practice_is_editorial() -> None:
    after = made(ABOUT, TEXTING, practice_name="Elm, Inc.")
    fact = "“About” gives other facts, such as a name, an address or a way to reach you."
    reasons = ["The name of the practice is now “Elm, Inc.”.", fact]
    assert proposal(after, made(ABOUT, TEXTING))[0] == "editorial"
    assert proposal(made(ABOUT, TEXTING), after) == ("editorial", reasons)


def test_other_ways_to_reach_the_practice_are_editorial() -> None:
    ways = clause("ways", "Ask {{ contacts.questions | ways }}.", section="contact", order=20)
    reach = clause("reach", "Ask {{ contacts.questions | reach }}.", section="contact", order=30)
    before = made(CONTACT, ways, reach, **reached(OFFICE, DESK))
    for points in ((OFFICE,), (MAILBOX,), (OFFICE, DESK, MAILBOX)):
        kind, reasons = proposal(before, made(CONTACT, ways, reach, **reached(*points)))
        assert kind == "editorial"
        assert len(reasons) == 3


def test_another_number_or_another_country_is_material() -> None:
    kept = clause("kept", "We keep it for {{ years }} years in {{ countries | listing }}.")
    before = made(kept, years="7", countries=["Peru"])
    for other in ({"years": "3"}, {"countries": ["Peru", "Chile"]}):
        after = made(kept, **{"years": "7", "countries": ["Peru"], **other})
        assert proposal(before, after)[0] == "material"


def test_without_a_vocabulary_ticked_options_are_told_from_facts_by_what_the_document_names() -> (
    None
):
    used = clause("used", "{{ practice }}: {{ data.health | listing }}. {{ motto }}")
    before = made(used, data=["records"], motto="Kind")
    other_motto = made(used, data=["records"], motto="Fast")
    other_data = made(used, data=["allergies"], motto="Kind")
    assert proposed_kind(before, other_motto).kind is ChangeKind.EDITORIAL
    assert proposed_kind(before, other_data).kind is ChangeKind.MATERIAL
    before = made(CONTACT, **reached(OFFICE))
    assert proposed_kind(before, made(CONTACT, **reached(DESK))).kind is ChangeKind.EDITORIAL


def test_the_own_wording_of_a_practice_is_editorial_and_named() -> None:
    before = made(ABOUT, TEXTING)
    amended = _amended(made(ABOUT, {**TEXTING, "body": "We send texts. You can end them."}))
    assert proposal(before, amended) == ("editorial", ["“Texting” has your own wording."])
    reasons = ["“Texting” has the wording of the library again."]
    assert proposal(amended, before) == ("editorial", reasons)


def test_an_own_wording_that_says_less_is_material() -> None:
    shorter = _amended(made(ABOUT, {**TEXTING, "body": "We send texts."}))
    assert proposal(made(ABOUT, TEXTING), shorter)[0] == "material"


def test_a_clause_in_another_place_a_heading_and_a_link_are_editorial() -> None:
    last = clause("last", "Ask [us](https://example.com).", order=30)
    before = made(ABOUT, TEXTING, last)
    moved = made(ABOUT, {**TEXTING, "section": "contact"}, last)
    assert proposal(before, moved) == ("editorial", ["“Texting” stands in another place."])
    headings = [{**SECTIONS[0], "title": "Hello"}, *SECTIONS[1:]]
    titled = made(ABOUT, TEXTING, last, sections=headings)
    reasons = ["The heading “About this policy” is now “Hello”."]
    assert proposal(before, titled) == ("editorial", reasons)
    linked = made(ABOUT, TEXTING, {**last, "body": "Ask [us](https://example.com/us)."})
    reasons = ["“Last” has the same words, but looks different or links to something else."]
    assert proposal(before, linked) == ("editorial", reasons)


def test_a_material_change_names_only_what_makes_it_material() -> None:
    after = made({**ABOUT, "body": "This is {{ practice }}. {{ data | listing }}."}, TEXTING)
    reasons = ["The policy now says something about “Texting”."]
    assert proposal(made(ABOUT), after) == ("material", reasons)


@sometimes
@given(raw_answers(SMALL), raw_answers(SMALL))
def test_every_change_of_answers_has_a_kind_and_a_reason(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    made_of = [parse_answers(SMALL, raw) for raw in (one, other)]
    before, after = (assemble(select(SAMPLE, each), each, on=DAY) for each in made_of)
    found = proposed_kind(before, after, vocabulary=SMALL)
    assert found.reasons
    assert all(reason.endswith(".") for reason in found.reasons)
    assert (found.kind is ChangeKind.TECHNICAL) == (not differs(before, after))
    went = {c.slug for c in before.clauses()} ^ {c.slug for c in after.clauses()}
    if went:
        assert found.kind is ChangeKind.MATERIAL


def _amended(policy: Document) -> Document:
    """Return the document with the clause on texting marked as the practice's own."""
    sections = tuple(
        replace(
            section,
            clauses=tuple(replace(c, amended=c.slug == "texting") for c in section.clauses),
        )
        for section in policy.sections
    )
    return replace(policy, sections=sections)
