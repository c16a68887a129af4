"""Regime files that cannot be read are refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from policygen.core.problems import Refused
from policygen.library.files import read_folder
from tests.library.folders import change, make
from tests.library.laws import with_laws


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return with_laws(make(tmp_path / "clauses"))


def refused(folder: Path) -> list[str]:
    with pytest.raises(Refused) as refusal:
        read_folder(folder)
    return [str(problem) for problem in refusal.value.problems]


def line_of(folder: Path, name: str, text: str) -> int:
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


REGIME = "regimes/testland.yaml"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{any: [data]}", "{any: [data:nmae]}", "data:name"),
        ("{any: [data]}", "{any: [dta]}", "Did you mean “data”?"),
        ("{any: [data]}", "{some: [data]}", "is no part of a condition"),
        ("- {all: [data:records]}", "- {all: [data.helth]}", "data.health"),
        ("citation: Testland Act, section 1", "", "citation"),
        ("duty: required", "dutty: required", "Did you mean “duty”"),
        ("duty: required", "duty: binding", "“binding” does not fit"),
        ("confidence: low", "confidence: sure", "“sure” does not fit"),
        ("doubt: Whether the act asks for it at all.", "", "Say what is not certain."),
        ("id: testland-2", "id: testland-1", "This id stands twice."),
        ("id: testland-2", "id: Testland_2", "small letters"),
        ('"2026-01-31"', "January 2026", "Write a day such as"),
        ("authority: Office of Testland", "autority: Office", "Did you mean “authority”?"),
        ("    duty: recommended", "    met_by: magic", "“magic” does not fit"),
    ],
)
def test_what_is_wrong_in_a_regime_is_named_with_file_and_line(
    folder: Path, old: str, new: str, said: str
) -> None:
    change(folder, REGIME, old, new)
    found = refused(folder)
    assert any(said in problem for problem in found), found
    for problem in found:
        assert problem.startswith(f"{REGIME}:"), problem
        assert problem.split(":")[1].isdigit(), problem


def test_the_line_is_that_of_the_mistake(folder: Path) -> None:
    change(folder, REGIME, "duty: required", "duty: binding")
    line = line_of(folder, REGIME, "duty: binding")
    (problem,) = refused(folder)
    assert problem.startswith(f"{REGIME}:{line}: ")


def test_an_element_of_two_regimes_is_refused(folder: Path) -> None:
    text = (folder / REGIME).read_text(encoding="utf-8")
    (folder / "regimes/otherland.yaml").write_text(text, encoding="utf-8")
    found = refused(folder)
    assert [problem.split(":")[0] for problem in found] == [REGIME, REGIME]
    assert all("has an element of this id" in problem for problem in found)


def test_a_clause_that_satisfies_what_no_regime_asks_for_is_refused(folder: Path) -> None:
    change(folder, "collect/data.md", "[testland-1]", "[testland-9]")
    (problem,) = refused(folder)
    line = line_of(folder, "collect/data.md", "satisfies")
    assert problem.startswith(f"collect/data.md:{line}: ")
    assert "No regime has an element “testland-9”." in problem


@pytest.mark.parametrize("when", ["{any: [data:name]}", "{none: [data]}"])
def test_a_question_that_decides_whether_it_is_asked_is_refused(folder: Path, when: str) -> None:
    change(folder, "vocabulary.yaml", "  - id: data\n", f"  - id: data\n    when: {when}\n")
    (problem,) = refused(folder)
    line = line_of(folder, "vocabulary.yaml", f"when: {when}")
    assert problem.startswith(f"vocabulary.yaml:{line}: ")
    assert "Only earlier questions can decide." in problem


LATER = """\
  - id: uses
    kind: many
    page: uses
    ask: What do you use it for?
    when: {any: [data:name]}
    groups: {care: Care}
    options:
      - {id: treat, group: care, label: Treat, help: Care., phrase: treat you, informative: true}
"""


def test_questions_that_decide_each_other_are_refused(folder: Path) -> None:
    text = (folder / "vocabulary.yaml").read_text(encoding="utf-8")
    (folder / "vocabulary.yaml").write_text(text + LATER, encoding="utf-8")
    read_folder(folder)
    change(
        folder, "vocabulary.yaml", "  - id: data\n", "  - id: data\n    when: {any: [uses.care]}\n"
    )
    (problem,) = refused(folder)
    line = line_of(folder, "vocabulary.yaml", "when: {any: [uses.care]}")
    assert problem.startswith(f"vocabulary.yaml:{line}: ")
    assert "Only earlier questions can decide." in problem
