"""manage.py review, generate --annex and explain --why-not: laws on the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from policygen.core.analysis.findings.registry import CODES
from policygen.core.conflicts import Severity
from policygen.policies.management.commands.review import printed_ledger
from tests.core.analysis.lawful import CLAUSES, LAWFUL, answers_to, lawful, ledger_of
from tests.core.small import DAY, clause
from tests.library.folders import write_library
from tests.policies.maple import failure

PERUVIAN = {
    "practice_name": "Maple Street Dental",
    "country": "peru",
    "data": ["records"],
    "uses": ["treat"],
    "website": "https://example.com",
    "since": "2012-05-17",
    "motto": "we care",
    "laws_added": [],
    "laws_removed": [],
    "laws_reason": "none",
}
ON = DAY.isoformat()


def folder_of(path: Path, library: Any = LAWFUL) -> Path:
    plain = library.to_json()
    plain["questions"] = [{**q, "groups": dict(q["groups"])} for q in plain["questions"]]
    return write_library(path, plain)


@pytest.fixture
def clauses(tmp_path: Path) -> Path:
    return folder_of(tmp_path / "clauses")


def answers(tmp_path: Path, **changes: Any) -> Path:
    raw = {name: value for name, value in {**PERUVIAN, **changes}.items() if value is not None}
    path = tmp_path / "peru.yaml"
    path.write_text(json.dumps({"answers": raw}), encoding="utf-8")
    return path


def reviewed(clauses: Path, path: Path, *more: str) -> tuple[str, str]:
    """Return what the command prints, and the message with which it fails, if it does."""
    out, arguments = StringIO(), (str(path), "--clauses", str(clauses), "--on", ON, *more)
    try:
        call_command("review", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error) if error.returncode == 1 else "another status than 1"
    return out.getvalue(), ""


def test_a_policy_that_states_all_passes_and_its_ledger_is_printed(
    clauses: Path, tmp_path: Path
) -> None:
    said, failed = reviewed(clauses, answers(tmp_path))
    assert failed == ""
    assert "Law by law" in said
    assert "- Law of Peru (peru): here." in said
    assert "[satisfied] Who, Art. 3: speaker: “We are Maple Street Dental." in said
    assert "- Law of Notice (notice): elsewhere." in said


def test_a_policy_that_lacks_what_a_law_demands_fails_and_says_what_to_do(
    clauses: Path, tmp_path: Path
) -> None:
    said, failed = reviewed(clauses, answers(tmp_path, uses=None))
    assert failed == "2 findings keep the policy from being published."
    assert "This keeps the policy from being published (2)" in said
    assert "you have not said whether this text is the document that it wants. [law-open]" in said
    assert "[law-unanswered]" in said
    assert "Answer “What about uses?”." in said


def test_json_holds_findings_and_ledger(clauses: Path, tmp_path: Path) -> None:
    said, failed = reviewed(clauses, answers(tmp_path, uses="dont-know"), "--json")
    found = json.loads(said)
    assert set(found) == {"release", "date", "findings", "laws"}
    assert (found["release"], found["date"]) == (LAWFUL.digest, ON)
    assert {one["code"] for one in found["findings"]} <= set(CODES)
    severities = [one["severity"] for one in found["findings"]]
    assert severities == sorted(severities, key=list(Severity).index)
    assert failed
    assert [law["law"] for law in found["laws"]] == ["anywhere", "notice", "peru"]


def test_a_law_can_be_looked_at_alone(clauses: Path, tmp_path: Path) -> None:
    path = answers(tmp_path, uses="dont-know")
    said, failed = reviewed(clauses, path, "--regime", "anywhere", "--json")
    found = json.loads(said)
    assert [law["law"] for law in found["laws"]] == ["anywhere"]
    assert {one["severity"] for one in found["findings"]} == {"blocks"}
    assert failed == "2 findings keep the policy from being published."
    said, failed = reviewed(clauses, path, "--regime", "anywhere", "--regime", "peru", "--json")
    assert failed
    assert [law["law"] for law in json.loads(said)["laws"]] == ["anywhere", "peru"]


def test_what_blocks_is_not_hidden_by_looking_at_one_law(clauses: Path, tmp_path: Path) -> None:
    path = answers(tmp_path, practice_name=None, motto="dont-know")
    whole, failed = reviewed(clauses, path)
    assert "[answer-unknown]" in whole
    said, same = reviewed(clauses, path, "--regime", "anywhere")
    assert said.startswith("Only what concerns these laws: anywhere. What keeps the policy from ")
    assert "[fact-missing]" in said
    assert "[answer-unknown]" not in said
    assert failed
    assert same == failed


def test_own_wording_is_printed_with_its_sentences_and_counted_apart() -> None:
    slugs = ("speaker", "heading")
    own = (replace(one, amended=one.slug in slugs) for one in LAWFUL.clauses)
    library = replace(LAWFUL, clauses=tuple(own))
    raw = {name: value for name, value in PERUVIAN.items() if name != "uses"}
    lines = [*printed_ledger(ledger_of(answers_to(library, **raw), library))]
    (who,) = [line for line in lines if "Who, Art. 3" in line]
    assert who.startswith("    [own wording] Who, Art. 3: speaker: “We are Maple Street Dental.")
    assert any("2 own wording" in line for line in lines)


def test_a_law_that_the_library_does_not_know_is_refused(clauses: Path, tmp_path: Path) -> None:
    said, failed = reviewed(clauses, answers(tmp_path), "--regime", "preu")
    assert (said, failed) == (
        "",
        "--regime: There is no law “preu”. Did you mean “peru”?",
    )


def test_what_is_missing_is_reviewed_and_not_refused(clauses: Path, tmp_path: Path) -> None:
    said, failed = reviewed(clauses, answers(tmp_path, practice_name=None))
    assert "[fact-missing]" in said
    assert failed.endswith("the policy from being published.")


def test_a_day_that_is_none_is_refused(clauses: Path, tmp_path: Path) -> None:
    message = failure("review", answers(tmp_path), "--clauses", clauses, "--on", "soon")
    assert message == "--on: “soon” is no date. Write it as 2026-01-31 (year, month, day)."


# ------------------------------------------------------------------ the annex


@pytest.mark.parametrize("name", ["html", "md", "txt", "json", "pdf"])
def test_every_format_prints_the_annex(name: str, clauses: Path, tmp_path: Path) -> None:
    sizes = {}
    for annex in ([], ["--annex"]):
        path = tmp_path / f"policy{len(annex)}.{name}"
        call_command(
            *("generate", str(answers(tmp_path)), "--clauses", str(clauses), "--on", ON),
            *("--format", name, "--output", str(path), *annex),
            stdout=StringIO(),
        )
        sizes[len(annex)] = path.read_bytes()
    assert len(sizes[1]) > len(sizes[0])
    if name != "pdf":
        text = sizes[1].decode()
        assert "Annex: the laws and where this policy answers them" in text
        assert "Law of Peru" in text
        assert "Annex" not in sizes[0].decode()


# ------------------------------------------------------------------ why not


def why_not(clauses: Path, path: Path, slug: str) -> str:
    out = StringIO()
    call_command("explain", str(path), "--clauses", str(clauses), "--why-not", slug, stdout=out)
    return out.getvalue()


def test_a_clause_that_is_left_out_comes_with_the_smallest_change_and_its_redline(
    clauses: Path, tmp_path: Path
) -> None:
    said = why_not(clauses, answers(tmp_path, data=["name"], uses=None), "uses")
    assert said.startswith("“Uses” (uses)\nLeft out because this does not apply")
    assert "- Choose “Records” for “What about data?”." in said
    assert "- Choose “Treat” for “What about uses?”." in said
    assert "{+We treat you.+}" in said
    assert "made up" not in said


def test_a_made_up_fact_is_said_to_be_made_up(clauses: Path, tmp_path: Path) -> None:
    said = why_not(clauses, answers(tmp_path, motto="none"), "motto")
    assert "- Enter something for “What about motto?”." in said
    assert "What only you know is made up here" in said


def test_a_clause_that_is_in_the_policy_is_said_to_be(clauses: Path, tmp_path: Path) -> None:
    assert "It is in the policy." in why_not(clauses, answers(tmp_path), "speaker")


def test_a_clause_that_nothing_brings_in_is_said_to_be_out(tmp_path: Path) -> None:
    never = clause("never", "Never to be read.", when={"none": ["practice_name"]})
    folder = folder_of(tmp_path / "clauses", lawful(*CLAUSES, never))
    assert "No change of the answers brings it in." in why_not(folder, answers(tmp_path), "never")


def test_an_unknown_clause_is_refused(clauses: Path, tmp_path: Path) -> None:
    path = answers(tmp_path)
    message = failure("explain", path, "--clauses", clauses, "--why-not", "speeker")
    assert message == "There is no clause “speeker”. Did you mean “speaker”?"


def test_each_clause_names_the_elements_that_it_satisfies(clauses: Path, tmp_path: Path) -> None:
    out = StringIO()
    call_command("explain", str(answers(tmp_path)), "--clauses", str(clauses), stdout=out)
    found = {one["clause"]: one for one in json.loads(out.getvalue())["included"]}
    assert found["speaker"]["satisfies"] == ["who"]
    assert found["health"]["satisfies"] == ["health"]  # the notice is another document
    assert found["speaker"]["text"] == "We are Maple Street Dental. That is our name."
