"""What people do on a site that compose started, done in one of its processes.

    python -m tests.deployment.founding found            make a practice, its people and a group;
                                                         publish a policy, and start a batch
    python -m tests.deployment.founding publish BATCH    publish what a batch has prepared

Each says one line of JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from policygen.core.analysis.change_kind import ChangeKind  # noqa: E402
from policygen.core.answers import parse_answers  # noqa: E402
from policygen.library.store import library_in_force  # noqa: E402
from policygen.library.strict_yaml import decode, read_yaml  # noqa: E402
from policygen.policies.bulk.deciding import publish_batch  # noqa: E402
from policygen.policies.bulk.starting import start_group_batch  # noqa: E402
from policygen.policies.drafting.beginning import begin_draft, set_up_policy  # noqa: E402
from policygen.policies.drafting.drafts import save_answers  # noqa: E402
from policygen.policies.drafting.groups import set_up_group  # noqa: E402
from policygen.policies.holders import Holder  # noqa: E402
from policygen.policies.models import Batch, GroupForm, Policy  # noqa: E402
from policygen.policies.published.publishing import Order, publish_policy  # noqa: E402
from policygen.policies.stored import to_text  # noqa: E402
from policygen.policies.tasks import send  # noqa: E402
from policygen.practices.founding import found_practice  # noqa: E402
from policygen.practices.models import Location  # noqa: E402

OWNER, PASSWORD = "owner@example.org", "a long pass phrase"
PLACES = 2


def address(policy: Policy) -> str:
    """Return where everybody reads a policy."""
    return reverse("public", args=[policy.practice.slug, policy.slug])


def found() -> dict[str, Any]:
    """Make everything, and start the batch, which the workers then prepare."""
    owner = User.objects.create_user(username=OWNER, email=OWNER, password=PASSWORD)
    EmailAddress.objects.create(user=owner, email=OWNER, verified=True, primary=True)
    practice = found_practice(owner, name="Elm Dental", time_zone="UTC")
    file = settings.CLAUSES_DIR / "examples/small-practice.yaml"
    vocabulary = library_in_force().vocabulary
    answers = parse_answers(vocabulary, read_yaml(decode(file.read_bytes())).value["answers"])
    policy = set_up_policy(practice, owner, title="Privacy policy")
    draft = begin_draft(policy, owner)
    save_answers(Holder(user=owner), draft.pk, answers)
    draft.refresh_from_db()
    order = Order(draft.revision, timezone.localdate(), "It was time.", ChangeKind.MATERIAL)
    publish_policy(Holder(user=owner), draft.pk, order)
    for number in range(1, PLACES + 1):
        Location.objects.create(
            practice=practice,
            name=f"Office {number}",
            address=f"{number} Main Street\nSpringfield, IL 62701",
            phone=f"217-555-000{number}",
        )
    raw = to_text(answers.to_raw())
    group = set_up_group(practice, owner, title="Offices", form=GroupForm.EACH, answers=raw)
    batch = start_group_batch(group, owner)
    send(batch.pk)
    return {"batch": str(batch.pk), "policy": address(policy)}


def publish(batch: str) -> dict[str, Any]:
    """Publish what is ready."""
    publish_batch(
        Batch.objects.get(pk=batch).pk,
        on=timezone.localdate(),
        reason="All of them.",
        kind=ChangeKind.MATERIAL,
    )
    send(Batch.objects.get(pk=batch).pk)
    return {}


if __name__ == "__main__":
    done = {"found": found, "publish": publish}[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps(done) + "\n")
