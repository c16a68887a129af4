"""What must never happen to the library, whoever asks: refused by the database itself."""

from collections.abc import Iterator

from django.db import migrations

from policygen.library.triggers import Rule, differs, install, remove, tables_of

FRAME = {
    "policytitle": ("title", ("title", "language")),
    "section": ("section", ("title", "order")),
    "question": (
        "question",
        (
            *("kind_of_answer", "page", "ask", "help", "example", "required", "when", "groups"),
            *("minimum", "maximum", "order"),
        ),
    ),
    "option": (
        "option",
        ("question_id", "group", "label", "help", "phrase", "informative", "order"),
    ),
}
VERSION = (
    *("section_id", "title", "order", "when", "run_in", "body", "statements", "claims"),
    *("citations", "note"),
)
ALLOWED = (
    *("draft>review", "review>draft", "review>approved", "approved>draft"),
    *("approved>released", "approved>retired", "released>approved", "retired>approved"),
)
"""The moves of a version between states; a row of the frame may also go back and forth to draft."""


def pieces(frame=FRAME, version=VERSION) -> Iterator[Rule]:
    for table, (kind, columns) in frame.items():
        also = ("released>draft", "retired>draft", "draft>released", "draft>retired")
        yield from piece(table, kind, 'NEW."name"', (*columns, "withdrawn"), (*ALLOWED, *also))
        yield Rule(
            f"{table}_name", f"library_{table}", "UPDATE", differs("name"), "An id never changes."
        )
        yield only_drafts_go(table, "OLD.state <> 'draft' OR OLD.number > 1")
        yield read_by_two(table, kind)
    name = 'NEW."clause_id"'
    yield from piece("clauseversion", "clause", name, (*version, "withdrawn"), ALLOWED)
    yield Rule(
        "clauseversion_name",
        "library_clauseversion",
        "UPDATE",
        differs("id", "clause_id", "number"),
        "Clause and number of a version never change.",
    )
    yield only_drafts_go("clauseversion")
    yield Rule("clause_slug", "library_clause", "UPDATE", differs("slug"), "A slug never changes.")
    in_release = (
        "SELECT 1 FROM library_releaseclause e JOIN library_release r ON r.id = e.release_id"
        " WHERE e.version_id = NEW.id"
    )
    yield Rule(
        "clauseversion_released",
        "library_clauseversion",
        "UPDATE",
        f"OLD.state <> 'released' AND NEW.state = 'released' AND NOT EXISTS ({in_release})",
        "A version is released by being in a release.",
    )
    yield Rule(
        "clauseversion_unreleased",
        "library_clauseversion",
        "UPDATE",
        "OLD.state = 'released' AND NEW.state <> 'released'"
        f" AND EXISTS ({in_release} AND r.state = 'published')",
        "A released version stays released.",
    )


def only_drafts_go(table: str, stays: str = "OLD.state <> 'draft'") -> Rule:
    return Rule(
        f"{table}_delete",
        f"library_{table}",
        "DELETE",
        stays,
        "Only a draft that no release ever had can be thrown away.",
    )


def read_by_two(table: str, kind: str) -> Rule:
    """A row of the frame may be released again without review only as it was approved before."""
    of_it = f"kind = '{kind}' AND name = NEW.name AND number = NEW.number"
    since = (
        f"(SELECT max(id) FROM library_transition WHERE {of_it} AND action IN ('began', 'saved'))"
    )
    approved = (
        f"SELECT 1 FROM library_transition WHERE {of_it} AND action = 'approved' AND id > {since}"
    )
    return Rule(
        f"{table}_read_by_two",
        f"library_{table}",
        "UPDATE",
        "NEW.state IN ('approved', 'released', 'retired') AND OLD.state <> NEW.state"
        f" AND OLD.state <> 'review' AND {since} IS NOT NULL AND NOT EXISTS ({approved})",
        "Nothing is released that nobody approved.",
    )


WROTE = (
    "EXISTS (SELECT 1 FROM library_transition WHERE {of_it} AND action IN ('began', 'saved')"
    " AND by_id = NEW.approved_by_id AND id >= COALESCE("
    "(SELECT max(id) FROM library_transition WHERE {of_it} AND action = 'began'), 0))"
)
"""Whether the approver wrote part of an edition, which begins with its last line “began”."""


def piece(
    table: str, kind: str, name: str, columns: tuple[str, ...], moves: tuple[str, ...]
) -> Iterator[Rule]:
    """Rules for every piece: fixed text, allowed moves, and four eyes."""
    allowed = ", ".join(f"'{move}'" for move in moves)
    yield Rule(
        f"{table}_text",
        f"library_{table}",
        "UPDATE",
        f"({differs(*columns)}) AND NOT ("
        "OLD.state = 'draft' OR (NEW.state = 'draft' AND OLD.state <> 'review'))"
        if table != "clauseversion"
        else f"({differs(*columns)}) AND OLD.state <> 'draft'",
        "A text is fixed once it is in review.",
    )
    yield Rule(
        f"{table}_moves",
        f"library_{table}",
        "UPDATE",
        f"OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN ({allowed})",
        "From draft through review to approved to released: no step is left out.",
    )
    yield Rule(
        f"{table}_begins",
        f"library_{table}",
        "INSERT",
        "NEW.state IN ('review', 'approved')"
        " OR (NEW.state <> 'draft' AND NEW.edited_by_id IS NOT NULL)",
        "What a person writes begins as a draft.",
    )
    of_it = f"kind = '{kind}' AND name = {name} AND number = NEW.number"
    wrote = WROTE.format(of_it=of_it)
    yield Rule(
        f"{table}_four_eyes",
        f"library_{table}",
        "UPDATE",
        "NEW.state = 'approved' AND OLD.state = 'review' AND (NEW.approved_by_id IS NULL"
        f" OR NEW.approved_by_id IS NOT DISTINCT FROM NEW.edited_by_id OR {wrote})",
        "Nobody approves what they edited.",
    )
    yield Rule(
        f"{table}_approver",
        f"library_{table}",
        "UPDATE",
        f"({differs('approved_by_id', 'edited_by_id')})"
        " AND OLD.state <> 'draft' AND NEW.state <> 'draft'"
        " AND NOT (OLD.state = 'review' AND NEW.state = 'approved' AND NOT ("
        f"{differs('edited_by_id')}))",
        "Who wrote and who approved stays as it was.",
    )


FROZEN = (
    *("id", "number", "title", "notes", "effective_from", "digest", "snapshot", "frame"),
    *("made_at", "made_by_id", "published_at", "published_by_id"),
)


def releases() -> Iterator[Rule]:
    yield Rule(
        "release_frozen",
        "library_release",
        "UPDATE",
        "OLD.state <> 'candidate' AND NOT (OLD.state = 'published' AND NEW.state = 'cancelled'"
        f" AND NOT ({differs(*FROZEN)}) AND OLD.effective_from >= CURRENT_DATE)",
        "A published release never changes.",
    )
    yield Rule(
        "release_number",
        "library_release",
        "UPDATE",
        differs("id", "number"),
        "The number of a release never changes.",
    )
    yield Rule(
        "release_moves",
        "library_release",
        "UPDATE",
        "OLD.state = 'candidate' AND NEW.state = 'cancelled'",
        "Only a published release can be cancelled.",
    )
    yield Rule(
        "release_delete",
        "library_release",
        "DELETE",
        "OLD.state <> 'candidate'",
        "A published release is kept for ever.",
    )
    yield Rule(
        "release_begins",
        "library_release",
        "INSERT",
        "NEW.state <> 'candidate'",
        "A release begins as a candidate.",
    )
    later = (
        "SELECT 1 FROM library_release r WHERE r.state = 'published' AND r.id <> NEW.id"
        " AND ((r.number < NEW.number AND r.effective_from > NEW.effective_from)"
        " OR r.number > NEW.number)"
    )
    yield Rule(
        "release_order",
        "library_release",
        "UPDATE",
        f"OLD.state = 'candidate' AND NEW.state = 'published' AND EXISTS ({later})",
        "Releases take effect in the order of their numbers.",
    )
    approved = (
        "SELECT 1 FROM library_clauseversion v WHERE v.id = NEW.version_id"
        " AND v.state IN ('approved', 'released') AND NOT v.withdrawn"
    )
    standing = (
        "EXISTS (SELECT 1 FROM library_release r WHERE r.id = {}.release_id AND r.state = {})"
    )
    yield Rule(
        "releaseclause_approved",
        "library_releaseclause",
        "INSERT",
        f"NOT EXISTS ({approved})",
        "A release holds approved versions only.",
    )
    yield Rule(
        "releaseclause_open",
        "library_releaseclause",
        "INSERT",
        "NOT " + standing.format("NEW", "'candidate'"),
        "Nothing is added to a published release.",
    )
    # The few versions of the clause come first: whatever the planner thinks of tables that it has
    # not counted yet, one insertion then reads each table at most once.
    clause = "SELECT w.clause_id FROM library_clauseversion w WHERE w.id = NEW.version_id"
    held = "SELECT 1 FROM library_releaseclause e WHERE e.version_id = v.id AND e.release_id"
    twice = (
        f"SELECT 1 FROM library_clauseversion v WHERE v.clause_id = ({clause})"
        f" AND EXISTS ({held} = NEW.release_id)"
    )
    yield Rule(
        "releaseclause_once",
        "library_releaseclause",
        "INSERT",
        f"EXISTS ({twice})",
        "A release holds one version of a clause.",
    )
    yield Rule("releaseclause_update", "library_releaseclause", "UPDATE", "TRUE", "It is kept.")
    yield Rule(
        "releaseclause_delete",
        "library_releaseclause",
        "DELETE",
        standing.format("OLD", "'published'"),
        "Nothing is taken out of a published release.",
    )


def logs() -> Iterator[Rule]:
    for table in ("library_transition", "django_admin_log"):
        short = table.rpartition("_")[2]
        yield Rule(f"{short}_kept", table, "UPDATE", "TRUE", "The log is only ever added to.")
        yield Rule(f"{short}_stays", table, "DELETE", "TRUE", "The log is only ever added to.")


RULES = (*pieces(), *releases(), *logs())
EMPTIED = "keep_all"
TABLES = tables_of(RULES)
KEYS = {
    **dict.fromkeys(TABLES, ("id",)),
    **{f"library_{table}": ("name",) for table in FRAME},
    "library_clause": ("slug",),
    "library_clauseversion": ("id", "clause_id, number"),
    "library_release": ("id", "number"),
    "library_releaseclause": ("id", "release_id, version_id"),
    "library_transition": ("id", "previous", "digest"),
}


def forwards(apps, schema_editor):
    install(schema_editor, RULES, KEYS, emptied=EMPTIED)


def backwards(apps, schema_editor):
    remove(schema_editor, RULES, emptied=EMPTIED)


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0003_adopt"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [migrations.RunPython(forwards, backwards)]
