"""What is left of an example in somebody's answers."""

from __future__ import annotations

import pytest

from policygen.core.answers import Fact
from policygen.policies.drafting.examples import names_somebody


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Oak Dental", True),
        ("https://oak.example", True),
        ("Our Lady Clinic", True),
        ("our Privacy Officer", False),
        (None, False),
    ],
)
def test_what_anybody_could_say_names_nobody(said: str | None, names: bool) -> None:
    assert names_somebody(Fact(said)) is names
