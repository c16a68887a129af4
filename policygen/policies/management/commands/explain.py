"""``manage.py explain``: which clauses a set of answers selects, and why."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from policygen.core.analysis.reasons import explained
from policygen.core.analysis.redline import Change, ClauseRedline, Mark
from policygen.core.analysis.why_not import WhyNot, why_not
from policygen.core.problems import nearest, quoted
from policygen.policies.management.commands import _answers

MARKS = {Mark.SAME: ("", ""), Mark.DELETED: ("[-", "-]"), Mark.INSERTED: ("{+", "+}")}
"""What stands before and after a changed text, as ``wdiff`` writes it."""


class Command(BaseCommand):
    """Print included and left-out clauses with their reasons, as JSON."""

    help = "Say why each clause is in the policy or not, as JSON; or what would bring one in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the answers file, and a clause to look at alone."""
        _answers.add_arguments(parser)
        parser.add_argument(
            "--why-not",
            default="",
            metavar="SLUG",
            help="say what keeps this clause out, and the smallest change that brings it in",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the explanation."""
        library, file = _answers.read(
            options["answers"], clauses=options["clauses"], release=options["release"]
        )
        today = timezone.localdate()
        if not options["why_not"]:
            found = explained(library, file.answers, on=today)
            self.stdout.write(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
            return
        try:
            answer = why_not(library, file.answers, options["why_not"], on=today)
        except LookupError:
            slugs = [clause.slug for clause in library.clauses]
            message = f"There is no clause {quoted(options['why_not'])}."
            raise CommandError(f"{message} {nearest(options['why_not'], slugs)}") from None
        self.stdout.write("\n".join(_lines(answer)))


def _lines(found: WhyNot) -> Iterator[str]:
    yield f"“{found.clause.title}” ({found.clause.slug})"
    yield found.says
    if found.is_in:
        yield "It is in the policy."
        return
    if found.redline is None:
        yield (
            "No change of the answers brings it in."
            if found.searched_all
            else "No change of a few answers was found that brings it in."
        )
        return
    yield ""
    yield "The smallest change that brings it in:"
    yield from (f"- {step.says}" for step in found.steps)
    yield ""
    yield "What that changes in the policy:"
    for section in found.redline.sections:
        for clause in section.clauses:
            yield from _changed(clause)
    if found.invented:
        yield ""
        yield "What only you know is made up here: “(your answer)”, addresses, numbers and days."


def _changed(clause: ClauseRedline) -> Iterator[str]:
    yield f"  {clause.title}"
    for line in clause.lines:
        yield f"    {''.join(map(_marked, line))}"


def _marked(change: Change) -> str:
    before, after = MARKS[change.mark]
    return f"{before}{change.text}{after}"
