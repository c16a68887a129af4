"""What ``bench.impact`` measures. To be imported where Django is set up.

It loads clauses/, changes ten clauses and three options, prepares the release, and tries it out as
the desk does, part by part: reading every set of answers with both libraries, selecting and
assembling both documents, comparing what they print, writing and storing the redlines, and at last
asking the guards. Reading the snapshots of both releases is part of the time.

*Plain* is ``select`` and ``assemble`` alone, once for each set, with answers and library read
beforehand.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from policygen.core.answers import Answers, sift_answers
from policygen.core.assembly import assemble
from policygen.core.library import Library
from policygen.core.selection import select
from policygen.core.vocabulary import Kind
from policygen.library import publishing, sources, store, tryout
from policygen.library.loading import load_library
from policygen.library.models import Clause, Option, Outcome, Release, State, TryOut

CLAUSES = Path(__file__).resolve().parent.parent / "clauses"
SETS, CLAUSES_CHANGED, OPTIONS_CHANGED, ROUNDS = 1000, 10, 3, 3


class Generated:
    """A source of sets: each is an example in which some answers are others, always the same."""

    name, label, blocks = "generated", "Generated sets", False

    def __init__(self, library: Library) -> None:
        examples = sources.SOURCES["examples"]
        found = [one.raw for one in examples.sets(list(examples.keys()))]
        self.all = [
            sources.AnswerSet(str(number), f"Set {number}", raw)
            for number, raw in enumerate(varied(found, library))
        ]

    def keys(self) -> Sequence[str]:
        """Return the keys of all sets."""
        return [one.key for one in self.all]

    def sets(self, keys: Iterable[str]) -> Iterator[sources.AnswerSet]:
        """Give the sets of these keys."""
        return (self.all[int(key)] for key in keys)


def varied(examples: Sequence[Any], library: Library) -> Iterator[dict[str, Any]]:
    """Give raw answers: the examples in turns, with six questions answered by chance."""
    chance = random.Random(2026)
    asked = [q for q in library.vocabulary.questions if q.kind is Kind.MANY]
    for number in range(SETS):
        raw = {**examples[number % len(examples)], "practice_name": f"Practice {number}"}
        for question in chance.sample(asked, 6):
            ids = [option.id for option in question.offered]
            raw[question.id] = chance.sample(ids, chance.randint(0, min(8, len(ids))))
        yield raw


def candidate() -> Release:
    """Return a candidate that changes ten clauses and three options."""
    today = timezone.localdate()
    clauses = list(Clause.objects.order_by("slug"))
    for clause in clauses[:: len(clauses) // CLAUSES_CHANGED][:CLAUSES_CHANGED]:
        draft = publishing.begin_draft(clause, by=None)
        said = f"{draft.body.rstrip()}\n\nThis is said of {clause} since today."
        _approved(draft, body=said)
    options = Option.objects.filter(state=State.RELEASED, question="data").order_by("name")
    for option in list(options)[:OPTIONS_CHANGED]:
        _approved(option, phrase=f"{option.phrase} in any form")
    return publishing.prepare_release(
        title="Changes", notes="", effective_from=today, by=None, today=today
    )


def _approved(piece: Any, **content: Any) -> None:
    content = {**piece.content(), **content}
    piece = publishing.save_draft(piece, content, by=None, seen=piece.revision, why="Measured")
    piece = publishing.submit(piece, by=None, seen=piece.revision)
    publishing.approve(piece, by=User.objects.get(), seen=piece.revision)


def timed(
    release: Release, library: Library, read: Sequence[Answers]
) -> tuple[TryOut, float, float]:
    """Return a finished try-out, its seconds, and those of plain assembly.

    After each part the same sets are assembled plainly, so that noise hits both alike.
    """
    store.library_of.cache_clear()
    tryout.library_tried.cache_clear()
    plain, begun = 0.0, perf_counter()
    found = tryout.start(release, by=None)
    exact = perf_counter() - begun
    while found.finished_at is None:
        done, begun = found.done, perf_counter()
        tryout.compute(found)
        between = perf_counter()
        for answers in read[done : found.done]:
            fresh = Answers(answers.vocabulary, answers.given)
            assemble(select(library, fresh), fresh, on=release.effective_from)
        exact, plain = exact + between - begun, plain + perf_counter() - between
    return found, exact, plain


def measure() -> None:
    """Print the table."""
    User.objects.create_superuser("approver")
    load_library(CLAUSES, today=timezone.localdate())
    release, library = candidate(), store.library_in_force()
    generated = Generated(library)
    sources.SOURCES.clear()
    sources.register(generated)
    read = [sift_answers(library.vocabulary, one.raw)[0] for one in generated.all]
    print("| sets | documents that change | exact impact, s | plain, s | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for _ in range(ROUNDS):
        found, exact, plain = timed(release, library, read)
        changed = found.sets.filter(outcome=Outcome.CHANGED).count()
        print(f"| {SETS:,} | {changed:,} | {exact:.1f} | {plain:.2f} | {exact / plain:.1f} |")
