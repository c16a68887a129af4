"""Publishing: the one function that turns a draft into a version, and the one that rebuilds it.

The document and all its files are made first, outside of any transaction. The files are staged
(``files.py``), the rows are written in one transaction that holds the policy, and the files are
put into their places. Wherever it is cut off, there is either no version or a whole one
(docs/decisions/0052).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, partial
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from policygen import metrics
from policygen.core.amendments import amended
from policygen.core.analysis.change_kind import ChangeKind, Proposal, proposed_kind
from policygen.core.analysis.findings.finding import Finding
from policygen.core.analysis.impact import differs
from policygen.core.answers import sift_answers
from policygen.core.document import Document
from policygen.core.document_json import document_text
from policygen.core.library import Library
from policygen.core.problems import Refused
from policygen.core.text import TextRefused, clean_text, day_in_words
from policygen.identity import shown_as
from policygen.library.models import Release
from policygen.library.store import library_of
from policygen.policies.drafting.clearing import clearance_of
from policygen.policies.drafting.drafts import (
    NotAllowed,
    Opened,
    Overtaken,
    erase_draft,
    open_draft,
)
from policygen.policies.drafting.findings import blocking
from policygen.policies.drafting.generation import generate
from policygen.policies.drafting.wording import worded_library
from policygen.policies.events import Action, at_policy, write
from policygen.policies.frozen import raw_answers, to_frozen
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Comment,
    Draft,
    DraftState,
    Level,
    Policy,
    PolicyVersion,
    VersionFile,
)
from policygen.policies.published import files, prints
from policygen.policies.published.due import plan_review
from policygen.policies.published.versions import (
    FIRST,
    amendments_of,
    digest_of,
    document_of,
    last_of,
    version_from,
)
from policygen.practices.models import Practice
from policygen.practices.roles import Right
from policygen.rendering import FORMATS, Rendered, renderer

logger = logging.getLogger("policygen.policies")

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

    def __init__(self, day: date, today: date) -> None:
        if day < today:
            wrong = f"{day_in_words(day)} has passed. Choose today ({day_in_words(today)})"
            super().__init__(f"{wrong} or a later day.")
        else:
            last = day_in_words(today + FURTHEST)
            super().__init__(f"That is too far ahead. Choose a day until {last}.")


class WrongReason(NotPublished):
    """The reason is missing, too long or unprintable."""


class WrongKind(NotPublished):
    """The version is called technical, and its text differs; ``number`` is the one before it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(
            f"The text reads differently from version {number}, so this change is not technical. "
            "Choose material or editorial."
        )


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

    Whatever is shown, downloaded or published of a draft is made here. While a wording has to be
    decided upon, it is the practice's own wherever that still fits. Raises ``Refused`` where a fact
    is missing without which there is no policy.
    """
    return generate(worded_library(opened), opened.reading.answers, on=on)


def proposal_for(opened: Opened, policy: Policy, *, on: date) -> Proposal:
    """Return how much a draft changes against the newest version, and why that is thought so.

    Raises ``Refused`` as ``document_in`` does, and where the stored version is damaged.
    """
    last = last_of(policy)
    before = document_of(last) if last else None
    after = document_in(opened, on=on)
    return proposed_kind(before, after, vocabulary=opened.library.vocabulary)


def check_kind(last: PolicyVersion | None, document: Document, kind: ChangeKind) -> None:
    """Raise ``WrongKind`` for a technical change against ``last`` that can be read in the text.

    The public pages tell people that a technical version prints the same, so that has to be true.
    A stored version that is damaged cannot be compared, and counts as one that differs.
    """
    if last is None or kind is not ChangeKind.TECHNICAL:
        return
    try:
        same = not differs(document_of(last), document)
    except Refused:
        same = False
    if not same:
        raise WrongKind(last.number)


def check_day(day: date, today: date) -> None:
    """Raise ``WrongDate`` unless a version may take effect on a day, in the practice's calendar."""
    if not today <= day <= today + FURTHEST:
        raise WrongDate(day, today)


def clean_reason(raw: str) -> str:
    """Return the reason for a version as it is kept. Raises ``WrongReason``."""
    try:
        reason = clean_text(raw, limit=REASON_LIMIT)
    except TextRefused as refused:
        raise WrongReason(str(refused)) from None
    if not reason:
        raise WrongReason("Say in a sentence why there is a new version.")
    return reason


# ------------------------------------------------------------------ publishing


def publish_policy(
    holder: Holder, identifier: UUID, order: Order, *, cleared: str = ""
) -> PolicyVersion:
    """Publish a draft: freeze answers, document and files for ever, and take the draft away.

    ``cleared`` is the digest under which nothing kept it from being published, if somebody looked
    before (``drafting.clearing``). If the same would be looked at again, that is left out.

    Raises ``Draft.DoesNotExist``, ``NotAllowed``, ``Overtaken`` if the draft changed since it was
    seen, a ``NotPublished``, ``RenderingFailed``, or ``OSError`` if the files cannot be stored. In
    all of these nothing is published by this call, and the draft is as it was.
    """
    opened = _opened(holder, identifier)
    opened.require(Right.PUBLISH)
    policy = _policy_of(opened.draft)
    order = replace(order, kind=ChangeKind(order.kind), reason=clean_reason(order.reason))
    last = last_of(policy)
    _check(opened, last, policy.practice, order)
    document = _document(opened, last, order, cleared)
    text = document_text(document)
    stored = _stored(document, text, checked=partial(_check_findings, opened, cleared))
    version = _commit(holder, opened, order, text, stored)
    _settle(stored)
    metrics.PUBLICATIONS.labels(version.kind).inc()
    return version


def _opened(holder: Holder, identifier: UUID) -> Opened:
    try:
        return open_draft(holder, identifier)
    except Draft.DoesNotExist:
        if done := version_from(holder, identifier):
            raise AlreadyPublished(done) from None
        raise


def _document(opened: Opened, last: PolicyVersion | None, order: Order, cleared: str) -> Document:
    """Make the document. What keeps it from being made may be told better by the findings."""
    try:
        document = document_in(opened, on=order.effective_on)
        check_kind(last, document, order.kind)
    except (Refused, WrongKind):
        _check_findings(opened, cleared)
        raise
    return document


def _stored(document: Document, text: str, *, checked: Callable[[], None]) -> list[VersionFile]:
    """Make and stage a document in every format, in the order of the formats.

    While the PDF's own process is at work, what is ``checked`` may still raise, and then the other
    formats are made and staged.
    """
    with ThreadPoolExecutor(len(FORMATS)) as threads:

        @cache
        def others() -> dict[str, Future[VersionFile]]:
            checked()
            names = (name for name in FORMATS if name != prints.PRINTED)
            return {name: threads.submit(_staged, name, document) for name in names}

        def make() -> Rendered:
            pdf = threads.submit(FORMATS[prints.PRINTED].render, document)
            others()
            return pdf.result()

        printed = prints.stored(prints.PRINTED, text, renderer(prints.PRINTED), make)
        made = {name: future.result() for name, future in others().items()}
        return [made.get(name, printed) for name in FORMATS]


def _staged(name: str, document: Document) -> VersionFile:
    return prints.staged(name, FORMATS[name].render(document), renderer(name))


def _settle(stored: Iterable[VersionFile]) -> None:
    """Put the files of a published version into their places; if that fails, a reader does it."""
    try:
        files.settle(file.sha256 for file in stored)
    except OSError as error:
        logger.error("the files of a version are still staged", exc_info=error)


def _policy_of(draft: Draft) -> Policy:
    """Return the policy of a draft with its practice."""
    if draft.policy_id is None:
        raise NotPublished("This draft belongs to no practice yet. Keep it in one first.")
    return Policy.objects.select_related("practice").get(pk=draft.policy_id)


def _check(opened: Opened, last: PolicyVersion | None, practice: Practice, order: Order) -> None:
    """Raise whatever can be told before anything is made."""
    if opened.draft.revision != order.revision:
        raise Overtaken
    _check_state(opened.draft, last, practice)
    check_day(order.effective_on, practice.today())


def _check_findings(opened: Opened, cleared: str) -> None:
    """Raise ``NotReady`` for what blocks, unless just the same was looked at and nothing did."""
    if cleared and cleared == clearance_of(opened, today=opened.today()):
        return
    if found := blocking(opened):
        raise NotReady(found)


def _check_state(draft: Draft, last: PolicyVersion | None, practice: Practice) -> None:
    newest = last.number if last else 0
    if draft.base != newest:
        raise Superseded(newest)
    if practice.needs_review and draft.state != DraftState.APPROVED:
        raise NotApproved


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
        _check_state(draft, last, policy.practice)
        check_day(order.effective_on, policy.practice.today())
        version = _version(policy, last, _user(holder), draft, opened, order, document)
        version.digest = digest_of(version, stored)
        version.save(force_insert=True)
        for file in stored:
            file.version = version
        VersionFile.objects.bulk_create(stored)
        if draft.as_of is not None:
            Level.objects.filter(policy=policy).update(as_of=draft.as_of)
        before = last.effective_on if last else None
        planned = plan_review(policy, _user(holder), order.effective_on, before)
        write(
            policy,
            holder.user,
            Action.PUBLISHED,
            draft=identifier,
            version=version.number,
            details=version.digest,
            after=planned,
        )
        erase_draft(draft)
    return version


def _still_there(holder: Holder, identifier: UUID, order: Order) -> Draft:
    """Return the draft, held. Raises if it was published, changed or taken away meanwhile."""
    held = Draft.objects.select_for_update(of=("self",))
    draft = held.filter(holder.reachable(Right.PUBLISH), pk=identifier).first()
    if draft is None:
        if done := version_from(holder, identifier):
            raise AlreadyPublished(done)
        raise Draft.DoesNotExist
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
        publisher=shown_as(by),
        reason=order.reason,
        kind=order.kind,
        release=release,
        release_number=_number_of(release),
        answers=to_frozen(reading.answers, reading.stored),
        amendments=draft.amendments,
        document=document,
        review=_review(draft, policy.practice),
        previous=last.digest if last else FIRST,
    )


def _user(holder: Holder) -> User:
    if holder.user is None:
        raise NotAllowed
    return holder.user


def _number_of(release: str) -> int:
    found = Release.objects.filter(digest=release, number__isnull=False).order_by("-number")
    return found.values_list("number", flat=True)[:1].get()


def _review(draft: Draft, practice: Practice) -> str:
    """Return whether a review was demanded, who wrote, who approved and what was remarked.

    Each person stands there by what they were called at this moment, and editors and approver also
    by their ids, since names change and the log must still be found to agree.
    """
    comments = Comment.objects.filter(draft=draft).select_related("by")
    editors = [row.user for row in draft.editors.select_related("user").order_by("user")]
    said = {
        "required": practice.needs_review,
        "editors": [shown_as(editor) for editor in editors],
        "editor_ids": [editor.pk for editor in editors],
        "approved_by": shown_as(draft.approved_by) if draft.approved_by else None,
        "approver_id": draft.approved_by_id,
        "comments": [
            {
                "clause": comment.clause,
                "text": comment.text,
                "by": shown_as(comment.by),
                "at": comment.at.isoformat(),
                "settled": comment.settled,
            }
            for comment in comments
        ],
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


# ------------------------------------------------------------------ rebuilding


def library_for(version: PolicyVersion) -> Library:
    """Return the library that a version was made from, with the practice's own wording in it."""
    return amended(library_of(version.release), amendments_of(version))


def rebuilt(version: PolicyVersion) -> Document:
    """Make the document of a version again, from its answers and its release.

    Raises ``Refused``, ``Release.DoesNotExist`` or ``DamagedRelease`` where that is impossible.
    """
    library = library_for(version)
    answers, _ = sift_answers(library.vocabulary, raw_answers(version.answers))
    return generate(library, answers, on=version.effective_on)
