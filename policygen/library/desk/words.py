"""The words in which the desk speaks of the library, as it is being worked on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from django.utils import timezone

from policygen.core.conditions import parse_condition
from policygen.core.in_words import condition_in_words
from policygen.core.problems import Refused
from policygen.core.text import day_in_words
from policygen.core.vocabulary import Vocabulary
from policygen.library.checks import to_frame
from policygen.library.desk.changes import Words
from policygen.library.models import Release, Section
from policygen.library.pieces import working_frame


def release_in_words(release: Release | None) -> str:
    """Return the name of a release, and its day if that has not come: it may not be in force."""
    if release is None:
        return "no release"
    if release.effective_from <= timezone.localdate():
        return str(release)
    return f"{release} (scheduled for {day_in_words(release.effective_from)})"


def words_now() -> Words:
    """Return titles of sections and words for conditions, from the working rows. Five queries.

    Where the rows make no library just now, conditions stay without words.
    """
    sections = dict(Section.objects.values_list("name", "title"))
    try:
        frame = to_frame(working_frame())
    except Refused:
        return Words(sections)
    return Words(sections, partial(_sentence, frame.vocabulary))


def _sentence(vocabulary: Vocabulary, when: Mapping[str, Sequence[str]]) -> str:
    try:
        condition = parse_condition(when)
    except Refused:
        return ""
    if not vocabulary.atoms.issuperset(condition.atoms()):
        return "It names answers that the vocabulary no longer has."
    return condition_in_words(condition, vocabulary)
