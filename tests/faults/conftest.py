"""A practice with a policy, on a site that other processes can work on, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from policygen.policies.models import Policy
from tests.faults.site import Site, address_of_test_database
from tests.policies.cast import Cast, cast, policy_of
from tests.releases import release_changes
from tests.wizard.visitors import FOLDER


@pytest.fixture
def people(transactional_db: None, settings: Any, tmp_path: Path) -> Cast:
    """A practice with its people, committed for everybody to see."""
    data = tmp_path / "data"
    data.mkdir()
    settings.DATA_DIR, settings.FILES_DIR, settings.CLAUSES_DIR = data, data / "files", FOLDER
    release_changes(FOLDER)
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


@pytest.fixture
def site(people: Cast, settings: Any) -> Site:
    """The site of these people, for other processes."""
    connections.close_all()
    return Site(address_of_test_database(), settings.DATA_DIR)
