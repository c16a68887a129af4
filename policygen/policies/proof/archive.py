"""Everything that a practice has, as one ZIP archive.

The names in the archive are numbers and words of ours, never of the practice. The same state gives
the same bytes: order and times are fixed. One member of the archive is in memory at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from re import fullmatch
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.template.loader import render_to_string

from policygen.core.answers import sift_answers
from policygen.core.problems import Refused
from policygen.identity import shown_as
from policygen.library.answers_file import write_answers_file
from policygen.library.models import Release
from policygen.library.store import NoRelease, library_of
from policygen.policies.frozen import raw_answers
from policygen.policies.models import (
    Comment,
    Draft,
    Event,
    Group,
    Level,
    Policy,
    PolicyVersion,
    VersionFile,
)
from policygen.policies.proof.groups import in_words, level_in_words, told_of, with_drafts
from policygen.policies.published.notices import notice_for, rendered
from policygen.policies.published.serving import NotServed, content_of
from policygen.policies.published.versions import TEXTS, versions_of
from policygen.policies.stored import from_text
from policygen.practices.models import Practice
from policygen.rendering import RenderingFailed

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the first one that a ZIP archive can tell."""

PACKED = {".pdf": ZIP_STORED}
"""How members are packed by their ending, unless they are deflated."""

NOTICES = ("txt", "html")
"""The forms of a notice that are packed. The sheet for printing is made from the same words."""

LOST = (Refused, ValueError, LookupError, NoRelease, Release.DoesNotExist, RenderingFailed)


@dataclass(frozen=True)
class Member:
    """A file in the archive; or, with ``lost``, why there is none of this name."""

    name: str
    content: bytes = b""
    lost: str = ""

    def inside(self, folder: str) -> Member:
        """Return the same member further inside."""
        return Member(f"{folder}/{self.name}", self.content, self.lost)


def write_archive(practice: Practice, file: IO[bytes]) -> None:
    """Write the archive of a practice into a binary file that can be sought in.

    Raises ``OSError`` if it cannot be written.
    """
    packed: list[dict[str, Any]] = []
    lost: list[dict[str, str]] = []
    with ZipFile(file, "w") as archive:
        for member in members_of(practice):
            if member.lost:
                lost.append({"name": member.name, "why": member.lost})
                continue
            packed.append(
                {
                    "name": member.name,
                    "size": len(member.content),
                    "sha256": hashlib.sha256(member.content).hexdigest(),
                }
            )
            _pack(archive, member)
        manifest = {"practice": practice.slug, "members": packed, "left_out": lost}
        _pack(archive, _json("manifest.json", manifest))


def members_of(practice: Practice) -> Iterator[Member]:
    """Give what goes into the archive of a practice, in a fixed order."""
    policies = Policy.objects.filter(practice=practice).order_by("pk")
    numbered = [(f"policies/{n:04}", policy) for n, policy in enumerate(policies, start=1)]
    told = {"practice": practice, "policies": numbered}
    yield Member("README.txt", render_to_string("policies/archive.txt", told).encode())
    yield _json("practice.json", _practice(practice))
    for folder, policy in numbered:
        for member in _policy(policy):
            yield member.inside(folder)
    folders = {policy.pk: folder for folder, policy in numbered}
    for number, (group, levels) in enumerate(told_of(practice), start=1):
        for member in _group(group, levels, folders):
            yield member.inside(f"groups/{number:04}")


def _pack(archive: ZipFile, member: Member) -> None:
    about = ZipInfo(member.name, EPOCH)
    about.create_system, about.external_attr = 3, 0o644 << 16  # Unix, whatever packs it
    about.compress_type = PACKED.get(member.name[-4:], ZIP_DEFLATED)
    archive.writestr(about, member.content)


def _json(name: str, value: Any) -> Member:
    return Member(name, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


# ------------------------------------------------------------------ the practice


def _practice(practice: Practice) -> dict[str, Any]:
    members = practice.memberships.select_related("user").order_by("joined", "pk")
    return {
        "name": practice.name,
        "address": practice.slug,
        "time_zone": practice.time_zone,
        "needs_review": practice.needs_review,
        "needs_second_factor": practice.needs_second_factor,
        "created": practice.created.isoformat(),
        "locations": [
            {
                "name": one.name,
                "brand": one.brand.name if one.brand else None,
                "address": one.address,
                "phone": one.phone,
                "fax": one.fax,
                "email": one.email,
                "closed_on": one.closed_on.isoformat() if one.closed_on else None,
            }
            for one in practice.locations.select_related("brand").order_by("pk")
        ],
        "brands": [one.name for one in practice.brands.order_by("pk")],
        "members": [
            {"name": shown_as(one.user), "role": one.role, "joined": one.joined.isoformat()}
            for one in members
        ],
        "invitations": [
            {
                "email": one.email,
                "role": one.role,
                "made_at": one.made_at.isoformat(),
                "expires": one.expires.isoformat(),
                "accepted_at": one.accepted_at.isoformat() if one.accepted_at else None,
                "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
            }
            for one in practice.invitations.order_by("made_at", "pk")
        ],
    }


# ------------------------------------------------------------------ a group


def _group(group: Group, levels: list[Level], folders: Mapping[int, str]) -> Iterator[Member]:
    """Give what a group has, and below it each of its levels with what is answered there."""
    yield _json("group.json", in_words(group))
    for number, (level, draft) in enumerate(with_drafts(levels), start=1):
        folder = folders.get(level.policy_id or 0, "")
        inside = f"levels/{number:04}"
        yield _json("level.json", level_in_words(level, draft, folder)).inside(inside)
        if draft is not None:
            yield Member("answers.json", draft.answers.encode()).inside(inside)
        if draft is not None and level.is_root:
            stored = draft.answers
            own = _answers(draft.release, partial(from_text, stored), group.title)
            yield own.inside(inside)


# ------------------------------------------------------------------ a policy


def _policy(policy: Policy) -> Iterator[Member]:
    yield _json(
        "policy.json",
        {
            "title": policy.title,
            "address": policy.slug,
            "location": policy.location.name if policy.location else None,
            "review_due": policy.review_due.isoformat() if policy.review_due else None,
            "created": policy.created.isoformat(),
        },
    )
    events = Event.objects.filter(policy=policy).order_by("number")
    yield _json("log.json", [_event(event) for event in events.iterator(500)])
    numbers = versions_of(policy).order_by("number").values_list("number", flat=True)
    for number in list(numbers):
        version = PolicyVersion.objects.filter(policy=policy, number=number).first()
        for member in _version(version) if version else ():
            yield member.inside(f"versions/{number:04}")
    drafts = Draft.objects.filter(policy=policy).order_by("created", "pk")
    for number, draft in enumerate(drafts.select_related("user", "approved_by"), start=1):
        for member in _draft(draft):
            yield member.inside(f"drafts/{number:04}")


def _event(event: Event) -> dict[str, Any]:
    return {
        "number": event.number,
        "at": event.at.isoformat(),
        "who": event.who,
        "action": event.action,
        "draft": str(event.draft) if event.draft else None,
        "version": event.version,
        "details": event.details,
        "previous": event.previous,
        "digest": event.digest,
    }


def _version(version: PolicyVersion) -> Iterator[Member]:
    stored = list(VersionFile.objects.filter(version=version).order_by("pk"))
    yield _json(
        "version.json",
        {
            "number": version.number,
            "effective_on": version.effective_on.isoformat(),
            "published_at": version.published_at.isoformat(),
            "publisher": version.publisher,
            "reason": version.reason,
            "kind": version.kind,
            "release": version.release,
            "release_number": version.release_number,
            "draft": str(version.draft),
            "previous": version.previous,
            "digest": version.digest,
            "files": [
                {
                    "format": file.format,
                    "sha256": file.sha256,
                    "size": file.size,
                    "content_type": file.content_type,
                    "filename": file.filename,
                    "renderer": file.renderer,
                }
                for file in stored
            ],
        },
    )
    for text in TEXTS:
        yield Member(f"{text}.json", getattr(version, text).encode())
    yield _answers(version.release, lambda: raw_answers(version.answers), version.policy.title)
    for file in stored:
        yield _file(file)
    yield from _notice(version)


def _file(file: VersionFile) -> Member:
    if not fullmatch("[a-z0-9]{1,10}", file.format):
        return Member("policy", lost="The format has no name that could stand here.")
    name = f"policy.{file.format}"
    try:
        return Member(name, content_of(file))
    except NotServed as error:
        return Member(name, lost=str(error))


def _notice(version: PolicyVersion) -> Iterator[Member]:
    """Give the notice of a version in words."""
    for form in NOTICES:
        name = f"notice.{form}"
        try:
            yield Member(name, rendered(notice_for(version), form).content)
        except LOST as error:
            yield Member(name, lost=f"It could not be made: {error}")


def _answers(release: str, raw: Any, title: str) -> Member:
    """Return answers as a file from which an interview can be started."""
    try:
        answers, _ = sift_answers(library_of(release).vocabulary, raw())
        return Member("answers.yaml", write_answers_file(answers, title=title))
    except LOST as error:
        return Member("answers.yaml", lost=f"The answers cannot be read: {error}")


def _draft(draft: Draft) -> Iterator[Member]:
    comments = Comment.objects.filter(draft=draft).select_related("by").order_by("at", "pk")
    editors = draft.editors.select_related("user").order_by("pk")
    yield _json(
        "draft.json",
        {
            "id": str(draft.pk),
            "title": draft.title,
            "begun_by": shown_as(draft.user) if draft.user else "",
            "base": draft.base,
            "release": draft.release,
            "revision": draft.revision,
            "state": draft.state,
            "approved_by": shown_as(draft.approved_by) if draft.approved_by else None,
            "editors": [shown_as(one.user) for one in editors],
            "created": draft.created.isoformat(),
            "updated": draft.updated.isoformat(),
        },
    )
    yield Member("answers.json", draft.answers.encode())
    yield Member("amendments.json", draft.amendments.encode())
    yield _answers(draft.release, lambda: from_text(draft.answers), draft.title)
    yield _json(
        "comments.json",
        [
            {
                "clause": one.clause,
                "text": one.text,
                "by": shown_as(one.by),
                "at": one.at.isoformat(),
                "settled": one.settled,
            }
            for one in comments
        ],
    )
