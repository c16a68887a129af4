"""The small library of the interview's tests, in force."""

from tests.wizard.conftest import drafter, folder, release, visitor

__all__ = ["drafter", "folder", "release", "visitor"]
