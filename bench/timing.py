"""Times of several ways to do one thing, taken in turns so that noise hits all of them alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter


def in_turns(
    ways: Mapping[str, Callable[[], object]],
    *,
    rounds: int = 200,
    warm_up: int = 5,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, float]:
    """Return the median seconds of each way; every round runs each way once.

    ``clock`` is that of the wall, unless another one is given.
    """
    times: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        for _ in range(warm_up):
            way()
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, way in ways.items():
                begun = clock()
                way()
                times[name].append(clock() - begun)
    finally:
        gc.enable()
    return {name: median(taken) for name, taken in times.items()}


def milliseconds(seconds: float) -> str:
    """Return seconds as milliseconds with two decimals."""
    return f"{seconds * 1000:.2f}"
