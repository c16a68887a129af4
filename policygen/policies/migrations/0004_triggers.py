"""What must never happen to what was published: refused by the database itself."""

from collections.abc import Iterator

from django.db import migrations

from policygen.library.triggers import Rule, differs, install, remove, tables_of

VERSION = "policies_policyversion"
FILE = "policies_versionfile"
EVENT = "policies_event"
DRAFT = "policies_draft"


def held(version: str) -> str:
    """Return the condition that a version must still be kept: it is not the oldest one, or no later
    one took effect six years ago or earlier."""
    of_it = f"FROM {VERSION} n WHERE n.policy_id = {version}.policy_id"
    return (
        f"EXISTS (SELECT 1 {of_it} AND n.number < {version}.number)"
        f" OR NOT EXISTS (SELECT 1 {of_it} AND n.number > {version}.number"
        " AND n.effective_on <= {years_ago})"
    )


def in_line(table: str, what: str) -> Iterator[Rule]:
    """Rules for a table whose rows are numbered and chained within each policy."""
    of_it = f"FROM {table} e WHERE e.policy_id = NEW.policy_id"
    last = f"(SELECT max(e.number) {of_it})"
    short = table.rpartition("_")[2]
    yield Rule(
        f"{short}_number",
        table,
        "INSERT",
        f"NEW.number < 1 OR (EXISTS (SELECT 1 {of_it}) AND NEW.number <> {last} + 1)",
        f"{what} are numbered without gaps.",
    )
    yield Rule(
        f"{short}_chain",
        table,
        "INSERT",
        f"EXISTS (SELECT 1 {of_it} AND e.number = {last} AND e.digest <> NEW.previous)",
        f"{what} name the digest of the one before.",
    )
    yield Rule(f"{short}_fixed", table, "UPDATE", "TRUE", f"{what} never change.")


def versions() -> Iterator[Rule]:
    yield from in_line(VERSION, "Published versions")
    kept = "Published versions are kept for six years after they were superseded, oldest first."
    yield Rule("policyversion_kept", VERSION, "DELETE", held("OLD"), kept)
    yield Rule("versionfile_fixed", FILE, "UPDATE", "TRUE", "Published files never change.")
    of_it = f"SELECT 1 FROM {VERSION} v WHERE v.id = OLD.version_id AND ({held('v')})"
    yield Rule("versionfile_kept", FILE, "DELETE", f"EXISTS ({of_it})", kept)
    published = (
        f"SELECT 1 FROM {VERSION} v JOIN {EVENT} e ON e.policy_id = v.policy_id"
        " AND e.version = v.number AND e.action = 'published' WHERE v.id = NEW.version_id"
    )
    yield Rule(
        "versionfile_late",
        FILE,
        "INSERT",
        f"EXISTS ({published})",
        "Nothing is added to a published version.",
    )


def logs() -> Iterator[Rule]:
    yield from in_line(EVENT, "The lines of a log")
    yield Rule("event_stays", EVENT, "DELETE", "TRUE", "The log is only ever added to.")


def approvals() -> Iterator[Rule]:
    wrote = (
        "SELECT 1 FROM policies_editor e"
        " WHERE e.draft_id = NEW.id AND e.user_id = NEW.approved_by_id"
    )
    yield Rule(
        "draft_four_eyes",
        DRAFT,
        "UPDATE",
        "NEW.state = 'approved' AND OLD.state <> 'approved'"
        f" AND (OLD.state <> 'submitted' OR EXISTS ({wrote}))",
        "A draft is approved after it was submitted, and by nobody who changed it.",
    )
    content = differs(
        *("answers", "amendments", "release", "base", "policy_id", "revision", "approved_by_id")
    )
    yield Rule(
        "draft_approved",
        DRAFT,
        "UPDATE",
        f"NEW.state = 'approved' AND OLD.state = 'approved' AND ({content})",
        "An approval holds for what was approved.",
    )
    yield Rule(
        "draft_begins", DRAFT, "INSERT", "NEW.state = 'approved'", "No draft begins approved."
    )


def addresses() -> Iterator[Rule]:
    yield Rule(
        "policy_address",
        "policies_policy",
        "UPDATE",
        differs("slug", "practice_id"),
        "The address of a policy never changes.",
    )
    yield Rule(
        "practice_address",
        "practices_practice",
        "UPDATE",
        differs("slug"),
        "The address of a practice never changes.",
    )


FOR_EVER = (*versions(), *logs())
OTHERS = (*approvals(), *addresses())
RULES = (*FOR_EVER, *OTHERS)
EMPTIED = "keep_published"
TABLES = tables_of(RULES)
KEYS = {
    VERSION: ("id", "policy_id, number", "draft", "digest"),
    FILE: ("id", "version_id, format"),
    EVENT: ("id", "policy_id, number", "digest"),
    DRAFT: ("id",),
    "policies_policy": ("id", "practice_id, slug"),
    "practices_practice": ("id", "slug"),
}
"""What is unique in a table."""


def forwards(apps, schema_editor):
    install(schema_editor, RULES, KEYS, emptied=EMPTIED)


def backwards(apps, schema_editor):
    remove(schema_editor, RULES, emptied=EMPTIED)


class Migration(migrations.Migration):
    dependencies = [("policies", "0003_published"), ("practices", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
