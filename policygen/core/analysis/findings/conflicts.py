"""Answers that do not go together, found by the conflicts of the library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.sentences import Place, Sentence
from policygen.core.answers import Answers
from policygen.core.conditions import question_of
from policygen.core.conflicts import Conflict, Severity

CONFLICT, RISK, NOTE = "answers-conflict", "answers-risk", "answers-note"

CODES: Mapping[Severity, str] = {
    Severity.BLOCKS: CONFLICT,
    Severity.WARNS: RISK,
    Severity.NOTE: NOTE,
}

EXPLAINING = "inform"
"""The verb of clauses that explain rather than say what is done."""


def _find(subject: Subject) -> Iterator[Finding]:
    answers = subject.answers.in_force
    printed: Printed | None = None
    for conflict in subject.library.conflicts:
        if not conflict.found_in(answers):
            continue
        printed = printed or Printed.of(subject)
        sentence = _sentence_behind(conflict, subject, printed)
        yield Finding(
            code=CODES[conflict.severity],
            severity=conflict.severity,
            says=conflict.says,
            mend=conflict.mend,
            clause=sentence.clause.slug if sentence else "",
            sentence=sentence.text if sentence else "",
            questions=questions_to_look_at(conflict, answers),
            citations=conflict.citations,
            rule=conflict.id,
        )


def questions_to_look_at(conflict: Conflict, answers: Answers) -> tuple[str, ...]:
    """Return the questions behind a conflict that was found, in the order in which to look.

    What has no answer comes first, then what is not ticked, then what is: to add what is missing
    usually keeps more of the policy than to take back what is there.
    """
    lacking = [
        atom
        for condition in conflict.when.conditions
        if condition.holds(answers.in_force) is True
        for atom in condition.none
    ]
    atoms = [*lacking, *conflict.when.deciding(True, answers.in_force)]
    return tuple(dict.fromkeys([*conflict.unsettled(answers), *map(question_of, atoms)]))


def evidence(conflict: Conflict, answers: Answers) -> frozenset[str]:
    """Return the answers that make a conflict that was found: what is ticked, open or missing."""
    atoms = conflict.when.deciding(True, answers.in_force)
    ticked = (one for atom in atoms for one in answers.in_force.ticked_under(atom))
    return frozenset((*ticked, *conflict.unsettled(answers)))


@dataclass(frozen=True, slots=True)
class Printed:
    """What a document prints: the sentences of each clause, and the clauses behind each answer.

    Both are in reading order; headings are left out.
    """

    sentences: Mapping[str, Sequence[Sentence]]
    clauses: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, subject: Subject) -> Printed:
        """Look up what the document of a subject prints."""
        sentences: dict[str, list[Sentence]] = {}
        for sentence in subject.sentences:
            if sentence.place is not Place.HEADING and sentence.clause.slug in subject.clauses:
                sentences.setdefault(sentence.clause.slug, []).append(sentence)
        clauses: dict[str, list[str]] = {}
        for slug in sentences:
            text = subject.texts[slug]
            for atom in dict.fromkeys((*text.decided_by, *text.filled_by)):
                clauses.setdefault(atom, []).append(slug)
        return cls(sentences, clauses)


def _sentence_behind(conflict: Conflict, subject: Subject, printed: Printed) -> Sentence | None:
    """Return a sentence of the clause that rests most on what makes the conflict, if any does.

    Of a clause with several sentences, it is the first one that prints the very option.
    """
    answers = subject.answers.in_force
    atoms = dict.fromkeys(
        ticked
        for atom in conflict.when.deciding(True, answers)
        for ticked in answers.ticked_under(atom)
    )
    found = [
        ((*(rank := _rank(atom, subject, slug))[:-1], position, rank[-1]), slug, atom)
        for position, atom in enumerate(atoms)
        for slug in printed.clauses.get(atom, ())
    ]
    if not found:
        return None
    _, slug, atom = min(found, key=lambda one: one[0])
    option = subject.library.vocabulary.option(atom)
    phrase = option.phrase.lower() if option and " " in option.phrase else ""
    said = printed.sentences[slug]
    return next((one for one in said if phrase and phrase in one.text.lower()), said[0])


def _rank(atom: str, subject: Subject, slug: str) -> tuple[int, ...]:
    """Return how far a clause that rests on an answer, or prints it, is from being about it.

    A clause that merely explains comes last; then count whether the answer is there or missing,
    how nearly the clause names it (the option, its group, its question), whether its condition
    does so or only a placeholder, and how much else it names.
    """
    clause = subject.clauses[slug]
    condition = clause.when.atoms()
    named = {*condition, *clause.paths}
    option = subject.library.vocabulary.option(atom)
    group = f"{question_of(atom)}.{option.group}" if option else ""
    names = (atom, group, question_of(atom))
    level = next((n for n, name in enumerate(names) if name in named), len(names))
    explains = all(claim.verb == EXPLAINING for claim in clause.statements)
    there = subject.answers.in_force.truth(atom) is True
    named_by_condition = not set(condition).isdisjoint(names[level : level + 1])
    return (explains, not there, level, not named_by_condition, len(named))


CHECK = Check(
    codes={
        CONFLICT: "Two answers cannot both be true, and the person has to choose.",
        RISK: "Answers do not go together well, or it is unwise to publish them.",
        NOTE: "Answers are worth a second look.",
    },
    find=_find,
)
