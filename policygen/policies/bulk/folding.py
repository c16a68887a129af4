"""What changes in a policy by a draft, and the digest under which equal changes are folded."""

from __future__ import annotations

from policygen.core.analysis import folding
from policygen.core.document import Document
from policygen.core.vocabulary import Vocabulary
from policygen.policies.models import PolicyVersion
from policygen.policies.published.versions import document_of


def fold_of(after: Document, last: PolicyVersion | None, vocabulary: Vocabulary) -> str:
    """Return the digest of what a document changes against the newest version, or of all of it.

    ``vocabulary`` is that of the document's release. The digest is blank where nothing changes in
    what people read. Raises ``Refused`` where the stored version is damaged.
    """
    before: Document | None = document_of(last) if last else None
    return folding.fold_of(before, after, vocabulary)
