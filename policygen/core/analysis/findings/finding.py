"""What a finding is, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from policygen.core.answers import Answers
from policygen.core.conflicts import Severity
from policygen.core.document import Document
from policygen.core.library import Library
from policygen.core.selection import Selection

Syllables = Callable[[str], int]
"""How many syllables a word has, at least one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a document that somebody should know before it is published.

    ``code`` is stable and registered. ``says`` is what is wrong and ``mend`` what to do about it,
    both in whole sentences. ``clause`` is the slug of the clause that it is about and ``sentence``
    the words in question, as printed; both may be blank. ``questions`` are the ids of the questions
    whose answers are behind it; it is mended at the first one. ``citations`` name the law.
    """

    code: str
    severity: Severity
    says: str
    mend: str
    clause: str = ""
    sentence: str = ""
    questions: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What findings are made from: a document, and everything that it came from.

    ``library`` has the practice's own wording laid over it; ``selection`` and ``document`` come
    from it and from ``answers``. ``today`` is the day of the review.
    """

    library: Library
    answers: Answers
    selection: Selection
    document: Document
    today: date
    syllables: Syllables


@dataclass(frozen=True)
class Check:
    """A kind of finding: its codes with what each means, and the function that finds them."""

    codes: Mapping[str, str]
    find: Callable[[Subject], Iterator[Finding]]
