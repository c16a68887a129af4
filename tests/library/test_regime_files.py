"""Regime files that cannot be read are refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from policygen.core.problems import Refused
from policygen.library.files import read_folder
from policygen.library.guards import library_guards
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
    assert problem.startswith(f"vocabulary.yaml:{line}: “data” depends on itself. Only earlier")


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
    assert problem.startswith(f"vocabulary.yaml:{line}: “uses” is asked later. Only earlier")


GROUPS = "groups: {identity: Who someone is, health: Health}"


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("{identity: {in: health}, health: {in: identity}}", "Groups hold options, not groups."),
        ("{identity: [health], health: [identity]}", "Groups hold options, not groups."),
        ("{identity: health, health: identity}", "“health” is a group itself"),
        ("&circle {identity: *circle}", "Anchors (&) and aliases (*) are not allowed."),
    ],
)
def test_groups_in_a_circle_are_refused_with_one_line(folder: Path, groups: str, said: str) -> None:
    change(folder, "vocabulary.yaml", GROUPS, f"groups: {groups}")
    (problem,) = refused(folder)
    line = line_of(folder, "vocabulary.yaml", f"groups: {groups}")
    assert problem.startswith(f"vocabulary.yaml:{line}: ")
    assert said in problem


def test_a_group_that_is_not_there_is_named_once_for_all_its_options(folder: Path) -> None:
    text = (folder / "vocabulary.yaml").read_text(encoding="utf-8")
    more = "      - {id: notes, group: health, label: Notes, help: N., phrase: notes}\n"
    (folder / "vocabulary.yaml").write_text(text + more, encoding="utf-8")
    change(folder, "vocabulary.yaml", GROUPS, "groups: {identity: Who someone is, helth: Health}")
    (problem,) = refused(folder)
    line = line_of(folder, "vocabulary.yaml", "id: records")
    assert problem == (
        f"vocabulary.yaml:{line}: “health” is no group. 2 options name it. Did you mean “helth”?"
    )


ASKED = """\
  - id: laws_added
    kind: many
    page: laws
    ask: Which laws do you follow besides?
    groups: {laws: Laws}
    options:
      - {id: testland, group: laws, label: Testland, help: L., phrase: it, informative: true}
"""


@pytest.fixture
def asking(folder: Path) -> Path:
    """The folder with the question which laws people add."""
    text = (folder / "vocabulary.yaml").read_text(encoding="utf-8")
    (folder / "vocabulary.yaml").write_text(text + ASKED, encoding="utf-8")
    return folder


def test_a_law_whose_file_has_another_name_than_its_option_is_refused(asking: Path) -> None:
    read_folder(asking)
    (asking / REGIME).rename(asking / "regimes/testlan.yaml")
    here, there = refused(asking)
    line = line_of(asking, "vocabulary.yaml", "id: testland,")
    assert here.startswith(f"vocabulary.yaml:{line}: There is no law “testland” in “regimes”.")
    assert "Did you mean “testlan”?" in here
    assert there.startswith("regimes/testlan.yaml:2: People cannot choose this law: ")
    assert "“laws_added” has no option “testlan”. Add it." in there


def test_an_element_that_a_law_requires_and_no_clause_satisfies_is_refused(asking: Path) -> None:
    change(asking, "collect/data.md", "satisfies: [testland-1]\n", "")
    (problem,) = refused(asking)
    line = line_of(asking, REGIME, "id: testland-1")
    assert problem.startswith(f"{REGIME}:{line}: No clause satisfies this element.")


def test_guards_of_releases_show_such_laws_as_well(asking: Path) -> None:
    change(asking, "collect/data.md", "satisfies: [testland-1]\n", "")
    problems = library_guards(read_folder(asking, whole=False))
    assert "regimes.testland.elements.testland-1" in [problem.where for problem in problems]


def test_where_nobody_is_asked_for_laws_none_must_be_offered(folder: Path) -> None:
    change(folder, "collect/data.md", "satisfies: [testland-1]\n", "")
    read_folder(folder)
