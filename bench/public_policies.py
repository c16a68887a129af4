"""Publish two policies for ``bench.public``: one with a single version, and one with 200."""

import django
from django.utils import timezone

django.setup()

from django.contrib.auth.models import User  # noqa: E402

from policygen.core.analysis.change_kind import ChangeKind  # noqa: E402
from policygen.library.store import library_in_force  # noqa: E402
from policygen.policies.drafting.beginning import begin_draft, set_up_policy  # noqa: E402
from policygen.policies.drafting.drafts import save_answers  # noqa: E402
from policygen.policies.drafting.examples import examples  # noqa: E402
from policygen.policies.holders import Holder  # noqa: E402
from policygen.policies.published import publishing  # noqa: E402
from policygen.policies.published.publishing import Order, publish_policy  # noqa: E402
from policygen.practices.founding import found_practice  # noqa: E402

VERSIONS = 200


def publish(owner: User, title: str, versions: int) -> None:
    policy = set_up_policy(practice, owner, title=title)
    for _ in range(versions):
        draft = begin_draft(policy, owner)
        if not draft.base:
            save_answers(Holder(user=owner), draft.pk, answers)
            draft.refresh_from_db()
        order = Order(draft.revision, timezone.localdate(), "It was time.", ChangeKind.TECHNICAL)
        publish_policy(Holder(user=owner), draft.pk, order)


owner = User.objects.create_user(username="owner@example.com", email="owner@example.com")
practice = found_practice(owner, name="Bench", time_zone="UTC")
library = library_in_force()
example = next(one for one in examples(library) if one.name == "two-location-dental")
answers = example.answers
publish(owner, "One", 1)
kept = publishing.FORMATS
publishing.FORMATS = {name: kept[name] for name in ("html", "txt")}  # 200 PDFs would take minutes
publish(owner, "Many", VERSIONS)
publishing.FORMATS = kept
