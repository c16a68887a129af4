"""What changes in one policy if it moves to a newer release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from policygen.core.amendments import Amendment, laid_over, standing
from policygen.core.amendments import Standing as AmendmentStanding
from policygen.core.analysis.redline import Change, DocumentRedline, redline, redline_documents
from policygen.core.answers import (
    Answers,
    Standing,
    Ticked,
    contact_points,
    in_words,
    retired_in,
)
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.library import Library
from policygen.core.problems import Problem
from policygen.core.selection import select
from policygen.core.vocabulary import Option, Question
from policygen.library.loading import REASON
from policygen.library.models import ClauseVersion, State
from policygen.library.store import library_of
from policygen.policies.drafting.drafts import UNREADABLE, Opened, Reading, read_answers
from policygen.policies.frozen import raw_answers
from policygen.policies.models import PolicyVersion
from policygen.policies.stored import amendments_from_text, to_text


@dataclass(frozen=True)
class Offer:
    """A question with options that it did not have before."""

    question: Question
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Unfit:
    """An answer that counts no longer, as it was given, and why; it stays stored all the same."""

    question: Question
    lines: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Undecided:
    """A practice's own wording that no longer holds by itself: somebody decides after the move.

    ``is_gone`` says that the library has no such clause any more, ``title`` what it was called.
    """

    slug: str
    title: str
    is_gone: bool


@dataclass(frozen=True)
class WhyChanged:
    """A clause that prints differently, and the reasons that the desk gave, the oldest first."""

    title: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What is to be answered anew: in what is asked, and in what answers are worth.

    ``questions`` are open after the move and were not before, ``offers`` are new choices, and
    ``unfit`` the answers that count no longer.
    """

    questions: tuple[Question, ...]
    offers: tuple[Offer, ...]
    unfit: tuple[Unfit, ...]


@dataclass(frozen=True)
class Move(Asked):
    """All that changes: in the policy, in what is asked, and in what answers are worth.

    ``redline`` has what prints differently; ``reworded`` are the questions and ticked options that
    say something else than when they were answered. ``why`` has the clauses of the redline whose
    change the desk gave a reason for.
    """

    redline: DocumentRedline
    why: tuple[WhyChanged, ...]
    reworded: tuple[tuple[Change, ...], ...]
    wording: tuple[Undecided, ...]


@dataclass(frozen=True)
class Held:
    """What a draft or a version holds: answers and the practice's own wording, as stored."""

    answers: str
    amendments: tuple[Amendment, ...]


@dataclass(frozen=True)
class Side:
    """A library, and what a draft or a version holds for it."""

    library: Library
    reading: Reading
    amendments: tuple[Amendment, ...] = ()

    @property
    def answers(self) -> Answers:
        """The answers that can be read."""
        return self.reading.answers

    def open_questions(self) -> Iterator[Question]:
        """Give the questions that wait for an answer."""
        for question in self.library.vocabulary.questions:
            if self.answers.standing(question) is Standing.OPEN:
                yield question

    def document(self, on: date) -> Document:
        """Return the policy as it stands, even if a fact is missing that it needs."""
        library = laid_over(self.library, self.amendments)
        return assemble(select(library, self.answers), self.answers, on=on)


def move_of(opened: Opened, *, on: date) -> Move:
    """Compare what a draft is with its own release and would be with the one in force."""
    held = Held(opened.answers, opened.amendments)
    return move_between(held, opened.library, library_of(opened.in_force), on=on)


def needs_decision(held: Held, library: Library, newer: Library) -> bool:
    """Tell whether somebody has to decide something before answers and wording move to a release.

    New choices at a question that is answered need no decision: what was chosen still holds.
    """
    before, after = _side(held, library), _side(held, newer)
    asked = _asked(before, after)
    return bool(asked.questions or asked.unfit or any(_undecided(before, after)))


def held_by(version: PolicyVersion) -> Held:
    """Return what a version holds. Raises ``Refused`` if that is damaged."""
    answers = to_text(raw_answers(version.answers))
    return Held(answers, amendments_from_text(version.amendments))


def move_between(held: Held, library: Library, newer: Library, *, on: date) -> Move:
    """Compare what the same answers and wording give with two libraries."""
    before, after = _side(held, library), _side(held, newer)
    asked = _asked(before, after)
    changed = redline_documents(before.document(on), after.document(on)).changed_only()
    return Move(
        questions=asked.questions,
        offers=asked.offers,
        unfit=asked.unfit,
        redline=changed,
        why=tuple(_explained(changed, library, newer)),
        reworded=tuple(_reworded(before, after)),
        wording=tuple(_undecided(before, after)),
    )


def asked_anew(opened: Opened) -> Asked | None:
    """Return what is asked of a policy's draft, and was not of the version that it was begun from.

    An offer of which something is ticked is answered. ``None`` where both have one release, or
    the version can no longer be read.
    """
    draft = opened.draft
    began = PolicyVersion.objects.filter(policy=draft.policy_id, number=draft.base)
    version = began.only("release", "answers", "amendments").first() if draft.base else None
    if version is None or version.release == opened.library.digest:
        return None
    try:
        before = _side(held_by(version), library_of(version.release))
    except UNREADABLE:
        return None
    after = Side(opened.library, opened.reading)
    asked = _asked(before, after)
    return replace(asked, offers=tuple(one for one in asked.offers if not _is_taken(one, after)))


def _side(held: Held, library: Library) -> Side:
    return Side(library, read_answers(library.digest, held.answers), held.amendments)


def _asked(before: Side, after: Side) -> Asked:
    unfit = tuple(_unfit(before, after))
    return Asked(
        questions=tuple(_newly_open(before, after, {one.question.id for one in unfit})),
        offers=tuple(_offers(before, after)),
        unfit=unfit,
    )


def _explained(changed: DocumentRedline, library: Library, newer: Library) -> Iterator[WhyChanged]:
    """Give the clauses of a redline with what the desk said of their versions in between.

    One query, however many there are. A clause that is only put in or left out by its condition
    has the same version in both libraries, so there is nothing to say of it; nor is there where
    files were loaded without a word.
    """
    old, new = _versions(library), _versions(newer)
    titles = {one.slug: one.title for section in changed.sections for one in section.clauses}
    slugs = [slug for slug in titles if old.get(slug) != new.get(slug)]
    if not slugs:
        return
    settled = ClauseVersion.objects.filter(state__in=[State.RELEASED, State.RETIRED])
    said: dict[str, list[str]] = {slug: [] for slug in slugs}
    rows = settled.filter(clause__in=slugs).exclude(reason__in=["", REASON]).order_by("number")
    for slug, number, reason in rows.values_list("clause", "number", "reason"):
        is_between = old.get(slug, 0) < number <= new.get(slug, number)
        if is_between and reason not in said[slug]:
            said[slug].append(reason)
    yield from (WhyChanged(titles[slug], tuple(said[slug])) for slug in slugs if said[slug])


def _versions(library: Library) -> Mapping[str, int]:
    return {clause.slug: clause.version for clause in library.clauses}


def _is_taken(offer: Offer, after: Side) -> bool:
    answer = after.answers.given.get(offer.question.id)
    ticked = answer.options if isinstance(answer, Ticked) else ()
    return any(option.id in ticked for option in offer.options)


def _undecided(before: Side, after: Side) -> Iterator[Undecided]:
    titles = {clause.slug: clause.title for clause in before.library.clauses}
    for amendment in after.amendments:
        stands = standing(amendment, after.library)
        if stands in {AmendmentStanding.DECIDE, AmendmentStanding.GONE}:
            title = titles.get(amendment.slug, amendment.slug)
            yield Undecided(amendment.slug, title, stands is AmendmentStanding.GONE)


def _newly_open(before: Side, after: Side, unfit: set[str]) -> Iterator[Question]:
    was_open = {question.id for question in before.open_questions()}
    for question in after.open_questions():
        if question.id not in was_open | unfit:
            yield question


def _offers(before: Side, after: Side) -> Iterator[Offer]:
    for was, question in _in_both(before, after):
        known = {option.id for option in was.offered}
        fresh = tuple(option for option in question.offered if option.id not in known)
        if fresh and after.answers.standing(question) is not Standing.SKIPPED:
            yield Offer(question, fresh)


def _unfit(before: Side, after: Side) -> Iterator[Unfit]:
    """Give the answers that could be read before, and cannot be or say less afterwards."""
    given = before.answers.given
    points = contact_points(given)
    for was in before.library.vocabulary.questions:
        if was.id in given and (reasons := tuple(_why_unfit(was, before, after))):
            yield Unfit(was, in_words(was, given[was.id], points), reasons)


def _why_unfit(was: Question, before: Side, after: Side) -> Iterator[str]:
    question = after.library.vocabulary.by_id.get(was.id)
    if question is None:
        yield "This is no longer asked."
        return
    yield from (p.message for p in after.reading.problems if _question_of(p) == was.id)
    answer = after.answers.given.get(was.id)
    retired = retired_in(question, answer) if answer else frozenset()
    for option in question.options:
        if option.id in retired - was.retired:
            yield f"“{option.label}” is no longer offered, and the policy says nothing of it."


def _question_of(problem: Problem) -> str:
    return problem.where.partition(".")[0]


def _reworded(before: Side, after: Side) -> Iterator[tuple[Change, ...]]:
    for was, question in _in_both(before, after):
        answer = before.answers.in_force.given.get(was.id)
        if answer is None:
            continue
        texts = [(_text(was.ask, was.help), _text(question.ask, question.help))]
        for name in answer.options if isinstance(answer, Ticked) else ():
            old, new = was.by_id[name], question.by_id.get(name)
            if new is not None and not new.retired:
                texts.append((_text(old.label, old.help), _text(new.label, new.help)))
        yield from (redline(old, new) for old, new in texts if old != new)


def _text(*parts: str) -> str:
    return " – ".join(part for part in parts if part)


def _in_both(before: Side, after: Side) -> Iterator[tuple[Question, Question]]:
    known = before.library.vocabulary.by_id
    for question in after.library.vocabulary.questions:
        if question.id in known:
            yield known[question.id], question
