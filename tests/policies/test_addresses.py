"""Every address of the site, asked for by everybody: who gets in, and what the others are told.

The addresses come from the resolver. One that is missing from the table below fails the test, so
nobody adds a page without saying who may open it and who may send something to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from policygen.policies.drafting.beginning import set_up_policy
from policygen.policies.drafting.groups import level_for, set_up_group
from policygen.policies.models import Batch, BatchStage, Comment, Piece, PieceState, Step
from policygen.practices.invitations import invite
from policygen.practices.models import Brand, Location
from policygen.practices.roles import Role
from tests.policies.cast import Cast, cast, drafted, policy_of, published
from tests.practices.browsers import browser_of

PEOPLE = ("stranger", "outsider", "viewer", "reviewer", "editor", "owner")

# Address by address: what it needs to be named, what each person gets who asks for it, and what who
# sends an empty form to it. One letter each, in the order of PEOPLE.
ANSWERS = {
    200: "O",  # the page
    302: "R",  # led elsewhere
    301: "R",
    400: "B",  # the page again, with what is wrong
    403: "X",  # a member without the right
    404: "-",  # as if it were not there
    405: "N",  # this address takes no such request
    409: "C",  # overtaken
    410: "G",  # it was there once
    422: "B",
    429: "W",
    503: "T",
}
LOGIN = "L"  # led to the sign-in page

EVERYBODY, NOBODY_SENDS = "OOOOOO", "NNNNNN"

# name: (what it names, who may ask, who may send)
TABLE = {
    "home": ("", EVERYBODY, NOBODY_SENDS),
    "healthz": ("", EVERYBODY, NOBODY_SENDS),
    "start": ("", "RRRRRR", "RRRRRR"),
    # published policies
    "public": ("policy", EVERYBODY, NOBODY_SENDS),
    "public_file": ("public file", EVERYBODY, NOBODY_SENDS),
    "public_version": ("version", EVERYBODY, NOBODY_SENDS),
    "public_version_file": ("file", EVERYBODY, NOBODY_SENDS),
    "public_on": ("day", EVERYBODY, NOBODY_SENDS),
    "public_on_file": ("day file", EVERYBODY, NOBODY_SENDS),
    "public_changes": ("changes", EVERYBODY, NOBODY_SENDS),
    "public_feed": ("policy", EVERYBODY, NOBODY_SENDS),
    "public_fragment": ("policy", EVERYBODY, NOBODY_SENDS),
    "public_versions": ("policy", EVERYBODY, NOBODY_SENDS),
    "public_choose_day": ("policy", "RRRRRR", NOBODY_SENDS),
    "public_choose_versions": ("policy", "RRRRRR", NOBODY_SENDS),
    "public_elsewhere": ("elsewhere", "------", NOBODY_SENDS),
    # practices and their members
    "practices": ("", "LRRRRR", NOBODY_SENDS),
    "new_practice": ("", "LOOOOO", "LBBBBB"),
    "practice": ("practice", "L-OOOO", NOBODY_SENDS),
    "practice_settings": ("practice", "L-XXXO", "L-XXXB"),
    "members": ("practice", "L-OOOO", NOBODY_SENDS),
    "change_role": ("member", "L-XXXO", "L-XXXB"),
    "remove_member": ("member", "L-XXXO", "L-XXXR"),
    "leave": ("practice", "L-OOOO", "L-RRRC"),
    "locations": ("practice", "L-OOOO", NOBODY_SENDS),
    "new_location": ("practice", "L-XXXO", "L-XXXB"),
    "change_location": ("location", "L-XXXO", "L-XXXB"),
    "close_location": ("location", "L-XXXO", "L-XXXB"),
    "reopen_location": ("location", NOBODY_SENDS, "L-XXXR"),
    "import_locations": ("practice", "L-XXXO", "L-XXXB"),
    "write_locations": ("practice", NOBODY_SENDS, "L-XXXB"),
    "export_locations": ("ending", "L-OOOO", NOBODY_SENDS),
    "locations_template": ("ending", "L-XXXO", NOBODY_SENDS),
    "delete_location": ("location", "L-XXXO", "L-XXXR"),
    "brands": ("practice", "L-OOOO", NOBODY_SENDS),
    "new_brand": ("practice", "L-XXXO", "L-XXXB"),
    "change_brand": ("brand", "L-XXXO", "L-XXXB"),
    "delete_brand": ("brand", "L-XXXO", "L-XXXC"),
    "invite": ("practice", NOBODY_SENDS, "L-XXXB"),
    "revoke_invitation": ("invitation", NOBODY_SENDS, "L-XXXR"),
    "invitation": ("token", "OORRRR", "LXRRRR"),
    "accept_invitation": ("accept", NOBODY_SENDS, "L-----"),
    "export": ("practice", "L-XXXO", NOBODY_SENDS),
    # groups of policies
    "groups": ("practice", "L-OOOO", NOBODY_SENDS),
    "new_group": ("practice", "L-XXOO", "L-XXBB"),
    "group": ("group", "L-OOOO", NOBODY_SENDS),
    "group_settings": ("group", "L-XXOO", "L-XXBB"),
    "delete_group": ("group", "L-XXOO", "L-XXRR"),
    "brand_level": ("brand in group", "L-OOOO", NOBODY_SENDS),
    "answer_brand": ("brand in group", NOBODY_SENDS, "L-XXRR"),
    "inherit_brand": ("brand in group", NOBODY_SENDS, "L-XXRR"),
    "leave_brand": ("brand in group", NOBODY_SENDS, "L-XXRR"),
    "location_level": ("location in group", "L-OOOO", NOBODY_SENDS),
    "answer_location": ("location in group", NOBODY_SENDS, "L-XXRR"),
    "inherit_location": ("location in group", NOBODY_SENDS, "L-XXRR"),
    "leave_location": ("location in group", NOBODY_SENDS, "L-XXRR"),
    # policies of a practice
    "new_policy": ("practice", "L-XXOO", "L-XXBB"),
    "policy": ("policy", "L-OOOO", NOBODY_SENDS),
    "policy_settings": ("policy", "L-XXOO", "L-XXBB"),
    "policy_release": ("policy", "L-RRRR", "L-XXRR"),
    "review_date": ("policy", NOBODY_SENDS, "L-XXRR"),
    "start_draft": ("policy", NOBODY_SENDS, "L-XXRR"),
    "embed": ("policy", "L-OOOO", NOBODY_SENDS),
    "version": ("version", "L-OOOO", NOBODY_SENDS),
    "version_file": ("file", "L-OOOO", NOBODY_SENDS),
    "version_laws": ("version", "L-OOOO", NOBODY_SENDS),
    "notice": ("version", "L-OOOO", NOBODY_SENDS),
    "notice_file": ("file", "L-OOOO", NOBODY_SENDS),
    # batches: the owner of the practice started the one that is named
    "batches": ("", "LOOOOO", NOBODY_SENDS),
    "new_batch_everywhere": ("", NOBODY_SENDS, "LRRRRR"),
    "practice_batches": ("practice", "L-OOOO", NOBODY_SENDS),
    "new_batch": ("practice", NOBODY_SENDS, "L-XXRR"),
    "batch": ("batch", "L-OOOO", NOBODY_SENDS),
    "batch_progress": ("batch", "L-OOOO", NOBODY_SENDS),
    "batch_fold": ("fold", "L-OOOO", NOBODY_SENDS),
    "batch_policies": ("list", "L-OOOO", NOBODY_SENDS),
    "batch_zip": ("batch", "L-OOOO", NOBODY_SENDS),
    "submit_batch": ("batch", NOBODY_SENDS, "L-XXXR"),
    "approve_batch": ("batch", NOBODY_SENDS, "L-XCXX"),
    "publish_batch": ("batch", NOBODY_SENDS, "L-XXXC"),
    "retry_batch": ("batch", NOBODY_SENDS, "L-XXXR"),
    "prepare_batch": ("batch", NOBODY_SENDS, "L-XXXR"),
    "stop_batch": ("batch", NOBODY_SENDS, "L-XXXR"),
    "resume_batch": ("batch", NOBODY_SENDS, "L-XXXR"),
    "discard_batch": ("batch", "L-XXXO", "L-XXXR"),
    "mail_batch": ("batch", NOBODY_SENDS, "L-XXXR"),
    "leave_out": ("batch", NOBODY_SENDS, "L-XXXR"),
    "take_in": ("batch", NOBODY_SENDS, "L-XXXR"),
    # drafts: whoever is no member gets what a draft that is not there gives
    "interview": ("draft", "--RRRR", "--XXRR"),
    "page": ("step", "--RROO", "--XXRR"),
    "preview": ("step", NOBODY_SENDS, "--OOOO"),
    "review": ("draft", "--OOOO", NOBODY_SENDS),
    "why": ("draft", "--OOOO", NOBODY_SENDS),
    "why_clause": ("wording", "--OOOO", NOBODY_SENDS),
    "laws": ("draft", "--OOOO", NOBODY_SENDS),
    "annex": ("format", "--OOOO", NOBODY_SENDS),
    "ledger": ("draft", "--OOOO", NOBODY_SENDS),
    "download": ("format", "--OOOO", NOBODY_SENDS),
    "answers": ("draft", "--OOOO", NOBODY_SENDS),
    "release": ("draft", "--XXRR", "--XXRR"),
    "delete": ("draft", "--XXOO", "--XXRR"),
    "keep": ("draft", "--RRRR", "--RRRR"),
    "publish": ("draft", "--XXOO", "--XXBB"),
    "replace_version": ("draft", NOBODY_SENDS, "--XXCC"),
    "reading": ("draft", "--OOOO", NOBODY_SENDS),
    "submit_draft": ("draft", "--XXRR", "--XXCC"),
    "approve_draft": ("draft", "--XRXR", "--XCXC"),
    "send_back_draft": ("draft", "--XRXR", "--XBXB"),
    "comment_draft": ("draft", "--XRRR", "--XBBB"),
    "settle_comment": ("comment", "--XRRR", "--XRRR"),
    "wording": ("wording", "--XOXO", "--XOXO"),
}


@dataclass(frozen=True)
class World:
    """A practice with everything in it that an address can name, and another practice."""

    people: Cast
    names: dict[str, dict[str, Any]]
    elsewhere: dict[str, dict[str, Any]]

    def address(self, name: str) -> str:
        return reverse(name, kwargs=self.names[TABLE[name][0]])

    def browser(self, who: str) -> Client:
        if who == "stranger":
            return Client()
        user: User = getattr(self.people, who)
        return browser_of(user, second_factor=True)


def world() -> World:
    people = cast()
    policy = policy_of(people)
    published(policy, people.owner)
    published(policy, people.owner, data=["name"])
    draft = drafted(policy, people.editor, data=["name", "records"])
    comment = Comment.objects.create(draft=draft, clause="data", text="Why?", by=people.reviewer)
    location = Location.objects.create(practice=people.practice, name="Main Street")
    brand = Brand.objects.create(practice=people.practice, name="Elm")
    group = set_up_group(people.practice, people.owner, title="Offices")
    level_for(group, brand=brand)
    invitation, token = invite(
        people.practice, people.owner, email="new@example.com", role=Role.VIEWER
    )
    member = people.practice.memberships.get(user=people.viewer)
    at = {"practice": people.practice.slug}
    of = {**at, "policy": policy.slug}
    version = {**of, "number": 1}
    batch = {"batch": batch_in(people).pk}
    this = {"draft": draft.pk}
    names: dict[str, dict[str, Any]] = {
        "": {},
        "practice": at,
        "policy": of,
        "version": version,
        "draft": this,
        "file": {**version, "name": "txt"},
        "location": {**at, "location": location.pk},
        "brand": {**at, "brand": brand.pk},
        "group": {**at, "group": group.pk},
        "brand in group": {**at, "group": group.pk, "brand": brand.pk},
        "location in group": {**at, "group": group.pk, "location": location.pk},
        "ending": {**at, "ending": "csv"},
        "invitation": {**at, "invitation": invitation.pk},
        "accept": {"invitation": invitation.pk},
        "token": {"token": token},
        "member": {**at, "member": member.pk},
        "comment": {**this, "comment": comment.pk},
        "wording": {**this, "slug": "data"},
        "format": {**this, "name": "txt"},
        "step": {**this, "step": "data"},
        "public file": {**of, "name": "txt"},
        "day": {**of, "day": timezone.localdate()},
        "day file": {**of, "day": timezone.localdate(), "name": "txt"},
        "changes": {**of, "before": 1, "after": 2},
        "batch": batch,
        "fold": {**batch, "fold": "same"},
        "list": {**batch, "kind": "open"},
        "elsewhere": {"address": "nowhere/at/all"},
    }
    # The other practice's own things, named as if they were this one's.
    other = Location.objects.create(practice=people.other, name="Oak Street")
    other_brand = Brand.objects.create(practice=people.other, name="Oak")
    other_group = set_up_group(people.other, people.outsider, title="Offices")
    theirs = people.other.memberships.get(user=people.outsider)
    foreign, _ = invite(people.other, people.outsider, email="x@example.com", role=Role.VIEWER)
    policy_of_theirs = set_up_policy(people.other, people.outsider, title="Theirs")
    elsewhere = {
        "location": {**at, "location": other.pk},
        "brand": {**at, "brand": other_brand.pk},
        "group": {**at, "group": other_group.pk},
        "brand in group": {**at, "group": group.pk, "brand": other_brand.pk},
        "location in group": {**at, "group": group.pk, "location": other.pk},
        "member": {**at, "member": theirs.pk},
        "invitation": {**at, "invitation": foreign.pk},
        "policy": {**at, "policy": policy_of_theirs.slug},
        "version": {**of, "number": 99},
        "draft": {"draft": drafted(policy_of_theirs, people.outsider).pk},
        "batch": {"batch": Batch.objects.create(practice=people.other, by=people.outsider).pk},
    }
    return World(people, names, elsewhere)


def batch_in(people: Cast) -> Batch:
    """Return a batch of the owner with a policy that it published, and one that is ready."""
    batch = Batch.objects.create(
        practice=people.practice, by=people.owner, stage=BatchStage.READY, release="0" * 64
    )
    done = policy_of(people, "Published together")
    Piece.objects.create(
        batch=batch,
        number=1,
        policy=done,
        state=PieceState.DONE,
        step=Step.PUBLISH,
        version=published(done, people.owner).number,
    )
    ready = policy_of(people, "Ready")
    Piece.objects.create(
        batch=batch,
        number=2,
        policy=ready,
        state=PieceState.DONE,
        draft=drafted(ready, people.owner).pk,
    )
    return batch


def addresses() -> Iterator[str]:
    """Give the names of all addresses but those of the desk and of the accounts."""

    def walk(patterns: Any, before: str = "") -> Iterator[tuple[str, str]]:
        for pattern in patterns:
            path = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, path)
            else:
                yield path, pattern.name

    for path, name in walk(get_resolver().url_patterns):
        if not path.startswith(("admin/", "account/")):
            yield name


def read_through(response: Any) -> None:
    """Let a file that is sent piece by piece be closed."""
    if response.streaming:
        list(response)


def answer(world: World, who: str, method: str, address: str) -> str:
    """Return the letter of what a person gets; whatever they changed is undone."""
    with transaction.atomic():
        response = getattr(world.browser(who), method)(address)
        read_through(response)
        transaction.set_rollback(True)
    if response.status_code == 302 and "/account/login/" in response["Location"]:
        return LOGIN
    return ANSWERS.get(response.status_code, str(response.status_code))


def test_every_address_stands_in_the_table():
    assert set(addresses()) == set(TABLE)


@pytest.fixture
def site(release: None) -> World:
    return world()


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_gets_what_the_table_says(site, who):
    place = PEOPLE.index(who)
    wrong = {
        f"{method} {name}": (got, expected[place])
        for name, (_, asking, sending) in TABLE.items()
        for method, expected in (("get", asking), ("post", sending))
        if (got := answer(site, who, method, site.address(name))) != expected[place]
    }
    assert wrong == {}


def test_what_belongs_to_another_practice_is_not_there(site):
    owner = site.browser("owner")
    for name, (kind, asking, sending) in TABLE.items():
        if kind not in site.elsewhere or name.startswith("public"):
            continue
        there = reverse(name, kwargs=site.elsewhere[kind])
        missing = reverse(name, kwargs={**site.elsewhere[kind], **absent(kind)})
        for method, expected in (("get", asking), ("post", sending)):
            if expected == NOBODY_SENDS:
                continue
            found, nothing = (getattr(owner, method)(one) for one in (there, missing))
            assert (found.status_code, nothing.status_code) == (404, 404), f"{method} {name}"
            assert found.content == nothing.content, f"{method} {name}"


def absent(kind: str) -> dict[str, Any]:
    """Return a name of something that there is nowhere."""
    kind = kind.removesuffix(" in group")
    unknown: dict[str, Any] = {
        "location": 999_999,
        "brand": 999_999,
        "group": 999_999,
        "member": 999_999,
        "invitation": uuid4(),
        "policy": "no-such-policy",
        "draft": uuid4(),
        "batch": uuid4(),
    }
    return {"number": 98} if kind == "version" else {kind: unknown[kind]}


def test_nothing_is_changed_without_the_token_of_the_form(site):
    sent = [name for name, (_, _, sending) in TABLE.items() if sending != NOBODY_SENDS]
    for who in ("stranger", "owner"):
        browser = site.browser(who)
        browser.handler.enforce_csrf_checks = True
        for name in sent:
            assert browser.post(site.address(name)).status_code == 403, f"{who} {name}"


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_no_other_method_does_anything(site, method):
    owner = site.browser("owner")
    for name in TABLE:
        assert getattr(owner, method)(site.address(name)).status_code in {404, 405}, name


def test_no_page_of_a_member_is_kept_by_anybody(site):
    owner = site.browser("owner")
    for name, (_, asking, _) in TABLE.items():
        if name.startswith("public") or asking == NOBODY_SENDS or name == "healthz":
            continue
        response = owner.get(site.address(name))
        read_through(response)
        assert response["Cache-Control"] == "private, no-store", name
