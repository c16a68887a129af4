"""What strangers read: the policy that applies, every other version, and what changed."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.text import day_in_words
from policygen.policies.holders import Holder
from policygen.policies.models import Policy
from policygen.policies.public.middleware import ADDRESSES as SHORT_WAY
from policygen.policies.public.middleware import PLACE
from policygen.policies.published.publishing import publish_policy
from policygen.policies.published.versions import document_of
from policygen.practices.models import Practice
from policygen.rendering import html as rendering
from policygen.tracing import HEADER
from tests.policies.cast import Cast, drafted, order, policy_of, published
from tests.policies.public.conftest import ADDRESS, days, later, restart, today
from tests.wizard.visitors import Controls

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    """What stands on a page, on one line."""
    body = re.sub(r"<head>.*?</head>", " ", response.content.decode(), flags=re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", "", body).split()))


def read(client: Client, tail: str = "/", status: int = 200) -> str:
    response = client.get(ADDRESS + tail)
    assert response.status_code == status, (tail, response.status_code)
    return text_of(response)


def heads(response: Any, tag: str) -> list[dict[str, str | None]]:
    return [found for name, found in Controls(response.content.decode()).elements if name == tag]


# ---------------------------------------------------------------- the current version


def test_a_stranger_reads_the_policy_that_applies(client, people, policy):
    published(policy, people.owner)
    page = read(client)
    assert "cares about your privacy." in page
    assert f"Version 1, from {day_in_words(today())}" in page
    assert client.get(ADDRESS + "/").content.count(b"<h1>") == 1


def test_the_page_shows_the_stored_text_and_nothing_newer(client, people, policy):
    version = published(policy, people.owner)
    stored = rendering.body(document_of(version)).encode()
    assert stored in client.get(ADDRESS + "/").content


def test_a_policy_without_a_version_is_not_there(client, people, policy):
    for tail in ("/", "/versions/", "/feed.atom", "/fragment/", ".pdf", "/v/1/", "/on/2026-01-01/"):
        assert client.get(ADDRESS + tail).status_code == 404, tail


def test_what_is_not_there_looks_alike_whatever_the_reason(client, people, policy):
    policy_of(people, "Other policy")
    answers = [
        client.get(address)
        for address in (
            f"{ADDRESS}/",
            "/p/elm-dental/nothing/",
            "/p/nobody/privacy-policy/",
            "/p/",
            "/p/elm-dental/",
            "/p/elm-dental/privacy-policy/v/9/",
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert "There is no such policy here" in text_of(answers[0])


def test_a_new_version_is_there_at_once(client, people, policy):
    published(policy, people.owner)
    read(client)
    published(policy, people.owner, short_name="Oak")
    assert "People call us Oak for short." in read(client)


def test_a_scheduled_version_takes_effect_by_itself(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner, effective_on=days(3), short_name="Oak")
    page = read(client)
    assert "People call us Elm for short." in page
    assert f"A new version applies from {day_in_words(days(3))}." in page
    with later(3):
        page = read(client)
        assert "People call us Oak for short." in page
        assert "A new version applies" not in page


def test_the_day_turns_where_the_practice_is(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner, effective_on=days(10), short_name="Oak")
    Practice.objects.filter(pk=people.practice.pk).update(time_zone="Pacific/Auckland")
    auckland = ZoneInfo("Pacific/Auckland")
    midnight = datetime.combine(days(10), time(), tzinfo=auckland).astimezone(UTC)
    with time_machine.travel(midnight - timedelta(seconds=5), tick=False):
        assert "People call us Elm for short." in read(client)
    with time_machine.travel(midnight + timedelta(seconds=5), tick=False):
        assert today() < datetime.now(auckland).date()
        assert "People call us Oak for short." in read(client)


def test_a_policy_that_is_only_scheduled_does_not_apply(client, people, policy):
    published(policy, people.owner, effective_on=days(3))
    published(policy, people.owner, effective_on=days(5))
    for tail in ("/", "/fragment/", ".html", ".pdf"):
        response = client.get(ADDRESS + tail)
        assert response.status_code == 404
        assert response["Cache-Control"] == "no-store"
        text = text_of(response)
        assert "This policy does not apply yet" in text
        assert f"The first version applies from {day_in_words(days(3))}. All versions" in text
        assert f'href="{ADDRESS}/versions/"' in response.content.decode()
        assert "mistyped" not in text
    said = f"This version applies from {day_in_words(days(3))} until {day_in_words(days(4))}."
    assert said in read(client, "/v/1/")
    with later(3):
        read(client)


# ---------------------------------------------------------------- every version


def test_a_version_that_applies_has_no_note(client, people, policy):
    published(policy, people.owner)
    assert 'role="note"' not in client.get(ADDRESS + "/v/1/").content.decode()


def test_a_superseded_version_says_from_when_until_when_it_applied(client, people, policy):
    published(policy, people.owner)
    begun = day_in_words(today())
    with later(10):
        published(policy, people.owner)
        page = read(client, "/v/1/")
        until = day_in_words(days(-1))
        assert f"This version applied from {begun} until {until}." in page
        links = [one["href"] for one in heads(client.get(ADDRESS + "/v/1/"), "a")]
        assert f"{ADDRESS}/" in links


def test_a_version_replaced_on_its_first_day_says_so(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner)
    said = f"replaced by a later one that applies from the same day, {day_in_words(today())}"
    assert said in read(client, "/v/1/")


def test_a_version_replaced_before_its_day_says_so(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner, effective_on=days(5))
    published(policy, people.owner, effective_on=days(2))
    assert "This version was replaced by a later one before it applied." in read(client, "/v/2/")
    with later(6):
        assert "Version 3," in read(client)


def test_search_engines_are_asked_for_the_current_policy_alone(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner)
    robots = '<meta name="robots" content="noindex">'
    assert robots not in client.get(ADDRESS + "/").content.decode()
    assert robots not in client.get(ADDRESS + "/v/2/").content.decode()
    assert robots in client.get(ADDRESS + "/v/1/").content.decode()


def test_a_page_names_itself_its_feed_and_its_files(client, people, policy, settings):
    published(policy, people.owner)
    published(policy, people.owner)
    settings.SITE_URL = "https://policies.example.org"
    restart()
    links = heads(client.get(ADDRESS + "/"), "link")
    assert {"rel": "canonical", "href": f"https://policies.example.org{ADDRESS}/"} in links
    assert f"{ADDRESS}/feed.atom" in [link["href"] for link in links]
    hrefs = [link["href"] for link in heads(client.get(ADDRESS + "/"), "a")]
    for name in ("pdf", "html", "txt", "md", "json"):
        assert f"{ADDRESS}.{name}" in hrefs
    assert f"{ADDRESS}/changes/1..2/" in hrefs
    assert f"{ADDRESS}/versions/" in hrefs
    hrefs = [link["href"] for link in heads(client.get(ADDRESS + "/v/1/"), "a")]
    assert f"{ADDRESS}/v/1.pdf" in hrefs
    assert f"{ADDRESS}/changes/1..2/" not in hrefs


def test_every_link_of_every_page_leads_somewhere(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner, short_name="Oak")
    published(policy, people.owner, effective_on=days(2), short_name="Ash")
    seen: set[str] = set()
    waiting = [f"{ADDRESS}/", f"{ADDRESS}/on/{days(1)}/", f"{ADDRESS}/on/{days(-1)}/"]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        response = client.get(address)
        expected = 404 if address.endswith(f"/on/{days(-1)}/") else 200
        assert response.status_code == expected, address
        if response["Content-Type"].startswith("text/html") and not address.endswith(".html"):
            found = [link["href"] for link in heads(response, "a")]
            waiting += [str(href) for href in found if str(href).startswith("/p/")]
    assert len(seen) > 20


# ---------------------------------------------------------------- what applied on a day


def test_a_day_shows_what_applied_then(client, people, policy):
    published(policy, people.owner)
    first = today()
    with later(10):
        published(policy, people.owner, short_name="Oak")
        on = f"/on/{first + timedelta(days=4)}/"
        page = read(client, on)
        assert "People call us Elm for short." in page
        assert f"This is what applied on {day_in_words(first + timedelta(days=4))}." in page
        assert "People call us Oak for short." in read(client, f"/on/{today()}/")


def test_a_day_to_come_shows_what_is_scheduled_and_says_so(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner, effective_on=days(3), short_name="Oak")
    page = read(client, f"/on/{days(5)}/")
    assert "People call us Oak for short." in page
    assert f"This is scheduled to apply on {day_in_words(days(5))}." in page
    assert "People call us Elm for short." in read(client, f"/on/{days(1)}/")
    assert "People call us Oak for short." in read(client, "/on/9999-12-31/")


def test_a_day_before_the_first_version_says_from_when_there_is_one(client, people, policy):
    published(policy, people.owner)
    page = read(client, f"/on/{days(-1)}/", status=404)
    assert f"The first version applies from {day_in_words(today())}." in page
    read(client, "/on/0001-01-01/", status=404)
    assert client.get(f"{ADDRESS}/on/{days(-1)}.pdf").status_code == 404


def test_what_is_said_of_a_past_day_does_not_change_when_a_version_comes(client, people, policy):
    published(policy, people.owner)
    first = today()
    with later(5):
        before = client.get(f"{ADDRESS}/on/{first}/")
        published(policy, people.owner)
    with later(9):
        restart()
        after = client.get(f"{ADDRESS}/on/{first}/")
    assert before.content == after.content
    assert before["ETag"] == after["ETag"]


# ---------------------------------------------------------------- lists and comparisons


def test_the_list_says_of_each_version_when_it_applies_and_why(client, people, policy):
    published(policy, people.owner)
    first = day_in_words(today())
    with later(10):
        published(policy, people.owner)
        published(policy, people.owner, effective_on=days(5))
        page = read(client, "/versions/")
        assert f"Version 1 Applied from {first} until {day_in_words(days(-1))}." in page
        assert f"Applies from {day_in_words(today())} until {day_in_words(days(4))}." in page
        assert f"Version 3 scheduled Applies from {day_in_words(days(5))}." in page
        kind = "The practice calls it material: it changes what the policy says."
        assert f"{kind} It was time." in page
        assert page.index("Version 3") < page.index("Version 2") < page.index("Version 1")


def test_a_comparison_shows_what_was_put_in_and_why(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner, short_name="Oak")
    page = client.get(f"{ADDRESS}/changes/1..2/").content.decode()
    assert re.search(r"<del>.*?Elm.*?</del>", page)
    assert re.search(r"<ins>.*?Oak.*?</ins>", page)
    assert "It was time." in page
    assert page.count(day_in_words(today())) >= 2


def test_a_comparison_over_several_versions_gives_the_reason_of_each(client, people, policy):
    published(policy, people.owner)
    for reason, name in (("We moved.", "Oak"), ("We moved again.", "Ash")):
        draft = drafted(policy, people.owner, short_name=name)
        asked = order(draft, reason=reason, kind=ChangeKind.EDITORIAL)
        publish_policy(Holder(user=people.owner), draft.pk, asked)
    page = read(client, "/changes/1..3/")
    assert "We moved." in page
    assert "We moved again." in page
    assert (
        page.count("calls it editorial: it says the same in other words, or gives other facts.")
        == 2
    )


def test_versions_that_print_the_same_are_said_to(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner)
    assert "It stays as it is, word for word." in read(client, "/changes/1..2/")


def test_a_comparison_has_one_direction(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner)
    response = client.get(f"{ADDRESS}/changes/2..1/")
    assert response.status_code == 301
    assert response["Location"] == f"{ADDRESS}/changes/1..2/"
    assert client.get(f"{ADDRESS}/changes/1..1/").status_code == 404
    assert client.get(f"{ADDRESS}/changes/1..3/").status_code == 404


def test_the_forms_of_the_list_lead_to_the_pages(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner)
    forms = [str(form["action"]) for form in heads(client.get(f"{ADDRESS}/versions/"), "form")]
    assert forms == [f"{ADDRESS}/on/", f"{ADDRESS}/changes/"]
    leads = {
        "/on/?day=2026-05-17": "/on/2026-05-17/",
        "/on/?day=0001-01-01": "/on/0001-01-01/",
        "/changes/?from=1&to=2": "/changes/1..2/",
        "/changes/?from=2&to=1": "/changes/1..2/",
        "/changes/?from=2&to=2": "/v/2/",
    }
    wrong = ["/on/", "/changes/", "/on/?day=2026-02-30", "/on/?day=%00", "/on/?day=\u0662"]
    wrong += ["/changes/?from=1", "/changes/?from=a&to=b", "/changes/?from=1&to=9999999999"]
    wrong += ["/changes/?from=%D9%A1&to=2", "/changes/?from=0&to=2", "/changes/?from=-1&to=2%0a"]
    for typed, page in {**leads, **dict.fromkeys(wrong, "/versions/")}.items():
        response = client.get(ADDRESS + typed)
        assert response.status_code == 302, typed
        assert response["Location"] == ADDRESS + page
        assert response["Cache-Control"] == "no-store"


# ---------------------------------------------------------------- the fragment


def test_the_fragment_is_the_text_one_level_lower_and_nothing_else(client, people, policy):
    version = published(policy, people.owner)
    response = client.get(f"{ADDRESS}/fragment/")
    lowered = rendering.body(document_of(version))
    for level in (5, 4, 3, 2, 1):
        lowered = re.sub(f"(</?h){level}(?=[ >])", rf"\g<1>{level + 1}", lowered)
    assert response.content.decode() == lowered + "\n"
    assert "<h2>" in lowered
    assert "<h1" not in lowered
    assert response["Content-Type"] == "text/html; charset=utf-8"
    names = {name for name, _ in Controls(response.content.decode()).elements}
    assert names.isdisjoint({"script", "style", "link", "img", "iframe", "form", "html", "body"})
    assert b"style=" not in response.content


# ---------------------------------------------------------------- who asks


def without_number(response: Any) -> dict[str, str]:
    """Return the headers of an answer without the number of its request."""
    return {name: value for name, value in response.headers.items() if name != HEADER}


def test_no_page_knows_a_session(people: Cast, policy: Policy):
    published(policy, people.owner)
    published(policy, people.owner)
    stranger, owner = Client(), Client()
    owner.force_login(people.owner)
    owner.cookies["csrftoken"] = "x" * 32
    tails = ("/", "/v/1/", f"/on/{today()}/", "/changes/1..2/", "/versions/", "/feed.atom")
    for tail in (*tails, "/fragment/", ".pdf", ".html", ".json", "/v/1.txt", "/nothing", "/V/1/"):
        mine, theirs = owner.get(ADDRESS + tail), stranger.get(ADDRESS + tail)
        assert mine.content == theirs.content, tail
        assert without_number(mine) == without_number(theirs), tail
        assert "Set-Cookie" not in mine.headers
        assert not mine.cookies
        assert "Vary" not in mine.headers, tail


def test_no_page_could_know_a_session(client, people, policy):
    client.force_login(people.owner)
    for tail in ("/", "/v/9/", ".pdf", "", "/V/1"):
        request = client.get(ADDRESS + tail).wsgi_request
        assert not hasattr(request, "session")
        assert not hasattr(request, "user")
        assert not hasattr(request, "_messages")


def test_another_host_is_refused(client, people, policy):
    published(policy, people.owner)
    response = client.get(ADDRESS + "/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert response["Content-Security-Policy"]
    other = client.get(ADDRESS + "/", headers={"x-forwarded-host": "evil.example"})
    assert b"evil.example" not in other.content


def test_both_ways_to_the_public_side_lead_to_the_same_views():
    for address in ("/p/", f"{ADDRESS}/", f"{ADDRESS}/v/1.pdf", f"{ADDRESS}/feed.atom", "/p/x"):
        assert address.startswith(PLACE)
        short = resolve(address[len(PLACE) - 1 :], SHORT_WAY)
        assert short.func is resolve(address).func
        assert short.kwargs == resolve(address).kwargs


def test_a_visitor_with_a_draft_costs_no_query_for_their_session(
    people, policy, django_assert_num_queries
):
    published(policy, people.owner)
    client = Client()
    client.post("/drafts/", {"blank": "1"})
    client.get(ADDRESS + "/")
    with django_assert_num_queries(1):
        client.get(ADDRESS + "/")


def test_nothing_can_be_sent_here(people, policy):
    published(policy, people.owner)
    client = Client(enforce_csrf_checks=True)
    for tail in ("/", "/v/1/", ".pdf", "/versions/", "/feed.atom", "/nothing/"):
        for method in ("post", "put", "patch", "delete", "options", "trace"):
            response = getattr(client, method)(ADDRESS + tail)
            assert response.status_code == 405, (tail, method)
            assert response["Allow"] == "GET, HEAD"


def test_head_says_what_get_says(client, people, policy):
    published(policy, people.owner)
    for tail in ("/", "/v/1/", ".pdf", ".html", "/fragment/", "/feed.atom", "/v/9/"):
        head, get = client.head(ADDRESS + tail), client.get(ADDRESS + tail)
        assert head.content == b""
        assert head.status_code == get.status_code
        assert without_number(head) == without_number(get)


def test_every_answer_carries_the_headers_that_protect_its_reader(client, people, policy):
    published(policy, people.owner)
    published(policy, people.owner)
    tails = ("/", "/v/1/", ".pdf", ".html", ".json", "/feed.atom", "/fragment/", "/v/7/", "/V/1/")
    for tail in (*tails, "/changes/1..2/", "/versions/"):
        response = client.get(ADDRESS + tail)
        policy_header = response["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy_header
        assert "base-uri 'none'" in policy_header
        assert "unsafe" not in policy_header
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"


def test_even_a_mistake_in_a_page_gives_a_page_with_these_headers(people, policy, monkeypatch):
    def fall(*_: object) -> None:
        raise RuntimeError("a mistake with a secret")

    published(policy, people.owner)
    monkeypatch.setattr("policygen.policies.public.pages.policy_page", fall)
    response = Client(raise_request_exception=False).get(ADDRESS + "/")
    assert response.status_code == 500
    assert b"secret" not in response.content
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert "Set-Cookie" not in response


def test_stored_text_cannot_become_markup(client, people, policy):
    evil = "<b>“Elm”</b> & Söhne"
    Practice.objects.filter(pk=people.practice.pk).update(name=evil)
    Policy.objects.filter(pk=policy.pk).update(title="<script>x</script>")
    published(policy, people.owner, practice_name="Elm <i>&</i> Oak")
    draft = drafted(policy, people.owner)
    asked = order(draft, reason="</p><script>y</script>")
    publish_policy(Holder(user=people.owner), draft.pk, asked)
    for tail in ("/", "/v/1/", "/versions/", "/changes/1..2/", "/fragment/"):
        page = client.get(ADDRESS + tail).content
        assert b"<script" not in page
        assert b"<i>" not in page
        assert b"<b>\xe2" not in page
    assert evil in read(client, "/versions/")


def test_publishing_later_than_midnight_somewhere_is_dated_where_the_practice_is(
    client, people, policy
):
    published(policy, people.owner)
    where = timezone.localdate(timezone=people.practice.zone)
    assert f"Published on {day_in_words(where)}." in read(client, "/versions/")
