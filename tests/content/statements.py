"""The statements that the library must be able to make: those of four model policies."""

from __future__ import annotations

MODELS = {"dentrix": "dentrix", "dentx": "dentx", "sesame": "sesame", "panther": "practicepanther"}
"""Model policies, with the example that reproduces each."""

COUNTS = {"dentrix": 57, "dentx": 48, "sesame": 57, "panther": 65}


def statements(model: str) -> list[str]:
    """Return the ids of the statements of one model policy."""
    return [f"{model}-{number:02}" for number in range(1, COUNTS[model] + 1)]


STATEMENTS = [statement for model in MODELS for statement in statements(model)]
