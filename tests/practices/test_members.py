"""Who is in a practice: the list, roles, removing, leaving."""

from __future__ import annotations

import time

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from policygen.practices.invitations import invite
from policygen.practices.members import LastOwner, change_role, leave_practice, remove_member
from policygen.practices.models import Invitation, Membership
from policygen.practices.roles import EXPLANATIONS, Role
from tests.policies.cast import Cast, member
from tests.practices.browsers import at, browser_of, membership_of, text_of
from tests.signing_in import with_second_factor


def post_role(people: Cast, by, whom, role: str):
    number = membership_of(people.practice, whom).pk
    return browser_of(by).post(at(people.practice, f"members/{number}/role/"), {"role": role})


def post_removal(people: Cast, by, whom):
    number = membership_of(people.practice, whom).pk
    return browser_of(by).post(at(people.practice, f"members/{number}/remove/"))


def roles(people: Cast) -> dict[str, str]:
    found = Membership.objects.filter(practice=people.practice)
    return {one.user.username.partition("-")[0]: one.role for one in found.select_related("user")}


# ------------------------------------------------------------------ the list


@pytest.mark.parametrize("who", ["owner", "editor", "reviewer", "viewer"])
def test_every_member_sees_who_is_in_and_what_the_roles_mean(people, who):
    text = text_of(browser_of(getattr(people, who)).get(at(people.practice, "members/")))
    for other in (people.owner, people.editor, people.reviewer, people.viewer):
        assert other.email in text
    for explanation in EXPLANATIONS.values():
        assert explanation in text


def test_only_owners_see_who_has_a_second_factor(people):
    with_second_factor(people.editor)
    for who in (people.editor, people.reviewer, people.viewer):
        assert "second factor" not in text_of(browser_of(who).get(at(people.practice, "members/")))
    text = text_of(browser_of(people.owner).get(at(people.practice, "members/")))
    assert text.count("signs in with a second factor") == 1
    assert text.count("no second factor") == 3


def test_only_owners_get_the_links_that_change_members_and_the_invitations(people):
    invite(people.practice, people.owner, email="new@example.com", role=Role.VIEWER)
    text = browser_of(people.owner).get(at(people.practice, "members/")).content.decode()
    assert "new@example.com" in text
    assert "Change role" in text
    for who in (people.editor, people.reviewer, people.viewer):
        text = browser_of(who).get(at(people.practice, "members/")).content.decode()
        assert "new@example.com" not in text
        assert "Change role" not in text
        assert 'action="/practices/' not in text


def test_the_list_asks_as_many_queries_for_one_member_as_for_twenty(
    people, django_assert_max_num_queries
):
    client = browser_of(people.owner)
    with django_assert_max_num_queries(12) as few:
        client.get(at(people.practice, "members/"))
    asked = len(few)
    for number in range(20):
        member(people.practice, Role.VIEWER)
        invite_as_made(people, f"new{number}@example.com")
    with django_assert_max_num_queries(asked):
        client.get(at(people.practice, "members/"))


def invite_as_made(people: Cast, email: str) -> Invitation:
    made, _ = invite(people.practice, people.owner, email=email, role=Role.VIEWER)
    Invitation.objects.filter(pk=made.pk).update(made_at="2020-01-01T00:00:00Z")
    return made


# ------------------------------------------------------------------ roles


def test_an_owner_changes_the_role_of_a_member(people):
    response = post_role(people, people.owner, people.viewer, "editor")
    assert response["Location"] == at(people.practice, "members/")
    assert roles(people)["viewer"] == "editor"


def test_the_page_of_a_role_shows_the_present_one(people):
    number = membership_of(people.practice, people.editor).pk
    client = browser_of(people.owner)
    page = client.get(at(people.practice, f"members/{number}/role/")).content.decode()
    assert 'value="editor" checked' in page


@pytest.mark.parametrize("sent", [{}, {"role": ""}, {"role": "boss"}, {"role": "owner\x00"}])
def test_a_role_that_does_not_exist_is_named_and_nothing_changes(people, sent):
    number = membership_of(people.practice, people.viewer).pk
    client = browser_of(people.owner)
    response = client.post(at(people.practice, f"members/{number}/role/"), sent)
    assert response.status_code == 400
    assert "There is a problem" in text_of(response)
    assert roles(people)["viewer"] == "viewer"


def test_other_fields_of_a_membership_cannot_be_sent_along(people):
    number = membership_of(people.practice, people.viewer).pk
    sent = {"role": "reviewer", "practice": people.other.pk, "user": people.owner.pk}
    browser_of(people.owner).post(at(people.practice, f"members/{number}/role/"), sent)
    found = Membership.objects.get(pk=number)
    assert (found.role, found.practice, found.user) == (
        "reviewer",
        people.practice,
        people.viewer,
    )


@pytest.mark.parametrize("who", ["editor", "reviewer", "viewer"])
def test_who_is_no_owner_changes_and_removes_nobody(people, who):
    by = getattr(people, who)
    assert post_role(people, by, by, "owner").status_code == 403
    assert post_removal(people, by, people.viewer).status_code == 403
    assert roles(people)[who] == who
    assert len(roles(people)) == 4


def test_the_last_owner_cannot_be_demoted_removed_or_leave(people):
    response = post_role(people, people.owner, people.owner, "editor")
    assert response.status_code == 400
    assert "no other owner" in text_of(response)
    response = browser_of(people.owner).post(at(people.practice, "leave/"))
    assert response.status_code == 409
    assert "no other owner" in text_of(response)
    with pytest.raises(LastOwner):
        remove_member(
            people.practice, people.owner, membership_of(people.practice, people.owner).pk
        )
    assert roles(people)["owner"] == "owner"


def test_an_owner_beside_another_one_can_step_down_and_leave(people):
    second = member(people.practice, Role.OWNER)
    assert post_role(people, people.owner, people.owner, "editor")["Location"] == at(
        people.practice
    )
    response = browser_of(people.owner).post(at(people.practice, "leave/"))
    assert response["Location"] == "/practices/"
    with pytest.raises(LastOwner):
        leave_practice(people.practice, second)


def test_an_owner_who_was_demoted_meanwhile_changes_nothing_any_more(people):
    second = member(people.practice, Role.OWNER)
    viewer = membership_of(people.practice, people.viewer).pk
    change_role(
        people.practice, second, membership_of(people.practice, people.owner).pk, Role.VIEWER
    )
    with pytest.raises(PermissionDenied):
        change_role(people.practice, people.owner, viewer, Role.OWNER)
    with pytest.raises(PermissionDenied):
        remove_member(people.practice, people.owner, viewer)


# ------------------------------------------------------------------ removing and leaving


def test_removing_asks_first_and_says_what_becomes_of_drafts(people):
    number = membership_of(people.practice, people.editor).pk
    client = browser_of(people.owner)
    page = client.get(at(people.practice, f"members/{number}/remove/"))
    assert "drafts, comments and published versions stay in the practice" in text_of(page)
    assert people.editor.email in text_of(page)
    assert "editor" in roles(people)


def test_who_is_removed_finds_nothing_any_more(people):
    client = browser_of(people.editor)
    assert client.get(at(people.practice, "members/")).status_code == 200
    assert post_removal(people, people.owner, people.editor).status_code == 302
    assert client.get(at(people.practice, "members/")).status_code == 404


def test_an_owner_who_removes_themselves_is_asked_whether_to_leave(people):
    member(people.practice, Role.OWNER)
    assert post_removal(people, people.owner, people.owner)["Location"] == at(
        people.practice, "leave/"
    )
    assert roles(people)["owner"] == "owner"


@pytest.mark.parametrize("act", ["remove", "demote", "leave"])
def test_the_open_invitations_of_who_is_no_owner_any_more_are_revoked(people, act):
    second = member(people.practice, Role.OWNER)
    theirs, _ = invite(people.practice, second, email="friend@example.com", role=Role.OWNER)
    mine, _ = invite(people.practice, people.owner, email="new@example.com", role=Role.VIEWER)
    number = membership_of(people.practice, second).pk
    if act == "remove":
        remove_member(people.practice, people.owner, number)
    elif act == "demote":
        change_role(people.practice, people.owner, number, Role.EDITOR)
    else:
        leave_practice(people.practice, second)
    theirs.refresh_from_db()
    mine.refresh_from_db()
    assert not theirs.is_open
    assert mine.is_open


def test_every_member_can_leave(people):
    for who in (people.editor, people.reviewer, people.viewer):
        client = browser_of(who)
        assert "stay in the practice" in text_of(client.get(at(people.practice, "leave/")))
        assert client.post(at(people.practice, "leave/"))["Location"] == "/practices/"
    assert list(roles(people)) == ["owner"]


# ------------------------------------------------------------------ whose


@pytest.mark.parametrize("page", ["role", "remove"])
@pytest.mark.parametrize("send", ["get", "post"])
def test_members_of_other_practices_and_none_give_the_same_page(people, page, send):
    foreign = membership_of(people.other, people.outsider).pk
    client = browser_of(people.owner)
    answers = {
        getattr(client, send)(
            at(people.practice, f"members/{number}/{page}/"), {"role": "viewer"}
        ).content
        for number in (foreign, 999_999, 10**30)
    }
    assert len(answers) == 1
    assert membership_of(people.other, people.outsider).role == "owner"


PAGES = [
    "members/",
    "members/1/role/",
    "members/1/remove/",
    "leave/",
    "settings/",
    "locations/",
    "locations/new/",
    "locations/1/",
    "locations/1/delete/",
]


@pytest.mark.parametrize("path", PAGES)
def test_an_outsider_cannot_tell_a_practice_from_none(people, path):
    client = browser_of(people.outsider)
    foreign = client.get(at(people.practice, path))
    assert foreign.status_code == 404
    assert foreign.content == client.get(f"/practices/no-such-practice/{path}").content
    sent = client.post(at(people.practice, path))
    assert sent.status_code in {404, 405}
    assert sent.content == client.post(f"/practices/no-such-practice/{path}").content


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_asked_to_sign_in_first(people, path):
    for address in (at(people.practice, path), f"/practices/no-such-practice/{path}"):
        response = Client().get(address)
        assert response.status_code == 302
        assert response["Location"] == f"/account/login/?next={address}"


# ------------------------------------------------------------------ how sure the site is


def test_a_change_needs_a_recent_sign_in_and_is_done_after_it(people):
    client = browser_of(people.owner)
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [
        {**record, "at": time.time() - 3600} for record in records
    ]
    session.save()
    number = membership_of(people.practice, people.viewer).pk
    address = at(people.practice, f"members/{number}/role/")
    assert client.get(address).status_code == 200
    response = client.post(address, {"role": "editor"})
    assert response["Location"].startswith("/account/reauthenticate/")
    assert roles(people)["viewer"] == "viewer"
    response = client.post(response["Location"], {"password": "a long pass phrase"})
    assert response["Location"] == at(people.practice, "members/")
    assert roles(people)["viewer"] == "editor"


def test_pages_of_members_are_kept_by_nobody(people):
    response = browser_of(people.owner).get(at(people.practice, "members/"))
    assert response["Cache-Control"] == "private, no-store"


def test_looking_changes_nothing(people):
    number = membership_of(people.practice, people.viewer).pk
    client = browser_of(people.owner)
    for path in (f"members/{number}/remove/", f"members/{number}/role/", "leave/"):
        client.get(at(people.practice, path), {"role": "owner"})
    assert roles(people)["viewer"] == "viewer"
    assert len(roles(people)) == 4
    assert client.get(at(people.practice, "invitations/")).status_code == 405
