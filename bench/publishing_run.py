"""What ``bench.publishing`` measures. To be imported where Django is set up.

Each example is published again and again as the next version of one policy, with another name, so
that nothing is stored already. In turns with it, the PDF of the version is made by itself. All of
publishing is counted: reading the draft, the findings, the document, five formats, files forced to
the disk, rows, digests and the log.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import perf_counter

from django.contrib.auth.models import User
from django.utils import timezone

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.answers import parse_answers
from policygen.library.loading import load_library
from policygen.library.store import library_in_force
from policygen.policies.drafting.beginning import begin_draft, set_up_policy
from policygen.policies.drafting.drafts import save_answers
from policygen.policies.drafting.examples import examples
from policygen.policies.holders import Holder
from policygen.policies.models import Policy, PolicyVersion
from policygen.policies.published.publishing import Order, publish_policy
from policygen.policies.published.versions import document_of
from policygen.practices.founding import found_practice
from policygen.rendering import FORMATS, pdf, renderer

CLAUSES = Path(__file__).resolve().parent.parent / "clauses"
ROUNDS = 7


def publish(policy: Policy, by: User, raw: dict[str, object]) -> tuple[PolicyVersion, float]:
    """Publish the next version, and return the seconds it took."""
    holder = Holder(user=by)
    draft = begin_draft(policy, by)
    answers = parse_answers(library_in_force().vocabulary, raw)
    draft = save_answers(holder, draft.pk, answers).draft
    order = Order(draft.revision, timezone.localdate(), "Measured", ChangeKind.EDITORIAL)
    begun = perf_counter()
    version = publish_policy(holder, draft.pk, order)
    return version, perf_counter() - begun


def measure() -> None:
    """Print the table."""
    load_library(CLAUSES, today=timezone.localdate())
    by = User.objects.create_user("owner@example.com")
    practice = found_practice(by, name="Measured", time_zone="UTC")
    for name in FORMATS:
        renderer(name)
    print("| example | publishing, ms | bare PDF, ms | ratio |")
    print("| --- | --- | --- | --- |")
    for example in examples(library_in_force()):
        policy = set_up_policy(practice, by, title=example.title)
        whole: list[float] = []
        bare: list[float] = []
        for number in range(ROUNDS + 1):
            raw = {**example.answers.to_raw(), "practice_name": f"{example.title} {number}"}
            version, seconds = publish(policy, by, raw)
            document = document_of(PolicyVersion.objects.get(pk=version.pk))
            begun = perf_counter()
            pdf.render(document)
            if number:  # the first one warms up
                whole.append(seconds)
                bare.append(perf_counter() - begun)
        one, other = median(whole), median(bare)
        print(f"| {example.name} | {one * 1000:.0f} | {other * 1000:.0f} | {one / other:.2f} |")


if __name__ == "__main__":
    measure()
