"""Strict YAML: texts, lists and mappings; everything that turns YAML into a trap is refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.problems import Refused
from policygen.library.strict_yaml import (
    DEPTH_LIMIT,
    EVENTS_LIMIT,
    SIZE_LIMIT,
    decode,
    read_bytes,
    read_yaml,
)
from tests.core.small import often

BILLION_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: y}\n" + "b: {<<: *a}\n"


def refusal(text: str) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        read_yaml(text)
    (problem,) = refused.value.problems
    return problem.line, problem.message


# ------------------------------------------------------------------ what is read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: b", {"a": "b"}),
        ("a: no", {"a": "no"}),
        ("a: yes", {"a": "yes"}),
        ("a: null", {"a": "null"}),
        ("a: ~", {"a": "~"}),
        ("a:", {"a": ""}),
        ("a: 12", {"a": "12"}),
        ("a: 1e3", {"a": "1e3"}),
        ("a: 0x10", {"a": "0x10"}),
        ("a: 1:30", {"a": "1:30"}),
        ("a: 2012-01-01", {"a": "2012-01-01"}),
        ("a: .inf", {"a": ".inf"}),
        ("no: no", {"no": "no"}),
        ("1: 2", {"1": "2"}),
        ("a: 'no'", {"a": "no"}),
        ('a: "b\\nc"', {"a": "b\nc"}),
        ("a: [b, c]", {"a": ["b", "c"]}),
        ("a: {b: c}", {"a": {"b": "c"}}),
        ("- a\n- b", ["a", "b"]),
        ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
        ("a: >\n  b\n  c\n", {"a": "b c\n"}),
        ("a: b # c", {"a": "b"}),
        ("a: B & C", {"a": "B & C"}),
        ("a: 800.336.8749", {"a": "800.336.8749"}),
        ("--- \na: b\n...\n", {"a": "b"}),
        ("a: عيادة 🦷", {"a": "عيادة 🦷"}),
        ("<<: a", {"<<": "a"}),
        ("=: a", {"=": "a"}),
        ("", ""),
        ("# nothing", ""),
    ],
)
def test_every_scalar_is_a_text(text: str, value: object) -> None:
    assert read_yaml(text).value == value


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_both_line_breaks_read_alike_and_lines_are_counted(line_break: str) -> None:
    text = line_break.join(["# comment", "a:", "  - b", "  - c: d", "    e: f", ""])
    source = read_yaml(text)
    assert source.value == {"a": ["b", {"c": "d", "e": "f"}]}
    assert source.line(("a",)) == 2
    assert source.line(("a", 0)) == 3
    assert source.line(("a", 1, "e")) == 5


def test_the_line_of_what_is_not_there_is_that_of_what_is_around_it() -> None:
    source = read_yaml("a: b\nc:\n  d: e\n")
    assert source.line(("c", "x", "y")) == 2
    assert source.line(("nothing",)) == 1
    assert source.line(()) == 1


PLAIN = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Co"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc-_", min_size=1, max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@often
@given(PLAIN)
def test_what_was_written_plainly_reads_back(value: object) -> None:
    assert read_yaml(yaml.safe_dump(value, allow_unicode=True)).value == value


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (BILLION_LAUGHS, 1, "Anchors (&) and aliases (*) are not allowed."),
        (MERGES, 1, "Anchors (&) and aliases (*) are not allowed."),
        ("a: 1\nb: *a", 2, "Anchors (&) and aliases (*) are not allowed."),
        ("&a b: c", 1, "Anchors (&) and aliases (*) are not allowed."),
        ("a: &b [c]", 1, "Anchors (&)"),
        ("a: &b {c: d}", 1, "Anchors (&)"),
        ("a: !!python/object/apply:os.system [id]", 1, "Tags (!) are not allowed."),
        ("a: 1\nb: !!str c", 2, "Tags (!) are not allowed. Put the text in quotes."),
        ("a: !x b", 1, "Tags (!) are not allowed."),
        ("a: ! b", 1, "Tags (!) are not allowed."),
        ("!!map {a: b}", 1, "Tags (!) are not allowed."),
        ("a: b\nc: d\na: e", 3, "“a” stands twice here. Keep one."),
        ("x:\n  a: b\n  'a': c", 3, "“a” stands twice here."),
        ("a: b\n---\nc: d", 2, "There is a second document (---). Keep to one."),
        ("a: b\n...\n---\nc: d", 3, "There is a second document (---). Keep to one."),
        ("? [a]\n: b", 1, "A key must be a text."),
        ("? {a: b}\n: c", 1, "A key must be a text."),
        ("a: b\nc\n", 3, "This is not YAML:"),
        ("a: 'b", 1, "This is not YAML:"),
        ("a:\tb", 1, "This is not YAML:"),
        ("a: @b", 1, "This is not YAML:"),
        ("a: %b", 1, "This is not YAML:"),
        ("a: [b", 1, "This is not YAML:"),
        ("a: b: c", 1, "This is not YAML:"),
        ("%YAML 9.9\n---\na: b", 1, "This is not YAML:"),
        ("a: b\nc: d\x00e", 2, "There is a character that no text can hold (U+0000). Delete it."),
        ("a: b\x1bc", 1, "There is a character that no text can hold (U+001B)."),
        ("a: b\nc: d\ufffe", 2, "There is a character that no text can hold (U+FFFE)."),
        ("a: b\nc: \ud800", 2, "There is a character that no text can hold (U+D800)."),
        ('a: b\nc: "\\U00110000"', 2, "a code after a backslash that stands for no character"),
        ('a: "\\UFFFFFFFF"', 1, "a code after a backslash that stands for no character"),
        ('a: "\\q"', 1, "This is not YAML:"),
    ],
)
def test_a_trap_or_a_mistake_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    at, said = refusal(text)
    assert at == line
    assert message in said


@pytest.mark.parametrize("unit", ["[", "{a: ", "- ", "? ", "a:\n "])
def test_deep_nesting_is_refused_without_falling_over_itself(unit: str) -> None:
    with pytest.raises(Refused):
        read_yaml(unit * 5000)


def test_nesting_has_a_deepest_level() -> None:
    assert read_yaml("[" * DEPTH_LIMIT + "x" + "]" * DEPTH_LIMIT)
    assert refusal("[" * (DEPTH_LIMIT + 2) + "]" * (DEPTH_LIMIT + 2)) == (
        1,
        "This is nested too deeply.",
    )


def test_a_file_of_very_many_parts_is_refused() -> None:
    assert refusal("- a\n" * EVENTS_LIMIT)[1] == "The file is too large."


@often
@given(st.text("ab:-?&*!|>'\"%@`{}[],# \n\t\\x0U~", max_size=30) | st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        value = read_yaml(text).value
    except Refused as refused:
        value, found = "", refused.problems
    else:
        found = ()
    assert all(problem.line >= 1 and problem.message for problem in found)

    def check(part: Any) -> None:
        assert type(part) in {str, list, dict}
        for inner in part if isinstance(part, list) else []:
            check(inner)
        for key, inner in part.items() if isinstance(part, dict) else []:
            assert type(key) is str
            check(inner)

    check(value)


# ------------------------------------------------------------------ bytes


def test_utf_8_is_read_with_and_without_a_byte_order_mark() -> None:
    assert decode("é 🦷".encode()) == decode(b"\xef\xbb\xbf" + "é 🦷".encode()) == "é 🦷"


@pytest.mark.parametrize(
    "raw", [b"a: b\nc: \xff", b"a\n\xc3(", b"a\n\xed\xa0\x80", b"a\n" + "é".encode("latin-1")]
)
def test_other_encodings_are_refused_with_the_line(raw: bytes) -> None:
    with pytest.raises(Refused, match=":2: The file is not UTF-8 text"):
        decode(raw)


def test_utf_16_is_refused() -> None:
    with pytest.raises(Refused, match="UTF-8"):
        read_yaml(decode("a: b".encode("utf-16")))


def test_a_file_has_a_largest_size() -> None:
    assert decode(b"x" * SIZE_LIMIT)
    with pytest.raises(Refused, match="The file is larger than 1,024 KiB"):
        decode(b"x" * (SIZE_LIMIT + 1))


def test_of_a_file_of_20_mb_one_byte_too_many_is_read_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"x" * 20_000_000)
    asked: list[int] = []

    class Counting(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(-1 if size is None else size)
            return super().read(size) or b""

    monkeypatch.setattr(Path, "open", lambda self, _mode: Counting(self))
    raw = read_bytes(path, limit=1000)
    assert asked == [1001]
    assert len(raw) == 1001
    with pytest.raises(Refused, match="The file is larger than"):
        decode(raw, limit=1000)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="The file cannot be read: "):
        read_bytes(tmp_path / name)
