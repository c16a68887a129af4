"""prove_library, as somebody types it, and the proof as a guard of releases."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from policygen.core.library import parse_library
from policygen.core.selection import select
from policygen.library.answers_file import read_answers_path
from policygen.library.files import read_folder
from policygen.library.guards import library_guards
from tests.library.folders import change, write

DENIAL = """\
---
title: Nothing of health
order: 20
when: {any: [data:name]}
claims: [does-not-collect(data.health)]
---
We keep nothing on health.
"""


def proved(*arguments: str) -> tuple[str, str, str]:
    """Return what the command prints, its errors, and how it failed."""
    out, err, failure = StringIO(), StringIO(), ""
    try:
        call_command("prove_library", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        failure = str(error)
    return out.getvalue(), err.getvalue(), failure


def test_a_sound_library_is_proved_and_what_was_looked_at_is_counted(folder: Path) -> None:
    out, err, failure = proved("--clauses", str(folder))
    assert (err, failure) == ("", "")
    assert out.startswith("Proved for all answers that the interview accepts, in ")
    assert out.splitlines()[1:] == [
        "- 1 pair of clauses, 0 of which could clash. Whether they contradict each other: "
        "1 never does, 0 do for some answers.",
        "- 2 clauses. Whether they contradict themselves: 2 never do, 0 do for some answers.",
        "- 2 clauses: 2 come up for somebody, 0 never come up.",
        "- 2 questions: 2 come up for somebody, 0 never come up.",
        "- 2 options: 2 leave a trace, 0 leave none.",
        "- 0 sections that must exist: 0 have text whenever they must, 0 lack it for some answers.",
    ]


def test_a_contradiction_is_named_with_file_and_line_and_written_as_answers(
    folder: Path, tmp_path: Path
) -> None:
    write(folder, "collect/nothing.md", DENIAL)
    shown = tmp_path / "deep" / "shown"
    out, err, failure = proved("--clauses", str(folder), "--counter-examples", str(shown))
    assert failure == "1 thing cannot be proved."
    assert err.startswith("collect/data.md:5: This clause says “collect(data)”, and “nothing” says")
    assert "These answers show it: data:name, data:records." in err
    assert out.startswith("Looked at all answers")
    assert "each other: 2 never do, 1 does for some answers." in out
    [path] = shown.iterdir()
    assert path.name == "contradiction-data-nothing.yaml"
    library = read_folder(folder)
    answers = read_answers_path(path, library.vocabulary).answers
    said = {choice.clause.slug for choice in select(library, answers).included}
    assert said >= {"data", "nothing"}


IDLE = """\
  - id: idle
    kind: many
    page: idle
    ask: What else?
    groups: {g: Group}
    options:
      - {id: used, group: g, label: Used, help: U., phrase: used}
      - {id: unused, group: g, label: Unused, help: U., phrase: unused}
"""
NEVER = """\
---
title: Never said
order: 30
when: {all: [idle:used, data:name], none: [data]}
claims: []
---
Nobody reads this sentence ever.
"""


def test_what_fails_is_counted_and_nothing_is_claimed_that_was_not_proved(folder: Path) -> None:
    text = (folder / "vocabulary.yaml").read_text(encoding="utf-8")
    write(folder, "vocabulary.yaml", text + IDLE)
    write(folder, "collect/never.md", NEVER)
    write(folder, "collect/nothing.md", DENIAL)
    write(
        folder, "about/used.md", NEVER.replace("{all: [idle:used, data:name], none: [data]}", ANY)
    )
    change(folder, "about/used.md", "Nobody reads this sentence ever.", "This is said of it.")
    change(folder, "sections.yaml", "What we collect}", "What we collect, needed: {}}")
    out, err, failure = proved("--clauses", str(folder))
    assert failure == "3 things cannot be proved."
    assert err.count(".yaml:") + err.count(".md:") == 3
    assert out.splitlines()[1:] == [
        "- 10 pairs of clauses, 1 of which could clash. Whether they contradict each other: "
        "9 never do, 1 does for some answers.",
        "- 5 clauses. Whether they contradict themselves: 5 never do, 0 do for some answers.",
        "- 5 clauses: 4 come up for somebody, 1 never comes up.",
        "- 3 questions: 3 come up for somebody, 0 never come up.",
        "- 4 options: 4 leave a trace, 0 leave none.",
        "- 1 section that must exist: 0 have text whenever they must, 1 lacks it for some answers.",
    ]


ANY = "{any: [idle:unused, idle:used]}"


def test_the_proof_can_be_read_by_a_program(folder: Path) -> None:
    out, _, failure = proved("--clauses", str(folder), "--json")
    assert failure == ""
    plain = json.loads(out)
    assert plain["proved"] is True
    assert (plain["clauses"], plain["pairs"], plain["failures"]) == (2, 1, [])
    assert plain["library"] == read_folder(folder).digest
    write(folder, "collect/nothing.md", DENIAL)
    plain = json.loads(proved("--clauses", str(folder), "--json")[0])
    [failure_of] = plain["failures"]
    assert plain["proved"] is False
    assert failure_of["fault"] == "contradiction"
    assert failure_of["where"] == "clauses.data.claims"
    assert failure_of["answers"]["data"] == ["name", "records"]


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ("[colect(data)]", "collect/data.md:5: “colect(data)” is no claim, such as"),
        ("[collect(data; too data)]", "collect/data.md:5: “too” is no preposition of claims."),
        ("[collect(dta)]", "collect/data.md:5: “dta” names no answer. Did you mean “data”?"),
        ("[except(speeker; data)]", "collect/data.md:5: There is no clause “speeker”"),
        ("[except(speaker; dta)]", "collect/data.md:5: “dta” names no answer."),
    ],
)
def test_a_claim_that_cannot_be_read_is_refused_with_file_and_line(
    folder: Path, claims: str, message: str
) -> None:
    change(folder, "collect/data.md", "[collect(data)]", claims)
    _, err, failure = proved("--clauses", str(folder))
    assert failure == "Mend this first. There is nothing to prove yet."
    assert message in err


def test_a_folder_for_answers_that_cannot_be_made_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    write(folder, "collect/nothing.md", DENIAL)
    _, _, failure = proved(
        "--clauses", str(folder), "--counter-examples", str(tmp_path / "file" / "shown")
    )
    assert failure.startswith("The answers cannot be written: ")


def test_check_library_proves_as_well(folder: Path) -> None:
    write(folder, "collect/nothing.md", DENIAL)
    err = StringIO()
    with pytest.raises(CommandError, match=r"^1 problem in clauses/\.$"):
        call_command("check_library", str(folder), stderr=err)
    assert "collect/data.md:5: This clause says “collect(data)”" in err.getvalue()


def test_a_release_that_contradicts_itself_is_kept_from_being_published(folder: Path) -> None:
    assert list(library_guards(read_folder(folder))) == []
    write(folder, "collect/nothing.md", DENIAL)
    [problem] = library_guards(parse_library(read_folder(folder).to_json()))
    assert problem.where == "clauses.data.claims"
    assert problem.message.endswith("These answers show it: data:name, data:records.")


@pytest.mark.django_db
def test_a_release_that_is_not_there_is_named() -> None:
    assert proved("--release", "7")[2] == "There is no published release 7. There are: none."
