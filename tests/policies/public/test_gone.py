"""The database goes away: what was just read can still be read, and nothing falls over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection

from policygen.core.analysis.redline import redline_documents
from policygen.policies.public import standing, views
from tests.policies.cast import published
from tests.policies.public.conftest import ADDRESS, days, later, restart

pytestmark = pytest.mark.django_db

TAILS = ("/", "/v/1/", "/versions/", "/changes/1..2/", "/feed.atom", "/fragment/", ".pdf")


@contextmanager
def database_gone() -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise OperationalError("connection to 10.0.0.5 refused: password secret")

    with connection.execute_wrapper(refuse):
        yield


def test_without_a_database_every_page_says_to_try_again(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner)
    with database_gone():
        for tail in TAILS:
            response = client.get(ADDRESS + tail)
            assert response.status_code == 503, tail
            assert int(response["Retry-After"]) > 0
            assert response["Cache-Control"] == "no-store"
            assert b"Try again in a minute" in response.content
            assert b"10.0.0.5" not in response.content
            assert b"secret" not in response.content
    assert client.get(ADDRESS + "/").status_code == 200


def test_a_page_that_was_just_read_is_still_there(client, people, policy):
    published(policy, people.owner)
    pages = {tail: client.get(ADDRESS + tail) for tail in ("/", "/fragment/", ".pdf")}
    with database_gone():
        for tail, before in pages.items():
            response = client.get(ADDRESS + tail)
            assert response.status_code == 200
            assert response.content == before.content
            tag = before["ETag"]
            assert client.get(ADDRESS + tail, headers={"if-none-match": tag}).status_code == 304


def test_what_a_process_remembers_does_not_outlive_its_day(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner, effective_on=days(3), short_name="Oak")
    client.get(ADDRESS + "/")
    with database_gone(), later(3):
        assert client.get(ADDRESS + "/").status_code == 503


def test_a_policy_that_nobody_read_is_not_remembered(client, people, policy):
    published(policy, people.owner)
    client.get("/p/elm-dental/other/")
    with database_gone():
        assert client.get("/p/elm-dental/other/").status_code == 503


def test_when_the_database_is_back_so_is_the_newest_version(client, people, policy):
    published(policy, people.owner)
    client.get(ADDRESS + "/")
    with database_gone():
        client.get(ADDRESS + "/")
    published(policy, people.owner, short_name="Oak")
    assert b"Oak" in client.get(ADDRESS + "/").content


def test_one_comparison_at_a_time_and_nobody_waits_for_ever(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner)
    with patch.object(views, "PATIENCE", 0), views.COMPARING:
        assert client.get(f"{ADDRESS}/changes/1..2/").status_code == 503
    assert client.get(f"{ADDRESS}/changes/1..2/").status_code == 200


def test_a_comparison_is_made_once(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner)
    place = "policygen.policies.public.pages.redline_documents"
    with patch(place, side_effect=redline_documents) as compared:
        for _ in range(3):
            client.get(f"{ADDRESS}/changes/1..2/")
    assert compared.call_count == 1


def test_a_stored_page_that_is_none_of_ours_is_not_shown(client, people, policy):
    published(policy, people.owner)
    restart()
    with patch("policygen.policies.public.pages.content_of", return_value=b"<p>Nothing</p>"):
        assert client.get(ADDRESS + "/").status_code == 503
        assert client.get(ADDRESS + "/fragment/").status_code == 503


def test_what_is_remembered_is_bounded():
    assert standing.SEEN.room == 1_000
