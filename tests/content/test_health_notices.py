"""The notices that a policy can also be: under HIPAA, on children's data, on consumer health data.

Each starts from answers that make every element of its law apply.
"""

from __future__ import annotations

from typing import Any

import pytest

from policygen.core.analysis.ledger import Ledger, Status, ledger
from policygen.core.analysis.reading import level_of
from policygen.core.analysis.sentences import sentences_in
from policygen.core.answers import Answers, parse_answers
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.plain_text import lines_of
from policygen.core.selection import Selection, select
from policygen.instruments.syllables import syllables
from tests.content.library import EXAMPLES, example, library, policy
from tests.core.flaws import flaws
from tests.core.small import DAY

DENTIST = example("two-location-dental").answers.to_raw()

PROGRAM: dict[str, Any] = {
    **DENTIST,
    "part2": "program",
    "notice_terms": [
        "covers-all-records",
        "psychotherapy-notes",
        "fundraising",
        "part2-fundraising",
    ],
    "joint_entities": ["Lakeside Surgery Center in Springfield"],
}
"""A program under 42 CFR Part 2 that gives its notice together with another organization."""

CHILDREN: dict[str, Any] = {
    **DENTIST,
    "notices": ["children-online"],
    "child_site": "yes",
    "child_data": ["name", "voice", "device-numbers"],
    "child_uses": ["activities", "operation"],
    "child_public": "no",
    "child_recipients": ["Example Prizes, Inc., a mailing company, to send prizes"],
    "child_operators": ["Example Games, Inc."],
    "child_days": "90",
    "child_identifiers": ["running", "counting", "few-people", "no-advertising"],
    "child_voice": "yes",
    "contacts": {
        **DENTIST["contacts"],
        "children": {"points": ["office", "privacy-officer", "privacy-email"]},
    },
}
"""A practice with a game for young patients on its website."""

CONSUMERS: dict[str, Any] = {
    **DENTIST,
    "people_in": ["washington", "nevada"],
    "hipaa": "neither",
    "notices": ["consumer-health"],
    "health_data": ["bookings", "symptoms", "pages"],
    "health_uses": ["appointments", "measuring"],
    "health_sources": ["person", "device"],
    "health_shared": ["pages"],
    "health_third_parties": ["analytics"],
    "health_affiliates": ["Lakeside Imaging, Inc."],
    "health_rights": "yes",
    "health_processing": ["stored", "software"],
    "health_tracking": "yes",
}
"""A practice outside HIPAA with patients in Washington and Nevada."""

NOTICES = {
    "hipaa-npp": PROGRAM,
    "coppa": CHILDREN,
    "washington-mhmda": CONSUMERS,
}
ELEMENTS = {"hipaa-npp": 29, "coppa": 7, "washington-mhmda": 7}


def made(raw: dict[str, Any]) -> tuple[Answers, Selection, Document]:
    answers = parse_answers(library().vocabulary, raw)
    selection = select(library(), answers)
    return answers, selection, assemble(selection, answers, on=DAY)


def accounts(raw: dict[str, Any], *regimes: str) -> Ledger:
    return ledger(library(), *made(raw), reading=6.0).only(regimes)


def missing(raw: dict[str, Any], regime: str) -> list[str]:
    lines = accounts(raw, regime).lines()
    return [line.element.id for line in lines if line.status in {Status.MISSING, Status.OPEN}]


@pytest.mark.parametrize("regime", NOTICES)
def test_no_element_of_the_law_is_dropped(regime: str) -> None:
    found = next(one for one in library().regimes if one.id == regime)
    assert len(found.elements) == ELEMENTS[regime]


@pytest.mark.parametrize("regime", NOTICES)
def test_a_notice_can_state_every_element_of_its_law(regime: str) -> None:
    """All of them at once: none is not applicable here, and none needs answers of its own."""
    statuses = {line.status for line in accounts(NOTICES[regime], regime).lines()}
    assert missing(NOTICES[regime], regime) == []
    assert statuses == {Status.SATISFIED, Status.REMINDER} or regime == "coppa"
    assert statuses <= {Status.SATISFIED, Status.REMINDER}


def test_the_dental_example_is_a_notice_that_holds_all_that_hipaa_wants() -> None:
    assert missing(DENTIST, "hipaa-npp") == []


@pytest.mark.parametrize("regime", NOTICES)
def test_without_the_notice_its_clauses_stand_in_no_policy(regime: str) -> None:
    raw = {**NOTICES[regime], "notices": []}
    printed = {clause.slug for clause in made(raw)[2].clauses()}
    sections = {"notice", "health", "consumer_health", "children_online"}
    own = {one.slug for one in library().clauses if one.section in sections}
    assert printed.isdisjoint(own)


@pytest.mark.parametrize("regime", NOTICES)
def test_a_notice_has_no_flaw_and_reads_easily(regime: str) -> None:
    answers, _, document = made(NOTICES[regime])
    assert flaws(document, answers.in_force) == []
    sentences = [
        sentence
        for clause in document.clauses()
        if clause.slug not in {"medical-information-header", "part2-program-header"}
        for sentence in sentences_in(clause)
    ]
    level = level_of(sentences, syllables)
    assert level.grade < 8
    assert level.longest <= 30


def test_the_header_of_hipaa_is_the_first_thing_in_the_document() -> None:
    first = next(policy("two-location-dental").clauses())
    assert first.slug == "medical-information-header"
    assert lines_of(first.blocks[0])[0].startswith("THIS NOTICE DESCRIBES HOW MEDICAL")


def test_the_header_of_a_part_2_program_names_whom_to_ask_with_phone_and_email() -> None:
    document = made(PROGRAM)[2]
    header = next(one for one in document.clauses() if one.slug == "part2-program-header")
    lines = [line for block in header.blocks for line in lines_of(block)]
    assert lines[0] == "Notice of Privacy Practices of Two Rivers Family Dentistry, PLLC"
    assert lines[1] == "This notice describes:"
    assert "AT 217-555-0123 and privacy@tworivers.example.com IF YOU HAVE" in lines[-1]


@pytest.mark.parametrize("name", EXAMPLES)
def test_prescribed_headers_stand_in_notices_only(name: str) -> None:
    held = "privacy-practices" in str(example(name).answers.to_raw()["notices"])
    slugs = {one.slug for one in policy(name).clauses()}
    assert ("medical-information-header" in slugs) is held


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"privacy_contact": "none"}, "hipaa-npp-b-1-vii"),
        ({"care_operations": []}, "hipaa-npp-b-1-ii-a-operations"),
        ({"no_permission": []}, "hipaa-npp-b-1-ii-b"),
        ({"notice_terms": []}, "hipaa-npp-b-1-v-c"),
        ({"rights_limits": []}, "hipaa-npp-b-1-vi-retaliation"),
        ({"sharing_limits": []}, "hipaa-npp-b-1-ii-e-other"),
        ({"effective_date": "none"}, "hipaa-npp-b-1-viii"),
    ],
)
def test_what_a_notice_does_not_say_is_missing(change: dict[str, Any], element: str) -> None:
    assert missing({**DENTIST, **change}, "hipaa-npp") == [element]


@pytest.mark.parametrize(
    ("right", "element"),
    [
        ("access", "hipaa-npp-b-1-iv-c"),
        ("copy", "hipaa-npp-b-1-iv-c"),
        ("correct", "hipaa-npp-b-1-iv-d"),
        ("ask-for-limits", "hipaa-npp-b-1-iv-a"),
        ("private-contact", "hipaa-npp-b-1-iv-b"),
        ("disclosure-list", "hipaa-npp-b-1-iv-e"),
        ("paper-copy", "hipaa-npp-b-1-iv-f"),
        ("complain", "hipaa-npp-b-1-vi"),
    ],
)
def test_a_right_that_is_not_ticked_is_missing(right: str, element: str) -> None:
    rights = [one for one in DENTIST["rights"] if one != right]
    assert missing({**DENTIST, "rights": rights}, "hipaa-npp") == [element]


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"child_public": "dont-know"}, "coppa-312-4-d-2-what"),
        ({"child_days": "none"}, "coppa-312-4-d-2-retention"),
        ({"child_identifiers": ["running"]}, "coppa-312-4-d-3"),
    ],
)
def test_a_notice_on_children_without_an_answer_lacks_its_element(
    change: dict[str, Any], element: str
) -> None:
    assert missing({**CHILDREN, **change}, "coppa") == [element]


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"health_sources": []}, "mhmda-020-1-a-ii"),
        ({"health_third_parties": [], "health_affiliates": "none"}, "mhmda-020-1-a-iv"),
        ({"health_rights": "no"}, "mhmda-020-1-a-v"),
        ({"health_tracking": "dont-know"}, "nv-603a-495"),
    ],
)
def test_a_policy_on_consumer_health_data_without_an_answer_lacks_its_element(
    change: dict[str, Any], element: str
) -> None:
    assert missing({**CONSUMERS, **change}, "washington-mhmda") == [element]


def test_who_shares_no_consumer_health_data_says_so() -> None:
    raw = {**CONSUMERS, "health_shared": []}
    assert missing(raw, "washington-mhmda") == []
    slugs = {one.slug for one in made(raw)[2].clauses()}
    assert "health-not-shared" in slugs
    assert slugs.isdisjoint({"health-shared", "health-third-parties", "health-affiliates"})


@pytest.mark.parametrize(
    ("change", "applies"),
    [
        ({"people_in": ["washington"]}, True),  # its website records visits
        ({"people_in": ["washington"], "technical": [], "tracking": []}, False),
        ({"people_in": ["nevada"]}, False),  # it is subject to HIPAA
        ({"people_in": ["nevada"], "hipaa": "neither"}, True),
        ({"people_in": ["other-state"], "hipaa": "neither"}, False),
    ],
)
def test_health_data_under_hipaa_is_left_to_hipaa(change: dict[str, Any], applies: bool) -> None:
    law = accounts({**DENTIST, **change}, "washington-mhmda").accounts[0].law
    assert law.applies is applies
