"""The reading page: what it shows to whom, and the steps of a review taken on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policygen.policies.drafting.drafts import open_draft, save_answers, start_draft
from policygen.policies.drafting.wording import reword
from policygen.policies.events import Action
from policygen.policies.holders import Holder
from policygen.policies.models import Comment, Draft, DraftState, Event, Policy
from policygen.policies.reviewing import review
from policygen.practices.models import Practice
from policygen.practices.roles import Role
from tests.library.folders import change
from tests.policies.cast import Cast, cast, drafted, member, policy_of, published
from tests.practices.browsers import browser_of
from tests.releases import release_changes
from tests.wizard.visitors import Controls, answers, text_of

OPEN, SENT, DONE = DraftState.OPEN, DraftState.SUBMITTED, DraftState.APPROVED


@pytest.fixture
def people(release: None) -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


@pytest.fixture
def draft(people: Cast, policy: Policy) -> Draft:
    """A draft that the editor wrote."""
    return drafted(policy, people.editor)


def by(user: User) -> Holder:
    return Holder(user=user)


def at(draft: Draft, step: str = "") -> str:
    return f"/drafts/{draft.pk}/reading/{step}"


def now(draft: Draft) -> Draft:
    return Draft.objects.get(pk=draft.pk)


def sent(people: Cast, draft: Draft) -> Draft:
    review.submit(by(people.editor), draft.pk, revision=draft.revision)
    return now(draft)


def markup(response: Any) -> str:
    text: str = response.content.decode()
    return text


def form(response: Any, action: str) -> dict[str, str]:
    """Return what a browser would send with the form of a page that leads to an address."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', markup(response), re.S)
    assert found, f"There is no form to {action}."
    return {name: values[0] for name, values in Controls(found[0]).as_post().items()}


def forms(response: Any) -> set[str]:
    return set(re.findall(r'action="([^"]*/reading/[^"]*)"', markup(response)))


def press(client: Client, draft: Draft, step: str, page: Any = None, **typed: str) -> Any:
    """Press a button of the page as it is, or as it was."""
    page = page or client.get(at(draft))
    return client.post(at(draft, step), {**form(page, at(draft, step)), **typed})


# ------------------------------------------------------------------ what it shows


def test_it_shows_every_clause_with_its_reason(people, draft):
    page = browser_of(people.viewer).get(at(draft))
    assert page.status_code == 200
    said = text_of(page)
    assert "Elm Dental, PLLC cares about your privacy" in said
    assert "Here because you chose “Name” and “Records”." in said
    shown = re.findall(r'<article class="read-clause" id="clause-([a-z-]+)"', markup(page))
    assert "data" in shown
    assert "motto" not in shown
    assert "private, no-store" in page["Cache-Control"]
    ids = Controls(markup(page)).ids
    assert len(ids) == len(set(ids))


def test_links_inside_the_policy_lead_to_sections_of_the_page(people, draft):
    page = markup(browser_of(people.viewer).get(at(draft)))
    assert 'href="#section-contact"' in page
    assert 'id="section-contact"' in page


@pytest.mark.parametrize(
    ("role", "state", "steps"),
    [
        ("owner", OPEN, {"submit/", "comment/"}),
        ("owner", SENT, {"approve/", "send-back/", "comment/"}),
        ("owner", DONE, {"send-back/", "comment/"}),
        ("editor", OPEN, {"submit/", "comment/"}),
        ("editor", SENT, {"comment/"}),
        ("reviewer", OPEN, {"comment/"}),
        ("reviewer", SENT, {"approve/", "send-back/", "comment/"}),
        ("viewer", OPEN, set()),
        ("viewer", SENT, set()),
    ],
)
def test_each_role_has_its_buttons(people, draft, role, state, steps):
    if state != OPEN:
        sent(people, draft)
    if state == DONE:
        review.approve(by(people.reviewer), draft.pk, revision=draft.revision)
    page = browser_of(getattr(people, role)).get(at(draft))
    assert forms(page) == {at(draft, step) for step in steps}
    words = "Change the wording" in text_of(page)
    assert words == (role in {"owner", "reviewer"})


def test_whoever_wrote_in_it_sees_why_they_cannot_approve_and_who_can(people, policy):
    draft = drafted(policy, people.owner)
    review.submit(by(people.owner), draft.pk, revision=draft.revision)
    said = text_of(browser_of(people.owner).get(at(draft)))
    assert "You wrote in this draft, so somebody else must approve it." in said
    assert f"May approve it {people.reviewer.email}" in said
    assert "Approve this draft" not in said


def test_a_practice_of_one_is_told_to_invite_somebody(release):
    alone = cast().outsider
    draft = drafted(
        Policy.objects.create(
            practice=Practice.objects.get(name="Oak Dental"), title="One", slug="one"
        ),
        alone,
    )
    said = text_of(browser_of(alone).get(at(draft)))
    assert "Everybody who may approve wrote in it. Invite a reviewer first." in said


def test_times_are_those_of_the_practice(people, draft):
    Practice.objects.update(time_zone="America/Chicago")
    with time_machine.travel(datetime(2031, 3, 2, 4, 30, tzinfo=UTC), tick=False):
        review.comment(by(people.reviewer), draft.pk, clause="data", text="Which?")
        sent(people, draft)
        said = text_of(browser_of(people.owner).get(at(draft)))
    assert said.count("March 1, 2031, 22:30 CST") == 2


def test_what_keeps_it_from_being_published_stands_on_top(people, policy):
    draft = drafted(policy, people.editor)
    Draft.objects.filter(pk=draft.pk).update(answers="{}")
    for who, mends in ((people.editor, True), (people.reviewer, False)):
        page = browser_of(who).get(at(draft))
        assert "“What is your full name?” has no answer" in text_of(page)
        assert (
            f'href="/drafts/{draft.pk}/practice/?from=review#q-practice_name"' in markup(page)
        ) is mends


def test_the_redline_against_the_version_in_force_is_at_a_switch(people, policy):
    published(policy, people.owner)
    draft = drafted(policy, people.editor, retention_years="9")
    client = browser_of(people.reviewer)
    whole = text_of(client.get(at(draft)))
    assert "Show only what changes against version 1, which is in force" in whole
    changes = client.get(at(draft), {"show": "changes"})
    assert re.search(r"<del>.{0,60}7</del>", markup(changes))
    assert "removed: 7" in text_of(changes)
    assert "added: 9" in text_of(changes)
    assert "cares about your privacy" not in text_of(changes)
    same = drafted(policy, people.owner)
    assert "It reads the same, word for word." in text_of(client.get(at(same), {"show": "changes"}))


def test_without_a_version_there_is_nothing_to_compare(people, draft):
    page = browser_of(people.owner).get(at(draft), {"show": "changes"})
    assert "No version is in force yet" in text_of(page)
    assert "cares about your privacy" in text_of(page)


def test_a_version_that_was_damaged_leaves_the_page_of_use(people, policy, monkeypatch):
    published(policy, people.owner)
    draft = drafted(policy, people.editor)
    monkeypatch.setattr("policygen.policies.published.versions.document_from_json", _refuse)
    monkeypatch.setattr("policygen.policies.inside.reading.document_of", _refuse)
    page = browser_of(people.owner).get(at(draft), {"show": "changes"})
    assert page.status_code == 200
    assert "Version 1 cannot be read." in text_of(page)


def _refuse(*_: Any) -> Any:
    raise ValueError


# ------------------------------------------------------------------ comments


def test_a_comment_stands_beside_its_clause_with_who_and_when_and_can_be_settled(people, draft):
    client = browser_of(people.editor)
    page = client.get(at(draft))
    data = {"csrfmiddlewaretoken": "x", "clause": "data", "text": "Which <b>records</b>?"}
    answer = client.post(at(draft, "comment/"), data)
    assert answer["Location"] == f"{at(draft)}#clause-data"
    made = Comment.objects.get()
    page = client.get(at(draft))
    clause = re.search(r'id="clause-data".*?</article>', markup(page), re.S)
    assert clause
    assert "Which &lt;b&gt;records&lt;/b&gt;?" in clause[0]
    assert people.editor.email in clause[0]
    assert "Open comments</dt><dd>1" in markup(page)
    done = client.post(at(draft, f"comment/{made.pk}/settle/"))
    assert done["Location"] == f"{at(draft)}#comment-{made.pk}"
    after = client.get(at(draft))
    assert "· settled" in text_of(after)
    assert "Open comments</dt><dd>0" in markup(after)


def test_a_general_comment_and_one_on_a_clause_that_went_are_shown(people, draft):
    review.comment(by(people.reviewer), draft.pk, clause="", text="All is well.")
    review.comment(by(people.reviewer), draft.pk, clause="no-health", text="Really none?")
    said = text_of(browser_of(people.owner).get(at(draft)))
    assert "Comments on clauses that are no longer in the text No health data" in said
    assert "Really none?" in said
    assert "All is well." in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Write your comment first"),
        ("<b>" * 700, "Shorten it"),
        ("a\x00b", "control character"),
    ],
)
def test_a_comment_that_is_refused_comes_back_with_what_was_typed(people, draft, text, message):
    page = browser_of(people.reviewer).post(at(draft, "comment/"), {"clause": "data", "text": text})
    assert page.status_code == 400
    assert message in text_of(page)
    assert 'href="#remark-data"' in markup(page)
    assert 'aria-describedby="mistake-data"' in markup(page)
    assert form_text(page, "remark-data") == text
    assert not Comment.objects.exists()


def form_text(page: Any, identifier: str) -> str:
    found = re.search(rf'<textarea id="{identifier}".*?</textarea>', markup(page), re.S)
    assert found
    return Controls(found[0]).as_post().popitem()[1][0]


def test_what_was_typed_about_a_clause_that_went_is_kept(people, draft):
    page = browser_of(people.reviewer).post(
        at(draft, "comment/"), {"clause": "motto", "text": "x" * 2001}
    )
    assert form_text(page, "remark-") == "x" * 2001


def test_a_comment_on_a_clause_that_never_was_is_not_taken(people, draft):
    for clause in ("nowhere", "a" * 200, "../etc", "\x00"):
        data = {"clause": clause, "text": "Here."}
        assert browser_of(people.owner).post(at(draft, "comment/"), data).status_code == 404


def test_a_comment_of_another_draft_cannot_be_settled(people, draft):
    other = drafted(policy_of(people, "Other"), people.owner)
    made = review.comment(by(people.owner), other.pk, clause="", text="Other.")
    client = browser_of(people.owner)
    for number in (made.pk, 10**30, 0):
        assert client.post(at(draft, f"comment/{number}/settle/")).status_code == 404
    made.refresh_from_db()
    assert not made.settled


# ------------------------------------------------------------------ steps


def test_a_review_from_the_question_to_the_approval(people, draft):
    writer, reviewer = browser_of(people.editor), browser_of(people.reviewer)
    assert press(writer, draft, "submit/")["Location"] == at(draft)
    assert "asked for a review on" in text_of(writer.get(at(draft)))
    assert press(reviewer, draft, "send-back/", why="Name the fax.")["Location"] == at(draft)
    back = text_of(writer.get(at(draft)))
    assert f"{people.reviewer.email} sent it back on" in back
    assert "Name the fax." in back
    assert "Ask for a review again" in back
    press(writer, draft, "submit/")
    press(reviewer, draft, "approve/")
    done = text_of(writer.get(at(draft)))
    assert f"{people.reviewer.email} approved it on" in done
    save_answers(by(people.editor), draft.pk, answers({"motto": "We care."}))
    assert "the approval no longer holds" in text_of(writer.get(at(draft)))


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, ""), (1, "1 comment is still open."), (2, "2 comments are still open.")],
)
def test_who_approves_is_told_how_many_comments_are_open(people, draft, count, words):
    sent(people, draft)
    for _ in range(count):
        review.comment(by(people.owner), draft.pk, clause="data", text="Which?")
    said = text_of(browser_of(people.reviewer).get(at(draft)))
    assert words in said
    assert ("still open" in said) == bool(count)


def test_sending_back_without_a_reason_is_refused_at_its_field(people, draft):
    sent(people, draft)
    page = press(browser_of(people.reviewer), draft, "send-back/", why=" ")
    assert page.status_code == 400
    assert "Say what should be changed" in text_of(page)
    assert '<details class="send-back" open>' in markup(page)
    assert now(draft).state == SENT


@pytest.mark.parametrize("step", ["approve/", "send-back/"])
def test_a_draft_that_changed_meanwhile_comes_back_with_what_changed_and_what_was_typed(
    people, draft, step
):
    draft = sent(people, draft)
    reviewer = browser_of(people.reviewer)
    page = reviewer.get(at(draft))
    save_answers(by(people.editor), draft.pk, answers({"retention_years": "9"}))
    sent(people, now(draft))
    typed = {"why": "A long <reason>."} if step == "send-back/" else {}
    again = press(reviewer, draft, step, page, **typed)
    assert again.status_code == 409
    said = text_of(again)
    assert "The draft changed while you read it" in said
    assert f"{people.editor.username} changed answers." in said
    assert "These clauses read differently now: Years" in said
    assert '<article class="read-clause changed" id="clause-years"' in markup(again)
    assert markup(again).count("read-clause changed") == 1
    if typed:
        assert form_text(again, "why") == "A long <reason>."
    assert now(draft).state == SENT
    assert press(reviewer, draft, step, again, **typed).status_code == 302


def test_what_was_typed_is_shown_even_where_its_form_is_gone(people, draft):
    draft = sent(people, draft)
    reviewer = browser_of(people.reviewer)
    page = reviewer.get(at(draft))
    save_answers(by(people.editor), draft.pk, answers({"data": ["name"]}))
    again = press(reviewer, draft, "send-back/", page, why="Because.")
    assert again.status_code == 409
    assert "What you typed Because." in text_of(again)
    assert "No health data" in text_of(again)


def test_a_change_that_prints_nothing_is_told_too(people, draft):
    reviewer = browser_of(people.reviewer)
    sent(people, draft)
    page = reviewer.get(at(draft))
    Draft.objects.filter(pk=draft.pk).update(revision=draft.revision + 1)
    assert "The text reads as it did." in text_of(press(reviewer, draft, "approve/", page))


def test_a_form_of_before_is_answered_with_409_and_a_clear_message(people, draft):
    """Steps that do not lead anywhere from here: replayed forms, skipped states."""
    owner = browser_of(people.owner)
    for step, message in (("approve/", "Nobody asked"), ("send-back/", "not in review")):
        page = owner.post(at(draft, step), {"revision": draft.revision, "why": "Why?"})
        assert page.status_code == 409
        assert message in text_of(page)
    assert now(draft).state == OPEN
    sent(people, draft)
    review.approve(by(people.reviewer), draft.pk, revision=draft.revision)
    page = owner.post(at(draft, "submit/"), {"revision": draft.revision})
    assert page.status_code == 409
    assert "approved already" in text_of(page)


@pytest.mark.parametrize("revision", ["", "-1", "x", "1e3", "９", "9" * 40, "\x00"])
def test_a_revision_that_is_none_approves_nothing(people, draft, revision):
    sent(people, draft)
    data = {"revision": revision, "seen": "a:b : :: \x00", "line": revision}
    page = browser_of(people.reviewer).post(at(draft, "approve/"), data)
    assert page.status_code == 409
    assert now(draft).state == SENT


def test_ones_own_work_is_refused_on_the_page(people, policy):
    draft = drafted(policy, people.owner)
    review.submit(by(people.owner), draft.pk, revision=draft.revision)
    owner = browser_of(people.owner)
    page = owner.post(at(draft, "approve/"), {"revision": draft.revision})
    assert page.status_code == 403
    assert "somebody else must approve it" in text_of(page)
    assert now(draft).state == SENT


def test_approving_asks_again_who_it_is_after_a_while_and_goes_on_then(people, draft):
    sent(people, draft)
    reviewer = browser_of(people.reviewer)
    page = reviewer.get(at(draft))
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=20)):
        answer = press(reviewer, draft, "approve/", page)
        assert answer.status_code == 302
        assert "/account/reauthenticate/" in answer["Location"]
        assert now(draft).state == SENT
        again = reviewer.post(answer["Location"], {"password": "a long pass phrase"})
        assert again["Location"] == at(draft)
    assert now(draft).state == DONE


def test_a_second_press_is_no_second_step(people, draft):
    sent(people, draft)
    reviewer = browser_of(people.reviewer)
    page = reviewer.get(at(draft))
    for _ in range(3):
        assert press(reviewer, draft, "approve/", page).status_code == 302
    assert Event.objects.filter(action=Action.APPROVED).count() == 1


# ------------------------------------------------------------------ who


STEPS = ["submit/", "approve/", "send-back/", "comment/", "comment/1/settle/"]


@pytest.mark.parametrize("step", ["", *STEPS])
def test_outsiders_and_strangers_get_what_a_draft_that_never_was_gives(people, draft, step):
    nowhere = f"/drafts/{uuid4()}/reading/{step}"
    for client in (browser_of(people.outsider), Client()):
        for method in ("get", "post"):
            if method == "post" and not step:
                continue
            found = getattr(client, method)(at(draft, step))
            missing = getattr(client, method)(nowhere)
            assert found.status_code == missing.status_code == 404
            assert _without_path(found, str(draft.pk)) == _without_path(missing, nowhere[8:44])


def _without_path(response: Any, identifier: str) -> str:
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", markup(response))
    return page.replace(identifier, "")


@pytest.mark.parametrize(
    ("role", "step"),
    [
        ("viewer", "submit/"),
        ("viewer", "approve/"),
        ("viewer", "send-back/"),
        ("viewer", "comment/"),
        ("viewer", "comment/1/settle/"),
        ("editor", "approve/"),
        ("editor", "send-back/"),
        ("reviewer", "submit/"),
    ],
)
def test_a_member_without_the_right_is_refused(people, draft, role, step):
    before = Event.objects.count()
    data = {"revision": draft.revision, "why": "Why?", "text": "Text."}
    assert browser_of(getattr(people, role)).post(at(draft, step), data).status_code == 403
    assert Event.objects.count() == before


@pytest.mark.parametrize("step", STEPS)
def test_nothing_is_done_by_looking_or_without_the_token(people, draft, step):
    sent(people, draft)
    before = Event.objects.count()
    owner = browser_of(people.owner)
    assert owner.get(at(draft, step))["Location"] == at(draft)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = owner.cookies
    data = {"revision": draft.revision, "why": "Why?", "text": "Text."}
    assert strict.post(at(draft, step), data).status_code == 403
    assert Event.objects.count() == before


def test_a_draft_of_no_practice_leads_to_its_own_pages(people, release):
    own = start_draft(by(people.editor))
    client = browser_of(people.editor)
    for answer in (client.get(at(own)), client.post(at(own, "submit/"), {"revision": 0})):
        assert answer["Location"] == f"/drafts/{own.pk}/review/"


# ------------------------------------------------------------------ wording beside it


OWN = "These <we> keep: {{ data | listing }}."


def test_own_wording_is_a_tracked_change_wherever_the_clause_stands(people, draft):
    found = open_draft(by(people.reviewer), draft.pk)
    reword(
        by(people.reviewer),
        found,
        "data",
        "These we keep: {{ data | listing }}.",
        revision=draft.revision,
    )
    page = browser_of(people.viewer).get(at(draft))
    clause = re.search(r'id="clause-data".*?</article>', markup(page), re.S)
    assert clause
    assert "data-amended" in clause[0]
    assert "Your own wording" in clause[0]
    assert people.reviewer.username in clause[0]
    assert "<ins>" in clause[0]
    assert "<del>" in clause[0]
    assert "It stands in place of the library’s text." in text_of(page)


def test_what_waits_for_a_decision_stands_on_top(people, draft, folder):
    found = open_draft(by(people.reviewer), draft.pk)
    reword(
        by(people.reviewer), found, "data", "We keep {{ data | listing }}.", revision=draft.revision
    )
    reword(
        by(people.reviewer),
        open_draft(by(people.reviewer), draft.pk),
        "no-health",
        "None here.",
        revision=draft.revision + 1,
    )
    change(folder, "about/data.md", "We keep the following about you", "Of you we keep")
    (folder / "about" / "no-health.md").unlink()
    newer = release_changes(folder)
    Draft.objects.filter(pk=draft.pk).update(release=newer.digest)
    page = text_of(browser_of(people.reviewer).get(at(draft)))
    assert "2 wordings wait for a decision" in page
    assert "Until you decide, the policy prints your wording." in page
    assert "The library has no such clause any more, so your wording is printed nowhere." in page
    assert page.index("wait for a decision") < page.index("The text")
    viewer = browser_of(people.viewer).get(at(draft))
    assert "An owner or a reviewer can." in text_of(viewer)
    assert "/wording/" not in markup(viewer)


def test_it_takes_as_many_queries_however_much_there_is(
    people, policy, draft, django_assert_max_num_queries
):
    owner = browser_of(people.owner)
    owner.get(at(draft))
    few = _queries(lambda: owner.get(at(draft)))
    for number in range(12):
        review.comment(by(people.editor), draft.pk, clause="data" if number % 2 else "", text="?")
        member(people.practice, Role.REVIEWER)
    for slug in ("data", "years", "who"):
        found = open_draft(by(people.owner), draft.pk)
        text = f"Now: {next(c for c in found.library.clauses if c.slug == slug).source}"
        reword(by(people.owner), found, slug, text, revision=found.draft.revision)
    assert _queries(lambda: owner.get(at(draft))) == few
    assert few <= 20


def _queries(do: Callable[[], Any]) -> int:

    with CaptureQueriesContext(connection) as queries:
        assert do().status_code == 200
    return len(queries)
