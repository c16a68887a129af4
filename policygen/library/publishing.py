"""The editorial life of the library: every change of a piece or a release is a function here.

    draft ──submit──▶ in review ──approve──▶ approved ──publish──▶ released, or retired if withdrawn
      ▲                   │                     │
      └─────send back─────┴──────send back──────┘

Each function takes who (``None`` for files), and where a decision is made, the ``seen`` revision:
what was changed meanwhile is never decided upon. All of them run one after the other, each in one
transaction that also writes the log, so there is never half of one.

They raise ``NotAllowed``, ``WrongState``, ``Overtaken``, ``DeskBusy`` or ``Refused``, each with a
message for the person; then nothing was changed.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TypeVar, cast

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Max, ProtectedError
from django.utils import timezone

from policygen.core.library import canonical_json
from policygen.core.problems import Problem, Refused
from policygen.core.text import TextRefused, clean_text
from policygen.library import guards, pieces, tryout
from policygen.library.checks import broken_without, checked
from policygen.library.log import Line, line_of, write
from policygen.library.models import (
    FRAME,
    KINDS,
    Clause,
    ClauseVersion,
    FramePiece,
    Option,
    Release,
    ReleaseClause,
    ReleaseState,
    State,
    Transition,
)
from policygen.library.pieces import Content, Said, to_library

AnyPiece = FramePiece | ClauseVersion
P = TypeVar("P", bound=FramePiece | ClauseVersion)

DRAFT, APPROVE, RELEASE = "draft_library", "approve_library", "release_library"
"""Permissions, in the app ``library``."""

LOCK = 0x706F6C696379
"""The key of PostgreSQL's advisory lock that stands for the desk."""

WHY_LIMIT = 5_000
"""The longest reason or comment, in characters."""


logger = logging.getLogger(__name__)


class NotAllowed(Exception):
    """This person may not do this."""


class WrongState(Exception):
    """The piece or release is not where this can be done to it."""


class Overtaken(Exception):
    """Somebody changed the piece since it was seen; ``piece`` is how it stands now."""

    def __init__(self, piece: AnyPiece) -> None:
        self.piece = piece
        who = piece.edited_by.get_username() if piece.edited_by else "Somebody"
        super().__init__(
            f"{who} changed this after you opened it. Nothing was overwritten. "
            "Look at both texts, and decide again."
        )


class DeskBusy(Exception):
    """Another change is being saved and takes long."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else is saving just now. Nothing of yours was changed. Try again."
        )


class DatabaseGone(DeskBusy):
    """The connection to the database broke while something was done."""

    def __init__(self) -> None:
        Exception.__init__(
            self,
            "The connection to the database broke. What you did was done wholly or not at all. "
            "Open the page again to see which, and try again if need be.",
        )


@contextmanager
def at_the_desk() -> Iterator[None]:
    """Do one change of the library after the other, each wholly or not at all."""
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":  # SQLite begins every transaction with its lock
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            yield
    except (OperationalError, InterfaceError) as error:
        if _is_locked(error):
            raise DeskBusy from error
        if not _is_gone(error):
            raise
        logger.exception("The connection to the database broke")
        raise DatabaseGone from error


def _is_locked(error: Exception) -> bool:
    """Tell whether somebody else held a lock for too long, or a deadlock was ended."""
    if connection.vendor == "postgresql":
        return getattr(error.__cause__, "sqlstate", None) in {"55P03", "40P01"}
    return "is locked" in str(error)


def _is_gone(error: Exception) -> bool:
    """Tell whether PostgreSQL ended or lost the connection, by the class of its error code."""
    code = getattr(error.__cause__, "sqlstate", None)
    return connection.vendor == "postgresql" and (code is None or code.startswith(("08", "57P")))


# ------------------------------------------------------------------ drafts


def new_clause(
    slug: str, content: Content, *, by: User | None, why: str = "", settled: bool = False
) -> ClauseVersion:
    """Write the first draft of a clause.

    ``settled`` says that the caller has checked the content, together with all that goes with it.
    """
    _require(by, DRAFT)
    with at_the_desk():
        if Clause.objects.filter(pk=slug).exists():
            raise Refused([Problem("name", "There is a clause of this name. Choose another.")])
        content = content if settled else _checked("clause", slug, 1, content)
        clause = Clause.objects.create(slug=slug)
        return _insert(ClauseVersion(clause=clause), content, by, why)


def new_frame_piece(
    kind: str,
    name: str,
    content: Content,
    *,
    by: User | None,
    why: str = "",
    settled: bool = False,
) -> FramePiece:
    """Write the first draft of a section, an option or, from files, a question.

    ``settled`` is as for ``new_clause``.
    """
    _require(by, DRAFT)
    model = cast("type[FramePiece]", KINDS[kind])
    with at_the_desk():
        if model._default_manager.filter(pk=name).exists():
            raise Refused([Problem("name", "This name is taken, and names last. Choose another.")])
        content = content if settled else _checked(kind, name, 1, content)
        piece = model(name=name)
        if isinstance(piece, Option):
            piece.question_id = name.partition(":")[0]
        return _insert(piece, content, by, why)


def begin_draft(
    clause: Clause, *, by: User | None, like: ClauseVersion | None = None, why: str = ""
) -> ClauseVersion:
    """Begin the next version of a clause: from its newest one, or like an earlier one again."""
    _require(by, DRAFT)
    with at_the_desk():
        clause = Clause.objects.select_related("newest").get(pk=clause.pk)
        newest = clause.newest
        if newest is not None and newest.state not in {State.RELEASED, State.RETIRED}:
            raise WrongState(
                f"Version {newest.number} is not released yet ({newest.get_state_display()}). "
                "Work on that one, or send it back first."
            )
        model = like or newest
        if model is None or model.clause_id != clause.pk:
            raise WrongState("There is no such version of this clause.")
        content = {**model.content(), "withdrawn": False}
        draft = ClauseVersion(clause=clause, number=(newest.number if newest else 0) + 1)
        return _insert(draft, content, by, why)


def save_draft(
    piece: P,
    content: Content,
    *,
    by: User | None,
    seen: int,
    why: str | None = None,
    settled: bool = False,
) -> P:
    """Store what somebody wrote. A released section, question or option becomes a draft by it.

    What is in review or approved is sent back first: nothing that somebody approved goes unseen.

    ``why`` is the reason for the change; without it, the reason stays. ``settled`` is as for
    ``new_clause``.
    """
    _require(by, DRAFT)
    with at_the_desk():
        piece = _fresh(piece, seen)
        if isinstance(piece, ClauseVersion) and not piece.is_open:
            raise WrongState(
                f"This version is {_standing(piece)}, and its text is fixed. Begin a draft."
            )
        if piece.state == State.REVIEW:
            raise WrongState("This is in review. Send it back first, then change it.")
        if piece.state == State.APPROVED:
            raise WrongState(
                "This is approved and waits for a release. Send it back first, then change it."
            )
        begins = not piece.is_open
        number = piece.number + begins
        content = {**piece.content(), **content}
        if not settled:
            content = _checked(piece.kind, piece.name, number, content)
        content = piece.trimmed(content)
        reason = piece.reason if why is None and not begins else _cleaned(why or "")
        if content == piece.content() and (begins or reason == piece.reason):
            return piece
        piece.take(content)
        piece.number, piece.reason, piece.state = number, reason, State.DRAFT
        piece.edited_by, piece.edited_at, piece.approved_by = by, timezone.now(), None
        _save(piece)
        write(by, [line_of(piece, "began" if begins else "saved", reason, text=True)])
        return piece


def discard(
    piece: AnyPiece, *, by: User | None, seen: int, why: str = "", settled: bool = False
) -> None:
    """Throw a draft away. What was released before it stands again; the log keeps the text.

    ``settled`` says that the caller throws away all that rests on it, too.
    """
    _require(by, DRAFT)
    with at_the_desk():
        piece = _fresh(piece, seen)
        _in_state(piece, State.DRAFT, to="throw it away")
        write(by, [line_of(piece, "discarded", _cleaned(why), text=True)])
        if isinstance(piece, ClauseVersion):
            _discard_version(piece, by)
            return
        before = pieces.released().get((piece.kind, piece.name))
        resting = [] if settled else broken_without(piece.kind, piece.name, before)
        if resting:
            raise WrongState(f"Something else rests on this draft. Change that first: {resting[0]}")
        if before is None:
            _delete(piece)
            return
        piece.take(before.content)
        piece.number = before.number
        piece.state = State.RETIRED if piece.withdrawn else State.RELEASED
        _name_people(piece)
        _save(piece)


def _name_people(piece: FramePiece) -> None:
    """Say again who wrote and who approved the edition that stands, as the log has it."""
    lines = Transition.objects.filter(kind=piece.kind, name=piece.name, number=piece.number)
    wrote = lines.filter(action__in=guards.WRITING).first()
    approval = lines.filter(action="approved").first()
    piece.reason = wrote.why if wrote else ""
    piece.edited_by_id = wrote.by_id if wrote else None
    piece.approved_by_id = approval.by_id if approval else None


def _delete(piece: FramePiece) -> None:
    try:
        piece.delete()
    except ProtectedError as error:
        names = sorted({str(row) for row in error.protected_objects})
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise WrongState(
            f"This is still needed by: {', '.join(names[:3])}{more}. "
            "Change that or throw it away first."
        ) from None


def _discard_version(version: ClauseVersion, by: User | None) -> None:
    clause = version.clause
    clause.newest = clause.versions.exclude(pk=version.pk).order_by("-number").first()
    clause.save(update_fields=["newest"])
    version.delete()
    if clause.newest is None:
        clause.delete()
    elif not _counts(clause.newest):
        line = _approved_again(clause.newest, "The release that had it was cancelled")
        write(by, [line])


def _counts(newest: ClauseVersion) -> bool:
    """Tell whether the newest release has this version, or ends the clause as this one says."""
    entries = ReleaseClause.objects.filter(release=pieces.newest_release())
    there = entries.filter(version__clause=newest.clause_id).values_list("version_id", flat=True)
    return list(there) == ([] if newest.withdrawn else [newest.pk])


# ------------------------------------------------------------------ review


def submit(piece: P, *, by: User | None, seen: int) -> P:
    """Hand a draft to the approvers. Whoever submits what came from files answers for it."""
    _require(by, DRAFT)
    with at_the_desk():
        piece = _fresh(piece, seen)
        _in_state(piece, State.DRAFT, to="submit it")
        if not piece.reason.strip():
            message = "Say why this changes. Whoever approves it needs the reason."
            raise Refused([Problem("reason", message)])
        _checked(piece.kind, piece.name, piece.number, piece.content())
        piece.edited_by = piece.edited_by or by
        return _move(piece, State.REVIEW, by, "submitted")


def approve(piece: P, *, by: User, seen: int, why: str = "") -> P:
    """Approve what is in review. Nobody approves what they edited, superusers neither."""
    _require(by, APPROVE)
    with at_the_desk():
        piece = _fresh(piece, seen)
        _in_state(piece, State.REVIEW, to="approve it")
        if by.pk in guards.editors(piece):
            raise NotAllowed("You wrote part of this. Somebody else must approve it.")
        _checked(piece.kind, piece.name, piece.number, piece.content())
        piece.approved_by = by
        return _move(piece, State.APPROVED, by, "approved", why)


def send_back(piece: P, *, by: User, seen: int, why: str) -> P:
    """Make a draft again of what is in review or approved, with a comment for its author.

    Approvers send back; who may write drafts can take their own back.
    """
    with at_the_desk():
        piece = _fresh(piece, seen)
        if piece.state not in {State.REVIEW, State.APPROVED}:
            raise WrongState(
                f"This is {_standing(piece)}. Only what is in review can be sent back."
            )
        if not (piece.edited_by_id == by.pk and by.has_perm(f"library.{DRAFT}")):
            _require(by, APPROVE)
        if not _cleaned(why):
            raise Refused([Problem("why", "Say what is to be changed.")])
        piece.approved_by = None
        return _move(piece, State.DRAFT, by, "sent back", why)


def comment(subject: AnyPiece | Release, *, by: User, why: str) -> None:
    """Write a comment into the log of a piece or a release."""
    if not any(by.has_perm(f"library.{name}") for name in (DRAFT, APPROVE, RELEASE)):
        raise NotAllowed("You may read the library. To comment, ask for a role at the desk.")
    why = _cleaned(why)
    if not why:
        raise Refused([Problem("why", "Write the comment first.")])
    with at_the_desk():
        write(by, [line_of(subject, "commented", why)])


# ------------------------------------------------------------------ releases


def prepare_release(
    *, title: str, notes: str, effective_from: date, by: User | None, today: date
) -> Release:
    """Freeze all that is approved as a candidate; it replaces the candidate there may be.

    Nothing is in force by it: ``publish_release`` does that, with this very text. Without anything
    approved there is nothing to release.
    """
    _require(by, RELEASE)
    title, notes = _cleaned(title, "title"), _cleaned(notes, "notes")
    if effective_from < today:
        message = "This day has passed. Choose today or a later day."
        raise Refused([Problem("effective_from", message)])
    with at_the_desk():
        if not any(model._default_manager.filter(state=State.APPROVED) for model in KINDS.values()):
            message = "Nothing new is approved, so there is nothing to release."
            raise Refused([Problem("", message)])
        frozen = _frozen(pieces.candidate())
        for replaced in Release.objects.filter(state=ReleaseState.CANDIDATE):
            write(by, [line_of(replaced, "replaced")])
            replaced.delete()
        last = Release.objects.aggregate(Max("number"))["number__max"] or 0
        release = Release.objects.create(
            number=last + 1,
            title=title,
            notes=notes,
            effective_from=effective_from,
            made_at=timezone.now(),
            made_by=by,
            **frozen,
        )
        write(by, [line_of(release, "prepared", title)])
        return release


def _frozen(contents: pieces.Contents) -> dict[str, str]:
    """Return the texts that a release keeps of contents. Raises ``Refused``."""
    library = to_library(contents)
    return {
        "digest": library.digest,
        "snapshot": canonical_json(library.to_json()),
        "frame": canonical_json(pieces.frame_to_json(contents)),
    }


def discard_release(release: Release, *, by: User, why: str = "") -> None:
    """Throw a candidate away; what was approved stays approved."""
    _require(by, RELEASE)
    with at_the_desk():
        release = _fresh_release(release)
        if release.state != ReleaseState.CANDIDATE:
            raise WrongState(f"{release} is {release.get_state_display().lower()} and stays.")
        write(by, [line_of(release, "discarded", _cleaned(why))])
        release.delete()


def publish_release(release: Release, *, by: User | None, seen: str, today: date) -> Release:
    """Publish a candidate, as the last step after trying it out.

    ``seen`` is the mark of the candidate that was seen (``Release.mark``). It must still be what is
    approved, and it must have been tried out against what is in force, with no guard speaking
    against it (``Refused`` says which do). If its day has passed, it takes effect ``today``.
    Publishing what is published already does nothing.
    """
    _require(by, RELEASE)
    with at_the_desk():
        release = _fresh_release(release)
        if release.state == ReleaseState.PUBLISHED and release.mark == seen:
            return release
        if release.state != ReleaseState.CANDIDATE or release.mark != seen:
            raise WrongState("This candidate is no longer there. Prepare the release again.")
        contents = pieces.candidate()
        if not _holds(release, contents):
            raise WrongState(
                "Something was approved or sent back after this release was prepared. "
                "Prepare it again, so that you publish what you have seen."
            )
        tried = tryout.finished_for(release)
        if tried is None:
            raise WrongState(
                f"{release} was not tried out against what is in force. Try it out first: "
                "the button to publish it stands at the end."
            )
        found = [Problem(where, message) for where, message in tried.guards]
        if problems := [*guards.date_problems(release), *found]:
            raise Refused(problems)
        return _publish(release, contents, by, today)


def _holds(release: Release, contents: pieces.Contents) -> bool:
    """Tell whether a candidate holds these contents and no others.

    To read 5,000 clauses takes seconds, which the desk need not wait for: mostly the plain forms
    are equal as they are.
    """
    if hashlib.sha256(release.snapshot.encode()).hexdigest() != release.digest:
        return False
    if release.frame != canonical_json(pieces.frame_to_json(contents)):
        return False
    plain = pieces.to_plain(contents)
    plain["clauses"] = _by_slug(plain["clauses"])
    frozen = json.loads(release.snapshot)
    frozen["clauses"] = _by_slug(frozen["clauses"])
    return frozen == plain or to_library(contents).digest == release.digest


def _by_slug(clauses: Sequence[Content]) -> dict[str, Content]:
    return {clause["slug"]: clause for clause in clauses}


def _publish(release: Release, contents: pieces.Contents, by: User | None, today: date) -> Release:
    numbers = {name: said.number for (kind, name), said in contents.items() if kind == "clause"}
    versions = {
        version.clause_id: version
        for version in ClauseVersion.objects.filter(clause__in=numbers)
        if version.number == numbers[version.clause_id]
    }
    ReleaseClause.objects.bulk_create(
        [
            ReleaseClause(release=release, version=version)
            for version in versions.values()
            if not version.withdrawn
        ],
        batch_size=500,
    )
    lines = [line for model in KINDS.values() for line in _release_all(model, release)]
    release.state, release.published_by = ReleaseState.PUBLISHED, by
    release.published_at = timezone.now()
    release.effective_from = max(release.effective_from, today)  # it was not in force before now
    release.save(update_fields=["state", "effective_from", "published_by", "published_at"])
    write(by, [*lines, line_of(release, "published", release.title)])
    return release


def _release_all(model: type[FramePiece] | type[ClauseVersion], release: Release) -> list[Line]:
    """Let what is approved be released, or retired where it was withdrawn."""
    lines = []
    for withdrawn, state, action in (
        (False, State.RELEASED, "released"),
        (True, State.RETIRED, "retired"),
    ):
        approved = model._default_manager.filter(state=State.APPROVED, withdrawn=withdrawn)
        lines += [line_of(piece, action, f"In release {release.number}") for piece in approved]
        approved.update(state=state)
    return lines


def cancel_release(release: Release, *, by: User, why: str, today: date) -> Release:
    """Take back a published release before its effective date. What it released is approved again.

    A clause that somebody works on already stays as it is. An option, section or question has one
    row only, so it must not be under work.
    """
    _require(by, RELEASE)
    why = _cleaned(why)
    if not why:
        raise Refused([Problem("why", "Say why the release is cancelled.")])
    with at_the_desk():
        release = _fresh_release(release)
        newest = pieces.newest_release()
        if release.state != ReleaseState.PUBLISHED or release.effective_from <= today:
            raise WrongState("Only a release whose effective date has not come can be cancelled.")
        if newest is None or newest.pk != release.pk:
            raise WrongState(f"Cancel {newest} first: it was made from this one.")
        said = pieces.contents_of(release)
        if begun := _begun_on(said):
            raise WrongState(
                f"Somebody is changing what this release brought: {begun}. "
                "Have that approved, or throw the draft away, then cancel."
            )
        release.state = ReleaseState.CANCELLED
        release.save(update_fields=["state"])
        ReleaseClause.objects.filter(release=release).delete()
        lines = [_approved_again(row, f"{release} was cancelled") for row in _brought_by(said)]
        write(by, [line_of(release, "cancelled", why), *lines])
        return release


def _begun_on(cancelled: pieces.Contents) -> str:
    """Name a row of the frame that a release changed and that is being changed again."""
    before = {
        key: said
        for number in Release.objects.filter(state=ReleaseState.PUBLISHED)[1:2]
        for key, said in pieces.contents_of(number).items()
    }
    for model in FRAME:
        for row in model._default_manager.exclude(state__in=[State.RELEASED, State.RETIRED]):
            key = (row.kind, row.name)
            if key in cancelled and cancelled[key] != before.get(key):
                return f"{row.kind} {row.name}"
    return ""


def _brought_by(cancelled: pieces.Contents) -> Iterator[AnyPiece]:
    """Give the rows that were released or retired by a cancelled release, and still stand so."""
    before, settled = pieces.released(), [State.RELEASED, State.RETIRED]
    for model in FRAME:
        for row in model._default_manager.filter(state__in=settled):
            key = (row.kind, row.name)
            if cancelled.get(key) == pieces.said(row) != before.get(key):
                yield row
    for version in ClauseVersion.objects.filter(state__in=settled, newest_of__isnull=False):
        key = (version.kind, version.name)
        there, earlier = cancelled.get(key), before.get(key)
        if (there is None) == version.withdrawn and there != earlier:
            yield version


def _approved_again(row: AnyPiece, why: str) -> Line:
    row.state = State.APPROVED
    _save(row)
    return line_of(row, "put back", why)


# ------------------------------------------------------------------ the first release


def put_in_force(contents: pieces.Contents, *, by: User | None, today: date) -> Release:
    """Make release 1 of contents from files, on a desk where nothing is yet.

    Raises ``WrongState`` where there is something, or ``Refused`` with what the guards say.
    """
    with at_the_desk():
        if Release.objects.exists() or Clause.objects.exists():
            raise WrongState(
                "There is work at the desk already, though nothing is released. Go on there."
            )
        if problems := list(guards.library_guards(to_library(contents))):
            raise Refused(problems)
        frozen, now = _frozen(contents), timezone.now()
        _insert_all(contents, now)
        release = Release.objects.create(
            number=1,
            title="The starter library",
            effective_from=today,
            made_at=now,
            made_by=by,
            **frozen,
        )
        return _publish(release, contents, by, today)


def _insert_all(contents: pieces.Contents, now: datetime) -> None:
    for model in FRAME:
        model._default_manager.bulk_create(
            [
                _released(model(name=name), said, now)
                for (kind, name), said in contents.items()
                if kind == model.kind
            ],
            batch_size=200,
        )
    slugs: Sequence[str] = [name for kind, name in contents if kind == "clause"]
    clauses = {slug: Clause(slug=slug) for slug in slugs}
    Clause.objects.bulk_create(clauses.values(), batch_size=500)
    versions = [
        _released(ClauseVersion(clause_id=slug), contents["clause", slug], now) for slug in slugs
    ]
    ClauseVersion.objects.bulk_create(versions, batch_size=200)
    for version in ClauseVersion.objects.filter(clause__in=slugs):
        clauses[version.clause_id].newest = version
    Clause.objects.bulk_update(clauses.values(), ["newest"], batch_size=500)


def _released(piece: P, said: Said, now: datetime) -> P:
    piece.take(said.content)
    piece.number = said.number
    piece.state = State.RETIRED if piece.withdrawn else State.RELEASED
    piece.edited_at = now
    if isinstance(piece, Option):
        piece.question_id = piece.name.partition(":")[0]
    return piece


# ------------------------------------------------------------------ steps that they share


def _require(by: User | None, permission: str) -> None:
    if by is not None and not by.has_perm(f"library.{permission}"):
        roles = {
            DRAFT: "write drafts of the library. Ask to become a clause drafter",
            APPROVE: "approve drafts. Ask to become a clause approver",
            RELEASE: "publish releases. Ask to become a release manager",
        }
        raise NotAllowed(f"You may not {roles[permission]}.")


def _fresh(piece: P, seen: int) -> P:
    """Return the row as it stands now, if it is what was seen."""
    fresh = type(piece)._default_manager.filter(pk=piece.pk).select_related("edited_by").first()
    if fresh is None:
        raise WrongState("This was thrown away meanwhile. The log still has its text.")
    if fresh.revision != seen:
        raise Overtaken(fresh)
    return cast("P", fresh)


def _fresh_release(release: Release) -> Release:
    fresh = Release.objects.filter(pk=release.pk).first()
    if fresh is None:
        raise WrongState("This candidate was replaced or thrown away. Prepare the release again.")
    return fresh


def _in_state(piece: AnyPiece, state: State, *, to: str) -> None:
    if piece.state != state:
        raise WrongState(f"This is {_standing(piece)}, so you cannot {to}.")


def _cleaned(text: str, field: str = "why") -> str:
    """Return a reason, a comment or a note as the log keeps it. Raises ``Refused``."""
    try:
        return clean_text(text, limit=WHY_LIMIT)
    except TextRefused as refused:
        raise Refused([Problem(field, str(refused))]) from None


def _standing(piece: AnyPiece) -> str:
    """Return where a piece stands, to follow “This is”."""
    if piece.state == State.DRAFT:
        return "a draft"
    return str(piece.get_state_display()).lower()


def _checked(kind: str, name: str, number: int, content: Content) -> Content:
    if content["withdrawn"] and kind == "clause":
        return content
    return checked(kind, name, Said(number, content))


def _insert(piece: P, content: Content, by: User | None, why: str) -> P:
    piece.take(content)
    piece.reason = _cleaned(why)
    piece.edited_by, piece.edited_at = by, timezone.now()
    # No revision that an earlier draft of this name had: what was seen of that one is not this one.
    piece.revision = Transition.objects.filter(kind=piece.kind, name=piece.name).count()
    piece.save(force_insert=True)
    if isinstance(piece, ClauseVersion):
        piece.clause.newest = piece
        piece.clause.save(update_fields=["newest"])
    write(by, [line_of(piece, "began", piece.reason, text=True)])
    return piece


def _save(piece: AnyPiece) -> None:
    piece.revision += 1
    piece.save(force_update=True)


def _move(piece: P, state: State, by: User | None, action: str, why: str = "") -> P:
    piece.state = state
    _save(piece)
    write(by, [line_of(piece, action, _cleaned(why))])
    return piece
