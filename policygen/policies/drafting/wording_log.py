"""How the log of a policy keeps each change of the practice's own wording: both texts, for ever.

A line says which clause, what its wording was, and what it became. Where the wording became the
library's own again, or a clause left the library, the text that was let go of stands here still.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from policygen.core.amendments import Amendment, amendments_from_json
from policygen.core.problems import Refused


@dataclass(frozen=True, slots=True)
class WordingChange:
    """A change of a practice's own wording of a clause, given by its slug.

    A text is empty where the library's own text stood, or stands again. Both are the same where
    somebody decided to keep a wording against another text. The clause is blank
    where stored wording could not be read; then ``before`` is all of it as it was stored.
    """

    clause: str
    before: str
    after: str

    @property
    def is_kept(self) -> bool:
        """Whether the wording was kept against another: the library's, or a version's."""
        return self.before == self.after


def changes_between(before: str, after: str) -> Iterator[WordingChange]:
    """Give what differs between two stored lists of amendments (``Draft.amendments``).

    An amendment that only names a later version of the same text is not among them. Raises
    ``Refused`` or ``ValueError`` if the later list cannot be read.
    """
    new = {one.slug: one for one in amendments_from_json(json.loads(after))}
    try:
        old = {one.slug: one for one in amendments_from_json(json.loads(before))}
    except (Refused, ValueError, RecursionError):
        yield WordingChange("", before, "")
        old = {}
    for slug in dict.fromkeys([*old, *new]):
        was, now = old.get(slug), new.get(slug)
        if _said(was) != _said(now):
            yield WordingChange(slug, was.text if was else "", now.text if now else "")


def _said(amendment: Amendment | None) -> tuple[str, str, str | None]:
    """Return what a decision rests on: the wording, and the texts that it is decided against."""
    if amendment is None:
        return "", "", None
    return amendment.text, amendment.base_text.strip(), amendment.rival


def to_details(change: WordingChange) -> str:
    """Return what the line of the log says (``Event.details``): compact JSON."""
    said = {"clause": change.clause, "before": change.before, "after": change.after}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def from_details(details: str) -> WordingChange:
    """Read a line of the log. It never fails: what is no such JSON counts as a clause's slug."""
    try:
        said = json.loads(details)
        return WordingChange(str(said["clause"]), str(said["before"]), str(said["after"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return WordingChange(details, "", "")


def beginning_for(clause: str) -> str:
    """Return how the details of every line about a clause begin, to look for them."""
    return to_details(WordingChange(clause, "", "")).partition('"before"')[0]
