"""Publishing: the one function that turns a draft into a version, and the one that rebuilds it.

The document and all its files are made first, outside of any transaction. The files are staged
(``files.py``), the rows are written in one transaction that holds the policy, and the files are
put into their places. Wherever it is cut off, there is either no version or a whole one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from policygen.core.amendments import amended, amendments_from_json, laid_over
from policygen.core.analysis.change_kind import ChangeKind, Proposal, proposed_kind
from policygen.core.answers import sift_answers
from policygen.core.document import Document
from policygen.core.document_json import document_text
from policygen.core.library import Library
from policygen.core.text import day_in_words
from policygen.library.models import Release
from policygen.library.store import library_of
from policygen.policies import files
from policygen.policies.drafts import NotAllowed, Opened, Overtaken, erase_draft, open_draft
from policygen.policies.events import Action, at_policy, write
from policygen.policies.findings import Finding, amendments_in, blocking
from policygen.policies.frozen import raw_answers, to_frozen
from policygen.policies.generation import generate
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Comment,
    Draft,
    DraftState,
    Policy,
    PolicyVersion,
    VersionFile,
)
from policygen.policies.versions import FIRST, digest_of, document_of, last_of
from policygen.practices.models import Practice
from policygen.practices.roles import Right
from policygen.rendering import FORMATS, Rendered
from policygen.rendering.imprint import renderer

FURTHEST = timedelta(days=731)
"""How far ahead a version can be scheduled."""

REASON_LIMIT = 1000
"""How long the reason for a version may be, in characters."""


class NotPublished(Exception):
    """Nothing was published; the message says why and what to do."""


class NotReady(NotPublished):
    """Findings keep the draft from being published."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("Mend what is listed here, then publish.")


class NotApproved(NotPublished):
    """The practice asks for an approval, and the draft has none."""

    def __init__(self) -> None:
        super().__init__(
            "This practice publishes only what a second person approved. Ask for a review first."
        )


class Superseded(NotPublished):
    """Another version was published after the draft was begun."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(
            f"Version {number} was published after this draft was begun. "
            "Look at what differs, then say that this draft replaces it."
        )


class WrongDate(NotPublished):
    """The effective date is in the past, or too far ahead."""

    def __init__(self, today: date) -> None:
        first, last = day_in_words(today), day_in_words(today + FURTHEST)
        super().__init__(f"A version takes effect between {first} and {last}. Choose such a day.")


class AlreadyPublished(NotPublished):
    """The draft became a version already: a second press, or a second person."""

    def __init__(self, version: PolicyVersion) -> None:
        self.version = version
        super().__init__(f"This draft was published as version {version.number}.")


@dataclass(frozen=True)
class Order:
    """What somebody asks for when they publish a draft.

    ``revision`` is the one that they had in view.
    """

    revision: int
    effective_on: date
    reason: str
    kind: ChangeKind


# ------------------------------------------------------------------ before


def document_in(opened: Opened, *, on: date) -> Document:
    """Return the policy that a draft gives, with the practice's own wording.

    While a wording has to be decided upon, it is the practice's own wherever that still fits.
    Raises ``Refused`` where a fact is missing.
    """
    library = laid_over(opened.library, amendments_in(opened))
    return generate(library, opened.reading.answers, on=on)


def proposal_for(opened: Opened, policy: Policy, *, on: date) -> Proposal:
    """Return how much a draft changes against the newest version, and why that is thought so."""
    last = last_of(policy)
    before = document_of(last) if last else None
    after = document_in(opened, on=on)
    return proposed_kind(before, after, vocabulary=opened.library.vocabulary)


# ------------------------------------------------------------------ publishing


def publish_policy(holder: Holder, identifier: UUID, order: Order) -> PolicyVersion:
    """Publish a draft: freeze answers, document and files for ever, and take the draft away.

    Raises ``Draft.DoesNotExist``, ``NotAllowed``, ``Overtaken`` if the draft changed since it was
    seen, a ``NotPublished``, ``RenderingFailed``, or ``OSError`` if the files cannot be stored. In
    all of these nothing is published, and the draft is as it was.
    """
    if done := PolicyVersion.objects.filter(draft=identifier).first():
        raise AlreadyPublished(done)
    opened = open_draft(holder, identifier)
    opened.require(Right.PUBLISH)
    practice = _practice_of(opened.draft)
    _check(opened, practice, order)
    document = document_in(opened, on=order.effective_on)
    rendered = {name: format_.render(document) for name, format_ in FORMATS.items()}
    stored = [_file(name, one) for name, one in rendered.items()]
    version = _commit(holder, opened, order, document_text(document), stored)
    files.settle(file.sha256 for file in stored)
    return version


def _practice_of(draft: Draft) -> Practice:
    if draft.policy is None:
        raise NotPublished("This draft belongs to no practice yet. Keep it in one first.")
    return draft.policy.practice


def _check(opened: Opened, practice: Practice, order: Order) -> None:
    today = practice.today()
    if opened.draft.revision != order.revision:
        raise Overtaken
    if practice.needs_review and opened.draft.state != DraftState.APPROVED:
        raise NotApproved
    if not today <= order.effective_on <= today + FURTHEST:
        raise WrongDate(today)
    if found := blocking(opened):
        raise NotReady(found)


def _commit(
    holder: Holder,
    opened: Opened,
    order: Order,
    document: str,
    stored: Sequence[VersionFile],
) -> PolicyVersion:
    """Write the rows of a version, in one transaction and after asking everything again."""
    identifier = opened.draft.pk
    with at_policy(opened.draft.policy_id or 0) as policy:
        last = last_of(policy)
        draft = _still_there(holder, identifier, order)
        if policy.practice.needs_review and draft.state != DraftState.APPROVED:
            raise NotApproved
        if order.effective_on < policy.practice.today():
            raise WrongDate(policy.practice.today())
        if draft.base != (last.number if last else 0):
            raise Superseded(last.number if last else 0)
        version = _version(policy, last, _user(holder), draft, opened, order, document)
        version.digest = digest_of(version, {file.format: file.sha256 for file in stored})
        version.save(force_insert=True)
        for file in stored:
            file.version = version
        VersionFile.objects.bulk_create(stored)
        write(
            policy,
            holder.user,
            Action.PUBLISHED,
            draft=identifier,
            version=version.number,
            details=version.digest,
        )
        erase_draft(draft)
    return version


def _still_there(holder: Holder, identifier: UUID, order: Order) -> Draft:
    """Return the draft, held. Raises if it was published, changed or taken away meanwhile."""
    if done := PolicyVersion.objects.filter(draft=identifier).first():
        raise AlreadyPublished(done)
    reachable = Draft.objects.filter(holder.reachable(Right.PUBLISH), pk=identifier)
    if not reachable.exists():
        raise Draft.DoesNotExist
    draft = Draft.objects.select_for_update().get(pk=identifier)
    if draft.revision != order.revision:
        raise Overtaken
    return draft


def _version(
    policy: Policy,
    last: PolicyVersion | None,
    by: User,
    draft: Draft,
    opened: Opened,
    order: Order,
    document: str,
) -> PolicyVersion:
    reading, release = opened.reading, opened.library.digest
    return PolicyVersion(
        policy=policy,
        number=last.number + 1 if last else 1,
        draft=draft.pk,
        effective_on=order.effective_on,
        published_at=timezone.now(),
        published_by=by,
        publisher=by.get_username(),
        reason=order.reason[:REASON_LIMIT],
        kind=order.kind,
        release=release,
        release_number=_number_of(release),
        answers=to_frozen(reading.answers, reading.stored),
        amendments=draft.amendments,
        document=document,
        review=_review(draft),
        previous=last.digest if last else FIRST,
    )


def _user(holder: Holder) -> User:
    if holder.user is None:
        raise NotAllowed
    return holder.user


def _number_of(release: str) -> int:
    found = Release.objects.filter(digest=release, number__isnull=False).order_by("-number")
    return found.values_list("number", flat=True)[:1].get()


def _review(draft: Draft) -> str:
    """Return who wrote, who approved and what was remarked, as JSON."""
    comments = Comment.objects.filter(draft=draft).select_related("by")
    said = {
        "editors": sorted(draft.editors.values_list("user__username", flat=True)),
        "approved_by": draft.approved_by.get_username() if draft.approved_by else None,
        "comments": [
            {
                "clause": comment.clause,
                "text": comment.text,
                "by": comment.by.get_username(),
                "at": comment.at.isoformat(),
                "settled": comment.settled,
            }
            for comment in comments
        ],
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _file(name: str, rendered: Rendered) -> VersionFile:
    """Stage the bytes of a format, and return the row that is to name them."""
    return VersionFile(
        format=name,
        sha256=files.stage(rendered.content),
        size=len(rendered.content),
        content_type=rendered.content_type,
        filename=rendered.filename,
        renderer=renderer() if name == "pdf" else "",
    )


# ------------------------------------------------------------------ rebuilding


def library_for(version: PolicyVersion) -> Library:
    """Return the library that a version was made from, with the practice's own wording in it."""
    return amended(
        library_of(version.release), amendments_from_json(json.loads(version.amendments))
    )


def rebuilt(version: PolicyVersion) -> Document:
    """Make the document of a version again, from its answers and its release.

    Raises ``Refused``, ``Release.DoesNotExist`` or ``DamagedRelease`` where that is impossible.
    """
    library = library_for(version)
    answers, _ = sift_answers(library.vocabulary, raw_answers(version.answers))
    return generate(library, answers, on=version.effective_on)
