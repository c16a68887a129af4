"""manage.py generate: exactly the bytes of the policy, or a message and the exit status 1."""

from __future__ import annotations

import html
import os
import subprocess
import sys
from datetime import date, timedelta
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from policygen.core.answers import parse_answers
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.problems import Refused
from policygen.core.selection import select
from policygen.library.loading import load_library
from policygen.library.publishing import prepare_release
from policygen.library.store import DamagedRelease, library_in_force
from policygen.policies.drafting.generation import generate
from policygen.policies.management.commands import _answers
from policygen.rendering import FORMATS, Format, RenderingFailed
from tests.core.hostile import MARKUP
from tests.core.small import DAY, SAMPLE, SMALL, answered
from tests.core.test_text import LEGITIMATE
from tests.library.folders import change
from tests.policies.maple import MAPLE, failure, write_answers, write_clauses
from tests.releases import approve_changes, release_changes

ROOT = Path(__file__).resolve().parents[2]
ON = DAY.isoformat()


@pytest.fixture
def clauses(tmp_path: Path) -> Path:
    return write_clauses(tmp_path / "clauses")


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "maple.yaml")


def expected(name: str, on: date = DAY, **changes: Any) -> bytes:
    document = generate(SAMPLE, parse_answers(SMALL, {**MAPLE, **changes}), on=on)
    return FORMATS[name].render(document).content


# ------------------------------------------------------------------ what comes out


@pytest.mark.parametrize("name", FORMATS)
def test_standard_output_carries_exactly_the_bytes_of_the_policy(
    name: str, clauses: Path, answers: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    call_command("generate", answers, "--clauses", clauses, "--format", name, "--on", ON)
    sys.stdout.flush()
    out, err = capfdbinary.readouterr()
    assert out == expected(name)
    assert err == b""


@pytest.mark.parametrize("name", FORMATS)
def test_a_path_gets_exactly_the_bytes_of_the_policy(
    name: str, clauses: Path, answers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "policy"
    call_command(
        *("generate", answers, "--clauses", clauses),
        *("--format", name, "--on", ON, "--output", path),
    )
    assert path.read_bytes() == expected(name)
    assert capsys.readouterr().out == f"{path}: {len(expected(name)):,} bytes.\n"


@pytest.mark.django_db
def test_without_a_folder_the_release_in_force_is_used(
    clauses: Path, answers: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    release_changes(clauses)
    change(clauses, "about/from-peru.md", "We are from", "We were from")
    call_command("generate", answers, "--format", "txt", "--on", ON)
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == expected("txt")


def test_the_policy_is_for_today_unless_a_day_is_given(
    clauses: Path, answers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda: date(2031, 3, 4))
    seen: list[date] = []

    def render(document: Document) -> Any:
        seen.append(document.date)
        return FORMATS["md"].render(document)

    monkeypatch.setitem(FORMATS, "txt", Format("Plain text", render))
    for more in ([], ["--on", "2028-02-29"]):
        arguments = ["--clauses", clauses, "--format", "txt", "--output", tmp_path / "x", *more]
        call_command("generate", answers, *arguments)
    assert seen == [date(2031, 3, 4), date(2028, 2, 29)]


def test_the_same_answers_make_the_same_bytes_in_another_process(
    clauses: Path, answers: Path
) -> None:
    for seed in ("1", "2"):
        made = run(
            "generate", answers, "--clauses", clauses, "--format", "html", "--on", ON, seed=seed
        )
        assert made.returncode == 0, made.stderr.decode()
        assert made.stdout == expected("html")


def run(*arguments: object, seed: str = "0") -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own, with a database that is not there."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "sqlite:////nowhere/at-all.sqlite3",
        "PYTHONHASHSEED": seed,
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "manage.py", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"practice_name": None}, "practice_name: This is needed for any policy: What about"),
        ({"practice_name": "none"}, "practice_name:2: There is no policy without this."),
        (
            {"data": ["recrds"]},
            "“recrds” is no option of “What about data?”. Did you mean “records”?",
        ),
        ({"dta": ["name"]}, "“dta”:39: There is no such question. Did you mean “data”?"),
        ({"data": {"name": "yes"}}, "Write a list of options."),
        ({"since": "2023-02-29"}, "“2023-02-29” is no date. Write it as 2026-01-31"),
        ({"since": "0001-01-01"}, "Enter a date from 1900 to 2199."),
        ({"years": "1" + "0" * 30}, "Enter a whole number from 1 to 100."),
        ({"years": "-1"}, "Enter a whole number from 1 to 100."),
        ({"motto": "a\x07b"}, "motto"),
        ({"motto": "a\u202eb"}, "This holds a hidden text direction character (U+202E)."),
        (
            {"practice_name": "x" * 10_000},
            "This has 10,000 characters. Shorten it to 200 or fewer.",
        ),
        ({"website": "javascript:alert(1)"}, "Enter a web address that begins with https://"),
        ({"website": "//evil.example"}, "Enter a web address that begins with https://"),
        ({"website": "https://ok@evil.example"}, "Remove the part before the @ sign"),
        ({"contacts": {"questions": "nobody"}}, "There is no contact point “nobody”."),
    ],
)
@pytest.mark.parametrize("command", ["generate", "explain"])
def test_a_bad_answer_is_told_with_its_field(
    changes: dict[str, Any], message: str, command: str, clauses: Path, tmp_path: Path
) -> None:
    if command == "explain" and changes == {"practice_name": None}:
        return  # what is missing can still be explained
    path = write_answers(tmp_path / "bad.yaml", **changes)
    said = failure(command, path, "--clauses", clauses)
    assert message in said
    assert said.startswith("bad.yaml: ")
    field = next(iter(changes))
    assert field in said


BOMB = "a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nanswers: {practice_name: *b}\n"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (BOMB, "bad.yaml: :1: Anchors (&) and aliases (*) are not allowed."),
        ("answers: !!python/object:os.system x", ":1: Tags (!) are not allowed."),
        ("answers:\n  data: [a\n", "This is not YAML"),
        ("answers:\n  data: a\n  data: b\n", ":3: “data” stands twice here."),
        ("answers: {}\n---\nanswers: {}\n", "There is a second document (---). Keep to one."),
        ("answers:\n  data: " + "[" * 5000, "This is nested too deeply."),
        ("", "Begin the file with “answers:”"),
        ("data: name", "Begin the file with “answers:”"),
        (b"answers:\n  practice_name: \xff", ":2: The file is not UTF-8 text."),
        ("answers:\n  practice_name: a\x00b", ":2: There is a character that no text can hold"),
        ("#" * 20_000_000, "The file is larger than 256 KiB. Shorten it."),
        (None, "bad.yaml: The file cannot be read: No such file or directory."),
    ],
    ids=[
        "bomb",
        "tag",
        "cut",
        "twice",
        "two",
        "deep",
        "empty",
        "flat",
        "latin",
        "nul",
        "20 MB",
        "none",
    ],
)
@pytest.mark.parametrize("command", ["generate", "explain"])
def test_a_bad_file_is_told_with_its_line(
    raw: str | bytes | None, message: str, command: str, clauses: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.yaml"
    if raw is not None:
        path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    assert message in failure(command, path, "--clauses", clauses)


@pytest.mark.parametrize(
    "day",
    ["2023-02-29", "20260101", "2026-W01-1", "01/02/2026", "2026-13-01", "tomorrow", "٢٠٢٦-٠١-٠١"],
)
def test_a_bad_day_is_told(day: str, clauses: Path, answers: Path) -> None:
    said = failure("generate", answers, "--clauses", clauses, "--on", day)
    assert said == f"--on: “{day}” is no date. Write it as 2026-01-31 (year, month, day)."


def test_a_path_that_cannot_be_written_is_told(
    clauses: Path, answers: Path, tmp_path: Path
) -> None:
    path = tmp_path / "nowhere" / "policy.html"
    said = failure("generate", answers, "--clauses", clauses, "--output", path)
    assert said == f"{path} cannot be written: No such file or directory."


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["generate", "explain"])
def test_without_a_library_the_way_out_is_told(command: str, answers: Path) -> None:
    said = failure(command, answers)
    assert said == "No clause library is loaded. Run: manage.py load_library"


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["generate", "explain"])
def test_a_broken_folder_of_clauses_is_told(command: str, clauses: Path, answers: Path) -> None:
    change(clauses, "about/from-peru.md", "{{ country }}", "{{ contry }}")
    said = failure(command, answers, "--clauses", clauses)
    assert said.startswith("clauses: about/from-peru.md:")
    assert "“contry” names no answer. Did you mean “country”" in said


def test_an_unknown_format_is_told_with_those_that_there_are(clauses: Path, answers: Path) -> None:
    made = run("generate", answers, "--clauses", clauses, "--format", "docx")
    assert made.returncode == 2  # argparse's own status for a command that was typed wrongly
    assert made.stdout == b""
    assert all(name in made.stderr.decode().splitlines()[-1] for name in ("--format", *FORMATS))


def test_what_a_format_cannot_do_is_told(
    clauses: Path, answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_document: Document) -> Any:
        raise RenderingFailed("This is too long for a page.")

    monkeypatch.setitem(FORMATS, "txt", Format("Plain text", refuse))
    said = failure("generate", answers, "--clauses", clauses, "--format", "txt")
    assert said == "This is too long for a page."


def test_in_a_process_of_its_own_a_failure_is_a_line_and_the_status_1(
    clauses: Path, tmp_path: Path
) -> None:
    bad = write_answers(tmp_path / "bad.yaml", since="2023-02-29")
    good = write_answers(tmp_path / "good.yaml")
    wrong = [
        ("explain", bad, "--clauses", clauses),
        ("generate", good, "--clauses", clauses, "--on", "tomorrow"),
        ("generate", good),  # there is no database
    ]
    for arguments in wrong:
        made = run(*arguments)
        assert made.returncode == 1, arguments
        assert made.stdout == b""
        assert made.stderr.startswith(b"CommandError: ")
        assert b"Traceback" not in made.stderr
        assert len(made.stderr.splitlines()) == 1
    assert "manage.py migrate" in made.stderr.decode()


def test_the_function_itself_refuses_answers_without_a_needed_fact() -> None:
    with pytest.raises(Refused, match="practice_name: This is needed for any policy"):
        generate(SAMPLE, parse_answers(SMALL, {}), on=DAY)
    answers = answered()
    assert generate(SAMPLE, answers, on=DAY) == assemble(select(SAMPLE, answers), answers, on=DAY)


# ------------------------------------------------------------------ printed literally

TYPED = [" ".join(text.split()) for text in MARKUP if text[-1] != "."]


class Tags(HTMLParser):
    """The elements of a page with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _value in attrs)))


def printed(name: str, clauses: Path, folder: Path) -> dict[str, str]:
    """Return what each format prints for a practice of this name."""
    path = write_answers(folder / "odd.yaml", practice_name=name, short_name="none")
    found = {}
    for form in ("txt", "html", "md"):
        out = folder / form
        arguments = ["--clauses", clauses, "--format", form, "--on", ON, "--output", out]
        call_command("generate", path, *arguments, stdout=StringIO())
        found[form] = out.read_text(encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def maple_tags(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of the page of a practice whose name is nothing but a name."""
    folder = tmp_path_factory.mktemp("maple")
    return Tags(printed("Maple", write_clauses(folder / "clauses"), folder)["html"]).found


@pytest.mark.parametrize("name", TYPED + LEGITIMATE)
def test_whatever_somebody_is_called_is_printed_literally(
    name: str, clauses: Path, tmp_path: Path, maple_tags: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = printed(name, clauses, tmp_path)
    raw = {**MAPLE, "practice_name": name, "short_name": "none"}
    typed = generate(SAMPLE, parse_answers(SMALL, raw), on=DAY).practice
    assert typed in " ".join(found["txt"].split())
    assert typed in " ".join(html.unescape(found["html"]).split())
    assert "23331" not in "".join(found.values())
    assert Tags(found["html"]).found == maple_tags


@pytest.mark.django_db
def test_a_library_in_force_generates_what_its_files_generate(clauses: Path, answers: Path) -> None:
    release_changes(clauses)
    document = generate(library_in_force(), parse_answers(SMALL, MAPLE), on=DAY)
    assert document == generate(SAMPLE, parse_answers(SMALL, MAPLE), on=DAY)


# ------------------------------------------------------------------ an earlier release


@pytest.mark.django_db
@pytest.mark.parametrize("name", FORMATS)
def test_an_earlier_release_gives_the_former_document_byte_for_byte(
    name: str, clauses: Path, answers: Path, tmp_path: Path
) -> None:
    release_changes(clauses)
    now, former = tmp_path / "now", tmp_path / "former"
    arguments = ("generate", answers, "--format", name, "--on", ON, "--output")
    call_command(*arguments, now, stdout=StringIO())
    before = now.read_bytes()
    change(clauses, "about/from-peru.md", "We are from", "We were from")
    release_changes(clauses)
    change(clauses, "about/from-peru.md", "We were from", "We left")
    release_changes(clauses)
    call_command(*arguments, former, "--release", "1", stdout=StringIO())
    assert former.read_bytes() == before == expected(name)
    call_command(*arguments, former, "--release", "2", stdout=StringIO())
    assert former.read_bytes() != before


@pytest.mark.django_db
def test_a_release_that_is_not_in_force_yet_can_be_tried(
    clauses: Path, answers: Path, tmp_path: Path
) -> None:
    release_changes(clauses)
    change(clauses, "about/from-peru.md", "We are from", "We were from")
    release_changes(clauses, effective_from=timezone.localdate() + timedelta(days=9))
    out = tmp_path / "x"
    arguments = ("generate", answers, "--format", "txt", "--output", out)
    call_command(*arguments, stdout=StringIO())
    assert "We are from" in out.read_text(encoding="utf-8")
    call_command(*arguments, "--release", "2", stdout=StringIO())
    assert "We were from" in out.read_text(encoding="utf-8")


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["generate", "explain"])
@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("9", "There is no published release 9. There are: 1."),
        ("2", "There is no published release 2. There are: 1."),  # a candidate
        ("0", "“0” is no number of a release. Write one such as 1."),
        ("first", "“first” is no number of a release."),
        ("1" * 40, "is no number of a release."),
    ],
)
def test_a_release_that_there_is_not_is_named(
    command: str, number: str, message: str, clauses: Path, answers: Path
) -> None:
    release_changes(clauses)
    today = timezone.localdate()
    change(clauses, "about/from-peru.md", "We are from", "We were from")
    load_library(clauses, today=today)
    approve_changes()
    prepare_release(title="", notes="", effective_from=today, by=None, today=today)
    assert message in failure(command, answers, "--release", number)


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["generate", "explain"])
def test_a_release_and_a_folder_are_two_libraries(
    command: str, clauses: Path, answers: Path
) -> None:
    release_changes(clauses)
    message = failure(command, answers, "--release", "1", "--clauses", clauses)
    assert "not allowed with argument" in message


@pytest.mark.django_db
def test_a_damaged_release_is_not_used(clauses: Path, answers: Path, monkeypatch: Any) -> None:
    release_changes(clauses)

    def damaged(digest: str) -> None:
        raise DamagedRelease(digest)

    monkeypatch.setattr(_answers, "library_of", damaged)
    assert "is damaged" in failure("generate", answers, "--release", "1")
