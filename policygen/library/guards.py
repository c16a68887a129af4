"""What keeps a release from being published, and who may not approve a piece."""

from __future__ import annotations

import json
from collections.abc import Iterator

from policygen.core.analysis.proof import proof_problems
from policygen.core.library import Library, library_problems, parse_library
from policygen.core.problems import Problem, Refused
from policygen.core.text import day_in_words
from policygen.instruments.solver import PysatSolver
from policygen.library import sources
from policygen.library.models import ClauseVersion, FramePiece, Release, ReleaseState, Transition
from policygen.library.store import NoRelease, library_in_force

WRITING = ("began", "saved")
"""Actions of the log by which somebody becomes an editor."""


def editors(piece: FramePiece | ClauseVersion) -> set[int]:
    """Return the ids of everybody who edited this edition of a piece.

    An edition begins with its last line “began”: one that was thrown away had the same number.
    """
    lines = Transition.objects.filter(kind=piece.kind, name=piece.name, number=piece.number)
    began = lines.filter(action="began").values_list("pk", flat=True).first() or 0
    written = lines.filter(action__in=WRITING, pk__gte=began)
    found = set(written.exclude(by=None).values_list("by_id", flat=True))
    return found | ({piece.edited_by_id} if piece.edited_by_id else set())


def release_problems(release: Release) -> Iterator[Problem]:
    """Give what keeps a candidate from being published; places name the clause."""
    try:
        library = parse_library(json.loads(release.snapshot))
    except Refused as refused:
        yield from refused.problems
        return
    yield from date_problems(release)
    yield from library_guards(library)
    yield from sources.breaking(_in_force(), library)


def date_problems(release: Release) -> Iterator[Problem]:
    """Give what is wrong with the effective date of a candidate."""
    published = Release.objects.filter(state=ReleaseState.PUBLISHED)
    later = published.filter(effective_from__gt=release.effective_from).first()
    if later is not None:
        yield Problem(
            "release",
            f"{later} takes effect on {day_in_words(later.effective_from)}, after this one. "
            "Choose that day or a later one, or cancel it first.",
        )


def library_guards(library: Library) -> Iterator[Problem]:
    """Give what is wrong with a library as a whole."""
    yield from library_problems(library)
    yield from proof_problems(library, PysatSolver)


def _in_force() -> Library | None:
    try:
        return library_in_force()
    except NoRelease:
        return None
