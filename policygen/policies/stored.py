"""Answers and own wording as a draft keeps them: a JSON text each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from policygen.core.amendments import (
    Amendment,
    amendments_from_json,
    amendments_to_json,
    rebased,
    replacing,
)
from policygen.core.answers import Raw
from policygen.core.library import Library, canonical_json
from policygen.core.problems import Problem, Refused

DAMAGED = "unreadable"
"""Under this name, which is no question, stored text that is no JSON is kept and shown."""


def from_text(stored: str) -> dict[str, Raw]:
    """Return the raw answers by question id. It never fails: see ``DAMAGED``."""
    try:
        raw = json.loads(stored)
        canonical_json(raw).encode()  # no number or character that could not be written again
    except (ValueError, RecursionError):
        raw = None
    return raw if isinstance(raw, dict) else {DAMAGED: stored[:1000]}


def to_text(raw: Mapping[str, Raw]) -> str:
    """Return the text to store."""
    return json.dumps(raw, ensure_ascii=False, separators=(",", ":"))


def read_amendments(stored: str) -> tuple[Amendment, ...]:
    """Return a practice's own wording. Raises ``Refused`` where it cannot be read."""
    try:
        return amendments_from_json(json.loads(stored))
    except (json.JSONDecodeError, RecursionError):
        raise Refused([Problem("", "The practice’s own wording is no JSON.")]) from None


def amendments_from_text(stored: str) -> tuple[Amendment, ...]:
    """Return a practice's own wording. It never fails: what cannot be read is none.

    ``findings.py`` says so to whoever would publish the draft.
    """
    try:
        return read_amendments(stored)
    except Refused:
        return ()


def amendments_to_text(amendments: Iterable[Amendment]) -> str:
    """Return the text to store."""
    plain = amendments_to_json(amendments)
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def replaced(own: str, base: str, newest: str) -> str:
    """Return the stored wording of a draft that replaces a version (``amendments.replacing``).

    ``base`` is that of the version that the draft was begun from, ``newest`` that of the one that
    it replaces. It never fails: where the draft's or the newest cannot be read, the draft's stays
    as it is, and a base that cannot be read counts as none, so that more is decided by hand.
    """
    try:
        mine, theirs = (amendments_from_json(json.loads(text)) for text in (own, newest))
    except (Refused, ValueError, RecursionError):
        return own
    made = replacing(mine, amendments_from_text(base), theirs)
    return own if made == mine else amendments_to_text(made)


def carried_over(stored: str, library: Library) -> str:
    """Return stored wording as it stands against another library (``core.amendments.rebased``).

    It never fails: what cannot be read stays as it is.
    """
    try:
        found = read_amendments(stored)
    except Refused:
        return stored
    kept = rebased(found, library)
    return stored if kept == found else amendments_to_text(kept)
