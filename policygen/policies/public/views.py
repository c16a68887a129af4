"""The published policies, for everybody: views that know no session and set no cookie.

Each asks the database which version is meant, answers 304 to whoever has that page already, and
only then makes the page, or finds it made.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import date
from functools import wraps
from http import HTTPStatus
from threading import BoundedSemaphore

from django.db import Error
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.urls import Resolver404, resolve, reverse

from policygen.core.problems import Refused
from policygen.core.text import day_in_words
from policygen.policies.public import pages
from policygen.policies.public.addresses import Number, tidied
from policygen.policies.public.caching import FOREVER, HTML, REVALIDATE, answered, etag
from policygen.policies.public.downloads import file_answer
from policygen.policies.public.feed import CONTENT_TYPE as ATOM
from policygen.policies.public.feed import feed
from policygen.policies.public.pages import Link, Note, Place, closing_notes, dated
from policygen.policies.public.periods import period
from policygen.policies.public.standing import (
    Line,
    NotThere,
    NotYet,
    Published,
    line_of,
    line_on,
    numbered,
)
from policygen.policies.published.serving import NotServed
from policygen.policies.published.versions import Stage

logger = logging.getLogger("policygen.policies")

RETRY_AFTER = 30
"""Seconds after which somebody may ask again for what could not be answered."""

PATIENCE = 5
"""Seconds that a comparison waits for its turn."""

COMPARING = BoundedSemaphore(1)
"""Comparing is the one costly thing here, and anybody may ask for it: one at a time."""

View = Callable[..., HttpResponse]


class Busy(Exception):
    """Somebody else’s comparison takes too long."""


def public(view: View) -> View:
    """Mark a view as one for everybody: only for reading, and calm when something is missing."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        try:
            return view(request, *args, **kwargs)
        except NotYet as early:
            return _not_yet(early.first, kwargs)
        except NotThere:
            return _not_there()
        except (Error, NotServed, pages.Unreadable, Refused, Busy) as error:
            logger.error("a public page was not served", exc_info=error)
            return _not_now()

    return answer


# ---------------------------------------------------------------- pages of a version


@public
def current(request: HttpRequest, practice: str, policy: str) -> HttpResponse:
    """Show the version that applies, and say if the next one waits for its day."""
    line = line_of(practice, policy)
    today = line.today()
    version, coming = _in_force(line, today), line.coming(today)
    notes = (*closing_notes(line), *_coming_notes(line, version, coming))
    place = Place("public", (practice, policy), notes=notes)
    depends = f"{dated([version, coming] if coming else [version])} {line.closing}"
    return _policy(request, line, version, place, REVALIDATE, depends)


@public
def version(request: HttpRequest, practice: str, policy: str, number: int) -> HttpResponse:
    """Show one version, and say if it does not apply."""
    line = numbered(practice, policy, number)
    (found,) = line.versions
    today = line.today()
    stage = found.span.stage(today)
    place = Place(
        "public_version",
        (practice, policy, number),
        heading=f"version {number}",
        notes=_version_notes(line, found, today),
        hidden=stage is not Stage.IN_FORCE,
    )
    # Once another version applies, none that comes later can change when that began.
    keep = FOREVER if found.until and found.until <= today else REVALIDATE
    return _policy(request, line, found, place, keep, f"{dated([found])} {stage}")


@public
def on(request: HttpRequest, practice: str, policy: str, day: date) -> HttpResponse:
    """Show what applied on a day that is over, for ever; or what will, as far as is known."""
    line = line_on(practice, policy, day)
    (found,) = line.versions
    side = (day > line.today()) - (day < line.today())
    place = Place(
        "public_version",
        (practice, policy, found.number),
        heading=f"on {day_in_words(day)}",
        notes=(_day_note(line, found, day, side),),
        hidden=True,
    )
    return _policy(
        request, line, found, place, _kept_on(line, day), f"{found.digest} on {day} {side}"
    )


def _kept_on(line: Line, day: date) -> str:
    """Return how long to keep what applied on a day: no version takes effect in the past."""
    return FOREVER if day < line.today() else REVALIDATE


def _in_force(line: Line, today: date) -> Published:
    """Return the version that applies. Raises ``NotYet`` where the first waits, ``NotThere``."""
    found = line.in_force(today)
    if found is not None:
        return found
    if line.versions:
        raise NotYet(min(version.effective_on for version in line.versions))
    raise NotThere


def _policy(
    request: HttpRequest, line: Line, found: Published, place: Place, keep: str, depends: str
) -> HttpResponse:
    tag = etag("policy", line.practice, line.policy, place.name, depends)
    return answered(request, tag, keep, lambda: pages.policy_page(line, found, place))


def _coming_notes(line: Line, version: Published, coming: Published | None) -> tuple[Note, ...]:
    if coming is None:
        return ()
    there = (line.practice, line.policy)
    day = day_in_words(coming.effective_on)
    changes = reverse("public_changes", args=[*there, version.number, coming.number])
    note = Note(
        strong=f"A new version applies from {day}.",
        text="Until then, the one on this page applies.",
        links=(
            Link(reverse("public_version", args=[*there, coming.number]), "Read the new version"),
            Link(changes, "See what changes"),
        ),
    )
    return (note,)


def _version_notes(line: Line, found: Published, today: date) -> tuple[Note, ...]:
    there, stage = (line.practice, line.policy), found.span.stage(today)
    if stage is Stage.IN_FORCE:
        return ()
    said = f"This version {period(found.span, today)}."
    if stage is Stage.SCHEDULED:
        links = (Link(reverse("public_versions", args=there), "All versions"),)
        return (Note(strong=said, text="It does not apply yet.", links=links, warns=True),)
    links = (Link(reverse("public", args=there), "The current version"),)
    return (Note(strong=said, text="It is kept here for the record.", links=links, warns=True),)


def _day_note(line: Line, found: Published, day: date, side: int) -> Note:
    """Say why this version is shown. Of a day that is over it says nothing that time undoes."""
    there = (line.practice, line.policy)
    shown = day_in_words(day)
    links = (
        Link(reverse("public", args=there), "The current version"),
        Link(reverse("public_version", args=[*there, found.number]), f"Version {found.number}"),
    )
    since = f"It took effect on {day_in_words(found.effective_on)}."
    if side < 0:
        return Note(strong=f"This is what applied on {shown}.", text=since, links=links)
    if side == 0:
        return Note(strong=f"This is what applies on {shown}, today.", text=since, links=links)
    return Note(
        strong=f"This is scheduled to apply on {shown}.",
        text="A version that is published until then may take its place.",
        links=links,
        warns=True,
    )


# ---------------------------------------------------------------- pages of a policy


@public
def fragment(request: HttpRequest, practice: str, policy: str) -> HttpResponse:
    """Give the text that applies as one element, for other sites to put into their pages."""
    line = line_of(practice, policy)
    version = _in_force(line, line.today())
    tag = etag("fragment", version.digest)
    return answered(request, tag, REVALIDATE, lambda: pages.fragment(version))


@public
def versions(request: HttpRequest, practice: str, policy: str) -> HttpResponse:
    """List all versions."""
    line = _published(practice, policy)
    today = line.today()
    current = line.in_force(today)
    shown = (line.name, line.title, line.zone, dated(line.versions), current, line.closing)
    tag = etag("versions", practice, policy, *shown)
    return answered(request, tag, REVALIDATE, lambda: pages.versions_page(line, today))


@public
def atom(request: HttpRequest, practice: str, policy: str) -> HttpResponse:
    """Give the feed of versions."""
    line = _published(practice, policy)
    tag = etag("feed", practice, policy, line.name, line.title, line.versions[0].digest)
    return answered(request, tag, REVALIDATE, lambda: feed(line), ATOM)


def _published(practice: str, policy: str) -> Line:
    line = line_of(practice, policy)
    if not line.versions:
        raise NotThere
    return line


@public
def changes(
    request: HttpRequest, practice: str, policy: str, before: int, after: int
) -> HttpResponse:
    """Show what changed between two versions."""
    if before == after:
        raise NotThere
    if before > after:
        return _moved(reverse("public_changes", args=[practice, policy, after, before]), request)
    line = numbered(practice, policy, before, after)
    digests = [one.digest for one in line.versions]
    tag = etag("changes", practice, policy, line.name, line.title, *digests)
    return answered(request, tag, REVALIDATE, lambda: _compared(line))


def _compared(line: Line) -> bytes:
    if not COMPARING.acquire(timeout=PATIENCE):
        raise Busy
    try:
        return pages.changes_page(line)
    finally:
        COMPARING.release()


@public
def choose_day(request: HttpRequest, practice: str, policy: str) -> HttpResponse:
    """Lead from the form in the list of versions to what applied on a day."""
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return _led("public_versions", practice, policy)
    return _led("public_on", practice, policy, day)


@public
def choose_versions(request: HttpRequest, practice: str, policy: str) -> HttpResponse:
    """Lead from the form in the list of versions to what changed between two of them."""
    asked = [request.GET.get(name, "") for name in ("from", "to")]
    if not all(re.fullmatch(Number.regex, number) for number in asked):
        return _led("public_versions", practice, policy)
    first, last = sorted(map(int, asked))
    if first == last:
        return _led("public_version", practice, policy, first)
    return _led("public_changes", practice, policy, first, last)


def _led(name: str, *arguments: object) -> HttpResponse:
    return HttpResponseRedirect(
        reverse(name, args=arguments), headers={"Cache-Control": "no-store"}
    )


# ---------------------------------------------------------------- files


@public
def file(request: HttpRequest, practice: str, policy: str, name: str) -> HttpResponse:
    """Hand out the version that applies in one of the formats."""
    line = line_of(practice, policy)
    return file_answer(request, _in_force(line, line.today()), name, REVALIDATE)


@public
def version_file(
    request: HttpRequest, practice: str, policy: str, number: int, name: str
) -> HttpResponse:
    """Hand out one version in one of the formats. It never changes."""
    (found,) = numbered(practice, policy, number).versions
    return file_answer(request, found, name, FOREVER)


@public
def on_file(request: HttpRequest, practice: str, policy: str, day: date, name: str) -> HttpResponse:
    """Hand out what applied on a day in one of the formats."""
    line = line_on(practice, policy, day)
    return file_answer(request, line.versions[0], name, _kept_on(line, day))


# ---------------------------------------------------------------- everything else


@public
def elsewhere(request: HttpRequest, address: str) -> HttpResponse:
    """Send somebody to the page that they meant, or say that there is none."""
    meant = tidied(address)
    if meant is None or meant == address:
        raise NotThere
    root = request.path_info.removesuffix(address)
    try:
        if resolve(root + meant).func is elsewhere:
            raise NotThere
    except Resolver404:
        raise NotThere from None
    return _moved(request.path.removesuffix(address) + meant, request)


def _moved(path: str, request: HttpRequest) -> HttpResponse:
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)


def _not_there() -> HttpResponse:
    page = pages.message_page(
        "There is no such policy here",
        "The address may be mistyped. Ask the practice for its privacy policy, "
        "or for the right address.",
    )
    return _message(page, HTTPStatus.NOT_FOUND)


def _not_yet(first: date, asked: dict[str, object]) -> HttpResponse:
    """Say from which day on there is a policy, at its own address or at that of a day before."""
    heading = "This policy does not apply yet"
    if "day" in asked:
        heading = "There was no policy here on that day"
    text = f"The first version applies from {day_in_words(first)}."
    there = [asked["practice"], asked["policy"]]
    link = Link(reverse("public_versions", args=there), "All versions")
    return _message(pages.message_page(heading, text, link), HTTPStatus.NOT_FOUND)


def _not_now() -> HttpResponse:
    page = pages.message_page(
        "This page cannot be shown right now",
        "The policy is safe, but this site cannot reach it at the moment. "
        "Try again in a minute, or ask the practice for a copy.",
    )
    response = _message(page, HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _message(page: bytes, status: HTTPStatus) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(page, content_type=HTML, status=status, headers=headers)
