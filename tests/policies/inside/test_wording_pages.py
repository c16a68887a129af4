"""The page on which a practice words a clause its own way, and decides after a newer release."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policygen.core.amendments import Standing
from policygen.policies.drafting.drafts import (
    Opened,
    move_draft,
    open_draft,
    save_answers,
    start_draft,
)
from policygen.policies.drafting.wording import WORDING_LIMIT, own_wording_of, own_wordings, reword
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, DraftState, Event
from policygen.policies.published.publishing import publish_policy
from tests.library.folders import change
from tests.policies.cast import Cast, cast, drafted, order, policy_of
from tests.practices.browsers import browser_of
from tests.releases import release_changes
from tests.wizard.visitors import Controls, answers, text_of

MOTTO = "The motto of our house is this: {{ motto }}"
OWN = "We live by this: {{ motto }}"
NEWER = "This is what our house is about: {{ motto }}"


@pytest.fixture
def people(release: None) -> Cast:
    return cast()


@pytest.fixture
def draft(people: Cast) -> Draft:
    return drafted(policy_of(people), people.editor, motto="We care.")


@pytest.fixture
def client(people: Cast) -> Client:
    """The browser of the reviewer."""
    return browser_of(people.reviewer)


def by(user: User) -> Holder:
    return Holder(user=user)


def at(draft: Draft, slug: str = "motto") -> str:
    return f"/drafts/{draft.pk}/wording/{slug}/"


def now(people: Cast, draft: Draft) -> Opened:
    return open_draft(by(people.reviewer), draft.pk)


def markup(response: Any) -> str:
    text: str = response.content.decode()
    return text


def field(response: Any) -> str:
    """Return what stands in the field."""
    found = re.search(r'<textarea id="wording".*?</textarea>', markup(response), re.S)
    assert found
    return Controls(found[0]).as_post()["text"][0]


def hidden(page: Any) -> dict[str, str]:
    fields = Controls(markup(page)).as_post()
    return {"revision": fields["revision"][0], "line": fields["line"][0]}


def press(
    client: Client, draft: Draft, go: str, page: Any = None, slug: str = "motto", **typed: str
) -> Any:
    page = page or client.get(at(draft, slug))
    return client.post(at(draft, slug), {**hidden(page), "go": go, **typed})


# ------------------------------------------------------------------ wording a clause


def test_it_shows_the_librarys_text_and_explains_what_is_filled_in(client, draft):
    page = client.get(at(draft))
    said = text_of(page)
    assert field(page) == MOTTO
    assert "How it reads now The motto of our house is this: We care." in said
    assert "Your answer to “What is your motto?”. Prints now: “We care.”" in said
    assert "{{ data.health | listing }}" in said
    assert "private, no-store" in page["Cache-Control"]
    ids = Controls(markup(page)).ids
    assert len(ids) == len(set(ids))


def test_a_text_is_tried_out_and_nothing_is_saved(people, client, draft):
    page = press(client, draft, "preview", text="Ours is **this**: {{ motto }}")
    assert page.status_code == 200
    assert "How your text would print Nothing is saved yet. Ours is this: We care." in text_of(page)
    assert "<strong>this</strong>" in markup(page)
    assert field(page) == "Ours is **this**: {{ motto }}"
    assert own_wordings(now(people, draft)) == ()


def test_a_text_that_would_go_silent_says_so_before_it_is_saved(people, client):
    draft = drafted(policy_of(people), people.editor, short_name="none")
    page = press(client, draft, "preview", slug="data", text="{{ short_name }} keeps data.")
    assert "With this text the clause would not be printed." in text_of(page)


def test_a_text_is_saved_and_shown_where_the_clause_stands(people, client, draft):
    answer = press(client, draft, "save", text=f"{OWN}\r\n\r\nAnd **so** on.\r\n")
    assert answer["Location"] == f"/drafts/{draft.pk}/reading/#clause-motto"
    own = own_wording_of(now(people, draft), "motto")
    assert own.amendment.text == f"{OWN}\n\nAnd **so** on."
    reading = client.get(answer["Location"])
    assert "Your wording of “Motto” is saved." in text_of(reading)
    assert "We live by this: We care." in text_of(reading)
    page = client.get(at(draft))
    assert field(page) == own.amendment.text
    assert "put this in place of the library’s text." in text_of(page)
    assert people.reviewer.username in text_of(page)


def test_the_librarys_own_text_is_not_kept_apart(people, client, draft):
    answer = press(client, draft, "save", text=f" {MOTTO} ".strip())
    assert "nothing is kept apart" in text_of(client.get(answer["Location"]))
    assert own_wordings(now(people, draft)) == ()


def test_back_to_the_librarys_text_and_the_log_keeps_ones_own(people, client, draft):
    press(client, draft, "save", text=OWN)
    answer = press(client, draft, "library")
    reading = text_of(client.get(answer["Location"]))
    assert "“Motto” has the library’s text again. The log of the policy keeps yours." in reading
    assert "Wordings that were let go (1) Motto by" in reading
    page = text_of(client.get(at(draft)))
    assert "went back to the library’s text." in page
    assert OWN in page


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](https://example.com/x.png)",
    "{{ motto.__class__.__mro__ }}",
    "{% include '/etc/passwd' %}",
    "{{ [].append }}",
    "</textarea><script>alert(1)</script>",
    "<!-- --> &lt;b&gt;",
    "a\x00b",
    "a\u202eb",
    "| a | b |\n|---|---|",
    "> quoted",
    "```\ncode\n```",
    "As said above.",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("go", ["preview", "save"])
def test_markup_that_has_no_place_is_refused_shown_as_text_and_does_nothing(
    people, client, draft, text, go
):
    page = press(client, draft, go, text=f"Fine.\n\n{text}")
    assert page.status_code == 400
    said = text_of(page)
    assert "Your text cannot stand as it is Nothing was saved. Line 3: " in said
    assert 'aria-invalid="true"' in markup(page)
    assert 'href="#wording"' in markup(page)
    assert field(page) == f"Fine.\n\n{text}"
    for tag in ("<script>", "<img", "<!--", "<b>", 'href="javascript:'):
        assert tag not in markup(page)
    assert own_wordings(now(people, draft)) == ()


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(client, draft):
    page = press(client, draft, "save", text="One.\n\nTwo {{ moto }}.")
    assert "Line 3: “moto” names no answer. Did you mean “motto”?" in text_of(page)


def test_links_that_may_stand_are_links_and_text_stays_text(client, draft):
    text = "See [us](https://example.com/?a=1&b=2) & “more”."
    page = press(client, draft, "preview", text=text)
    assert '<a href="https://example.com/?a=1&amp;b=2" rel="noopener">us</a> &amp;' in markup(page)


def test_an_answer_in_a_wording_is_never_markup(people, client):
    draft = drafted(policy_of(people), people.editor, motto="**We** [care](https://x.example)")
    page = press(client, draft, "preview", text="So: {{ motto }}")
    assert "So: **We** [care](https://x.example)" in text_of(page)


@pytest.mark.parametrize("text", ["", " \n\n "])
def test_an_empty_wording_is_refused_with_what_to_do_instead(client, draft, text):
    page = press(client, draft, "save", text=text)
    assert page.status_code == 400
    assert "change the answer that brings it in" in text_of(page)


def test_a_text_that_is_too_long_is_refused_kindly_and_kept(client, draft):
    text = "Too long. " * 900
    page = press(client, draft, "save", text=text)
    assert page.status_code == 400
    assert field(page) == text
    assert (
        f"This wording has 9,000 characters. Shorten it to {WORDING_LIMIT:,} or fewer."
        in text_of(page)
    )
    lines = "a\r\n" * 4000
    assert "has 8,000" not in text_of(press(client, draft, "preview", text=lines))


def test_all_wording_together_that_is_too_much_is_refused_kindly(client, draft, monkeypatch):
    monkeypatch.setattr("policygen.policies.drafting.drafts.SIZE_LIMIT", 500)
    page = press(client, draft, "save", text=f"{OWN} {'And so on. ' * 50}")
    assert page.status_code == 400
    assert "All your own wording in this draft takes more than 64 KiB" in text_of(page)


def test_a_wording_voids_the_approval_and_its_author_cannot_approve(people, client, draft):
    Draft.objects.filter(pk=draft.pk).update(state=DraftState.SUBMITTED)
    press(client, draft, "save", text=OWN)
    assert now(people, draft).draft.state == DraftState.OPEN
    reading = text_of(client.get(f"/drafts/{draft.pk}/reading/"))
    assert people.reviewer.email in reading.split("May approve it")[0]


@pytest.mark.parametrize("state", [DraftState.SUBMITTED, DraftState.OPEN])
def test_whose_review_a_wording_voids_gets_a_mail_after_the_commit(
    people, client, draft, state, django_capture_on_commit_callbacks
):
    Draft.objects.filter(pk=draft.pk).update(state=state)
    with django_capture_on_commit_callbacks(execute=True):
        press(client, draft, "save", text=OWN)
        assert not mail.outbox
    assert [one.to for one in mail.outbox] == [[people.editor.email]] * (state != DraftState.OPEN)
    for one in mail.outbox:
        assert "ask for a review again" in one.subject
        assert f"/drafts/{draft.pk}/reading/" in one.body
        assert OWN not in one.body


def test_who_voids_their_own_review_gets_no_mail(people, django_capture_on_commit_callbacks):
    own = drafted(policy_of(people), people.owner, motto="We care.")
    Draft.objects.filter(pk=own.pk).update(state=DraftState.SUBMITTED)
    with django_capture_on_commit_callbacks(execute=True):
        press(browser_of(people.owner), own, "save", text=OWN)
    own.refresh_from_db()
    assert own.state == DraftState.OPEN
    assert not mail.outbox


# ------------------------------------------------------------------ two tabs


def test_another_tab_does_not_overwrite_and_what_was_typed_is_kept(people, client, draft):
    stale = client.get(at(draft))
    press(browser_of(people.owner), draft, "save", text=OWN)
    page = press(client, draft, "save", stale, text="Mine: {{ motto }}")
    assert page.status_code == 409
    said = text_of(page)
    assert "The draft changed while you were here" in said
    assert f"{people.owner.username} changed the wording of “Motto”." in said
    assert field(page) == "Mine: {{ motto }}"
    assert "How it reads now We live by this: We care." in said
    assert own_wording_of(now(people, draft), "motto").amendment.text == OWN
    assert press(client, draft, "save", page, text="Mine: {{ motto }}").status_code == 302
    assert own_wording_of(now(people, draft), "motto").amendment.text == "Mine: {{ motto }}"


def test_an_answer_that_changed_meanwhile_is_told_too(people, client, draft):
    stale = client.get(at(draft))
    save_answers(by(people.editor), draft.pk, answers({"retention_years": "9"}))
    page = press(client, draft, "library", stale)
    assert page.status_code == 302  # there is nothing to let go of
    assert press(client, draft, "save", stale, text=OWN).status_code == 409


def test_a_second_press_of_save_is_no_second_edit(people, client, draft):
    page = client.get(at(draft))
    for _ in range(2):
        assert press(client, draft, "save", page, text=OWN).status_code == 302
    assert now(people, draft).draft.revision == draft.revision + 1


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 50])
def test_a_revision_that_is_none_saves_nothing(people, client, draft, revision):
    sent = {"go": "save", "text": OWN, "revision": revision, "line": revision}
    assert client.post(at(draft), sent).status_code == 409
    assert own_wordings(now(people, draft)) == ()


def test_a_draft_that_was_published_meanwhile_leads_to_the_version(people, client, draft):
    page = client.get(at(draft))
    publish_policy(by(people.owner), draft.pk, order(now(people, draft).draft))
    answer = press(client, draft, "save", page, text=OWN)
    assert answer["Location"].endswith("/versions/1/")


# ------------------------------------------------------------------ who


def test_only_those_who_may_review_open_the_page(people, draft):
    for who in (people.owner, people.reviewer):
        assert browser_of(who).get(at(draft)).status_code == 200
    for who in (people.editor, people.viewer):
        before = Event.objects.count()
        assert browser_of(who).get(at(draft)).status_code == 403
        sent = {"go": "save", "text": OWN, "revision": draft.revision}
        assert browser_of(who).post(at(draft), sent).status_code == 403
        assert Event.objects.count() == before


def test_outsiders_strangers_and_unknown_clauses_get_404(people, client, draft):
    for browser in (browser_of(people.outsider), Client()):
        for address in (at(draft), f"/drafts/{uuid4()}/wording/motto/"):
            assert browser.get(address).status_code == 404
            assert browser.post(address, {"go": "save", "text": OWN}).status_code == 404
    for slug in ("nowhere", "a" * 300, "Motto"):
        assert client.get(at(draft, slug)).status_code == 404
        assert client.post(at(draft, slug), {"go": "save", "text": OWN}).status_code == 404


def test_a_form_without_the_token_is_refused(people, client, draft):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    sent = {"go": "save", "text": OWN, "revision": draft.revision}
    assert strict.post(at(draft), sent).status_code == 403


def test_a_draft_of_no_practice_leads_to_its_own_pages(people, client):
    own = start_draft(by(people.reviewer))
    assert client.get(at(own))["Location"] == f"/drafts/{own.pk}/review/"


# ------------------------------------------------------------------ another release


@pytest.fixture
def undecided(people: Cast, draft: Draft, folder: Path) -> Draft:
    """A draft whose wording of the motto waits for a decision."""
    reword(by(people.reviewer), now(people, draft), "motto", OWN, revision=draft.revision)
    change(folder, "about/motto.md", MOTTO, NEWER)
    move(people, draft, folder)
    return draft


def move(people: Cast, draft: Draft, folder: Path) -> None:
    """Release what was changed in the folder, and let the draft use it."""
    to = release_changes(folder).digest
    move_draft(by(people.owner), draft.pk, to=to, revision=now(people, draft).draft.revision)


def test_three_texts_stand_side_by_side_with_three_ways_out(client, undecided):
    page = client.get(at(undecided))
    said = text_of(page)
    assert "Which wording of “Motto” holds?" in said
    assert "Until then the policy prints your wording, and cannot be published." in said
    for text in (MOTTO, OWN, NEWER):
        assert f'<pre class="source">{text}</pre>' in html.unescape(markup(page))
    assert "<del>" in markup(page)
    assert "<ins>" in markup(page)
    assert re.findall(r'name="go" value="(\w+)"', markup(page)) == [
        "keep",
        "library",
        "save",
        "preview",
    ]


@pytest.mark.parametrize(
    ("go", "typed", "text"),
    [
        ("keep", {}, OWN),
        ("library", {}, None),
        ("save", {"text": "A third: {{ motto }}"}, "A third: {{ motto }}"),
    ],
)
def test_each_way_decides_and_publishing_is_possible_again(
    people, client, undecided, go, typed, text
):
    assert press(client, undecided, go, **typed).status_code == 302
    own = own_wording_of(now(people, undecided), "motto")
    assert (own.amendment.text if own else None) == text
    assert own is None or own.standing is Standing.CARRIED
    found = now(people, undecided)
    assert publish_policy(by(people.owner), undecided.pk, order(found.draft)).number == 1


def test_a_decision_that_another_tab_made_is_not_made_again(people, client, undecided):
    stale = client.get(at(undecided))
    press(browser_of(people.owner), undecided, "library")
    page = press(client, undecided, "keep", stale)
    assert page.status_code == 409
    assert own_wordings(now(people, undecided)) == ()
    page = press(client, undecided, "save", stale, text="A third: {{ motto }}")
    assert page.status_code == 409
    assert field(page) == "A third: {{ motto }}"


def test_a_wording_that_no_longer_fits_cannot_be_kept_and_says_why(people, client, draft, folder):
    reword(
        by(people.reviewer),
        now(people, draft),
        "data",
        "We keep {{ data | listing }}. {{ motto }}",
        revision=draft.revision,
    )
    (folder / "about" / "motto.md").unlink()
    change(folder, "vocabulary.yaml", QUESTION, "")
    change(folder, "examples/elm.yaml", "  motto: none\n", "")
    move(people, draft, folder)
    page = client.get(at(draft, "data"))
    assert "the library’s text, since yours does not fit any more" in text_of(page)
    assert 'value="keep"' not in markup(page)
    forced = press(client, draft, "keep", slug="data")
    assert forced.status_code == 400
    assert "“motto” names no answer" in text_of(forced)
    trial = press(client, draft, "preview", slug="data", text=field(page))
    assert trial.status_code == 400
    assert "“motto” names no answer" in text_of(trial)
    reading = text_of(client.get(f"/drafts/{draft.pk}/reading/"))
    assert "The library’s text, until you decide" in reading


QUESTION = (
    '  - {id: motto, page: practice, kind: text, ask: "What is your motto?", '
    'help: "One sentence.", example: "We care."}\n'
)


def test_a_wording_of_a_clause_that_is_gone_is_let_go_by_hand_and_can_be_read_later(
    people, client, draft, folder
):
    reword(
        by(people.reviewer),
        now(people, draft),
        "no-health",
        "No health data here.",
        revision=draft.revision,
    )
    (folder / "about" / "no-health.md").unlink()
    move(people, draft, folder)
    page = client.get(at(draft, "no-health"))
    assert "Your wording of a clause that is gone" in text_of(page)
    assert re.findall(r'name="go" value="(\w+)"', markup(page)) == ["library"]
    for go in ("keep", "save"):
        assert press(client, draft, go, slug="no-health", text="Other.").status_code == 409
        assert own_wording_of(now(people, draft), "no-health") is not None
    answer = press(client, draft, "library", slug="no-health")
    assert "is let go. The log of the policy keeps it." in text_of(client.get(answer["Location"]))
    past = client.get(at(draft, "no-health"))
    assert past.status_code == 200
    assert "No health data here." in text_of(past)


def test_a_wording_that_the_library_reached_is_told_and_taken_off_the_list(
    people, client, draft, folder
):
    reword(by(people.reviewer), now(people, draft), "motto", OWN, revision=draft.revision)
    change(folder, "about/motto.md", MOTTO, OWN)
    move(people, draft, folder)
    reading = f"/drafts/{draft.pk}/reading/"
    assert "The library’s text is the same as yours now." in text_of(client.get(reading))
    page = client.get(at(draft))
    assert "There is nothing left to keep apart." in text_of(page)
    press(client, draft, "library", page)
    assert "is the same as yours now" not in text_of(client.get(reading))


# ------------------------------------------------------------------ cost


def test_it_takes_as_many_queries_however_many_wordings_there_are(people, client, draft):
    client.get(at(draft))
    few = queries(client, draft)
    for slug, text in (("motto", OWN), ("data", "{{ data | listing }}."), ("motto", f"{OWN}!")):
        press(client, draft, "save", slug=slug, text=text)
    client.get(at(draft))
    assert queries(client, draft) == few <= 14


def queries(client: Client, draft: Draft) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(at(draft)).status_code == 200
    return len(found)
