"""X24: four processes write to one SQLite file, and nobody is turned away."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from django.db import connections

from policygen.policies.models import Draft, Policy
from policygen.practices.roles import Role
from tests.faults.site import Site, problems
from tests.policies.cast import Cast, drafted, member

pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("quick_pdfs")]

WRITES = 150


def test_four_processes_write_150_times_each_and_none_is_refused(
    policy: Policy, people: Cast, site: Site
) -> None:
    writers = [people.owner, *(member(people.practice, Role.EDITOR) for _ in range(3))]
    drafts = [drafted(policy, writer, practice_name="Elm") for writer in writers]
    connections.close_all()
    with ExitStack() as stack:
        victims = [
            stack.enter_context(site.victim("save", str(draft.pk), str(draft.user_id), str(WRITES)))
            for draft in drafts
        ]
        assert [victim.heard() for victim in victims] == ["0 refused"] * 4
    for draft in drafts:
        assert Draft.objects.get(pk=draft.pk).revision == draft.revision + WRITES
    assert problems(policy) == []
