"""Conflicts: answers that do not go together, or that are true and still unwise to publish.

A conflict that blocks says that no policy can be true that rests on both answers: the person must
choose. The proof over a library counts on that: it looks only at answers without such a conflict.
One that blocks and names questions (``unanswered``) demands a choice: it is gone once that is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policygen.core.answers import Answers, Standing
from policygen.core.conditions import EVERY_CASE, OPTION, Cases
from policygen.core.plain import Entry, parse_each
from policygen.core.problems import Refused, nearest, quoted
from policygen.core.regimes import LIKE_AN_ID, read_cases
from policygen.core.vocabulary import Vocabulary


class Severity(StrEnum):
    """How grave a finding is: it keeps a policy from being published, warns, or informs."""

    BLOCKS = "blocks"
    WARNS = "warns"
    NOTE = "note"


UNSETTLED = frozenset({Standing.OPEN, Standing.UNKNOWN})
"""Where a question stands that an answer would still settle."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Answers that do not go together.

    ``says`` is what is wrong, ``mend`` what to do about it, both as a manager reads it; ``why`` is
    the reason for colleagues; ``models`` are conflicts of model policies that it finds. It is found
    where ``when`` definitely holds and, if ``unanswered`` names questions, one of them applies and
    has no answer or “I don’t know yet”.
    """

    id: str
    severity: Severity
    when: Cases
    unanswered: tuple[str, ...]
    says: str
    mend: str
    why: str
    citations: tuple[str, ...]
    models: tuple[str, ...]

    def found_in(self, answers: Answers) -> bool:
        """Tell whether answers have it; whatever is unknown does not make a conflict."""
        if self.when.holds(answers.in_force) is not True:
            return False
        return not self.unanswered or bool(self.unsettled(answers))

    def unsettled(self, answers: Answers) -> tuple[str, ...]:
        """Return those questions of ``unanswered`` that apply and are open or unknown."""
        by_id = answers.vocabulary.by_id
        return tuple(n for n in self.unanswered if answers.standing(by_id[n]) in UNSETTLED)

    def to_json(self) -> dict[str, Any]:
        """Return its plain form, which ``parse_conflict`` reads."""
        return {
            "id": self.id,
            "severity": str(self.severity),
            "when": self.when.to_json(),
            "unanswered": list(self.unanswered),
            "says": self.says,
            "mend": self.mend,
            "why": self.why,
            "citations": list(self.citations),
            "models": list(self.models),
        }


CONFLICT_KEYS = frozenset(
    {"id", "severity", "when", "unanswered", "says", "mend", "why", "citations", "models"}
)


def parse_conflicts(raw: Sequence[object], vocabulary: Vocabulary) -> tuple[Conflict, ...]:
    """Read conflicts. Raises ``Refused``; places read ``<conflict>.<key>``."""
    conflicts, problems = parse_each(
        raw, lambda entry: parse_conflict(entry, vocabulary), "conflict"
    )
    if problems:
        raise Refused(problems)
    return tuple(conflicts[name] for name in sorted(conflicts))


def parse_conflict(raw: object, vocabulary: Vocabulary) -> Conflict:
    """Read one conflict. Raises ``Refused``; places are its keys."""
    entry = Entry(raw, CONFLICT_KEYS, what="a conflict")
    severity = entry.text("severity")
    if severity not in set(Severity):
        entry.refuse("severity", f"{quoted(severity)} does not fit. {nearest(severity, Severity)}")
        severity = Severity.WARNS
    unanswered = entry.texts("unanswered")
    for name in unanswered:
        if name not in vocabulary.by_id:
            known = vocabulary.by_id
            entry.refuse(
                "unanswered", f"There is no question {quoted(name)}. {nearest(name, known)}"
            )
    when = read_cases(entry, "when", vocabulary)
    if when == EVERY_CASE and not unanswered:
        entry.refuse("when", "Say for which answers it is found.")
    conflict = Conflict(
        id=entry.name("id", OPTION, LIKE_AN_ID),
        severity=Severity(severity),
        when=when,
        unanswered=unanswered,
        says=entry.line("says"),
        mend=entry.line("mend"),
        why=entry.text("why"),
        citations=entry.texts("citations"),
        models=entry.texts("models"),
    )
    if conflict.severity is Severity.BLOCKS and when == EVERY_CASE and unanswered:
        message = (
            "Say for which answers the choice must be made. If for all, the question is required."
        )
        entry.refuse("when", message)
    if entry.problems:
        raise Refused(entry.problems)
    return conflict
