"""The same document is rendered once, however many ask for it at the same time or again.

Whoever comes first writes a row (``models.Print``), renders, and stages the bytes; whoever asks
meanwhile waits for that, and whoever asks later is given the bytes that lie there. A row keeps no
bytes: they stay as long as a version names them, and what is gone is rendered anew. A row is never
trusted to be alive, either. Whoever dies while rendering is overtaken when the claim ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from time import monotonic, sleep

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from policygen.core.library import canonical_json
from policygen.policies.models import Print, VersionFile
from policygen.policies.published import files
from policygen.rendering import Rendered
from policygen.rendering.limits import PdfLimits

PRINTED = "pdf"
"""The format that is worth a row in ``Print``: any other is made sooner than the row is written."""

SLACK = 10.0
LIMITS = PdfLimits()
LEASE = timedelta(seconds=LIMITS.wait + LIMITS.start + LIMITS.wall + SLACK)
"""How long a document may be rendered before somebody else tries; a PDF takes less, or fails."""

PATIENCE = LIMITS.wall + SLACK
"""How many seconds somebody waits for another's rendering before they do it by themselves.

It is shorter than the lease: a request has to be answered before the proxy gives it up. Only where
a document takes as long as it may, or whoever renders it died, it is rendered a second time.
"""

KEPT = timedelta(days=30)
"""How long a row stays at most. Documents are dated, so the same one is soon asked for no more."""

CHUNK = 500
"""How many rows are deleted at once."""

PAUSES = (0.02, 0.05, 0.1, 0.25)
"""The seconds between two looks at a row; the last one is repeated."""


def key_of(name: str, mark: str, text: str) -> str:
    """Return what the bytes of a document in a format depend on, as a SHA-256.

    ``mark`` is that of what renders the format, and ``text`` the document (``document_text``).
    """
    return hashlib.sha256(canonical_json([name, mark, text]).encode()).hexdigest()


def stored(name: str, text: str, mark: str, make: Callable[[], Rendered]) -> VersionFile:
    """Stage a document in a format, and return the row that is to name the bytes.

    It is rendered unless that was done before, or somebody is doing it: then that is waited for,
    ``PATIENCE`` seconds at most. ``text`` is the document as ``document_text`` gives it, ``mark``
    what ``rendering.renderer`` gives, and ``make`` renders. Raises what ``make`` raises, and
    ``OSError`` if the bytes cannot be written.
    """
    key, since, looks = key_of(name, mark, text), monotonic(), 0
    while True:
        row = Print.objects.filter(pk=key).first()
        if row is not None and row.sha256 and (again := _again(row, mark)):
            return again
        claim = _claim(key, name, row)
        if claim or monotonic() - since > PATIENCE:
            return _rendered(key, claim, name, mark, make)
        sleep(PAUSES[min(looks, len(PAUSES) - 1)])
        looks += 1


def staged(name: str, rendered: Rendered, mark: str) -> VersionFile:
    """Stage the bytes of a format, and return the row that is to name them.

    Raises ``OSError`` if they cannot be written.
    """
    return VersionFile(
        format=name,
        sha256=files.stage(rendered.content),
        size=len(rendered.content),
        content_type=rendered.content_type,
        filename=rendered.filename,
        renderer=mark,
    )


def problem_of(file: VersionFile, text: str) -> str:
    """Return what is wrong with the row that whoever publishes this file again would believe.

    ``text`` is the document of the version. The answer is blank if there is none, or it agrees.
    """
    if file.format != PRINTED:
        return ""
    key = key_of(file.format, file.renderer, text)
    row = Print.objects.filter(pk=key).exclude(sha256="").first()
    if row is None:
        return ""
    said = (row.format, row.sha256, row.size, row.content_type, row.filename)
    if said == (file.format, file.sha256, file.size, file.content_type, file.filename):
        return ""
    return f"The row {key} of policies_print tells of other bytes. Delete that row."


def forget(names: Iterable[str]) -> None:
    """Take the rows away that name bytes which are gone."""
    Print.objects.filter(sha256__in=list(names)).delete()


def sweep(*, older_than: timedelta) -> int:
    """Delete old rows, and return how many there were.

    Those are the ones whose bytes no version names, and any that are older than ``KEPT``.
    """
    now = timezone.now()
    named = Exists(VersionFile.objects.filter(sha256=OuterRef("sha256")))
    useless = Q(~named, made__lt=now - older_than) | Q(made__lt=now - max(KEPT, older_than))
    count = 0
    while keys := list(Print.objects.filter(useless).values_list("pk", flat=True)[:CHUNK]):
        count += Print.objects.filter(pk__in=keys).delete()[0]
    return count


def _again(row: Print, mark: str) -> VersionFile | None:
    """Stage the bytes of a print again, if they still lie there whole."""
    try:
        content = files.look(row.sha256)
    except (files.FileMissing, files.FileDamaged, OSError):
        return None
    return staged(row.format, Rendered(row.filename, row.content_type, content), mark)


def _claim(key: str, name: str, seen: Print | None) -> datetime | None:
    """Claim a print whose row was ``seen`` like this, and return until when it is ours.

    Return ``None`` if somebody else has it. The end of a claim also tells it from any other one.
    """
    now = timezone.now()
    until = now + LEASE
    if seen is None:
        try:
            # One statement needs a transaction only where it must not spoil that of the caller.
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                Print(key=key, format=name, held_until=until).save(force_insert=True)
        except IntegrityError:
            return None
        return until
    if not seen.sha256 and seen.held_until is not None and seen.held_until > now:
        return None
    as_seen = Print.objects.filter(pk=key, sha256=seen.sha256, held_until=seen.held_until)
    return until if as_seen.update(sha256="", held_until=until) else None


def _rendered(
    key: str, claim: datetime | None, name: str, mark: str, make: Callable[[], Rendered]
) -> VersionFile:
    """Render and stage a document, and say so in the row if it is ours."""
    began = monotonic()
    mine = Print.objects.filter(pk=key, sha256="", held_until=claim)
    try:
        made = staged(name, make(), mark)
    except BaseException:
        if claim:
            with suppress(DatabaseError):  # the claim ends by itself
                mine.delete()
        raise
    if claim:
        mine.update(
            sha256=made.sha256,
            size=made.size,
            content_type=made.content_type,
            filename=made.filename,
            seconds=monotonic() - began,
            held_until=None,
        )
    return made
