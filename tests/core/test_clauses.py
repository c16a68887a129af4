"""Reading one clause: every part is checked, and every mistake names its part."""

from __future__ import annotations

from typing import Any

import pytest

from policygen.core.claims import VERBS
from policygen.core.clauses import Clause, parse_clause
from policygen.core.placeholders import paths
from policygen.core.problems import Refused
from tests.core.small import SAMPLE, SMALL, clause

KNOWN = paths(SMALL)


def parse(raw: object) -> Clause:
    return parse_clause(raw, SMALL, KNOWN, ["about", "contact"])


def test_a_clause_reads_back_from_its_plain_form() -> None:
    for one in SAMPLE.clauses:
        again = parse_clause(one.to_json(), SMALL, KNOWN, ["about", "collect", "contact"])
        assert again == one


def test_every_part_of_a_clause_is_kept() -> None:
    one = parse(
        clause(
            "speaker",
            "We are {{ practice }}. See [How to contact us](#contact).",
            version=4,
            order="20",
            when={"all": ["data:name"], "none": ["country:peru"]},
            run_in="true",
            models=["dentx-01"],
            claims=["does-not-share(data; data.health)"],
            citations=["45 CFR 164.520"],
            note="For colleagues.",
        )
    )
    assert (one.version, one.order, one.run_in) == (4, 20, True)
    assert one.paths == ("practice",)
    (claim,) = one.statements
    assert (claim.verb, claim.denied, claim.atoms) == ("share", True, ("data", "data.health"))
    assert str(claim) == "does-not-share(data; data.health)"
    assert one.citations == ("45 CFR 164.520",)


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"slug": "Speaker"}, "slug", "small letters, digits and hyphens"),
        ({"slug": ""}, "slug", "small letters"),
        ({"section": "abuot"}, "section", "There is no section “abuot”. Did you mean “about”?"),
        ({"section": ["about"]}, "section", "Write a text here"),
        ({"title": ""}, "title", "The title is missing."),
        ({"title": ["x"]}, "title", "Write a text here, not a list or a mapping."),
        ({"title": "a\nb"}, "title", "This must be one line."),
        ({"title": "a\ud800"}, "title", "a code that is no character"),
        ({"order": "first"}, "order", "Write a whole number, such as 40."),
        ({"order": ""}, "order", "Write a whole number"),
        ({"order": "-1"}, "order", "Write a whole number"),
        ({"order": "1" * 10}, "order", "Write a whole number"),
        ({"version": "x"}, "version", "Write a whole number"),
        ({"run_in": "yes"}, "run_in", "Write true or false."),
        ({"run_in": "true", "body": "- a"}, "run_in", "begins with a paragraph"),
        ({"run_in": "true", "body": "{{ data | bullets }}"}, "run_in", "begins with a paragraph"),
        ({"when": "data"}, "when", "Write a condition as"),
        ({"when": ["data"]}, "when", "Write a condition as"),
        ({"when": {"any": ["data:nam"]}}, "when", "“data:nam” names no answer. Did you mean"),
        ({"when": {"any": ["dat"]}}, "when", "“dat” names no answer. Did you mean “data”?"),
        ({"when": {"all": ["data"], "none": ["data"]}}, "when", "This can never hold"),
        ({"models": "dentx-01"}, "models", "Write a list of texts, such as [one, two]."),
        ({"models": [["x"]]}, "models", "Write a list of texts"),
        ({"citations": {"x": "y"}}, "citations", "Write a list of texts"),
        ({"citations": ["a\x00"]}, "citations", "control character"),
        ({"note": ["x"]}, "note", "Write a text here"),
        ({"note": "\ud800"}, "note", "a code that is no character"),
        ({"claims": "collect(data)"}, "claims", "Write a list of texts"),
        ({"claims": ["collect data"]}, "claims", "“collect data” is no claim, such as"),
        ({"claims": ["colect(data)"]}, "claims", "Did you mean “collect” or"),
        ({"claims": ["collect()"]}, "claims", "says nothing of anything. Name at least one"),
        ({"claims": ["collect(dta)"]}, "claims", "“dta” names no answer."),
        ({"claims": ["collect(data, country)"]}, "claims", "“data, country” names no answer."),
        ({"claims": ["collect(data:a_b)"]}, "claims", "“data:a_b” names no answer. Write question"),
        ({"body": ""}, "body", "The text is empty."),
        ({"body": ["x"]}, "body", "Write a text here, not a list or a mapping."),
        ({"body": "{{ nothing }}"}, "body", "“nothing” names no answer."),
        ({"titel": "x"}, "titel", "“titel” is no part of a clause. Did you mean “title”?"),
    ],
)
def test_a_wrong_clause_is_refused(changes: dict[str, Any], place: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        parse({**clause("speaker", "We care."), **changes})
    found = [(p.where.partition(".")[0], p.message) for p in refused.value.problems]
    assert any(where == place and message in said for where, said in found), found


@pytest.mark.parametrize("raw", [None, "text", ["text"], 7])
def test_a_clause_that_is_no_mapping_is_refused(raw: object) -> None:
    with pytest.raises(Refused, match="Write a clause as “key: value”"):
        parse(raw)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(Refused) as refused:
        parse(clause("Speaker", "{{ nothing }}", section="none", order="x", claims=["x"]))
    assert {p.where for p in refused.value.problems} == {
        *("slug", "body", "section", "order", "claims"),
    }


def test_every_verb_can_be_said_and_denied() -> None:
    for verb in VERBS:
        for text in (f"{verb}(data)", f"does-not-{verb}(data)", f"only-{verb}(data; to uses)"):
            (claim,) = parse(clause("a", "We care.", claims=[text])).claims
            assert str(claim) == text
