"""The ledger of a draft, and of a version as it was published."""

from __future__ import annotations

from pathlib import Path

import pytest

from policygen.core.analysis.ledger import Ledger, Line, Status
from policygen.policies.drafting.drafts import open_draft
from policygen.policies.drafting.laws import ledger_in
from policygen.policies.drafting.wording import reword
from policygen.policies.holders import Holder
from policygen.policies.published.laws import ledger_for
from policygen.policies.published.publishing import publish_policy
from tests.library.folders import change, write
from tests.policies.cast import Cast, cast, drafted, order, policy_of, published
from tests.releases import release_changes

LAW = """\
name: The Law of Testland
jurisdiction: Testland
authority: Office of Testland
law_as_of: "2026-01-31"
elements:
  - {id: testland-1, title: What is kept, states: Which data is kept., citation: Section 1}
"""


@pytest.fixture
def lawful(folder: Path) -> Path:
    """Put a release in force that knows a law."""
    write(folder, "regimes/testland.yaml", LAW)
    change(folder, "about/data.md", "claims:", "satisfies: [testland-1]\nclaims:")
    release_changes(folder)
    return folder


@pytest.fixture
def people(lawful: Path) -> Cast:
    return cast()


def line(found: Ledger) -> Line:
    (account,) = found.accounts
    (only,) = account.lines
    return only


def test_a_draft_has_a_ledger_of_what_it_gives_today(people: Cast) -> None:
    draft = drafted(policy_of(people), people.owner)
    found = line(ledger_in(open_draft(Holder(user=people.owner), draft.pk)))
    assert found.status is Status.SATISFIED
    assert [one.slug for one in found.stated] == ["data"]


def test_a_version_has_the_ledger_of_its_own_text(people: Cast) -> None:
    version = published(policy_of(people), people.owner)
    found = line(ledger_for(version))
    assert found.status is Status.SATISFIED
    assert not any(one.amended for one in found.stated)


def test_a_version_keeps_the_laws_of_its_release(people: Cast, lawful: Path) -> None:
    version = published(policy_of(people), people.owner)
    change(lawful, "regimes/testland.yaml", "What is kept", "What is held")
    release_changes(lawful)
    assert line(ledger_for(version)).element.title == "What is kept"


def test_own_wording_is_shown_and_does_not_count_as_stated(people: Cast) -> None:
    holder, policy = Holder(user=people.owner), policy_of(people)
    draft = drafted(policy, people.owner)
    opened = open_draft(holder, draft.pk)
    reword(holder, opened, "data", "We keep some things.", revision=draft.revision)
    opened = open_draft(holder, draft.pk)
    found = line(ledger_in(opened))
    assert found.status is Status.REWORDED
    version = publish_policy(holder, draft.pk, order(opened.draft))
    found = line(ledger_for(version))
    assert found.status is Status.REWORDED
    assert [(one.lines, one.amended) for one in found.stated] == [(("We keep some things.",), True)]
