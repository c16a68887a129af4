"""Whether every policy still says what was published: for backups, upgrades, and doubts.

Each version is made again from its answers and its release, and compared byte for byte with what is
stored: the document, every format, the chain of digests, and the log. Triggers keep published rows
from being changed behind the site's back; this finds what was changed with triggers off, on the
disk, or by a restore that went wrong. One version is in memory at a time.

What is cut off at the end of a log, with all that belongs to it, leaves no trace inside: whoever
doubts that keeps ``seals`` elsewhere.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import Exists, F, OuterRef

from policygen.core.document import Document
from policygen.core.document_json import document_text
from policygen.core.problems import Problem
from policygen.library import log
from policygen.library.models import Release
from policygen.library.triggers import declared
from policygen.library.verify import problems as problems_of_library
from policygen.library.verify import standing_triggers
from policygen.policies import events
from policygen.policies.events import Action
from policygen.policies.models import Draft, DraftState, Event, Policy, PolicyVersion, VersionFile
from policygen.policies.proof import differences
from policygen.policies.proof.groups import problems_of_groups
from policygen.policies.published import files, prints
from policygen.policies.published.publishing import rebuilt
from policygen.policies.published.versions import FIRST, digest_of, document_of
from policygen.practices.models import Membership, Practice
from policygen.practices.roles import Role
from policygen.rendering import FORMATS, Rendered, RenderingFailed, renderer

TRIGGERS: Any = import_module("policygen.policies.migrations.0004_triggers")
UNREADABLE = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError),
    *(ObjectDoesNotExist, RenderingFailed),
)
"""What rows raise that somebody wrote nonsense into."""

BATCH = 500
WRITING = (Action.BEGAN, Action.EDITED, Action.REPLACES, Action.MOVED, Action.AMENDED)
"""By what somebody becomes an editor of a draft."""


def _say_nothing(_message: str) -> None:
    """Take a message and drop it."""


@dataclass
class Verification:
    """One run over the site, or over one policy.

    ``quick`` makes no PDFs again. ``repair`` puts files back that are missing or damaged, where the
    same bytes can be made again; ``say`` is told of each. ``counts`` fills while ``problems`` runs.
    """

    policy: Policy | None = None
    quick: bool = False
    repair: bool = False
    say: Callable[[str], None] = _say_nothing
    counts: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    """How many files were made by which other renderer, and therefore not made again."""

    def problems(self, today: date) -> Iterator[Problem]:
        """Give everything that is wrong with what is stored."""
        if self.policy is not None:
            yield from self._policy(self.policy)
            return
        yield from _triggers()
        yield from _library(today)
        yield from _practices()
        yield from _drafts()
        yield from problems_of_groups()
        yield from _lost_rows()
        for policy in Policy.objects.select_related("practice").order_by("pk").iterator(BATCH):
            yield from self._policy(policy)
        yield from _files()

    def _policy(self, policy: Policy) -> Iterator[Problem]:
        where = f"{policy.practice.slug}/{policy.slug}"
        self.counts["policies"] += 1
        if policy.location is not None and policy.location.practice_id != policy.practice_id:
            yield Problem(where, "Its location belongs to another practice.")
        told = Told()
        try:
            for problem in events.problems_of(policy):
                place = problem.where.partition(", ")[2]
                yield Problem(f"{where}, {place}", problem.message)
            for message in told.listen(policy):
                yield Problem(f"{where}, log", message)
        except UNREADABLE as error:
            yield Problem(f"{where}, log", f"It cannot be read: {error!r}.")
        self.counts["lines of logs"] += told.lines
        try:
            yield from self._versions(policy, where, told)
        except UNREADABLE as error:
            yield Problem(f"{where}, versions", f"They cannot be read: {error!r}.")

    def _versions(self, policy: Policy, where: str, told: Told) -> Iterator[Problem]:
        """Go through the versions of a policy, the oldest first."""
        expected, previous = told.erased + 1, _digest_of(policy, told.erased)
        for key, number in _numbers(policy):
            here = f"{where}, version {number}"
            self.counts["versions"] += 1
            if number != expected:
                yield Problem(here, f"Version {expected} should be before it, and is gone.")
            try:
                version = PolicyVersion.objects.select_related("policy").get(pk=key)
                for part, message in self._version(version, previous):
                    yield Problem(f"{here}, {part}" if part else here, message)
                previous = version.digest
            except PolicyVersion.DoesNotExist:
                previous = _digest_of(policy, number)  # it was erased while we looked
            except UNREADABLE as error:
                yield Problem(here, f"It cannot be read: {error!r}.")
            expected = number + 1
        for number in range(expected, told.published + 1):
            yield Problem(
                f"{where}, version {number}", "The log says that it was published, but it is gone."
            )

    # -------------------------------------------------------------- one version

    def _version(self, version: PolicyVersion, previous: str) -> Iterator[tuple[str, str]]:
        """Give what is wrong with a version: the part, and the message."""
        stored = list(VersionFile.objects.filter(version=version).order_by("pk"))
        if version.previous != previous:
            yield "", "It does not name the digest of the version before it."
        if version.digest != digest_of(version, stored):
            yield "", "It does not have its digest: one of its columns, or of its files’, changed."
        yield from _logged(version)
        yield from _approved(version)
        if not Release.objects.filter(
            digest=version.release, number=version.release_number
        ).exists():
            yield "release", f"There is no release {version.release_number} with its digest."
        document = None
        try:
            document = document_of(version)
            made = document_text(rebuilt(version))
            if made != version.document:
                place = differences.of_documents(version.document, made)
                yield (
                    "document",
                    f"Made again from answers and release, it differs first at {place}.",
                )
        except UNREADABLE as error:
            yield "document", f"It cannot be made again: {error!r}."
        if not stored:
            yield "files", "It has none."
        for file in stored:
            self.counts["files"] += 1
            for message in self._file(file, document):
                yield file.format, message
            if wrong := prints.problem_of(file, version.document):
                yield file.format, wrong

    def _file(self, file: VersionFile, document: Document | None) -> Iterator[str]:
        """Give what is wrong with a stored format."""
        content, trouble = _stored(file)
        made = None
        if document is not None and self._is_made_again(file, lost=content is None):
            try:
                made = FORMATS[file.format].render(document)
            except UNREADABLE as error:
                yield f"It cannot be made again: {error!r}."
        if content is None:
            if not self._put_back(file, made):
                yield f"{trouble}{_way_back(file, made)}"
        elif len(content) != file.size:
            yield f"Its file has {len(content):,} bytes, and not {file.size:,}."
        if made is not None:
            yield from _other_than(file, content, made)

    def _is_made_again(self, file: VersionFile, *, lost: bool) -> bool:
        """Tell whether the same bytes are to be expected here, and are asked for."""
        if file.format not in FORMATS:
            return False
        if self.quick and file.format == "pdf" and not lost:
            return False
        if file.renderer != renderer(file.format):
            self.elsewhere[file.renderer] += 1
            return False
        return True

    def _put_back(self, file: VersionFile, made: Rendered | None) -> bool:
        """Store a lost file again, if that is asked for and the same bytes are at hand."""
        if not self.repair or made is None or files.sha256(made.content) != file.sha256:
            return False
        files.restore(made.content)
        self.counts["files put back"] += 1
        self.say(f"{file.sha256} was made again ({file.format}, version {file.version.number}).")
        return True


# ------------------------------------------------------------------ versions


def _numbers(policy: Policy) -> Iterator[tuple[int, int]]:
    """Give key and number of each version, the oldest first."""
    versions = PolicyVersion.objects.filter(policy=policy).order_by("number")
    last: int | None = None
    while True:
        later = versions if last is None else versions.filter(number__gt=last)
        found = list(later.values_list("pk", "number")[:BATCH])
        if not found:
            return
        yield from found
        last = found[-1][1]


def _logged(version: PolicyVersion) -> Iterator[tuple[str, str]]:
    """Compare a version with the line of the log that says that it was published."""
    lines = Event.objects.filter(
        policy=version.policy_id, version=version.number, action=Action.PUBLISHED
    )
    found = list(lines.values_list("details", "draft", "by_id", "who")[:2])
    said = (version.digest, version.draft, version.published_by_id, version.publisher)
    if not found:
        yield "log", "The log does not say that it was published."
    elif len(found) > 1:
        yield "log", "The log says twice that it was published."
    elif found[0] != said:
        yield "log", "The log says another digest, draft or person of its publication."
    if Draft.objects.filter(pk=version.draft).exists():
        yield "", "The draft that it was made from is still there."


def _approved(version: PolicyVersion) -> Iterator[tuple[str, str]]:
    """See that nobody approved what they wrote, and that the log knows of the approval."""
    said = json.loads(version.review)
    approver = said["approver_id"]
    if approver is None:
        if said["required"]:
            yield "review", "A review was demanded, and nobody approved it."
        return
    if approver in said["editor_ids"]:
        yield "review", "It was approved by somebody who wrote part of it."
    of_it = Event.objects.filter(policy=version.policy_id, draft=version.draft)
    steps = of_it.filter(action__in=[*WRITING, Action.APPROVED, Action.SENT_BACK])
    last = steps.order_by("-number").values_list("action", "by").first()
    if last != (Action.APPROVED, approver):
        yield "review", "The log does not say that its approver approved it as it was published."


def _stored(file: VersionFile) -> tuple[bytes | None, str]:
    """Return the bytes of a stored format; or ``None``, and what is wrong with them."""
    try:
        return files.look(file.sha256), ""
    except files.FileMissing:
        return None, f"Its file {file.sha256} is missing."
    except files.FileDamaged:
        return None, f"Its file {file.sha256} is damaged."
    except OSError as error:
        return None, f"Its file {file.sha256} cannot be read: {error.strerror}."


def _way_back(file: VersionFile, made: Rendered | None) -> str:
    """Return where a lost file begins to differ, and what can be done."""
    if made is None or files.sha256(made.content) != file.sha256:
        return " Restore it from a backup."
    same = " The same bytes can be made again: run verify --repair."
    try:
        place = differences.of_bytes(files.lying(file.sha256), made.content)
    except (files.FileMissing, OSError):
        return same
    return f" The first difference is at {place}.{same}"


def _other_than(file: VersionFile, content: bytes | None, made: Rendered) -> Iterator[str]:
    """Compare a stored format with what is made again."""
    if content is not None and content != made.content:
        place = differences.of_bytes(content, made.content)
        yield f"Made again from the stored document, it differs first at {place}."
    if (file.content_type, file.filename) != (made.content_type, made.filename):
        yield f"Made again, it is {made.filename} of type {made.content_type}."


# ------------------------------------------------------------------ logs


@dataclass
class Told:
    """What the log of a policy tells of its versions.

    ``published`` and ``erased`` are the highest numbers.
    """

    lines: int = 0
    published: int = 0
    erased: int = 0

    def listen(self, policy: Policy) -> Iterator[str]:
        """Read the log of a policy, and give what cannot have happened like this."""
        wrote: dict[UUID | None, set[int | None]] = defaultdict(set)
        lines = Event.objects.filter(policy=policy).order_by("number")
        columns = ("number", "action", "draft", "by_id", "version")
        for number, action, draft, by, version in lines.values_list(*columns).iterator(BATCH):
            self.lines += 1
            if action in WRITING:
                wrote[draft].add(by)
            elif action == Action.APPROVED and (by is None or by in wrote[draft]):
                yield f"Line {number}: somebody approved what they wrote."
            elif action == Action.PUBLISHED:
                if version != self.published + 1:
                    yield f"Line {number}: after version {self.published} came {version}."
                self.published = max(self.published, version or 0)
            elif action == Action.ERASED:
                if version != self.erased + 1:
                    yield f"Line {number}: version {version} was erased out of turn."
                self.erased = max(self.erased, version or 0)
            if action in (Action.PUBLISHED, Action.DELETED):
                wrote.pop(draft, None)


def _digest_of(policy: Policy, number: int) -> str:
    """Return the digest of a version that was erased, as the log kept it."""
    lines = Event.objects.filter(policy=policy, version=number, action=Action.PUBLISHED)
    return lines.values_list("details", flat=True).first() or FIRST


# ------------------------------------------------------------------ the site


def _triggers() -> Iterator[Problem]:
    """See that the database refuses what it was told to refuse."""
    wanted = declared(TRIGGERS.RULES, emptied=TRIGGERS.EMPTIED, vendor=connection.vendor)
    missing: dict[str, list[str]] = defaultdict(list)
    for table, name in sorted(wanted - standing_triggers()):
        missing[table].append(name)
    for table, names in missing.items():
        yield Problem(table, f"These triggers are missing or switched off: {', '.join(names)}.")


def _library(today: date) -> Iterator[Problem]:
    try:
        yield from problems_of_library(today)
    except UNREADABLE as error:
        yield Problem("library", f"It cannot be read: {error!r}.")


def _practices() -> Iterator[Problem]:
    owners = Membership.objects.filter(practice=OuterRef("pk"), role=Role.OWNER)
    lonely = Practice.objects.filter(~Exists(owners)).order_by("slug")
    for slug in lonely.values_list("slug", flat=True).iterator(BATCH):
        yield Problem(f"practice {slug}", "It has no owner.")


def _drafts() -> Iterator[Problem]:
    releases = Release.objects.filter(digest=OuterRef("release"))
    astray = Draft.objects.exclude(release="").filter(~Exists(releases)).order_by("pk")
    for key in astray.values_list("pk", flat=True).iterator(BATCH):
        yield Problem(f"draft {key}", "There is no release with the digest that it names.")
    own = Draft.objects.filter(state=DraftState.APPROVED, editors__user=F("approved_by"))
    for key in own.order_by("pk").values_list("pk", flat=True).iterator(BATCH):
        yield Problem(f"draft {key}", "It was approved by somebody who wrote part of it.")


def _lost_rows() -> Iterator[Problem]:
    """Find rows whose policy or version is gone."""
    policies = Policy.objects.filter(pk=OuterRef("policy_id"))
    versions = PolicyVersion.objects.filter(pk=OuterRef("version_id"))
    for model, owner, name in (
        (PolicyVersion, policies, "policy"),
        (Event, policies, "policy"),
        (VersionFile, versions, "version"),
    ):
        lost = model._default_manager.filter(~Exists(owner)).order_by("pk")
        for key in lost.values_list("pk", flat=True).iterator(BATCH):
            yield Problem(f"{model._meta.db_table} {key}", f"Its {name} is gone.")


def _files() -> Iterator[Problem]:
    """Find files that no version names. What is staged may wait for its row."""
    for name in files.strangers():
        yield Problem(f"files/{name}", "This belongs nowhere. Move it away.")
    for some in batched(files.names()):
        for name in unnamed(some):
            if files.is_in_place(name):  # it may have been erased while we looked
                message = "No version names this file. If that is meant, run sweep_files --unnamed."
                yield Problem(f"files/{name[:2]}/{name}", message)


def unnamed(names: Iterable[str]) -> list[str]:
    """Return those of some files that no version names."""
    some = list(names)
    there = VersionFile.objects.filter(sha256__in=some).values_list("sha256", flat=True)
    return sorted(set(some).difference(there))


def batched(names: Iterator[str]) -> Iterator[list[str]]:
    """Give names in lists of which the database can be asked at once."""
    while some := list(islice(names, BATCH)):
        yield some


# ------------------------------------------------------------------ seals


def seals() -> Iterator[str]:
    """Give the ends of all logs, a line each: whose log, and the digest of its last line."""
    yield f"library {log.end()}"
    for key in Policy.objects.order_by("pk").values_list("pk", flat=True).iterator(BATCH):
        ends = Event.objects.filter(policy=key).order_by("-number")
        if end := ends.values_list("digest", flat=True).first():
            yield f"policy-{key} {end}"


def broken_seals(lines: Iterable[str]) -> Iterator[Problem]:
    """Give the seals that no longer hold: lines were cut off there, or never were."""
    for line in lines:
        whose, _, digest = line.strip().partition(" ")
        kind, _, key = whose.partition("-")
        if kind == "policy" and key.isdecimal():
            holds = Event.objects.filter(policy=int(key), digest=digest).exists()
        else:
            holds = whose == "library" and log.holds(digest)
        if not holds:
            message = "Its log has no line of this digest: lines were cut off at its end."
            yield Problem(f"seal of {whose}", message)
