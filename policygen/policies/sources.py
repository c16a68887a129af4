"""The sets of answers on which the library tries a release: examples, drafts and policies."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db.models import Max, OuterRef, Q, Subquery

from policygen.core.problems import Refused
from policygen.library.answers_file import SIZE_LIMIT
from policygen.library.sources import AnswerSet
from policygen.library.strict_yaml import decode, read_bytes, read_yaml
from policygen.policies.frozen import raw_answers
from policygen.policies.stored import amendments_from_text, from_text

if TYPE_CHECKING:
    from django.db.models import Manager

    from policygen.policies.models import Draft, PolicyVersion

logger = logging.getLogger(__name__)

CHUNK = 200
"""How many drafts are read with one query."""

READ = (
    *("title", "answers", "amendments", "release"),
    *("policy__title", "policy__practice__name"),
)
"""What is read of each draft."""

BELOW = Q(level__brand__isnull=False) | Q(level__location__isnull=False)
"""Drafts of brands and locations, which hold only what differs there: policies come of them."""


class Examples:
    """The examples of the clause folder, as their files say it: no vocabulary reads them first."""

    name = "examples"
    label = "Examples"
    blocks = True

    def keys(self) -> Sequence[str]:
        """Return the names of the files without their endings."""
        return sorted(self._paths())

    def sets(self, keys: Iterable[str]) -> Iterator[AnswerSet]:
        """Give the examples of these names. A file that is no answers file at all is left out."""
        paths = self._paths()
        for key in keys:
            if key in paths and (found := _read(paths[key])) is not None:
                yield found

    def _paths(self) -> dict[str, Path]:
        return {path.stem: path for path in settings.CLAUSES_DIR.glob("examples/*.yaml")}


def _read(path: Path) -> AnswerSet | None:
    try:
        value = read_yaml(decode(read_bytes(path, limit=SIZE_LIMIT), limit=SIZE_LIMIT)).value
    except Refused as refused:
        logger.warning("the example %s cannot be read: %s", path.name, refused)
        return None
    if not isinstance(value, dict) or not isinstance(value.get("answers"), dict):
        logger.warning("the example %s has no answers", path.name)
        return None
    return AnswerSet(path.stem, str(value.get("title") or path.stem), value["answers"])


class Drafts:
    """The drafts of all visitors. What breaks one of them is shown, but holds nothing up."""

    name = "drafts"
    label = "Drafts of interviews"
    blocks = False

    def __init__(self, drafts: Manager[Any]) -> None:
        self._drafts: Manager[Draft] = drafts

    def keys(self) -> Sequence[str]:
        """Return the ids of all drafts."""
        whole = self._drafts.exclude(BELOW).order_by("id")
        return [str(key) for key in whole.values_list("id", flat=True)]

    def sets(self, keys: Iterable[str]) -> Iterator[AnswerSet]:
        """Give the drafts of these ids that are still there, with one query for ``CHUNK`` ids."""
        known = [key for key in keys if _is_id(key)]
        for start in range(0, len(known), CHUNK):
            found = self._drafts.filter(pk__in=known[start : start + CHUNK]).order_by("id")
            for draft in found.select_related("policy__practice").only(*READ):
                raw = from_text(draft.answers)
                own = amendments_from_text(draft.amendments)
                yield AnswerSet(str(draft.pk), _title_of(draft), raw, draft.release, own)


def _title_of(draft: Draft) -> str:
    """Name a draft; one of a policy after its practice and the policy, as versions are."""
    if draft.policy is None:
        return str(draft)
    return f"{draft.policy.practice}: {draft.policy}, draft"


class Policies:
    """The newest version of every published policy. None changes unless its practice wants it."""

    name = "policies"
    label = "Published policies"
    blocks = False

    def __init__(self, versions: Manager[Any]) -> None:
        self._versions: Manager[PolicyVersion] = versions

    def keys(self) -> Sequence[str]:
        """Return the ids of all policies with a version."""
        policies = self._versions.order_by("policy").values_list("policy", flat=True).distinct()
        return [str(key) for key in policies]

    def sets(self, keys: Iterable[str]) -> Iterator[AnswerSet]:
        """Give the newest versions of policies of these ids, with one query for ``CHUNK`` ids.

        A damaged one is logged and left out: it must not hold up the library of the whole site.
        """
        known = [int(key) for key in keys if key.isdecimal()]
        for start in range(0, len(known), CHUNK):
            of_them = self._versions.filter(policy__in=known[start : start + CHUNK])
            newest = of_them.values("policy").annotate(last=Max("number")).values("last")
            this = newest.filter(policy=OuterRef("policy"))
            versions = of_them.filter(number=Subquery(this)).order_by("policy")
            for version in versions.select_related("policy__practice").defer("document", "review"):
                if (found := _set_of(version)) is not None:
                    yield found


def _set_of(version: PolicyVersion) -> AnswerSet | None:
    """Return the answers of a version, or ``None`` where they are damaged (verify says so)."""
    title = f"{version.policy.practice}: {version.policy}, version {version.number}"
    try:
        raw = raw_answers(version.answers)
    except Refused as refused:
        logger.error("%s (policy %s) cannot be read: %s", title, version.policy_id, refused)
        return None
    return AnswerSet(
        key=str(version.policy_id),
        title=title,
        raw=raw,
        release=version.release,
        amendments=amendments_from_text(version.amendments),
    )


def _is_id(key: str) -> bool:
    try:
        UUID(key)
    except ValueError:
        return False
    return True
