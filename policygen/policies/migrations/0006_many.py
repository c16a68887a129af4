"""Groups, batches and prints.

SQLite adds a column by making a table anew, which takes its triggers away and stumbles over those
that name it elsewhere: so all triggers are taken off before, and made again after.
"""

import uuid
from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from policygen.practices.sorting import SortedAs, sort_rows

TRIGGERS = import_module("policygen.policies.migrations.0004_triggers")


def sort_policies(apps, schema_editor):
    """Give the policies that are there what they are sorted by, as new ones get it."""
    sort_rows(apps.get_model("policies", "Policy"))


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0005_reminder"),
        ("practices", "0002_brands"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(TRIGGERS.backwards, TRIGGERS.forwards),
        migrations.CreateModel(
            name="Asked",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("release", models.CharField(max_length=64)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("listing", "LISTING"),
                            ("preparing", "PREPARING"),
                            ("ready", "READY"),
                            ("submitting", "SUBMITTING"),
                            ("submitted", "SUBMITTED"),
                            ("approving", "APPROVING"),
                            ("approved", "APPROVED"),
                            ("publishing", "PUBLISHING"),
                            ("done", "DONE"),
                            ("discarding", "DISCARDING"),
                            ("discarded", "DISCARDED"),
                        ],
                        default="listing",
                        max_length=10,
                    ),
                ),
                ("stopped", models.BooleanField(default=False)),
                ("effective_on", models.DateField(null=True)),
                ("reason", models.TextField(blank=True, max_length=1000)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("material", "MATERIAL"),
                            ("editorial", "EDITORIAL"),
                            ("technical", "TECHNICAL"),
                        ],
                        max_length=9,
                    ),
                ),
                ("round", models.PositiveIntegerField(default=1, editable=False)),
                ("begun", models.DateTimeField(editable=False, null=True)),
                ("as_of", models.DateTimeField(editable=False, null=True)),
                ("wants_mail", models.BooleanField(default=False)),
                ("mailed_for", models.CharField(blank=True, editable=False, max_length=10)),
                ("mail_tries", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("ended", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "batches",
                "ordering": ["-created"],
            },
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("sorted_as", SortedAs("title")),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("each", "One policy for each location"),
                            ("annex", "One policy that lists the locations in an annex"),
                        ],
                        default="each",
                        max_length=5,
                    ),
                ),
                ("own_points", models.TextField(default="[]", editable=False)),
                ("created", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["sorted_as", "id"],
            },
        ),
        migrations.CreateModel(
            name="Level",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("as_of", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Piece",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("prepare", "PREPARE"),
                            ("submit", "SUBMIT"),
                            ("approve", "APPROVE"),
                            ("publish", "PUBLISH"),
                            ("discard", "DISCARD"),
                        ],
                        default="prepare",
                        max_length=7,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "WAITING"),
                            ("done", "DONE"),
                            ("unchanged", "UNCHANGED"),
                            ("failed", "FAILED"),
                            ("superseded", "SUPERSEDED"),
                            ("left out", "LEFT_OUT"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("draft", models.UUIDField(null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
                ("fold", models.CharField(blank=True, max_length=64)),
                ("version", models.PositiveIntegerField(null=True)),
                ("problem", models.TextField(blank=True)),
                ("question", models.CharField(blank=True, max_length=100)),
                ("warnings", models.PositiveSmallIntegerField(default=0)),
                ("cleared", models.CharField(blank=True, editable=False, max_length=64)),
                ("days", models.CharField(blank=True, editable=False, max_length=100)),
                ("holder", models.CharField(blank=True, max_length=64)),
                ("held_until", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("rests", models.PositiveSmallIntegerField(default=0)),
                ("prepared_at", models.DateTimeField(null=True)),
                ("seconds", models.FloatField(default=0)),
                ("ended", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Print",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("format", models.CharField(max_length=20)),
                ("sha256", models.CharField(blank=True, db_index=True, max_length=64)),
                ("size", models.PositiveIntegerField(default=0)),
                ("content_type", models.CharField(blank=True, max_length=100)),
                ("filename", models.CharField(blank=True, max_length=200)),
                ("seconds", models.FloatField(default=0)),
                ("held_until", models.DateTimeField(null=True)),
                ("made", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="draft",
            name="policies_draft_belongs",
        ),
        migrations.AddField(
            model_name="draft",
            name="as_of",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="draft",
            name="proposed",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="editor",
            name="at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="asked",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="approver",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="discarder",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="practice",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="practices.practice",
            ),
        ),
        migrations.AddField(
            model_name="asked",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="asked",
                to="policies.batch",
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="batch",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="drafts",
                to="policies.batch",
            ),
        ),
        migrations.AddField(
            model_name="group",
            name="practice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="groups",
                to="practices.practice",
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="group",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="policies.group",
            ),
        ),
        migrations.AddField(
            model_name="level",
            name="brand",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="levels",
                to="practices.brand",
            ),
        ),
        migrations.AddField(
            model_name="level",
            name="group",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="levels",
                to="policies.group",
            ),
        ),
        migrations.AddField(
            model_name="level",
            name="location",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="levels",
                to="practices.location",
            ),
        ),
        migrations.AddField(
            model_name="level",
            name="policy",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="level",
                to="policies.policy",
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="level",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="draft",
                to="policies.level",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("level__isnull", True), ("policy__isnull", True)),
                    models.Q(("policy__isnull", True), ("user__isnull", False), ("visitor", "")),
                    models.Q(("level__isnull", True), ("user__isnull", False), ("visitor", "")),
                    _connector="OR",
                ),
                name="policies_draft_belongs",
            ),
        ),
        migrations.AddField(
            model_name="piece",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pieces",
                to="policies.batch",
            ),
        ),
        migrations.AddField(
            model_name="piece",
            name="level",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="policies.level",
            ),
        ),
        migrations.AddField(
            model_name="piece",
            name="policy",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pieces",
                to="policies.policy",
            ),
        ),
        migrations.AddConstraint(
            model_name="asked",
            constraint=models.UniqueConstraint(
                fields=("batch", "user"), name="policies_asked_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.UniqueConstraint(
                fields=("practice", "title"),
                name="policies_group_title",
                violation_error_message="There is a group of this title already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.CheckConstraint(
                condition=models.Q(("form__in", ["each", "annex"])), name="policies_group_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "stage__in",
                        [
                            "listing",
                            "preparing",
                            "ready",
                            "submitting",
                            "submitted",
                            "approving",
                            "approved",
                            "publishing",
                            "done",
                            "discarding",
                            "discarded",
                        ],
                    )
                ),
                name="policies_batch_stage",
            ),
        ),
        migrations.AddConstraint(
            model_name="level",
            constraint=models.CheckConstraint(
                condition=models.Q(("brand", None), ("location", None), _connector="OR"),
                name="policies_level_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="level",
            constraint=models.UniqueConstraint(
                condition=models.Q(("brand", None), ("location", None)),
                fields=("group",),
                name="policies_level_of_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="level",
            constraint=models.UniqueConstraint(
                condition=models.Q(("brand__isnull", False)),
                fields=("group", "brand"),
                name="policies_level_of_brand",
            ),
        ),
        migrations.AddConstraint(
            model_name="level",
            constraint=models.UniqueConstraint(
                condition=models.Q(("location__isnull", False)),
                fields=("group", "location"),
                name="policies_level_of_location",
            ),
        ),
        migrations.AddIndex(
            model_name="piece",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["batch", "number"],
                name="policies_piece_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="piece",
            index=models.Index(fields=["batch", "state", "fold"], name="policies_piece_folds"),
        ),
        migrations.AddIndex(
            model_name="piece",
            index=models.Index(fields=["batch", "ended"], name="policies_piece_ended"),
        ),
        migrations.AddConstraint(
            model_name="piece",
            constraint=models.UniqueConstraint(
                fields=("batch", "number"), name="policies_piece_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="piece",
            constraint=models.UniqueConstraint(
                condition=models.Q(("level__isnull", False)),
                fields=("batch", "level"),
                name="policies_piece_of_level",
            ),
        ),
        migrations.AddConstraint(
            model_name="piece",
            constraint=models.UniqueConstraint(
                condition=models.Q(("policy__isnull", False)),
                fields=("batch", "policy"),
                name="policies_piece_of_policy",
            ),
        ),
        migrations.AddConstraint(
            model_name="piece",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["waiting", "done", "unchanged", "failed", "superseded", "left out"],
                    )
                ),
                name="policies_piece_state",
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="sorted_as",
            field=SortedAs("title"),
        ),
        migrations.AddField(
            model_name="policy",
            name="from_group",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AlterModelOptions(
            name="policy",
            options={"ordering": ["sorted_as", "id"], "verbose_name_plural": "policies"},
        ),
        migrations.AddIndex(
            model_name="policy",
            index=models.Index(fields=["practice", "sorted_as"], name="policies_policy_sorted"),
        ),
        migrations.RunPython(sort_policies, migrations.RunPython.noop),
        migrations.RunPython(TRIGGERS.forwards, TRIGGERS.backwards),
    ]
