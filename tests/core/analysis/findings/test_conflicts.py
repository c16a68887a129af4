"""Answers that do not go together, in a small library."""

from __future__ import annotations

from typing import Any

import pytest

from policygen.core.analysis.findings.conflicts import CHECK
from policygen.core.analysis.findings.finding import Finding
from policygen.core.conflicts import Severity
from policygen.core.problems import Refused
from tests.core.analysis.findings.subjects import says, small, subject
from tests.core.small import DESK

CLAUSES = (
    says("We come from {{ country }}. It is far.", "country"),
    says("### Health\n\nWe keep {{ data.health | listing }}. Ask us.", "kept"),
    says("We treat you.", "treated", order=20, when={"any": ["uses:treat"]}),
)


def conflict(identifier: str = "records-in-peru", **more: Any) -> dict[str, Any]:
    plain = {
        "id": identifier,
        "severity": "warns",
        "when": {"all": ["country:peru", "data:records"]},
        "says": "Records do not stay in Peru.",
        "mend": "Move.",
    }
    return {**plain, **more}


def found(*conflicts: dict[str, Any], **raw: Any) -> list[Finding]:
    return list(CHECK.find(subject(*CLAUSES, parts={"conflicts": list(conflicts)}, **raw)))


def test_a_conflict_says_what_is_wrong_what_to_do_and_by_which_rule() -> None:
    (one,) = found(conflict(citations=["Art. 1"]), country="peru", data=["records"])
    assert (one.says, one.mend) == ("Records do not stay in Peru.", "Move.")
    assert (one.rule, one.citations) == ("records-in-peru", ("Art. 1",))


@pytest.mark.parametrize(
    ("severity", "code"),
    [("blocks", "answers-conflict"), ("warns", "answers-risk"), ("note", "answers-note")],
)
def test_each_severity_has_its_code(severity: str, code: str) -> None:
    (one,) = found(conflict(severity=severity), country="peru", data=["records"])
    assert (one.severity, one.code) == (Severity(severity), code)
    assert code in CHECK.codes


@pytest.mark.parametrize(
    "raw",
    [
        {"country": "peru", "data": ["allergies"]},
        {"country": "peru", "data": "dont-know"},
        {"country": "peru", "data": ["allergies", "dont-know"]},
        {"data": ["records"]},
        {},
    ],
)
def test_what_is_not_so_or_not_known_is_no_conflict(raw: dict[str, Any]) -> None:
    assert found(conflict(), **raw) == []


def test_an_answer_to_a_question_that_does_not_apply_makes_no_conflict() -> None:
    rule = conflict(when={"all": ["uses:treat"]})
    assert found(rule, data=["name"], uses=["treat"]) == []
    assert len(found(rule, data=["records"], uses=["treat"])) == 1


def test_it_quotes_the_first_sentence_that_rests_on_what_is_wrong() -> None:
    rule = conflict(when={"all": ["uses:treat", "data:records"]})
    (one,) = found(rule, data=["records"], uses=["treat"])
    assert (one.clause, one.sentence) == ("treated", "We treat you.")


def test_it_quotes_text_under_a_heading_and_not_the_heading() -> None:
    (one,) = found(conflict(when={"any": ["data.health"]}), data=["allergies"])
    assert (one.clause, one.sentence) == ("kept", "We keep your allergies.")


def test_it_quotes_what_only_prints_the_answer_if_no_clause_depends_on_it() -> None:
    (one,) = found(conflict(when={"all": ["country:peru"]}), country="peru")
    assert (one.clause, one.sentence) == ("country", "We come from Peru.")


def test_it_quotes_nothing_where_nothing_is_printed() -> None:
    (one,) = found(conflict(when={"all": ["data:name"]}), data=["name"])
    assert (one.clause, one.sentence) == ("", "")


def test_it_quotes_the_clause_that_is_most_about_the_answer() -> None:
    claim = {"claims": ["keep(data)"]}
    clauses = (
        says("It tells how we keep data.", "overview", when={"any": ["data"]},
             claims=["inform(data)"]),
        says("We keep a lot of it.", "many", order=20, when={"any": ["data", "uses"]}, **claim),
        says("We keep it all.", "two", order=30, when={"all": ["data:records", "uses"]}, **claim),
        says("We like lists. We keep your dental records in a box.", "just", order=40,
             when={"all": ["data:records"]}, **claim),
    )  # fmt: skip
    rule = conflict(when={"all": ["data:records"]})
    raw = {"data": ["name", "records"], "uses": ["treat"]}
    for kept, slug in [(4, "just"), (3, "two"), (2, "many"), (1, "overview")]:
        of = subject(*clauses[:kept], parts={"conflicts": [rule]}, **raw)
        (one,) = CHECK.find(of)
        assert one.clause == slug
        if kept == 4:
            assert one.sentence == "We keep your dental records in a box."


def test_what_is_missing_is_mended_first() -> None:
    rule = conflict(when={"all": ["data:records"], "any": ["country:peru"], "none": ["website"]})
    (one,) = found(rule, data=["records"], country="peru", website="none")
    assert one.questions == ("website", "data", "country")


def test_an_open_question_is_looked_at_before_all_others() -> None:
    rule = conflict(when={"any": ["country:peru"]}, unanswered=["years", "since"])
    (one,) = found(rule, country="peru", years="3")
    assert one.questions == ("since", "country")
    (one,) = found(rule, country="peru", years="dont-know", since="2020-01-01")
    assert one.questions == ("years", "country")


def test_a_conflict_of_silence_is_gone_once_the_question_is_answered_or_does_not_apply() -> None:
    rule = conflict(when={"any": ["country:peru"]}, unanswered=["uses"])
    assert found(rule, country="peru", data=["name"]) == []
    assert len(found(rule, country="peru", data=["records"])) == 1
    assert found(rule, country="peru", data=["records"], uses=["treat"]) == []


def test_conflicts_of_several_cases_name_only_the_case_that_is_there() -> None:
    rule = conflict(when=[{"all": ["country:peru"]}, {"all": ["contact_points:phone"]}])
    (one,) = found(rule, contact_points=DESK)
    assert one.questions == ("contact_points",)


def test_findings_stand_in_the_order_of_the_conflicts_ids() -> None:
    rules = (conflict("late"), conflict("early"))
    assert [one.rule for one in found(*rules, country="peru", data=["records"])] == [
        "early",
        "late",
    ]


def test_a_choice_can_be_demanded_before_there_is_a_policy() -> None:
    rule = conflict(when={"all": ["country:peru"]}, severity="blocks", unanswered=["uses"])
    unsettled: tuple[dict[str, Any], ...] = (
        {},
        {"uses": "dont-know"},
        {"uses": ["treat", "dont-know"]},
    )
    for raw in unsettled:
        (one,) = found(rule, country="peru", data=["records"], **raw)
        assert (one.severity, one.code) == (Severity.BLOCKS, "answers-conflict")
        assert one.questions == ("uses", "country")
    for settled in (["treat"], ["treat", "remind"]):
        assert found(rule, country="peru", data=["records"], uses=settled) == []
    assert found(rule, country="canada", data=["records"]) == []


def test_silence_alone_never_blocks() -> None:
    with pytest.raises(Refused, match="Say for which answers the choice must be made"):
        small(*CLAUSES, conflicts=[conflict(severity="blocks", when={}, unanswered=["years"])])
