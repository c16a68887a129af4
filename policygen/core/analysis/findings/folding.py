"""Findings that say the same, folded into one.

A manager who mends a finding should not meet it again under another name. Of several conflicts that
rest on the same answers, the gravest stays. An answer that is missing is told once: where another
finding asks for it, that finding says, too, what waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from policygen.core.analysis.findings import answers, conflicts
from policygen.core.analysis.findings.finding import Finding, Subject
from policygen.core.conditions import question_of
from policygen.core.conflicts import Conflict, Severity

UNSETTLED = frozenset({answers.OPEN, answers.UNKNOWN})
OF_CONFLICTS = frozenset(conflicts.CODES.values())
ORDER = list(Severity)


def folded(found: Iterable[Finding], subject: Subject) -> tuple[Finding, ...]:
    """Return findings without those that another one makes needless, in their order."""
    return tuple(_told_once(list(_gravest(list(found), subject)), subject))


# ---------------------------------------------------------------- conflicts


@dataclass(frozen=True, slots=True)
class Weighed:
    """A conflict that was found, with the answers that make it; a smaller ``weight`` is graver."""

    rule: str
    weight: int
    position: int
    evidence: frozenset[str]
    adds: frozenset[str]
    """What is missing, and what its mend tells to tick: that alone is enough to be rid of it."""

    def makes_needless(self, other: Weighed) -> bool:
        """Tell whether who mends this one need not be told of the other one."""
        if self.rule == other.rule or self.weight > other.weight:
            return False
        if self.evidence < other.evidence:
            return True
        before = (self.weight, self.position) < (other.weight, other.position)
        if self.adds and self.adds == other.adds:
            return before
        asked, others = (frozenset(map(question_of, one.evidence)) for one in (self, other))
        same = self.evidence == other.evidence or (asked == others and len(asked) > 1)
        return same and before


def _gravest(found: Sequence[Finding], subject: Subject) -> Iterator[Finding]:
    """Leave out conflicts of which a graver one rests on the same answers, or is mended alike.

    What blocks always stays, and so does what is found because an answer is missing.
    """
    by_id = {conflict.id: conflict for conflict in subject.library.conflicts}
    weighed = {
        one.rule: Weighed(
            one.rule,
            ORDER.index(one.severity),
            position,
            conflicts.evidence(by_id[one.rule], subject.answers),
            _adds(by_id[one.rule], subject),
        )
        for position, one in enumerate(found)
        if one.code in OF_CONFLICTS and not by_id[one.rule].unanswered
    }
    for one in found:
        own = weighed.get(one.rule) if one.code in OF_CONFLICTS else None
        if (
            own is None
            or one.severity is Severity.BLOCKS
            or not any(other.makes_needless(own) for other in weighed.values())
        ):
            yield one


def _adds(conflict: Conflict, subject: Subject) -> frozenset[str]:
    vocabulary, answers = subject.library.vocabulary, subject.answers.in_force
    holding = [one for one in conflict.when.conditions if one.holds(answers) is True]
    labels = {atom: vocabulary.option(atom) for one in holding for atom in one.none}
    return frozenset(
        atom for atom, option in labels.items() if option and f"“{option.label}”" in conflict.mend
    )


# ---------------------------------------------------------------- missing answers


def _told_once(found: Sequence[Finding], subject: Subject) -> Iterator[Finding]:
    """Leave out that an answer is missing where a finding asks for it that says why it matters."""
    missing = {one.questions[0]: one for one in found if one.code in UNSETTLED}
    asking = _asking(found, missing, subject)
    for one in found:
        if one.code in UNSETTLED and one.questions[0] in asking:
            continue
        named = [name for name, rule in asking.items() if rule == _key(one)]
        if named:
            said = " ".join(missing[name].says for name in named)
            yield replace(one, says=f"{one.says} {said}")
        else:
            yield one


def _asking(
    found: Sequence[Finding], missing: Mapping[str, Finding], subject: Subject
) -> dict[str, tuple[str, str]]:
    """Return, by question, the first conflict that is found because it has no answer."""
    by_id = {conflict.id: conflict for conflict in subject.library.conflicts}
    asking: dict[str, tuple[str, str]] = {}
    for one in found:
        if one.code in OF_CONFLICTS:
            for name in by_id[one.rule].unanswered:
                if name in missing and name in one.questions:
                    asking.setdefault(name, _key(one))
    return asking


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.rule
