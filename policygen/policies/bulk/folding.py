"""What changes in a policy by a draft, and the digest under which equal changes are folded."""

from __future__ import annotations

from policygen.core.analysis import folding
from policygen.core.document import Document
from policygen.policies.drafting.drafts import Opened
from policygen.policies.models import PolicyVersion
from policygen.policies.published.publishing import document_in
from policygen.policies.published.versions import document_of


def fold_of(opened: Opened, last: PolicyVersion | None) -> str:
    """Return the digest of what a draft changes against the newest version, or of all of it.

    It is blank where nothing changes in what people read. Raises ``Refused`` where a fact is
    missing without which there is no policy, or the stored version is damaged.
    """
    after = document_in(opened, on=opened.today())
    before: Document | None = document_of(last) if last else None
    return folding.fold_of(before, after, opened.library.vocabulary)
