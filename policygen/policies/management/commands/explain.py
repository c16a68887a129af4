"""``manage.py explain``: which clauses a set of answers selects, and why."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from policygen.policies.drafting.generation import explain
from policygen.policies.management.commands import _answers


class Command(BaseCommand):
    """Print included and left-out clauses with their reasons, as JSON."""

    help = "Say why each clause is in the policy or not, as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the answers file."""
        _answers.add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the explanation."""
        library, file = _answers.read(
            options["answers"], clauses=options["clauses"], release=options["release"]
        )
        explained = explain(library, file.answers)
        self.stdout.write(json.dumps(explained, indent=2, ensure_ascii=False))
