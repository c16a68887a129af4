"""When the answers were read of which drafts and versions of groups are made.

It stood in the pieces of batches, which are deleted after a year.
"""

from typing import Any

from django.db import migrations, models
from django.db.models import Max, OuterRef, Subquery


def carry_over(apps: Any, schema_editor: Any) -> None:
    """Take over what the pieces of batches know."""
    piece, level, draft = (
        apps.get_model("policies", name).objects for name in ("Piece", "Level", "Draft")
    )
    published = piece.filter(policy=OuterRef("policy"), step="publish", state="done")
    level.exclude(policy=None).update(as_of=_last(published, "policy"))
    prepared = piece.filter(draft=OuterRef("pk"))
    draft.exclude(proposed=None).exclude(policy__level=None).update(as_of=_last(prepared, "draft"))


def _last(pieces: Any, by: str) -> Subquery:
    """Return when the last of some pieces was prepared."""
    return Subquery(pieces.order_by().values(by).annotate(at=Max("prepared_at")).values("at"))


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0008_cleared"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="as_of",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="level",
            name="as_of",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
