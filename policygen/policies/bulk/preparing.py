"""Preparing a policy in a batch: the draft of its next version, and what changes by it.

A draft is made from the answers that hold now, on the release of the batch. Where the newest
version was made from the same answers, wording and release, there is nothing to do. Of two batches
over the same policy, the one begun later has it: the pieces of earlier ones end
(docs/decisions/0072).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q

from policygen.core.analysis.findings import dates
from policygen.core.analysis.findings.finding import Finding
from policygen.core.answers import Fact, Raw
from policygen.core.conflicts import Severity
from policygen.core.inheritance import with_sites
from policygen.library.store import library_of
from policygen.policies.bulk.ending import settle
from policygen.policies.bulk.folding import fold_of
from policygen.policies.drafting.beginning import (
    Proposed,
    TakenOver,
    propose_draft,
    set_up_policy,
    withdraw_draft,
)
from policygen.policies.drafting.clearing import clearance_of
from policygen.policies.drafting.drafts import Opened, open_draft, wording_under
from policygen.policies.drafting.findings import question_of, reviewed
from policygen.policies.drafting.levels import ROOT, line_of, listed, listed_in, with_policies
from policygen.policies.frozen import raw_answers
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Batch,
    Editor,
    GroupForm,
    Level,
    Piece,
    PieceState,
    Policy,
    PolicyVersion,
)
from policygen.policies.stored import from_text, to_text

MOST_WARNINGS = 999
"""The highest number of warnings that is counted."""

OWN_DAYS = (dates.LAST_UPDATED, dates.EFFECTIVE)
"""The questions for days that a policy prints of itself."""

PROBLEMS_SHOWN = 5
"""How many of the findings that keep a policy from being published are written down."""


@dataclass(frozen=True)
class Prepared:
    """What was prepared; without a draft, nothing changes.

    ``problem`` says in words what keeps it from being published, and ``question`` is the id of the
    first question where that is mended. ``warnings`` counts what is only worth a look. ``cleared``
    is the digest under which nothing kept it from being published (``drafting.clearing``), and
    ``days`` are those that the answers have it print, as ``Piece.days`` keeps them.
    """

    policy: Policy | None
    draft: UUID | None = None
    revision: int = 0
    fold: str = ""
    problem: str = ""
    question: str = ""
    warnings: int = 0
    cleared: str = ""
    days: str = ""


def prepare(piece: Piece) -> Prepared:
    """Make the draft of a piece, or bring the one that a batch made up to date.

    Raises ``Refused`` where the answers cannot be used, ``OwnDraft`` where the person has a draft
    of that policy that they changed themselves, ``TakenOver`` by a later batch,
    ``PermissionDenied``, ``DraftTooLarge``, ``TooManyPolicies``, ``NoRelease`` and
    ``Release.DoesNotExist``. A policy that there is not yet is set up only for answers of which one
    can be made.
    """
    batch, level = piece.batch, piece.level
    library_of(batch.release)  # without it nothing is set up or begun
    policy = piece.policy or (level.policy if level else None)
    if piece.has_closed:  # since the batch began
        return _without(policy, batch)
    if level is not None and not _makes_one(level):
        return _without(policy, batch)
    last = _newest(policy) if policy else None
    proposed = _proposed(piece, last)
    proposed.require_room()
    if last is not None and _is_the_same(last, proposed):
        return _without(policy, batch)
    if level is not None:
        proposed = replace(proposed, writers=_writers(level), as_of=batch.as_of)
    policy = policy or _set_up(piece)
    draft = propose_draft(policy, batch.by, proposed, batch=batch)
    _take_over(policy, batch)
    opened = open_draft(Holder(user=batch.by), draft.pk)
    made = Prepared(policy, draft.pk, draft.revision)
    return _judged(made, opened, last)


def _newest(policy: Policy) -> PolicyVersion | None:
    versions = PolicyVersion.objects.filter(policy=policy).defer("document")
    return versions.order_by("-number").first()


def _makes_one(level: Level) -> bool:
    """Tell whether a policy is made of a level; not of a location that an annex lists again."""
    if level.is_root or level.group.form != GroupForm.ANNEX:
        return True
    return with_policies(level.group).filter(pk=level.pk).exists()


def _without(policy: Policy | None, batch: Batch) -> Prepared:
    """Leave a policy as it is: what batches prepared for it before is taken back."""
    if policy is not None:
        withdraw_draft(policy, batch.by, batch=batch)
        _take_over(policy, batch)
    return Prepared(policy)


def _judged(made: Prepared, opened: Opened, last: PolicyVersion | None) -> Prepared:
    """Say what is to be mended before it can be published, or else what changes by it."""
    today = opened.today()
    found = reviewed(opened, today=today)
    if stops := found.blocking:
        question = question_of(stops[0], opened)
        return replace(made, problem=in_words(stops), question=question.id if question else "")
    warnings = sum(one.severity is Severity.WARNS for one in found.findings)
    return replace(
        made,
        fold=fold_of(found.document, last, opened.library.vocabulary),
        warnings=min(warnings, MOST_WARNINGS),
        cleared=clearance_of(opened, today=today),
        days=_days_in(opened),
    )


def _days_in(opened: Opened) -> str:
    """Return the days that a policy prints of itself, with the questions that ask for them."""
    given = opened.reading.answers.in_force.given
    said = ((name, given.get(name)) for name in OWN_DAYS)
    return " ".join(
        f"{name}={one.value.isoformat()}"
        for name, one in said
        if isinstance(one, Fact) and isinstance(one.value, date)
    )


def in_words(found: Sequence[Finding]) -> str:
    """Return what keeps a policy from being published, and what to do about it."""
    said = [f"{one.says} {one.mend}" for one in found[:PROBLEMS_SHOWN]]
    more = len(found) - len(said)
    return " ".join([*said, f"And {more} more."] if more else said)


def _take_over(policy: Policy, batch: Batch) -> None:
    """End the pieces of earlier batches of the same person that are about the same policy.

    One whose draft is a version already is left to whoever holds it, who writes that down.
    """
    became = PolicyVersion.objects.filter(policy=policy, draft=OuterRef("draft"))
    earlier = Piece.objects.filter(
        ~Exists(became),
        policy=policy,
        batch__by=batch.by,
        batch__created__lt=batch.created,
        version=None,
        state__in=[PieceState.WAITING, PieceState.DONE],
    )
    batches = set(earlier.values_list("batch", flat=True))
    if batches:
        earlier.update(
            state=PieceState.SUPERSEDED, problem=str(TakenOver()), holder="", held_until=None
        )
        settle(batches)


def _proposed(piece: Piece, last: PolicyVersion | None) -> Proposed:
    """Return what the next version is to be made from, without whose work that is."""
    release = piece.batch.release
    wording = wording_under(last.amendments, release) if last else "[]"
    if piece.level is None:
        answers = to_text(raw_answers(last.answers)) if last else "{}"
        return Proposed(answers, wording, release, may_be_mended=True)
    answers = to_text(effective_at(piece.level, release))
    count = listed_in(piece.level.group).count() if piece.level.is_root else 0
    return Proposed(answers, wording, release, listed=count)


def effective_at(level: Level, release: str) -> dict[str, Raw]:
    """Return the answers of which the policy of a level is made. Raises ``Refused``."""
    vocabulary = library_of(release).vocabulary
    answers = line_of(level).effective(vocabulary)
    if not level.is_root:
        return answers
    return with_sites(vocabulary, answers, listed(listed_in(level.group)))


def _is_the_same(last: PolicyVersion, proposed: Proposed) -> bool:
    same = last.release == proposed.release and last.amendments == proposed.amendments
    return same and _told(raw_answers(last.answers)) == _told(from_text(proposed.answers))


def _told(answers: Mapping[str, Raw]) -> str:
    """Return answers as text in which the order of the questions does not count."""
    return to_text(dict(sorted(answers.items())))


def _set_up(piece: Piece) -> Policy:
    """Set up the policy of a level that has none yet."""
    level, batch = piece.level, piece.batch
    if level is None:
        raise Policy.DoesNotExist
    if level.policy is not None:
        return level.policy
    title = f"{level.group.title}: {level.location}" if level.location else level.group.title
    return set_up_policy(
        level.group.practice, batch.by, title=title, location=level.location, level=level
    )


def _writers(level: Level) -> tuple[User, ...]:
    """Return who changed what a policy inherits since the answers that its newest version has.

    They cannot approve it. What was changed before was approved with an earlier version; unless
    the location has another brand now, which brings in what that version did not have, and leaves
    more of the group. Then all who ever wrote of it count, and whoever gave it the brand.
    """
    above = ROOT | Q(pk=level.pk)
    since, location = level.as_of, level.location
    if location is not None and location.brand_id is not None:
        above |= Q(brand=location.brand_id)
    line = Level.objects.filter(above, group=level.group)
    editors = Editor.objects.filter(draft__level__in=line).select_related("user").order_by("pk")
    writers: list[User] = []
    branded = location.brand_at if location is not None else None
    if location is not None and branded is not None and (since is None or branded >= since):
        since = None
        writers += [location.brand_by] if location.brand_by else []
    writers += (one.user for one in editors if since is None or one.at is None or one.at >= since)
    return tuple({user.pk: user for user in writers}.values())
