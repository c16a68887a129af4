"""Changing what an owner decides about a practice: its name, its calendar, what it demands."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.contrib.auth.models import User

from policygen.practices.members import managing
from policygen.practices.models import Practice


@dataclass(frozen=True)
class Settings:
    """What an owner decides about a practice; ``models.Practice`` says what each means."""

    name: str
    time_zone: str
    needs_review: bool
    needs_second_factor: bool


def settings_of(practice: Practice) -> Settings:
    """Return the settings that a practice has."""
    return Settings(
        name=practice.name,
        time_zone=practice.time_zone,
        needs_review=practice.needs_review,
        needs_second_factor=practice.needs_second_factor,
    )


def change_settings(practice: Practice, by: User, *, seen: Settings, wanted: Settings) -> Practice:
    """Change those settings of a practice in which ``wanted`` differs from what somebody saw.

    The others stay as they are, so that nobody takes back unseen what another owner decided
    meanwhile. Raises ``PermissionDenied`` unless ``by`` may do that now.
    """
    before, after = asdict(seen), asdict(wanted)
    changed = {name: value for name, value in after.items() if value != before[name]}
    with managing(practice, by) as locked:
        for name, value in changed.items():
            setattr(locked, name, value)
        if changed:
            locked.save(update_fields=[*changed, "sorted_as"])
        return locked
