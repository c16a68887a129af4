"""``manage.py generate``: a policy from an answers file."""

import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from policygen.core.problems import Refused, quoted
from policygen.policies.drafting.generation import generate
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
            "--on", default="", metavar="DATE", help="the day the policy is for; today if left out"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make and write the policy."""
        on = _day(options["on"])
        library, file = _answers.read(
            options["answers"], clauses=options["clauses"], release=options["release"]
        )
        try:
            document = generate(library, file.answers, on=on)
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


def _day(text: str) -> date:
    if not text:
        return timezone.localdate()
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"--on: {quoted(text)} is no date. Write it as 2026-01-31 (year, month, day)."
        ) from None
