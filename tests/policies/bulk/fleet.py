"""A practice with many locations, and a group of policies for them, for tests."""

from __future__ import annotations

from dataclasses import dataclass

from policygen.policies.drafting.groups import set_up_group
from policygen.policies.models import Group, GroupForm
from policygen.policies.stored import to_text
from policygen.practices.models import Location
from tests.policies.cast import Cast, cast
from tests.wizard.visitors import elm


@dataclass(frozen=True)
class Fleet:
    """A practice with its people, the group of its policies, and its locations."""

    people: Cast
    group: Group
    locations: tuple[Location, ...]


def fleet(count: int = 3, *, form: GroupForm = GroupForm.EACH, title: str = "Privacy") -> Fleet:
    """Make a practice with so many locations, each with an address and a phone."""
    people = cast()
    made = [
        Location(
            practice=people.practice,
            name=f"Office {number}",
            address=f"{number} Main Street\nSpringfield, IL 62701",
            phone=f"217-555-{number:04}",
        )
        for number in range(1, count + 1)
    ]
    Location.objects.bulk_create(made)
    answers = to_text(elm())
    group = set_up_group(people.practice, people.owner, title=title, form=form, answers=answers)
    return Fleet(people, group, tuple(Location.objects.filter(practice=people.practice)))
