"""Writing what was seen and confirmed: all of it in one transaction, or nothing."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.core import signing
from django.db import IntegrityError
from django.utils import timezone

from policygen.core.text import sorted_as
from policygen.practices import brands, locations
from policygen.practices.importing.planning import Limits, Place, Plan, Present, plan_of
from policygen.practices.importing.tables import FileRefused, Table
from policygen.practices.members import held, managing
from policygen.practices.models import Brand, Location, Practice

SEALED_CHARACTERS = 700_000
"""How long a sealed table may be: it comes back in a form, and forms may have 1 MiB."""
SECONDS = 24 * 3600
"""For how long a preview can be confirmed."""


class Overtaken(Exception):
    """The locations changed since the preview: ``plan`` is what the table changes now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("The locations changed since you saw this preview.")
        self.plan = plan


class NotAllGood(Exception):
    """All or nothing was asked for, and some rows cannot be imported: nothing was written."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("Nothing was imported, because not every row can be.")
        self.plan = plan


class TooMany(Exception):
    """The practice would have more locations or brands than it may: nothing was written."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan.too_many)
        self.plan = plan


@dataclass(frozen=True)
class Preview:
    """A table, and the digest of the plan that somebody saw."""

    table: Table
    digest: str


def preview(practice: Practice, table: Table) -> Plan:
    """Return what a table would change in a practice now."""
    return plan_of(table, present_in(practice), Limits(locations.LIMIT, brands.LIMIT))


def present_in(practice: Practice) -> Present:
    """Return the locations and brands of a practice."""
    found = Location.objects.filter(practice=practice).select_related("brand").order_by("pk")
    names = Brand.objects.filter(practice=practice).order_by("pk").values_list("name", flat=True)
    return Present({one.pk: place_of(one) for one in found}, tuple(names), practice.today())


def place_of(location: Location) -> Place:
    """Return a location as text; its brand is looked up."""
    return Place(
        name=location.name,
        brand=location.brand.name if location.brand else "",
        address=location.address,
        phone=location.phone,
        fax=location.fax,
        email=location.email,
        closed=location.closed_on.isoformat() if location.closed_on else "",
    )


# ------------------------------------------------------------------ from the preview to the writing


def seal(practice: Practice, by: User, seen: Preview) -> str:
    """Return a table for a form that brings it back: nobody can change it, or use it elsewhere.

    Raises ``FileRefused`` where it is too long for a form.
    """
    value = {"table": seen.table.as_json(), "digest": seen.digest}
    sealed = signing.dumps(value, salt=_salt(practice, by), compress=True)
    if len(sealed) > SEALED_CHARACTERS:
        raise FileRefused("There is too much text in this file for one import. Split it into two.")
    return sealed


def unseal(practice: Practice, by: User, sealed: str) -> Preview | None:
    """Return what was sealed for this person and practice in the last day, or nothing."""
    try:
        value = signing.loads(sealed, salt=_salt(practice, by), max_age=SECONDS)
    except signing.BadSignature:
        return None
    return Preview(Table.from_json(value["table"]), str(value["digest"]))


def _salt(practice: Practice, by: User) -> str:
    return f"policygen.practices.importing:{practice.pk}:{by.pk}"


# ------------------------------------------------------------------ writing


def import_table(
    practice: Practice, by: User | None, table: Table, *, good_rows: bool, seen: str = ""
) -> Plan:
    """Write what a table changes. Return the plan that was carried out.

    ``seen`` is the digest of the plan that was shown, if one was. ``by`` is nobody where the site
    itself imports. Raises ``Overtaken``, ``NotAllGood`` unless only the ``good_rows`` were asked
    for, ``TooMany``, and ``PermissionDenied`` unless ``by`` may do that now.
    """
    try:
        with _holding(practice, by) as locked:
            plan = preview(locked, table)
            if seen and plan.digest != seen:
                raise Overtaken(plan)
            if plan.bad and not good_rows:
                raise NotAllGood(plan)
            if plan.too_many:
                raise TooMany(plan)
            _write(locked, by, plan)
            return plan
    except IntegrityError:  # somebody took a name by a way that holds no practice
        raise Overtaken(preview(practice, table)) from None


def _holding(practice: Practice, by: User | None) -> AbstractContextManager[Practice]:
    return held(practice) if by is None else managing(practice, by)


def _write(practice: Practice, by: User | None, plan: Plan) -> None:
    Brand.objects.bulk_create(Brand(practice=practice, name=name) for name in plan.brands)
    by_name = {one.name: one for one in Brand.objects.filter(practice=practice)}

    def filled(location: Location, place: Place) -> Location:
        location.name, location.sorted_as = place.name, sorted_as(place.name)
        location.address = place.address
        location.phone, location.fax, location.email = place.phone, place.fax, place.email
        location.closed_on = date.fromisoformat(place.closed) if place.closed else None
        locations.give_brand(location, by_name[place.brand] if place.brand else None, by)
        location.updated = timezone.now()  # what is written in bulk keeps no time by itself
        return location

    Location.objects.bulk_create(filled(Location(practice=practice), one.place) for one in plan.new)
    found = Location.objects.filter(practice=practice).in_bulk([one.pk for one in plan.changed])
    changed = [filled(found[one.pk], one.place) for one in plan.changed]
    Location.objects.bulk_update(changed, locations.CHANGING, batch_size=100)
