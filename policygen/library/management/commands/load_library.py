"""``manage.py load_library``: take the files of clauses/ to the desk."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from policygen.core.problems import Refused
from policygen.library.loading import REASON, Loaded, load_library
from policygen.library.management.commands._people import add_by, person
from policygen.library.publishing import DeskBusy, NotAllowed, WrongState

NAMED = 12
"""How many pieces a message names before it counts the rest."""


class Command(BaseCommand):
    """Load the clause library; unchanged files change nothing."""

    help = (
        "Put clauses/ in force as release 1 where there is no release yet; afterwards write a "
        "draft for each change. A library with a problem is refused, and nothing changes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, which is clauses/ unless given, and who loads it and why."""
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CLAUSES_DIR)
        add_by(parser, required=False)
        parser.add_argument("--why", default=REASON, help="the reason for the change")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load the folder."""
        by = person(options["by"]) if options["by"] else None
        try:
            loaded = load_library(
                options["folder"], today=timezone.localdate(), by=by, why=options["why"]
            )
        except Refused as refused:
            for problem in sorted(refused.problems, key=lambda p: (p.where, p.line)):
                self.stderr.write(str(problem))
            raise CommandError(
                "The library was not loaded. What was in force stays in force."
            ) from None
        except (NotAllowed, WrongState, DeskBusy) as error:
            raise CommandError(str(error)) from None
        for problem in loaded.problems:
            self.stderr.write(str(problem))
        self.stdout.write(_in_words(loaded))


def _in_words(loaded: Loaded) -> str:
    release = loaded.in_force
    name = f"Release {release.number} ({release.digest[:12]})"
    if loaded.new:
        return f"{name} is now in force."
    lines = [
        f"{words}: {_named(keys)}."
        for words, keys in (
            ("Drafts written, to be reviewed and released at the desk (/admin/)", loaded.drafts),
            ("Drafts of earlier loads thrown away, as the files say it no more", loaded.dropped),
            (
                "Left alone, because somebody works on these or they do not go with what is there",
                loaded.left_alone,
            ),
        )
        if keys
    ]
    if not lines:
        return f"{name} stays as it is. The files are as they were; nothing changed."
    return "\n".join([*lines, f"{name} stays as it is."])


def _named(keys: tuple[tuple[str, str], ...]) -> str:
    names = [f"{kind} {name}" for kind, name in keys[:NAMED]]
    rest = len(keys) - NAMED
    return ", ".join(names) + (f" and {rest} more" if rest > 0 else "")
