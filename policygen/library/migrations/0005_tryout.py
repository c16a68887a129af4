"""Comparisons of a library that is tried out with the one in force."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0004_triggers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TryOut",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("name", models.CharField(max_length=301)),
                ("number", models.PositiveIntegerField()),
                ("label", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("before", models.CharField(max_length=64)),
                ("after", models.TextField()),
                ("after_digest", models.CharField(db_index=True, max_length=64)),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("guards", models.JSONField(default=list)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "try-out",
                "ordering": ["-made_at"],
            },
        ),
        migrations.CreateModel(
            name="TryOutSet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("source", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=200)),
                ("title", models.TextField(blank=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "Not compared yet"),
                            ("same", "Prints the same"),
                            ("changed", "Prints differently"),
                            ("unreadable", "Cannot be read"),
                            ("gone", "Deleted meanwhile"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("fingerprint", models.CharField(blank=True, max_length=32)),
                ("problems", models.JSONField(default=list)),
                ("redline", models.TextField(blank=True)),
                (
                    "tryout",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sets",
                        to="library.tryout",
                    ),
                ),
            ],
            options={
                "ordering": ["tryout", "position"],
                "indexes": [
                    models.Index(
                        fields=["tryout", "outcome", "position"], name="library_sets_by_outcome"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tryout", "position"), name="one_set_per_position"
                    )
                ],
            },
        ),
    ]
