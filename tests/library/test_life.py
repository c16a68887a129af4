"""Any people in any order: the desk does what a small model of it says, and is always in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from policygen.core.problems import Refused
from policygen.library import pieces, publishing
from policygen.library.models import ClauseVersion, Option, Release, ReleaseState, Section, State
from policygen.library.publishing import NotAllowed, WrongState
from policygen.library.store import library_in_force
from policygen.library.verify import problems
from tests.library.steps import CLAUSE, OPTION, SECTION, loaded, row_of
from tests.releases import person, tried_out

Key = tuple[str, str]
FRESH = tuple(("clause", f"c{n}") for n in range(3))
KEYS = (CLAUSE, ("clause", "speaker"), OPTION, SECTION, *FRESH)
MAY_GO = {CLAUSE, OPTION, *FRESH}
"""What can be taken out without making the library one that no guard lets through."""
ROLES = (
    ("drafter",),
    ("approver",),
    ("drafter", "approver"),
    ("drafter", "approver", "release_manager"),
    ("release_manager",),
    (),
    ("superuser",),
)
CLOSED = {State.RELEASED, State.RETIRED}
FIELD = {"clause": "title", "option": "help", "section": "title"}
"""The field of each kind that the model looks at."""


def mostly(*able: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Return people, most of whom have one of these roles: who may do nothing gets nowhere."""
    may = [roles for roles in ROLES if set(able) & set(roles)]
    return st.one_of(*[st.sampled_from(may)] * 5, st.sampled_from(ROLES))


PICKS = st.integers(0, 99)


class Text(NamedTuple):
    """What the model knows that a piece says."""

    number: int
    said: str
    withdrawn: bool


@dataclass
class Edition:
    """An edition of a piece: a version of a clause, or the one row of another piece."""

    text: Text
    state: State
    editors: set[int] = field(default_factory=set)
    last: int | None = None

    def settle(self) -> None:
        self.state = State.RETIRED if self.text.withdrawn else State.RELEASED


@dataclass
class Published:
    """A release of the model: what is in it, and from how many days on."""

    contents: dict[Key, Text]
    days: int
    state: str = "published"


class Desk(RuleBasedStateMachine):
    """People at the desk, and a model of what they do."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.today = timezone.localdate()
        self.count = self.steps = 0
        self.people = {roles: _person(roles) for roles in ROLES}
        self.editions: dict[Key, list[Edition]] = {}
        self.releases: list[Published] = []
        self.candidate: Published | None = None
        self.tried: set[tuple[str, str]] = set()
        self.kept: dict[tuple[str, int], dict[str, Any]] = {}

    @initialize()
    def begin(self) -> None:
        """Everything is released in release 1, from files."""
        for key in KEYS:
            if key not in FRESH:
                row = row_of(*key)
                text = Text(1, getattr(row, FIELD[row.kind]), False)
                self.editions[key] = [Edition(text, State.RELEASED)]
        contents = {key: editions[-1].text for key, editions in self.editions.items()}
        self.releases.append(Published(contents, 0))

    def teardown(self) -> None:
        """Look once more, and take everything back: the next run begins from release 1."""
        try:
            self.verify()
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    # -------------------------------------------------------------- what the model says

    def released(self) -> dict[Key, Text]:
        return next(r.contents for r in reversed(self.releases) if r.state == "published")

    def to_release(self) -> dict[Key, Text]:
        contents = dict(self.released())
        for key, editions in self.editions.items():
            if editions and editions[-1].state == State.APPROVED:
                contents[key] = editions[-1].text
        return contents

    def may(self, roles: tuple[str, ...], *needed: str) -> bool:
        return "superuser" in roles or bool(set(needed) & set(roles))

    def pick(self, number: int, *states: State) -> Key:
        """Return a piece that stands in one of these states, if there is one; seldom another."""
        fitting = [key for key in KEYS if (now := self.there(key)) and now.state in states]
        found = fitting if fitting and number < 85 else KEYS
        return found[number % len(found)]

    def token(self) -> str:
        self.count += 1
        return f"Text {self.count}"

    def there(self, key: Key) -> Edition | None:
        editions = self.editions.get(key)
        return editions[-1] if editions else None

    def step(self, expected: type[Exception] | None, do: Callable[[], object]) -> bool:
        """Take a step that the model expects to succeed, or to be refused in this way."""
        if expected is None:
            do()
            return True
        with pytest.raises(expected):
            do()
        return False

    # -------------------------------------------------------------- pieces

    @rule(
        key=st.sampled_from(KEYS),
        roles=mostly("drafter"),
        withdraw=st.integers(0, 4).map(lambda n: n == 0),
    )
    def edit(self, key: Key, roles: tuple[str, ...], withdraw: bool) -> None:
        by, now, withdraw = self.people[roles], self.there(key), withdraw and key in MAY_GO
        if now is None:
            self.write(key, roles)
            return
        clause = key[0] == "clause"
        may_begin = now.state in CLOSED
        expected = None if now.state == State.DRAFT or may_begin else WrongState
        if not self.may(roles, "drafter"):
            expected = NotAllowed
        token = self.token()

        def do() -> None:
            row = row_of(*key)
            if clause and row.state in CLOSED:
                row = publishing.begin_draft(row.clause, by=by, why="New.")
            content = {FIELD[key[0]]: token, "withdrawn": withdraw}
            publishing.save_draft(row, content, by=by, seen=row.revision, why="Better.")

        if not self.step(expected, do):
            return
        if may_begin:
            edition = Edition(Text(now.text.number + 1, token, withdraw), State.DRAFT)
            self.editions[key] = [*(self.editions[key] if clause else []), edition]
            now = edition
        now.text, now.last = Text(now.text.number, token, withdraw), by.pk
        now.editors.add(by.pk)

    def write(self, key: Key, roles: tuple[str, ...]) -> None:
        """Begin a clause that is not there."""
        by, token = self.people[roles], self.token()
        expected = None if self.may(roles, "drafter") else NotAllowed
        content = row_of(*CLAUSE).content() | {"body": f"We {token}.", "withdrawn": False}

        def do() -> None:
            publishing.new_clause(key[1], {**content, "title": token}, by=by, why="New.")

        if self.step(expected, do):
            self.editions[key] = [Edition(Text(1, token, False), State.DRAFT, {by.pk}, by.pk)]

    @rule(key=st.sampled_from((CLAUSE, ("clause", "speaker"))), roles=mostly("drafter"))
    def restore_the_first(self, key: Key, roles: tuple[str, ...]) -> None:
        now, by = self.editions[key][-1], self.people[roles]
        expected = None if now.state in CLOSED else WrongState
        if not self.may(roles, "drafter"):
            expected = NotAllowed
        first = ClauseVersion.objects.get(clause=key[1], number=1)
        if self.step(
            expected,
            lambda: publishing.begin_draft(first.clause, by=by, like=first, why="As before."),
        ):
            text = Text(now.text.number + 1, self.editions[key][0].text.said, False)
            self.editions[key].append(Edition(text, State.DRAFT, {by.pk}, by.pk))

    @rule(pick=PICKS, roles=mostly("drafter"))
    def submit(self, pick: int, roles: tuple[str, ...]) -> None:
        key = self.pick(pick, State.DRAFT)
        if (now := self.there(key)) is None:
            return
        row, by = row_of(*key), self.people[roles]
        expected = None if now.state == State.DRAFT else WrongState
        if not self.may(roles, "drafter"):
            expected = NotAllowed
        if self.step(expected, lambda: publishing.submit(row, by=by, seen=row.revision)):
            now.state = State.REVIEW

    @rule(pick=PICKS, roles=mostly("approver"))
    def approve(self, pick: int, roles: tuple[str, ...]) -> None:
        key = self.pick(pick, State.REVIEW)
        if (now := self.there(key)) is None:
            return
        row, by = row_of(*key), self.people[roles]
        expected: type[Exception] | None = None
        if not self.may(roles, "approver"):
            expected = NotAllowed
        elif now.state != State.REVIEW:
            expected = WrongState
        elif by.pk in now.editors:
            expected = NotAllowed
        if self.step(expected, lambda: publishing.approve(row, by=by, seen=row.revision)):
            now.state = State.APPROVED

    @rule(pick=PICKS, roles=mostly("approver", "drafter"))
    def send_back(self, pick: int, roles: tuple[str, ...]) -> None:
        key = self.pick(pick, State.REVIEW, State.APPROVED)
        if (now := self.there(key)) is None:
            return
        row, by = row_of(*key), self.people[roles]
        own = now.last == by.pk and self.may(roles, "drafter")
        expected: type[Exception] | None = None
        if now.state not in {State.REVIEW, State.APPROVED}:
            expected = WrongState
        elif not own and not self.may(roles, "approver"):
            expected = NotAllowed
        if self.step(
            expected, lambda: publishing.send_back(row, by=by, seen=row.revision, why="No.")
        ):
            now.state = State.DRAFT

    @rule(pick=PICKS, roles=mostly("drafter"))
    def discard(self, pick: int, roles: tuple[str, ...]) -> None:
        key = self.pick(pick, State.DRAFT)
        if (now := self.there(key)) is None:
            return
        row, by = row_of(*key), self.people[roles]
        expected = None if now.state == State.DRAFT else WrongState
        if not self.may(roles, "drafter"):
            expected = NotAllowed
        if not self.step(expected, lambda: publishing.discard(row, by=by, seen=row.revision)):
            return
        released = self.released().get(key)
        if key[0] != "clause":
            assert released is not None
            self.editions[key] = [Edition(released, State.RELEASED)]
            self.editions[key][0].settle()
            return
        self.editions[key].pop()
        before = self.there(key)
        if before is None:
            del self.editions[key]
        elif (None if before.text.withdrawn else before.text) != released:
            before.state = State.APPROVED  # its release was cancelled

    @rule(key=st.sampled_from(KEYS), roles=st.sampled_from(ROLES))
    def decide_on_what_was_not_seen(self, key: Key, roles: tuple[str, ...]) -> None:
        if self.there(key) is None:
            return
        row, by = row_of(*key), self.people[roles]
        unseen = row.revision + 1
        for do in (
            lambda: publishing.save_draft(row, {FIELD[key[0]]: "Lost"}, by=by, seen=unseen),
            lambda: publishing.submit(row, by=by, seen=unseen),
            lambda: publishing.approve(row, by=by, seen=unseen),
            lambda: publishing.discard(row, by=by, seen=unseen),
        ):
            with pytest.raises((publishing.Overtaken, NotAllowed)):
                do()

    @rule(key=st.sampled_from(KEYS), roles=st.sampled_from(ROLES))
    def go_behind_the_desk(self, key: Key, roles: tuple[str, ...]) -> None:
        """Approve or change by hand, in the database: what is not a draft stays."""
        now, by = self.there(key), self.people[roles]
        if now is None or now.state == State.DRAFT:
            return
        row = row_of(*key)
        rows = type(row)._default_manager.filter(pk=row.pk)
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**{FIELD[key[0]]: "We sell everything."})
        if now.state == State.REVIEW and by.pk in now.editors:
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(state=State.APPROVED, approved_by=by)

    # -------------------------------------------------------------- releases

    @rule(days=st.sampled_from((0, 1, 1, 2)), withdraw=st.booleans(), pick=PICKS)
    def go_the_whole_way(self, days: int, withdraw: bool, pick: int) -> None:
        """Take a piece from where it stands into a release, each step by somebody who may."""
        key = self.pick(pick, State.DRAFT, State.REVIEW, State.APPROVED, State.RELEASED)
        at = (now := self.there(key)) and now.state
        if at in {None, *CLOSED}:
            self.edit(key, ("drafter",), withdraw)
        for pick_at in (State.DRAFT, State.REVIEW):
            edition = self.there(key)
            if edition is not None and edition.state == pick_at:
                self.move(key)
        if self.to_release() != self.released():
            self.prepare(("release_manager",), days)
            if self.candidate is not None:
                self.publish(("release_manager",), True)

    def move(self, key: Key) -> None:
        """Submit what is a draft, or approve what is in review."""
        row, edition = row_of(*key), self.editions[key][-1]
        if edition.state == State.DRAFT:
            publishing.submit(row, by=self.people["drafter",], seen=row.revision)
            edition.state = State.REVIEW
        elif self.people["approver",].pk not in edition.editors:
            publishing.approve(row, by=self.people["approver",], seen=row.revision)
            edition.state = State.APPROVED

    @rule(roles=mostly("release_manager"), days=st.sampled_from((0, 0, 1, 2)))
    def prepare(self, roles: tuple[str, ...], days: int) -> None:
        by, contents = self.people[roles], self.to_release()
        nothing = not any(e and e[-1].state == State.APPROVED for e in self.editions.values())
        expected = Refused if nothing else None
        if not self.may(roles, "release_manager"):
            expected = NotAllowed

        def do() -> None:
            publishing.prepare_release(
                title="Changes",
                notes="",
                effective_from=self.today + timedelta(days),
                by=by,
                today=self.today,
            )

        if self.step(expected, do):
            self.candidate = Published(contents, days, "candidate")

    @precondition(lambda self: self.candidate is not None)
    @rule(roles=mostly("release_manager"), first=st.booleans())
    def publish(self, roles: tuple[str, ...], first: bool) -> None:
        """Publish the candidate, after trying it out or without."""
        row, by = Release.objects.get(state=ReleaseState.CANDIDATE), self.people[roles]
        assert self.candidate is not None
        expected: type[Exception] | None = None
        tried = (row.digest, library_in_force().digest) in self.tried
        latest = max(r.days for r in self.releases if r.state == "published")
        if not self.may(roles, "release_manager"):
            expected = NotAllowed
        elif self.candidate.contents != self.to_release() or not (tried or first):
            expected = WrongState
        elif self.candidate.days < latest:
            expected = Refused
        if first:
            tried_out(row)
            self.tried.add((row.digest, library_in_force().digest))
        if not self.step(
            expected,
            lambda: publishing.publish_release(row, by=by, seen=row.mark, today=self.today),
        ):
            return
        for editions in self.editions.values():
            if editions[-1].state == State.APPROVED:
                editions[-1].settle()
        contents = self.candidate.contents.items()
        self.candidate.contents = {
            key: text for key, text in contents if not (key[0] == "clause" and text.withdrawn)
        }
        self.candidate.state = "published"
        self.releases.append(self.candidate)
        self.candidate = None

    @precondition(lambda self: self.candidate is not None)
    @rule(roles=st.sampled_from(ROLES))
    def discard_the_candidate(self, roles: tuple[str, ...]) -> None:
        row, by = Release.objects.get(state=ReleaseState.CANDIDATE), self.people[roles]
        expected = None if self.may(roles, "release_manager") else NotAllowed
        if self.step(expected, lambda: publishing.discard_release(row, by=by)):
            self.candidate = None

    @rule(roles=mostly("release_manager"))
    def cancel(self, roles: tuple[str, ...]) -> None:
        newest = next(r for r in reversed(self.releases) if r.state == "published")
        row = pieces.newest_release()
        assert row is not None
        by = self.people[roles]
        expected = WrongState if newest.days == 0 or self.is_changed_again(newest) else None
        if not self.may(roles, "release_manager"):
            expected = NotAllowed
        if not self.step(
            expected,
            lambda: publishing.cancel_release(row, by=by, why="Not yet.", today=self.today),
        ):
            return
        newest.state = "cancelled"
        before = self.released()
        for key, editions in self.editions.items():
            now = editions[-1]
            gone = key[0] == "clause" and now.text.withdrawn
            brought = newest.contents.get(key) == (None if gone else now.text)
            if now.state in CLOSED and brought and newest.contents.get(key) != before.get(key):
                now.state = State.APPROVED

    def is_changed_again(self, newest: Published) -> bool:
        """Say whether somebody works on the one row of a piece that the newest release changed."""
        earlier = [r.contents for r in self.releases if r.state == "published"][-2:-1]
        before = earlier[0] if earlier else {}
        return any(
            editions[-1].state not in CLOSED and newest.contents.get(key) != before.get(key)
            for key, editions in self.editions.items()
            if key[0] != "clause"
        )

    # -------------------------------------------------------------- what always holds

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        newest = ClauseVersion.objects.filter(newest_of__isnull=False)
        rows = [*Option.objects.filter(pk=OPTION[1]), *Section.objects.filter(pk=SECTION[1])]
        rows += newest.exclude(clause="data")
        if not self.editions:
            return  # before the beginning
        assert {(row.kind, row.name) for row in rows} == self.editions.keys()
        for row in rows:
            now = self.editions[row.kind, row.name][-1]
            said = Text(row.number, getattr(row, FIELD[row.kind]), row.withdrawn)
            assert (said, row.state) == (now.text, now.state), row
            if row.state == State.APPROVED:
                assert row.approved_by_id is not None
                assert row.approved_by_id not in now.editors

    @invariant()
    def the_next_release_is_what_the_model_says(self) -> None:
        if not self.editions:
            return
        found = {
            key: Text(said.number, said.content[FIELD[key[0]]], said.content["withdrawn"])
            for key, said in pieces.candidate().items()
            if key in KEYS
        }
        assert found == self.to_release()

    @invariant()
    def at_most_one_version_of_a_clause_is_open(self) -> None:
        open_ones = ClauseVersion.objects.exclude(state__in=CLOSED)
        slugs = list(open_ones.values_list("clause", flat=True))
        assert len(slugs) == len(set(slugs))

    @invariant()
    def what_was_published_never_changes(self) -> None:
        published = Release.objects.exclude(state=ReleaseState.CANDIDATE)
        rows = {("release", row["number"]): row for row in published.values()}
        rows |= {
            (row["clause_id"], row["number"]): row
            for row in ClauseVersion.objects.filter(entries__release__state="published").values()
        }
        for key, row in rows.items():
            before = self.kept.setdefault(key, row)
            fixed = row.keys() - {"state", "revision", *CHANGES_WHEN_CANCELLED}
            assert {name: row[name] for name in fixed} == {name: before[name] for name in fixed}
        gone = self.kept.keys() - rows
        for key in gone:
            assert key[0] != "release"
            del self.kept[key]  # its release was cancelled before its day

    @invariant()
    def everything_is_in_order(self) -> None:
        self.steps += 1
        if self.steps % 4 == 0:
            self.verify()

    def verify(self) -> None:
        assert list(problems(self.today)) == []
        assert library_in_force().release


CHANGES_WHEN_CANCELLED = ("approved_by_id",)


def _person(roles: tuple[str, ...]) -> User:
    if roles != ("superuser",):
        return person(*roles)
    user, _ = User.objects.get_or_create(username="root", is_superuser=True, is_staff=True)
    return user


@pytest.mark.django_db
def test_whatever_people_do_the_desk_is_in_order(tmp_path: Path) -> None:
    loaded(tmp_path / "clauses")
    for roles in ROLES:
        _person(roles)
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=30 if connection.vendor == "sqlite" else 10,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )
