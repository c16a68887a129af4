"""What laws want of the document: what is missing, what is open, and what a lawyer should look at.

Whether something blocks is for the law and for the library's lawyers: only what a law demands, and
only where they are sure of it, keeps a policy from being published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.laws import Applies, By, Standing, questions_of
from policygen.core.analysis.ledger import Account, Gap, Ledger, Line, Status
from policygen.core.answers import Fact
from policygen.core.conflicts import Severity
from policygen.core.in_words import counted, questions_in_words
from policygen.core.placeholders import listing
from policygen.core.regimes import ADDED, REASON, REMOVED, Confidence, Duty, Element, MetBy
from policygen.core.text import day_in_words

MISSING = "law-missing"
UNANSWERED = "law-unanswered"
RECOMMENDED = "law-recommended"
OPEN = "law-open"
ELSEWHERE = "law-elsewhere"
REMOVED_BY_HAND = "law-removed"
UNEXPLAINED = "law-unexplained"
OWN_WORDING = "law-own-wording"
OUTSIDE = "law-outside"
OLDER = "law-older"

CODES = {
    MISSING: "A law wants something stated, and the text does not state it.",
    UNANSWERED: "A law may want something stated, and that waits for an answer.",
    RECOMMENDED: "Good practice or guidance wants something stated that the text does not state.",
    OPEN: "It is not decided whether a law applies.",
    ELSEWHERE: "A law applies that wants a document of its own.",
    REMOVED_BY_HAND: "Somebody removed a law that applies by the answers.",
    UNEXPLAINED: "Somebody added or removed a law and gave no reason.",
    OWN_WORDING: "The practice’s own wording stands where a law wants something stated.",
    OUTSIDE: "A law wants something done that no text can do.",
    OLDER: "The policy gives a day that is older than the library’s reading of a law.",
}

DATES = ("last_updated", "effective_date")
"""Questions for the day that a policy itself gives, the more telling one first."""

NAMED_GAPS = 2
"""How many clauses a finding names with the reason that keeps them out."""

NAMED = 3
"""How many laws or elements a sentence names before it counts the others."""


def ledger_of(subject: Subject) -> Ledger:
    """Return the ledger of a document with its reading level."""
    return subject.ledger


def find(subject: Subject) -> Iterator[Finding]:
    """Give all findings on laws, law by law."""
    accounts = ledger_of(subject).accounts
    laws = [account.law for account in accounts]
    yield from _pointed_to(laws, subject)
    yield from _open(laws, subject)
    for account in accounts:
        yield from _of_law(account.law, subject)
        yield from _missing(account)
        yield from _unanswered(account, subject)
        yield from _recommended(account)
        yield from _to_check(account)
    yield from _unexplained(subject)
    yield from _older(laws, subject)


CHECK = Check(CODES, find)


# ---------------------------------------------------------------- laws


def _pointed_to(laws: Iterable[Applies], subject: Subject) -> Iterator[Finding]:
    """Give the laws that are not decided although answers point to them: these block.

    Laws with a document of their own come one by one. The others are one finding: what is asked
    for one of them is often asked for another as well, and the same answers settle all.
    """
    some = [law for law in laws if _blocks_open(law)]
    with_document = [law for law in some if law.regime.held_when.atoms()]
    for law in with_document:
        yield _to_decide([law], (*law.questions, *_asked_by(law)), _of_document(law), subject)
    others = [law for law in some if law not in with_document]
    if others:
        kept = tuple(dict.fromkeys(name for law in others for name in law.kept))
        such = questions_in_words(kept[:1], subject.library.vocabulary)
        why = f"and yet you answered what is asked only for such a law: {such}"
        yield _to_decide(others, (*questions_of(others), *kept), why, subject)


def _of_document(law: Applies) -> str:
    if law.held.holds is None:
        return "and you have not said whether this text is the document that it wants"
    return "and yet you mean this text to be the document that it wants"


def _to_decide(
    laws: Sequence[Applies], questions: Iterable[str], why: str, subject: Subject
) -> Finding:
    asked = questions_in_words(questions_of(laws), subject.library.vocabulary)
    return Finding(
        OPEN,
        Severity.BLOCKS,
        f"It is not decided whether {_whether(laws)}, {why}.",
        f"Answer {asked}.",
        questions=tuple(dict.fromkeys(questions)),
        citations=tuple(dict.fromkeys(law.regime.authority for law in laws)),
        rule=laws[0].regime.id if len(laws) == 1 else "",
    )


def _blocks_open(law: Applies) -> bool:
    """Tell whether a policy cannot be published while a law is open."""
    return law.is_pointed_to and Severity.BLOCKS in map(severity_of, law.regime.elements)


def _open(laws: Iterable[Applies], subject: Subject) -> Iterator[Finding]:
    """Give one finding for all laws that are not decided: they often wait for the same answers."""
    some = [law for law in laws if law.standing is Standing.OPEN and not _blocks_open(law)]
    if some:
        questions = questions_of(some)
        yield Finding(
            OPEN,
            Severity.WARNS,
            f"It is not decided whether {_whether(some)}.",
            f"Answer {questions_in_words(questions, subject.library.vocabulary)}.",
            questions=questions,
            rule=some[0].regime.id if len(some) == 1 else "",
        )


def _whether(laws: Sequence[Applies]) -> str:
    names = [f"“{law.regime.name}”" for law in laws]
    if len(names) <= NAMED:
        return f"the policy must follow {listing(names)}"
    return f"{len(names)} laws apply, such as {listing(names[:NAMED])}"


def _names(laws: Iterable[Applies]) -> str:
    return listing([f"“{law.regime.name}”" for law in laws])


def _of_law(law: Applies, subject: Subject) -> Iterator[Finding]:
    """Give what is to be said of a law as a whole."""
    name, authority = law.regime.name, (law.regime.authority,)
    if law.standing is Standing.ELSEWHERE:
        yield Finding(
            ELSEWHERE,
            Severity.NOTE,
            f"“{name}” applies to you, and wants a document of its own. {law.reason}",
            "See that you have that document. If this text is meant to be it, say so in the "
            "answers.",
            questions=_asked_by(law),
            citations=authority,
            rule=law.regime.id,
        )
    if law.by is By.REMOVED and law.derived.holds is not False:
        yield Finding(
            REMOVED_BY_HAND,
            Severity.NOTE,
            f"The policy is not checked against “{name}”. {law.reason}",
            "Let a lawyer confirm that it does not apply.",
            questions=(REMOVED,),
            citations=authority,
            rule=law.regime.id,
        )


def _asked_by(law: Applies) -> tuple[str, ...]:
    atoms = law.regime.held_when.atoms()
    return tuple(dict.fromkeys(atom.partition(":")[0].partition(".")[0] for atom in atoms))


def _unexplained(subject: Subject) -> Iterator[Finding]:
    """Say once that a reason is missing, however many laws somebody added or removed.

    Who removes a law keeps the policy from being checked against it: that takes a reason. Who adds
    one only makes it stricter.
    """
    in_force = subject.answers.in_force
    changed = [name for name in (ADDED, REMOVED) if in_force.truth(name)]
    if changed and not in_force.truth(REASON) and REASON in subject.library.vocabulary.by_id:
        yield Finding(
            UNEXPLAINED,
            Severity.BLOCKS if REMOVED in changed else Severity.WARNS,
            f"You {'removed' if REMOVED in changed else 'added'} a law and gave no reason.",
            "Write down the reason. It is kept with every version and is not printed.",
            questions=(REASON, *changed),
        )


def _older(laws: Iterable[Applies], subject: Subject) -> Iterator[Finding]:
    """Say that the day printed in the policy is older than what the library knows of the laws."""
    name = next((one for one in DATES if subject.answers.in_force.truth(one)), "")
    answer = subject.answers.in_force.given.get(name)
    if not isinstance(answer, Fact) or not isinstance(answer.value, date):
        return
    here = [law for law in laws if law.standing is Standing.HERE]
    later = [law for law in here if answer.value < date.fromisoformat(law.regime.law_as_of)]
    if later:
        newest = max(date.fromisoformat(law.regime.law_as_of) for law in later)
        yield Finding(
            OLDER,
            Severity.NOTE,
            f"The policy gives {day_in_words(answer.value)} as its day. The text follows "
            f"{_names(later)} as read later, up to {day_in_words(newest)}.",
            "If you publish this text now, let the policy give a day of now.",
            questions=(name,),
            rule=later[0].regime.id if len(later) == 1 else "",
        )


# ---------------------------------------------------------------- elements


def _missing(account: Account) -> Iterator[Finding]:
    """Give each element that a law demands and that no answer is awaited for."""
    for line in account.lines:
        element = line.element
        if line.status is not Status.MISSING or line.waits_for or not demanded(element):
            continue
        yield Finding(
            MISSING,
            severity_of(element),
            f"{account.regime.name}: “{element.title}” is missing. {line.reason} "
            f"What the law wants: {element.states}{_doubt(element)}",
            _mend(line),
            clause=line.gaps[0].slug if len(line.gaps) == 1 else "",
            questions=tuple(dict.fromkeys(q for gap in line.gaps for q in gap.questions)),
            citations=(element.citation,),
            rule=element.id,
        )


def _unanswered(account: Account, subject: Subject) -> Iterator[Finding]:
    """Give what waits for answers: one finding for all elements of a law that weigh the same."""
    if account.law.standing is not Standing.HERE:
        return
    waiting = [line for line in account.lines if _waits(line)]
    for severity in Severity:
        lines = [line for line in waiting if severity_of(line.element) is severity]
        if not lines:
            continue
        questions = tuple(dict.fromkeys(question for line in lines for question in line.waits_for))
        asked = questions_in_words(questions, subject.library.vocabulary)
        yield Finding(
            UNANSWERED,
            severity,
            f"{account.regime.name}: {_some(lines)} {_wait(lines)} for an answer.",
            f"Answer {asked}.",
            questions=questions,
            citations=_citations(lines),
            rule=account.regime.id,
        )


def _waits(line: Line) -> bool:
    return line.status in {Status.OPEN, Status.MISSING} and bool(line.waits_for)


def _recommended(account: Account) -> Iterator[Finding]:
    lines = [
        line
        for line in account.lines
        if line.status is Status.MISSING and not line.waits_for and not demanded(line.element)
    ]
    if lines:
        yield Finding(
            RECOMMENDED,
            Severity.NOTE,
            f"{account.regime.name}: the text does not state {_titles(lines)}. No law demands "
            "that here; it is recommended.",
            _mend_all(lines),
            questions=tuple(
                dict.fromkeys(q for line in lines for gap in line.gaps for q in gap.questions)
            ),
            citations=_citations(lines),
            rule=account.regime.id,
        )


def _to_check(account: Account) -> Iterator[Finding]:
    """Give what the ledger alone cannot vouch for."""
    yield from _own_wording(account)
    outside = [line for line in account.lines if line.status is Status.REMINDER]
    if outside:
        todo = " ".join(line.element.states for line in outside)
        yield Finding(
            OUTSIDE,
            Severity.NOTE,
            f"{account.regime.name} wants something that no text can do: {_titles(outside)}.",
            todo,
            citations=_citations(outside),
            rule=account.regime.id,
        )


def _own_wording(account: Account) -> Iterator[Finding]:
    """Give what rests on own wording: one finding for all elements of a law that weigh the same.

    It warns where the same thing would block if it were missing. It does not block, for a practice
    may well say in other words what the law wants.
    """
    reworded = [line for line in account.lines if line.status is Status.REWORDED]
    for severity in (Severity.WARNS, Severity.NOTE):
        own = [line for line in reworded if _own_severity(line.element) is severity]
        if not own:
            continue
        slugs = dict.fromkeys(one.slug for line in own for one in line.stated if one.amended)
        yield Finding(
            OWN_WORDING,
            severity,
            f"{account.regime.name}: {_some(own)} {'rests' if len(own) == 1 else 'rest'} on "
            "your own wording, which does not count as stated: nobody has compared it.",
            "Have a lawyer check that your wording still says what the law wants.",
            clause=next(iter(slugs)) if len(slugs) == 1 else "",
            citations=_citations(own),
            rule=account.regime.id,
        )


def _own_severity(element: Element) -> Severity:
    return Severity.WARNS if severity_of(element) is Severity.BLOCKS else Severity.NOTE


def demanded(element: Element) -> bool:
    """Tell whether a law demands an element, rather than that somebody recommends it."""
    return element.duty is not Duty.RECOMMENDED


def severity_of(element: Element) -> Severity:
    """Return how grave it is that an element is missing."""
    if not demanded(element):
        return Severity.NOTE
    return Severity.BLOCKS if element.confidence is Confidence.HIGH else Severity.WARNS


def _doubt(element: Element) -> str:
    if element.confidence is Confidence.HIGH:
        return ""
    return f" A lawyer should confirm that: {element.doubt}"


def _mend(line: Line) -> str:
    element = line.element
    if element.met_by is MetBy.READING:
        return "Write shorter sentences and simpler words; other findings say where."
    if line.stated:
        titles = listing([f"“{one.title}”" for one in line.stated], "or")
        return f"Use the library’s own wording of {titles}."
    if not line.gaps:
        return "Ask a lawyer what to say, and ask who keeps the library for a clause that says it."
    return " ".join(_gap_in_words(gap) for gap in line.gaps[:NAMED_GAPS])


def _gap_in_words(gap: Gap) -> str:
    return f"“{gap.title}” would state it. {gap.reason}"


def _mend_all(lines: Sequence[Line]) -> str:
    """Say of each clause that is left out which elements it would state."""
    stating: dict[str, tuple[Gap, list[str]]] = {}
    others: list[str] = []
    for line in lines:
        if line.stated or not line.gaps:
            others.append(f"“{line.element.title}”: {_mend(line)}")
            continue
        gap = line.gaps[0]
        stating.setdefault(gap.slug, (gap, []))[1].append(f"“{line.element.title}”")
    with_reason = len(stating) <= NAMED_GAPS
    said = [
        f"“{gap.title}” would state {listing(titles)}.{f' {gap.reason}' if with_reason else ''}"
        for gap, titles in stating.values()
    ]
    return " ".join((*said, *others))


def _some(lines: Sequence[Line]) -> str:
    return listing(counted([f"“{line.element.title}”" for line in lines], NAMED))


def _titles(lines: Iterable[Line]) -> str:
    return listing([f"“{line.element.title}”" for line in lines])


def _wait(lines: Sequence[Line]) -> str:
    return "waits" if len(lines) == 1 else "wait"


def _citations(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.element.citation for line in lines))
