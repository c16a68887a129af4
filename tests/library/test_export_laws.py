"""Laws and conflicts written back to files: the same library, laid out for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.library import Library, parse_library
from policygen.core.problems import Refused
from policygen.library.export import write_folder
from policygen.library.files import read_folder
from policygen.library.folder_texts import folder_texts
from policygen.library.strict_yaml import read_yaml
from tests.library.folders import change, make, write
from tests.library.laws import CONFLICTS, REGIME, with_laws


@pytest.fixture
def laws(tmp_path: Path) -> Path:
    return with_laws(make(tmp_path / "laws"))


def altered(library: Library, **law: Any) -> Library:
    plain = json.loads(json.dumps(library.to_json()))
    plain["regimes"][0].update(law)
    return parse_library(plain)


def test_laws_and_conflicts_read_back_as_the_same_library(laws: Path, tmp_path: Path) -> None:
    library = read_folder(laws)
    write_folder(library, tmp_path / "out")
    assert read_folder(tmp_path / "out") == library


def test_a_law_is_laid_out_as_people_write_it(laws: Path) -> None:
    texts = {"regimes/testland.yaml": REGIME, "conflicts.yaml": CONFLICTS}
    written = folder_texts(read_folder(laws), texts)
    assert {name: written[name] for name in texts} == texts


def test_what_clauses_satisfy_and_when_sections_are_needed_stand_in_their_files(
    laws: Path,
) -> None:
    written = folder_texts(read_folder(laws))
    assert "\nsatisfies: [testland-1]\n" in written["collect/data.md"]
    assert "title: What we collect, needed: {any: [data]}}" in written["sections.yaml"]


@pytest.mark.parametrize(
    "needed", ["{}", "[{}]", "{any: [data]}", "[{any: [data]}]", "[{any: [data]}, {none: [data]}]"]
)
def test_a_section_is_needed_in_the_same_cases(laws: Path, tmp_path: Path, needed: str) -> None:
    change(laws, "sections.yaml", "needed: {any: [data]}", f"needed: {needed}")
    library = read_folder(laws)
    write_folder(library, tmp_path / "out")
    assert read_folder(tmp_path / "out").sections == library.sections


def test_a_long_text_is_written_on_several_lines(laws: Path, tmp_path: Path) -> None:
    library = altered(read_folder(laws), note="Many words stand here. " * 20 + "The end.")
    text = folder_texts(library)["regimes/testland.yaml"]
    assert "note: >-\n  Many words" in text
    assert max(map(len, text.splitlines())) <= 100
    write_folder(library, tmp_path / "out")
    assert read_folder(tmp_path / "out") == library


NOTES = st.text(
    st.sampled_from("ab -#:'\"{}[]&*!|>%@`\n.,é\u2019") | st.characters(exclude_categories=["C"]),
    max_size=300,
)


@given(note=NOTES)
def test_any_note_reads_back_as_it_is(note: str) -> None:
    plain = {"title": "P", "language": "en", "sections": [{"id": "about", "title": "A"}]}
    name = {"id": "practice_name", "kind": "name", "page": "practice", "required": True}
    plain |= {"questions": [{**name, "ask": "Who?"}], "clauses": []}
    law = read_yaml(REGIME.replace("when: {any: [data]}\n", "")).value
    law["elements"] = law["elements"][:1]
    try:
        library = parse_library({**plain, "regimes": [{**law, "id": "testland", "note": note}]})
    except Refused:
        return
    text = folder_texts(library)["regimes/testland.yaml"]
    assert read_yaml(text).value.get("note", "") == note


# ------------------------------------------------------------------ into a folder that is there


def test_only_the_law_that_changed_is_touched(laws: Path) -> None:
    library = altered(read_folder(laws), authority="Somebody else")
    before = (laws / "conflicts.yaml").stat().st_mtime_ns
    write_folder(library, laws, replace=True)
    assert read_folder(laws) == library
    assert (laws / "conflicts.yaml").stat().st_mtime_ns == before
    text = (laws / "regimes/testland.yaml").read_text()
    assert "# The first thing that it asks for.\n" in text
    assert text.startswith("# Read the law on the day that stands below, then change it.\n")


def test_files_of_laws_that_are_gone_go(laws: Path, tmp_path: Path) -> None:
    library = read_folder(make(tmp_path / "small"))
    write_folder(library, laws, replace=True)
    assert read_folder(laws) == library
    assert not (laws / "conflicts.yaml").exists()
    assert not (laws / "regimes").exists()


@pytest.mark.parametrize("name", ["regimes/other.yaml", "conflicts.yaml"])
@pytest.mark.parametrize("text", ["notes: [of somebody]\n", "- nothing\n", "a: 'open\n"])
def test_what_is_no_law_is_not_removed(tmp_path: Path, name: str, text: str) -> None:
    folder = make(tmp_path / "small")
    library = read_folder(folder)
    write(folder, name, text)
    with pytest.raises(Refused) as refused:
        write_folder(library, folder, replace=True)
    assert name in str(refused.value)
    assert (folder / name).read_text() == text
