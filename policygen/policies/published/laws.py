"""The ledger of a published version: what each law wanted, and where the version states it."""

from __future__ import annotations

from policygen.core.analysis.findings.laws import ledger_of
from policygen.core.analysis.ledger import Ledger
from policygen.core.answers import sift_answers
from policygen.policies.drafting.subjects import subject_of
from policygen.policies.frozen import raw_answers
from policygen.policies.models import PolicyVersion
from policygen.policies.published.publishing import library_for
from policygen.policies.published.versions import document_of


def ledger_for(version: PolicyVersion) -> Ledger:
    """Return the ledger of a version as it is stored, by the laws of its release.

    Raises ``Refused``, ``Release.DoesNotExist`` or ``DamagedRelease`` where the version or its
    release cannot be read.
    """
    library = library_for(version)
    answers, _ = sift_answers(library.vocabulary, raw_answers(version.answers))
    document = document_of(version)
    return ledger_of(subject_of(library, answers, on=document.date, document=document))
