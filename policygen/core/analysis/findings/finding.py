"""What a finding is, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from policygen.core.analysis.ledger import Ledger, ledger
from policygen.core.analysis.prescribed import without_prescribed
from policygen.core.analysis.reading import Level, Syllables, Tally, level_from, tally_of
from policygen.core.analysis.sentences import PrintedRun, Sentence, runs_of, sentences_of
from policygen.core.analysis.watch import Hit, Watch, hits_in
from policygen.core.answers import Answers
from policygen.core.clauses import Clause
from policygen.core.conditions import question_of
from policygen.core.conflicts import Severity
from policygen.core.document import ClauseText, Document
from policygen.core.library import Library
from policygen.core.selection import Selection
from policygen.core.vocabulary import Kind

TYPED = frozenset({Kind.TEXT, Kind.LINES})
"""Kinds of questions whose answers are printed in the words of whoever typed them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a document that somebody should know before it is published.

    ``code`` is stable and registered. ``says`` is what is wrong and ``mend`` what to do about it,
    both in whole sentences. ``clause`` is the slug of the clause that it is about and ``sentence``
    the words in question, as printed; both may be blank. ``questions`` are the ids of the questions
    whose answers are behind it; it is mended at the first one. ``citations`` name the law. ``rule``
    is the id of the entry of the library (a conflict, an element) or of the lists of words that
    found it, and blank for what no entry rules.
    """

    code: str
    severity: Severity
    says: str
    mend: str
    clause: str = ""
    sentence: str = ""
    questions: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True)
class Subject:
    """What findings are made from: a document, and everything that it came from.

    ``library`` has the practice's own wording laid over it; ``selection`` and ``document`` come
    from it and from ``answers``. ``today`` is the day of the review. ``words`` are the lists of
    words to look for, which belong to no release: an old text is judged by what is known today.
    """

    library: Library
    answers: Answers
    selection: Selection
    document: Document
    today: date
    syllables: Syllables
    words: tuple[Watch, ...] = ()

    @cached_property
    def clauses(self) -> Mapping[str, Clause]:
        """The clauses of the library by slug."""
        return {clause.slug: clause for clause in self.library.clauses}

    @cached_property
    def texts(self) -> Mapping[str, ClauseText]:
        """The clauses of the document by slug."""
        return {clause.slug: clause for clause in self.document.clauses()}

    @cached_property
    def runs(self) -> tuple[PrintedRun, ...]:
        """All runs of the document."""
        return tuple(runs_of(self.document))

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences of the document."""
        return sentences_of(self.document)

    @cached_property
    def own_sentences(self) -> tuple[Sentence, ...]:
        """All sentences whose words are up to the practice or the library: none is prescribed."""
        return tuple(without_prescribed(self.sentences, self.library, self.clauses))

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        """What was counted in each of these sentences."""
        return tuple(tally_of(sentence, self.syllables) for sentence in self.own_sentences)

    @cached_property
    def level(self) -> Level:
        """How the document reads."""
        return level_from(self.tallies)

    @cached_property
    def ledger(self) -> Ledger:
        """What each law wants of the document, with its reading level."""
        grade = self.level.grade if self.level.words else None
        return ledger(self.library, self.answers, self.selection, self.document, grade)

    @cached_property
    def typed(self) -> frozenset[str]:
        """The slugs of the clauses in which somebody's own words stand: wording, or typed facts."""
        typed = {one.id for one in self.library.vocabulary.questions if one.kind in TYPED}
        return frozenset(
            clause.slug
            for clause in self.document.clauses()
            if clause.amended or not typed.isdisjoint(map(question_of, clause.filled_by))
        )

    @cached_property
    def hits(self) -> tuple[Hit, ...]:
        """All that the lists of words find in these sentences."""
        return tuple(hits_in(self.own_sentences, self.words, self.answers, self.typed))

    def questions_behind(self, clause: str) -> tuple[str, ...]:
        """Return the questions whose answers brought a clause of the document in, or fill it."""
        return self._questions.get(clause, ())

    @cached_property
    def _questions(self) -> Mapping[str, tuple[str, ...]]:
        return {
            clause.slug: tuple(
                dict.fromkeys(question_of(atom) for atom in (*clause.decided_by, *clause.filled_by))
            )
            for clause in self.document.clauses()
        }


@dataclass(frozen=True)
class Check:
    """A kind of finding: its codes with what each means, and the function that finds them."""

    codes: Mapping[str, str]
    find: Callable[[Subject], Iterator[Finding]]
