"""A library written back to files: the same library, whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.library import Library, parse_library, question_to_json
from policygen.core.problems import Refused
from policygen.core.text import INVISIBLE, MARKUP
from policygen.core.vocabulary import Question
from policygen.library import export, folder_texts
from policygen.library.export import write_folder
from policygen.library.files import UNFINISHED, read_folder
from policygen.library.strict_yaml import read_yaml
from tests.core.small import clause, often, plain_library, question, sometimes
from tests.library.folders import change, write


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Which file it is and when it was last written, of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def refusal(library: Library, folder: Path, *, replace: bool = False) -> str:
    with pytest.raises(Refused) as refused:
        write_folder(library, folder, replace=replace)
    return str(refused.value)


@pytest.fixture(scope="module")
def real() -> Library:
    return read_folder(settings.CLAUSES_DIR)


@pytest.fixture
def other(folder: Path, tmp_path: Path) -> Library:
    """The small library after some work: a clause changed, one new, one gone, a new heading."""
    away = tmp_path / "away"
    write_folder(read_folder(folder), away)
    change(away, "about/speaker.md", "cares.", "cares a lot.")
    change(away, "sections.yaml", "title: What we collect", "title: What we hold")
    (away / "collect/data.md").unlink()
    write(away, "collect/more.md", CLAUSE)
    return read_folder(away)


CLAUSE = """\
---
title: More
order: 20
claims: []
---
We hold more: {{ data | listing }}.
"""


# ------------------------------------------------------------------ what is written


def test_the_real_library_reads_back_as_it_was(real: Library, tmp_path: Path) -> None:
    count = write_folder(real, tmp_path / "new")
    lists = 2 + bool(real.conflicts)
    assert count == len(real.clauses) + len(real.regimes) + lists == len(contents(tmp_path / "new"))
    assert read_folder(tmp_path / "new").digest == real.digest


def test_two_exports_are_the_same_to_the_byte(real: Library, tmp_path: Path) -> None:
    write_folder(real, tmp_path / "one")
    write_folder(read_folder(tmp_path / "one"), tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_lists_are_laid_out_as_those_that_people_write(real: Library, tmp_path: Path) -> None:
    """But for the names of the dividing lines."""
    write_folder(real, tmp_path / "new")
    for name in ("sections.yaml", "vocabulary.yaml"):
        written, exported = (
            [line for line in (at / name).read_text(encoding="utf-8").splitlines() if keeps(line)]
            for at in (settings.CLAUSES_DIR, tmp_path / "new")
        )
        assert exported == written


def keeps(line: str) -> bool:
    return line.strip() != "" and not line.startswith("  # ---")


def test_a_clause_is_laid_out_as_those_that_people_write(tmp_path: Path) -> None:
    full = clause(
        "data",
        "We keep {{ data | listing }}.\n\nAnd more.",
        when={"none": ["data:records"], "all": ["data:name", "data"], "any": ["years"]},
        run_in="true",
        models=["dentx-01", "no"],
        claims=["collect(data; data:name)", "does-not-sell(data.health)"],
        citations=["Cal. Bus. & Prof. Code 22575(b)(4)", "a, b"],
        note="Why: “so”.\nAnd “no”.",
        version=3,
    )
    write_folder(parse_library(plain_library(full, clause("no", "Ask us."))), tmp_path / "new")
    assert (tmp_path / "new/about/data.md").read_text(encoding="utf-8") == (
        "---\n"
        "title: Data\n"
        "order: 10\n"
        "when: {all: [data:name, data], any: [years], none: [data:records]}\n"
        "run_in: true\n"
        'models: [dentx-01, "no"]\n'
        "claims: [collect(data; data:name), does-not-sell(data.health)]\n"
        'citations: ["Cal. Bus. & Prof. Code 22575(b)(4)", "a, b"]\n'
        'note: "Why: “so”.\\nAnd “no”."\n'
        "version: 3\n"
        "---\n"
        "We keep {{ data | listing }}.\n\nAnd more.\n"
    )
    assert (tmp_path / "new/about/no.md").read_text(encoding="utf-8") == (
        '---\ntitle: "No"\norder: 10\nclaims: []\n---\nAsk us.\n'
    )


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("18 or older", "18 or older"),
        ("Children's data, and more", "Children's data, and more"),
        ("“No” means no", "“No” means no"),
        ("no", '"no"'),
        ("y", '"y"'),
        ("0o17", '"0o17"'),
        ("2012-01-01", '"2012-01-01"'),
        ("Why: because", '"Why: because"'),
        ("Number #1", '"Number #1"'),
        ('"So" they say', '"\\"So\\" they say"'),
    ],
)
def test_quotes_stand_only_where_a_reader_could_go_wrong(
    folder: Path, title: str, written: str
) -> None:
    plain = read_folder(folder).to_json()
    plain["clauses"][0]["title"] = title
    text = folder_texts.folder_texts(parse_library(plain))["about/speaker.md"]
    assert text.splitlines()[1] == f"title: {written}"


def test_whatever_an_option_holds_is_written(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def with_more(asked: Question) -> dict[str, Any]:
        plain = question_to_json(asked)
        return {**plain, "options": [{**one, "retired": True} for one in plain["options"]]}

    monkeypatch.setattr(folder_texts, "question_to_json", with_more)
    text = folder_texts.folder_texts(read_folder(folder))["vocabulary.yaml"]
    assert (
        "      - {id: name, group: identity, "
        'label: "Name", help: "A name.", phrase: "your name", retired: true}\n'
    ) in text


def test_blank_lines_around_a_text_are_not_kept(tmp_path: Path) -> None:
    library = parse_library(plain_library(clause("more", "\n\nAsk us.\n\n")))
    write_folder(library, tmp_path / "new")
    assert read_folder(tmp_path / "new", whole=False).clauses[0].source == "Ask us."


def test_a_library_that_files_cannot_hold_is_refused(folder: Path, tmp_path: Path) -> None:
    """A file may have 1 MiB; a note may have more in a database."""
    note = "long " * 300_000
    library = parse_library(plain_library(clause("more", "Ask us.", note=note)))
    before = contents(folder)
    for target, replace in ((tmp_path / "new", False), (folder, True)):
        assert refusal(library, target, replace=replace) == (
            "about/more.md: The file is larger than 1,024 KiB. Shorten it."
        )
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["clauses"]


def test_a_library_that_says_something_twice_is_written_nevertheless(tmp_path: Path) -> None:
    """An old release may be older than the check; check_library then says it of the files."""
    twice = "We never sell what you tell us."
    library = parse_library(plain_library(clause("one", twice), clause("two", twice)))
    write_folder(library, tmp_path / "new")
    assert read_folder(tmp_path / "new", whole=False).digest == library.digest


# ------------------------------------------------------------------ hostile texts

MISREAD = [
    *("no", "Yes", "on", "y", "N", "null", "~", "True", "=", "NaN", ".inf", "-.INF"),
    *("2012-01-01", "2012-01-01 10:00:00", "1", "007", "0o17", "0x1F", "1e3", "+1.5", "1_000"),
    *("12:30", "-", "- a", "? a", "?", ":", ": a", "a: b", "a:", "a :b", "a:b", ",", "a, b"),
    *("#", "# a", "a #b", "a#b", "'", "''", '"', '"a"', "'a': b", "“a”", "don't", "@a", "%a"),
    *("&a", "*a", "!a", "!!str a", "---", "--- a", "...", "|", ">", "{a}", "[a]", "}", "]", "`"),
    *(
        "\\",
        "\\n",
        '\\"',
        "{{ a }}",
        "a  b",
        "a\u00a0b",
        "é",
        "e\u0301",
        "漢字",
        "🦷",
        "👩🏽\u200d⚕️",
    ),
    *("word " * 400, "x" * 3000, "a: " * 700, "<<", "key: value # remark"),
]
IDS = ["no", "yes", "null", "y", "n", "on", "e1", "title", "id", "data", "x_1"]
SLUGS = ["no", "yes", "null", "2012-01-01", "1", "007", "0x1f", "1e3", "y", "a-b", "id"]
SPOILED = "".join(INVISIBLE)

_signs = st.characters(
    exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"], exclude_characters=SPOILED
)
_pieces = st.one_of(st.sampled_from(MISREAD), st.text(_signs, max_size=8))
lines = st.lists(_pieces, min_size=1, max_size=3).map("".join).filter(lambda text: text.strip())
printed = lines.map(lambda text: MARKUP.sub("", text)).filter(lambda text: text.strip())
labels = printed.map(lambda text: text.replace("\u200d", "")).filter(
    lambda text: text.strip() != "" and text.isprintable()
)
notes = st.lists(st.one_of(lines, st.sampled_from(["", " ", "\t", "\n"])), max_size=4).map(
    "\n".join
)
bodies = st.sampled_from(
    [
        "Ask us.",
        "Ask us.\n\n- one: a\n- two # b\n",
        "    \nAsk us.  ",
        "\nAsk “us”: it's 'free', & \"good\".\n\n\n1. a\n2. b",
        "### Title: one\n\nAsk us.\t",
        "title: Ask us",
        "&a Ask us",
        "{{ data | listing }}: **no**",
        "🦷 漢字 e\u0301 \u00a0x",
    ]
)
few_ids = st.lists(st.sampled_from(IDS), min_size=1, max_size=4, unique=True)


@st.composite
def conditions(draw: st.DrawFn, atoms: list[str]) -> dict[str, list[str]]:
    """A condition in which no atom stands twice, so that it can hold."""
    chosen = draw(st.lists(st.sampled_from(atoms), max_size=4, unique=True))
    when: dict[str, list[str]] = {}
    for atom in chosen:
        when.setdefault(draw(st.sampled_from(["all", "any", "none"])), []).append(atom)
    return when


@st.composite
def options(draw: st.DrawFn, groups: list[str]) -> list[dict[str, Any]]:
    one = st.fixed_dictionaries(
        {
            "group": st.sampled_from(groups),
            "label": printed,
            "help": lines,
            "phrase": printed,
            "informative": st.booleans(),
            "retired": st.booleans(),
        }
    )
    slugs = draw(st.lists(st.sampled_from(SLUGS), min_size=1, max_size=4, unique=True))
    return [{"id": slug, **draw(one)} for slug in slugs]


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    """A library that is right, although every text in it is meant to be misread."""
    empty = st.just("")
    texts = st.fixed_dictionaries(
        {"ask": lines, "help": lines | empty, "example": lines | empty, "required": st.booleans()}
    )
    groups = draw(few_ids)
    choice: dict[str, Any] = {
        **question("data", "many", page="no"),
        **draw(texts),
        "groups": [[group, draw(labels)] for group in groups],
        "options": draw(options(groups)),
    }
    atoms = ["data", *(f"data.{group}" for group in groups)]
    atoms += [f"data:{one['id']}" for one in choice["options"]]
    bounds = sorted(draw(st.tuples(*[st.integers(0, 1_000_000)] * 2)))
    number: dict[str, Any] = {
        **question("null", "number", page="null", min=bounds[0], max=bounds[1]),
        **draw(texts),
        "when": draw(conditions(atoms)),
    }
    name = question("practice_name", "name", required="true")
    purposes = question("on", "contacts", options=draw(options(["", *MISREAD, "a\nb"])))
    sections = [{"id": one, "title": draw(printed)} for one in draw(few_ids)]
    front = st.fixed_dictionaries(
        {
            "section": st.sampled_from([section["id"] for section in sections]),
            "body": bodies,
            "title": lines,
            "order": st.integers(0, 999_999_999),
            "version": st.integers(1, 40),
            "when": conditions(atoms),
        },
        optional={
            "models": st.lists(notes, max_size=3),
            "citations": st.lists(notes, max_size=3),
            "claims": st.lists(st.sampled_from(atoms).map("does-not-sell({})".format), max_size=2),
            "note": notes,
        },
    )
    slugs = draw(st.lists(st.sampled_from(SLUGS), max_size=3, unique=True))
    return parse_library(
        plain_library(
            *({"slug": slug, **draw(front)} for slug in slugs),
            title=draw(printed),
            language=draw(st.sampled_from(["en", "no", "on"])),
            sections=sections,
            questions=[name, choice, number, purposes],
        )
    )


def said(library: Library) -> dict[str, Any]:
    """All that a library says, with texts as a file holds them."""
    plain = library.to_json()
    for one in plain["clauses"]:
        one["body"] = one["body"].strip("\n")
    return plain


@given(libraries())
@often
def test_every_text_comes_back_as_it_was(library: Library) -> None:
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there) / "clauses"
        write_folder(library, folder)
        assert said(read_folder(folder, whole=False)) == said(library)


@given(libraries())
@sometimes
def test_every_other_reader_of_yaml_sees_the_same_texts(library: Library) -> None:
    """Only numbers and truths stand there as such."""
    for name, text in folder_texts.folder_texts(library).items():
        part = text.split("\n---\n")[0].removeprefix("---\n") if name.endswith(".md") else text
        assert lowered(yaml.safe_load(part)) == read_yaml(part).value


def lowered(value: Any, key: str = "") -> Any:
    """What PyYAML reads, with numbers and truths as texts where they belong."""
    match value:
        case dict():
            return {name: lowered(part, name) for name, part in value.items()}
        case list():
            return [lowered(part) for part in value]
        case int() if key in {"order", "version", "min", "max"}:
            return str(value)
        case bool() if key in {"required", "run_in", "informative", "retired"}:
            return str(value).lower()
    return value


@given(libraries(), libraries())
@sometimes
def test_a_folder_that_is_replaced_says_what_the_new_library_says(
    before: Library, after: Library
) -> None:
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there) / "clauses"
        write_folder(before, folder)
        write_folder(after, folder, replace=True)
        assert said(read_folder(folder, whole=False)) == said(after)


# ------------------------------------------------------------------ where it is written


def test_an_empty_folder_will_do(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    assert write_folder(read_folder(folder), tmp_path / "new") == 4
    assert len(contents(tmp_path / "new")) == 4


def test_folders_around_it_are_made(folder: Path, tmp_path: Path) -> None:
    write_folder(read_folder(folder), tmp_path / "some/where/new")
    assert (tmp_path / "some/where/new/about/speaker.md").is_file()


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("name", ["notes.md", "sections.yaml", ".hidden"])
def test_a_folder_of_something_else_is_refused(
    folder: Path, tmp_path: Path, name: str, replace: bool
) -> None:
    write(tmp_path / "mine", name, "Mine.")
    assert refusal(read_folder(folder), tmp_path / "mine", replace=replace) == (
        "mine: This folder holds something other than clauses. Name one that is new or empty."
    )
    assert contents(tmp_path / "mine") == {name: b"Mine."}


def test_a_file_is_no_folder(folder: Path, tmp_path: Path) -> None:
    write(tmp_path, "mine", "Mine.")
    assert refusal(read_folder(folder), tmp_path / "mine", replace=True) == (
        "mine: This is a file. Name a folder that is new or empty."
    )


def test_a_clause_folder_is_not_replaced_unasked(folder: Path) -> None:
    before = contents(folder)
    assert refusal(read_folder(folder), folder) == (
        "clauses: There are clauses in this folder. Name one that is new or empty, "
        "or rewrite this one with --replace."
    )
    assert contents(folder) == before


# ------------------------------------------------------------------ replacing


def test_what_an_export_does_not_write_stays(folder: Path, other: Library) -> None:
    kept = {
        "README.md": b"# Ours",
        "examples/maple.yaml": b"answers: {}",
        "about/speaker.md~": b"a copy",
        "about/plan.txt": b"a plan",
        ".git/config": b"a checkout",
    }
    for name, raw in kept.items():
        write(folder, name, raw)
    write_folder(other, folder, replace=True)
    assert read_folder(folder).digest == other.digest
    assert kept.items() <= contents(folder).items()


def test_clauses_that_are_gone_go(folder: Path, other: Library) -> None:
    write_folder(other, folder, replace=True)
    assert sorted(contents(folder)) == [
        *("about/speaker.md", "collect/more.md", "sections.yaml", "vocabulary.yaml")
    ]


def test_a_section_without_clauses_leaves_no_empty_folder(folder: Path) -> None:
    plain = read_folder(folder).to_json()
    plain["clauses"] = [one for one in plain["clauses"] if one["section"] == "about"]
    write_folder(parse_library(plain), folder, replace=True)
    assert not (folder / "collect").exists()


def test_a_clause_that_moves_to_another_section_is_in_one_place(folder: Path) -> None:
    plain = read_folder(folder).to_json()
    plain["clauses"][0]["section"] = "collect"
    write_folder(parse_library(plain), folder, replace=True)
    assert read_folder(folder).digest == parse_library(plain).digest


def test_a_file_that_would_go_but_is_no_clause_is_somebodys_work(
    folder: Path, other: Library
) -> None:
    write(folder, "about/idea.md", "Not finished yet.")
    before = contents(folder)
    assert refusal(other, folder, replace=True).splitlines() == [
        "about/idea.md:1: Begin the file with “---”, the front matter, “---”, and then the text.",
        "about/idea.md: The library has no such clause. Mend the file or move it away, "
        "then export.",
    ]
    assert contents(folder) == before


def test_only_files_that_say_something_else_are_touched(folder: Path, other: Library) -> None:
    before = stamps(folder)
    write_folder(read_folder(folder), folder, replace=True)
    assert stamps(folder) == before
    write_folder(other, folder, replace=True)
    after = stamps(folder)
    assert {name for name in after if after[name] != before.get(name)} == {
        *("about/speaker.md", "collect/more.md", "sections.yaml")
    }


def test_an_export_over_the_real_clauses_changes_no_file(real: Library, tmp_path: Path) -> None:
    """However they were laid out by hand."""
    copy = tmp_path / "clauses"
    for name, raw in contents(settings.CLAUSES_DIR).items():
        write(copy, name, raw)
    before = stamps(copy)
    write_folder(real, copy, replace=True)
    assert stamps(copy) == before


def test_a_change_of_order_alone_is_a_change(folder: Path) -> None:
    change(folder, "vocabulary.yaml", "{identity: Who someone is, health: Health}", "{}")
    change(folder, "vocabulary.yaml", "{}", "{health: Health, identity: Who someone is}")
    after = read_folder(folder)
    change(folder, "vocabulary.yaml", "{health: Health, identity: Who someone is}", "{}")
    change(folder, "vocabulary.yaml", "{}", "{identity: Who someone is, health: Health}")
    write_folder(after, folder, replace=True)
    assert read_folder(folder).digest == after.digest


def test_comments_above_questions_and_sections_stay(folder: Path) -> None:
    change(folder, "vocabulary.yaml", "  - id: data\n", "\n  # On what is kept.\n  - id: data\n")
    change(folder, "sections.yaml", "  - {id: collect", "  # What goes in.\n  - {id: collect")
    plain = read_folder(folder).to_json()
    plain["questions"][1]["ask"] = "What do you hold?"
    plain["questions"].append(question("motto", "text", page="words_of_ours"))
    plain["clauses"][0]["body"] += "\n\nIt is: {{ motto }}."
    plain["title"] = "Our policy"
    write_folder(parse_library(plain), folder, replace=True)
    assert read_folder(folder).digest == parse_library(plain).digest
    text = (folder / "vocabulary.yaml").read_text(encoding="utf-8")
    assert text.startswith("# What can be asked.\nquestions:\n  - id: practice_name\n")
    assert "\n\n  # On what is kept.\n  - id: data\n" in text
    assert f"\n\n  # {'-' * 66} words of ours\n  - id: motto\n" in text
    text = (folder / "sections.yaml").read_text(encoding="utf-8")
    assert "\n  # What goes in.\n  - {id: collect, title: What we collect}\n" in text


def test_a_broken_clause_folder_can_be_replaced(folder: Path, other: Library) -> None:
    write(folder, "about/speaker.md", "rubbish")
    write(folder, "vocabulary.yaml", "questions: [")
    write_folder(other, folder, replace=True)
    assert read_folder(folder).digest == other.digest


# ------------------------------------------------------------------ when something fails


def failing(real_one: Callable[..., Any], *, at: int, error: BaseException) -> Callable[..., Any]:
    """A function that fails when it is called for the n-th time, and from then on."""
    calls = 0

    def one(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= at:
            raise error
        return real_one(*args)

    return one


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("error", [OSError("The disk is full."), KeyboardInterrupt()], ids=repr)
def test_a_crash_while_files_are_written_leaves_everything_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    tmp_path: Path,
    other: Library,
    at: int,
    error: BaseException,
) -> None:
    before = stamps(tmp_path)
    for target, replace in ((folder, True), (tmp_path / "new", False)):
        writing = failing(export.write_synced, at=at, error=error)
        with monkeypatch.context() as broken, pytest.raises(type(error)):
            broken.setattr(export, "write_synced", writing)
            write_folder(other, target, replace=replace)
    assert stamps(tmp_path) == before


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("error", [OSError("The disk fails."), KeyboardInterrupt()], ids=repr)
def test_a_crash_while_files_are_exchanged_puts_them_back(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    tmp_path: Path,
    other: Library,
    at: int,
    error: BaseException,
) -> None:
    before = contents(tmp_path)
    real_replace, failed = Path.replace, False
    replacing = failing(real_replace, at=at, error=error)

    def once(path: Path, target: Path) -> Path:
        nonlocal failed
        if failed:
            return real_replace(path, target)
        failed = True
        made: Path = replacing(path, target)
        failed = False
        return made

    with monkeypatch.context() as broken, pytest.raises(type(error)):
        broken.setattr(Path, "replace", once)
        write_folder(other, folder, replace=True)
    assert failed
    assert contents(tmp_path) == before
    assert read_folder(folder).digest != other.digest


def test_a_clause_that_cannot_be_removed_brings_everything_back(
    monkeypatch: pytest.MonkeyPatch, folder: Path, other: Library
) -> None:
    before, real_unlink = contents(folder), Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "data.md" and path.parent.parent == folder:
            raise PermissionError("You may not.")
        real_unlink(path, missing_ok)

    with monkeypatch.context() as broken, pytest.raises(PermissionError):
        broken.setattr(Path, "unlink", refuse)
        write_folder(other, folder, replace=True)
    assert contents(folder) == before


def test_a_folder_left_half_written_is_refused_until_the_export_is_made_again(
    monkeypatch: pytest.MonkeyPatch, folder: Path, other: Library
) -> None:
    """As if the power failed: nothing was put back, and the old files are beside the folder."""
    before = contents(folder)
    failure = OSError("The disk is gone.")
    with monkeypatch.context() as broken, pytest.raises(OSError, match="The disk is gone"):
        broken.setattr(Path, "replace", failing(Path.replace, at=2, error=failure))
        write_folder(other, folder, replace=True)
    told = (folder / UNFINISHED).read_text(encoding="utf-8")
    old = Path(told.removeprefix("The files as they were before are in ").removesuffix(".\n"))
    assert contents(old).items() <= before.items()
    assert contents(old).keys() == {"sections.yaml", "about/speaker.md", "collect/data.md"}
    with pytest.raises(Refused, match="was broken off"):
        read_folder(folder)
    write_folder(other, folder, replace=True)
    assert read_folder(folder).digest == other.digest
