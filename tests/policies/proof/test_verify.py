"""verify: silent where all is well, and a sentence for every byte that is not as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.utils import timezone

from policygen.core.document import Document
from policygen.library.models import Release
from policygen.policies.events import digest_of as digest_of_event
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Draft,
    DraftState,
    Editor,
    Event,
    Policy,
    PolicyVersion,
    VersionFile,
)
from policygen.policies.proof.verify import Verification, broken_seals, seals
from policygen.policies.published import files, publishing
from policygen.policies.published.storages import LocalFiles
from policygen.policies.published.versions import FIRST, digest_of
from policygen.policies.reviewing import review
from policygen.practices.models import Location, Membership
from policygen.rendering import FORMATS, Format, Rendered, pdf
from tests.library.steps import triggers_off
from tests.policies.cast import Cast, cast, drafted, order, policy_of, published

pytestmark = pytest.mark.django_db

ROWS = (PolicyVersion, VersionFile, Event)
TABLES = tuple(model._meta.db_table for model in ROWS)
UNSAID = {(VersionFile, "id"), (Event, "id")}
"""Keys that nothing refers to: the row says the same under any other one."""


@pytest.fixture(autouse=True)
def _pdfs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each PDF of these tests once."""
    monkeypatch.setitem(FORMATS, "pdf", Format("PDF", pdf_of))


@cache
def pdf_of(document: Document) -> Rendered:
    return pdf.render(document)


@pytest.fixture
def people(release: None, settings: Any, tmp_path: Path) -> Cast:
    settings.FILES_DIR = tmp_path / "files"
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    """A policy with two versions, the second approved by a second person, and a draft."""
    policy = policy_of(people)
    published(policy, people.owner)
    people.practice.needs_review = True
    people.practice.save()
    draft = drafted(policy, people.editor, practice_name="Elm Dental Care")
    reviewer = Holder(user=people.reviewer)
    review.submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    review.comment(reviewer, draft.pk, clause="", text="Fine.")
    review.approve(reviewer, draft.pk, revision=draft.revision)
    publishing.publish_policy(Holder(user=people.editor), draft.pk, order(draft))
    drafted(policy, people.owner, practice_name="Elm Dentists")
    return policy


def found(policy: Policy | None = None, *, quick: bool = True, **options: Any) -> list[str]:
    run = Verification(policy=policy, quick=quick, **options)
    return [str(problem) for problem in run.problems(timezone.localdate())]


def verified(**options: Any) -> tuple[str, str, str]:
    """Return what the command prints, its errors, and how it failed."""
    out, err, failure = StringIO(), StringIO(), ""
    try:
        call_command("verify", stdout=out, stderr=err, **options)
    except CommandError as error:
        failure = f"{error.returncode}: {error}"
    return out.getvalue(), err.getvalue(), failure


@contextmanager
def behind_its_back(*tables: str) -> Iterator[None]:
    """Let a test write what the database would refuse; all of it is taken back in the end."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
                for table in tables:
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            else:
                cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
                for name, table in cursor.fetchall():
                    if table in tables:
                        cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        transaction.set_rollback(True)


def version_of(policy: Policy, number: int) -> PolicyVersion:
    return PolicyVersion.objects.get(policy=policy, number=number)


def lying(file: VersionFile) -> Path:
    return LocalFiles().root / file.sha256[:2] / file.sha256


# ------------------------------------------------------------------ all is well


def test_an_empty_site_is_in_order(settings: Any, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path / "files"
    assert found() == []


def test_what_people_published_is_in_order(policy: Policy) -> None:
    assert found(quick=False) == []
    assert found(policy) == []


def test_the_command_counts_what_it_has_seen(policy: Policy) -> None:
    lines = Event.objects.count()
    said = f"1 policies, 2 versions, 10 files and {lines} lines of logs: no problem found.\n"
    assert verified() == (said, "", "")
    address = f"{policy.practice.slug}/{policy.slug}"
    assert verified(policy=address, quick=True) == (said, "", "")
    assert verified(policy="elm/none")[2].startswith("1: There is no policy “elm/none”.")


def test_the_command_says_where_what_differs_and_exits_with_status_1(policy: Policy) -> None:
    version = version_of(policy, 2)
    with behind_its_back(*TABLES):
        changed = version.document.replace("Elm Dental Care", "Elm Dental Cure", 1)
        PolicyVersion.objects.filter(pk=version.pk).update(document=changed)
        out, err, failure = verified(policy=f"{policy.practice.slug}/{policy.slug}", quick=True)
    assert (out, failure[:13]) == ("", "1: 6 problems")
    where = "elm-dental/privacy-policy, version 2"
    digest, document, html, *_ = err.splitlines()
    assert digest.startswith(f"{where}: It does not have its digest")
    again = "Made again from answers and release, it differs first at sections.1.clauses."
    assert document.startswith(f"{where}, document: {again}")
    assert document.endswith('Elm Dental Cure"” is stored, “"Elm Dental Care"” is made again.')
    again = "Made again from the stored document, it differs first at line "
    assert html.startswith(f"{where}, html: {again}")


def test_files_of_another_program_are_named_and_compared_with_their_digests(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "weasyprint-99.9-0123456789abcdef"
    monkeypatch.setattr("policygen.policies.proof.verify.renderer", lambda name: other)
    out, err, failure = verified()
    assert (err, failure) == ("", "")
    assert "2 files were made by weasyprint-" in out
    assert "2 files were made by html-" in out
    assert "which is not what makes them here" in out
    path = lying(VersionFile.objects.filter(format="pdf")[0])
    path.write_bytes(path.read_bytes() + b" ")
    assert "is damaged. Restore it from a backup." in verified()[1]


# ------------------------------------------------------------------ one byte


def columns() -> list[tuple[type[models.Model], str]]:
    every = [(model, field.attname) for model in ROWS for field in model._meta.concrete_fields]
    return [column for column in every if column not in UNSAID]


def other_than(value: Any, place: float) -> Any:
    """Return almost the same value: one character, one day, one unit away."""
    match value:
        case None | "":
            return "x"
        case str():
            at = min(len(value) - 1, int(len(value) * place))
            return f"{value[:at]}{chr(ord(value[at]) ^ 1)}{value[at + 1 :]}"
        case int():
            return value + 1000
        case _ if hasattr(value, "hex") and not hasattr(value, "year"):
            return uuid4()
        case _ if hasattr(value, "hour"):
            return value + timedelta(microseconds=1)
    return value + timedelta(days=1)


def row_of(model: type[models.Model], number: int) -> Any:
    """Return a row of version 1 or 2; of the log, its first or last line."""
    if model is Event:
        return Event.objects.order_by("number" if number == 1 else "-number")[0]
    version = PolicyVersion.objects.get(number=number)
    return version if model is PolicyVersion else version.files.order_by("pk")[number]


@pytest.mark.every_case
@pytest.mark.parametrize(
    ("model", "column"), columns(), ids=lambda one: getattr(one, "__name__", one)
)
def test_one_byte_in_any_column_is_found(
    policy: Policy, model: type[models.Model], column: str
) -> None:
    for number in (1, 2):
        row = row_of(model, number)
        for place in (0, 0.5, 1):
            value = other_than(getattr(row, column), place)
            if getattr(row, column) is None:
                value = uuid4() if column == "draft" else 1
            with behind_its_back(*TABLES):
                model._default_manager.filter(pk=row.pk).update(**{column: value})
                assert [line for line in found() if "triggers" not in line], (column, value)


@pytest.mark.parametrize("name", ["pdf", "html", "txt", "md", "json"])
def test_one_byte_in_any_file_is_found_and_shown(policy: Policy, name: str) -> None:
    file = VersionFile.objects.get(format=name, version__number=1)
    whole = lying(file).read_bytes()
    for at in (0, len(whole) // 2, len(whole) - 1):
        content = bytearray(whole)
        content[at] ^= 1
        lying(file).write_bytes(content)
        (said,) = found(quick=False)
        where = f"elm-dental/privacy-policy, version 1, {name}: Its file {file.sha256} is damaged."
        assert said.startswith(f"{where} The first difference is at ")
        assert said.endswith("The same bytes can be made again: run verify --repair.")
        if name == "pdf":
            assert f"byte {at + 1:,} (of {len(content):,} stored" in said
    assert len(found()) == 1, "found without making PDFs again, too"


def test_a_file_that_is_longer_or_shorter_is_found(policy: Policy) -> None:
    path = lying(VersionFile.objects.filter(format="txt")[0])
    whole = path.read_bytes()
    for content in (b"", whole[:-1], whole + b"x"):
        path.write_bytes(content)
        assert "nothing more" in found()[0]


# ------------------------------------------------------------------ missing and extra


def test_a_missing_file_is_found_and_put_back_if_that_is_asked_for(policy: Policy) -> None:
    missing = VersionFile.objects.get(format="html", version__number=2)
    damaged = VersionFile.objects.get(format="pdf", version__number=1)
    lying(missing).unlink()
    lying(damaged).write_bytes(b"")
    assert [line.partition(": ")[0].rpartition(", ")[2] for line in found()] == ["pdf", "html"]
    out, err, failure = verified(repair=True, quick=True)
    assert (err, failure) == ("", "")
    assert f"{missing.sha256} was made again (html, version 2)." in out
    assert f"{damaged.sha256} was made again (pdf, version 1)." in out
    assert found(quick=False) == []


def test_what_cannot_be_made_again_is_not_put_back(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    lying(VersionFile.objects.get(format="pdf", version__number=2)).unlink()
    monkeypatch.setattr("policygen.policies.proof.verify.renderer", lambda name: "another")
    _, err, failure = verified(repair=True)
    assert "version 2, pdf: Its file" in err
    assert "is missing. Restore it from a backup." in err
    assert failure.startswith("1: 1 problem.")


def test_a_staged_file_of_a_version_is_whole(policy: Policy) -> None:
    path = lying(VersionFile.objects.get(format="html", version__number=2))
    staged = path.parent.parent / files.STAGED / path.name
    path.rename(staged)
    assert found() == []
    assert staged.exists(), "verify changes nothing"
    (staged.parent / "part-left").write_bytes(b"cut off")
    assert found() == []


def test_files_that_no_version_names_are_found(policy: Policy) -> None:
    root = LocalFiles().root
    files.restore(b"nobody")
    name = files.sha256(b"nobody")
    (root / "ab").mkdir(exist_ok=True)
    (root / "ab" / "note.txt").write_text("x")
    (root / "copy.pdf").write_text("x")
    assert sorted(found()) == sorted(
        [
            "files/copy.pdf: This belongs nowhere. Move it away.",
            "files/ab/note.txt: This belongs nowhere. Move it away.",
            f"files/{name[:2]}/{name}: No version names this file. If that is meant, "
            "run sweep_files --unnamed.",
        ]
    )


def test_an_unreadable_file_is_named(policy: Policy) -> None:
    path = lying(VersionFile.objects.get(format="html", version__number=2))
    path.unlink()
    path.mkdir()
    assert "cannot be read: Is a directory" in found()[0]


def delete_version(number: int) -> None:
    VersionFile.objects.filter(version__number=number)._raw_delete("default")
    PolicyVersion.objects.filter(number=number)._raw_delete("default")


def cut_off(after: int) -> None:
    """Take the last lines of the log away with what belongs to them, files and all."""
    for path in LocalFiles().root.glob("*/*"):
        if VersionFile.objects.filter(sha256=path.name, version__number=2).exists():
            path.unlink()
    delete_version(2)
    Event.objects.filter(number__gt=after)._raw_delete("default")


GONE: dict[str, tuple[Callable[[], Any], str]] = {
    "the first version": (
        lambda: delete_version(1),
        "version 2: Version 1 should be before it, and is gone.",
    ),
    "the last version": (
        lambda: delete_version(2),
        "version 2: The log says that it was published, but it is gone.",
    ),
    "a version, its files left": (
        lambda: PolicyVersion.objects.filter(number=2)._raw_delete("default"),
        "policies_versionfile",
    ),
    "a format": (
        lambda: VersionFile.objects.filter(version__number=2, format="md")._raw_delete("default"),
        "version 2: It does not have its digest",
    ),
    "all formats": (
        lambda: VersionFile.objects.filter(version__number=2)._raw_delete("default"),
        "version 2, files: It has none.",
    ),
    "the first line": (
        lambda: Event.objects.filter(number=1)._raw_delete("default"),
        "event 2: The line before this one was changed or taken out.",
    ),
    "a line in the middle": (
        lambda: Event.objects.filter(number=4)._raw_delete("default"),
        "event 5: The line before this one was changed or taken out.",
    ),
    "the lines from a publication on": (
        lambda: Event.objects.filter(number__gte=publication(2))._raw_delete("default"),
        "version 2, log: The log does not say that it was published.",
    ),
    "a policy": (
        lambda: Policy.objects.all()._raw_delete("default"),
        "Its policy is gone.",
    ),
    "an owner": (
        lambda: Membership.objects.filter(role="owner").delete(),
        "practice elm-dental: It has no owner.",
    ),
    "a release": (
        lambda: Draft.objects.update(release="f" * 64),
        "There is no release with the digest that it names.",
    ),
}


def publication(number: int) -> int:
    return Event.objects.get(action="published", version=number).number


@pytest.mark.parametrize("what", GONE)
def test_what_is_gone_is_missed(policy: Policy, what: str) -> None:
    do, sentence = GONE[what]
    with behind_its_back(*TABLES, "policies_policy"):
        do()
        said = found()
    assert any(sentence in line for line in said), said


def test_logs_cut_off_at_their_end_break_a_seal(policy: Policy, tmp_path: Path) -> None:
    seal = tmp_path / "seals"
    assert verified(quick=True, seals=seal)[2] == ""
    kept = seal.read_text()
    assert kept.splitlines() == list(seals())
    with behind_its_back(*TABLES):
        cut_off(after=publication(1))
        assert [line for line in found() if "triggers" not in line] == [], "no trace inside"
        _, err, failure = verified(quick=True, seals=seal)
        line = f"seal of policy-{policy.pk}: Its log has no line of this digest: lines were cut off"
        assert line in err
        assert failure.startswith("1: ")
    assert seal.read_text() == kept, "it is only written where all is well"
    assert verified(repair=True)[2] == "", "the files of the test were not taken back"
    draft = Draft.objects.get(policy=policy)
    review.submit(Holder(user=draft.user), draft.pk, revision=draft.revision)
    assert verified(quick=True, seals=seal)[2] == ""
    assert seal.read_text() != kept
    (problem,) = broken_seals(["nonsense"])
    assert problem.where == "seal of nonsense"
    assert verified(seals=tmp_path)[2].startswith(f"1: {tmp_path} cannot be read")
    assert "Leave --policy out" in verified(seals=seal, policy="elm-dental/privacy-policy")[2]


def test_triggers_that_are_away_are_found_and_named(policy: Policy) -> None:
    with triggers_off("policies_event", "policies_draft"):
        said = found()
    assert [line.partition(": ")[0] for line in said] == ["policies_draft", "policies_event"]
    assert "These triggers are missing or switched off: keep_" in said[0]
    assert "keep_event_chain, keep_event_fixed, keep_event_number, keep_event_stays" in said[1]


def test_problems_of_the_library_are_told_too(policy: Policy) -> None:
    with behind_its_back("library_release"):
        Release.objects.update(digest="f" * 64)
        assert any(
            line.startswith("release 1: Its text does not have its digest") for line in found()
        )


# ------------------------------------------------------------------ forged with care


def forge(policy: Policy, number: int, **changed: Any) -> None:
    """Change a version, and all digests after it as if nothing had happened."""
    PolicyVersion.objects.filter(policy=policy, number=number).update(**changed)
    digests, previous = {}, FIRST
    for version in PolicyVersion.objects.filter(policy=policy).order_by("number"):
        version.previous = previous
        previous = digests[version.number] = digest_of(version, version.files.all())
        values = {"previous": version.previous, "digest": previous}
        PolicyVersion.objects.filter(pk=version.pk).update(**values)
    previous = FIRST
    for event in Event.objects.filter(policy=policy).order_by("number"):
        event.previous = previous
        if event.action == "published":
            event.details = digests[event.version or 0]
        previous = digest_of_event(event)
        values = {"previous": event.previous, "details": event.details, "digest": previous}
        Event.objects.filter(pk=event.pk).update(**values)


FORGED: dict[str, tuple[Callable[[PolicyVersion], dict[str, Any]], str]] = {
    "a document": (
        lambda version: {"document": version.document.replace("Elm", "Oak")},
        "document: Made again from answers and release, it differs first at",
    ),
    "answers": (
        lambda version: {"answers": version.answers.replace("Elm Dental Care", "Oak Dental Care")},
        "document: Made again from answers and release, it differs first at",
    ),
    "nonsense for answers": (
        lambda version: {"answers": "[{}]"},
        "document: It cannot be made again: ",
    ),
    "an approval of one's own": (
        lambda version: {"review": reviewed(version, approver_id=said(version)["editor_ids"][0])},
        "review: It was approved by somebody who wrote part of it.",
    ),
    "an approval by somebody else": (
        lambda version: {"review": reviewed(version, approver_id=0)},
        "review: The log does not say that its approver approved it as it was published.",
    ),
    "a review that was demanded and did not take place": (
        lambda version: {"review": reviewed(version, approver_id=None)},
        "review: A review was demanded, and nobody approved it.",
    ),
    "a release": (
        lambda version: {"release_number": 7},
        "release: There is no release 7 with its digest.",
    ),
    "a day": (
        lambda version: {"effective_on": date(2020, 1, 1)},
        "document: Made again from answers and release, it differs first at",
    ),
}


def reviewed(version: PolicyVersion, **changed: Any) -> str:
    return json.dumps({**said(version), **changed})


def said(version: PolicyVersion) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(version.review)
    return found


@pytest.mark.parametrize("what", FORGED)
def test_what_was_forged_with_all_its_digests_contradicts_itself(policy: Policy, what: str) -> None:
    change, sentence = FORGED[what]
    with behind_its_back(*TABLES):
        forge(policy, 2, **change(version_of(policy, 2)))
        said = found()
    assert any(sentence in line for line in said), said


def test_an_approval_in_the_log_by_somebody_who_wrote_is_found(policy: Policy) -> None:
    line = Event.objects.get(action="approved")
    with behind_its_back(*TABLES):
        wrote = Event.objects.filter(draft=line.draft, action="edited")[0]
        Event.objects.filter(pk=line.pk).update(by=wrote.by_id)
        forge(policy, 2)
        assert f"Line {line.number}: somebody approved what they wrote." in " ".join(found())


@pytest.mark.parametrize("action", ["began", "replaces"])
def test_whoever_began_a_draft_or_replaced_a_version_wrote_it(policy: Policy, action: str) -> None:
    line = Event.objects.get(action="approved")
    with behind_its_back(*TABLES):
        begun = Event.objects.get(draft=line.draft, action="began")
        Event.objects.filter(pk=begun.pk).update(action=action, by=line.by_id)
        forge(policy, 2)
        assert f"Line {line.number}: somebody approved what they wrote." in " ".join(found())


def test_a_draft_approved_by_somebody_who_wrote_is_found(policy: Policy, people: Cast) -> None:
    draft = Draft.objects.get(policy=policy)
    with behind_its_back("policies_draft"):
        Editor.objects.get_or_create(draft=draft, user=people.owner)
        approved = {"state": DraftState.APPROVED, "approved_by": people.owner}
        Draft.objects.filter(pk=draft.pk).update(**approved)
        said = f"draft {draft.pk}: It was approved by somebody who wrote part of it."
        assert said in found()


def test_a_location_of_another_practice_is_found(policy: Policy, people: Cast) -> None:
    policy.location = Location.objects.create(practice=people.other, name="Elsewhere")
    policy.save()
    assert found() == ["elm-dental/privacy-policy: Its location belongs to another practice."]


@pytest.mark.sqlite
@pytest.mark.parametrize("column", ["effective_on", "published_at", "draft", "number"])
def test_nonsense_that_only_sqlite_keeps_is_reported(policy: Policy, column: str) -> None:
    with behind_its_back(*TABLES), connection.cursor() as cursor:
        cursor.execute(f"UPDATE policies_policyversion SET {column} = 'x' WHERE number = 2")
        assert any("version" in line for line in found())
    with behind_its_back(*TABLES), connection.cursor() as cursor:
        cursor.execute("UPDATE policies_event SET at = 'x' WHERE number = 2")
        assert any("log: It cannot be read" in line for line in found())


def test_memory_does_not_grow_with_the_number_of_versions(policy: Policy, people: Cast) -> None:
    """One version is asked for at a time, however many there are."""
    asked: list[int] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if '"document"' in sql and "policies_policyversion" in sql:
            asked.append(1)
            assert " = " in sql.rpartition("WHERE")[2]
        return result

    with connection.execute_wrapper(watch):
        found(policy)
    assert len(asked) == 2
