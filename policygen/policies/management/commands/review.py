"""``manage.py review``: what is wrong with a policy, and what the laws want of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.core.analysis.annex import ledger_to_json
from policygen.core.analysis.findings import laws
from policygen.core.analysis.findings.finding import Finding, Subject
from policygen.core.analysis.findings.registry import review
from policygen.core.analysis.laws import Standing
from policygen.core.analysis.ledger import Account, Ledger, Line, Status
from policygen.core.conflicts import Severity
from policygen.core.library import Library
from policygen.core.problems import nearest, quoted
from policygen.policies.drafting.subjects import subject_of
from policygen.policies.management.commands import _answers

HEADINGS = {
    Severity.BLOCKS: "This keeps the policy from being published",
    Severity.WARNS: "You should look at this",
    Severity.NOTE: "Good to know",
}
ORDER = list(Severity)


class Command(BaseCommand):
    """Print findings and the ledger; end with the status 1 if something blocks."""

    help = "Review the policy that an answers file calls for: findings, and law by law."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the answers file, the laws to look at, the day, and the form."""
        _answers.add_arguments(parser)
        parser.add_argument(
            "--regime",
            action="append",
            default=[],
            metavar="ID",
            help="look at this law only, and at what blocks; may be given more than once",
        )
        parser.add_argument("--json", action="store_true", help="print JSON")
        _answers.add_day(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the review."""
        on = _answers.day(options["on"])
        library, file = _answers.read(
            options["answers"], clauses=options["clauses"], release=options["release"]
        )
        _check(options["regime"], library)
        subject = subject_of(library, file.answers, on=on)
        found = review(subject)
        if options["regime"]:
            subject = _narrowed(subject, options["regime"])
            found = _of_these(subject, found)
        ledger = laws.ledger_of(subject)
        if options["json"]:
            plain = {
                "release": library.digest,
                "date": on.isoformat(),
                "findings": [_plain(finding) for finding in found],
                **ledger_to_json(ledger),
            }
            self.stdout.write(json.dumps(plain, indent=2, ensure_ascii=False))
        else:
            lines = (*_scope(options["regime"]), *_findings(found), "", *printed_ledger(ledger))
            self.stdout.write("\n".join(lines))
        blocking = sum(finding.severity is Severity.BLOCKS for finding in found)
        if blocking:
            things = "1 finding keeps" if blocking == 1 else f"{blocking} findings keep"
            raise CommandError(f"{things} the policy from being published.")


def _check(regimes: list[str], library: Library) -> None:
    known = [regime.id for regime in library.regimes]
    for name in regimes:
        if name not in known:
            message = f"--regime: There is no law {quoted(name)}."
            raise CommandError(f"{message} {nearest(name, known)}")


def _narrowed(subject: Subject, regimes: list[str]) -> Subject:
    """Return a subject whose library knows these laws only."""
    library = subject.library
    chosen = tuple(regime for regime in library.regimes if regime.id in regimes)
    return replace(subject, library=replace(library, regimes=chosen))


def _of_these(narrowed: Subject, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return what is to be said of some laws, and all else that blocks: it is never hidden."""
    blocking = [one for one in found if one.severity is Severity.BLOCKS]
    theirs = [one for one in laws.find(narrowed) if one.severity is not Severity.BLOCKS]
    return (*blocking, *sorted(theirs, key=lambda one: ORDER.index(one.severity)))


def _scope(regimes: list[str]) -> Iterator[str]:
    """Say what is left out, if only some laws are looked at."""
    if regimes:
        yield (
            f"Only what concerns these laws: {', '.join(regimes)}. "
            "What keeps the policy from being published is shown all the same."
        )
        yield ""


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "says": finding.says,
        "mend": finding.mend,
        "clause": finding.clause,
        "sentence": finding.sentence,
        "questions": list(finding.questions),
        "citations": list(finding.citations),
        "rule": finding.rule,
    }


def _findings(found: tuple[Finding, ...]) -> Iterator[str]:
    for severity, heading in HEADINGS.items():
        some = [finding for finding in found if finding.severity is severity]
        if not some:
            continue
        yield f"{heading} ({len(some)})"
        for finding in some:
            yield f"- {finding.says} [{finding.code}]"
            if finding.sentence:
                yield f"  “{finding.sentence}”"
            yield f"  {finding.mend}"
            if finding.citations:
                yield f"  {'; '.join(finding.citations)}"
        yield ""
    if not found:
        yield "There is nothing to say about the policy."


def printed_ledger(ledger: Ledger) -> Iterator[str]:
    """Give the lines that are printed of a ledger: each law, and what it wants where it applies."""
    yield "Law by law"
    for account in ledger.accounts:
        yield f"- {account.regime.name} ({account.regime.id}): {account.law.standing}."
        yield f"  {account.law.reason}"
        if account.law.standing is Standing.HERE:
            yield from _account(account)


def _account(account: Account) -> Iterator[str]:
    counts = (f"{account.count(status)} {status}" for status in Status if account.count(status))
    yield f"  {', '.join(counts)}."
    for line in account.lines:
        if line.status is not Status.NOT_APPLICABLE:
            what = f"{line.element.title}, {line.element.citation}"
            yield f"    [{line.status}] {what}: {_said(line)}"


def _said(line: Line) -> str:
    if line.status in {Status.SATISFIED, Status.REWORDED} and line.stated:
        return "; ".join(f"{one.slug}: “{' '.join(one.lines)}”" for one in line.stated)
    return line.reason
