"""Drafts: who may open one, what it holds, and how its answers, release and wording change.

What else becomes of one is done in ``beginning``, ``taking_over``, ``review`` and ``publishing``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from policygen.core.amendments import Amendment
from policygen.core.answers import (
    Answer,
    Answers,
    Contact,
    Fact,
    Raw,
    contact_points,
    parse_answer,
    raw_of,
    sift_answers,
)
from policygen.core.inheritance import overlaid, own_answers
from policygen.core.library import Library, canonical_json
from policygen.core.problems import Problem, Refused
from policygen.core.vocabulary import Kind, Vocabulary
from policygen.library.models import Release, ReleaseState
from policygen.library.store import NoRelease, in_force, library_of
from policygen.library.tryout import forget
from policygen.policies.drafting.levels import NOTHING, inherited_at, line_of
from policygen.policies.drafting.wording_log import changes_between, to_details
from policygen.policies.events import Action, at_policy, write
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, DraftState, Editor, Group, Level
from policygen.policies.stored import amendments_from_text, carried_over, from_text, to_text
from policygen.practices.roles import Right, Role, may

DRAFTS_LIMIT = 50
"""How many drafts one visitor may have."""

KEPT_DAYS = 30
"""How long a draft is kept after it was last saved, in days. The pages promise it."""

SIZE_LIMIT = 65_536
"""How large the answers of one draft may get, in bytes."""

TITLE_LIMIT = 200

REMEMBERED = 32
"""Of how many drafts a process keeps what was read: each takes about 200 kB."""

NO_WORDING = "[]"
"""What a draft has where the practice keeps to the library's text."""

# Every page asks this, and putting the query together would take longer than answering it. It says
# the same as store.in_force.
OPEN = """
    SELECT d.*, m.role AS role, a.needs_second_factor AS second_factor, a.time_zone AS zone, (
        SELECT digest FROM library_release
        WHERE state = %s AND effective_from <= %s
        ORDER BY number DESC LIMIT 1
    ) AS in_force
    FROM policies_draft d
    LEFT JOIN policies_policy p ON p.id = d.policy_id
    LEFT JOIN policies_level l ON l.id = d.level_id
    LEFT JOIN policies_group g ON g.id = l.group_id
    LEFT JOIN practices_practice a ON a.id = COALESCE(p.practice_id, g.practice_id)
    LEFT JOIN practices_membership m ON m.practice_id = a.id AND m.user_id = %s
    WHERE d.id = %s AND (m.role IS NOT NULL OR d.policy_id IS NULL AND d.level_id IS NULL AND (
        d.user_id = %s OR d.visitor = %s AND d.visitor <> ''
    ))
"""

UNREADABLE = (NoRelease, Release.DoesNotExist, Refused)
"""What is raised where the release of a draft is gone or damaged."""


class TooManyDrafts(Exception):
    """The visitor has as many drafts as one may have."""

    def __init__(self) -> None:
        super().__init__(
            f"You have {DRAFTS_LIMIT} drafts, which is as many as this site keeps for one person. "
            "Delete one that you no longer need, then start again."
        )


class DraftTooLarge(Exception):
    """The answers take more room than a draft has."""

    def __init__(self) -> None:
        super().__init__(
            f"These answers take more than {SIZE_LIMIT // 1024} KiB, which is more than a draft "
            "can hold. Shorten them."
        )


class NotAllowed(PermissionDenied):
    """The person may look at the draft, and not do this."""


class Overtaken(Exception):
    """Another tab answered the same questions meanwhile, or moved the draft to another release."""


@dataclass(frozen=True)
class Reading:
    """What a draft holds: the answers that can be read, and what is wrong with the others.

    ``stored`` has all of them in their raw form, readable or not.
    """

    answers: Answers
    problems: tuple[Problem, ...]
    stored: Mapping[str, Raw]


@dataclass(frozen=True)
class Opened:
    """A draft with the digests of the release that it uses and of the one in force.

    ``role`` is that of whoever opened it, in the practice that the draft belongs to; it is ``None``
    where it belongs to none, and whoever opened it may do anything. ``second_factor`` tells that
    the practice demands one of whoever works in it, and ``zone`` names its time zone. ``inherited``
    are the answers that the levels above give, where the draft is that of a level.
    """

    draft: Draft
    release: str
    in_force: str
    role: Role | None = None
    second_factor: bool = False
    zone: str = ""
    inherited: Mapping[str, Raw] = field(default_factory=dict)

    def today(self) -> date:
        """Return today's date where the practice is; without a practice it is the site's.

        Everything that is made of a draft and not published is dated by it.
        """
        return timezone.localdate(timezone=ZoneInfo(self.zone) if self.zone else None)

    def may(self, right: Right) -> bool:
        """Tell whether whoever opened it has a right in it."""
        return self.role is None or may(self.role, right)

    def require(self, right: Right) -> None:
        """Raise ``NotAllowed`` unless whoever opened it has a right in it."""
        if not self.may(right):
            raise NotAllowed

    @cached_property
    def library(self) -> Library:
        """The library that everything about the draft is made from.

        It is that of its release; if that can no longer be read, that of the release in force.
        """
        try:
            return library_of(self.release)
        except UNREADABLE:
            if self.release == self.in_force:
                raise
            return library_of(self.in_force)

    @property
    def is_displaced(self) -> bool:
        """Whether the release of the draft can no longer be read."""
        return self.library.digest != self.release

    @property
    def amendments(self) -> tuple[Amendment, ...]:
        """The practice's own wording in the draft; what cannot be read is none."""
        return amendments_from_text(self.draft.amendments)

    @property
    def answers(self) -> str:
        """The stored text of all the answers that hold in the draft, inherited ones among them."""
        return with_inherited(self.draft.answers, self.inherited)

    @property
    def reading(self) -> Reading:
        """What the draft holds, read with the vocabulary of ``library``."""
        return read_answers(self.library.digest, self.answers)


@dataclass(frozen=True)
class Saved:
    """A draft after saving; ``let_go`` are the purposes that lost a contact point by it."""

    draft: Draft
    let_go: tuple[str, ...] = ()


# ------------------------------------------------------------------ reading


def open_draft(holder: Holder, identifier: UUID) -> Opened:
    """Return a draft that somebody may see with the digests of two releases, in one query.

    Raises ``Draft.DoesNotExist`` for any other draft, ``NoRelease`` if no release is in force.
    """
    today = connection.ops.adapt_datefield_value(timezone.localdate())
    key = Draft._meta.pk.get_db_prep_value(identifier, connection)
    asked = [ReleaseState.PUBLISHED.value, today, holder.user_id, key]
    found = Draft.objects.raw(OPEN, [*asked, holder.user_id, holder.visitor])
    draft = next(iter(found), None) if holder.visitor or holder.user else None
    if draft is None:
        raise Draft.DoesNotExist
    newest: str | None = vars(draft)["in_force"]
    if newest is None:
        raise NoRelease
    role = Role(vars(draft)["role"]) if vars(draft)["role"] else None
    second_factor = bool(vars(draft)["second_factor"])
    zone: str = vars(draft)["zone"] or ""
    release = draft.release or newest
    inherited = inherited_by(draft, release) if draft.level_id else {}
    return Opened(draft, release, newest, role, second_factor, zone, inherited)


def inherited_by(draft: Draft, release: str) -> dict[str, Raw]:
    """Return the answers that the levels above the draft of a level give.

    Where the location has no address yet, or the release is gone, its facts are left out.
    """
    level = Level.objects.select_related("group", "location").get(draft=draft)
    try:
        return inherited_at(level, library_of(release).vocabulary)
    except UNREADABLE:
        return overlaid(line_of(level).above)


def with_inherited(stored: str, inherited: Mapping[str, Raw]) -> str:
    """Return stored answers with what is inherited beneath them; the text as it is without."""
    return to_text(overlaid([inherited, from_text(stored)])) if inherited else stored


def drafts_of(holder: Holder) -> list[Draft]:
    """Return somebody's own drafts without their answers, the one touched last first.

    Drafts of policies are not among them: those stand on the pages of the practice.
    """
    if not holder.visitor and not holder.user:
        return []
    return list(Draft.objects.filter(holder.own()).defer("answers"))


@lru_cache(maxsize=REMEMBERED)
def read_answers(release: str, stored: str) -> Reading:
    """Read stored answers with the vocabulary of a release, given by its digest.

    It never fails: an answer that cannot be read is left aside and named.
    """
    raw = from_text(stored)
    answers, problems = sift_answers(library_of(release).vocabulary, raw)
    return Reading(answers, problems, raw)


def seen(stored: Mapping[str, Raw], questions: Iterable[str], release: str = "") -> str:
    """Return a mark of the stored answers to some questions, to tell later if they changed.

    It begins with a mark of the release under which the questions were asked.
    """
    some = {name: stored[name] for name in questions if name in stored}
    return f"{release[:12]}-{hashlib.sha256(canonical_json(some).encode()).hexdigest()[:32]}"


def is_seen_under(mark: str, release: str) -> bool:
    """Tell whether a mark was made under a release."""
    return mark.startswith(f"{release[:12]}-")


# ------------------------------------------------------------------ writing


def start_draft(
    holder: Holder, *, title: str = "", answers: Answers | None = None, release: str = ""
) -> Draft:
    """Make a draft for somebody. Raises ``TooManyDrafts`` or ``DraftTooLarge``.

    ``release`` is the digest of the release that the answers are given to; unless given, it is the
    one in force. The draft keeps it until somebody decides to move it (``move_draft``).

    Old drafts are deleted first, so that a site keeps its word about them even where nobody has
    set up the command for it.
    """
    raw = answers.to_raw() if answers else {}
    with transaction.atomic():
        purge_drafts(timezone.now() - timedelta(days=KEPT_DAYS))
        if Draft.objects.filter(holder.own()).count() >= DRAFTS_LIMIT:
            raise TooManyDrafts
        return Draft.objects.create(
            visitor="" if holder.user else holder.visitor,
            user=holder.user,
            title=_title(answers, title),
            answers=_text(raw),
            release=release or _digest_in_force(),
            updated=timezone.now(),
        )


def save_answers(
    holder: Holder,
    identifier: UUID,
    answers: Answers,
    *,
    release: str = "",
    seen_as: str | None = None,
    questions: Iterable[str] = (),
) -> Saved:
    """Put answers into a draft; what is stored for other questions stays as it is.

    ``release`` is the digest of the release that the questions were asked from; a draft that has
    none yet, or one that cannot be read any more, keeps it. ``seen_as`` is the mark (``seen``) of
    the answers to ``questions`` that the person had in view. Raises ``Overtaken`` if either changed
    meanwhile, unless the answers are now just what is given; ``DraftTooLarge``; ``NotAllowed``;
    ``Draft.DoesNotExist``.
    """
    with _changing(holder, identifier) as draft:
        _refuse_inheriting(draft)
        inherited = inherited_by(draft, draft.release) if draft.level_id else {}
        stored = from_text(with_inherited(draft.answers, inherited))
        raw = {**stored, **answers.to_raw()}
        changed = any(raw.get(name) != stored.get(name) for name in questions)
        moved = release not in {"", draft.release} and is_readable(draft.release)
        unseen = seen_as is not None and seen_as != seen(stored, questions, release)
        if changed and (moved or unseen):
            raise Overtaken
        let_go = _let_go_points(answers, raw)
        text = _text(own_answers(raw, inherited) if inherited else raw)
        if text != draft.answers:
            draft.answers = text
            _changed(draft, holder, Action.EDITED)
        if release and not moved and release != draft.release:
            if draft.policy is not None:
                _changed(draft, holder, Action.MOVED, f"{draft.release[:12]} → {release[:12]}")
            draft.release = release
            _with_levels(draft)
        if draft.level_id is None:
            draft.title = _title(answers, draft.title)
        draft.updated = timezone.now()
        draft.save(update_fields=["answers", "release", "title", "updated", *CHANGING])
        return Saved(draft, let_go)


def move_draft(holder: Holder, identifier: UUID, *, to: str, revision: int) -> Draft:
    """Let a draft use another release, given by its digest. All its answers stay stored.

    Own wording of clauses whose text is the same there is carried over; the rest stays stored as
    it is, for somebody to decide about.

    ``revision`` is the one whose outcome the person had in view. Raises ``Overtaken`` if the draft
    changed since; ``NotAllowed``; ``Draft.DoesNotExist``. A draft that has moved there already
    stays as it is.
    """
    with _changing(holder, identifier) as draft:
        if draft.release == to:
            return draft
        _refuse_inheriting(draft)
        if draft.revision != revision:
            raise Overtaken
        before, draft.release = draft.release, to
        draft.amendments = wording_under(draft.amendments, to)
        _with_levels(draft)
        _changed(draft, holder, Action.MOVED, f"{before[:12]} → {to[:12]}")
        draft.updated = timezone.now()
        draft.save(update_fields=["release", "amendments", "updated", *CHANGING])
        return draft


def amend_draft(holder: Holder, identifier: UUID, *, amendments: str, revision: int) -> Draft:
    """Put a practice's own wording into a policy's draft: the whole JSON list of amendments.

    ``revision`` is the one that the person had in view. The log keeps each text that changed, as
    it was and as it is (``wording_log``). Raises ``Overtaken`` if the draft changed since,
    ``DraftTooLarge``, ``NotAllowed`` and ``Draft.DoesNotExist``.
    """
    with _changing(holder, identifier, Right.REVIEW) as draft:
        if draft.amendments == amendments:
            return draft
        if draft.revision != revision or draft.policy is None:
            raise Overtaken
        # Replacing a version may have filled the draft: what makes it less is let in.
        if len(amendments.encode()) > max(SIZE_LIMIT, len(draft.amendments.encode()) - 1):
            raise DraftTooLarge
        changes = changes_between(draft.amendments, amendments)
        details = [to_details(change) for change in changes]
        draft.amendments = amendments
        _changed(draft, holder, Action.AMENDED, *details)
        draft.updated = timezone.now()
        draft.save(update_fields=["amendments", "updated", *CHANGING])
        return draft


def inherit_again(holder: Holder, identifier: UUID, question: str, *, seen_as: str) -> Draft:
    """Take the answer to a question (its id) out of the draft of a level: it is inherited again.

    ``seen_as`` is the mark (``seen``) of the answer that the person had in view. Raises
    ``Overtaken`` if it is another one now, ``NotAllowed`` and ``Draft.DoesNotExist``. What is
    inherited already stays as it is.
    """
    with _changing(holder, identifier) as draft:
        if draft.level is None or draft.level.is_root:
            raise NotAllowed
        own = from_text(draft.answers)
        if question not in own:
            return draft
        if seen_as != seen(own, [question]):
            raise Overtaken
        _keep_own(draft, holder, {name: raw for name, raw in own.items() if name != question})
        return draft


def _keep_own(draft: Draft, holder: Holder, own: Mapping[str, Raw]) -> None:
    """Let a level keep just these answers."""
    draft.answers = _text(own)
    _changed(draft, holder, Action.EDITED)
    draft.updated = timezone.now()
    draft.save(update_fields=["answers", "updated", *CHANGING])


def delete_draft(holder: Holder, identifier: UUID) -> None:
    """Delete a draft, if it is still there, and what try-outs kept of it. Raises ``NotAllowed``.

    That of a brand or a location is emptied instead, so that it still tells who changed what the
    policies inherit; that of a group goes with its group.
    """
    with suppress(Draft.DoesNotExist), _changing(holder, identifier) as draft:
        if draft.level is not None:
            if draft.level.is_root:
                raise NotAllowed
            if draft.answers != NOTHING:
                _keep_own(draft, holder, {})
            return
        if draft.policy is not None:
            write(draft.policy, holder.user, Action.DELETED, draft=draft.pk, details=draft.title)
        erase_draft(draft)


def erase_draft(draft: Draft) -> None:
    """Take a draft out of the database with all that belongs to it, in a running transaction."""
    forget("drafts", [str(draft.pk)])
    draft.delete()


def purge_drafts(older_than: datetime) -> int:
    """Delete the drafts that nobody has saved since then, and return how many there were.

    What try-outs kept of them goes, too. Drafts of policies stay, and those of accounts that
    somebody has signed in to.
    """
    nobody = Q(user=None) | Q(user__last_login=None)
    old = Draft.objects.filter(nobody, updated__lt=older_than, policy=None, level=None)
    with transaction.atomic():
        keys = [str(identifier) for identifier in old.values_list("pk", flat=True)]
        if not keys:
            return 0
        forget("drafts", keys)
        deleted, _ = old.filter(pk__in=keys).delete()
        return deleted


CHANGING = ("revision", "state", "approved_by")
"""What every change of a draft may change besides."""


@contextmanager
def _changing(holder: Holder, identifier: UUID, right: Right = Right.EDIT) -> Iterator[Draft]:
    """Hold a draft for one transaction, to change it; with it the policy that it belongs to.

    Raises ``Draft.DoesNotExist`` where somebody may not even see it, ``NotAllowed``.
    """
    with transaction.atomic():
        own = Draft.objects.select_for_update().filter(holder.own(), pk=identifier).first()
        if own is not None:
            yield own
            return
        seen = Draft.objects.filter(holder.reachable(Right.SEE), pk=identifier)
        found: tuple[int | None, int | None] = seen.values_list("policy", "level__group")[:1].get()
        policy, group = found
        if not Draft.objects.filter(holder.reachable(right), pk=identifier).exists():
            raise NotAllowed
        if group is not None:
            Group.objects.select_for_update(no_key=True).get(pk=group)
            yield (
                Draft.objects.select_for_update(of=("self",))
                .select_related("level")
                .get(pk=identifier)
            )
            return
        with at_policy(policy or 0) as locked:
            draft = Draft.objects.select_for_update().get(pk=identifier)
            draft.policy = locked
            yield draft


def _refuse_inheriting(draft: Draft) -> None:
    """Raise ``NotAllowed`` if the draft is one of a policy whose answers come from a group."""
    if draft.policy_id is not None and Level.objects.filter(policy=draft.policy_id).exists():
        raise NotAllowed


def _with_levels(draft: Draft) -> None:
    """Let all levels of a group use the release of the draft of one: there is one for all."""
    if draft.level is not None:
        below = Draft.objects.filter(level__group=draft.level.group_id).exclude(pk=draft.pk)
        below.update(release=draft.release)


def _changed(draft: Draft, holder: Holder, action: Action, *details: str) -> None:
    """Count a change: an approval falls, and whoever made it cannot approve the draft.

    Each of ``details`` makes a line of the log; without any there is one line.
    """
    draft.revision += 1
    if draft.level is not None and holder.user is not None:
        now = {"at": timezone.now()}
        Editor.objects.update_or_create(draft=draft, user=holder.user, defaults=now)
    if draft.policy is None or holder.user is None:
        return
    draft.state, draft.approved_by = DraftState.OPEN, None
    Editor.objects.get_or_create(draft=draft, user=holder.user)
    for one in details or ("",):
        write(draft.policy, holder.user, action, draft=draft.pk, details=one)


def _digest_in_force() -> str:
    return in_force(timezone.localdate()).values_list("digest", flat=True).first() or ""


def wording_under(amendments: str, release: str) -> str:
    """Return stored wording as it stands against a release, if that can be read."""
    if amendments == NO_WORDING or not is_readable(release):
        return amendments
    return carried_over(amendments, library_of(release))


def is_readable(release: str) -> bool:
    """Tell whether a release (its digest) is there and can be read."""
    try:
        library_of(release)
    except UNREADABLE:
        return False
    return True


def _text(raw: Mapping[str, Raw]) -> str:
    text = to_text(raw)
    if len(text.encode()) > SIZE_LIMIT:
        raise DraftTooLarge
    return text


def _title(answers: Answers | None, otherwise: str) -> str:
    """Name a draft after the practice, once that has a name."""
    name = answers.given.get("practice_name") if answers else None
    if isinstance(name, Fact) and isinstance(name.value, str):
        return name.value[:TITLE_LIMIT]
    return otherwise[:TITLE_LIMIT]


def _let_go_points(answers: Answers, raw: dict[str, Raw]) -> tuple[str, ...]:
    """Take contact points that these answers removed out of the contacts.

    A purpose without any contact point left is dropped, and contacts without any purpose left
    become a question without an answer: nobody said that there are none. Return the labels of the
    purposes that lost something.
    """
    vocabulary = answers.vocabulary
    if not any(vocabulary.by_id[name].kind is Kind.CONTACT_POINTS for name in answers.given):
        return ()
    try:
        known = contact_points(_parsed(vocabulary, raw, Kind.CONTACT_POINTS))
        answered = _parsed(vocabulary, raw, Kind.CONTACTS)
    except Refused:
        return ()
    touched: list[str] = []
    for name, answer in answered.items():
        before = answer.value if isinstance(answer, Fact) else None
        entries = before if isinstance(before, tuple) else ()
        contacts = [entry for entry in entries if isinstance(entry, Contact)]
        after = [kept for contact in contacts if (kept := _keep(contact, known)).points]
        options = vocabulary.by_id[name].by_id
        touched += [
            options[c.purpose].label for c in contacts if c.points != _keep(c, known).points
        ]
        if contacts and not after:
            del raw[name]
        elif after != contacts:
            raw[name] = raw_of(Fact(tuple(after)))
    return tuple(touched)


def _keep(contact: Contact, known: Mapping[str, object]) -> Contact:
    return replace(contact, points=tuple(point for point in contact.points if point in known))


def _parsed(vocabulary: Vocabulary, raw: Mapping[str, Raw], kind: Kind) -> dict[str, Answer]:
    return {
        question.id: parse_answer(question, raw[question.id])
        for question in vocabulary.questions
        if question.kind is kind and question.id in raw
    }
