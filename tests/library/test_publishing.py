"""The life of a piece and of a release: which step leads where, who may take it, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone

from policygen.core.problems import Refused
from policygen.library import log, pieces, publishing
from policygen.library.guards import editors
from policygen.library.loading import load_library
from policygen.library.models import (
    KINDS,
    Clause,
    ClauseVersion,
    Option,
    Release,
    ReleaseClause,
    ReleaseState,
    Section,
    State,
    Transition,
)
from policygen.library.publishing import (
    DatabaseGone,
    DeskBusy,
    NotAllowed,
    Overtaken,
    WrongState,
    approve,
    at_the_desk,
    begin_draft,
    cancel_release,
    comment,
    discard,
    discard_release,
    new_clause,
    new_frame_piece,
    prepare_release,
    publish_release,
    save_draft,
    send_back,
    submit,
)
from policygen.library.store import in_force, library_in_force, library_of
from tests.library.folders import change
from tests.library.steps import (
    CHANGES,
    CLAUSE,
    FRAME,
    OPTION,
    SECTION,
    approved,
    drafted,
    loaded,
    reach,
    row_of,
    sent_back,
    submitted,
    triggers_off,
    written,
)
from tests.releases import person, publish, put_in_force, tried_out

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
PIECES = (CLAUSE, *FRAME)
REFUSALS = (NotAllowed, WrongState, Overtaken, DeskBusy, Refused)


@pytest.fixture
def first(tmp_path: Path) -> Release:
    """Release 1: what is in force when a test begins."""
    return loaded(tmp_path / "clauses")


def today() -> date:
    return timezone.localdate()


def prepared(
    effective_from: date | None = None, title: str = "Changes", notes: str = ""
) -> Release:
    return prepare_release(
        title=title,
        notes=notes,
        effective_from=effective_from or today(),
        by=person("release_manager"),
        today=today(),
    )


def published(release: Release) -> Release:
    return publish(release, by=person("release_manager"))


def on_day(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: day)


def text_of(library: Any, slug: str) -> str | None:
    return next((clause.source for clause in library.clauses if clause.slug == slug), None)


def everything() -> dict[str, Any]:
    """Return all that is stored, so that a test can say that nothing changed."""
    models = (*KINDS.values(), Clause, Release, ReleaseClause, Transition)
    return {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in models
    }


# ------------------------------------------------------------------ the whole way


def test_a_change_goes_from_draft_through_review_into_force(first: Release) -> None:
    draft = drafted(*CLAUSE)
    assert (draft.number, draft.state) == (2, State.DRAFT)
    assert draft.edited_by == person("drafter")
    waiting = submitted(draft)
    assert waiting.state == State.REVIEW
    done = approve(waiting, by=person("approver"), seen=waiting.revision)
    assert (done.state, done.approved_by) == (State.APPROVED, person("approver"))
    candidate = prepared(title="Warmer", notes="We say more.")
    assert (candidate.number, candidate.state) == (2, ReleaseState.CANDIDATE)
    assert library_in_force().digest == first.digest
    release = published(candidate)
    assert (release.state, release.published_by) == ("published", person("release_manager"))
    assert text_of(library_in_force(), "more") == CHANGES["clause"]["body"]
    row = row_of(*CLAUSE)
    assert (row.number, row.state) == (2, State.RELEASED)
    assert ClauseVersion.objects.get(clause="more", number=1).state == State.RELEASED
    entries = release.entries.values_list("version__clause", "version__number")
    assert sorted(entries) == [("data", 1), ("more", 2), ("speaker", 1)]


@pytest.mark.parametrize(("kind", "name"), FRAME)
def test_every_kind_of_piece_goes_the_same_way(first: Release, kind: str, name: str) -> None:
    row = approved(drafted(kind, name))
    assert (row.number, row.state) == (2, State.APPROVED)
    assert library_in_force().digest == first.digest
    release = put_in_force()
    row = row_of(kind, name)
    assert (row.number, row.state) == (2, State.RELEASED)
    assert pieces.released()[kind, name] == pieces.said(row)
    (changed,) = CHANGES[kind].values()
    assert changed in release.snapshot
    assert changed not in first.snapshot


def test_all_that_people_did_is_in_the_log_in_order(first: Release) -> None:
    draft = drafted(*CLAUSE, why="Warmer.")
    draft = sent_back(submitted(draft), why="Say it shorter.")
    draft = drafted(*CLAUSE, body="We care.", why="Shorter.")
    row = submitted(draft)
    comment(row, by=person("approver"), why="Good.")
    approve(row, by=person("approver"), seen=row.revision, why="Fine.")
    put_in_force(title="Warmer")
    lines = [
        (line.who, line.action, line.why)
        for line in reversed(log.lines_about("clause", "more"))
        if line.number == 2
    ]
    assert lines == [
        ("drafter", "began", "Warmer."),
        ("drafter", "saved", "Warmer."),
        ("drafter", "submitted", ""),
        ("approver", "sent back", "Say it shorter."),
        ("drafter", "saved", "Shorter."),
        ("drafter", "submitted", ""),
        ("approver", "commented", "Good."),
        ("approver", "approved", "Fine."),
        ("release_manager", "released", "In release 2"),
    ]
    about = [
        (line.who, line.action, line.why) for line in reversed(log.lines_about("release", "2"))
    ]
    assert about == [
        ("release_manager", "prepared", "Warmer"),
        ("release_manager", "published", "Warmer"),
    ]
    texts = Transition.objects.filter(kind="clause", name="more", action="saved").order_by("id")
    assert ["very much" in line.content for line in texts] == [True, False]
    assert list(log.problems()) == []


# ------------------------------------------------------------------ the drawing

STEPS: dict[str, Callable[[Any], object]] = {
    "save": lambda row: save_draft(
        row, {**CHANGES[row.kind], **AGAIN[row.kind]}, by=person("drafter"), seen=row.revision
    ),
    "submit": lambda row: submit(row, by=person("drafter"), seen=row.revision),
    "approve": lambda row: approve(row, by=person("approver"), seen=row.revision),
    "send back": lambda row: send_back(
        row, by=person("approver"), seen=row.revision, why="Shorter, please."
    ),
    "discard": lambda row: discard(row, by=person("drafter"), seen=row.revision),
    "begin": lambda row: begin_draft(row.clause, by=person("drafter")),
}
AGAIN: dict[str, dict[str, Any]] = {
    "clause": {"body": "{{ practice }} really cares."},
    "option": {"label": "A full name"},
}
"""What a second change says."""
AFTER: dict[str, dict[State, dict[str, State | None]]] = {
    "clause": {
        State.DRAFT: {"save": State.DRAFT, "submit": State.REVIEW, "discard": State.RELEASED},
        State.REVIEW: {"approve": State.APPROVED, "send back": State.DRAFT},
        State.APPROVED: {"send back": State.DRAFT},
        State.RELEASED: {"begin": State.DRAFT},
        State.RETIRED: {"begin": State.DRAFT},
    },
    "option": {
        State.DRAFT: {"save": State.DRAFT, "submit": State.REVIEW, "discard": State.RELEASED},
        State.REVIEW: {"approve": State.APPROVED, "send back": State.DRAFT},
        State.APPROVED: {"send back": State.DRAFT},
        State.RELEASED: {"save": State.DRAFT},
        State.RETIRED: {"save": State.DRAFT},
    },
}
"""The drawing of ``publishing``, as a table: what each step makes of each state; else refused."""


@pytest.mark.every_case
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize(("kind", "name"), [CLAUSE, OPTION])
def test_a_step_leads_where_the_drawing_says_or_is_refused(
    first: Release, kind: str, name: str, state: State, step: str
) -> None:
    if kind != "clause" and step == "begin":
        return  # saving begins
    row = reach(kind, name, state)
    assert row.state == state
    after = AFTER[kind][state].get(step)
    if after is not None:
        STEPS[step](row)
        assert row_of(kind, name).state == after
        return
    before = everything()
    with pytest.raises(WrongState, match=r"^\S.+\.$"):
        STEPS[step](row)
    assert everything() == before


RELEASE_STEPS: dict[str, Callable[[Release], object]] = {
    "publish": published,
    "discard": lambda release: discard_release(release, by=person("release_manager")),
    "cancel": lambda release: cancel_release(
        release, by=person("release_manager"), why="Too early.", today=today()
    ),
}
RELEASES: dict[str, dict[str, str | None]] = {
    "candidate": {"publish": "published", "discard": None},
    "scheduled": {"publish": "published", "cancel": "cancelled"},
    "in force": {"publish": "published"},
    "cancelled": {},
}


@pytest.mark.every_case
@pytest.mark.parametrize("step", RELEASE_STEPS)
@pytest.mark.parametrize("state", RELEASES)
def test_a_step_of_a_release_leads_where_it_may_or_is_refused(
    first: Release, state: str, step: str
) -> None:
    reach(*CLAUSE, State.APPROVED)
    release = prepared(today() if state == "in force" else today() + DAY)
    if state != "candidate":
        published(release)
    if state == "cancelled":
        RELEASE_STEPS["cancel"](release)
    before = everything()
    if step not in RELEASES[state]:
        with pytest.raises(WrongState, match=r"^\S.+\.$"):
            RELEASE_STEPS[step](release)
        assert everything() == before
        return
    RELEASE_STEPS[step](release)
    left = Release.objects.filter(number=2).first()
    assert (left.state if left else None) == RELEASES[state][step]
    if state != "candidate" and step == "publish":
        assert everything() == before


# ------------------------------------------------------------------ who may do it


@pytest.mark.parametrize(
    ("may", "step"),
    [
        ("drafter", "begin"),
        ("drafter", "save"),
        ("drafter", "submit"),
        ("approver", "approve"),
        ("approver", "send back"),
        ("drafter", "discard"),
        ("drafter", "new clause"),
        ("drafter", "new section"),
        ("release_manager", "prepare"),
        ("release_manager", "publish"),
        ("release_manager", "discard release"),
        ("release_manager", "cancel"),
    ],
)
@pytest.mark.parametrize("role", ["drafter", "approver", "release_manager", "outsider"])
def test_each_step_is_for_those_of_its_role(first: Release, may: str, step: str, role: str) -> None:
    do = WITH_ROLE[step](person(*([] if role == "outsider" else [role])))
    if role == may:
        do()
        return
    before = everything()
    with pytest.raises(NotAllowed, match=r"^You may not .+\.$"):
        do()
    assert everything() == before


def _doing(reached: Callable[[], Any], do: Callable[[Any, User], object]) -> Any:
    """Return what prepares a step, and then gives the step as a person takes it."""

    def ready(by: User) -> Callable[[], object]:
        subject = reached()
        return lambda: do(subject, by)

    return ready


def _candidate() -> Release:
    reach(*CLAUSE, State.APPROVED)
    candidate = prepared(today() + DAY)
    tried_out(candidate)
    return candidate


SECTION_SAYS = {"title": "More", "order": 90, "withdrawn": False}
WITH_ROLE: dict[str, Any] = {
    "begin": _doing(lambda: row_of(*CLAUSE), lambda row, by: begin_draft(row.clause, by=by)),
    "save": _doing(
        lambda: drafted(*CLAUSE),
        lambda row, by: save_draft(row, {"body": "We care."}, by=by, seen=row.revision),
    ),
    "submit": _doing(
        lambda: drafted(*CLAUSE), lambda row, by: submit(row, by=by, seen=row.revision)
    ),
    "approve": _doing(
        lambda: reach(*CLAUSE, State.REVIEW),
        lambda row, by: approve(row, by=by, seen=row.revision),
    ),
    "send back": _doing(
        lambda: submitted(drafted(*CLAUSE, by=person("drafter", "approver"))),
        lambda row, by: send_back(row, by=by, seen=row.revision, why="No."),
    ),
    "discard": _doing(
        lambda: drafted(*CLAUSE), lambda row, by: discard(row, by=by, seen=row.revision)
    ),
    "new clause": _doing(
        lambda: {**row_of(*CLAUSE).content(), "body": "We say."},
        lambda content, by: new_clause("fresh", content, by=by),
    ),
    "new section": _doing(
        lambda: SECTION_SAYS,
        lambda content, by: new_frame_piece("section", "fresh", content, by=by),
    ),
    "prepare": _doing(
        lambda: reach(*CLAUSE, State.APPROVED),
        lambda _, by: prepare_release(
            title="", notes="", effective_from=today(), by=by, today=today()
        ),
    ),
    "publish": _doing(
        _candidate,
        lambda release, by: publish_release(release, by=by, seen=release.mark, today=today()),
    ),
    "discard release": _doing(_candidate, lambda release, by: discard_release(release, by=by)),
    "cancel": _doing(
        lambda: published(_candidate()),
        lambda release, by: cancel_release(release, by=by, why="No.", today=today()),
    ),
}


def test_a_drafter_takes_their_own_back_but_no_one_else_s(first: Release) -> None:
    row = submitted(drafted(*CLAUSE))
    row = send_back(row, by=person("drafter"), seen=row.revision, why="A mistake.")
    assert row.state == State.DRAFT
    other = person("drafter", "release_manager")
    row = submitted(drafted(*CLAUSE, body="We care.", by=other))
    with pytest.raises(NotAllowed):
        send_back(row, by=person("drafter"), seen=row.revision, why="A mistake.")


def test_reading_is_not_enough_to_comment(first: Release) -> None:
    with pytest.raises(NotAllowed, match="ask for a role"):
        comment(row_of(*CLAUSE), by=person(), why="Hello.")


# ------------------------------------------------------------------ four eyes


def superuser() -> User:
    user, _ = User.objects.get_or_create(username="root", is_superuser=True, is_staff=True)
    return user


BOTH = ("drafter", "approver")


def _by_the_author() -> tuple[Any, User]:
    return submitted(drafted(*CLAUSE, by=person(*BOTH))), person(*BOTH)


def _by_the_first_of_two_editors() -> tuple[Any, User]:
    drafted(*CLAUSE, by=person(*BOTH))
    return submitted(drafted(*CLAUSE, by=person("drafter"), body="We care.")), person(*BOTH)


def _by_the_last_of_two_editors() -> tuple[Any, User]:
    drafted(*CLAUSE, by=person("drafter"))
    return submitted(drafted(*CLAUSE, by=person(*BOTH), body="We care.")), person(*BOTH)


def _by_a_superuser_who_wrote_it() -> tuple[Any, User]:
    return submitted(drafted(*CLAUSE, by=superuser())), superuser()


def _by_an_editor_from_before_it_was_sent_back() -> tuple[Any, User]:
    row = sent_back(submitted(drafted(*CLAUSE, by=person(*BOTH))))
    row = save_draft(row, {"body": "We care."}, by=person("drafter"), seen=row.revision)
    return submitted(row), person(*BOTH)


def _by_an_editor_from_before_it_was_approved_and_sent_back() -> tuple[Any, User]:
    row = sent_back(approved(drafted(*CLAUSE, by=person(*BOTH), body="We care.")))
    row = save_draft(row, {"title": "Care"}, by=person("drafter"), seen=row.revision)
    return submitted(row), person(*BOTH)


def _of_an_option_by_its_author() -> tuple[Any, User]:
    drafted(*OPTION, by=person(*BOTH))
    return submitted(drafted(*OPTION, by=person("drafter"), help="Any name.")), person(*BOTH)


@pytest.mark.parametrize(
    "reached",
    [
        _by_the_author,
        _by_the_first_of_two_editors,
        _by_the_last_of_two_editors,
        _by_a_superuser_who_wrote_it,
        _by_an_editor_from_before_it_was_sent_back,
        _by_an_editor_from_before_it_was_approved_and_sent_back,
        _of_an_option_by_its_author,
    ],
)
def test_nobody_approves_what_they_wrote_not_even_past_the_function(
    first: Release, reached: Callable[[], tuple[Any, User]]
) -> None:
    row, by = reached()
    before = everything()
    with pytest.raises(NotAllowed, match="Somebody else must approve it"):
        approve(row, by=by, seen=row.revision)
    rows = type(row)._default_manager.filter(pk=row.pk)
    for approver in (by.pk, None):
        with pytest.raises(IntegrityError, match="Nobody approves"), transaction.atomic():
            rows.update(state=State.APPROVED, approved_by=approver)
    with pytest.raises(IntegrityError, match=r"who approved stays|fixed"), transaction.atomic():
        rows.update(edited_by=person("approver"))
    assert everything() == before


def test_a_superuser_approves_what_others_wrote(first: Release) -> None:
    row = submitted(drafted(*CLAUSE))
    assert approve(row, by=superuser(), seen=row.revision).state == State.APPROVED


def test_who_wrote_a_draft_that_was_thrown_away_may_approve_the_next_one(first: Release) -> None:
    row = drafted(*CLAUSE, by=person(*BOTH))
    discard(row, by=person(*BOTH), seen=row.revision)
    row = submitted(drafted(*CLAUSE, body="We care."))
    assert editors(row) == {person("drafter").pk}
    assert approve(row, by=person(*BOTH), seen=row.revision).state == State.APPROVED


def test_the_next_edition_has_editors_of_its_own(first: Release) -> None:
    reach(*CLAUSE, State.APPROVED)
    put_in_force()
    row = submitted(drafted(*CLAUSE, by=person(*BOTH), body="We care."))
    assert editors(row) == {person(*BOTH).pk}
    assert approve(row, by=person("approver"), seen=row.revision).number == 3


@pytest.mark.every_case
@pytest.mark.parametrize("state", ["review", "approved", "released", "retired"])
def test_nothing_that_a_person_wrote_begins_further_on(first: Release, state: str) -> None:
    content = row_of(*CLAUSE).content()
    rows = [
        Section(name="fresh", title="Fresh", order=90),
        ClauseVersion(clause=Clause.objects.create(slug="fresh"), **content),
    ]
    for row in rows:
        row.state, row.edited_by, row.edited_at = state, person("drafter"), timezone.now()
        with pytest.raises(IntegrityError, match="begins as a draft"), transaction.atomic():
            row.save(force_insert=True)


# ------------------------------------------------------------------ what was not seen


@pytest.mark.parametrize("step", ["save", "submit", "approve", "send back", "discard"])
def test_what_was_changed_meanwhile_is_not_decided_upon(first: Release, step: str) -> None:
    seen = drafted(*CLAUSE)
    if step in {"approve", "send back"}:
        seen = submitted(seen)
        sent_back(seen)
        submitted(drafted(*CLAUSE, body="We care, unseen."))
    else:
        drafted(*CLAUSE, body="We care, unseen.")
    before = everything()
    with pytest.raises(Overtaken, match="drafter changed this after you opened it") as caught:
        STEPS[step](seen)
    assert caught.value.piece.body == "We care, unseen."
    assert everything() == before


def test_what_was_thrown_away_meanwhile_is_said_to_be_so(first: Release) -> None:
    seen = drafted(*CLAUSE)
    discard(seen, by=person("drafter"), seen=seen.revision)
    for step in ("save", "submit", "approve", "discard"):
        with pytest.raises(WrongState, match="thrown away meanwhile"):
            STEPS[step](seen)


def test_saving_without_a_change_does_nothing(first: Release) -> None:
    draft = drafted(*CLAUSE)
    before = everything()
    save_draft(draft, draft.content(), by=person("drafter"), seen=draft.revision)
    released = row_of(*SECTION)
    save_draft(released, released.content(), by=person("drafter"), seen=released.revision)
    assert everything() == before


def test_saving_a_released_section_unchanged_does_nothing_even_after_an_earlier_change(
    first: Release,
) -> None:
    approved(drafted(*SECTION, why="An earlier reason."))
    put_in_force()
    released = row_of(*SECTION)
    before = everything()
    save_draft(released, released.content(), by=person("drafter"), seen=released.revision)
    assert everything() == before


# ------------------------------------------------------------------ reasons


@pytest.mark.parametrize("why", ["", "  ", "\n"])
def test_what_has_no_reason_is_not_submitted(first: Release, why: str) -> None:
    row = drafted(*CLAUSE, why=why)
    with pytest.raises(Refused) as caught:
        submit(row, by=person("drafter"), seen=row.revision)
    (problem,) = caught.value.problems
    assert (problem.where, problem.message[:22]) == ("reason", "Say why this changes. ")


@pytest.mark.parametrize("why", ["", " "])
def test_sending_back_cancelling_and_commenting_say_why(first: Release, why: str) -> None:
    row = reach(*CLAUSE, State.REVIEW)
    with pytest.raises(Refused, match="Say what is to be changed"):
        send_back(row, by=person("approver"), seen=row.revision, why=why)
    with pytest.raises(Refused, match="Write the comment first"):
        comment(row, by=person("approver"), why=why)
    approve(row, by=person("approver"), seen=row.revision)
    release = published(prepared(today() + DAY))
    with pytest.raises(Refused, match="Say why the release is cancelled"):
        cancel_release(release, by=person("release_manager"), why=why, today=today())


@pytest.mark.parametrize(
    ("why", "message"),
    [
        ("a" * 5_001, "5,?000"),
        ("a\x00b", "control|character"),
        ("a\ud800b", "character"),
        ("a\u202eb", "direction|character"),
    ],
)
def test_a_reason_that_no_database_and_no_page_can_bear_is_refused(
    first: Release, why: str, message: str
) -> None:
    row = reach(*CLAUSE, State.REVIEW)
    before = everything()
    for do in (
        lambda: send_back(row, by=person("approver"), seen=row.revision, why=why),
        lambda: approve(row, by=person("approver"), seen=row.revision, why=why),
        lambda: comment(row, by=person("approver"), why=why),
        lambda: drafted(*OPTION, why=why),
        lambda: prepared(title=why),
        lambda: prepared(notes=why),
    ):
        with pytest.raises(Refused, match=message):
            do()
    assert everything() == before


# ------------------------------------------------------------------ discarding and restoring


def test_a_clause_thrown_away_stands_as_it_was_and_the_log_keeps_the_text(first: Release) -> None:
    row = drafted(*CLAUSE)
    discard(row, by=person("drafter"), seen=row.revision, why="No need.")
    assert (row_of(*CLAUSE).number, row_of(*CLAUSE).state) == (1, State.RELEASED)
    line = log.lines_about("clause", "more")[0]
    assert (line.action, line.why, line.number) == ("discarded", "No need.", 2)
    assert "cares very much" in line.content
    assert drafted(*CLAUSE).number == 2


@pytest.mark.parametrize(("kind", "name"), FRAME)
def test_a_piece_thrown_away_says_again_what_is_released(
    first: Release, kind: str, name: str
) -> None:
    before = row_of(kind, name).content()
    row = drafted(kind, name)
    discard(row, by=person("drafter"), seen=row.revision)
    row = row_of(kind, name)
    assert (row.number, row.state, row.content()) == (1, State.RELEASED, before)
    assert (row.edited_by, row.approved_by, row.reason) == (None, None, "")


def test_a_piece_thrown_away_bears_the_names_of_the_edition_that_stands(first: Release) -> None:
    approved(drafted(*SECTION, why="Shorter."))
    put_in_force()
    row = drafted(*SECTION, by=person(*BOTH), title="Less", why="Shorter still.")
    discard(row, by=person("drafter"), seen=row.revision)
    row = row_of(*SECTION)
    assert (row.edited_by, row.approved_by) == (person("drafter"), person("approver"))
    assert (row.number, row.reason) == (2, "Shorter.")


def test_what_never_was_released_is_gone_when_it_is_thrown_away(first: Release) -> None:
    row = written("fresh")
    discard(row, by=person("drafter"), seen=row.revision)
    assert not Clause.objects.filter(pk="fresh").exists()
    section = new_frame_piece("section", "fresh", SECTION_SAYS, by=person("drafter"))
    discard(section, by=person("drafter"), seen=section.revision)
    assert not Section.objects.filter(pk="fresh").exists()


def test_what_others_stand_on_is_not_thrown_away(first: Release) -> None:
    section = new_frame_piece("section", "fresh", SECTION_SAYS, by=person("drafter"))
    written("fresh", section_id="fresh")
    with pytest.raises(WrongState, match=r"still needed by: fresh, version 1\.") as caught:
        discard(section, by=person("drafter"), seen=section.revision)
    assert "Change that or throw it away first." in str(caught.value)
    assert row_of("section", "fresh").state == State.DRAFT


def test_an_earlier_version_is_restored_as_a_new_draft(first: Release) -> None:
    reach(*CLAUSE, State.APPROVED)
    put_in_force()
    like = ClauseVersion.objects.get(clause="more", number=1)
    draft = begin_draft(like.clause, by=person("drafter"), like=like, why="It was better.")
    assert (draft.number, draft.state, draft.content()) == (3, State.DRAFT, like.content())
    approved(draft)
    put_in_force()
    restored = library_in_force()
    assert text_of(restored, "more") == like.body
    assert restored.digest != first.digest


def test_a_version_of_another_clause_is_not_restored(first: Release) -> None:
    other = ClauseVersion.objects.get(clause="data")
    with pytest.raises(WrongState, match="no such version"):
        begin_draft(Clause.objects.get(pk="more"), by=person("drafter"), like=other)


def test_a_name_is_never_used_twice(first: Release) -> None:
    for kind in ("clause", "section"):
        with pytest.raises(Refused) as caught:
            if kind == "clause":
                written("more")
            else:
                new_frame_piece("section", "collect", SECTION_SAYS, by=person("drafter"))
        assert [problem.where for problem in caught.value.problems] == ["name"]


# ------------------------------------------------------------------ taking out


def test_a_withdrawn_clause_is_gone_from_the_next_release_and_can_come_back(
    first: Release,
) -> None:
    row = reach(*CLAUSE, State.RETIRED)
    assert (row.number, row.withdrawn, row.state) == (2, True, State.RETIRED)
    assert text_of(library_in_force(), "more") is None
    assert text_of(library_of(first.digest), "more") is not None
    assert list(ReleaseClause.objects.filter(version=row)) == []
    draft = begin_draft(row.clause, by=person("drafter"), why="We need it again.")
    assert (draft.number, draft.withdrawn) == (3, False)
    approved(draft)
    put_in_force()
    assert text_of(library_in_force(), "more") == draft.body
    assert ClauseVersion.objects.get(pk=row.pk).state == State.RETIRED


def test_a_withdrawn_option_stays_in_the_snapshot_as_retired_and_can_come_back(
    first: Release,
) -> None:
    row = reach(*OPTION, State.RETIRED)
    assert (row.state, row.withdrawn) == (State.RETIRED, True)
    option = library_in_force().vocabulary.option("data:name")
    assert option is not None
    assert option.retired
    draft = save_draft(row, {"withdrawn": False}, by=person("drafter"), seen=row.revision, why="No")
    approved(draft)
    release = put_in_force()
    assert release.digest == first.digest
    assert row_of(*OPTION).state == State.RELEASED


def test_the_draft_of_an_option_leaves_the_candidate_as_it_was(first: Release) -> None:
    approved(drafted(*CLAUSE))
    drafted(*OPTION, label="Everything about a person")
    release = put_in_force()
    assert "Everything about a person" not in release.snapshot
    option = library_in_force().vocabulary.option("data:name")
    assert option is not None
    assert option.label == "Name"
    assert row_of(*OPTION).state == State.DRAFT


def test_what_is_sent_back_after_its_approval_leaves_the_candidate(first: Release) -> None:
    approved(drafted(*CLAUSE))
    sent_back(approved(drafted(*SECTION)))
    release = put_in_force()
    assert CHANGES["section"]["title"] not in release.snapshot
    assert CHANGES["clause"]["body"] in release.snapshot


# ------------------------------------------------------------------ releases


def test_preparing_again_replaces_the_candidate(first: Release) -> None:
    approved(drafted(*CLAUSE))
    earlier = prepared()
    approved(drafted(*SECTION))
    later = prepared()
    assert list(Release.objects.filter(state="candidate")) == [later]
    with pytest.raises(WrongState, match="Prepare the release again"):
        published(earlier)
    assert published(later).number == 2


@pytest.mark.parametrize("meanwhile", ["approved", "sent back", "renumbered"])
def test_a_candidate_that_is_no_longer_what_is_approved_is_not_published(
    first: Release, meanwhile: str
) -> None:
    row = approved(drafted(*CLAUSE))
    if meanwhile == "sent back":
        approved(drafted(*SECTION))
    candidate = prepared()
    if meanwhile == "approved":
        approved(drafted(*SECTION))
    elif meanwhile == "sent back":
        sent_back(row)
    else:  # nothing that is printed changes, but the next release would begin from something else
        approved(drafted(*SECTION, order=21))
    before = everything()
    with pytest.raises(
        WrongState, match="Prepare it again, so that you publish what you have seen"
    ):
        published(candidate)
    assert everything() == before
    assert published(prepared()).number == 2


def test_a_candidate_whose_text_was_changed_behind_the_desk_is_not_published(
    first: Release,
) -> None:
    approved(drafted(*CLAUSE))
    candidate = prepared()
    Release.objects.filter(pk=candidate.pk).update(
        snapshot=candidate.snapshot.replace("cares very much", "sells everything")
    )
    with pytest.raises(WrongState, match="Prepare it again"):
        published(candidate)


def test_only_the_candidate_that_was_seen_is_published(first: Release) -> None:
    approved(drafted(*CLAUSE))
    candidate = prepared()
    with pytest.raises(WrongState, match="no longer there"):
        publish_release(candidate, by=person("release_manager"), seen=first.mark, today=today())


def test_a_candidate_that_took_the_number_of_the_one_seen_is_not_published(
    first: Release,
) -> None:
    approved(drafted(*CLAUSE))
    seen = prepared(today() + DAY)
    tried_out(seen)
    replacement = prepared(title="Another name")
    assert (replacement.number, replacement.digest) == (seen.number, seen.digest)
    with pytest.raises(WrongState, match="no longer there"):
        publish_release(replacement, by=person("release_manager"), seen=seen.mark, today=today())
    assert Transition.objects.filter(kind="release", action="replaced").count() == 1


def test_a_candidate_that_nobody_tried_out_is_not_published(first: Release) -> None:
    approved(drafted(*CLAUSE))
    candidate = prepared()
    with pytest.raises(WrongState, match="was not tried out"):
        publish_release(candidate, by=person("release_manager"), seen=candidate.mark, today=today())


def test_whoever_submits_what_came_from_files_does_not_approve_it(
    first: Release, tmp_path: Path
) -> None:
    change(tmp_path / "clauses", "about/more.md", "a lot", "very much")
    load_library(tmp_path / "clauses", today=today())
    both = person("drafter", "approver")
    row = submit(row_of(*CLAUSE), by=both, seen=row_of(*CLAUSE).revision)
    with pytest.raises(NotAllowed, match="You wrote part of this"):
        approve(row, by=both, seen=row.revision)
    assert approve(row, by=person("approver"), seen=row.revision).state == State.APPROVED


def test_a_draft_that_others_rest_on_is_not_thrown_away(first: Release) -> None:
    groups = [*row_of("question", "data").groups, ["fresh", "Something fresh"]]
    question = drafted("question", "data", groups=groups)
    said = {**row_of(*OPTION).content(), "group": "fresh", "label": "Fresh"}
    new_frame_piece("option", "data:fresh", said, by=person("drafter"), why="New.")
    with pytest.raises(WrongState, match="Something else rests on this draft"):
        discard(question, by=person("drafter"), seen=question.revision)


def test_a_proposal_to_take_an_option_out_stops_nobodys_clause(first: Release) -> None:
    drafted(*OPTION, withdrawn=True)
    row = written("fresh", when={"all": ["data:name"]})
    assert submitted(row).state == State.REVIEW


def test_publishing_twice_makes_one_release(first: Release) -> None:
    approved(drafted(*CLAUSE))
    candidate = prepared()
    published(candidate)
    before = everything()
    assert published(candidate).state == ReleaseState.PUBLISHED
    assert everything() == before


def test_without_anything_approved_there_is_nothing_to_release(first: Release) -> None:
    drafted(*CLAUSE)
    reach(*SECTION, State.REVIEW)
    with pytest.raises(Refused, match="Nothing new is approved, so there is nothing to release"):
        prepared()
    approved(drafted(*OPTION))
    put_in_force()
    with pytest.raises(Refused, match="Nothing new is approved"):
        prepared()
    assert Release.objects.count() == 2


def test_an_empty_desk_releases_nothing() -> None:
    with pytest.raises(Refused, match="nothing to release"):
        prepared()


def test_a_candidate_thrown_away_leaves_what_was_approved(first: Release) -> None:
    row = approved(drafted(*CLAUSE))
    candidate = prepared()
    discard_release(candidate, by=person("release_manager"), why="Not yet.")
    assert row_of(*CLAUSE).state == row.state == State.APPROVED
    assert [line.action for line in log.lines_about("release", "2")] == ["discarded", "prepared"]
    assert prepared().number == 2


def _an_option_that_nothing_uses() -> str:
    content = {**row_of(*OPTION).content(), "order": 90, "phrase": "more", "label": "More"}
    option = new_frame_piece("option", "data:extra", content, by=person("drafter"), why="New.")
    approved(option)
    approved(drafted("clause", "data", when={"any": ["data:name"]}, body="We keep names."))
    return "questions.data.options.extra"


def _a_clause_that_nothing_reaches() -> str:
    body = "See [What we collect](#collect)."  # nothing stands there without data
    approved(written("fresh", body, when={"none": ["data"]}))
    return "clauses.fresh"


def _a_condition_on_what_is_taken_out() -> str:
    approved(drafted("clause", "data", when={"any": ["data:name"]}))
    approved(drafted(*OPTION, withdrawn=True))
    return "clauses.data.when"


@pytest.mark.parametrize(
    "broken",
    [
        _an_option_that_nothing_uses,
        _a_clause_that_nothing_reaches,
        _a_condition_on_what_is_taken_out,
    ],
)
def test_a_guard_that_fails_keeps_the_release_back_and_names_the_place(
    first: Release, broken: Callable[[], str]
) -> None:
    place = broken()
    candidate = prepared()
    before = everything()
    with pytest.raises(Refused) as caught:
        published(candidate)
    found = [problem.where for problem in caught.value.problems]
    assert any(where.startswith(place) for where in found), str(caught.value)
    assert everything() == before


def test_what_depends_on_an_unapproved_piece_is_not_prepared(first: Release) -> None:
    content = {**row_of(*OPTION).content(), "order": 90, "phrase": "more", "label": "More"}
    new_frame_piece("option", "data:extra", content, by=person("drafter"), why="New.")
    approved(drafted("clause", "data", when={"any": ["data:extra", "data:name"]}))
    with pytest.raises(Refused) as caught:
        prepared()
    (problem,) = caught.value.problems
    assert problem.where == "clauses.data.when"
    assert "data:extra" in problem.message


# ------------------------------------------------------------------ days


def test_a_scheduled_release_is_in_force_from_its_day_on(
    first: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(drafted(*CLAUSE))
    release = published(prepared(today() + 3 * DAY))
    days = [today() + n * DAY for n in (-1, 0, 2, 3, 400)]
    assert [in_force(day).first() for day in days] == [None, first, first, release, release]
    for day, expected in zip(days[1:], (first, first, release, release), strict=True):
        on_day(monkeypatch, day)
        assert library_in_force().digest == expected.digest


def test_no_release_was_in_force_before_it_was_published(
    first: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(drafted(*CLAUSE))
    candidate = prepared(today() + DAY)
    later = today() + 5 * DAY
    on_day(monkeypatch, later)
    assert published(candidate).effective_from == later
    assert Release.objects.get(number=2).effective_from == later
    assert in_force(later - DAY)[0] == first


def test_a_day_that_has_passed_is_refused(first: Release) -> None:
    approved(drafted(*CLAUSE))
    with pytest.raises(Refused, match="This day has passed") as caught:
        prepared(today() - DAY)
    assert [problem.where for problem in caught.value.problems] == ["effective_from"]


def test_releases_take_effect_in_the_order_of_their_numbers(first: Release) -> None:
    approved(drafted(*CLAUSE))
    published(prepared(today() + 3 * DAY))
    approved(drafted(*SECTION))
    early = prepared(today() + 2 * DAY)
    with pytest.raises(Refused, match=r"Release 2 takes effect on .+ after this one"):
        published(early)
    with pytest.raises(IntegrityError, match="order of their numbers"), transaction.atomic():
        Release.objects.filter(pk=early.pk).update(state="published")
    assert published(prepared(today() + 3 * DAY)).number == 3
    assert in_force(today() + 3 * DAY)[0].number == 3


# ------------------------------------------------------------------ cancelling


def cancelled(release: Release) -> Release:
    return cancel_release(release, by=person("release_manager"), why="Too early.", today=today())


def test_a_cancelled_release_never_is_in_force_and_its_pieces_are_approved_again(
    first: Release,
) -> None:
    approved(drafted(*CLAUSE))
    approved(drafted(*SECTION))
    approved(drafted("clause", "speaker", withdrawn=True))
    approved(drafted(*OPTION, withdrawn=True))
    before = pieces.candidate()
    release = cancelled(published(prepared(today() + DAY)))
    assert release.state == ReleaseState.CANCELLED
    assert in_force(today() + DAY)[0] == first
    for kind, name in (CLAUSE, SECTION, ("clause", "speaker"), OPTION):
        assert row_of(kind, name).state == State.APPROVED, name
    assert row_of("clause", "data").state == State.RELEASED
    assert pieces.candidate() == before
    again = published(prepared(today() + DAY))
    assert (again.number, again.digest, again.frame) == (3, release.digest, release.frame)


def test_what_somebody_works_on_already_stays_theirs_when_a_release_is_cancelled(
    first: Release,
) -> None:
    approved(drafted(*CLAUSE))
    release = published(prepared(today() + DAY))
    clause = drafted(*CLAUSE, body="We care.")
    cancelled(release)
    assert (row_of(*CLAUSE).number, row_of(*CLAUSE).body) == (3, "We care.")
    discard(clause, by=person("drafter"), seen=clause.revision)
    assert (row_of(*CLAUSE).number, row_of(*CLAUSE).state) == (2, State.APPROVED)
    assert text_of(pieces.to_library(pieces.candidate()), "more") == CHANGES["clause"]["body"]


def test_a_release_is_not_cancelled_while_its_only_row_of_a_text_is_changed(
    first: Release,
) -> None:
    approved(drafted(*SECTION))
    release = published(prepared(today() + DAY))
    section = drafted(*SECTION, title="What we have")
    with pytest.raises(WrongState, match="Somebody is changing what this release brought: section"):
        cancelled(release)
    discard(section, by=person("drafter"), seen=section.revision)
    cancelled(release)
    assert (row_of(*SECTION).number, row_of(*SECTION).state) == (2, State.APPROVED)
    assert row_of(*SECTION).title == CHANGES["section"]["title"]


def test_what_a_cancelled_release_had_can_be_changed_and_thrown_away(first: Release) -> None:
    approved(drafted(*CLAUSE))
    cancelled(published(prepared(today() + DAY)))
    row = sent_back(row_of(*CLAUSE))
    discard(row, by=person("drafter"), seen=row.revision)
    assert (row_of(*CLAUSE).number, row_of(*CLAUSE).state) == (1, State.RELEASED)
    assert list(log.problems()) == []


def test_a_release_is_cancelled_only_while_none_was_made_from_it(first: Release) -> None:
    approved(drafted(*CLAUSE))
    second = published(prepared(today() + DAY))
    approved(drafted(*SECTION))
    third = published(prepared(today() + 2 * DAY))
    with pytest.raises(WrongState, match="Cancel Release 3 first"):
        cancelled(second)
    cancelled(third)
    assert cancelled(second).state == ReleaseState.CANCELLED


def test_a_candidate_made_from_a_cancelled_release_is_made_anew(first: Release) -> None:
    approved(drafted(*CLAUSE))
    second = published(prepared(today() + DAY))
    approved(drafted(*SECTION))
    candidate = prepared(today() + 2 * DAY)
    cancelled(second)
    sent_back(row_of(*CLAUSE))
    with pytest.raises(WrongState, match="Prepare it again"):
        published(candidate)
    release = put_in_force()
    assert CHANGES["section"]["title"] in release.snapshot
    assert CHANGES["clause"]["body"] not in release.snapshot


def test_the_database_lets_no_release_be_cancelled_whose_day_has_come(first: Release) -> None:
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Release.objects.filter(effective_from__lt=today() + DAY).update(
            state="cancelled", effective_from=today() + DAY
        )
    approved(drafted(*CLAUSE))
    with triggers_off("library_release"):
        Release.objects.filter(pk=first.pk).update(effective_from=today() - 2 * DAY)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Release.objects.filter(pk=first.pk).update(state="cancelled")


# ------------------------------------------------------------------ the log


def lines() -> list[Transition]:
    return list(Transition.objects.order_by("id"))


def some_lines(first: Release) -> list[Transition]:
    reach(*CLAUSE, State.APPROVED)
    put_in_force()
    assert list(log.problems()) == []
    return lines()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("who", "somebody"),
        ("by", None),
        ("why", "Another reason"),
        ("action", "approved"),
        ("name", "other"),
        ("number", 7),
        ("content", "{}"),
        ("kind", "section"),
        ("at", timezone.now() - DAY),
        ("digest", "f" * 64),
    ],
)
def test_a_changed_line_is_found(first: Release, field: str, value: Any) -> None:
    line = some_lines(first)[2]
    assert getattr(line, field) != value
    with triggers_off("library_transition"):
        Transition.objects.filter(pk=line.pk).update(**{field: value})
        found = [problem.where for problem in log.problems()]
    assert found[0] == f"log.{line.pk}"


def test_a_removed_line_is_found(first: Release) -> None:
    kept = some_lines(first)
    with triggers_off("library_transition"):
        Transition.objects.filter(pk=kept[2].pk).delete()
        (problem,) = log.problems()
    assert problem.where == f"log.{kept[3].pk}"


def test_an_inserted_line_is_found(first: Release) -> None:
    kept = some_lines(first)
    forged = Transition(
        pk=kept[-1].pk + 1, at=timezone.now(), kind="clause", name="more", number=2,
        action="approved", previous="e" * 64,
    )  # fmt: skip
    forged.digest = log.digest_of(forged)
    forged.save(force_insert=True)
    (problem,) = log.problems()
    assert problem.where == f"log.{forged.pk}"


def test_two_lines_in_the_wrong_order_are_found(first: Release) -> None:
    kept = some_lines(first)
    with triggers_off("library_transition"):
        for pk, to in ((kept[1].pk, 10**6), (kept[2].pk, kept[1].pk), (10**6, kept[2].pk)):
            Transition.objects.filter(pk=pk).update(id=to)
        assert list(log.problems()) != []


# ------------------------------------------------------------------ when the database fails


class _Coded(Exception):
    """An error of the driver, with PostgreSQL's code."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@pytest.mark.sqlite
def test_a_busy_database_is_said_to_be_busy() -> None:
    with pytest.raises(DeskBusy), at_the_desk():
        raise OperationalError("database is locked")


@pytest.mark.postgresql
@pytest.mark.parametrize("code", ["55P03", "40P01"])
def test_a_lock_that_somebody_holds_is_said_to_be_one(code: str) -> None:
    with pytest.raises(DeskBusy) as caught, at_the_desk():
        raise OperationalError("Sperre") from _Coded(code)
    assert type(caught.value) is DeskBusy


def test_a_broken_disk_is_no_busy_desk() -> None:
    with pytest.raises(OperationalError, match="block"), at_the_desk():
        raise OperationalError("could not read block 7") from _Coded("58030")


@pytest.mark.postgresql
@pytest.mark.parametrize("error", [OperationalError("the server went"), InterfaceError("closed")])
def test_a_broken_connection_is_said_to_be_broken(error: Exception) -> None:
    with pytest.raises(DatabaseGone, match="wholly or not at all") as caught, at_the_desk():
        raise error
    assert isinstance(caught.value, DeskBusy)


def test_a_statement_that_is_wrong_is_no_broken_connection() -> None:
    with pytest.raises(DatabaseError, match="nowhere"), at_the_desk():
        Section.objects.extra(where=["nowhere = 1"]).first()


@pytest.mark.parametrize("step", [*STEPS, "prepare", "publish"])
def test_a_failure_in_the_log_leaves_nothing_half_done(
    first: Release, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is written last, so what fails there must undo all before it."""
    reached = {"approve": State.REVIEW, "send back": State.REVIEW, "begin": State.RELEASED}
    if step in STEPS:
        row = reach(*CLAUSE, reached.get(step, State.DRAFT))
        do: Callable[[], object] = lambda: STEPS[step](row)  # noqa: E731
    else:
        reach(*CLAUSE, State.APPROVED)
        candidate = prepared()
        do = (lambda: published(candidate)) if step == "publish" else prepared
    before = everything()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(publishing, "write", fail)
    with pytest.raises(OSError, match="disk full"):
        do()
    assert everything() == before


def test_loading_again_after_changes_at_the_desk_reverts_nothing_by_itself(
    tmp_path: Path, first: Release
) -> None:
    reach(*CLAUSE, State.APPROVED)
    release = put_in_force()
    change(tmp_path / "clauses", "collect/data.md", "We keep", "We hold")
    load_library(tmp_path / "clauses", today=today())
    assert library_in_force().digest == release.digest
    assert Option.objects.filter(state=State.RELEASED).count() == 2
