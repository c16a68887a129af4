"""What changes in a policy by a draft, and the digest under which equal changes are folded."""

from __future__ import annotations

from policygen.core.analysis import folding
from policygen.core.answers import sift_answers
from policygen.core.document import Document
from policygen.core.problems import Refused
from policygen.policies.drafting.drafts import Opened
from policygen.policies.frozen import raw_answers
from policygen.policies.models import PolicyVersion
from policygen.policies.published.publishing import document_in, library_for
from policygen.policies.published.versions import document_of


def fold_of(opened: Opened, last: PolicyVersion | None) -> str:
    """Return the digest of what a draft changes against the newest version, or of all of it.

    It is blank where nothing changes in what people read. Raises ``Refused`` where a fact is
    missing without which there is no policy, or the stored version is damaged.
    """
    after = document_in(opened, on=opened.today())
    own = folding.own_texts(opened.reading.answers)
    before: Document | None = document_of(last) if last else None
    return folding.fold_of(before, after, was_own=_own_texts(last), own=own)


def _own_texts(last: PolicyVersion | None) -> dict[str, str]:
    if last is None:
        return {}
    try:
        answers, _ = sift_answers(library_for(last).vocabulary, raw_answers(last.answers))
    except Refused:
        return {}
    return folding.own_texts(answers)
