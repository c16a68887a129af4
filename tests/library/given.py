"""Sets of answers that a test gives, in place of those that the site has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

from policygen.library.sources import SOURCES, AnswerSet


class Given:
    """A source with the sets that stand in ``raw``, by key, made from the release in ``releases``.

    ``asked`` counts the calls of it.
    """

    name, label = "given", "Sets of the test"

    def __init__(self, *, blocks: bool = False) -> None:
        self.raw: dict[str, Any] = {}
        self.releases: dict[str, str] = {}
        self.blocks = blocks
        self.asked = 0

    def keys(self) -> Sequence[str]:
        return list(self.raw)

    def sets(self, keys: Iterable[str]) -> Iterator[AnswerSet]:
        self.asked += 1
        return (
            AnswerSet(key, f"Set {key}", self.raw[key], self.releases.get(key, ""))
            for key in keys
            if key in self.raw
        )


def only(monkeypatch: pytest.MonkeyPatch, source: Given) -> Given:
    """Make this the only source there is, for one test."""
    for name in list(SOURCES):
        monkeypatch.delitem(SOURCES, name)
    monkeypatch.setitem(SOURCES, source.name, source)
    return source
