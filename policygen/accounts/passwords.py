"""What a password may not be, besides what Django refuses."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from policygen.practices.models import Practice

EXTRA = 3
"""How many characters more than the name do not make it another password: “elmdental26!”."""


class NotThePracticesName:
    """Refuses a password that is the name of a practice of the person, however it is spelt."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ``ValidationError`` for such a password."""
        if user is None or user.pk is None:
            return
        typed = _bare(password)
        for practice in Practice.objects.filter(memberships__user=user):
            name = _bare(practice.name)
            if len(name) > EXTRA and name in typed and len(typed) - len(name) <= EXTRA:
                text = "This password is the name of your practice. Choose one that nobody guesses."
                raise ValidationError(text, code="password_is_practice")

    def get_help_text(self) -> str:
        """Return what the page says beside the field."""
        return "It must not be the name of your practice."


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
