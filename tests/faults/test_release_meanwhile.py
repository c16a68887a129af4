"""X14: the library gets a new release while drafts are open, or in the middle of a publication."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policygen.library.models import Release
from policygen.library.store import library_in_force
from policygen.policies.drafting.drafts import move_draft, open_draft
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Event, Policy
from policygen.policies.published.publishing import publish_policy, rebuilt
from policygen.policies.published.versions import document_of
from policygen.rendering import FORMATS, Format
from tests.faults.site import problems
from tests.policies.cast import Cast, cast, drafted, order, policy_of
from tests.releases import release_changes
from tests.wizard.visitors import elm

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(folder: Path) -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


def another_release(folder: Path) -> Release:
    """Reword the title that every policy bears."""
    sections = folder / "sections.yaml"
    sections.write_text(sections.read_text().replace("title: Privacy", "title: Our privacy", 1))
    return release_changes(folder)


def test_a_draft_stays_with_its_release_until_somebody_moves_it(
    policy: Policy, people: Cast, folder: Path
) -> None:
    draft = drafted(policy, people.owner)
    before = draft.release
    stored = Draft.objects.get(pk=draft.pk).answers
    newer = another_release(folder)
    assert library_in_force().digest == newer.digest != before
    holder = Holder(user=people.owner)
    opened = open_draft(holder, draft.pk)
    assert (opened.release, opened.in_force) == (before, newer.digest)
    version = publish_policy(holder, draft.pk, order(draft))
    assert version.release == before
    assert rebuilt(version) == document_of(version)
    assert problems() == []

    draft = drafted(policy, people.owner, practice_name="Elm")
    assert draft.release == before, "it begins where the version stands"
    move_draft(holder, draft.pk, to=newer.digest, revision=draft.revision)
    draft.refresh_from_db()
    assert json.loads(draft.answers) == {**json.loads(stored), "practice_name": "Elm"}
    line = Event.objects.filter(policy=policy)[0]
    assert (line.action, line.details) == ("moved", f"{before[:12]} → {newer.digest[:12]}")
    version = publish_policy(holder, draft.pk, order(draft))
    assert version.release == newer.digest
    assert problems() == []


@pytest.mark.django_db(transaction=True)  # formats are made in threads, and one of them releases
def test_a_release_in_the_middle_of_a_publication_mixes_nothing(
    policy: Policy, people: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = drafted(policy, people.owner)
    released: list[Release] = []
    render = FORMATS["md"].render

    def and_release(document: Any) -> Any:
        if not released:
            released.append(another_release(folder))
        return render(document)

    monkeypatch.setitem(FORMATS, "md", Format("Markdown", and_release))
    version = publish_policy(Holder(user=people.owner), draft.pk, order(draft))
    assert version.release == draft.release != released[0].digest
    assert document_of(version).release == draft.release
    assert problems(quick=False) == []
    assert elm()
