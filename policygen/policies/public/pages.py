"""The public pages as bytes: the text of a policy in its frame, lists, comparisons, messages.

No page knows who reads it: the templates get no request, and what they are given is all they show.
The text comes out of the stored stand-alone file, whose SHA-256 is checked when it is read. So what
was published is what stands there, whatever this software would make of the same document today.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.analysis.redline import redline_documents
from policygen.core.text import day_in_words
from policygen.policies.models import PolicyVersion, VersionFile
from policygen.policies.public.periods import period
from policygen.policies.public.standing import Line, NotThere, Published
from policygen.policies.published.serving import content_of
from policygen.policies.published.versions import Stage, document_of, spans
from policygen.policies.site import absolute
from policygen.rendering import FORMATS

ARTICLE = re.compile(rb"<article.*</article>", re.DOTALL)
TITLE = re.compile(rb"<title>([^<]*)</title>")
HEADING = re.compile(rb"<(/?)h([1-5])(?=[ >])")

KINDS: dict[str, str] = {
    ChangeKind.MATERIAL: "The practice calls it material: it changes what the policy says.",
    ChangeKind.EDITORIAL: "The practice calls it editorial: it says the same in other "
    "words, or gives other facts.",
    ChangeKind.TECHNICAL: "The practice calls it technical: the printed text stays the same.",
}
"""What kinds of change mean to a patient, and that whoever published it chose the kind."""


class Unreadable(Exception):
    """The stored page of a version is none that this site made."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads and what it says."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """What stands above the text: why this is not simply the policy that applies."""

    text: str
    strong: str = ""
    links: tuple[Link, ...] = ()
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Which page shows a version.

    ``name`` and ``arguments`` are those of its address, ``heading`` tells its title apart from the
    current page's, and ``notes`` stand above the text. A ``hidden`` page asks search engines to
    leave it out.
    """

    name: str
    arguments: tuple[object, ...]
    heading: str = ""
    notes: tuple[Note, ...] = ()
    hidden: bool = False


def closing_notes(line: Line) -> tuple[Note, ...]:
    """Return what the pages of a policy say where the location that it is for has closed."""
    if line.closing is None:
        return ()
    text = "This policy stays here for people whose information the practice still keeps."
    return (Note(strong=str(line.closing), text=text),)


# ---------------------------------------------------------------- the text


def article_of(page: bytes) -> bytes:
    """Return the ``<article>`` of a stored page. Text in it is escaped, so it holds no tag."""
    if (found := ARTICLE.search(page)) is None:
        raise Unreadable
    return found[0]


def title_of(page: bytes) -> str:
    """Return the title of a stored page, with the practice."""
    if (found := TITLE.search(page)) is None:
        raise Unreadable
    return html.unescape(found[1].decode())


def fragment(version: Published) -> bytes:
    """Return the ``<article>`` of a version with its headings one level down."""
    return fragment_of(_page_of(version))


def fragment_of(page: bytes) -> bytes:
    """Return the ``<article>`` of a stored page, to stand below another page's own heading."""
    lowered = HEADING.sub(lambda tag: b"<%bh%d" % (tag[1], int(tag[2]) + 1), article_of(page))
    return lowered + b"\n"


def policy_page(line: Line, version: Published, place: Place) -> bytes:
    """Return the page of a version. Raises ``NotThere``, ``NotServed`` or ``Unreadable``."""
    files = {file.format: file for file in _files_of(version)}
    page = _stored_page(files)
    there, number = (line.practice, line.policy), version.number
    context = {
        "title": title_of(page),
        "heading": place.heading,
        "article": mark_safe(article_of(page).decode()),  # noqa: S308
        "number": number,
        "effective_on": version.effective_on,
        "effective_on_in_words": day_in_words(version.effective_on),
        "notes": place.notes,
        "hidden": place.hidden,
        "canonical": absolute(place.name, *place.arguments),
        "feed": reverse("public_feed", args=there),
        "versions": reverse("public_versions", args=there),
        "changes": _changes(there, number) if _has_before(line, number) else "",
        "files": _downloads(files, place, there, number),
        "pdf": _download(place, there, number, "pdf") if "pdf" in files else "",
    }
    return _drawn("public/policy.html", context)


def _page_of(version: Published) -> bytes:
    return _stored_page({file.format: file for file in _files_of(version)})


def _files_of(version: Published) -> list[VersionFile]:
    """Return the stored formats of a version in the order in which they are offered."""
    order = {name: place for place, name in enumerate(FORMATS)}
    found = VersionFile.objects.filter(version__digest=version.digest)
    return sorted(found, key=lambda file: (order.get(file.format, len(order)), file.format))


def _stored_page(files: dict[str, VersionFile]) -> bytes:
    if "html" not in files:
        raise NotThere
    return content_of(files["html"])


def _downloads(
    files: dict[str, VersionFile], place: Place, there: tuple[str, str], number: int
) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "label": FORMATS[name].label if name in FORMATS else name.upper(),
            "type": file.content_type.partition(";")[0],
            "href": _download(place, there, number, name),
        }
        for name, file in files.items()
    ]


def _download(place: Place, there: tuple[str, str], number: int, name: str) -> str:
    if place.name == "public":
        return reverse("public_file", args=[*there, name])
    return reverse("public_version_file", args=[*there, number, name])


def _changes(there: tuple[str, str], number: int) -> str:
    return reverse("public_changes", args=[*there, number - 1, number])


def _has_before(line: Line, number: int) -> bool:
    """Tell whether the version before is kept: an old one may be gone after many years."""
    return PolicyVersion.objects.filter(policy_id=line.id, number=number - 1).exists()


# ---------------------------------------------------------------- lists and comparisons


def history(line: Line) -> list[tuple[Published, PolicyVersion]]:
    """Return every version with its period and its row, without long texts, the newest first."""
    fields = ("number", "digest", "effective_on", "published_at", "kind", "reason")
    rows = PolicyVersion.objects.filter(policy_id=line.id).only(*fields).order_by("-number")
    dated = spans((row.number, row.effective_on) for row in rows)
    return [
        (Published(row.number, row.digest, row.effective_on, dated[row.number].until), row)
        for row in rows
    ]


def versions_page(line: Line, today: date) -> bytes:
    """Return the list of all versions."""
    there = (line.practice, line.policy)
    listed = history(line)
    oldest = listed[-1][0]
    pdfs = VersionFile.objects.filter(version__policy_id=line.id, format="pdf")
    with_pdf = set(pdfs.values_list("version__number", flat=True))
    entries = [_listed(line, version, row, today) for version, row in listed]
    for entry in entries:
        number = entry["number"]
        entry["changes"] = _changes(there, number) if number > oldest.number else ""
        if number in with_pdf:
            entry["pdf"] = reverse("public_version_file", args=[*there, number, "pdf"])
    context = {
        **_about(line),
        "is_list": True,
        "canonical": absolute("public_versions", *there),
        "feed": reverse("public_feed", args=there),
        "versions": entries,
        "notes": closing_notes(line),
        "choose_day": reverse("public_choose_day", args=there),
        "choose_versions": reverse("public_choose_versions", args=there),
        "numbers": [version.number for version, _ in listed],
    }
    return _drawn("public/versions.html", context)


def _listed(line: Line, version: Published, row: PolicyVersion, today: date) -> dict[str, Any]:
    there, number = (line.practice, line.policy), version.number
    words, stage = period(version.span, today), version.span.stage(today)
    return {
        "number": number,
        "current": stage is Stage.IN_FORCE,
        "coming": stage is Stage.SCHEDULED,
        "period": f"{words[0].upper()}{words[1:]}.",
        "published": day_in_words(row.published_at.astimezone(line.time_zone).date()),
        "href": reverse("public_version", args=[*there, number]),
        **said(row),
    }


def changes_page(line: Line) -> bytes:
    """Return the redline between the two versions of a line, and why they were made."""
    after, before = line.versions
    there = (line.practice, line.policy)
    rows = PolicyVersion.objects.filter(
        policy_id=line.id, number__gt=before.number, number__lte=after.number
    ).only("number", "effective_on", "kind", "reason")
    documents = PolicyVersion.objects.filter(digest__in=[before.digest, after.digest])
    old, new = documents.only("number", "document").order_by("number")
    context = {
        **_about(line),
        "canonical": absolute("public_changes", *there, before.number, after.number),
        "before": _side(there, before),
        "after": _side(there, after),
        "steps": [
            {"number": row.number, "from": day_in_words(row.effective_on), **said(row)}
            for row in rows.order_by("number")
        ],
        "redline": redline_documents(document_of(old), document_of(new)).changed_only(),
    }
    return _drawn("public/changes.html", context)


def _side(there: tuple[str, str], version: Published) -> dict[str, Any]:
    return {
        "number": version.number,
        "from": day_in_words(version.effective_on),
        "href": reverse("public_version", args=[*there, version.number]),
    }


def said(row: PolicyVersion) -> dict[str, str]:
    """Return how much a version changed and why; the first one changed nothing."""
    kind = KINDS.get(row.kind, "") if row.number > 1 else "It is the first version."
    return {"kind": kind, "reason": row.reason}


def _about(line: Line) -> dict[str, Any]:
    there = (line.practice, line.policy)
    return {
        "title": line.title,
        "practice": line.name,
        "current": reverse("public", args=there),
        "list": reverse("public_versions", args=there),
    }


# ---------------------------------------------------------------- messages


def message_page(heading: str, text: str, link: Link | None = None) -> bytes:
    """Return a page that says one thing."""
    context = {
        "heading": heading,
        "text": text,
        "href": link.href if link else "",
        "link": link.text if link else "",
    }
    return _drawn("public/message.html", context)


# ---------------------------------------------------------------- common


def _drawn(template: str, context: dict[str, Any]) -> bytes:
    return render_to_string(template, context).encode()


def dated(versions: Sequence[Published]) -> str:
    """Return what of versions a page depends on, for its ETag."""
    return " ".join(f"{one.digest}@{one.effective_on}-{one.until}" for one in versions)
