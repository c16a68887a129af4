"""``manage.py library``: the steps of the desk, for whoever works in a terminal or a script."""

import argparse
from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from policygen.core.problems import Refused, nearest
from policygen.library import publishing, tryout
from policygen.library.management.commands._people import add_by, person
from policygen.library.models import (
    KINDS,
    Clause,
    ClauseVersion,
    FramePiece,
    Outcome,
    Release,
    ReleaseState,
    State,
)

REFUSALS = (
    publishing.NotAllowed,
    publishing.WrongState,
    publishing.Overtaken,
    publishing.DeskBusy,
)
OPEN = Q(state__in=[State.DRAFT, State.REVIEW, State.APPROVED])


class Command(BaseCommand):
    """Submit, approve, send back, prepare, publish, cancel: each as at the desk."""

    help = "Take drafts of the library through review, and releases into force."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a step, what to do it to, who does it and why."""
        steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
        show = steps.add_parser("status", help="list what is in work, and the releases")
        show.set_defaults(run=self._status)
        for step, run, about in (
            ("submit", self._submit, "hand drafts to the approvers"),
            ("approve", self._approve, "approve what is in review, except what you edited"),
            ("send-back", self._send_back, "make drafts again, with a comment"),
            ("discard", self._discard, "throw drafts away"),
        ):
            one = self._step(steps, step, about, run)
            one.add_argument(
                "pieces",
                nargs="+",
                metavar="PIECE",
                help="such as clause:sharing-insurers, option:recipients:insurers, or “all”",
            )
        prepare = self._step(
            steps, "prepare", "freeze what is approved as a candidate", self._prepare
        )
        prepare.add_argument("--title", required=True, help="what changes, in a few words")
        prepare.add_argument("--notes", default="", help="what practices should know")
        prepare.add_argument("--on", default="", metavar="DATE", help="effective date; or today")
        self._step(steps, "try-out", "list the documents that the candidate changes", self._try_out)
        publish = self._step(steps, "publish", "publish the candidate", self._publish)
        publish.add_argument(
            "--seen", required=True, metavar="DIGEST", help="what “try-out” said of the candidate"
        )
        cancel = self._step(steps, "cancel", "cancel a release that is not in force", self._cancel)
        cancel.add_argument("number", type=int)

    def _step(
        self, steps: Any, name: str, about: str, run: Callable[..., None]
    ) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = steps.add_parser(name, help=about)
        add_by(parser, required=True)
        parser.add_argument("--why", default="", help="the reason, kept in the log")
        parser.set_defaults(run=run)
        return parser

    def handle(self, *_args: Any, run: Callable[..., None], **options: Any) -> None:
        """Do the step."""
        try:
            run(**options)
        except Refused as refused:
            for problem in refused.problems:
                self.stderr.write(str(problem))
            raise CommandError("Nothing was changed.") from None
        except REFUSALS as error:
            raise CommandError(str(error)) from None

    # ---------------------------------------------------------------- pieces

    def _each(self, names: list[str], state: State) -> list[publishing.AnyPiece]:
        if names == ["all"]:
            return [row for m in KINDS.values() for row in m._default_manager.filter(state=state)]
        return [_piece(name) for name in names]

    def _submit(self, *, pieces: list[str], by: str, **_: Any) -> None:
        who = person(by)
        self._do(
            self._each(pieces, State.DRAFT),
            lambda piece: publishing.submit(piece, by=who, seen=piece.revision),
            "is in review",
        )

    def _approve(self, *, pieces: list[str], by: str, why: str, **_: Any) -> None:
        who = person(by)
        self._do(
            self._each(pieces, State.REVIEW),
            lambda piece: publishing.approve(piece, by=who, seen=piece.revision, why=why),
            "is approved",
        )

    def _send_back(self, *, pieces: list[str], by: str, why: str, **_: Any) -> None:
        who = person(by)
        self._do(
            self._each(pieces, State.REVIEW),
            lambda piece: publishing.send_back(piece, by=who, seen=piece.revision, why=why),
            "is a draft again",
        )

    def _discard(self, *, pieces: list[str], by: str, why: str, **_: Any) -> None:
        who = person(by)
        self._do(
            # clauses first: they stand on the others
            self._each(pieces, State.DRAFT)[::-1],
            lambda piece: publishing.discard(piece, by=who, seen=piece.revision, why=why),
            "is thrown away",
        )

    def _do(
        self,
        pieces: list[publishing.AnyPiece],
        step: Callable[[publishing.AnyPiece], object],
        what: str,
    ) -> None:
        """Take a step with all the pieces, or with none."""
        names = [f"{piece.kind}:{piece.name}" for piece in pieces]
        with publishing.at_the_desk():
            for name, piece in zip(names, pieces, strict=True):
                try:
                    step(piece)
                except REFUSALS as error:
                    raise CommandError(f"{name}: {error}") from None
                except Refused as refused:
                    raise Refused(problem.inside(name) for problem in refused.problems) from None
        for name in names:
            self.stdout.write(f"{name} {what}.")
        if not names:
            self.stdout.write("There is nothing to do.")

    # ---------------------------------------------------------------- releases

    def _prepare(self, *, title: str, notes: str, on: str, by: str, **_: Any) -> None:
        today = timezone.localdate()
        release = publishing.prepare_release(
            title=title,
            notes=notes,
            effective_from=_day(on) if on else today,
            by=person(by),
            today=today,
        )
        self.stdout.write(f"{release} ({release.digest[:12]}) is prepared. Try it out, publish it.")

    def _try_out(self, *, by: str, **_: Any) -> None:
        candidate = _candidate()
        tried = tryout.start(candidate, by=person(by))
        while tried.finished_at is None:
            tryout.compute(tried)
        changed = tried.sets.filter(outcome=Outcome.CHANGED)
        for one in changed:
            self.stdout.write(f"changes: {one.source} {one.key} ({one.title})")
        for where, message in tried.guards:
            self.stderr.write(f"{where}: {message}")
        self.stdout.write(
            f"{changed.count()} of {tried.total} documents change. To publish {candidate}: "
            f"--seen {candidate.digest[:12]}"
        )

    def _publish(self, *, by: str, seen: str, **_: Any) -> None:
        candidate = _candidate()
        if len(seen) < 12 or not candidate.digest.startswith(seen):
            raise CommandError(
                f"--seen: the candidate is {candidate.digest[:12]} now. Try it out first."
            )
        release = publishing.publish_release(
            candidate, by=person(by), seen=candidate.mark, today=timezone.localdate()
        )
        self.stdout.write(f"{release} is published, effective from {release.effective_from}.")

    def _cancel(self, *, number: int, by: str, why: str, **_: Any) -> None:
        release = Release.objects.filter(number=number).first()
        if release is None:
            raise CommandError(f"There is no release {number}.")
        publishing.cancel_release(release, by=person(by), why=why, today=timezone.localdate())
        self.stdout.write(f"{release} is cancelled.")

    def _status(self, **_: Any) -> None:
        for model in KINDS.values():
            for piece in model._default_manager.filter(OPEN):
                self.stdout.write(f"{piece.get_state_display()}: {piece.kind}:{piece.name}")
        for release in Release.objects.defer("snapshot", "frame"):
            state = release.get_state_display().lower()
            self.stdout.write(f"{release}: {state}, effective from {release.effective_from}")


def _candidate() -> Release:
    candidate = Release.objects.filter(state=ReleaseState.CANDIDATE).first()
    if candidate is None:
        raise CommandError("There is no candidate. Run: manage.py library prepare")
    return candidate


def _piece(name: str) -> FramePiece | ClauseVersion:
    kind, _, rest = name.partition(":")
    if kind not in KINDS:
        raise CommandError(f"“{name}” names no piece. {nearest(kind, KINDS)}")
    found: FramePiece | ClauseVersion | None
    if kind == "clause":
        clause = Clause.objects.filter(pk=rest).select_related("newest").first()
        found = clause.newest if clause else None
    else:
        found = KINDS[kind]._default_manager.filter(pk=rest).first()
    if found is None:
        raise CommandError(f"There is no {kind} “{rest}”. See: manage.py library status")
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--on: “{text}” is no date. Write it as 2026-01-31.") from None
