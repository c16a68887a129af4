"""A library as one value: checked as a whole, canonical, the same digest everywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from policygen.core.library import (
    Library,
    canonical_json,
    library_problems,
    parse_library,
)
from policygen.core.problems import Refused
from tests.core.small import QUESTIONS, SAMPLE, SECTIONS, clause, library, option, plain_library


def refusal(**parts: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        library(clause("speaker", "We care."), **parts)
    return [str(problem) for problem in refused.value.problems]


def test_a_library_reads_back_from_its_json() -> None:
    stored = canonical_json(SAMPLE.to_json())
    again = parse_library(json.loads(stored))
    assert again == SAMPLE
    assert again.digest == SAMPLE.digest
    assert canonical_json(again.to_json()) == stored


def test_the_digest_is_that_of_the_canonical_json_in_every_process() -> None:
    program = (
        "import hashlib, json, sys\n"
        "from policygen.core.library import parse_library, canonical_json\n"
        "library = parse_library(json.load(sys.stdin))\n"
        "assert hashlib.sha256(canonical_json(library.to_json()).encode()).hexdigest()"
        " == library.digest\n"
        "assert not any(name.partition('.')[0] == 'django' for name in sys.modules)\n"
        "print(library.digest)\n"
    )
    for seed in ("0", "1", "4242"):
        made = subprocess.run(
            [sys.executable, "-c", program],
            input=canonical_json(SAMPLE.to_json()),
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path), "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
        assert made.stdout.strip() == SAMPLE.digest


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Privacy notice"},
        {"language": "fr"},
        {"sections": [*SECTIONS, {"id": "more", "title": "More"}]},
        {"sections": [{"id": "about", "title": "About us"}, *SECTIONS[1:]]},
        {"questions": [{**QUESTIONS[0], "help": "Changed."}, *QUESTIONS[1:]]},
        {"questions": [*QUESTIONS[1:6], QUESTIONS[0], *QUESTIONS[6:]]},
    ],
)
def test_whatever_changes_changes_the_digest(change: dict[str, Any]) -> None:
    clauses = [clause("speaker", "We care.")]
    assert library(*clauses, **change).digest != library(*clauses).digest


@pytest.mark.parametrize(
    "front",
    [
        {"body": "We cared."},
        {"title": "Other"},
        {"order": 11},
        {"version": 2},
        {"section": "contact"},
        {"run_in": "true"},
        {"when": {"any": ["data"]}},
        {"models": ["dentx-01"]},
        {"claims": ["collect(data)"]},
        {"citations": ["x"]},
        {"note": "x"},
    ],
)
def test_every_part_of_a_clause_counts_in_the_digest(front: dict[str, Any]) -> None:
    one = clause("speaker", "We care.")
    assert library({**one, **front}).digest != library(one).digest


def test_clauses_stand_in_reading_order_whatever_order_they_come_in() -> None:
    clauses = [
        clause("c", "Three.", section="contact", order=1),
        clause("b", "Two.", order=20),
        clause("a", "Two and more.", order=20),
        clause("z", "One.", order=10),
    ]
    there, back = library(*clauses), library(*reversed(clauses))
    assert [one.slug for one in there.clauses] == ["z", "a", "b", "c"]
    assert there.digest == back.digest


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"title": ""}, "title: The title is missing."),
        ({"title": "a\nb"}, "title: This must be one line."),
        ({"title": "[TITLE]"}, "title: The “[” would be printed just so."),
        ({"language": "English"}, "language: Write the code of a language, such as en."),
        ({"sections": []}, "sections: There are no sections."),
        ({"sections": "about"}, "sections: Write a list."),
        ({"sections": ["about"]}, "sections.1: Write a section as “key: value”"),
        ({"sections": [*SECTIONS, {"id": "X", "title": "x"}]}, "sections.X.id: Write the id in"),
        ({"sections": [*SECTIONS, {"id": "x"}]}, "sections.x.title: The title is missing."),
        ({"sections": [*SECTIONS, {"id": "x", "title": ""}]}, "sections.x.title: The title is"),
        ({"sections": [*SECTIONS, {"id": "x", "tite": "x", "title": "x"}]}, "“tite” is no part of"),
        ({"sections": [*SECTIONS, SECTIONS[0]]}, "sections.about: This id stands twice."),
        ({"questions": "x"}, "questions: Write a list."),
        ({"questions": ["x"]}, "questions.1: Write a question as"),
        ({"questions": QUESTIONS[1:]}, "questions: There is no question “practice_name”."),
        (
            {"questions": [{**QUESTIONS[0], "kind": "text"}]},
            "questions.practice_name: Every policy names its practice: write “kind: name”",
        ),
        (
            {"questions": [{**QUESTIONS[0], "required": "false"}]},
            "questions.practice_name: Every policy names its practice: write “kind: name”",
        ),
        ({"clauses": "x"}, "clauses: Write a list."),
        ({"clauses": ["x"]}, "clauses.1: Write a clause as"),
        ({"clauses": [clause("a", "We care.")] * 2}, "clauses.a.slug: This slug stands twice."),
        ({"clauses": [clause("a", "")]}, "clauses.a.body: The text is empty."),
        ({"titel": "x"}, "titel: “titel” is no part of a library. Did you mean “title”?"),
    ],
)
def test_a_wrong_library_is_refused(parts: dict[str, Any], message: str) -> None:
    found = refusal(**parts)
    assert any(message in line for line in found), found


@pytest.mark.parametrize("raw", [None, [], "x", 7])
def test_a_library_that_is_no_mapping_is_refused(raw: object) -> None:
    with pytest.raises(Refused, match="Write a library as"):
        parse_library(raw)


def test_all_mistakes_of_all_clauses_are_told_at_once() -> None:
    wrong = [clause("a", ""), clause("b", "{{ x }}"), clause("c", "Fine."), clause("d", "<b>")]
    assert len(refusal(clauses=wrong)) == 3


# ------------------------------------------------------------------ the whole


def problems(lib: Library) -> list[str]:
    return [str(problem) for problem in library_problems(lib)]


def small(*clauses: dict[str, Any]) -> Library:
    """A library with one question, so that only that one can be unused."""
    return library(
        *clauses, questions=[q for q in QUESTIONS if q["id"] in {"practice_name", "data"}]
    )


USES_ALL = clause("all", "{{ practice }} keeps {{ data | listing }}.", when={"all": ["data"]})


def test_a_library_without_mistakes_has_no_problems() -> None:
    assert problems(small(USES_ALL)) == []


def test_an_option_that_changes_nothing_is_named() -> None:
    says_something = clause("some", "We keep something.", when={"any": ["data"]})
    health = clause("health", "We keep {{ data.health | listing }}.")
    named = clause("named", "We keep your name.", when={"any": ["data:name"]})
    found = problems(small(says_something, health, named))
    assert [line.partition(":")[0] for line in found] == ["questions.data.options.birthday"]
    assert "No clause uses this option." in found[0]


@pytest.mark.parametrize("when", [{"any": ["data:birthday"]}, {"none": ["data.identity"]}])
def test_an_option_counts_if_a_clause_asks_for_it_or_its_group(when: dict[str, Any]) -> None:
    rest = clause("rest", "Rest: {{ data.health | listing }}.")
    named = clause("named", "Named.", when={"any": ["data:name"]})
    assert problems(small(rest, named, clause("x", "Asked.", when=when))) == []


def test_an_option_that_only_informs_need_not_be_used() -> None:
    data = {**QUESTIONS[9], "options": [option("x", "x", "health", informative="true")]}
    lib = library(clause("a", "{{ practice }} cares."), questions=[QUESTIONS[0], data])
    assert problems(lib) == []


def test_a_fact_that_is_never_printed_is_named() -> None:
    lib = library(clause("a", "{{ practice }} cares."), questions=[*QUESTIONS[:2], QUESTIONS[5]])
    assert problems(lib) == [
        "questions.years: No clause uses this answer. Use it, or remove the question."
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We keep your records safe.", "We keep your records safe."),
        ("We keep your records safe.", "First of all. We keep\nyour records  SAFE! Really."),
        ("We keep {{ data | listing }}.", "We care. We keep {{ data | listing }}."),
        ("We do so:\n\n- with a lock and key", "We try:\n\n1. with a lock and key"),
    ],
)
def test_a_sentence_that_two_clauses_say_is_named(one: str, other: str) -> None:
    found = problems(small(USES_ALL, clause("one", one, order=11), clause("two", other, order=12)))
    assert len(found) == 1
    assert found[0].startswith("clauses.two.body: The same sentence stands in “one”: ")


def test_a_sentence_that_one_clause_says_twice_is_named() -> None:
    found = problems(small(USES_ALL, clause("one", "We keep it safe. Yes. We keep it safe.")))
    assert found == ["clauses.one.body: The same sentence stands in “one”: we keep it safe"]


def test_clauses_that_never_meet_may_say_the_same() -> None:
    text = "We keep your records safe."
    one = clause("one", text, when={"any": ["data:name"]})
    other = clause("other", text, when={"none": ["data:name"], "any": ["data.health"]})
    assert problems(small(USES_ALL, one, other)) == []
    apart = clause("apart", text, when={"any": ["data.health"]})
    assert len(problems(small(USES_ALL, one, apart))) == 1


# ------------------------------------------------------------------ canonical JSON


def test_canonical_json_sorts_keys_and_has_no_blanks() -> None:
    assert canonical_json({"b": [1, True, None], "a": "é\n"}) == '{"a":"é\\n","b":[1,true,null]}'


def test_canonical_json_refuses_what_no_json_can_hold() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


def test_the_plain_form_holds_plain_values_only() -> None:
    def check(value: object) -> None:
        assert type(value) in {str, int, bool, list, dict}
        if isinstance(value, dict | list):
            for part in value:
                check(part)
        if isinstance(value, dict):
            assert all(key.isascii() for key in value)
            check(list(value.values()))

    check(SAMPLE.to_json())
    assert plain_library(*SAMPLE.to_json()["clauses"])["title"] == SAMPLE.title


@pytest.mark.parametrize(
    ("text", "said", "claim"),
    [
        ("We collected names.", "We collected", "collect(data)"),
        ("Today, we never sold any.", "we never sold", "sell(data)"),
        (
            "In some cases, we and our partners share it.",
            "we and our partners share",
            "share(data)",
        ),
        ("On request we may:\n\n- **disclose** it", "we may: - **disclose", "share(data)"),
        ("We do not track you.", "We do not track", "track(data)"),
    ],
)
def test_a_clause_that_says_what_we_do_and_claims_nothing_is_refused(
    text: str, said: str, claim: str
) -> None:
    [problem] = [
        one for one in library_problems(library(clause("x", text))) if "claims nothing" in str(one)
    ]
    assert problem.where == "clauses.x.claims"
    assert f"This text says “{said}”" in problem.message
    assert f"such as {claim}" in problem.message
    claimed = library(clause("x", text, claims=["collect(data)"]))
    assert not [one for one in library_problems(claimed) if "claims nothing" in str(one)]


@pytest.mark.parametrize(
    "text",
    [
        "A cookie is a small piece of information.",
        "HIPAA lets us use and share it.",
        "We are here. Others collect names.",
        "More is under [What we collect](#collect).",
        "Our collection of posters is large, and we like it.",
    ],
)
def test_an_explanation_needs_no_claims(text: str) -> None:
    problems = library_problems(library(clause("x", text)))
    assert not [one for one in problems if "claims nothing" in str(one)]
