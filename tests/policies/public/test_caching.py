"""Who has a page keeps it, and who asks again is answered without making anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import connection
from django.template import Template
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from policygen.policies.models import Policy, PolicyVersion
from policygen.policies.public import caching
from policygen.policies.public.caching import FOREVER, REVALIDATE, etag
from policygen.practices.models import Practice
from tests.policies.cast import published
from tests.policies.public.conftest import ADDRESS, days, later, restart, today

pytestmark = pytest.mark.django_db

PAGES = ("/", "/v/1/", "/v/2/", "/fragment/", "/versions/", "/changes/1..2/", "/feed.atom")
FILES = (".pdf", ".html", ".txt", ".md", ".json", "/v/1.pdf", "/v/2.json")


@pytest.fixture
def two(people: Any, policy: Policy) -> Policy:
    """A policy with two versions, of which the second applies."""
    published(policy, people.owner)
    published(policy, people.owner, short_name="Oak")
    return policy


@contextmanager
def nothing_made() -> Iterator[None]:
    """Fail if a template, a document or a stored file is touched."""
    touched = AssertionError("An answer without a page made something.")
    places = (
        "policygen.policies.public.pages.render_to_string",
        "policygen.policies.public.pages.content_of",
        "policygen.policies.public.pages.document_of",
        "policygen.policies.public.downloads.content_of",
        "policygen.policies.published.files.read",
    )
    patches = [patch(place, side_effect=touched) for place in places]
    patches.append(patch.object(Template, "render", side_effect=touched))
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


@pytest.mark.parametrize("tail", [*PAGES, *FILES])
def test_who_has_it_gets_304_although_the_process_is_new(client, two, tail):
    first = client.get(ADDRESS + tail)
    tag = first["ETag"]
    assert not tag.startswith("W/")
    restart()
    with nothing_made(), CaptureQueriesContext(connection) as queries:
        answer = client.get(ADDRESS + tail, headers={"if-none-match": tag})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer["ETag"] == tag
    assert answer["Cache-Control"] == first["Cache-Control"]
    assert len(queries) <= 2


@pytest.mark.parametrize("sent", ['"x", {}', "W/{}", "*", '"x" , W/{} ,"y"', " {} "])
def test_every_way_to_say_that_one_has_it_is_understood(client, two, sent):
    for tail in ("/", ".pdf"):
        wanted = sent.replace("{}", client.get(ADDRESS + tail)["ETag"])
        answer = client.get(ADDRESS + tail, headers={"if-none-match": wanted})
        assert answer.status_code == 304, wanted
        assert client.head(ADDRESS + tail, headers={"if-none-match": wanted}).status_code == 304


@pytest.mark.parametrize("sent", ['"x"', "", "x", '"x", "y"', "\u00e9", '"' * 50, "W/"])
def test_who_has_something_else_gets_the_page(client, two, sent):
    answer = client.get(ADDRESS + "/", headers={"if-none-match": sent})
    assert answer.status_code == 200
    assert answer.content


def test_a_page_that_is_not_the_asked_one_is_not_sent(client, two):
    answer = client.get(ADDRESS + "/", headers={"if-match": '"x"'})
    assert answer.status_code == 412
    assert "Cache-Control" not in answer
    tag = client.get(ADDRESS + "/")["ETag"]
    assert client.get(ADDRESS + "/", headers={"if-match": tag}).status_code == 200


def test_a_304_does_not_change_the_rules_of_a_page_that_is_kept(client, two):
    page = client.get(ADDRESS + ".html")
    answer = client.get(ADDRESS + ".html", headers={"if-none-match": page["ETag"]})
    assert "sha256-" in page["Content-Security-Policy"]
    assert "Content-Security-Policy" not in answer
    assert "Content-Length" not in answer


# ---------------------------------------------------------------- how long


def test_files_of_a_numbered_version_are_kept_for_ever(client, two):
    for tail in ("/v/1.pdf", "/v/2.pdf", "/v/2.json"):
        assert client.get(ADDRESS + tail)["Cache-Control"] == FOREVER


def test_the_current_page_is_asked_for_again(client, two):
    for tail in ("/", "/fragment/", "/feed.atom", "/versions/", ".pdf", ".json", "/v/2/"):
        assert client.get(ADDRESS + tail)["Cache-Control"] == REVALIDATE, tail


def test_a_superseded_page_is_kept_for_ever(client, two):
    assert client.get(ADDRESS + "/v/1/")["Cache-Control"] == FOREVER


def test_a_page_that_will_be_superseded_is_asked_for_again(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner, effective_on=days(3))
    assert client.get(ADDRESS + "/v/1/")["Cache-Control"] == REVALIDATE
    assert client.get(ADDRESS + "/v/2/")["Cache-Control"] == REVALIDATE
    with later(3):
        assert client.get(ADDRESS + "/v/1/")["Cache-Control"] == FOREVER
        assert client.get(ADDRESS + "/v/2/")["Cache-Control"] == REVALIDATE


def test_a_version_replaced_before_its_day_may_be_replaced_still_earlier(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner, effective_on=days(5))
    published(policy, people.owner, effective_on=days(5))
    assert client.get(ADDRESS + "/v/2/")["Cache-Control"] == REVALIDATE


def test_only_a_day_that_is_over_is_kept_for_ever(client, people, policy):
    published(policy, people.owner)
    first = today()
    with later(2):
        assert client.get(f"{ADDRESS}/on/{first}/")["Cache-Control"] == FOREVER
        assert client.get(f"{ADDRESS}/on/{first}.pdf")["Cache-Control"] == FOREVER
        for day in (today(), days(1)):
            assert client.get(f"{ADDRESS}/on/{day}/")["Cache-Control"] == REVALIDATE
            assert client.get(f"{ADDRESS}/on/{day}.pdf")["Cache-Control"] == REVALIDATE


def test_what_is_not_there_is_not_kept(client, two):
    for tail in ("/v/9/", "/nothing/", "/on/2001-01-01/"):
        answer = client.get(ADDRESS + tail)
        assert answer["Cache-Control"] == "no-store"
        assert "ETag" not in answer
        assert client.get(ADDRESS + tail, headers={"if-none-match": "*"}).status_code == 404


def test_nothing_claims_a_date_of_last_change(client, two):
    for tail in (*PAGES, *FILES):
        assert "Last-Modified" not in client.get(ADDRESS + tail)


# ---------------------------------------------------------------- what it depends on


def tags(client: Any) -> dict[str, str]:
    return {tail: client.get(ADDRESS + tail)["ETag"] for tail in PAGES}


def test_pages_have_different_tags(client, two):
    assert len(set(tags(client).values())) == len(PAGES)


def test_a_scheduled_version_changes_the_pages_that_name_it(client, people, two):
    before = tags(client)
    published(two, people.owner, effective_on=days(3))
    after = tags(client)
    changed = {tail for tail in PAGES if before[tail] != after[tail]}
    assert changed >= {"/", "/versions/", "/feed.atom"}
    assert changed.isdisjoint({"/v/1/", "/fragment/", "/changes/1..2/"})


def test_a_day_that_comes_changes_the_pages_that_depend_on_it(client, people, two):
    published(two, people.owner, effective_on=days(3))
    before = tags(client)
    with later(3):
        after = tags(client)
    assert before["/"] != after["/"]
    assert before["/v/2/"] != after["/v/2/"]
    assert before["/versions/"] != after["/versions/"]
    assert before["/feed.atom"] == after["/feed.atom"]


def test_a_new_name_changes_the_pages_that_say_it(client, people, two):
    before = tags(client)
    Practice.objects.filter(pk=people.practice.pk).update(name="Oak")
    after = tags(client)
    changed = {tail for tail in PAGES if before[tail] != after[tail]}
    assert changed == {"/versions/", "/changes/1..2/", "/feed.atom"}
    assert b"Oak" in client.get(ADDRESS + "/versions/").content


def test_other_software_makes_other_pages():
    before = etag("a", 1)
    assert before == etag("a", 1)
    assert before != etag("a", 2)
    with patch.object(caching, "_software_as_started", return_value="another"):
        assert before != etag("a", 1)


@override_settings(DEBUG=True)
def test_while_it_is_developed_a_change_shows_at_once(tmp_path):
    (tmp_path / "templates").mkdir()
    template = tmp_path / "templates" / "page.html"
    template.write_text("one")
    with patch.object(caching, "HOUSE", tmp_path):
        before = etag("a")
        template.write_text("two")
        assert etag("a") != before


# ---------------------------------------------------------------- queries


def queries_of(client: Any, tail: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(ADDRESS + tail).status_code == 200
    return len(queries)


def test_a_page_costs_one_query_once_it_was_made(client, two):
    for tail in (*PAGES, *FILES):
        client.get(ADDRESS + tail)
        assert queries_of(client, tail) == 1, tail


def copies(version: PolicyVersion, count: int) -> None:
    """Put versions into the database as they come out of a practice's many years."""
    rows = list(version.files.all())
    for number in range(version.number + 1, version.number + 1 + count):
        version.pk, version.number, version.previous = None, number, version.digest
        version.draft, version.digest = UUID(int=number), f"{number:064x}"
        version.save(force_insert=True)
        for row in rows:
            row.pk, row.version = None, version
            row.save(force_insert=True)


def test_the_number_of_queries_does_not_grow_with_the_versions(client, two):
    tails = ("/", "/v/1/", "/fragment/", "/versions/", "/changes/1..2/", "/feed.atom", ".pdf")
    tails = (*tails, f"/on/{today()}/")
    few = {}
    for tail in tails:
        restart()
        few[tail] = queries_of(client, tail)
    copies(two.versions.get(number=2), 200)
    for tail in (*tails, "/v/150/", "/v/202.pdf", "/changes/3..202/"):
        restart()
        assert queries_of(client, tail) <= few.get(tail, 5), tail
    assert b"Version 202," in client.get(ADDRESS + "/").content
    assert max(few.values()) <= 5
