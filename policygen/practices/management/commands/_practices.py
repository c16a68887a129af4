"""What the commands that are about practices share."""

from django.core.management.base import CommandError

from policygen.core.problems import quoted
from policygen.practices.models import Practice


def practice_at(slug: str) -> Practice:
    """Return the practice of this slug. Raises ``CommandError``."""
    found = Practice.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(
            f"There is no practice {quoted(slug)}. Write it as in its public address."
        )
    return found
