"""Findings that say the same are told once."""

from __future__ import annotations

from typing import Any

from policygen.core.analysis.findings.finding import Finding
from policygen.core.analysis.findings.registry import review
from tests.core.analysis.findings.subjects import says, subject

TEXT = says("We treat you.", "treated")
DATED = says("In effect since {{ since | date }}.", "dated")


def rule(identifier: str, severity: str = "warns", **more: Any) -> dict[str, Any]:
    plain = {"id": identifier, "severity": severity, "says": "It is wrong.", "mend": "Mend it."}
    return {**plain, **more}


def found(*rules: dict[str, Any], **raw: Any) -> list[Finding]:
    given = {"country": "peru", "data": ["name", "records"], "uses": ["treat"], **raw}
    of = subject(TEXT, DATED, parts={"conflicts": list(rules)}, **given)
    return list(review(of))


def rules_of(findings: list[Finding]) -> list[str]:
    return [one.rule for one in findings if one.code.startswith("answers-")]


def test_of_conflicts_on_the_same_two_answers_the_gravest_stays() -> None:
    both = {"all": ["country:peru", "data:name"]}
    other = {"all": ["country:peru", "data:records"]}
    assert rules_of(found(rule("a", "note", when=both), rule("b", when=other))) == ["b"]
    assert rules_of(found(rule("a", when=both), rule("b", when=other))) == ["a"]


def test_conflicts_on_different_options_of_one_question_both_stay() -> None:
    rules = [rule("a", when={"all": ["data:name"]}), rule("b", when={"all": ["data:records"]})]
    assert rules_of(found(*rules)) == ["a", "b"]


def test_what_makes_a_conflict_alone_makes_a_wider_one_needless() -> None:
    wide = rule("a", when={"all": ["country:peru", "data:name"]})
    narrow = {"when": {"all": ["data:name"]}}
    assert rules_of(found(wide, rule("b", **narrow))) == ["b"]
    assert rules_of(found(wide, rule("b", "note", **narrow))) == ["a", "b"]


def test_what_blocks_always_stays() -> None:
    wide = rule("a", "blocks", when={"all": ["country:peru", "data:name"]})
    narrow = rule("b", "blocks", when={"all": ["data:name"]})
    assert rules_of(found(wide, narrow)) == ["a", "b"]


def test_conflicts_that_one_tick_mends_are_one() -> None:
    tick = {"mend": "Tick “Allergies”."}
    peru = {"all": ["country:peru"], "none": ["data:allergies"]}
    treated = {"all": ["uses:treat"], "none": ["data:allergies"]}
    rules = [rule("a", when=peru, **tick), rule("b", when=treated, **tick)]
    assert rules_of(found(*rules)) == ["a"]
    assert rules_of(found(rules[0], {**rules[1], "mend": "Treat nobody."})) == ["a", "b"]


def test_a_missing_answer_is_told_once_with_what_waits() -> None:
    when = {"when": {"all": ["country:peru"]}, "unanswered": ["since"]}
    findings = found(rule("a", **when), since="dont-know")
    about = [one for one in findings if "since" in one.questions]
    assert [one.rule for one in about] == ["a"]
    assert about[0].says == (
        "It is wrong. “What about since?” is answered “I don’t know yet”. "
        "One text waits for it: “Dated”."
    )
    assert [one.code for one in found(since="dont-know") if "since" in one.questions] == [
        "answer-unknown"
    ]
