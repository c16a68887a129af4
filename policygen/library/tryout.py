"""Trying out: what a draft or a release would change, over every set of answers there is.

Each document is compared with what it is made from now: the release in force, or the earlier one
that a draft of an interview has kept.

``start`` takes down which sets there are, ``compute`` compares the next of them, as often as it
takes. Each part is computed outside of any transaction and stored only if nobody else stored it
meanwhile: two who compute at once never wait for each other, and never count a set twice.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from time import monotonic
from typing import TypeVar
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from policygen.core.analysis.naming import atoms_in, atoms_in_cases, atoms_in_rule
from policygen.core.conditions import question_of
from policygen.core.library import Library, canonical_json, parse_library
from policygen.core.problems import Problem
from policygen.library import guards, pieces, sources
from policygen.library.checks import parse_piece, to_frame
from policygen.library.comparison import Compared, compared, fingerprint, redline_to_json
from policygen.library.models import (
    ClauseVersion,
    FramePiece,
    Outcome,
    Release,
    ReleaseState,
    TryOut,
    TryOutSet,
)
from policygen.library.pieces import Contents, Key
from policygen.library.sources import AnswerSet
from policygen.library.store import DamagedRelease, library_in_force, library_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

KEPT = 20
"""How many try-outs are kept; older ones go when a new one starts."""

PART_SECONDS = 2.0
"""How long one part takes, about."""

AT_ONCE = 50
"""How many sets are fetched together."""


NAMING = frozenset({"section", "regime", "conflict"})
"""Kinds of pieces that can come to name answers that are new themselves."""


# ------------------------------------------------------------------ what is tried out


def library_with(piece: FramePiece | ClauseVersion) -> Library:
    """Return what a release made now would hold, with this piece as it stands laid over it.

    What the piece names and no release has comes along, even as a draft: a clause for a new option
    can be tried out before anybody approved the option. Raises ``Refused``.
    """
    contents, working = pieces.candidate(), pieces.working_frame()
    wanted = _named_by(piece, working)
    while new := {key: working[key] for key in wanted if key in working and key not in contents}:
        contents |= new
        wanted = {named for key in new for named in _ground_of(key, working)}
    contents[piece.kind, piece.name] = pieces.said(piece)
    return pieces.to_library(contents)


def _named_by(piece: FramePiece | ClauseVersion, working: Contents) -> set[Key]:
    """Return what must be there for a piece to be read."""
    if not isinstance(piece, ClauseVersion):
        key = (piece.kind, piece.name)
        return {key, *(_ground_of(key, working) if piece.kind in NAMING else ())}
    if piece.withdrawn:
        return set()
    clause = parse_piece(piece.name, pieces.said(piece), to_frame(working))
    claimed = (atom for claim in clause.claims for atom in claim.atoms)
    sections = {("section", name) for name in (clause.section, *clause.body.references)}
    named = sections | _laws_with(set(clause.satisfies), working)
    return named | _keys_of((*clause.when.atoms(), *clause.needs, *claimed))


def _laws_with(elements: set[str], working: Contents) -> set[Key]:
    """Return the laws that ask for one of these elements."""
    return {
        (kind, name)
        for (kind, name), said in working.items()
        if kind == "regime"
        and not elements.isdisjoint(one["id"] for one in said.content["said"]["elements"])
    }


def _ground_of(key: Key, working: Contents) -> set[Key]:
    """Return what a new piece stands on: an option its question, a question its options.

    Whatever has a condition stands on the answers that it names.
    """
    kind, name = key
    content = working[key].content
    match kind:
        case "option":
            return {("question", question_of(name))}
        case "question":
            options = {key for key in working if key[0] == "option" and question_of(key[1]) == name}
            return options | _keys_of(atoms_in(content["when"]))
        case "section":
            return _keys_of(atoms_in_cases(content.get("needed")))
        case "regime" | "conflict":
            return _keys_of(atoms_in_rule(content["said"]))
    return set()


def _keys_of(atoms: Iterable[str]) -> set[Key]:
    return {key for atom in atoms for key in (("option", atom), ("question", question_of(atom)))}


# ------------------------------------------------------------------ starting


def start(of: FramePiece | ClauseVersion | Release, *, by: User | None) -> TryOut:
    """Take down what is to be compared: with what documents use now, over all sets there are.

    Raises ``Refused`` if the piece makes no whole library, and ``NoRelease``.
    """
    before = library_in_force().digest
    if isinstance(of, Release):
        after, digest = of.snapshot, of.digest
    else:
        library = library_with(of)
        after, digest = canonical_json(library.to_json()), library.digest
    keys = [(name, key) for name, source in sources.SOURCES.items() for key in _keys(source)]
    forget_gone()
    with transaction.atomic():
        tryout = TryOut.objects.create(
            **_subject(of),
            made_by=by,
            made_at=timezone.now(),
            before=before,
            after=after,
            after_digest=digest,
            total=len(keys),
        )
        TryOutSet.objects.bulk_create(
            [
                TryOutSet(tryout=tryout, position=position, source=source, key=key)
                for position, (source, key) in enumerate(keys)
            ],
            batch_size=500,
        )
        kept = {*TryOut.objects.values_list("pk", flat=True)[:KEPT], *_needed()}
        TryOut.objects.exclude(pk__in=kept).delete()
    return tryout


def _needed() -> Iterator[UUID]:
    """Give the try-out by which the present candidate can be published, if there is one."""
    for candidate in Release.objects.filter(state=ReleaseState.CANDIDATE).only("digest"):
        if (finished := finished_for(candidate)) is not None:
            yield finished.pk


def _keys(source: sources.Source) -> Sequence[str]:
    return source.keys()


def _subject(of: FramePiece | ClauseVersion | Release) -> dict[str, object]:
    if isinstance(of, Release):
        return {"kind": "release", "name": str(of.number), "number": of.number, "label": str(of)}
    label = f"{of._meta.verbose_name} “{of.name}”, version {of.number}"
    return {"kind": of.kind, "name": of.name, "number": of.number, "label": label}


@lru_cache(maxsize=4)
def library_tried(digest: str) -> Library:
    """Return the library of a try-out by its digest.

    Raises ``TryOut.DoesNotExist``, or ``DamagedRelease`` if the stored text is not what it was.
    """
    text = TryOut.objects.filter(after_digest=digest).values_list("after", flat=True)[:1].get()
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        raise DamagedRelease(digest)
    return replace(parse_library(json.loads(text)), release=digest)


# ------------------------------------------------------------------ computing


def compute(tryout: TryOut, *, seconds: float = PART_SECONDS, count: int | None = None) -> None:
    """Compare the next sets, for about so many seconds or at most ``count`` of them.

    The last part also asks the guards. ``tryout`` says afterwards how far it is, by whomever.
    Raises ``TryOut.DoesNotExist`` if it was deleted meanwhile.
    """
    _look_again(tryout)
    if tryout.finished_at is not None:
        return
    begun = tryout.done
    part = list(_next(tryout, seconds=seconds, count=count))
    done = begun + len(part)
    counts = _added(tryout.counts, [found for _, found in part])
    found: dict[str, object] = {"done": done, "counts": counts}
    if done == tryout.total:
        found["guards"] = [[problem.where, problem.message] for problem in _guards(tryout)]
        found["finished_at"] = timezone.now()
    with transaction.atomic():
        ours = TryOut.objects.filter(pk=tryout.pk, done=begun, finished_at=None).update(**found)
        if ours:
            _store(tryout.sets.filter(position__gte=begun, position__lt=done), part)
    _look_again(tryout)


def _store(waiting: QuerySet[TryOutSet], part: Sequence[tuple[TryOutSet, Compared]]) -> None:
    """Put rows in the place of those that waited; what was deleted meanwhile leaves no text.

    The lock makes a deletion that is under way wait for us, or us for it (``forget``).
    """
    _lock(waiting)
    rows = [row for row, _ in part]
    there = {key for some in _batches(rows) for key in _sets_of(some)}
    for row in rows:
        if (row.source, row.key) not in there:
            row.title, row.redline, row.problems = "", "", []
    waiting.delete()
    TryOutSet.objects.bulk_create(rows, batch_size=50)


def _lock(rows: QuerySet[TryOutSet]) -> None:
    """Let nobody else write to these rows until the transaction ends."""
    list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))


def _look_again(tryout: TryOut) -> None:
    tryout.refresh_from_db(fields=["done", "counts", "guards", "finished_at"])


class Now:
    """The libraries that documents are made from now, each looked for once."""

    def __init__(self, in_force: str) -> None:
        self._found = {"": library_of(in_force)}

    def library(self, release: str) -> Library:
        """Return the library of a release, or the one in force if that is gone or damaged."""
        if release not in self._found:
            try:
                self._found[release] = library_of(release)
            except (Release.DoesNotExist, DamagedRelease):
                logger.exception("release %s cannot be read: the one in force is used", release)
                self._found[release] = self._found[""]
        return self._found[release]


def _next(
    tryout: TryOut, *, seconds: float, count: int | None
) -> Iterator[tuple[TryOutSet, Compared]]:
    """Give the next rows as they are to be stored, with what was found; one at least."""
    after, now = library_tried(tryout.after_digest), Now(tryout.before)
    on = timezone.localdate(tryout.made_at)
    until = monotonic() + seconds
    limit = tryout.total if count is None else tryout.done + count
    for begun in range(tryout.done, limit, AT_ONCE):
        span = {"position__gte": begun, "position__lt": min(begun + AT_ONCE, limit)}
        rows = list(tryout.sets.filter(**span).order_by("position"))
        there = _sets_of(rows)
        for row in rows:
            answer_set = there.get((row.source, row.key))
            found = (
                compared(answer_set, now.library(answer_set.release), after, on=on)
                if answer_set
                else Compared(Outcome.GONE)
            )
            yield _filled(row, answer_set, found), found
            if monotonic() > until:
                return


def _sets_of(rows: Iterable[TryOutSet]) -> dict[tuple[str, str], AnswerSet]:
    """Return the sets that are still there, with one call of each source."""
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(row.source, []).append(row.key)
    return {
        (name, answer_set.key): answer_set
        for name, wanted in keys.items()
        if name in sources.SOURCES
        for answer_set in sources.SOURCES[name].sets(wanted)
    }


def _filled(row: TryOutSet, answer_set: AnswerSet | None, found: Compared) -> TryOutSet:
    row.pk = None
    row.outcome = found.outcome
    row.problems = [[problem.where, problem.message] for problem in found.problems]
    row.redline = redline_to_json(found.redline) if found.redline else ""
    if answer_set is not None:
        row.title, row.fingerprint = answer_set.title, fingerprint(answer_set)
    return row


def _added(counts: Mapping[str, Sequence[int]], found: Iterable[Compared]) -> dict[str, list[int]]:
    """Return the counts with more sets counted in."""
    before = Counter({slug: pair[0] for slug, pair in counts.items()})
    after = Counter({slug: pair[1] for slug, pair in counts.items()})
    for one in found:
        before.update(one.before)
        after.update(one.after)
    return {slug: [before[slug], after[slug]] for slug in sorted({*before, *after})}


def _guards(tryout: TryOut) -> Iterator[Problem]:
    after = library_tried(tryout.after_digest)
    yield from guards.library_guards(after)
    yield from sources.breaking(library_of(tryout.before), after)


# ------------------------------------------------------------------ what was found


@dataclass(frozen=True)
class ClauseChanges:
    """Slugs of clauses, in reading order; those that only earlier releases have come last.

    ``lost`` are those that some set selected before and none does now; ``gained`` the other way
    round. ``added`` and ``removed`` are those that only one of the libraries has.
    """

    lost: tuple[str, ...]
    gained: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def clause_changes(tryout: TryOut) -> ClauseChanges:
    """Return which clauses a finished try-out found to come and go."""
    before = [clause.slug for clause in library_of(tryout.before).clauses]
    after = [clause.slug for clause in library_tried(tryout.after_digest).clauses]
    all_of = dict.fromkeys([*after, *before, *tryout.counts])
    pairs = {slug: tryout.counts.get(slug, [0, 0]) for slug in all_of}
    return ClauseChanges(
        lost=tuple(slug for slug, (old, new) in pairs.items() if old and not new),
        gained=tuple(slug for slug, (old, new) in pairs.items() if new and not old),
        added=tuple(slug for slug in after if slug not in set(before)),
        removed=tuple(slug for slug in before if slug not in set(after)),
    )


@dataclass(frozen=True)
class Since:
    """How many sets of answers were changed, deleted and added after a try-out compared them."""

    changed: int
    deleted: int
    added: int

    def __bool__(self) -> bool:
        """Whether the list would be another one now."""
        return bool(self.changed or self.deleted or self.added)


def since(tryout: TryOut) -> Since:
    """Compare the answers that a try-out saw with those there are now."""
    seen = {
        (source, key): print_
        for source, key, print_ in tryout.sets.exclude(outcome=Outcome.GONE).values_list(
            "source", "key", "fingerprint"
        )
    }
    now = {
        (source.name, one.key): fingerprint(one)
        for source in sources.SOURCES.values()
        for keys in _batches(_keys(source))
        for one in source.sets(keys)
    }
    return Since(
        changed=sum(seen[key] != now[key] for key in seen.keys() & now.keys()),
        deleted=len(seen.keys() - now.keys()),
        added=len(now.keys() - seen.keys()),
    )


def forget_gone() -> int:
    """Take the texts of sets that were deleted since out of all try-outs; return of how many.

    Whoever deletes a draft can trust that no comparison keeps what stood in it.
    """
    there = {(name, key) for name, source in sources.SOURCES.items() for key in _keys(source)}
    kept = TryOutSet.objects.exclude(title="", redline="").order_by()
    gone = [pk for pk, *key in kept.values_list("pk", "source", "key") if tuple(key) not in there]
    for pks in _batches(gone):
        _blank(TryOutSet.objects.filter(pk__in=pks))
    return len(gone)


def forget(source: str, keys: Iterable[str]) -> None:
    """Take the texts of sets that are being deleted out of all try-outs."""
    with transaction.atomic():
        for some in _batches(keys):
            sets = TryOutSet.objects.filter(source=source, key__in=some)
            _lock(sets)  # then the next statement sees what was stored while we waited
            _blank(sets)


def _blank(sets: QuerySet[TryOutSet]) -> None:
    sets.update(title="", redline="", problems=[])


def _batches(keys: Iterable[T]) -> Iterator[list[T]]:
    keys = iter(keys)
    while batch := list(islice(keys, 500)):
        yield batch


def finished_for(release: Release) -> TryOut | None:
    """Return the newest finished try-out of just what a candidate holds, if there is one.

    It counts only while it is compared with what is in force: what publishing would change.
    """
    in_force = library_in_force().digest
    done = TryOut.objects.filter(kind="release", after_digest=release.digest, before=in_force)
    return done.exclude(finished_at=None).defer("after").first()
