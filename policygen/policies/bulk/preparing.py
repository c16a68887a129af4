"""Preparing a policy in a batch: the draft of its next version, and what changes by it.

A draft is made from the answers that hold now, on the release of the batch. Where the newest
version was made from the same answers, wording and release, there is nothing to do. Of two batches
over the same policy, the one begun later has it: the pieces of earlier ones end
(docs/decisions/0072).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q

from policygen.core.analysis.findings.finding import Finding
from policygen.core.answers import Raw
from policygen.core.conflicts import Severity
from policygen.core.inheritance import with_sites
from policygen.library.store import library_of
from policygen.policies.bulk.folding import fold_of
from policygen.policies.drafting.beginning import (
    Proposed,
    TakenOver,
    propose_draft,
    set_up_policy,
    withdraw_draft,
)
from policygen.policies.drafting.drafts import Opened, open_draft, wording_under
from policygen.policies.drafting.findings import findings_of, question_of
from policygen.policies.drafting.levels import line_of, listed_in, site_of
from policygen.policies.frozen import raw_answers
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Batch,
    Editor,
    Level,
    Piece,
    PieceState,
    Policy,
    PolicyVersion,
    Step,
)
from policygen.policies.stored import from_text, to_text

MOST_WARNINGS = 999
"""The highest number of warnings that is counted."""

PROBLEMS_SHOWN = 5
"""How many of the findings that keep a policy from being published are written down."""


@dataclass(frozen=True)
class Prepared:
    """What was prepared; without a draft, nothing changes.

    ``problem`` says in words what keeps it from being published, and ``question`` is the id of the
    first question where that is mended. ``warnings`` counts what is only worth a look.
    """

    policy: Policy
    draft: UUID | None = None
    revision: int = 0
    fold: str = ""
    problem: str = ""
    question: str = ""
    warnings: int = 0


def prepare(piece: Piece) -> Prepared:
    """Make the draft of a piece, or bring the one that a batch made up to date.

    Raises ``Refused`` where the answers cannot be used, ``OwnDraft`` where the person has a draft
    of that policy that they changed themselves, ``TakenOver`` by a later batch,
    ``PermissionDenied``, ``TooManyPolicies``, ``NoRelease`` and ``Release.DoesNotExist``.
    """
    batch = piece.batch
    library_of(batch.release)  # without it nothing is set up or begun
    policy = piece.policy or _set_up(piece)
    versions = PolicyVersion.objects.filter(policy=policy).defer("document")
    last = versions.order_by("-number").first()
    proposed = _proposed(piece, last)
    if last is not None and _is_the_same(last, proposed):
        withdraw_draft(policy, batch.by, batch=batch)
        _take_over(policy, batch)
        return Prepared(policy)
    if piece.level is not None:
        proposed = replace(proposed, writers=_writers(piece.level, policy))
    draft = propose_draft(policy, batch.by, proposed, batch=batch)
    _take_over(policy, batch)
    opened = open_draft(Holder(user=batch.by), draft.pk)
    made = Prepared(policy, draft.pk, draft.revision)
    return _judged(made, opened, last)


def _judged(made: Prepared, opened: Opened, last: PolicyVersion | None) -> Prepared:
    """Say what is to be mended before it can be published, or else what changes by it."""
    found = findings_of(opened)
    stops = [one for one in found if one.severity is Severity.BLOCKS]
    if stops:
        question = question_of(stops[0], opened)
        return replace(made, problem=in_words(stops), question=question.id if question else "")
    warnings = sum(one.severity is Severity.WARNS for one in found)
    return replace(made, fold=fold_of(opened, last), warnings=min(warnings, MOST_WARNINGS))


def in_words(found: Sequence[Finding]) -> str:
    """Return what keeps a policy from being published, and what to do about it."""
    said = [f"{one.says} {one.mend}" for one in found[:PROBLEMS_SHOWN]]
    more = len(found) - len(said)
    return " ".join([*said, f"And {more} more."] if more else said)


def _take_over(policy: Policy, batch: Batch) -> None:
    """End the pieces of earlier batches of the same person that are about the same policy."""
    earlier = Piece.objects.filter(
        policy=policy, batch__by=batch.by, batch__created__lt=batch.created, version=None
    )
    earlier.filter(state__in=[PieceState.WAITING, PieceState.DONE]).update(
        state=PieceState.SUPERSEDED, problem=str(TakenOver()), holder="", held_until=None
    )


def _proposed(piece: Piece, last: PolicyVersion | None) -> Proposed:
    """Return what the next version is to be made from, without whose work that is."""
    release = piece.batch.release
    wording = wording_under(last.amendments, release) if last else "[]"
    if piece.level is None:
        answers = to_text(raw_answers(last.answers)) if last else "{}"
        return Proposed(answers, wording, release, may_be_mended=True)
    return Proposed(to_text(effective_at(piece.level, release)), wording, release)


def effective_at(level: Level, release: str) -> dict[str, Raw]:
    """Return the answers of which the policy of a level is made. Raises ``Refused``."""
    vocabulary = library_of(release).vocabulary
    answers = line_of(level).effective(vocabulary)
    if not level.is_root:
        return answers
    return with_sites(vocabulary, answers, map(site_of, listed_in(level.group)))


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


def _writers(level: Level, policy: Policy) -> tuple[User, ...]:
    """Return who changed what the policy inherits since it was last made and published.

    They cannot approve it. What was changed before was approved with an earlier version.
    """
    above = Q(brand=None, location=None) | Q(pk=level.pk)
    if level.location is not None and level.location.brand_id is not None:
        above |= Q(brand=level.location.brand_id)
    line = Level.objects.filter(above, group=level.group)
    editors = Editor.objects.filter(draft__level__in=line).select_related("user").order_by("pk")
    published = Piece.objects.filter(policy=policy, step=Step.PUBLISH, state=PieceState.DONE)
    since = published.order_by("-prepared_at").values_list("prepared_at", flat=True).first()
    late = (one.user for one in editors if since is None or one.at is None or one.at >= since)
    return tuple({user.pk: user for user in late}.values())
