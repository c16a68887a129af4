"""The review of a draft: who may take which step, when, and what two people at once can do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from policygen.policies.drafting.beginning import begin_draft, keep_draft
from policygen.policies.drafting.drafts import (
    NotAllowed,
    Overtaken,
    amend_draft,
    move_draft,
    save_answers,
    start_draft,
)
from policygen.policies.events import Action, problems_of
from policygen.policies.holders import Holder
from policygen.policies.models import Comment, Draft, DraftState, Editor, Event, Policy
from policygen.policies.published.publishing import NotApproved, publish_policy
from policygen.policies.reviewing import review
from policygen.policies.reviewing.review import NotReviewed, NotSaid, OwnWork
from policygen.practices.models import Membership
from policygen.practices.roles import Role
from tests.library.folders import change
from tests.policies.cast import Cast, cast, drafted, member, order, policy_of, published
from tests.releases import release_changes
from tests.threads import together
from tests.wizard.visitors import answers

AMENDED = (
    '[{"slug":"data","base_version":1,"base_text":"We keep the following about you: '
    '{{ data | listing }}.","text":"We keep {{ data | listing }}."}]'
)


def by(user: User) -> Holder:
    return Holder(user=user)


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


def now(draft: Draft) -> Draft:
    return Draft.objects.get(pk=draft.pk)


def actions(draft: Draft) -> list[str]:
    return list(
        Event.objects.filter(draft=draft.pk).order_by("number").values_list("action", flat=True)
    )


def in_state(draft: Draft, people: Cast, state: DraftState) -> Draft:
    """Bring a draft into a state, as people do it."""
    if state != DraftState.OPEN:
        review.submit(by(people.editor), draft.pk, revision=draft.revision)
    if state == DraftState.APPROVED:
        review.approve(by(people.reviewer), draft.pk, revision=draft.revision)
    return now(draft)


# ------------------------------------------------------------------ states


def submit(people: Cast, draft: Draft) -> Any:
    return review.submit(by(people.editor), draft.pk, revision=draft.revision)


def approve(people: Cast, draft: Draft) -> Any:
    return review.approve(by(people.reviewer), draft.pk, revision=draft.revision)


def send_back(people: Cast, draft: Draft) -> Any:
    return review.send_back(by(people.reviewer), draft.pk, revision=draft.revision, why="No.")


def comment(people: Cast, draft: Draft) -> Any:
    return review.comment(by(people.reviewer), draft.pk, clause="data", text="Which?")


def settle(people: Cast, draft: Draft) -> Any:
    made = Comment.objects.create(draft=draft, clause="data", text="Which?", by=people.owner)
    return review.settle(by(people.editor), draft.pk, comment=made.pk)


def answer(people: Cast, draft: Draft) -> Any:
    return save_answers(by(people.editor), draft.pk, answers({"motto": "We care a lot."}))


def amend(people: Cast, draft: Draft) -> Any:
    return amend_draft(by(people.owner), draft.pk, amendments=AMENDED, revision=draft.revision)


def move(people: Cast, draft: Draft) -> Any:
    return move_draft(by(people.editor), draft.pk, to="b" * 64, revision=draft.revision)


def publish(people: Cast, draft: Draft) -> Any:
    return publish_policy(by(people.owner), draft.pk, order(draft))


OPEN, SENT, DONE = DraftState.OPEN, DraftState.SUBMITTED, DraftState.APPROVED
REFUSED = "refused"
TABLE: list[tuple[Callable[[Cast, Draft], Any], dict[DraftState, str]]] = [
    (submit, {OPEN: SENT, SENT: SENT, DONE: REFUSED}),
    (approve, {OPEN: REFUSED, SENT: DONE, DONE: DONE}),
    (send_back, {OPEN: REFUSED, SENT: OPEN, DONE: OPEN}),
    (comment, {OPEN: OPEN, SENT: SENT, DONE: DONE}),
    (settle, {OPEN: OPEN, SENT: SENT, DONE: DONE}),
    (answer, {OPEN: OPEN, SENT: OPEN, DONE: OPEN}),
    (amend, {OPEN: OPEN, SENT: OPEN, DONE: OPEN}),
    (move, {OPEN: OPEN, SENT: OPEN, DONE: OPEN}),
    (publish, {OPEN: REFUSED, SENT: REFUSED, DONE: "published"}),
]


@pytest.mark.parametrize("state", list(DraftState))
@pytest.mark.parametrize(("action", "outcomes"), TABLE, ids=[do.__name__ for do, _ in TABLE])
def test_every_action_in_every_state_does_what_the_table_says(
    people, draft, action, outcomes, state
):
    people.practice.needs_review = True
    people.practice.save()
    draft = in_state(draft, people, state)
    before = actions(draft)
    if outcomes[state] == REFUSED:
        with pytest.raises((NotReviewed, NotApproved), match=r"."):
            action(people, draft)
        assert now(draft).state == state
        assert actions(draft) == before
    elif outcomes[state] == "published":
        assert action(people, draft).number == 1
    else:
        action(people, draft)
        after = now(draft)
        assert after.state == outcomes[state]
        assert (after.approved_by is not None) == (after.state == DONE)
    assert not list(problems_of(draft.policy))


def test_a_second_press_changes_nothing_and_writes_nothing(people, draft):
    for step in (submit, approve):
        step(people, draft)
        before = actions(draft)
        with CaptureQueriesContext(connection) as queries:
            step(people, draft)
        assert actions(draft) == before
        changes = ("UPDATE", "INSERT", "DELETE")
        assert not [one["sql"] for one in queries if one["sql"].startswith(changes)]


def test_a_step_is_refused_for_a_revision_that_was_not_seen(people, draft):
    answer(people, draft)
    for step in (submit, approve, send_back):
        with pytest.raises(Overtaken):
            step(people, draft)
    assert now(draft).state == OPEN


def test_an_edit_after_the_approval_makes_it_void_and_needs_a_new_review(people, draft):
    people.practice.needs_review = True
    people.practice.save()
    approved = in_state(draft, people, DONE)
    answer(people, approved)
    changed = now(draft)
    assert (changed.state, changed.approved_by, changed.revision) == (
        OPEN,
        None,
        draft.revision + 1,
    )
    with pytest.raises(NotApproved):
        publish_policy(by(people.owner), draft.pk, order(changed))
    with pytest.raises(Overtaken):
        publish_policy(by(people.owner), draft.pk, order(approved))
    in_state(changed, people, DONE)
    assert publish_policy(by(people.owner), draft.pk, order(changed)).number == 1


def test_a_draft_of_nobodys_policy_is_not_reviewed(people):
    own = start_draft(by(people.editor))
    with pytest.raises(NotReviewed, match="Keep it in one first"):
        review.submit(by(people.editor), own.pk, revision=0)


# ------------------------------------------------------------------ four eyes


def test_whoever_changed_a_draft_cannot_approve_it(people, policy):
    draft = drafted(policy, people.owner)
    review.submit(by(people.owner), draft.pk, revision=draft.revision)
    with pytest.raises(OwnWork, match="somebody else must approve it"):
        review.approve(by(people.owner), draft.pk, revision=draft.revision)
    assert now(draft).state == SENT
    assert Action.APPROVED not in actions(draft)


def test_all_who_changed_a_draft_are_excluded_and_not_only_the_last(people, policy, draft):
    """A second editor does not launder what the owner wrote, nor does a later revision."""
    amend(people, draft)
    answer(people, now(draft))
    draft = now(draft)
    submit(people, draft)
    assert [user.pk for user in review.editors_of(draft)] == [people.editor.pk, people.owner.pk]
    assert list(review.approvers_of(draft)) == [people.reviewer]
    with pytest.raises(OwnWork):
        review.approve(by(people.owner), draft.pk, revision=draft.revision)
    approve(people, draft)
    with pytest.raises(OwnWork):
        review.approve(by(people.owner), draft.pk, revision=draft.revision)


def test_whoever_amends_the_wording_becomes_an_editor(people, draft):
    amend_draft(by(people.reviewer), draft.pk, amendments=AMENDED, revision=draft.revision)
    draft = now(draft)
    submit(people, draft)
    with pytest.raises(OwnWork):
        approve(people, draft)
    assert review.approve(by(people.owner), draft.pk, revision=draft.revision).state == DONE


def test_whoever_keeps_an_interview_as_a_draft_wrote_it(people, policy):
    own = start_draft(by(people.owner), answers=answers({"practice_name": "Elm"}))
    draft = keep_draft(by(people.owner), own.pk, policy)
    review.submit(by(people.owner), draft.pk, revision=draft.revision)
    with pytest.raises(OwnWork):
        review.approve(by(people.owner), draft.pk, revision=draft.revision)


def test_whoever_begins_a_draft_with_a_newer_release_changed_it(people, policy, folder):
    published(policy, people.owner)
    change(folder, "about/years.md", "We keep it for", "All of it is kept for")
    newer = release_changes(folder)
    draft = begin_draft(policy, people.owner, release=newer.digest)
    review.submit(by(people.owner), draft.pk, revision=draft.revision)
    with pytest.raises(OwnWork):
        review.approve(by(people.owner), draft.pk, revision=draft.revision)


def raw(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize("state", [OPEN, SENT])
def test_the_database_itself_refuses_an_approval_by_an_editor_or_out_of_turn(people, draft, state):
    in_state(draft, people, state)
    approvers = [people.editor] if state == SENT else [people.editor, people.reviewer]
    for person in approvers:
        with (
            pytest.raises(DatabaseError, match="approved after it was submitted"),
            transaction.atomic(),
        ):
            Draft.objects.filter(pk=draft.pk).update(state=DONE, approved_by=person)
        with (
            pytest.raises(DatabaseError, match="approved after it was submitted"),
            transaction.atomic(),
        ):
            found = now(draft)
            found.state, found.approved_by = DONE, person
            found.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        Draft.objects.filter(pk=draft.pk).update(state=DONE)
    with pytest.raises(DatabaseError), transaction.atomic():
        Draft.objects.create(
            pk=uuid4(),
            policy=policy_of(people, "Other"),
            user=people.editor,
            state=DONE,
            approved_by=people.reviewer,
            updated=draft.updated,
        )


def test_the_database_keeps_what_was_approved(people, draft):
    in_state(draft, people, DONE)
    for changed in (
        {"answers": "{}"},
        {"amendments": AMENDED},
        {"release": "c" * 64},
        {"revision": 99},
        {"base": 3},
        {"policy": policy_of(people, "Other")},
        {"approved_by": people.owner},
    ):
        with pytest.raises(DatabaseError, match="An approval holds"), transaction.atomic():
            Draft.objects.filter(pk=draft.pk).update(**changed)


# ------------------------------------------------------------------ who


RIGHTS: dict[str, set[str]] = {
    "owner": {"submit", "approve", "send_back", "comment"},
    "editor": {"submit", "comment"},
    "reviewer": {"approve", "send_back", "comment"},
    "viewer": set(),
}


@pytest.mark.parametrize("role", RIGHTS)
def test_each_role_takes_the_steps_that_it_has_a_right_to(people, policy, role):
    someone = getattr(people, role)
    writer = member(people.practice, Role.EDITOR)
    steps = {
        "submit": (OPEN, lambda d: review.submit(by(someone), d.pk, revision=d.revision)),
        "comment": (OPEN, lambda d: review.comment(by(someone), d.pk, clause="", text="Good.")),
        "approve": (SENT, lambda d: review.approve(by(someone), d.pk, revision=d.revision)),
        "send_back": (
            SENT,
            lambda d: review.send_back(by(someone), d.pk, revision=d.revision, why="No."),
        ),
    }
    for name, (state, step) in steps.items():
        draft = drafted(policy_of(people, name), writer)
        if state == SENT:
            review.submit(by(writer), draft.pk, revision=draft.revision)
        if name in RIGHTS[role]:
            step(now(draft))
        else:
            with pytest.raises(NotAllowed):
                step(now(draft))


def test_outsiders_and_strangers_find_no_draft(people, draft):
    in_state(draft, people, SENT)
    for holder in (by(people.outsider), Holder("a visitor"), Holder()):
        for step in (
            lambda h: review.submit(h, draft.pk, revision=draft.revision),
            lambda h: review.approve(h, draft.pk, revision=draft.revision),
            lambda h: review.send_back(h, draft.pk, revision=draft.revision, why="No."),
            lambda h: review.comment(h, draft.pk, clause="", text="Good."),
            lambda h: review.settle(h, draft.pk, comment=1),
        ):
            with pytest.raises(Draft.DoesNotExist):
                step(holder)


def test_a_right_that_was_taken_away_is_asked_for_at_the_moment_of_the_step(people, draft):
    in_state(draft, people, SENT)
    Membership.objects.filter(user=people.reviewer).update(role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        approve(people, draft)
    Membership.objects.filter(user=people.reviewer).delete()
    with pytest.raises(Draft.DoesNotExist):
        approve(people, draft)


# ------------------------------------------------------------------ remarks


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Write your comment first"),
        (" \n\t ", "Write your comment first"),
        ("a" * 2001, "Shorten it to 2,000"),
        ("a\x00b", "control character"),
        ("a\u202eb", "text direction"),
    ],
)
def test_a_comment_that_cannot_be_kept_as_it_is_is_refused_with_the_reason(
    people, draft, text, message
):
    with pytest.raises(NotSaid, match=message):
        review.comment(by(people.reviewer), draft.pk, clause="data", text=text)
    assert not Comment.objects.exists()


def test_a_draft_takes_so_many_comments_and_no_more(people, draft, monkeypatch):
    monkeypatch.setattr(review, "COMMENTS_LIMIT", 2)
    comment(people, draft)
    comment(people, draft)
    with pytest.raises(NotReviewed, match="takes 2 comments"):
        comment(people, draft)


def test_a_comment_of_another_draft_is_not_settled(people, draft):
    other = drafted(policy_of(people, "Other"), people.owner)
    made = comment(people, other)
    with pytest.raises(Comment.DoesNotExist):
        review.settle(by(people.reviewer), draft.pk, comment=made.pk)
    review.settle(by(people.reviewer), other.pk, comment=made.pk)
    review.settle(by(people.reviewer), other.pk, comment=made.pk)
    assert actions(other).count(Action.SETTLED) == 1


def test_sending_back_needs_a_reason_and_keeps_it_as_a_comment(people, draft):
    draft = in_state(draft, people, SENT)
    with pytest.raises(NotSaid, match="Say what should be changed"):
        review.send_back(by(people.reviewer), draft.pk, revision=draft.revision, why=" ")
    review.send_back(by(people.reviewer), draft.pk, revision=draft.revision, why="Name the fax.")
    assert Comment.objects.get().text == "Name the fax."
    assert Event.objects.get(action=Action.SENT_BACK).details == "Name the fax."


# ------------------------------------------------------------------ mails


def test_mails_go_to_those_who_have_to_do_something_and_hold_no_answer(
    people, draft, django_capture_on_commit_callbacks, settings
):
    settings.SITE_URL = "https://policies.example.org"
    second = member(people.practice, Role.REVIEWER)
    User.objects.filter(pk=second.pk).update(is_active=False)
    with django_capture_on_commit_callbacks(execute=True):
        submit(people, draft)
    assert {tuple(one.to) for one in mail.outbox} == {
        (people.owner.email,),
        (people.reviewer.email,),
    }
    with django_capture_on_commit_callbacks(execute=True):
        send_back(people, draft)
    with django_capture_on_commit_callbacks(execute=True):
        submit(people, draft)
        approve(people, draft)
    assert [one.to for one in mail.outbox[2:] if one.to == [people.editor.email]] == [
        [people.editor.email]
    ] * 2
    for one in mail.outbox:
        assert f"https://policies.example.org/drafts/{draft.pk}/reading/" in one.body
        assert "\n" not in one.subject
        assert draft.policy.title in one.subject
        assert "Elm Dental Care" not in one.body
        assert "No." not in one.body
        assert "&" not in one.body
        assert "{" not in one.body


def test_no_mail_is_sent_for_a_step_that_did_not_happen(
    people, draft, django_capture_on_commit_callbacks
):
    with (
        django_capture_on_commit_callbacks(execute=True) as waiting,
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        submit(people, draft)
        raise RuntimeError
    assert not waiting
    assert not mail.outbox
    assert now(draft).state == OPEN


def test_a_mail_server_that_fails_breaks_no_step_and_its_words_are_not_logged(
    people, draft, django_capture_on_commit_callbacks, monkeypatch, caplog
):
    class Broken:
        def send_messages(self, mails: list[Any]) -> int:
            raise ConnectionRefusedError(f"no {mails[0].to}")

    monkeypatch.setattr("policygen.policies.reviewing.mails.get_connection", Broken)
    with django_capture_on_commit_callbacks(execute=True):
        submit(people, draft)
    assert now(draft).state == SENT
    assert "ConnectionRefusedError" in caplog.text
    assert "@" not in caplog.text


def test_whoever_left_the_practice_gets_no_mail(people, draft, django_capture_on_commit_callbacks):
    in_state(draft, people, SENT)
    Membership.objects.filter(user=people.editor).delete()
    with django_capture_on_commit_callbacks(execute=True):
        approve(people, draft)
    assert not mail.outbox


def test_a_title_with_signs_stands_in_a_mail_as_it_is(
    people, draft, django_capture_on_commit_callbacks
):
    Policy.objects.update(title="Fax & <b>“mail”</b>")
    with django_capture_on_commit_callbacks(execute=True):
        submit(people, draft)
    assert "Fax & <b>“mail”</b>" in mail.outbox[0].subject
    assert "Fax & <b>“mail”</b>" in mail.outbox[0].body


# ------------------------------------------------------------------ at once


at_once = partial(together, refusals=(Overtaken, NotReviewed))


@pytest.mark.django_db(transaction=True)
def test_no_edit_that_races_with_an_approval_is_approved_unseen(transactional_db, request):
    request.getfixturevalue("release")
    people = cast()
    draft = drafted(policy_of(people), people.editor)
    seen_first = 0
    for number in range(60):
        draft = now(draft)
        review.submit(by(people.editor), draft.pk, revision=draft.revision)
        changed = answers({"motto": f"Motto number {number}."})
        outcomes = at_once(
            lambda d=draft: review.approve(by(people.reviewer), d.pk, revision=d.revision),
            lambda d=draft, c=changed: save_answers(by(people.editor), d.pk, c),
        )
        after = now(draft)
        assert after.revision == draft.revision + 1
        assert (after.state, after.approved_by) == (OPEN, None), "an edit was approved unseen"
        seen_first += not isinstance(outcomes[0], Exception)
    assert not list(problems_of(draft.policy))
    assert actions(draft).count(Action.APPROVED) == seen_first


@pytest.mark.django_db(transaction=True)
def test_twenty_approvals_at_once_make_one(transactional_db, request):
    request.getfixturevalue("release")
    people = cast()
    draft = drafted(policy_of(people), people.editor)
    for _ in range(3):
        draft = now(draft)
        review.submit(by(people.editor), draft.pk, revision=draft.revision)
        before = actions(draft).count(Action.APPROVED)
        press = partial(review.approve, by(people.reviewer), draft.pk, revision=draft.revision)
        outcomes = at_once(*[press] * 20)
        assert all(isinstance(one, Draft) for one in outcomes)
        assert actions(draft).count(Action.APPROVED) == before + 1
        assert Editor.objects.filter(draft=draft, user=people.reviewer).count() == 0
        review.send_back(by(people.reviewer), draft.pk, revision=draft.revision, why="Again.")
    assert not list(problems_of(draft.policy))
