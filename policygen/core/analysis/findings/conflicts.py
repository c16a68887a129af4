"""Answers that do not go together, found by the conflicts of the library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.sentences import Place, Sentence
from policygen.core.answers import Answers, Standing
from policygen.core.conditions import question_of
from policygen.core.conflicts import Conflict, Severity

CONFLICT, RISK, NOTE = "answers-conflict", "answers-risk", "answers-note"

CODES: Mapping[Severity, str] = {
    Severity.BLOCKS: CONFLICT,
    Severity.WARNS: RISK,
    Severity.NOTE: NOTE,
}

UNSETTLED = frozenset({Standing.OPEN, Standing.UNKNOWN})


def _find(subject: Subject) -> Iterator[Finding]:
    answers = subject.answers.in_force
    printed: Mapping[str, Sentence] | None = None
    for conflict in subject.library.conflicts:
        if not found_in(conflict, answers):
            continue
        printed = _by_atom(subject.sentences) if printed is None else printed
        sentence = _sentence_behind(conflict, answers, printed)
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


def found_in(conflict: Conflict, answers: Answers) -> bool:
    """Tell whether answers have a conflict; whatever is unknown does not make one."""
    if conflict.when.holds(answers.in_force) is not True:
        return False
    return not conflict.unanswered or bool(_unsettled(conflict, answers))


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
    return tuple(dict.fromkeys([*_unsettled(conflict, answers), *map(question_of, atoms)]))


def _unsettled(conflict: Conflict, answers: Answers) -> list[str]:
    by_id = answers.vocabulary.by_id
    return [name for name in conflict.unanswered if answers.standing(by_id[name]) in UNSETTLED]


def _sentence_behind(
    conflict: Conflict, answers: Answers, printed: Mapping[str, Sentence]
) -> Sentence | None:
    """Return the first sentence of a clause that rests on what makes the conflict, if any."""
    for atom in conflict.when.deciding(True, answers):
        for ticked in answers.ticked_under(atom):
            if ticked in printed:
                return printed[ticked]
    return None


def _by_atom(sentences: Sequence[Sentence]) -> dict[str, Sentence]:
    """Return, for each answer in its text form, the first sentence that rests on it.

    A clause that an answer brought in comes before one that only prints it.
    """
    said = [sentence for sentence in sentences if sentence.place is not Place.HEADING]
    found: dict[str, Sentence] = {}
    for sentence in said:
        for atom in sentence.clause.decided_by:
            found.setdefault(atom, sentence)
    for sentence in said:
        for atom in sentence.clause.filled_by:
            found.setdefault(atom, sentence)
    return found


CHECK = Check(
    codes={
        CONFLICT: "Two answers cannot both be true, so the policy would contradict itself.",
        RISK: "Answers do not go together well, or it is unwise to publish them.",
        NOTE: "Answers are worth a second look.",
    },
    find=_find,
)
