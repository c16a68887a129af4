"""Random answers to the real questions, made quickly from a seed.

``raw_answers`` of ``tests/core/small.py`` shrinks what it finds, and spends most of the time on
drawing; thousands of answers are made here instead, each from one number that is drawn.
"""

from __future__ import annotations

from random import Random
from typing import Any

from policygen.core.vocabulary import Kind, Question, Vocabulary

HOW = ["given"] * 4 + ["none", "open", "open", "dont-know"]
"""How a question is answered, each as often as it stands here."""

WAYS: dict[str, Any] = {
    "post": ["12 Main Street", "Springfield, IL 62701"],
    "phone": "+1 555 010 0199",
    "fax": "555-0100",
    "email": "privacy@example.com",
    "form": "https://www.example.com/contact",
}


def seeded(seed: int, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return raw answers; the same ones for the same seed."""
    random = Random(seed)
    raw: dict[str, Any] = {}
    for question in vocabulary.questions:
        raw |= seeded_answer(random, question, points_in(raw))
    return raw


def points_in(raw: dict[str, Any]) -> list[str]:
    """Return the ids of the contact points that raw answers have."""
    points = raw.get("contact_points")
    return list(points) if isinstance(points, dict) else []


def seeded_answer(random: Random, question: Question, points: list[str]) -> dict[str, Any]:
    """Return a raw answer to one question, by its id; nothing if the question stays open."""
    how = "given" if question.required else random.choice(HOW)
    if how == "given":
        given = _given(random, question, points)
        return {} if given is None else {question.id: given}
    if how == "open" or (how == "none" and question.kind is Kind.ONE):
        return {}
    return {question.id: how}


def _given(random: Random, question: Question, points: list[str]) -> Any:
    ids = [option.id for option in question.offered]
    match question.kind:
        case Kind.ONE:
            return random.choice(ids)
        case Kind.MANY:
            rate = random.choice([0.1, 0.5, 0.9])
            unsure = ["dont-know"] if random.random() < 0.1 else []
            return [one for one in ids if random.random() < rate] + unsure
        case Kind.LINK:
            return f"https://example.com/{random.randint(1, 99)}"
        case Kind.DATE:
            return f"{random.randint(2000, 2030)}-{random.randint(1, 12):02}-17"
        case Kind.NUMBER:
            return str(random.randint(question.minimum, question.maximum))
        case Kind.LINES:
            return random.sample(["the United States", "Canada", "Peru"], random.randint(1, 3))
        case Kind.PLACES:
            return [{"name": f"Office {n}", "address": [f"{n} Elm Street"]} for n in range(1, 3)]
        case Kind.CONTACT_POINTS:
            chosen = random.sample(ids, random.randint(1, len(ids)))
            return {f"the-{way}": {way: WAYS[way]} for way in chosen}
        case Kind.CONTACTS:
            some = [one for one in ids if random.random() < 0.5]
            whom = {one: {"points": [random.choice(points)]} for one in some} if points else {}
            return whom or None
    return f"Maple {random.randint(1, 99)}"
