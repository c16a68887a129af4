"""The roles at the desk: groups with permissions, made when the database is migrated."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions

VIEW = (
    *("policytitle", "section", "question", "option", "regime", "conflict"),
    *("clause", "clauseversion", "release", "transition", "tryout"),
)
"""What everybody at the desk may read."""

ROLES = {
    "drafter": "Clause drafters",
    "approver": "Clause approvers",
    "releaser": "Release managers",
}
"""The groups by what commands call their people."""

GROUPS: dict[str, tuple[str, ...]] = {
    ROLES["drafter"]: ("draft_library",),
    ROLES["approver"]: ("approve_library",),
    ROLES["releaser"]: ("release_library",),
}
"""Each role with what it may do besides reading."""


def make_groups(sender: AppConfig, **_signal: object) -> None:
    """Make the groups, and give back permissions that they should have; more may be added."""
    create_permissions(sender, verbosity=0)  # this may be asked before Django does it
    groups = apps.get_model("auth", "Group").objects
    permissions = apps.get_model("auth", "Permission").objects
    reading = [f"view_{model}" for model in VIEW]
    for name, may in GROUPS.items():
        group, _ = groups.get_or_create(name=name)
        wanted = permissions.filter(
            content_type__app_label="library", codename__in=[*reading, *may]
        )
        group.permissions.add(*wanted)
