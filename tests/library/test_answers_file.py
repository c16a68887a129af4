"""Answers files: nothing gets lost on the way out and in, and every mistake has its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.answers import parse_answers
from policygen.core.problems import Refused
from policygen.library.answers_file import (
    SIZE_LIMIT,
    read_answers_file,
    read_answers_path,
    write_answers_file,
)
from tests.core.small import DESK, OFFICE, SMALL, answered, often, raw_answers
from tests.core.test_text import LEGITIMATE

FILE = """\
title: Maple Street
description: A dental practice.
answers:
  practice_name: Maple Street Dental
  data:
    - name
    - records
  locations:
    - name: North
      address: [1 Elm, Ulm]
    - name: South
      address: [2 Oak, Ulm]
  contact_points:
    office: {post: [12 Main Street, "Springfield, IL 62701"]}
    desk:
      phone: +1 555 010 0199
  contacts:
    questions:
      points: [desk, office]
      attention: Ann Lee
"""


def read(text: str | bytes) -> Any:
    return read_answers_file(text.encode() if isinstance(text, str) else text, SMALL)


def refusal(text: str | bytes) -> list[str]:
    with pytest.raises(Refused) as refused:
        read(text)
    return [str(problem) for problem in refused.value.problems]


def test_an_answers_file_holds_answers_a_title_and_a_description() -> None:
    file = read(FILE)
    assert (file.title, file.description) == ("Maple Street", "A dental practice.")
    place = {"name": "North", "address": ["1 Elm", "Ulm"]}
    assert file.answers == answered(
        data=["name", "records"],
        locations=[place, {"name": "South", "address": ["2 Oak", "Ulm"]}],
        contact_points={**OFFICE, **DESK},
        contacts={"questions": {"points": ["desk", "office"], "attention": "Ann Lee"}},
    )


def test_only_answers_are_needed() -> None:
    file = read("answers: {practice_name: Maple}")
    assert (file.title, file.description) == ("", "")


@pytest.mark.parametrize("name", LEGITIMATE)
def test_a_legitimate_name_comes_back_as_it_was_typed(name: str) -> None:
    written = write_answers_file(answered(short_name=name, countries=[name]), title=name)
    file = read(written)
    assert file.title == file.answers.to_raw()["short_name"]
    assert write_answers_file(file.answers, title=name) == written


@often
@given(raw_answers(SMALL))
def test_what_was_written_reads_back(raw: dict[str, Any]) -> None:
    answers = parse_answers(SMALL, raw)
    assert read(write_answers_file(answers, title="A practice")).answers == answers


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("title:", "titel:", "“titel”:1: This has no meaning here. Did you mean “title”?"),
        ("title: Maple Street", "title: [x]", "title:1: Write a text here, not a list"),
        ("title: Maple Street", "title: " + "x" * 201, "title:1: This has 201 characters."),
        ("A dental practice.", '"a\\x07"', "description:2: This holds a control character"),
        ("answers:", "answer:", ":1: Begin the file with “answers:” and put the answers under it"),
        ("practice_name:", "practice_nam:", "“practice_nam”:4: There is no such question. Did you"),
        ("Maple Street Dental", "none", "practice_name:4: There is no policy without this."),
        (
            "Maple Street Dental",
            '"a\\u202eb"',
            "practice_name:4: This holds a hidden text direction",
        ),
        ("Maple Street Dental", '"a\\ud800"', "practice_name:4: This holds a code that is no"),
        ("Maple Street Dental", "x" * 10_000, "practice_name:4: This has 10,000 characters."),
        ("- records", "- recrds", "data:5: “recrds” is no option of “What about data?”. Did you"),
        ("name: South", "nam: South", "locations.2:11: “nam” has no meaning here."),
        ("name: South", "name: ''", "locations.2.name:11: This is empty."),
        ("2 Oak", '"a\\x00b"', "locations.2.address:12: This holds a control character (U+0000)"),
        ("phone: +1 555 010 0199", "phone: call", "contact_points.desk:15: Enter a number"),
        ("phone:", "telephone:", "contact_points.desk:15: “telephone” is no channel. Did you mean"),
        (
            "questions:",
            "question:",
            "contacts.“question”:18: There is no such purpose. Did you mean",
        ),
        ("points: [desk, office]", "points: [dsk]", "contacts.questions:18: There is no contact"),
        ("Ann Lee", "'" + "x" * 201 + "'", "contacts.questions.attention:20: This has 201"),
        ("data:", "data: &a", ":5: Anchors (&) and aliases (*) are not allowed."),
        ("- records", "- !!str records", ":7: Tags (!) are not allowed."),
        ("  data:", "  practice_name: x\n  data:", ":5: “practice_name” stands twice here."),
    ],
)
def test_a_mistake_is_told_with_its_field_and_its_line(old: str, new: str, problem: str) -> None:
    assert FILE.count(old) == 1
    found = refusal(FILE.replace(old, new))
    assert any(line.startswith(problem) for line in found), found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "answers:",
        "answers: []",
        "answers: x",
        "- answers",
        "answers: {}\n---\n",
        "\x00",
    ],
)
def test_a_file_of_another_shape_is_refused(text: str) -> None:
    assert refusal(text or "# nothing")


def test_all_mistakes_are_told_at_once() -> None:
    wrong = FILE.replace("title:", "titel:").replace("- records", "- recrds").replace("2 Oak", "''")
    assert len(refusal(wrong)) == 3


def test_a_file_has_a_largest_size(tmp_path: Path) -> None:
    padding = "#" * (SIZE_LIMIT - len(FILE.encode()))
    assert read(FILE + padding)
    (found,) = refusal(FILE + padding + "#")
    assert found == "The file is larger than 256 KiB. Shorten it."
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * 20_000_000)
    with pytest.raises(Refused, match="larger than 256 KiB"):
        read_answers_path(path, SMALL)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="The file cannot be read: "):
        read_answers_path(tmp_path / name, SMALL)


def test_a_file_full_of_mistakes_is_refused_quickly_and_briefly() -> None:
    found = refusal("answers:\n" + "".join(f"  q{n}: x\n" for n in range(15_000)))
    assert len(found) == 21


@often
@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.text("ab:-[]{}'\"&*!|>#, \n", max_size=60).map(lambda text: f"answers:\n {text}".encode())
)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read(raw)
    except Refused as refused:
        problems = refused.problems
    else:
        problems = ()
    assert all(problem.message.endswith((".", "?", "…")) for problem in problems)
