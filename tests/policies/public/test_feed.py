"""The Atom feed: read as a program reads it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.text import day_in_words
from policygen.policies.holders import Holder
from policygen.policies.models import Policy
from policygen.policies.public.feed import printable
from policygen.policies.published.publishing import publish_policy
from policygen.practices.models import Practice
from tests.policies.cast import drafted, order, published
from tests.policies.public.conftest import ADDRESS, days, later, restart

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = "https://policies.example.org"


def feed(client: Any) -> ElementTree.Element:
    response = client.get(f"{ADDRESS}/feed.atom")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)
    assert root.tag == f"{ATOM}feed"
    return root


def said(element: ElementTree.Element, name: str) -> str:
    found = element.find(f"{ATOM}{name}")
    assert found is not None, name
    return found.text or ""


def link(element: ElementTree.Element, rel: str) -> str:
    return next(one.attrib["href"] for one in element.iter(f"{ATOM}link") if one.get("rel") == rel)


def test_the_feed_has_what_atom_asks_for(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner, effective_on=days(3), short_name="Oak")
    root = feed(client)
    assert said(root, "title") == "Privacy policy – Elm Dental"
    assert link(root, "self") == f"https://policies.example.org{ADDRESS}/feed.atom"
    assert link(root, "alternate") == f"https://policies.example.org{ADDRESS}/"
    author = root.find(f"{ATOM}author")
    assert author is not None
    assert said(author, "name") == "Elm Dental"
    newest, first = root.findall(f"{ATOM}entry")
    for one in (root, newest, first):
        assert re.fullmatch(
            rf"tag:policies\.example\.org,\d{{4}}-\d\d-\d\d:{ADDRESS}/(v/\d/)?/?", said(one, "id")
        )
        assert datetime.fromisoformat(said(one, "updated")).tzinfo
    assert len({said(one, "id") for one in (root, newest, first)}) == 3
    assert said(root, "updated") == said(newest, "updated")
    assert said(newest, "title") == f"Version 2, from {day_in_words(days(3))}"
    assert link(newest, "alternate") == f"https://policies.example.org{ADDRESS}/v/2/"
    assert link(newest, "related") == f"https://policies.example.org{ADDRESS}/changes/1..2/"
    assert "It was time." in said(newest, "summary")
    kind = "The practice calls it material: it changes what the policy says."
    assert kind in said(newest, "summary")
    assert "It is the first version." in said(first, "summary")
    assert not [one for one in first.iter(f"{ATOM}link") if one.get("rel") == "related"]


def test_an_entry_stays_as_it_is(client, people, policy):
    published(policy, people.owner)
    before = ElementTree.tostring(feed(client).findall(f"{ATOM}entry")[0])
    with later(400):
        published(policy, people.owner)
        restart()
        after = ElementTree.tostring(feed(client).findall(f"{ATOM}entry")[1])
    assert before == after


def test_hostile_text_stays_text(client, people, policy):
    evil = "]]><script>alert(1)</script> & “x” <b>"
    draft = drafted(policy, people.owner)
    asked = order(draft, reason=evil, kind=ChangeKind.MATERIAL)
    publish_policy(Holder(user=people.owner), draft.pk, asked)
    Practice.objects.filter(pk=people.practice.pk).update(name=f"{evil}\u202e\ufffe\x0b")
    Policy.objects.filter(pk=policy.pk).update(title=evil)
    root = feed(client)
    assert said(root, "title") == f"{evil} – {evil}\u202e\ufffd\ufffd"
    (entry,) = root.findall(f"{ATOM}entry")
    assert "&lt;script&gt;" in said(entry, "summary")
    assert "<script" not in said(entry, "summary")


@pytest.mark.parametrize("text", ["\x00", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_what_xml_forbids_is_taken_out(text):
    clean = printable(f"a{text}b")
    assert clean == "a\ufffdb"
    ElementTree.fromstring(f"<x>{clean}</x>".encode())


def test_what_xml_allows_stays():
    assert printable("a\t\né😀\u202e") == "a\t\né😀\u202e"
