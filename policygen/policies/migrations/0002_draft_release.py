"""A draft remembers the release that its answers are given to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="release",
            field=models.CharField(blank=True, default="", editable=False, max_length=64),
        ),
    ]
