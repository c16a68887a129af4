"""The Atom feed of a policy's versions."""

from __future__ import annotations

import html
import re
from typing import Any

from django.utils.feedgenerator import Atom1Feed, get_tag_uri
from django.utils.xmlutils import SimplerXMLGenerator

from policygen.core.text import day_in_words
from policygen.policies.models import PolicyVersion
from policygen.policies.public.pages import history, said
from policygen.policies.public.standing import Line, Published
from policygen.policies.site import absolute

CONTENT_TYPE = "application/atom+xml; charset=utf-8"

LIMIT = 50
"""How many versions the feed has; whoever follows it has seen the others."""

NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class VersionsFeed(Atom1Feed):
    """An Atom feed of which each entry also links what changed."""

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        """Write an entry."""
        super().add_item_elements(handler, item)
        if item["changes"]:
            link = {"rel": "related", "href": item["changes"], "title": "What changed"}
            handler.addQuickElement("link", "", link)


def feed(line: Line) -> bytes:
    """Return the feed: one entry for each version, the newest first, scheduled ones among them.

    An entry never changes. Its id is a tag URI (RFC 4151) of the version's address.
    """
    there = (line.practice, line.policy)
    listed = history(line)
    first = listed[-1][1]
    atom = VersionsFeed(
        title=printable(f"{line.title} – {line.name}"),
        link=absolute("public", *there),
        description=None,
        language="en",
        author_name=printable(line.name),
        subtitle="The versions of this policy, when each of them applies, and why it was made.",
        feed_url=absolute("public_feed", *there),
        feed_guid=get_tag_uri(absolute("public", *there), first.published_at),
    )
    for version, row in listed[:LIMIT]:
        atom.add_item(**_entry(there, version, row, has_before=version.number > first.number))
    return atom.writeString("utf-8").encode()


def printable(text: str) -> str:
    """Return text without the characters that XML forbids."""
    return NOT_IN_XML.sub("\ufffd", text)


def _entry(
    there: tuple[str, str], version: Published, row: PolicyVersion, *, has_before: bool
) -> dict[str, Any]:
    address = absolute("public_version", *there, version.number)
    changes = ""
    if has_before:
        changes = absolute("public_changes", *there, version.number - 1, version.number)
    return {
        "title": f"Version {version.number}, from {day_in_words(version.effective_on)}",
        "link": address,
        "unique_id": get_tag_uri(address, row.published_at),
        "pubdate": row.published_at,
        "updateddate": row.published_at,
        "description": _summary(version, row, changes),
        "changes": changes,
    }


def _summary(version: Published, row: PolicyVersion, changes: str) -> str:
    about = said(row)
    lines = [
        f"<p>Applies from {day_in_words(version.effective_on)}. {html.escape(about['kind'])}</p>",
        f"<p>{html.escape(printable(about['reason']))}</p>" if about["reason"] else "",
        f'<p><a href="{html.escape(changes)}">What changed</a></p>' if changes else "",
    ]
    return "".join(lines)
