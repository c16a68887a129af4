"""Reminders of reviews: who gets one, when, and once; and the date that publishing sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from io import StringIO
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from threading import Barrier, Lock
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policygen.policies.drafting.beginning import set_up_policy
from policygen.policies.events import Action, problems_of
from policygen.policies.models import Event, Policy, Reminder
from policygen.policies.published import reminders
from policygen.policies.published.due import a_year_after
from policygen.policies.published.reminders import (
    Stage,
    due_in_words,
    due_reminders,
    remind,
    stage_of,
)
from policygen.practices.founding import found_practice
from policygen.practices.models import Membership
from policygen.rendering import FORMATS, Format, Rendered
from tests.patience import PATIENCE
from tests.policies.cast import Cast, account, cast, policy_of, published
from tests.practices.browsers import browser_of
from tests.threads import together

pytestmark = pytest.mark.django_db

DUE = date(2027, 5, 4)


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    """A policy that is to be reviewed on May 4, 2027."""
    return due_on(policy_of(people), DUE)


def due_on(policy: Policy, day: date | None) -> Policy:
    policy.review_due = day
    policy.save()
    return policy


def on(day: date, hour: int = 12) -> time_machine.travel:
    return time_machine.travel(f"{day}T{hour:02}:00:00Z", tick=False)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("remind", *arguments, stdout=out)
    return out.getvalue()


def sent_to() -> list[str]:
    """Return who was written to since this was last asked, by the name of their role."""
    names = [address.partition("-")[0] for one in mail.outbox for address in one.to]
    mail.outbox.clear()
    return sorted(names)


# ------------------------------------------------------------------ when


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (-31, None),
        (-30, Stage.SOON),
        (-1, Stage.SOON),
        (0, Stage.DUE),
        (29, Stage.DUE),
        (30, Stage.OVERDUE),
        (3_000, Stage.OVERDUE),
    ],
)
def test_there_is_a_stage_before_a_review_on_its_day_and_after_it(
    days: int, stage: Stage | None
) -> None:
    assert stage_of(DUE, DUE + timedelta(days=days)) is stage


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-30, "is due on May 4, 2027, in 30 days"),
        (-1, "is due on May 4, 2027, in 1 day"),
        (0, "is due today, May 4, 2027"),
        (1, "was due on May 4, 2027, 1 day ago"),
        (1_234, "was due on May 4, 2027, 1,234 days ago"),
    ],
)
def test_the_day_is_told_as_people_count(days: int, words: str) -> None:
    assert due_in_words(DUE, DUE + timedelta(days=days)) == words


def test_a_year_of_daily_runs_sends_each_stage_once(policy: Policy) -> None:
    days = [DUE + timedelta(days=days) for days in range(-40, 60)]
    written = {}
    for day in days:
        with on(day):
            run()
        if names := sent_to():
            written[(day - DUE).days] = names
    both = ["editor", "owner"]
    assert written == {-30: both, 0: both, 30: both}


def test_a_day_without_a_run_costs_no_reminder(policy: Policy) -> None:
    for days, told in ((-12, "in 12 days"), (5, "5 days ago"), (200, "200 days ago")):
        with on(DUE + timedelta(days=days)):
            run()
        assert [told in one.subject for one in mail.outbox] == [True, True]
        mail.outbox.clear()


def test_another_date_is_another_reminder(policy: Policy) -> None:
    with on(DUE):
        run()
        due_on(policy, DUE + timedelta(days=10))
        mail.outbox.clear()
        run()
        run()
    assert sent_to() == ["editor", "owner"]


def test_without_a_date_nobody_is_reminded(policy: Policy) -> None:
    due_on(policy, None)
    with on(DUE):
        assert run() == "0 reminders sent.\n"
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Pacific/Kiritimati", "2027-05-03T10:00:00Z"),  # 14 hours ahead of UTC
        ("America/Chicago", "2027-05-04T05:00:00Z"),
        ("Pacific/Pago_Pago", "2027-05-04T11:00:00Z"),  # 11 hours behind
    ],
)
def test_a_day_begins_where_the_practice_is(policy: Policy, zone: str, first: str) -> None:
    policy.practice.time_zone = zone
    policy.practice.save()
    with time_machine.travel(first, tick=False) as clock:
        clock.shift(-60)
        run()
        assert all("in 1 day" in one.subject for one in mail.outbox)
        mail.outbox.clear()
        clock.shift(60)
        run()
    assert ["is due today" in one.subject for one in mail.outbox] == [True, True]


# ------------------------------------------------------------------ to whom, and what


def test_owners_and_editors_with_an_address_are_written_to_each_alone(
    people: Cast, policy: Policy
) -> None:
    gone, silent = account("gone"), account("silent")
    gone.is_active, silent.email = False, ""
    for user in (gone, silent):
        user.save()
        Membership.objects.create(practice=people.practice, user=user, role="owner")
    with on(DUE):
        run()
    assert [one.to for one in mail.outbox] == [[people.owner.email], [people.editor.email]]
    assert all(not one.cc and not one.bcc for one in mail.outbox)


def test_a_mail_says_which_policy_when_and_where_to_go_on(
    people: Cast, policy: Policy, settings: Any
) -> None:
    settings.SITE_URL = "https://policies.example.org"
    with on(DUE - timedelta(days=30)):
        run()
    [first, _] = mail.outbox
    assert first.subject == (
        "The review of “Privacy policy” of Elm Dental is due on May 4, 2027, in 30 days"
    )
    assert first.extra_headers == {"Auto-Submitted": "auto-generated"}
    [link] = [line for line in first.body.splitlines() if line.startswith("https://")][:1]
    assert link == "https://policies.example.org/practices/elm-dental/policies/privacy-policy/"


def test_the_address_in_the_mail_leads_to_the_policy(
    release: None, people: Cast, policy: Policy
) -> None:
    with on(DUE):
        run()
    [link] = [line for line in mail.outbox[0].body.splitlines() if "/policies/" in line]
    with on(DUE):
        page = browser_of(people.editor).get(link.removeprefix("http://localhost:8000"))
    assert page.status_code == 200


def test_names_cannot_add_a_header_or_markup(people: Cast, policy: Policy) -> None:
    Policy.objects.update(title="Policy\r\nBcc: all@example.com\n<b>&amp;</b>")
    with on(DUE):
        run()
    for one in mail.outbox:
        message = one.message()
        assert message["Bcc"] is None
        assert "<b>&amp;</b>" in one.body
        assert one.recipients() == one.to


# ------------------------------------------------------------------ faults


class Server(BaseEmailBackend):
    """A mail server that refuses some addresses, and hangs up after that."""

    def __init__(self, refused: Sequence[str] = (), *, is_down: bool = False) -> None:
        super().__init__()
        self.refused, self.is_down = set(refused), is_down
        self.took: list[str] = []
        self.is_open = False
        self.lock = Lock()

    def open(self) -> bool:
        if self.is_down:
            raise ConnectionRefusedError
        self.is_open = True
        return True

    def close(self) -> None:
        if not self.is_open:
            raise SMTPServerDisconnected("please run connect() first")
        self.is_open = False

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        [message] = email_messages
        if message.to[0] in self.refused:
            raise SMTPRecipientsRefused({message.to[0]: (550, b"no such user")})
        with self.lock:
            self.took.append(message.to[0])
        return 1


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(reminders, "get_connection", lambda: made)
    return made


def test_one_address_that_fails_does_not_stop_the_others(
    people: Cast, policy: Policy, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.refused = {people.owner.email}
    with on(DUE):
        with pytest.raises(CommandError) as caught:
            run()
        assert caught.value.returncode == 1
        assert server.took == [people.editor.email]
        assert people.owner.email not in caplog.text
        server.refused.clear()
        assert run() == "1 reminder sent.\n"
        assert run() == "0 reminders sent.\n"
    assert server.took == [people.editor.email, people.owner.email]


def test_a_server_that_takes_nothing_is_a_failure(
    policy: Policy, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "send_messages", lambda _: 0)
    with on(DUE), pytest.raises(CommandError):
        run()
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_whatever_stops_a_mail_its_claim_is_given_back(
    policy: Policy, server: Server, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def stop(_: object) -> int:
        assert Reminder.objects.count() == 1
        raise error

    monkeypatch.setattr(server, "send_messages", stop)
    with on(DUE), pytest.raises(error):
        remind(due_reminders())
    assert not Reminder.objects.exists()


def test_an_address_that_is_none_does_not_stop_the_others(people: Cast, policy: Policy) -> None:
    User.objects.filter(pk=people.owner.pk).update(email="owner\n@example.com")
    with on(DUE), pytest.raises(CommandError):
        run()
    assert sent_to() == ["editor"]


def test_a_server_that_is_down_ends_the_run_and_loses_nothing(
    policy: Policy, server: Server
) -> None:
    server.is_down = True
    with on(DUE):
        with pytest.raises(CommandError, match="cannot be reached"):
            run()
        assert not Reminder.objects.exists()
        server.is_down = False
        assert run() == "2 reminders sent.\n"


def test_a_dry_run_says_what_would_be_sent_and_does_nothing(people: Cast, policy: Policy) -> None:
    with on(DUE):
        assert run("--dry-run") == (
            f"{people.owner.email}: “Privacy policy” of Elm Dental is due today, May 4, 2027\n"
            f"{people.editor.email}: “Privacy policy” of Elm Dental is due today, May 4, 2027\n"
            "2 reminders would be sent.\n"
        )
        assert mail.outbox == []
        assert not Reminder.objects.exists()


def test_looking_takes_as_many_queries_whatever_the_number_of_policies(people: Cast) -> None:
    def queries() -> int:
        with on(DUE), CaptureQueriesContext(connection) as caught:
            due_reminders()
        return len(caught)

    due_on(policy_of(people), DUE)
    few = queries()
    for number in range(5):
        practice = found_practice(people.owner, name=f"Oak {number}", time_zone="UTC")
        due_on(set_up_policy(practice, people.owner, title="Policy"), DUE)
    assert queries() == few


@pytest.mark.django_db(transaction=True)
def test_x06_runs_at_the_same_time_send_each_reminder_once(
    people: Cast, policy: Policy, server: Server
) -> None:
    count = 4
    start = Barrier(count)

    def look_and_remind() -> int:
        found = due_reminders()
        start.wait(timeout=PATIENCE)
        return remind(found).sent

    for days in (-30, 0, 30):
        server.took.clear()
        with on(DUE + timedelta(days=days)):
            sent = together(*[look_and_remind] * count)
        assert sum(sent) == 2
        assert sorted(server.took) == sorted([people.owner.email, people.editor.email])


# ------------------------------------------------------------------ the date that publishing sets


@pytest.fixture
def publish(
    release: None, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Policy, date], date | None]:
    """Publish the next version, without a PDF, and return when the policy is to be reviewed."""
    none = Rendered("x.pdf", "application/pdf", b"%PDF")
    monkeypatch.setitem(FORMATS, "pdf", Format("PDF", lambda _: none))

    def make(policy: Policy, effective_on: date) -> date | None:
        published(policy, people.owner, effective_on=effective_on)
        policy.refresh_from_db()
        return policy.review_due

    return make


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2026, 11, 22), date(2027, 11, 22)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2027, 2, 28), date(2028, 2, 28)),
    ],
)
def test_a_year_later_is_the_same_day(day: date, later: date) -> None:
    assert a_year_after(day) == later


@pytest.mark.parametrize("days", [None, -400, -1, 0])
def test_publishing_sets_the_review_a_year_after_the_version_takes_effect(
    people: Cast, publish: Callable[[Policy, date], date | None], days: int | None
) -> None:
    today = timezone.localdate()
    policy = policy_of(people)
    due_on(policy, None if days is None else today + timedelta(days=days))
    effective_on = today + timedelta(days=20)
    due = a_year_after(effective_on)
    assert publish(policy, effective_on) == due
    [event] = Event.objects.filter(policy=policy, action=Action.DUE)
    assert (event.details, event.by) == (due.isoformat(), people.owner)
    assert list(problems_of(policy)) == []


def test_publishing_leaves_a_review_that_is_still_to_come(
    people: Cast, publish: Callable[[Policy, date], date | None]
) -> None:
    chosen = timezone.localdate() + timedelta(days=1)
    policy = due_on(policy_of(people), chosen)
    assert publish(policy, timezone.localdate()) == chosen
    assert not Event.objects.filter(action=Action.DUE).exists()


def test_a_review_that_was_planned_for_the_version_before_moves_with_the_new_one(
    people: Cast, publish: Callable[[Policy, date], date | None]
) -> None:
    today = timezone.localdate()
    policy = policy_of(people)
    assert publish(policy, today) == a_year_after(today)
    later = today + timedelta(days=40)
    assert publish(policy, later) == a_year_after(later)
    chosen = a_year_after(later) + timedelta(days=1)
    due_on(policy, chosen)
    assert publish(policy, today + timedelta(days=60)) == chosen
