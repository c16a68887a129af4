"""A draft remembers the release that its answers are given to."""

from django.db import migrations, models
from django.utils import timezone


def keep_release(apps, schema_editor):
    """Let drafts that are there keep the release in force, as new ones do."""
    releases = apps.get_model("library", "Release").objects.filter(
        state="published", effective_from__lte=timezone.localdate()
    )
    digests = releases.order_by("-number").values_list("digest", flat=True)
    for digest in digests[:1]:
        apps.get_model("policies", "Draft").objects.filter(release="").update(release=digest)


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial"), ("library", "0003_adopt")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="release",
            field=models.CharField(blank=True, default="", editable=False, max_length=64),
        ),
        migrations.RunPython(keep_release, migrations.RunPython.noop),
    ]
