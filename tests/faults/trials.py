"""Faults, one after the other: what tests do in moderation, and ``bench.faults`` at length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random

import psycopg
from django.contrib.auth.models import User
from django.test import Client

from policygen.policies.models import Draft, Event, Policy, PolicyVersion
from policygen.policies.public import caching, downloads, standing
from policygen.policies.published import versions
from setup.postgres_cluster import PostgresServer
from tests.faults.corruption import corrupted
from tests.faults.site import Founded, Site, Victim, problems
from tests.policies.cast import drafted

Failure = tuple[str, str, int]
"""A page, what was stored when it was opened, and its status."""


# ------------------------------------------------------------------ killed


def killed(site: Site, policy: Policy, owner: User, ends: Iterable[int]) -> Iterator[str]:
    """Publish again and again, each time killed after a number of steps.

    Give each answer of the victim, after seeing that there is a whole version or none.
    """
    draft, drafts = drafted(policy, owner, practice_name="Elm 1"), 1
    with site.victim("publish") as victim:
        for end in ends:
            lines = Event.objects.count()
            answer = victim.told(draft.pk, owner.pk, draft.revision, end)
            assert answer == "killed" or answer.isdigit(), answer
            assert problems(policy) == [], f"after {end} steps"
            there = PolicyVersion.objects.filter(draft=draft.pk).count()
            assert Draft.objects.filter(pk=draft.pk).count() == 1 - there
            assert (Event.objects.count() > lines) is bool(there)
            yield answer
            if there:
                drafts += 1
                draft = drafted(policy, owner, practice_name=f"Elm {drafts}")


def lose_nothing(server: PostgresServer, site: Founded, *, kills: int, at_least: int) -> int:
    """Kill the server under acknowledged writes; return how many there were, none of them lost.

    Each time it is killed after ``at_least`` writes, or up to twice as many.
    """
    chance = Random(kills)
    acknowledged: set[str] = set()
    for _ in range(kills):
        with site.victim("write", site.policy, site.owner) as victim:
            acknowledged |= _until_killed(victim, server, chance.randrange(at_least, 2 * at_least))
        server.start()
        with psycopg.connect(site.database) as outside:
            there = outside.execute("SELECT digest FROM policies_event").fetchall()
        assert acknowledged <= {digest for (digest,) in there}
    assert "no problem found" in site.manage("verify")
    return len(acknowledged)


def _until_killed(victim: Victim, server: PostgresServer, enough: int) -> set[str]:
    """Kill the server after some writes, and return the digests that were acknowledged."""
    said = {victim.heard() for _ in range(enough)}
    server.kill()
    while line := victim.heard():
        said.add(line)
    return said - {""}


# ------------------------------------------------------------------ corrupted

HOUSE = "/practices/elm-dental/"
POLICY = f"{HOUSE}policies/privacy-policy/"
PUBLIC = "/p/elm-dental/privacy-policy"
OF_VERSION = (
    *(f"{POLICY}versions/1/", f"{POLICY}versions/1/notice/", f"{POLICY}versions/2/notice/"),
    *(POLICY, HOUSE, f"{HOUSE}export.zip", f"{PUBLIC}/changes/1..2/", f"{PUBLIC}/feed.atom"),
)
PUBLISHED = (
    *(f"{PUBLIC}/v/1/", f"{PUBLIC}/v/1.html", f"{PUBLIC}/v/1.txt", f"{PUBLIC}/v/1.json"),
    *(f"{PUBLIC}/v/1.pdf", f"{PUBLIC}/v/1.md"),
)


def pages_of_draft(draft: Draft) -> Sequence[str]:
    here = f"/drafts/{draft.pk}/"
    return (
        *(here, f"{here}practice/", f"{here}review/", f"{here}why/", f"{here}release/"),
        *(f"{here}reading/", f"{here}publish/", f"{here}policy.html", f"{here}policy.txt"),
        *(f"{here}answers.yaml", f"{here}wording/data/", f"{here}contacts/"),
        *(HOUSE, POLICY, f"{HOUSE}export.zip", f"{POLICY}release/"),
    )


def status_of(client: Client, page: str) -> int:
    """Ask for a page, and return its status."""
    response = client.get(page)
    for close in response._resource_closers:  # response.close() would close the database, too
        close()
    return int(response.status_code)


def damaged_drafts(client: Client, draft: Draft, times: int, chance: Random) -> list[Failure]:
    """Damage a draft many times, open a page of it each time, and return what failed."""
    good = {"answers": draft.answers, "amendments": draft.amendments}
    pages = pages_of_draft(draft)
    failed = []
    for n in range(times):
        column = "amendments" if n % 3 == 0 else "answers"
        text = corrupted(good[column], chance)
        Draft.objects.filter(pk=draft.pk).update(**{**good, column: text})
        page = pages[n % len(pages)]
        if (status := status_of(client, page)) >= 500:
            failed.append((page, text, status))
    Draft.objects.filter(pk=draft.pk).update(**good)
    return failed


def damaged_versions(
    client: Client, version: PolicyVersion, times: int, chance: Random
) -> list[Failure]:
    """Damage a version many times, open pages each time, and return what failed.

    What is published has to stay the same; other pages may say that they cannot be made (503). The
    caller lets the database be changed.
    """
    good = {name: getattr(version, name) for name in versions.TEXTS}
    before = {page: client.get(page).content for page in PUBLISHED}
    rows = PolicyVersion.objects.filter(pk=version.pk)
    failed = []
    for n in range(times):
        column = versions.TEXTS[n % len(good)]
        text = corrupted(good[column], chance)
        rows.update(**{**good, column: text})
        forget()
        page = OF_VERSION[(n // len(good)) % len(OF_VERSION)]
        if (status := status_of(client, page)) == 500:
            failed.append((page, text, status))
        page = PUBLISHED[n % len(PUBLISHED)]
        response = client.get(page)
        if response.content != before[page]:
            failed.append((page, text, response.status_code))
    rows.update(**good)
    return failed


def forget() -> None:
    """Be a process that has just started."""
    caching.PAGES.clear()
    downloads.FILES.clear()
    standing.SEEN.clear()
    versions.document_read.cache_clear()
