"""The page that says how to put a policy into a web site of one's own."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from django.conf import settings as site
from django.test import Client

from policygen.policies.models import Policy
from policygen.policies.published.versions import files_of
from tests.policies.cast import Cast, published
from tests.policies.public.conftest import days, people, policy, today
from tests.signing_in import sign_in

__all__ = ["people", "policy"]

pytestmark = pytest.mark.django_db

PAGE = "/practices/elm-dental/policies/privacy-policy/embed/"


def snippets(client: Client) -> dict[str, str]:
    """What there is to copy, by its name."""
    page = client.get(PAGE).content.decode()
    found = re.findall(r'aria-label="([^"]+)"><code>(.*?)</code></pre>', page, re.DOTALL)
    return {name: html.unescape(text) for name, text in found}


def test_every_member_may_see_it_and_nobody_else(people: Cast, policy: Policy):
    published(policy, people.owner)
    for user in (people.owner, people.editor, people.reviewer, people.viewer):
        response = sign_in(Client(), user).get(PAGE)
        assert response.status_code == 200
        assert response["Cache-Control"] == "private, no-store"
    assert sign_in(Client(), people.outsider).get(PAGE).status_code == 404
    assert Client().get(PAGE).status_code == 302
    assert sign_in(Client(), people.owner).get(PAGE.replace("privacy", "x")).status_code == 404
    assert sign_in(Client(), people.owner).post(PAGE).status_code == 405


def test_the_addresses_to_copy_are_there_on_this_site(people, policy, settings):
    published(policy, people.owner)
    settings.SITE_URL = "https://policies.example.org"
    client = sign_in(Client(), people.owner)
    found = snippets(client)
    text = "\n".join(found.values())
    addresses = set(re.findall(r"https://policies\.example\.org(/p/[^'\"\s;>]+)", text))
    assert addresses == {
        "/p/elm-dental/privacy-policy/",
        "/p/elm-dental/privacy-policy.pdf",
        "/p/elm-dental/privacy-policy/fragment/",
    }
    for address in addresses:
        assert Client().get(address).status_code == 200
    assert "Host policies.example.org;" in found["nginx configuration"]
    assert 'href="https://policies.example.org/p/' in found["HTML of a link"]


def test_the_rules_to_copy_are_those_of_the_file(people, policy):
    published(policy, people.owner)
    rules = snippets(sign_in(Client(), people.owner))["Content-Security-Policy"]
    served = Client().get("/p/elm-dental/privacy-policy.html")["Content-Security-Policy"]
    assert rules == f"Content-Security-Policy: {served}"


def test_before_the_first_version_applies_the_page_says_so(people, policy):
    client = sign_in(Client(), people.owner)
    assert b"No version applies yet." in client.get(PAGE).content
    published(policy, people.owner, effective_on=days(3))
    assert b"No version applies yet." in client.get(PAGE).content
    published(policy, people.owner, effective_on=today())
    assert b"No version applies yet." not in client.get(PAGE).content


def test_a_file_that_cannot_be_mended_does_not_take_the_page_away(people, policy, monkeypatch):
    version = published(policy, people.owner)
    file = files_of(version)["html"]
    (Path(site.FILES_DIR) / file.sha256[:2] / file.sha256).write_bytes(b"damaged")
    monkeypatch.setattr("policygen.policies.published.serving._made_again", lambda _: iter(()))
    response = sign_in(Client(), people.owner).get(PAGE)
    assert response.status_code == 200
    assert b"sha256-" not in response.content


def test_a_title_with_markup_stays_text(people, policy):
    Policy.objects.filter(pk=policy.pk).update(title="<script>x</script>")
    assert b"<script" not in sign_in(Client(), people.owner).get(PAGE).content
