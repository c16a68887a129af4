"""Answers as they were asked and given, frozen into a version.

Each entry says what was asked, what was answered in words, and the raw answer, from which the next
draft begins and the policy can be made again. It is a JSON text: ``from_frozen`` reads it back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policygen.core.answers import Answers, Raw, Standing, contact_points, in_words
from policygen.core.library import canonical_json
from policygen.core.problems import Problem, Refused
from policygen.core.vocabulary import Question


@dataclass(frozen=True)
class AskedAnswer:
    """One question as it was asked, and its answer.

    ``standing`` is one of ``core.answers.Standing``: a question can be open, or answered “I don’t
    know yet”, or not have applied. ``raw`` is ``None`` where there is no answer.
    """

    question: str
    ask: str
    help: str
    page: str
    standing: Standing
    raw: Raw | None
    display: tuple[str, ...]


def to_frozen(answers: Answers, stored: Mapping[str, Raw]) -> str:
    """Return all questions of a vocabulary with their answers, as they stand.

    ``stored`` has the raw answers as the person gave them, also to questions that do not apply.
    """
    points = contact_points(answers.given)
    entries = [
        _entry(question, answers, stored, points) for question in answers.vocabulary.questions
    ]
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":"))


def _entry(
    question: Question, answers: Answers, stored: Mapping[str, Raw], points: Mapping[str, Any]
) -> dict[str, Any]:
    answer = answers.given.get(question.id)
    return {
        "question": question.id,
        "ask": question.ask,
        "help": question.help,
        "page": question.page,
        "standing": str(answers.standing(question)),
        "raw": stored.get(question.id),
        "display": list(in_words(question, answer, points)) if answer is not None else [],
    }


def from_frozen(text: str) -> tuple[AskedAnswer, ...]:
    """Read frozen answers back. Raises ``Refused`` if they are not what a version holds."""
    try:
        return _read(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Refused([Problem("answers", "The stored answers are damaged.")]) from None


def _read(entries: Any) -> tuple[AskedAnswer, ...]:
    canonical_json(entries).encode()  # no number or character that could not be written again
    if not isinstance(entries, list) or not all(map(_has_texts, entries)):
        raise TypeError(entries)
    return tuple(
        AskedAnswer(
            question=entry["question"],
            ask=entry["ask"],
            help=entry["help"],
            page=entry["page"],
            standing=Standing(entry["standing"]),
            raw=entry["raw"],
            display=tuple(entry["display"]),
        )
        for entry in entries
    )


def _has_texts(entry: Mapping[str, Any]) -> bool:
    texts = [entry[name] for name in ("question", "ask", "help", "page")]
    return all(isinstance(text, str) for text in (*texts, *entry["display"]))


def raw_answers(text: str) -> dict[str, Raw]:
    """Return the raw answers by question, as a draft stores them. Raises ``Refused``."""
    return {one.question: one.raw for one in from_frozen(text) if one.raw is not None}
