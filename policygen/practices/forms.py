"""The forms of practices: what is typed in them goes through ``core/text.py``."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict

from policygen.core.answers import ADDRESS_LINES_LIMIT, LINE_LIMIT
from policygen.core.cells import refuse_formula
from policygen.core.text import TextRefused, clean_line, clean_text, refuse_markup
from policygen.practices.changing import Settings, settings_of
from policygen.practices.importing.tables import EXAMPLE
from policygen.practices.locations import NotThatDay, check_closing
from policygen.practices.models import Brand, Location, Practice, default_time_zone
from policygen.practices.roles import Role
from policygen.practices.zones import zone_choices

YES = "on"
"""What browsers send for a box that is ticked."""

ADDRESS_LINES = ADDRESS_LINES_LIMIT - 1
"""How many lines the address of a location may have: its name stands above it in policies."""

DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")

ROLE_CHOICES = [(role.value, role.label) for role in Role]


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what somebody sent with a form, or ``None`` where they only look at it."""
    return request.POST if request.method == "POST" else None


class Line(forms.CharField):
    """One line of text. It is kept as ``clean_line`` returns it; the message names what is wrong.

    ``limit`` is the longest that it may be, in characters; ``plain`` also refuses the signs of
    markup, and ``for_cells`` a line that a spreadsheet would run. What stands there already
    (``present``) and is sent back as it is may stay, though it might be refused today.
    """

    present = ""

    def __init__(
        self,
        *,
        limit: int,
        missing: str = "",
        plain: bool = False,
        for_cells: bool = False,
        **options: Any,
    ):
        self.limit, self.plain, self.for_cells = limit, plain, for_cells
        messages = {"required": missing} if missing else {}
        super().__init__(strip=False, error_messages=messages, **options)

    def to_python(self, value: Any) -> str:
        """Return the text as it is kept. Raises ``ValidationError``."""
        raw = str(value) if value not in self.empty_values else ""
        if self.present and raw.replace("\r\n", "\n").strip() == self.present.strip():
            return self.present
        try:
            text = self.read(raw)
            if self.plain:
                refuse_markup(text)
            if self.for_cells:
                refuse_formula(text, lines=True)
        except TextRefused as refused:
            raise ValidationError(str(refused)) from None
        return text

    def read(self, raw: str) -> str:
        """Return the text without what does not belong in it. Raises ``TextRefused``."""
        return clean_line(raw, limit=self.limit)


class Lines(Line):
    """Several lines of text, kept as ``clean_text`` returns them."""

    widget = forms.Textarea

    def read(self, raw: str) -> str:
        """Return the text without what does not belong in it. Raises ``TextRefused``."""
        return clean_text(raw, limit=self.limit)


class PostalAddress(Lines):
    """Lines of an address. “ | ” parts two of them, as in a cell of a spreadsheet.

    There are no more of them than policies take, below the name of the location.
    """

    def read(self, raw: str) -> str:
        """Return the lines, without empty ones. Raises ``TextRefused``."""
        text = super().read(raw).replace(" | ", "\n")
        lines = list(filter(None, map(str.strip, text.split("\n"))))
        if len(lines) > ADDRESS_LINES:
            raise TextRefused(
                f"This address has {len(lines)} lines, and a policy takes {ADDRESS_LINES} below "
                "the name. Put what belongs together on one line."
            )
        if any(len(line) > LINE_LIMIT for line in lines):
            raise TextRefused(
                f"A line of this address has more than {LINE_LIMIT} characters. Shorten it, or "
                "make two lines of it."
            )
        return "\n".join(lines)


class Day(forms.CharField):
    """A day of the calendar, as browsers send it: 2026-03-31. Its value is a ``date``."""

    def to_python(self, value: Any) -> Any:
        """Return the day, or ``None`` where nothing was given. Raises ``ValidationError``."""
        text = str(value or "").strip()
        if not text:
            return None
        found = DAY.fullmatch(text)
        if found is None:
            raise ValidationError("Write the day as year, month and day, such as 2026-03-31.")
        try:
            return date(*map(int, found.groups()))
        except ValueError:
            raise ValidationError(f"There is no such day as {text} in the calendar.") from None


class Address(forms.EmailField):
    """An e-mail address in small letters.

    Only letters without accents: others look alike, and databases take some of them for the same.
    """

    def to_python(self, value: Any) -> str:
        """Return the address as it is kept. Raises ``ValidationError``."""
        try:
            text = clean_line(str(value or ""), limit=254)
        except TextRefused as refused:
            raise ValidationError(str(refused)) from None
        if not text.isascii():
            raise ValidationError("Write the e-mail address with plain letters, as in a to z.")
        return text.lower()


class SheetAddress(Address):
    """An e-mail address that also stands in spreadsheets."""

    def to_python(self, value: Any) -> str:
        """Return the address as it is kept. Raises ``ValidationError``."""
        text = super().to_python(value)
        try:
            refuse_formula(text)
        except TextRefused as refused:
            raise ValidationError(str(refused)) from None
        return text


def _name() -> Line:
    return Line(limit=200, plain=True, missing="Type the name of the practice.")


class PracticeForm(forms.Form):
    """The name and the time zone of a practice that is being founded."""

    name = _name()
    time_zone = forms.ChoiceField(
        error_messages={
            "required": "Choose the time zone.",
            "invalid_choice": "There is no such time zone here. Choose one of the list.",
        }
    )

    def __init__(self, *args: Any, present: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        zone = self.fields["time_zone"]
        zone.initial = present or default_time_zone()
        zone.choices = zone_choices(str(zone.initial))  # type: ignore[attr-defined]


class SettingsForm(PracticeForm):
    """What an owner decides about a practice.

    Its page also sends back what it showed (``hidden``), so that what somebody did not touch can be
    told from what they want.
    """

    needs_review = forms.BooleanField(required=False)
    needs_second_factor = forms.BooleanField(required=False)

    def __init__(self, practice: Practice, *args: Any, has_factor: bool, **options: Any) -> None:
        self.practice, self.has_factor = practice, has_factor
        initial = asdict(settings_of(practice))
        super().__init__(*args, initial=initial, present=practice.time_zone, **options)

    def clean_needs_second_factor(self) -> bool:
        """Refuse to demand of others what the owner does not have."""
        wanted = bool(self.cleaned_data["needs_second_factor"])
        if wanted and not self.seen.needs_second_factor and not self.has_factor:
            raise ValidationError(
                "You have no second factor yourself. Set one up in your account first; you could "
                "not come in here otherwise."
            )
        return wanted

    @property
    def seen(self) -> Settings:
        """What the page showed before anything was changed on it; if it is not said, what holds."""
        shown = asdict(settings_of(self.practice))
        for name, value in shown.items():
            said = self.data.get(self.add_initial_prefix(name))
            if said is not None:
                shown[name] = said == YES if isinstance(value, bool) else str(said)
        return Settings(**shown)

    @property
    def wanted(self) -> Settings:
        """What the form asks for, once it is valid."""
        return Settings(**{name: self.cleaned_data[name] for name in asdict(self.seen)})

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The hidden fields of the page: each name, and what was shown."""
        return [
            (self.add_initial_prefix(name), (YES if value is True else str(value or "")))
            for name, value in asdict(self.seen).items()
        ]


def _let_stay(form: forms.Form) -> None:
    """Tell the lines of a form what stands there already."""
    for name, field in form.fields.items():
        if isinstance(field, Line):
            field.present = str(form.initial.get(name, ""))


def brand_line(*, required: bool = True) -> Line:
    """Return the field for the name of a brand."""
    missing = "Type a name for the brand."
    return Line(limit=200, plain=True, for_cells=True, missing=missing, required=required)


class BrandForm(forms.Form):
    """A brand of a practice."""

    name = brand_line()

    def __init__(
        self, practice: Practice, *args: Any, brand: Brand | None = None, **options: Any
    ) -> None:
        self.practice, self.brand = practice, brand
        if brand is not None:
            options["initial"] = {"name": brand.name}
        super().__init__(*args, **options)
        _let_stay(self)

    def clean_name(self) -> str:
        """Refuse a name that another brand of the practice has."""
        name = str(self.cleaned_data["name"])
        others = Brand.objects.filter(practice=self.practice, name__iexact=name)
        if self.brand is not None:
            others = others.exclude(pk=self.brand.pk)
        if others.exists():
            raise ValidationError("There is a brand of this name already. Choose another name.")
        return name


class LocationForm(forms.Form):
    """A location of a practice. Files of locations are read by the same fields."""

    name = Line(limit=200, plain=True, for_cells=True, missing="Type a name for the location.")
    brand = forms.ModelChoiceField(
        queryset=Brand.objects.none(),
        required=False,
        empty_label="No brand",
        error_messages={"invalid_choice": "There is no such brand. Choose one of the list."},
    )
    address = PostalAddress(limit=1000, for_cells=True, required=False)
    phone = Line(limit=40, for_cells=True, required=False)
    fax = Line(limit=40, for_cells=True, required=False)
    email = SheetAddress(
        required=False,
        error_messages={"invalid": "This is no e-mail address. It looks like name@example.com."},
    )

    def __init__(
        self, practice: Practice, *args: Any, location: Location | None = None, **options: Any
    ):
        self.practice, self.location = practice, location
        if location is not None:
            names = ("name", "brand", "address", "phone", "fax", "email")
            options["initial"] = {name: getattr(location, name) for name in names}
        super().__init__(*args, **options)
        _let_stay(self)
        brands = self.fields["brand"]
        brands.queryset = Brand.objects.filter(practice=practice)  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """Refuse a name that another location of the practice has, or that means none."""
        name = str(self.cleaned_data["name"])
        if name.casefold() == EXAMPLE["name"].casefold():
            raise ValidationError("This is the name of the example. Choose another name.")
        others = Location.objects.filter(practice=self.practice, name__iexact=name)
        if self.location is not None:
            others = others.exclude(pk=self.location.pk)
        if others.exists():
            raise ValidationError("There is a location of this name already. Choose another name.")
        return name


class ClosingForm(forms.Form):
    """The day on which a location closed; ``today`` is the practice's."""

    closed_on = Day(error_messages={"required": "Choose the day on which it closed."})

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        self.today = today
        super().__init__(*args, **options)

    def clean_closed_on(self) -> date:
        """Refuse days to come."""
        day: date = self.cleaned_data["closed_on"]
        try:
            check_closing(day, self.today)
        except NotThatDay as refused:
            raise ValidationError(str(refused)) from None
        return day


class RoleForm(forms.Form):
    """A role for a member."""

    role = forms.ChoiceField(
        choices=ROLE_CHOICES,
        error_messages={
            "required": "Choose a role.",
            "invalid_choice": "There is no such role. Choose one of the list.",
        },
    )


class InvitationForm(RoleForm):
    """Whom to invite, and as what."""

    email = Address(
        error_messages={
            "required": "Type the e-mail address of whom you invite.",
            "invalid": "This is no e-mail address. It looks like name@example.com.",
        }
    )
    field_order = ["email", "role"]
