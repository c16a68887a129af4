"""Loading: release 1 where nothing is yet, afterwards drafts; all or nothing, and twice is once."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from policygen.core.library import parse_library
from policygen.core.problems import Refused
from policygen.library import log, pieces, publishing
from policygen.library.files import read_folder
from policygen.library.loading import Loaded, load_library
from policygen.library.models import (
    KINDS,
    Clause,
    ClauseVersion,
    LoadedFiles,
    Option,
    Release,
    Section,
    State,
    Transition,
)
from policygen.library.publishing import NotAllowed, WrongState, discard, save_draft, submit
from policygen.library.store import NoRelease, library_in_force, library_of
from policygen.library.verify import problems
from tests.library.folders import change, write
from tests.library.steps import CLAUSE, MORE, OPTION, SECTION, approved, drafted, row_of, written
from tests.library.steps import make_desk_folder as make
from tests.releases import person, put_in_force, release_changes

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 1)
RECORDS = (
    "      - {id: records, group: health, label: Records, help: Records., phrase: your records}\n"
)
NAME = "      - {id: name, group: identity, label: Name, help: A name., phrase: your name}\n"
PETS = """\
  - id: pets
    kind: many
    page: later
    ask: Which animals?
    when: {any: [data:extra]}
    groups: {all: All}
    options:
      - {id: dog, group: all, label: Dog, help: Dogs., phrase: dogs}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "clauses")


def load(folder: Path, **options: Any) -> Loaded:
    return load_library(folder, today=DAY, **options)


def drafts() -> dict[str, dict[str, Any]]:
    """Return what the drafts say, by kind and name."""
    return {
        f"{row.kind} {row.name}": row.content()
        for model in KINDS.values()
        for row in model._default_manager.filter(state=State.DRAFT)
    }


def versions() -> dict[str, int]:
    return {clause.slug: clause.version for clause in library_in_force().clauses}


# ------------------------------------------------------------------ the first release


def test_before_anything_is_loaded_the_way_out_is_told() -> None:
    with pytest.raises(
        NoRelease, match=r"No clause library is loaded. Run: manage.py load_library"
    ):
        library_in_force()


def test_an_empty_desk_is_in_order() -> None:
    assert list(problems(timezone.localdate())) == []


def test_an_empty_desk_gets_release_1(folder: Path) -> None:
    loaded = load(folder)
    release = loaded.in_force
    assert loaded == Loaded(release, new=True)
    assert (release.number, release.state, str(release)) == (1, "published", "Release 1")
    assert (release.effective_from, release.made_by, release.published_by) == (DAY, None, None)
    library = library_in_force()
    assert library.digest == release.digest == read_folder(folder).digest
    assert versions() == {"speaker": 1, "data": 1, "more": 1}
    assert {row.state for model in KINDS.values() for row in model._default_manager.all()} == {
        State.RELEASED
    }
    lines = Transition.objects.values_list("kind", "name", "action", "who")
    assert list(lines) == [("release", "1", "published", "")]


def test_the_digest_can_be_recomputed_from_what_is_stored(folder: Path) -> None:
    release = load(folder).in_force
    assert hashlib.sha256(release.snapshot.encode()).hexdigest() == release.digest
    assert parse_library(json.loads(release.snapshot)).digest == release.digest


def test_the_desk_holds_what_the_files_say(folder: Path) -> None:
    load(folder)
    files = pieces.from_library(read_folder(folder))
    assert pieces.working() == pieces.released() == pieces.candidate() == files


def test_the_whole_library_becomes_release_1_and_drafts_come_of_changes_alone() -> None:
    files = read_folder(ROOT / "clauses")
    release = load(ROOT / "clauses").in_force
    assert release.digest == files.digest
    assert pieces.to_library(pieces.working()) == pieces.to_library(pieces.released()) == files
    assert release.entries.count() == len(files.clauses)
    assert load(ROOT / "clauses") == Loaded(release, new=False)


def test_a_desk_where_work_has_begun_gets_no_release_from_files(folder: Path) -> None:
    section = {"title": "About", "order": 10, "withdrawn": False}
    Clause.objects.create(slug="begun")
    with pytest.raises(WrongState, match="work at the desk already, though nothing is released"):
        load(folder)
    assert not Section.objects.filter(title=section["title"]).exists()


def test_a_library_that_a_release_could_not_be_is_not_loaded(folder: Path) -> None:
    never = MORE.replace("cares a lot", "keeps {{ data | listing }}")
    write(folder, "about/never.md", never.replace("order: 10", "order: 30\nwhen: {none: [data]}"))
    with pytest.raises(Refused) as caught:
        load(folder)
    assert "never" in str(caught.value)
    assert not Release.objects.exists()
    assert not Clause.objects.exists()


# ------------------------------------------------------------------ unchanged, and changed


def test_loading_twice_does_nothing(folder: Path) -> None:
    release = load(folder).in_force
    lines = Transition.objects.count()
    assert load(folder) == Loaded(release, new=False)
    assert drafts() == {}
    assert (Release.objects.count(), Transition.objects.count()) == (1, lines)
    assert LoadedFiles.objects.count() == 1


def test_a_changed_text_becomes_a_draft_with_a_reason_and_nothing_else_moves(folder: Path) -> None:
    release = load(folder).in_force
    change(folder, "collect/data.md", "We keep", "We hold")
    loaded = load(folder)
    assert loaded == Loaded(release, new=False, drafts=(("clause", "data"),))
    row = row_of("clause", "data")
    assert (row.number, row.state, row.reason) == (2, State.DRAFT, "Loaded from files")
    assert (row.edited_by, row.body) == (None, "We hold {{ data | listing }}.")
    assert library_in_force().digest == release.digest
    assert Release.objects.get() == release
    assert ClauseVersion.objects.get(clause="data", number=1).state == State.RELEASED


CLAUSE_FILE = ("collect/data.md", "clause data")
PARTS = (
    (*CLAUSE_FILE, "title: What we keep", "title: Kept", {"title": "Kept"}),
    (*CLAUSE_FILE, "order: 10", "order: 20", {"order": 20}),
    (*CLAUSE_FILE, "[data]}", "[data:name]}", {"when": {"any": ["data:name"]}}),
    (*CLAUSE_FILE, "[collect(data)]", "[]", {"claims": []}),
    (*CLAUSE_FILE, "claims:", "citations: [x]\nclaims:", {"citations": ["x"]}),
    (*CLAUSE_FILE, "claims:", "models: [m]\nclaims:", {"statements": ["m"]}),
    (*CLAUSE_FILE, "claims:", "note: Why.\nclaims:", {"note": "Why."}),
    (*CLAUSE_FILE, "claims:", "run_in: true\nclaims:", {"run_in": True}),
    ("sections.yaml", "title title", "Privacy policy", "Privacy", {"title": "Privacy"}),
    ("sections.yaml", "section collect", "What we collect", "All", {"title": "All"}),
    ("vocabulary.yaml", "question data", "What do you keep?", "What?", {"ask": "What?"}),
    ("vocabulary.yaml", "option data:name", "label: Name", "label: Full", {"label": "Full"}),
    (
        "vocabulary.yaml",
        "option data:name",
        "phrase: your name",
        "phrase: names",
        {"phrase": "names"},
    ),
)


@pytest.mark.parametrize(("name", "draft", "old", "new", "said"), PARTS)
def test_every_part_of_the_files_has_its_draft(
    folder: Path, name: str, draft: str, old: str, new: str, said: dict[str, Any]
) -> None:
    release = load(folder).in_force
    change(folder, name, old, new)
    load(folder)
    ((key, content),) = drafts().items()
    assert key == draft
    assert content.items() >= said.items()
    assert library_in_force().digest == release.digest


def test_a_clause_can_move_to_another_section(folder: Path) -> None:
    load(folder)
    (folder / "about/more.md").rename(folder / "collect/more.md")
    load(folder)
    assert {key: said["section_id"] for key, said in drafts().items()} == {"clause more": "collect"}


def test_the_reason_and_the_person_can_be_given(folder: Path) -> None:
    load(folder)
    change(folder, "collect/data.md", "We keep", "We hold")
    by = person("drafter")
    load(folder, by=by, why="The starter library says it better.")
    row = row_of("clause", "data")
    assert (row.edited_by, row.reason) == (by, "The starter library says it better.")
    with pytest.raises(publishing.NotAllowed, match="Somebody else must approve it"):
        by.user_permissions.set(person("approver", "drafter").user_permissions.all())
        row = submit(row, by=None, seen=row.revision)
        publishing.approve(row, by=person_again(by), seen=row.revision)


def person_again(by: Any) -> Any:
    """Return a person whose permissions changed: they are kept by the instance."""
    return type(by).objects.get(pk=by.pk)


def test_who_may_not_write_drafts_may_not_load_changes(folder: Path) -> None:
    load(folder)
    change(folder, "collect/data.md", "We keep", "We hold")
    with pytest.raises(NotAllowed):
        load(folder, by=person("approver"))
    assert drafts() == {}
    assert LoadedFiles.objects.count() == 1


def test_a_loaded_change_goes_through_review_into_force(folder: Path) -> None:
    load(folder)
    change(folder, "collect/data.md", "We keep", "We hold")
    release = release_changes(folder)
    assert release.number == 2
    assert versions() == {"speaker": 1, "data": 2, "more": 1}
    assert library_in_force().digest == release.digest


# ------------------------------------------------------------------ taken out and put in


def test_a_removed_file_becomes_a_draft_that_takes_the_clause_out(folder: Path) -> None:
    release = load(folder).in_force
    (folder / "about/more.md").unlink()
    loaded = load(folder)
    assert loaded.drafts == (CLAUSE,)
    assert drafts()["clause more"]["withdrawn"] is True
    assert "more" in versions()
    release_changes()
    assert versions() == {"speaker": 1, "data": 1}
    assert "more" in {clause.slug for clause in library_of(release.digest).clauses}
    assert load(folder).drafts == ()


def test_a_clause_that_comes_back_goes_on_counting(folder: Path) -> None:
    load(folder)
    (folder / "about/more.md").unlink()
    release_changes(folder)
    write(folder, "about/more.md", MORE)
    release_changes(folder)
    assert versions() == {"speaker": 1, "data": 1, "more": 3}


def test_a_removed_option_becomes_a_draft_that_retires_it(folder: Path) -> None:
    load(folder)
    change(folder, "vocabulary.yaml", RECORDS, "")
    assert load(folder).drafts == (("option", "data:records"),)
    assert drafts()["option data:records"]["withdrawn"] is True
    release_changes()
    option = library_in_force().vocabulary.option("data:records")
    assert option is not None
    assert option.retired


def test_a_removed_section_and_question_go_with_all_that_stands_on_them(folder: Path) -> None:
    _with_pets(folder)
    load(folder)
    change(folder, "vocabulary.yaml", PETS, "")
    (folder / "collect/pets.md").unlink()
    change(folder, "collect/data.md", "any: [data]", "any: [data:name, data:records, data:extra]")
    load(folder)
    gone = {key for key, said in drafts().items() if said["withdrawn"]}
    assert gone == {"question pets", "option pets:dog", "clause pets"}
    release_changes()
    assert "pets" not in library_in_force().vocabulary.by_id


def _with_pets(folder: Path) -> None:
    """Put in a question that depends on a new option, with a clause that needs both."""
    text = (folder / "vocabulary.yaml").read_text(encoding="utf-8")
    extra = RECORDS.replace("records", "extra").replace("Records", "Extra")
    write(folder, "vocabulary.yaml", text.replace(RECORDS, RECORDS + extra) + PETS)
    pets = MORE.replace("cares a lot", "keeps {{ pets | listing }}")
    pets = pets.replace("order: 10", "order: 40\nwhen: {any: [pets]}")
    write(folder, "collect/pets.md", pets)


def test_a_question_can_come_with_options_that_it_and_others_need(folder: Path) -> None:
    """None of these could be written alone: they are checked together."""
    load(folder)
    _with_pets(folder)
    loaded = load(folder)
    assert [f"{kind} {name}" for kind, name in loaded.drafts] == [
        "question pets",
        "option data:extra",
        "option pets:dog",
        "clause pets",
    ]
    release = release_changes()
    assert library_in_force().digest == release.digest
    assert "pets" in library_in_force().vocabulary.by_id


def test_renaming_a_group_changes_question_and_options_together(folder: Path) -> None:
    load(folder)
    change(folder, "vocabulary.yaml", "health: Health", "care: Care")
    change(folder, "vocabulary.yaml", "group: health", "group: care")
    assert load(folder).drafts == (("question", "data"), ("option", "data:records"))
    release_changes()
    option = library_in_force().vocabulary.option("data:records")
    assert option is not None
    assert option.group == "care"


# ------------------------------------------------------------------ order


def orders(kind: str) -> dict[str, int]:
    return dict(KINDS[kind]._default_manager.values_list("pk", "order"))


def test_what_is_new_between_neighbours_leaves_these_their_numbers(folder: Path) -> None:
    load(folder)
    assert orders("section") == {"about": 10, "collect": 20}
    change(
        folder,
        "sections.yaml",
        "  - {id: collect",
        "  - {id: between, title: Between}\n  - {id: collect",
    )
    write(folder, "between/some.md", MORE.replace("cares a lot", "is between"))
    write(folder, "vocabulary.yaml", _with_option_first(folder))
    loaded = load(folder)
    assert loaded.drafts == (
        ("section", "between"),
        ("option", "data:first"),
        ("clause", "some"),
    )
    assert orders("section") == {"about": 10, "between": 15, "collect": 20}
    assert orders("option") == {"data:first": 5, "data:name": 10, "data:records": 20}
    release_changes()
    assert [section.id for section in library_in_force().sections] == [
        "about",
        "between",
        "collect",
    ]


def _with_option_first(folder: Path) -> str:
    text = (folder / "vocabulary.yaml").read_text(encoding="utf-8")
    return text.replace(
        NAME, NAME.replace("id: name", "id: first").replace("your name", "you") + NAME
    )


def test_swapped_pieces_are_numbered_anew(folder: Path) -> None:
    load(folder)
    change(folder, "vocabulary.yaml", NAME + RECORDS, RECORDS + NAME)
    assert set(load(folder).drafts) == {("option", "data:name"), ("option", "data:records")}
    assert orders("option") == {"data:records": 10, "data:name": 20}
    release_changes()
    question = library_in_force().vocabulary.by_id["data"]
    assert [option.id for option in question.options] == ["records", "name"]


def test_many_new_pieces_in_a_narrow_place_are_numbered_anew(folder: Path) -> None:
    load(folder)
    more = "".join(f"  - {{id: s{n}, title: Section {n}}}\n" for n in range(12))
    change(folder, "sections.yaml", "  - {id: collect", more + "  - {id: collect")
    for n in range(12):
        write(folder, f"s{n}/c{n}.md", MORE.replace("cares a lot", f"cares {n} times"))
    load(folder)
    assert list(orders("section").values()) == sorted(orders("section").values())
    assert len(set(orders("section").values())) == 14
    release_changes()
    found = [section.id for section in library_in_force().sections]
    assert found == ["about", *(f"s{n}" for n in range(12)), "collect"]


# ------------------------------------------------------------------ what people work on


@pytest.mark.parametrize("state", ["draft", "review", "approved"])
def test_what_somebody_works_on_is_left_alone_and_named_until_they_are_done(
    folder: Path, state: str
) -> None:
    load(folder)
    row = drafted("clause", "data", body="Ours: {{ data | listing }}.")
    if state != "draft":
        row = submit(row, by=person("drafter"), seen=row.revision)
    if state == "approved":
        row = publishing.approve(row, by=person("approver"), seen=row.revision)
    change(folder, "collect/data.md", "We keep", "We hold")
    change(folder, "about/more.md", "a lot", "very much")
    loaded = load(folder)
    assert loaded.drafts == (CLAUSE,)
    assert loaded.left_alone == (("clause", "data"),)
    assert row_of("clause", "data").body == "Ours: {{ data | listing }}."
    assert load(folder).left_alone == (("clause", "data"),)
    if state == "draft":
        discard(row, by=person("drafter"), seen=row.revision)
        assert load(folder).drafts == (("clause", "data"),)
        assert load(folder) == Loaded(loaded.in_force, new=False)


def test_what_was_released_at_the_desk_stands_while_the_file_stays_as_it_was(folder: Path) -> None:
    load(folder)
    approved(drafted(*CLAUSE))
    approved(drafted(*OPTION))
    approved(written("fresh"))
    release = put_in_force()
    assert load(folder) == Loaded(release, new=False)
    change(folder, "about/more.md", "a lot", "as before")
    assert load(folder).drafts == (CLAUSE,)
    assert row_of(*CLAUSE).number == 3


def test_a_draft_of_an_earlier_load_is_updated_by_the_next(folder: Path) -> None:
    load(folder)
    for before, after in (("We keep", "We hold"), ("We hold", "We store")):
        change(folder, "collect/data.md", before, after)
        assert load(folder).drafts == (("clause", "data"),)
    row = row_of("clause", "data")
    assert (row.number, row.body) == (2, "We store {{ data | listing }}.")
    actions = [line.action for line in reversed(log.lines_about("clause", "data"))]
    assert actions == ["began", "saved", "saved"]


def test_a_draft_of_an_earlier_load_that_somebody_edited_is_theirs(folder: Path) -> None:
    load(folder)
    change(folder, "collect/data.md", "We keep", "We hold")
    load(folder)
    row = row_of("clause", "data")
    save_draft(row, {"note": "Look at this."}, by=person("drafter"), seen=row.revision)
    change(folder, "collect/data.md", "We hold", "We store")
    assert load(folder).left_alone == (("clause", "data"),)


def test_a_person_who_loads_again_updates_what_they_loaded(folder: Path) -> None:
    by = person("drafter")
    load(folder)
    for before, after in (("We keep", "We hold"), ("We hold", "We store")):
        change(folder, "collect/data.md", before, after)
        assert load(folder, by=by).drafts == (("clause", "data"),)
    assert row_of("clause", "data").body.startswith("We store")


def test_a_draft_that_the_files_take_back_is_thrown_away(folder: Path) -> None:
    release = load(folder).in_force
    before = {name: path.read_bytes() for name, path in _files(folder)}
    change(folder, "collect/data.md", "We keep", "We hold")
    _with_pets(folder)
    load(folder)
    assert len(drafts()) == 5
    for name, path in _files(folder):
        if name not in before:
            path.unlink()
    for name, content in before.items():
        write(folder, name, content)
    loaded = load(folder)
    assert set(loaded.dropped) == {
        ("question", "pets"),
        ("option", "pets:dog"),
        ("option", "data:extra"),
        ("clause", "pets"),
        ("clause", "data"),
    }
    assert (drafts(), loaded.left_alone) == ({}, ())
    assert pieces.working() == pieces.released()
    assert load(folder) == Loaded(release, new=False)
    assert list(log.problems()) == []


@pytest.mark.parametrize("resting", ["a question", "a clause"])
def test_a_draft_that_the_files_take_back_stays_while_somebody_rests_on_it(
    folder: Path, resting: str
) -> None:
    load(folder)
    before = (folder / "sections.yaml").read_text(), (folder / "vocabulary.yaml").read_text()
    write(folder, "sections.yaml", before[0] + "  - {id: last, title: Goodbye}\n")
    extra = RECORDS.replace("id: records", "id: extra")
    write(folder, "vocabulary.yaml", before[1].replace(RECORDS, RECORDS + extra))
    load(folder)
    if resting == "a question":
        other = {**row_of("question", "practice_name").content(), "page": "last", "order": 90}
        other |= {"required": False, "when": {"any": ["data:extra"]}, "kind_of_answer": "text"}
        publishing.new_frame_piece("question", "other", other, by=person("drafter"), why="New.")
    else:
        written("other", section_id="last")
    write(folder, "sections.yaml", before[0])
    write(folder, "vocabulary.yaml", before[1])
    loaded = load(folder)
    kept = {"a question": {("section", "last"), ("option", "data:extra")}}
    assert set(loaded.left_alone) == kept.get(resting, {("section", "last")})
    assert set(loaded.dropped) == {("section", "last"), ("option", "data:extra")} - set(
        loaded.left_alone
    )
    assert loaded.problems
    assert load(folder).left_alone == loaded.left_alone


def _files(folder: Path) -> list[tuple[str, Path]]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(str(path.relative_to(folder)), path) for path in found]


def test_what_does_not_go_with_the_desk_is_left_alone_and_the_rest_is_written(
    folder: Path,
) -> None:
    """A server that starts loads its files, and must start whatever people do at the desk."""
    load(folder)
    speaker = row_of("clause", "speaker").body.partition("\n\n")[0]
    approved(drafted("clause", "speaker", body=speaker))
    approved(drafted("clause", "data", withdrawn=True))
    approved(drafted("section", "collect", withdrawn=True))
    change(folder, "about/more.md", "a lot", "very much")
    write(folder, "collect/fresh.md", MORE.replace("cares a lot", "collects"))
    loaded = load(folder)
    assert loaded.drafts == (CLAUSE,)
    assert ("clause", "fresh") in loaded.left_alone
    (problem,) = loaded.problems
    assert problem.where == "clause fresh.section"
    assert "There is no section “collect”" in problem.message


def test_an_option_that_goes_with_nobody_s_work_is_left_alone_with_its_problem(
    folder: Path,
) -> None:
    load(folder)
    extra = RECORDS.replace("id: records", "id: extra").replace("group: health", "group: care")
    change(folder, "vocabulary.yaml", "health: Health", "health: Health, care: Care")
    change(folder, "vocabulary.yaml", RECORDS, RECORDS + extra)
    drafted("question", "data", ask="What do you store?")
    loaded = load(folder)
    assert set(loaded.left_alone) == {("question", "data"), ("option", "data:extra")}
    assert "“care” is no group" in str(loaded.problems[0])
    assert not Option.objects.filter(pk="data:extra").exists()


# ------------------------------------------------------------------ bad folders


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("collect/data.md", "{{ data", "{{ dta"),
        ("vocabulary.yaml", "kind: many", "kind: mny"),
        ("sections.yaml", "id: collect", "id: about"),
    ],
)
def test_a_broken_folder_changes_nothing(folder: Path, name: str, old: str, new: str) -> None:
    release = load(folder).in_force
    change(folder, "about/more.md", "a lot", "very much")
    change(folder, name, old, new)
    with pytest.raises(Refused):
        load(folder)
    assert drafts() == {}
    assert library_in_force().digest == release.digest


@pytest.mark.parametrize("loads", [0, 1])
def test_a_name_that_is_too_long_is_refused_in_words(folder: Path, loads: int) -> None:
    """SQLite would store it, PostgreSQL fail."""
    for _ in range(loads):
        load(folder)
    write(folder, f"about/{'a' * 151}.md", MORE.replace("cares a lot", "cares at length"))
    with pytest.raises(Refused) as caught:
        load(folder)
    (problem,) = caught.value.problems
    assert str(problem) == "clause aaaaaaaaaaaaaaaaaaaa…: Use at most 150 characters for a name."
    assert Release.objects.count() == loads


def test_the_longest_names_are_stored_whole(folder: Path) -> None:
    slug, option = "a" * 150, "b" * 150
    write(folder, f"about/{slug}.md", MORE.replace("cares a lot", "cares at length"))
    change(folder, "vocabulary.yaml", NAME, NAME + NAME.replace("id: name", f"id: {option}"))
    load(folder)
    assert Clause.objects.filter(pk=slug).exists()
    assert Option.objects.filter(pk=f"data:{option}").exists()
    row = drafted("clause", slug, body="We say.")
    assert approved(row).state == State.APPROVED


@pytest.mark.every_case
@pytest.mark.parametrize("loads", [0, 1])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{{ data | listing }}", "a" * 1_000_000),
        ("order: 10", "order: 99999999999"),
        ("{{ data | listing }}", "{{ " + "data." * 60 + "x }}"),
        ("We keep", "We keep \x00"),
        ("{any: [data]}", "{any: [" + "data:name, " * 50_000 + "data]}"),
        ("title: What we keep", "title: " + "x" * 1_000_000),
    ],
    ids=["body", "order", "placeholder", "nul", "condition", "title"],
)
def test_hostile_sizes_are_refused_or_stored_but_never_a_crash(
    folder: Path, old: str, new: str, loads: int
) -> None:
    for _ in range(loads):
        load(folder)
    change(folder, "collect/data.md", old, new)
    with suppress(Refused):
        load(folder)
        return
    assert Release.objects.count() == loads
    assert drafts() == {}


def test_a_failure_while_storing_leaves_everything_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(folder)
    change(folder, "collect/data.md", "We keep", "We hold")
    change(folder, "sections.yaml", "title: What we", "title: All we")

    def fail(*_args: Any, **_options: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(ClauseVersion, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        load(folder)
    assert drafts() == {}
    assert row_of(*SECTION).title == "What we collect"
    monkeypatch.undo()
    assert len(load(folder).drafts) == 2


# ------------------------------------------------------------------ reading what is in force


def test_a_new_release_is_seen_at_once_and_costs_one_query_when_known(
    folder: Path, django_assert_num_queries: Any
) -> None:
    load(folder)
    library_in_force()
    with django_assert_num_queries(1):
        library_in_force()
    change(folder, "collect/data.md", "We keep", "We hold")
    release_changes(folder)
    assert versions()["data"] == 2


def test_an_unknown_release_is_an_error() -> None:
    with pytest.raises(Release.DoesNotExist):
        library_of("0" * 64)


def test_slug_and_version_always_mean_the_same_text(folder: Path) -> None:
    load(folder)
    for before, after in (("We keep", "We hold"), ("We hold", "We keep"), ("We keep", "We store")):
        change(folder, "collect/data.md", before, after)
        release_changes(folder)
    meant: dict[tuple[str, int], str] = {}
    for snapshot in Release.objects.values_list("snapshot", flat=True):
        for clause in json.loads(snapshot)["clauses"]:
            key = (clause["slug"], clause["version"])
            assert meant.setdefault(key, clause["body"]) == clause["body"]
    assert len([key for key in meant if key[0] == "data"]) == 4
