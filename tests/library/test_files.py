"""The clause folder: whatever is wrong in it is told with file, line and what would be right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from policygen.core.problems import Refused
from policygen.library.files import UNFINISHED, read_folder
from tests.core.small import SAMPLE
from tests.library.folders import (
    DATA,
    SECTIONS,
    SPEAKER,
    VOCABULARY,
    change,
    write,
    write_library,
)


def problems(folder: Path) -> list[str]:
    with pytest.raises(Refused) as refused:
        read_folder(folder)
    return [str(problem) for problem in refused.value.problems]


def test_a_folder_without_mistakes_is_a_library(folder: Path) -> None:
    library = read_folder(folder)
    assert library.title == "Privacy policy"
    assert [one.slug for one in library.clauses] == ["speaker", "data"]
    assert [one.section for one in library.clauses] == ["about", "collect"]
    assert library.clauses[0].models == ("dentx-01",)
    assert library.clauses[0].source == "{{ practice }} cares.\n\nSee [What we collect](#collect)."
    assert {one.version for one in library.clauses} == {1}


def test_the_digest_is_the_same_in_every_process(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from policygen.library.files import read_folder\n"
        "print(read_folder(Path(sys.argv[1])).digest)\n"
    )
    for seed in ("0", "1", "4242"):
        made = subprocess.run(
            [sys.executable, "-c", program, str(folder)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert made.stdout.strip() == read_folder(folder).digest


def test_line_breaks_and_a_byte_order_mark_change_nothing(folder: Path) -> None:
    digest = read_folder(folder).digest
    for path in [*folder.glob("*.yaml"), *folder.glob("*/*.md")]:
        text = path.read_text(encoding="utf-8")
        path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_folder(folder).digest == digest


def test_blank_lines_around_the_text_change_nothing(folder: Path) -> None:
    digest = read_folder(folder).digest
    change(folder, "collect/data.md", "---\nWe keep", "---\n\n\nWe keep")
    change(folder, "collect/data.md", "listing }}.\n", "listing }}.\n\n\n")
    assert read_folder(folder).digest == digest


def test_other_files_of_the_folder_are_no_clauses(folder: Path) -> None:
    digest = read_folder(folder).digest
    write(folder, "README.md", "# How to write clauses")
    write(folder, "examples/maple.yaml", "answers: {}")
    write(folder, "about/speaker.md~", "rubbish")
    assert read_folder(folder).digest == digest


# ------------------------------------------------------------------ clause files


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("order: 10", "order: ten", 3, "Write a whole number, such as 40."),
        ("order: 10\n", "", 2, "Write a whole number"),
        ("title: What we keep", "title:", 2, "The title is missing."),
        ("title: What we keep", "title: [a]", 2, "Write a text here, not a list or a mapping."),
        ("title: What we keep", 'title: "a\\x07"', 2, "control character (U+0007)"),
        ("title: What we keep", 'title: "a\\ud800"', 2, "a code that is no character"),
        ("title:", "titel:", 2, "“titel” is no part of a clause. Did you mean “title”?"),
        ("claims:", "slug: other\nclaims:", 5, "“slug” is no part of a clause."),
        ("claims:", "version: three\nclaims:", 5, "A version is a whole number from 1."),
        ("claims:", "version: 0\nclaims:", 5, "A version is a whole number from 1."),
        ("claims:", "version: [2]\nclaims:", 5, "A version is a whole number from 1."),
        ("claims: [collect(data)]\n", "", 2, "If it only explains, write “claims: []”."),
        ("claims: [collect(data)]", "claims:", 5, "If it only explains, write “claims: []”."),
        ("claims:", "section: about\nclaims:", 5, "“section” is no part of a clause."),
        ("claims:", "body: x\nclaims:", 5, "“body” is no part of a clause."),
        ("any: [data]", "any: [dta]", 4, "“dta” names no answer. Did you mean “data”?"),
        ("any: [data]", "any: [data:nme]", 4, "Did you mean “data:name”"),
        ("any: [data]", "any: data", 4, "After “any:” write a list such as [data:name]."),
        ("{any: [data]}", "{every: [data]}", 4, "“every” is no part of a condition."),
        ("{any: [data]}", "data", 4, "Write a condition as"),
        ("collect(data)", "colect(data)", 5, "“colect(data)” is no claim"),
        ("collect(data)", "collect(dat)", 5, "“dat” names no answer. Did you mean “data”?"),
        ("claims:", "run_in: maybe\nclaims:", 5, "Write true or false."),
        ("{{ data | listing }}", "{{ dta | listing }}", 7, "“dta” names no answer. Did you mean"),
        ("{{ data | listing }}", "{{ data | list }}", 7, "There is no filter “list”. Did you mean"),
        ("{{ data | listing }}", "{{ data }}", 7, "needs a filter. Use one of: bullets"),
        ("{{ data | listing }}", "{{ data() }}", 7, "does more than a placeholder may."),
        ("We keep", "We **keep", 7, "The “*” would be printed just so."),
        ("We keep", "We <b>keep</b>", 7, "The “<” would be printed just so."),
        ("We keep", "See below:\n\n- a\n\nWe keep", 7, "“below” can point to something"),
        ("We keep", "We care.\n\nSee [x](#colect). We keep", 9, "Did you mean “collect”?"),
        ("We keep", "{% if x %}We keep", 7, "“{%” has no place here."),
        ("We keep", "We\x1bkeep", 7, "control character (U+001B)"),
        ("We keep {{ data | listing }}.", "", 7, "The text is empty."),
        ("title: What we keep\n", "title: a\ntitle: b\n", 3, "“title” stands twice here."),
        ("title: What", "title: &a What", 2, "Anchors (&) and aliases (*) are not allowed."),
        ("title: What", "title: !!str What", 2, "Tags (!) are not allowed."),
        ("order: 10", "order: [10", 4, "This is not YAML"),
    ],
)
def test_a_mistake_in_a_clause_file_is_told_with_its_line(
    folder: Path, old: str, new: str, line: int, message: str
) -> None:
    change(folder, "collect/data.md", old, new)
    found = problems(folder)
    assert any(
        problem.startswith(f"collect/data.md:{line}: ") and message in problem for problem in found
    ), found
    assert all(problem.startswith("collect/data.md:") for problem in found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We care.",
        "---\ntitle: x\n",
        "title: x\n---\nWe care.",
        "--- \n---\n",
        "----\na: b\n----\n",
    ],
)
def test_a_clause_file_without_front_matter_is_refused(folder: Path, text: str) -> None:
    write(folder, "about/more.md", text)
    (problem,) = problems(folder)
    assert problem == (
        "about/more.md:1: Begin the file with “---”, the front matter, “---”, and then the text."
    )


def test_a_clause_has_the_version_that_an_export_wrote(folder: Path) -> None:
    change(folder, "collect/data.md", "claims:", "version: 12\nclaims:")
    assert [one.version for one in read_folder(folder).clauses] == [1, 12]


def test_a_folder_that_an_export_left_unfinished_is_refused(folder: Path) -> None:
    write(folder, UNFINISHED, "")
    assert problems(folder) == [
        ".export-unfinished: An export into this folder was broken off. "
        "Export again, with --replace. "
        "This file says where the files are that stood here before."
    ]


def test_a_library_can_be_read_without_the_checks_of_the_whole(folder: Path) -> None:
    write(folder, "collect/again.md", DATA)
    assert len(read_folder(folder, whole=False).clauses) == 3


def test_front_matter_is_a_mapping(folder: Path) -> None:
    write(folder, "about/more.md", "---\n- a\n---\nWe care.\n")
    assert problems(folder) == [
        "about/more.md:2: Write the front matter as “key: value”, one a line."
    ]


@pytest.mark.parametrize(
    "name",
    [
        "stray.md",
        "about/deep/more.md",
        "about/More.md",
        "about/two words.md",
        "about/a.b.md",
        "about/a_b.md",
        "About/more.md",
        "about/.hidden.md",
    ],
)
def test_a_clause_file_in_the_wrong_place_is_refused(folder: Path, name: str) -> None:
    write(folder, name, SPEAKER)
    (problem,) = problems(folder)
    assert problem.startswith(f"{name}:1: Put a clause into the folder of its section")


def test_a_folder_that_is_no_section_is_refused_with_the_right_names(folder: Path) -> None:
    write(folder, "abut/more.md", SPEAKER)
    assert "abut/more.md:2: There is no section “abut”. Did you mean “about”?" in problems(folder)


def test_a_name_that_stands_twice_is_refused_in_both_words(folder: Path) -> None:
    write(folder, "collect/speaker.md", DATA)
    assert "There is a clause of this name in about/speaker.md." in problems(folder)[0]
    assert problems(folder)[0].startswith("collect/speaker.md:1: ")


def test_the_same_sentence_in_two_files_is_refused(folder: Path) -> None:
    write(folder, "collect/again.md", DATA)
    assert any("The same sentence stands in “again”" in problem for problem in problems(folder))


@pytest.mark.parametrize(
    "raw",
    [b"\xff\xfe", b"---\ntitle: \xe9\n---\nx", b"x" * 2_000_000],
    ids=["utf-16", "latin-1", "large"],
)
def test_a_file_that_is_no_text_or_too_large_is_refused(folder: Path, raw: bytes) -> None:
    write(folder, "about/more.md", raw)
    (problem,) = problems(folder)
    assert problem.startswith("about/more.md:")
    assert "UTF-8" in problem or "larger than 1,024 KiB" in problem


# ------------------------------------------------------------------ the two lists


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("kind: many", "kind: mny", 9, "“mny” is no kind of question. Did you mean “many”?"),
        ("ask: What do you keep?", "ask:", 11, "The ask is missing."),
        ("    ask: What do you keep?\n", "", 8, "The ask is missing."),
        ("phrase: your records", "frase: your records", 15, "“frase” is no part of an option."),
        ("phrase: your records", "phrase: 'your {{ x }}'", 15, "The “{” would be printed"),
        ("group: health,", "group: helth,", 15, "“helth” is no group. Did you mean “health”?"),
        ("id: records", "id: name", 14, "This id stands twice."),
        ("id: records", "id: Records", 15, "small letters, digits and single hyphens"),
        ("id: records", "id: none", 15, "“none” is kept for the answer itself."),
        ("id: data", "id: practice_name", 3, "This id stands twice."),
        ("page: data", "pages: data", 10, "“pages” is no part of a question. Did you mean “page”?"),
        ("groups: {", "groups: [", 12, "This is not YAML"),
        ("{identity: Who someone is, health: Health}", "[identity]", 12, "Write the groups as"),
        ("required: true", "required: always", 6, "Write true or false."),
        ("questions:", "question:", 1, "Write “questions:” and under it a list."),
    ],
)
def test_a_mistake_in_the_vocabulary_is_told_with_its_line(
    folder: Path, old: str, new: str, line: int, message: str
) -> None:
    change(folder, "vocabulary.yaml", old, new)
    found = problems(folder)
    assert any(p.startswith(f"vocabulary.yaml:{line}: ") and message in p for p in found), found


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("title: Privacy policy", "title:", 1, "The title is missing."),
        ("title: Privacy policy\n", "", 1, "The title is missing."),
        ("title: Privacy policy", "titel: Privacy policy", 1, "“titel” is no part of a library."),
        ("language: en", "language: English", 2, "Write the code of a language, such as en."),
        ("id: collect", "id: about", 4, "This id stands twice."),
        ("id: collect", "id: Collect", 5, "Write the id in small letters"),
        ("title: What we collect", "tilte: x", 5, "“tilte” is no part of a section."),
        ("{id: collect, title: What we collect}", "collect", 5, "Write a section as"),
        ("sections:", "section:", 1, "Write “sections:” and under it a list."),
    ],
)
def test_a_mistake_in_the_sections_is_told_with_its_line(
    folder: Path, old: str, new: str, line: int, message: str
) -> None:
    change(folder, "sections.yaml", old, new)
    found = problems(folder)
    assert any(p.startswith(f"sections.yaml:{line}: ") and message in p for p in found), found


def test_an_option_that_no_clause_uses_is_told_with_its_line(folder: Path) -> None:
    change(folder, "collect/data.md", "{{ data | listing }}", "{{ data.health | listing }}")
    assert problems(folder) == [
        "vocabulary.yaml:14: No clause uses this option. Use it, or mark it “informative: true”."
    ]


@pytest.mark.parametrize("name", ["vocabulary.yaml", "sections.yaml"])
def test_a_missing_list_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert problems(folder) == [f"{name}: The file cannot be read: No such file or directory."]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    assert len(problems(tmp_path / "nowhere")) == 2


def test_the_mistakes_of_all_files_are_told_at_once(folder: Path) -> None:
    write(folder, "about/broken.md", "rubbish")
    write(folder, "about/anchored.md", SPEAKER.replace("title: ", "title: &a "))
    change(folder, "collect/data.md", "any: [data]", "any: [dta]")
    change(folder, "about/speaker.md", "{{ practice }}", "{{ practise }}")
    change(folder, "sections.yaml", "language: en", "language: English")
    files = {problem.partition(":")[0] for problem in problems(folder)}
    assert files == {
        *("about/broken.md", "about/anchored.md", "collect/data.md", "about/speaker.md"),
        "sections.yaml",
    }


def test_what_the_files_are_made_of_is_right() -> None:
    """Otherwise the line numbers above would mean nothing."""
    assert VOCABULARY.splitlines()[13].strip().startswith("- {id: name")
    assert SECTIONS.splitlines()[4].strip().startswith("- {id: collect")
    assert DATA.splitlines()[6].startswith("We keep")


def test_a_library_written_to_files_reads_back_with_the_same_digest(tmp_path: Path) -> None:
    plain = SAMPLE.to_json()
    plain["questions"] = [
        {**asked, "groups": dict(asked["groups"])} for asked in plain["questions"]
    ]
    assert read_folder(write_library(tmp_path, plain)).digest == SAMPLE.digest
