"""The small library of the interview's tests, in force."""

from tests.wizard.conftest import drafter, release, visitor

__all__ = ["drafter", "release", "visitor"]
