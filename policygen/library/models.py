"""What is in force: releases of the clause library."""

from django.db import models


class Release(models.Model):
    """A whole library, frozen: the canonical JSON that selection reads, and its SHA-256.

    The release with the highest number is in force. Going back to an earlier library makes a new
    release with the digest of the earlier one: a digest stands for what is in it. ``snapshot`` is
    text, not JSON of the database's own kind, so that its digest can be recomputed from the
    stored bytes.
    """

    number = models.PositiveIntegerField(unique=True)
    digest = models.CharField(max_length=64, db_index=True)
    snapshot = models.TextField()
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"Release {self.number}"
