"""``manage.py generate``: a policy from an answers file."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.core.analysis.annex import with_annex
from policygen.core.analysis.findings.laws import ledger_of
from policygen.core.problems import Refused
from policygen.policies.drafting.generation import generate
from policygen.policies.drafting.subjects import subject_of
from policygen.policies.management.commands import _answers
from policygen.rendering import FORMATS, RenderingFailed


class Command(BaseCommand):
    """Write the policy that an answers file calls for."""

    help = "Make a policy from an answers file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the answers file, the format, where to write, and the day."""
        _answers.add_arguments(parser)
        parser.add_argument("--format", choices=list(FORMATS), default="html")
        parser.add_argument(
            "--output", type=Path, metavar="PATH", help="write here, not to standard output"
        )
        parser.add_argument(
            "--annex", action="store_true", help="add what each law wants and where it is stated"
        )
        _answers.add_day(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make and write the policy."""
        on = _answers.day(options["on"])
        library, file = _answers.read(
            options["answers"], clauses=options["clauses"], release=options["release"]
        )
        try:
            document = generate(library, file.answers, on=on)
            if options["annex"]:
                subject = subject_of(library, file.answers, on=on, document=document)
                document = with_annex(document, ledger_of(subject))
            rendered = FORMATS[options["format"]].render(document)
        except Refused as refused:
            raise _answers.problems_in(options["answers"], refused) from None
        except RenderingFailed as error:
            raise CommandError(str(error)) from None
        if options["output"] is None:
            sys.stdout.buffer.write(rendered.content)
            return
        try:
            options["output"].write_bytes(rendered.content)
        except OSError as error:
            raise CommandError(
                f"{options['output']} cannot be written: {error.strerror}."
            ) from None
        self.stdout.write(f"{options['output']}: {len(rendered.content):,} bytes.")
