"""What laws want stated and which answers conflict, kept as strictly as the rest of the library.

SQLite adds a column by making a table anew, which takes its triggers away and stumbles over those
that name it elsewhere: so all triggers are taken off before, and made again after.
"""

import json
from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from policygen.library.triggers import install, remove, tables_of

BEFORE = import_module("policygen.library.migrations.0004_triggers")
FRAME = {
    **BEFORE.FRAME,
    "section": ("section", ("title", "order", "needed")),
    "regime": ("regime", ("said",)),
    "conflict": ("conflict", ("said",)),
}
VERSION = (*BEFORE.VERSION, "satisfies")
RULES = (*BEFORE.pieces(FRAME, VERSION), *BEFORE.releases(), *BEFORE.logs())
ALLOWED, EMPTIED = BEFORE.ALLOWED, BEFORE.EMPTIED
TABLES = tables_of(RULES)
KEYS = {
    **dict.fromkeys(TABLES, ("id",)),
    **BEFORE.KEYS,
    **{f"library_{table}": ("name",) for table in FRAME},
}


def lift(apps, schema_editor):
    BEFORE.backwards(apps, schema_editor)


def lift_back(apps, schema_editor):
    BEFORE.forwards(apps, schema_editor)


def forwards(apps, schema_editor):
    install(schema_editor, RULES, KEYS, emptied=EMPTIED)


def backwards(apps, schema_editor):
    """Raise ``RuntimeError`` while a release says what the code before could not read."""
    for release in apps.get_model("library", "Release").objects.iterator(chunk_size=5):
        if is_later(json.loads(release.snapshot)):
            raise RuntimeError(REFUSAL.format(number=release.number))
    remove(schema_editor, RULES, emptied=EMPTIED)


def is_later(plain):
    return (
        bool(plain.get("regimes") or plain.get("conflicts"))
        or any("needed" in section for section in plain["sections"])
        or any("satisfies" in clause for clause in plain["clauses"])
    )


REFUSAL = (
    "This cannot be taken back: release {number} says what laws want stated, and the code before "
    "could not read it. Run “manage.py migrate” to stay here. Only a backup from before that "
    "release leads back."
)


def person():
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        django.db.models.deletion.PROTECT,
        editable=False,
        null=True,
        related_name="+",
    )


def piece_fields(said):
    states = ("Draft", "In review", "Approved", "Released", "Retired")
    return [
        ("number", models.PositiveIntegerField(default=1, editable=False)),
        (
            "state",
            models.CharField(
                choices=[(label.rpartition(" ")[2].lower(), label) for label in states],
                default="draft",
                editable=False,
                max_length=8,
            ),
        ),
        ("revision", models.PositiveIntegerField(default=0, editable=False)),
        (
            "withdrawn",
            models.BooleanField(
                default=False,
                help_text="With the next release, no new policy has this any more.",
                verbose_name="take it out",
            ),
        ),
        (
            "reason",
            models.TextField(
                blank=True,
                help_text="Why is this written, or changed? Whoever approves it reads this first.",
                verbose_name="reason for the change",
            ),
        ),
        ("edited_at", models.DateTimeField(editable=False)),
        (
            "name",
            models.CharField(
                help_text="It never changes.",
                max_length=301,
                primary_key=True,
                serialize=False,
                verbose_name="id",
            ),
        ),
        ("said", models.JSONField(default=dict, verbose_name=said)),
        ("approved_by", person()),
        ("edited_by", person()),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0005_tryout"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RunPython(lift, lift_back),
        migrations.AddField(
            model_name="clauseversion",
            name="satisfies",
            field=models.JSONField(blank=True, default=list, verbose_name="elements of laws"),
        ),
        migrations.AddField(
            model_name="section",
            name="needed",
            field=models.JSONField(blank=True, null=True, verbose_name="needed if"),
        ),
        migrations.CreateModel(
            name="Conflict",
            fields=piece_fields("what it finds"),
            options={"ordering": ["name"]},
        ),
        migrations.CreateModel(
            name="Regime",
            fields=piece_fields("what it asks for"),
            options={"ordering": ["name"], "verbose_name": "law"},
        ),
        migrations.RunPython(forwards, backwards),
    ]
