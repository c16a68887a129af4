"""Drafts in the admin: whoever deletes one there deletes what try-outs kept of it, too."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from policygen.library.models import Outcome, TryOut, TryOutSet
from policygen.policies.models import Draft

pytestmark = pytest.mark.django_db

LIST = "/admin/policies/draft/"


@pytest.fixture
def drafts() -> list[Draft]:
    """Three drafts, and a try-out that compared them."""
    now = timezone.now()
    found = [Draft.objects.create(visitor="a", title=f"Elm {n}", updated=now) for n in range(3)]
    made = TryOut.objects.create(
        kind="clause", name="more", number=2, label="More", made_at=now, total=3, done=3
    )
    for position, draft in enumerate(found):
        TryOutSet.objects.create(
            tryout=made,
            position=position,
            source="drafts",
            key=str(draft.pk),
            title=draft.title,
            outcome=Outcome.CHANGED,
            problems=[["data", "It is wrong."]],
            redline="[]",
        )
    return found


def texts() -> list[tuple[str, str, list[list[str]]]]:
    return list(TryOutSet.objects.values_list("title", "redline", "problems"))


KEPT = [("Elm 2", "[]", [["data", "It is wrong."]])]


def test_a_draft_deleted_on_its_page_leaves_no_text_behind(
    admin_client: Client, drafts: list[Draft]
) -> None:
    for draft in drafts[:2]:
        assert admin_client.post(f"{LIST}{draft.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(Draft.objects.all()) == drafts[2:]
    assert texts() == [("", "", []), ("", "", []), *KEPT]


def test_drafts_deleted_from_the_list_leave_no_text_behind(
    admin_client: Client, drafts: list[Draft]
) -> None:
    chosen = [draft.pk for draft in drafts[:2]]
    fields = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert admin_client.post(LIST, fields).status_code == 302
    assert list(Draft.objects.all()) == drafts[2:]
    assert texts() == [("", "", []), ("", "", []), *KEPT]
