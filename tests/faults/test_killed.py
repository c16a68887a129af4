"""X01, X02: process or database killed in the middle: there is a whole version, or none."""

from __future__ import annotations

import pytest

from policygen.policies.models import Draft, Event, Policy, PolicyVersion
from tests.faults.site import Site, problems
from tests.policies.cast import Cast, drafted

pytestmark = pytest.mark.timeout(600)  # many processes: on a busy machine they take their time


def begun(policy: Policy, people: Cast, name: str) -> Draft:
    return drafted(policy, people.owner, practice_name=name)


def test_a_publication_killed_at_any_step_leaves_a_whole_version_or_none(
    policy: Policy, people: Cast, site: Site
) -> None:
    drafts = 1
    draft = begun(policy, people, "Elm 1")
    with site.victim("publish") as victim:
        for end in range(1, 1000):
            lines = Event.objects.count()
            answer = victim.told(draft.pk, people.owner.pk, draft.revision, end)
            assert problems(policy) == [], f"after {end} steps"
            there = PolicyVersion.objects.filter(draft=draft.pk).count()
            assert Draft.objects.filter(pk=draft.pk).count() == 1 - there
            assert (Event.objects.count() > lines) is bool(there)
            if answer != "killed":
                break
            if there:
                drafts += 1
                draft = begun(policy, people, f"Elm {drafts}")
    assert answer == str(end - 1), "a publication that nobody kills takes as many steps"
    assert end > 60
    assert PolicyVersion.objects.count() == drafts > 5
    assert problems(quick=False) == []
