"""``manage.py verify``: see that every policy still says what was published."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from policygen.policies.management.commands._policies import policy_at
from policygen.policies.proof.verify import Verification, broken_seals, seals

COUNTED = ("policies", "versions", "files", "lines of logs")


class Command(BaseCommand):
    """Make every published version again, and compare it with what is stored."""

    help = (
        "Make every published version again from its answers and its release, and compare it with "
        "what is stored, byte for byte; check the chains, the logs, the files and the library. "
        "Every difference is listed; then exit status 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which policy, how thorough, and what to do about lost files."""
        parser.add_argument(
            "--policy", default="", metavar="PRACTICE/POLICY", help="look at this one alone"
        )
        parser.add_argument(
            "--quick", action="store_true", help="compare PDFs with their digests, make none again"
        )
        parser.add_argument(
            "--repair",
            action="store_true",
            help="put missing and damaged files back, where the same bytes can be made again",
        )
        parser.add_argument(
            "--seals",
            type=Path,
            metavar="FILE",
            help="see that no log was cut off since this file was written; if all is well, write "
            "it again. Keep it where nobody can reach it who can reach the database.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the check; what is wrong goes to standard error as it is found."""
        if options["seals"] and options["policy"]:
            raise CommandError("--seals is about all policies. Leave --policy out.")
        run = Verification(
            policy=policy_at(options["policy"]) if options["policy"] else None,
            quick=options["quick"],
            repair=options["repair"],
            say=self.stdout.write,
        )
        count = 0
        for problem in run.problems(timezone.localdate()):
            self.stderr.write(str(problem))
            count += 1
        if options["seals"]:
            count += self._unsealed(options["seals"])
        self._tell(run.elsewhere)
        if count:
            noun = "problem" if count == 1 else "problems"
            raise CommandError(
                f"{count} {noun}. docs/operating.md says what to do, under “Verify”."
            )
        if options["seals"]:
            _write_seals(options["seals"])
        counted = [f"{run.counts[name]:,} {name}" for name in COUNTED]
        self.stdout.write(f"{', '.join(counted[:-1])} and {counted[-1]}: no problem found.")

    def _unsealed(self, path: Path) -> int:
        """List the seals that do not hold, and return how many there are."""
        try:
            lines = path.read_text().splitlines() if path.exists() else []
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} cannot be read: {error}.") from None
        broken = list(broken_seals(lines))
        for problem in broken:
            self.stderr.write(str(problem))
        return len(broken)

    def _tell(self, elsewhere: Counter[str]) -> None:
        """Say which files could not be expected to come out the same here."""
        for name, count in sorted(elsewhere.items()):
            self.stdout.write(
                f"{count:,} files were made by {name}, which is not what makes them here. Their "
                "stored bytes were compared with their digests."
            )


def _write_seals(path: Path) -> None:
    """Write the ends of all logs, wholly or not at all. Raises ``CommandError``."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            file.writelines(f"{line}\n" for line in seals())
        Path(file.name).replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
