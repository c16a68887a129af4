"""The only functions that read and write drafts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from policygen.core.answers import (
    Answer,
    Answers,
    Contact,
    Fact,
    Raw,
    contact_points,
    parse_answer,
    raw_of,
    sift_answers,
)
from policygen.core.library import canonical_json
from policygen.core.problems import Problem, Refused
from policygen.core.vocabulary import Kind, Vocabulary
from policygen.library.store import NoRelease, library_of
from policygen.policies.models import Draft

DRAFTS_LIMIT = 50
"""How many drafts one visitor may have."""

KEPT_DAYS = 30
"""How long a draft is kept after it was last saved, in days. The pages promise it."""

SIZE_LIMIT = 65_536
"""How large the answers of one draft may get, in bytes."""

TITLE_LIMIT = 200

# Every page asks this, and putting the query together would take longer than answering it.
OPEN = """
    SELECT *, (SELECT digest FROM library_release ORDER BY number DESC LIMIT 1) AS release
    FROM policies_draft WHERE visitor = %s AND id = %s
"""

DAMAGED = "unreadable"
"""Under this name, which is no question, stored text that is no JSON is kept and shown."""


class TooManyDrafts(Exception):
    """The visitor has as many drafts as one may have."""

    def __init__(self) -> None:
        super().__init__(
            f"You have {DRAFTS_LIMIT} drafts, which is as many as this site keeps for one person. "
            "Delete one that you no longer need, then start again."
        )


class DraftTooLarge(Exception):
    """The answers take more room than a draft has."""

    def __init__(self) -> None:
        super().__init__(
            f"These answers take more than {SIZE_LIMIT // 1024} KiB, which is more than a draft "
            "can hold. Shorten them."
        )


class Overtaken(Exception):
    """Somebody else, or another tab, answered the same questions meanwhile."""


@dataclass(frozen=True)
class Reading:
    """What a draft holds: the answers that can be read, and what is wrong with the others.

    ``stored`` has all of them in their raw form, readable or not.
    """

    answers: Answers
    problems: tuple[Problem, ...]
    stored: Mapping[str, Raw]


@dataclass(frozen=True)
class Saved:
    """A draft after saving; ``let_go`` are the purposes that lost a contact point by it."""

    draft: Draft
    let_go: tuple[str, ...] = ()


# ------------------------------------------------------------------ reading


def open_draft(visitor: str, identifier: UUID) -> tuple[Draft, str]:
    """Return a visitor's draft and the digest of the release in force, in one query.

    Raises ``Draft.DoesNotExist`` for any other draft, ``NoRelease`` if there is no release.
    """
    found = Draft.objects.raw(
        OPEN, [visitor, Draft._meta.pk.get_db_prep_value(identifier, connection)]
    )
    draft = next(iter(found), None) if visitor else None
    if draft is None:
        raise Draft.DoesNotExist
    release: str | None = vars(draft)["release"]
    if release is None:
        raise NoRelease
    return draft, release


def drafts_of(visitor: str) -> list[Draft]:
    """Return a visitor's drafts without their answers, the one touched last first."""
    if not visitor:
        return []
    return list(Draft.objects.filter(visitor=visitor).defer("answers"))


@lru_cache(maxsize=128)
def read_answers(release: str, stored: str) -> Reading:
    """Read stored answers with the vocabulary of a release, given by its digest.

    It never fails: an answer that cannot be read is left aside and named.
    """
    raw = _mapping(stored)
    answers, problems = sift_answers(library_of(release).vocabulary, raw)
    return Reading(answers, problems, raw)


def seen(stored: Mapping[str, Raw], questions: Iterable[str]) -> str:
    """Return the digest of the stored answers to some questions, to tell later if they changed."""
    some = {name: stored[name] for name in questions if name in stored}
    return hashlib.sha256(canonical_json(some).encode()).hexdigest()[:32]


def _mapping(stored: str) -> dict[str, Raw]:
    try:
        raw = json.loads(stored)
    except (ValueError, RecursionError):
        raw = None
    return raw if isinstance(raw, dict) else {DAMAGED: stored[:1000]}


# ------------------------------------------------------------------ writing


def start_draft(visitor: str, *, title: str = "", answers: Answers | None = None) -> Draft:
    """Make a draft for a visitor. Raises ``TooManyDrafts`` or ``DraftTooLarge``.

    Old drafts are deleted first, so that a site keeps its word about them even where nobody has
    set up the command for it.
    """
    raw = answers.to_raw() if answers else {}
    with transaction.atomic():
        purge_drafts(timezone.now() - timedelta(days=KEPT_DAYS))
        if Draft.objects.filter(visitor=visitor).count() >= DRAFTS_LIMIT:
            raise TooManyDrafts
        return Draft.objects.create(
            visitor=visitor,
            title=_title(answers, title),
            answers=_text(raw),
            updated=timezone.now(),
        )


def save_answers(
    visitor: str,
    identifier: UUID,
    answers: Answers,
    *,
    seen_as: str | None = None,
    questions: Iterable[str] = (),
) -> Saved:
    """Put answers into a draft; what is stored for other questions stays as it is.

    ``seen_as`` is the digest (``seen``) of the answers to ``questions`` that the person had in
    view. Raises ``Overtaken`` if they changed meanwhile, unless to just what is now given;
    ``DraftTooLarge``; ``Draft.DoesNotExist``.
    """
    with transaction.atomic():
        draft = _locked(visitor, identifier)
        stored = _mapping(draft.answers)
        raw = {**stored, **answers.to_raw()}
        changed = any(raw.get(name) != stored.get(name) for name in questions)
        if changed and seen_as is not None and seen_as != seen(stored, questions):
            raise Overtaken
        let_go = _let_go_points(answers, raw)
        text = _text(raw)
        if text != draft.answers:
            draft.answers = text
            draft.revision += 1
        draft.title = _title(answers, draft.title)
        draft.updated = timezone.now()
        draft.save(update_fields=["answers", "revision", "title", "updated"])
        return Saved(draft, let_go)


def delete_draft(visitor: str, identifier: UUID) -> None:
    """Delete a visitor's draft, if it is still there."""
    Draft.objects.filter(pk=identifier, visitor=visitor).delete()


def purge_drafts(older_than: datetime) -> int:
    """Delete the drafts that nobody has saved since then, and return how many there were."""
    deleted, _ = Draft.objects.filter(updated__lt=older_than).delete()
    return deleted


def _locked(visitor: str, identifier: UUID) -> Draft:
    return Draft.objects.select_for_update().get(pk=identifier, visitor=visitor)


def _text(raw: Mapping[str, Raw]) -> str:
    text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > SIZE_LIMIT:
        raise DraftTooLarge
    return text


def _title(answers: Answers | None, otherwise: str) -> str:
    """Name a draft after the practice, once that has a name."""
    name = answers.given.get("practice_name") if answers else None
    if isinstance(name, Fact) and isinstance(name.value, str):
        return name.value[:TITLE_LIMIT]
    return otherwise[:TITLE_LIMIT]


def _let_go_points(answers: Answers, raw: dict[str, Raw]) -> tuple[str, ...]:
    """Take contact points that these answers removed out of the contacts.

    A purpose without any contact point left is dropped, and contacts without any purpose left
    become a question without an answer: nobody said that there are none. Return the labels of the
    purposes that lost something.
    """
    vocabulary = answers.vocabulary
    if not any(vocabulary.by_id[name].kind is Kind.CONTACT_POINTS for name in answers.given):
        return ()
    try:
        known = contact_points(_parsed(vocabulary, raw, Kind.CONTACT_POINTS))
        answered = _parsed(vocabulary, raw, Kind.CONTACTS)
    except Refused:
        return ()
    touched: list[str] = []
    for name, answer in answered.items():
        before = answer.value if isinstance(answer, Fact) else None
        entries = before if isinstance(before, tuple) else ()
        contacts = [entry for entry in entries if isinstance(entry, Contact)]
        after = [kept for contact in contacts if (kept := _keep(contact, known)).points]
        options = vocabulary.by_id[name].by_id
        touched += [
            options[c.purpose].label for c in contacts if c.points != _keep(c, known).points
        ]
        if contacts and not after:
            del raw[name]
        elif after != contacts:
            raw[name] = raw_of(Fact(tuple(after)))
    return tuple(touched)


def _keep(contact: Contact, known: Mapping[str, object]) -> Contact:
    return replace(contact, points=tuple(point for point in contact.points if point in known))


def _parsed(vocabulary: Vocabulary, raw: Mapping[str, Raw], kind: Kind) -> dict[str, Answer]:
    return {
        question.id: parse_answer(question, raw[question.id])
        for question in vocabulary.questions
        if question.kind is kind and question.id in raw
    }
