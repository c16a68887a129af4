"""The lists of words that a review looks for: ``words.yaml`` in the folder of clauses.

They belong to no release, like the examples beside them: a text of years ago has to be judged by
what is known today.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from policygen.core.analysis.watch import Watch, parse_words
from policygen.core.problems import Problem, Refused
from policygen.core.vocabulary import Vocabulary
from policygen.library.strict_yaml import Source, decode, read_bytes, read_yaml

logger = logging.getLogger(__name__)

WORDS_FILE = "words.yaml"
KEY = "words"


def read_words(folder: Path, vocabulary: Vocabulary | None = None) -> tuple[Watch, ...]:
    """Read the lists of a clause folder; a folder without a file of them has none.

    With a vocabulary, the answers that they name must be in it. Raises ``Refused``; each problem
    names file and line.
    """
    path = folder / WORDS_FILE
    if not path.exists():
        return ()
    try:
        source = read_yaml(decode(read_bytes(path)))
    except Refused as refused:
        raise Refused(replace(problem, where=WORDS_FILE) for problem in refused.problems) from None
    if not isinstance(source.value, dict) or not isinstance(source.value.get(KEY), list):
        raise Refused([Problem(WORDS_FILE, f"Write “{KEY}:” and under it a list.", 1)])
    try:
        words = parse_words(source.value[KEY])
    except Refused as refused:
        raise Refused(_placed(problem, source) for problem in refused.problems) from None
    if vocabulary and (problems := list(_unknown(words, vocabulary))):
        raise Refused(_placed(problem, source) for problem in problems)
    return words


def words_at_hand() -> tuple[Watch, ...]:
    """Return the lists of this installation, read once. None if they cannot be read."""
    return _words_in(settings.CLAUSES_DIR)


@lru_cache(maxsize=4)
def _words_in(folder: Path) -> tuple[Watch, ...]:
    try:
        return read_words(folder)
    except Refused as refused:
        logger.warning("the lists of words cannot be read: %s", refused)
        return ()


def _unknown(words: tuple[Watch, ...], vocabulary: Vocabulary) -> list[Problem]:
    return [
        Problem(f"{watch.id}.unless", message)
        for watch in words
        for message in vocabulary.check_atoms(watch.unless.atoms() if watch.unless else ())
    ]


def _placed(problem: Problem, source: Source) -> Problem:
    """Say the line of a problem whose place is ``<id or position>.<key>``."""
    name, _, key = problem.where.partition(".")
    ids = [entry.get("id") if isinstance(entry, dict) else None for entry in source.value[KEY]]
    position = ids.index(name) if name in ids else int(name) - 1 if name.isdigit() else 0
    line = source.line((KEY, position, key) if key else (KEY, position))
    return Problem(WORDS_FILE, problem.message, line)
