"""The small library of the interview's tests, in force."""

from tests.wizard.conftest import release

__all__ = ["release"]
