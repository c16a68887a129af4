"""Messages: a place, a line, what is wrong, and what would be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.problems import Problem, Refused, nearest, quoted
from tests.core.small import often


def test_a_problem_reads_as_place_line_and_message() -> None:
    assert str(Problem("a.md", "Wrong.", 3)) == "a.md:3: Wrong."
    assert str(Problem("data", "Wrong.")) == "data: Wrong."
    assert str(Problem("", "Wrong.")) == "Wrong."


def test_a_place_is_named_from_outside_inwards() -> None:
    assert Problem("name", "Wrong.").inside("data").where == "data.name"
    assert Problem("", "Wrong.", 2).inside("data") == Problem("data", "Wrong.", 2)


def test_a_refusal_lists_every_problem() -> None:
    refused = Refused(Problem(str(n), "Wrong.") for n in range(3))
    assert str(refused) == "0: Wrong.\n1: Wrong.\n2: Wrong."
    assert len(refused.problems) == 3


@pytest.mark.parametrize(
    ("name", "names", "sentence"),
    [
        ("dat", ["data", "date", "x"], "Did you mean “date” or “data”?"),
        ("x", ["y"], "Use one of: y."),
        ("x", ["a", "b"], "Use one of: a, b."),
        ("", ["b", "a"], "Use one of: a, b."),
        ("x", [], "There are none to choose from."),
        ("", [f"n{i:02}" for i in range(13)], None),
    ],
)
def test_an_unknown_name_is_answered_with_known_ones(
    name: str, names: list[str], sentence: str | None
) -> None:
    found = nearest(name, names)
    assert found == sentence or (sentence is None and found.endswith("n11 …."))


@often
@given(st.text(max_size=200))
def test_a_name_in_a_message_is_one_short_line_that_can_be_printed(name: str) -> None:
    shown = quoted(name)
    assert shown.isprintable()
    assert len(shown) <= 63
    assert quoted("a\nb") == "“a b”"
