"""Every page has one address; whatever else is typed leads there once, or nowhere."""

from __future__ import annotations

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from policygen.policies.public.addresses import tidied
from tests.policies.cast import published
from tests.policies.public.conftest import ADDRESS

SLIPS = {
    "/p/elm-dental/privacy-policy": "/p/elm-dental/privacy-policy/",
    "/p/Elm-Dental/Privacy-Policy/": "/p/elm-dental/privacy-policy/",
    "/p/ELM-DENTAL/privacy-policy": "/p/elm-dental/privacy-policy/",
    "/p//elm-dental//privacy-policy//": "/p/elm-dental/privacy-policy/",
    "/p/elm-dental/privacy-policy/v/1": "/p/elm-dental/privacy-policy/v/1/",
    "/p/elm-dental/privacy-policy/V/1/": "/p/elm-dental/privacy-policy/v/1/",
    "/p/elm-dental/privacy-policy/v/001/": "/p/elm-dental/privacy-policy/v/1/",
    "/p/elm-dental/privacy-policy/v/01.PDF": "/p/elm-dental/privacy-policy/v/1.pdf",
    "/p/elm-dental/privacy-policy.PDF": "/p/elm-dental/privacy-policy.pdf",
    "/p/elm-dental/privacy-policy.pdf/": "/p/elm-dental/privacy-policy.pdf",
    "/p/elm-dental/privacy-policy/feed.atom/": "/p/elm-dental/privacy-policy/feed.atom",
    "/p/elm-dental/privacy-policy/changes/1..2": "/p/elm-dental/privacy-policy/changes/1..2/",
    "/p/elm-dental/privacy-policy/changes/01..002/": "/p/elm-dental/privacy-policy/changes/1..2/",
    "/p/elm-dental/privacy-policy/on/2026-05-17": "/p/elm-dental/privacy-policy/on/2026-05-17/",
}

NOWHERE = [
    "/p/",
    "/p/elm-dental/",
    "/p/elm-dental/privacy-policy/v/0/",
    "/p/elm-dental/privacy-policy/v/-1/",
    "/p/elm-dental/privacy-policy/v/+1/",
    "/p/elm-dental/privacy-policy/v/1.0/",
    "/p/elm-dental/privacy-policy/v/1e3/",
    "/p/elm-dental/privacy-policy/v/" + "9" * 20 + "/",
    "/p/elm-dental/privacy-policy/v/" + "9" * 5000 + "/",
    "/p/elm-dental/privacy-policy/v/%D9%A1/",  # Arabic one
    "/p/elm-dental/privacy-policy/v/%EF%BC%91/",  # fullwidth one
    "/p/elm-dental/privacy-policy/v/%C2%B2/",  # superscript two
    "/p/elm-dental/privacy-policy/on/2026-02-30/",
    "/p/elm-dental/privacy-policy/on/2026-13-01/",
    "/p/elm-dental/privacy-policy/on/0000-01-01/",
    "/p/elm-dental/privacy-policy/on/20260517/",
    "/p/elm-dental/privacy-policy/on/2026-W20-1/",
    "/p/elm-dental/privacy-policy/on/99999-01-01/",
    "/p/elm-dental/privacy-policy/on/%D9%A2026-05-17/",
    "/p/elm-dental/privacy-policy/changes/1...2/",
    "/p/elm-dental/privacy-policy/changes/1..2..3/",
    "/p/elm-dental/privacy-policy/changes/1..",
    "/p/elm-dental/privacy-policy/changes/..2/",
    "/p/elm-dental/privacy-policy/%00/",
    "/p/elm-dental%00/privacy-policy/",
    "/p/%00/%00/",
    "/p/elm-dental/privacy-policy%00.pdf",
    "/p/elm-dental/privacy-policy.pdf%00",
    "/p/%ff/%fe/",
    "/p/elm-dental/privacy-policy/%ff",
    "/p/%2e%2e/admin/",
    "/p/elm-dental/%2e%2e/%2e%2e/admin/",
    "/p/elm-dental/%2e%2e/",
    "/p/elm-dental/privacy-policy/%0a",
    "/p/elm-dental/privacy-policy/%0d%0aX: y/",
    "/p/elm-dental/privacy-policy./",
    "/p/elm-dental/privacy-policy.",
    "/p/elm-dental/privacy-policy%20/",
    "/p/elm-dental/priva%C4%87y-policy/",
    "/p/elm-dental/%E2%84%AA/",  # the sign for kelvin, which is a k in lower case
    "/p/" + "a" * 5000 + "/b/",
    "/p/elm-dental/privacy-policy/v/1/extra/",
    "/p/elm-dental/privacy-policy/v/",
    "/p/elm-dental/privacy-policy/v/1/v/1/",
    "/p/elm-dental/privacy-policy'--/",
    "/p/elm-dental/privacy-policy/v/1;drop/",
]


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "meant"), SLIPS.items())
def test_a_slip_leads_to_the_page_once(client, people, policy, typed, meant):
    response = client.get(typed)
    assert response.status_code == 301
    assert response["Location"] == meant
    assert resolve(meant).url_name != "public_elsewhere"


@pytest.mark.django_db
def test_after_a_slip_the_page_is_there(client, people, policy):
    published(policy, people.owner)
    for typed in (ADDRESS, ADDRESS.upper().replace("/P/", "/p/"), f"{ADDRESS}/v/01/"):
        response = client.get(typed, follow=True)
        assert response.status_code == 200
        assert len(response.redirect_chain) == 1


@pytest.mark.django_db
def test_a_slip_keeps_the_query_and_stays_on_the_site(client, people, policy):
    response = client.get(f"{ADDRESS}.PDF?download&x=//evil.example")
    assert response["Location"] == f"{ADDRESS}.pdf?download&x=//evil.example"
    for typed in ("/p//evil.example/x", "/p//evil.example/x/y", "/p/\\evil.example\\x"):
        where = client.get(typed).headers.get("Location", "/p/")
        assert where.startswith("/p/")


@pytest.mark.django_db
def test_what_is_no_address_is_not_there(client, people, policy):
    """The server decodes the path; nothing of it may reach the database and fail there."""
    published(policy, people.owner)
    found = {address: client.get(address).status_code for address in NOWHERE}
    assert found == dict.fromkeys(NOWHERE, 404)
    assert [client.head(address).status_code for address in NOWHERE] == [404] * len(NOWHERE)


@pytest.mark.django_db
def test_no_address_leads_to_another_slip(people, policy):
    client = Client()
    for typed in (*SLIPS, *NOWHERE):
        response = client.get(typed)
        if response.status_code == 301:
            assert client.get(response["Location"]).status_code in {200, 404}


def test_numbers_have_nine_digits_at_most():
    assert resolve(f"{ADDRESS}/v/999999999/").kwargs["number"] == 999_999_999
    assert resolve(f"{ADDRESS}/v/1000000000/").url_name == "public_elsewhere"


@pytest.mark.django_db
def test_the_largest_number_can_be_asked_for(client, people, policy):
    published(policy, people.owner)
    for tail in ("/v/999999999/", "/v/999999999.pdf", "/changes/1..999999999/"):
        assert client.get(ADDRESS + tail).status_code == 404


def test_addresses_are_made_as_they_are_read():
    there = ["elm-dental", "privacy-policy"]
    assert reverse("public", args=there) == f"{ADDRESS}/"
    assert reverse("public_version_file", args=[*there, 3, "pdf"]) == f"{ADDRESS}/v/3.pdf"
    assert reverse("public_changes", args=[*there, 1, 2]) == f"{ADDRESS}/changes/1..2/"


def test_an_address_without_slips_is_left_alone():
    for address in ("elm/privacy/", "elm/privacy.pdf", "elm/privacy/changes/1..2/"):
        assert tidied(address) == address


def test_a_decoded_path_is_what_a_server_hands_over():
    request: WSGIRequest = RequestFactory().get("/p/%2e%2e/admin/")
    assert request.path_info == "/p/../admin/"
