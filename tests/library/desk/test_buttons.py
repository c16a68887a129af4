"""The tags of the desk: buttons for those who may, marked changes, and badges of states."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policygen.core.analysis.redline import Change, Mark, redline
from policygen.library.models import ClauseVersion, Release, State
from tests.library.desk.people import reader
from tests.library.desk.test_review import ALLOWED, ROLES, WRITERS, brought, someone
from tests.library.steps import CLAUSE, OPTION, drafted, loaded, reach, row_of, submitted
from tests.releases import person, put_in_force


@pytest.fixture
def library(db: None, tmp_path: Path) -> None:
    loaded(tmp_path / "clauses")


def buttons(piece: Any, user: User) -> str:
    request = RequestFactory().get("/")
    request.user = user
    template = Template("{% load desk %}{% piece_buttons piece %}")
    return template.render(Context({"request": request, "piece": piece, "csrf_token": "token"}))


def steps_on(markup: str) -> set[str]:
    """Return the steps that can be taken by forms and links."""
    return set(re.findall(r'(?:action|href)="/admin/pieces/[^"]*/([a-z-]+)/"', markup))


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("role", ROLES)
def test_there_is_a_button_for_each_step_that_somebody_may_take_and_for_no_other(role, state):
    user = someone(role)
    row = brought(state, user if role in WRITERS else person("drafter", "release_manager"))
    expected = {step for (step, of), roles in ALLOWED.items() if of == state and role in roles}
    user = User.objects.get(pk=user.pk)
    assert steps_on(buttons(ClauseVersion.objects.get(pk=row.pk), user)) == expected


@pytest.mark.usefixtures("library")
def test_each_form_has_its_token_and_what_was_seen():
    row = submitted(drafted(*OPTION))
    markup = buttons(row, reader("approver"))
    forms = markup.split("<form")[1:]
    assert len(forms) == 3  # approve, send back, comment
    for form in forms:
        assert 'method="post"' in form
        assert 'name="csrfmiddlewaretoken" value="token"' in form
    assert markup.count(f'name="seen" value="{row.revision}"') == 2


@pytest.mark.usefixtures("library")
def test_sending_back_asks_why_and_taking_back_is_called_so():
    row = submitted(drafted(*CLAUSE))
    theirs, own = buttons(row, reader("approver")), buttons(row, reader("drafter"))
    assert "Send it back" in theirs
    assert "Take it back" in own
    for markup in (theirs, own):
        assert re.search(r'<label for="send-back-why">.*\?</label>', markup)
        assert 'name="why"' in markup


@pytest.mark.usefixtures("library")
def test_an_editor_reads_why_there_is_no_button_to_approve():
    by = person("drafter", "approver")
    row = submitted(drafted(*CLAUSE, by=by))
    markup = buttons(row, by)
    assert "You wrote part of this; somebody else approves it." in markup
    assert "approve" not in steps_on(markup)


@pytest.mark.usefixtures("library")
def test_only_the_newest_version_of_a_clause_takes_steps_and_an_old_one_can_be_begun_from():
    reach(*CLAUSE, State.APPROVED)
    put_in_force()
    old = ClauseVersion.objects.get(clause="more", number=1)
    markup = buttons(old, reader("drafter", "approver"))
    assert steps_on(markup) == {"begin"}
    assert "Begin a draft like version 1" in markup
    drafted(*CLAUSE, body="Again.")
    old = ClauseVersion.objects.get(clause="more", number=1)
    assert buttons(old, reader("drafter", "approver")).strip() == ""


@pytest.mark.usefixtures("library")
def test_buttons_ask_the_database_a_few_times_only():
    row = submitted(drafted(*CLAUSE))
    user = reader("drafter", "approver")
    user.has_perm("library.view_clauseversion")
    with CaptureQueriesContext(connection) as found:
        buttons(ClauseVersion.objects.get(pk=row.pk), user)
    assert len(found) <= 5, found.captured_queries


# ------------------------------------------------------------------ changes


def marked(before: str, after: str) -> str:
    template = Template("{% load desk %}{% redline changes %}")
    return template.render(Context({"changes": redline(before, after)})).strip()


def test_changes_are_marked_for_the_eye_and_for_the_ear():
    assert marked("Kept for ten years.", "Kept for seven years.") == (
        'Kept for <del><span class="visually-hidden">removed: </span>ten'
        '<span class="visually-hidden"> (end)</span></del>'
        '<ins><span class="visually-hidden">added: </span>seven'
        '<span class="visually-hidden"> (end)</span></ins> years.'
    )


def test_what_did_not_change_is_not_marked():
    assert marked("Kept\nhere.", "Kept\nhere.") == "Kept<br>here."
    assert marked("", "") == ""


@pytest.mark.parametrize(
    ("blank", "words"), [("\n\n", "a new paragraph"), ("\n", "a new line"), (" ", "a blank")]
)
def test_a_blank_that_was_added_can_be_seen_and_heard(blank, words):
    template = Template("{% load desk %}{% redline changes %}")
    markup = template.render(Context({"changes": [Change(Mark.INSERTED, blank)]}))
    assert words in markup
    assert re.search(r'<span aria-hidden="true">\S</span>', markup)


@pytest.mark.parametrize("mark", Mark)
def test_texts_in_changes_are_no_markup(mark):
    template = Template("{% load desk %}{% redline changes %}")
    markup = template.render(Context({"changes": [Change(mark, "<script>x</script>&{{ a }}{0}")]}))
    assert "&lt;script&gt;x&lt;/script&gt;&amp;{{ a }}{0}" in markup


# ------------------------------------------------------------------ states


def state(subject: Any) -> str:
    return (
        Template("{% load desk %}{% state subject %}").render(Context({"subject": subject})).strip()
    )


@pytest.mark.parametrize("value", State)
def test_a_state_is_said_in_words(value):
    badge = f'<span class="state" data-state="{value}">{value.label}</span>'
    assert state(ClauseVersion(state=value)) == badge


def test_a_draft_that_takes_something_out_says_so():
    assert "Takes it out" in state(ClauseVersion(state=State.DRAFT, withdrawn=True))
    assert "Takes it out" not in state(ClauseVersion(state=State.RETIRED, withdrawn=True))


def test_a_release_that_is_to_come_is_scheduled():
    today = timezone.localdate()
    for day, label in ((today, "Published"), (today + timedelta(days=1), "Scheduled")):
        assert f">{label}</span>" in state(Release(state="published", effective_from=day))
    assert ">Candidate</span>" in state(Release(state="candidate", effective_from=today))


@pytest.mark.usefixtures("library")
def test_the_page_of_a_piece_has_an_address_whatever_its_name():
    template = Template("{% load desk %}{% change_address piece %}")
    address = template.render(Context({"piece": row_of(*OPTION)}))
    assert address == "/admin/library/option/data_3Aname/change/"
