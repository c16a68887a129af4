"""Adding, changing and deleting the locations of a practice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from policygen.core.text import day_in_words, sorted_as
from policygen.practices.members import managing
from policygen.practices.models import Brand, Location, Practice
from policygen.practices.named import keeping, managing_names

LIMIT = 2_000
"""How many locations one practice may have."""

SEARCH_LIMIT = 100
"""How much of what somebody looks for is read, in characters."""


class TooManyLocations(Exception):
    """The practice has as many locations as one may have."""

    def __init__(self) -> None:
        super().__init__(f"A practice can have {LIMIT:,} locations, and this one has.")


class NameTaken(Exception):
    """Another location of the practice has that name."""

    def __init__(self) -> None:
        super().__init__(
            "There is a location of this name already, open or closed. Choose another name."
        )


class NotThatDay(ValueError):
    """A location cannot have closed on a day; the message says why, and what to do."""


def clean_search(text: str) -> str:
    """Return what somebody looks for as it is looked for: one line, and not without end."""
    return " ".join(text.replace("\0", " ").split())[:SEARCH_LIMIT]


def open_in(practice: Practice | int) -> QuerySet[Location]:
    """Return the locations of a practice (or of its id) that have not closed."""
    return Location.objects.filter(practice=practice, closed_on=None)


def matching(practice: Practice, search: str) -> QuerySet[Location]:
    """Return the locations in whose name, address or brand this stands; all, if it is blank."""
    found = Location.objects.filter(practice=practice)
    if not search:
        return found
    named = Q(name__icontains=search) | Q(brand__name__icontains=search)
    return found.filter(named | Q(address__icontains=search))


def add_location(
    practice: Practice,
    by: User,
    *,
    name: str,
    brand: Brand | None = None,
    address: str = "",
    phone: str = "",
    fax: str = "",
    email: str = "",
) -> Location:
    """Add a location to a practice.

    Raises ``NameTaken``, ``TooManyLocations``, ``Brand.DoesNotExist`` for a brand that is not of
    the practice, and ``PermissionDenied`` unless ``by`` may do that now.
    """
    with managing_names(practice, by, NameTaken) as locked:
        if Location.objects.filter(practice=locked).count() >= LIMIT:
            raise TooManyLocations
        made = Location(
            practice=locked, name=name, address=address, phone=phone, fax=fax, email=email
        )
        give_brand(made, _own(locked, brand), by)
        made.save(force_insert=True)
        return made


def change_location(
    practice: Practice,
    by: User,
    location: int,
    *,
    name: str,
    brand: Brand | None,
    address: str,
    phone: str,
    fax: str,
    email: str,
) -> Location:
    """Change a location (its id). Raises ``Location.DoesNotExist``, else as ``add_location``."""
    with managing_names(practice, by, NameTaken) as locked:
        found = Location.objects.get(practice=locked, pk=location)
        found.name, found.address = name, address
        found.phone, found.fax, found.email = phone, fax, email
        give_brand(found, _own(locked, brand), by)
        found.save(update_fields=CHANGING)
        return found


CHANGING = (
    *("name", "sorted_as", "brand", "address", "phone", "fax", "email", "closed_on"),
    *("brand_at", "brand_by", "updated"),
)
"""What a change of a location may change."""


def give_brand(location: Location, brand: Brand | None, by: User | None) -> None:
    """Give a location a brand, or none, and note who changed it and when. Nothing is saved."""
    if location.brand_id != (brand.pk if brand else None):
        location.brand_at, location.brand_by = timezone.now(), by
    location.brand = brand


def _own(practice: Practice, brand: Brand | None) -> Brand | None:
    """Return a brand as it is now. Raises ``Brand.DoesNotExist`` unless the practice has it."""
    return brand and Brand.objects.get(practice=practice, pk=brand.pk)


def check_closing(on: date, today: date) -> None:
    """Raise ``NotThatDay`` unless a location can have closed on a day.

    A day to come is refused: whatever says that a location closed shall be true already.
    """
    if on > today:
        raise NotThatDay(
            f"{day_in_words(on)} is still to come. Choose today or an earlier day, and close the "
            "location when that day is here."
        )
    if on < EARLIEST:
        raise NotThatDay(f"{day_in_words(on)} is too long ago. Look at the year.")


EARLIEST = date(1900, 1, 1)
"""Days before this one are slips of the hand."""


def close_location(practice: Practice, by: User, location: int, *, on: date) -> Location:
    """Note that a location (its id) closed on a day; if it was closed before, on another one.

    From then on no batch begins a policy for it, and no annex lists it. What is published stays.
    Raises ``NotThatDay``, ``Location.DoesNotExist``, and ``PermissionDenied`` unless ``by`` may do
    that now.
    """
    with managing(practice, by) as locked:
        check_closing(on, locked.today())
        return _closed(locked, location, on)


def reopen_location(practice: Practice, by: User, location: int) -> Location:
    """Let a location (its id) be open again. Raises as ``close_location`` does."""
    with managing(practice, by) as locked:
        return _closed(locked, location, None)


def _closed(practice: Practice, location: int, on: date | None) -> Location:
    found = Location.objects.get(practice=practice, pk=location)
    if found.closed_on != on:  # what changes nothing makes no batch look out of date
        found.closed_on = on
        found.save(update_fields=["closed_on", "updated"])
    return found


def delete_location(practice: Practice, by: User, location: int) -> None:
    """Delete a location (its id), if it is still there.

    Raises ``ProtectedError`` where a policy is for it, and ``PermissionDenied`` unless ``by`` may
    do that now.
    """
    with managing(practice, by) as locked:
        Location.objects.filter(practice=locked, pk=location).delete()


@dataclass(frozen=True)
class Keeper:
    """What keeps a location from being deleted: its name, and the address of its page if any."""

    name: str
    address: str


def keepers_of(location: Location) -> list[Keeper]:
    """Return what keeps a location from being deleted, by name."""
    found = {_keeper(one) for one in keeping(location)}
    return sorted(found, key=lambda one: (sorted_as(one.name), one.name))


def _keeper(one: object) -> Keeper:
    """Name what keeps a location: a policy, or a group with a place for it."""
    group = getattr(one, "group", None)
    page = getattr(group or one, "get_absolute_url", str)
    return Keeper(f"The group “{group}”" if group else str(one), page())
