"""manage.py explain: every clause, in or out, with the reason in words."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from policygen.core.analysis.reasons import explained as reasons
from policygen.core.answers import parse_answers
from policygen.core.selection import Why
from tests.core.small import DAY, SAMPLE, SMALL
from tests.library.folders import change
from tests.policies.maple import MAPLE, write_answers, write_clauses
from tests.releases import release_changes


@pytest.fixture
def clauses(tmp_path: Path) -> Path:
    return write_clauses(tmp_path / "clauses")


def explained(clauses: Path, answers: Path) -> dict[str, Any]:
    out = StringIO()
    call_command("explain", str(answers), "--clauses", str(clauses), stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_every_clause_is_in_or_out_and_says_why(clauses: Path, tmp_path: Path) -> None:
    found = explained(clauses, write_answers(tmp_path / "maple.yaml"))
    assert set(found) == {"release", "included", "left_out"}
    assert found["release"] == SAMPLE.digest
    entries = [*found["included"], *found["left_out"]]
    assert sorted(entry["clause"] for entry in entries) == sorted(c.slug for c in SAMPLE.clauses)
    for entry in entries:
        assert set(entry) == {
            *("clause", "section", "version", "why", "decided_by", "reason"),
            *("text", "satisfies", "own_wording"),
        }
        assert entry["why"] in set(Why)
        assert entry["reason"].endswith(".")
        assert entry["version"] == 1


def test_the_options_that_decide_are_named_in_words(clauses: Path, tmp_path: Path) -> None:
    path = write_answers(tmp_path / "maple.yaml", data=["name", "records"])
    found = {
        e["clause"]: e for part in ("included", "left_out") for e in explained(clauses, path)[part]
    }
    assert (
        found["from-peru"]["reason"] == "Here because you answered “Peru” to “What about country?”."
    )
    assert found["from-peru"]["decided_by"] == ["country:peru"]
    assert (
        found["nothing"]["reason"] == "Left out because you chose something for “What about data?”."
    )
    assert found["health"]["reason"] == "Left out because you chose “Name”."
    assert found["speaker"]["reason"] == (
        "Here because you answered “What about practice name?” and “What about since?”."
    )


def test_what_is_missing_is_explained_and_not_refused(clauses: Path, tmp_path: Path) -> None:
    path = write_answers(tmp_path / "little.yaml", **dict.fromkeys(MAPLE))
    found = explained(clauses, path)
    waiting = {entry["clause"] for entry in found["left_out"] if entry["why"] == Why.WAITS}
    assert {"speaker", "motto", "website", "kept", "faxes"} <= waiting


def test_an_explanation_is_the_same_every_time() -> None:
    answers = parse_answers(SMALL, MAPLE)
    said = [json.dumps(reasons(SAMPLE, answers, on=DAY).to_json()) for _ in range(2)]
    assert said[0] == said[1]


@pytest.mark.django_db
def test_a_former_release_can_be_explained(clauses: Path, tmp_path: Path) -> None:
    first = release_changes(clauses)
    change(clauses, "about/from-peru.md", "We are from", "We were from")
    release_changes(clauses)
    out = StringIO()
    path = write_answers(tmp_path / "maple.yaml")
    call_command("explain", str(path), "--release", "1", stdout=out)
    found = json.loads(out.getvalue())
    assert found["release"] == first.digest
    assert {entry["version"] for entry in found["included"]} == {1}
