"""The number of a request, and what log lines say beside their message."""

from __future__ import annotations

import re
from threading import Thread

import pytest

from policygen import tracing


@pytest.mark.parametrize("given", ["0123abcd", "a" * 64, "5f0c9a8e-3b1d-4f6a-9c2e-7d8b6a5f4e3d"])
def test_a_number_of_the_usual_shape_is_kept(given):
    assert tracing.number_for(given) == given


@pytest.mark.parametrize(
    "given",
    [None, "", "short", "a" * 65, "a b c d e", "12345678\nERROR", "<b>12345678</b>", "é" * 9],
)
def test_anything_else_is_replaced_by_a_new_one(given):
    made = tracing.number_for(given)
    assert re.fullmatch(r"[0-9a-f]{16}", made)
    assert made != tracing.number_for(given)


def test_values_are_bound_for_a_block_and_blocks_lie_in_each_other():
    with tracing.bound(request_id="one"):
        with tracing.bound(task="work"):
            assert dict(tracing.fields()) == {"request_id": "one", "task": "work"}
        assert dict(tracing.fields()) == {"request_id": "one"}
        assert tracing.request_id() == "one"
    assert tracing.request_id() == ""


def test_an_error_ends_the_block_too():
    with pytest.raises(ValueError, match="x"), tracing.bound(request_id="one"):
        raise ValueError("x")
    assert tracing.request_id() == ""


def test_another_thread_has_a_number_of_its_own():
    seen = []
    with tracing.bound(request_id="one"):
        thread = Thread(target=lambda: seen.append(tracing.request_id()))
        thread.start()
        thread.join()
    assert seen == [""]
