"""The column by which rows with names are sorted."""

from __future__ import annotations

from typing import Any

from django.db import models

from policygen.core.text import SORTED_CHARACTERS, sorted_as


class SortedAs(models.CharField):  # type: ignore[type-arg]
    """The text by which rows are sorted, made from another column (``core.text.sorted_as``).

    Every insert writes it, also one in bulk, and ``save``. An update that names its columns must
    name this one besides the other. ``bulk_update`` writes what the row has, so set it before.
    """

    def __init__(self, of: str, **options: Any) -> None:
        self.of = of
        own = {"max_length": SORTED_CHARACTERS, "editable": False, "db_default": ""}
        super().__init__(**{**options, **own})

    def deconstruct(self) -> Any:
        """Return what a migration writes down."""
        name, path, _, options = super().deconstruct()
        kept = {key: options[key] for key in options.keys() - {"max_length", "editable"}}
        kept.pop("db_default", None)
        return name, path, [self.of], kept

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Return the value of a row that is saved, and leave it with the row."""
        value = sorted_as(str(getattr(model_instance, self.of)))
        setattr(model_instance, self.attname, value)
        return value


CHUNK = 500


def sort_rows(model: type[models.Model]) -> None:
    """Give the rows that are there what they are sorted by, when a migration adds the column."""
    field, rows = model._meta.get_field("sorted_as"), model._default_manager
    if not isinstance(field, SortedAs):
        raise TypeError(f"{model.__name__} is not sorted by a column of ours.")
    names = list(rows.order_by("pk").values_list("pk", field.of))
    for start in range(0, len(names), CHUNK):
        chunk = [
            model(pk=key, sorted_as=sorted_as(name)) for key, name in names[start : start + CHUNK]
        ]
        rows.bulk_update(chunk, ["sorted_as"])
