"""A policy as one stand-alone web page; its article and its clauses by themselves.

Text becomes markup in ``escaped`` alone, and an address becomes a link in ``_run`` alone. The text
is marked up by small functions, many times faster than a template; only the frames around it are
templates.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache

from policygen.core.document import (
    AddressBlock,
    AddressEntry,
    Block,
    ClauseText,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Piece,
    Run,
    Section,
    section_href,
)
from policygen.rendering import frames
from policygen.rendering.filenames import filename
from policygen.rendering.front import section_title
from policygen.rendering.links import safe_href
from policygen.rendering.rendered import Rendered
from policygen.rendering.size import refuse_too_large

CONTENT_TYPE = "text/html; charset=utf-8"

FEW_ENTRIES = 8
"""A list of more addresses is marked as long: paper sets it in columns, over several pages."""

STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a document is marked up.

    ``targets`` are the addresses of its own sections. ``traced`` says where each piece of text
    comes from; paper has no use for that, and without it lines are laid out faster. ``level`` is
    that of the title among the headings of the page, from which sub-headings follow.
    """

    targets: frozenset[str]
    traced: bool = True
    level: int = 1


def render(document: Document) -> Rendered:
    """Return the policy as a web page that needs nothing else. Raises ``RenderTooLarge``."""
    page = frames.page(document, body(document))
    return Rendered(filename(document.practice, "html"), CONTENT_TYPE, page.encode())


def body(document: Document, *, traced: bool = True) -> str:
    """Return the policy as an ``<article>``: front lines, contents and sections.

    It holds no script, no style and no style attribute, so it can stand in any page of the site.
    Its ids are ``policy-contents`` and ``section-…``. Unless it is not ``traced``, every text
    names its clause (``data-clause``, ``data-version``) and whether the practice has worded it
    itself (``data-amended``). Raises ``RenderTooLarge``.
    """
    refuse_too_large(document)
    targets = frozenset(section_href(section.id) for section in document.sections)
    manner = Manner(targets, traced)
    sections = [
        _section(number, section, manner)
        for number, section in enumerate(document.sections, start=1)
    ]
    return frames.body(document, "\n".join(sections))


def clause(said: ClauseText, *, targets: frozenset[str] = frozenset(), level: int = 1) -> str:
    """Return one clause as it reads by itself, for pages that show a policy clause by clause.

    ``targets`` are the ``section_href`` that links in it may lead to; ``level`` is that of the
    title of the policy, of which sub-headings stand two below, as in ``body``.
    """
    manner = Manner(targets, level=level)
    return "\n".join(_block(block, _source(said, manner), manner) for block in said.blocks)


def style_sources(content: bytes) -> tuple[str, ...]:
    """Return what a Content-Security-Policy must allow under ``style-src`` for a stored page.

    ``content`` is what ``render`` has made, now or years ago: ``("'sha256-…'",)``, one source for
    each of its stylesheets, quoted as the header wants it. Text of a policy never counts as one.
    """
    return tuple(
        f"'sha256-{b64encode(hashlib.sha256(style).digest()).decode()}'"
        for style in STYLE.findall(content)
    )


def escaped(text: str) -> str:
    """Return text with the five characters spelt out that could become markup."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if '"' in text:
        text = text.replace('"', "&quot;")
    if "'" in text:
        text = text.replace("'", "&#39;")
    return text


def _section(number: int, section: Section, manner: Manner) -> str:
    name = escaped(section.id)
    title = escaped(section_title(number, section.title))
    pieces = [_group(group, manner) for group in section.pieces()]
    heading = f"<h2>{title}</h2>"
    return "\n".join([f'<section id="section-{name}">', heading, *pieces, "</section>"])


def _group(group: tuple[Piece, ...], manner: Manner) -> str:
    """Print one group of ``Section.pieces()``: a block, or paragraphs that run into each other."""
    if len(group) == 1:
        return _block(group[0].block, _source(group[0].clause, manner), manner)
    return f"<p>{' '.join([_run_in(piece, manner) for piece in group])}</p>"


def _run_in(piece: Piece, manner: Manner) -> str:
    text = _runs(piece.block.runs, manner) if isinstance(piece.block, Paragraph) else ""
    return f"<span{_source(piece.clause, manner)}>{text}</span>" if manner.traced else text


def _source(clause: ClauseText, manner: Manner) -> str:
    if not manner.traced:
        return ""
    attributes = _source_attributes(clause.slug, clause.version)
    return f"{attributes} data-amended" if clause.amended else attributes


@lru_cache(maxsize=1_024)
def _source_attributes(slug: str, version: int) -> str:
    return f' data-clause="{escaped(slug)}" data-version="{version}"'


def _block(block: Block, source: str, manner: Manner) -> str:
    match block:
        case Paragraph():
            return f"<p{source}>{_runs(block.runs, manner)}</p>"
        case Heading():
            tag = f"h{manner.level + 2}"
            return f"<{tag}{source}>{_runs(block.runs, manner)}</{tag}>"
        case ListBlock():
            name = "ol" if block.ordered else "ul"
            items = "".join([f"<li>{_runs(item, manner)}</li>\n" for item in block.items])
            return f"<{name}{source}>\n{items}</{name}>"
        case AddressBlock():
            entries = "".join([_entry(entry, manner) for entry in block.entries])
            many = ' class="many"' if len(block.entries) > FEW_ENTRIES else ""
            return f"<address{many}{source}>\n{entries}</address>"


def _entry(entry: AddressEntry, manner: Manner) -> str:
    lines = "<br>\n".join([_runs(line, manner) for line in entry.lines])
    if not entry.label:
        return f"<p>{lines}</p>\n"
    gap = " " if len(entry.lines) == 1 else "<br>\n"
    return f"<p><b>{escaped(entry.label)}:</b>{gap}{lines}</p>\n"


def _runs(runs: tuple[Run, ...], manner: Manner) -> str:
    if len(runs) == 1:
        return _run(runs[0], manner)
    return "".join([_run(run, manner) for run in runs])


def _run(run: Run, manner: Manner) -> str:
    text = escaped(run.text)
    # A name in a right-to-left script would pull the words around it out of their order.
    if run.filled_by and (manner.traced or not text.isascii()):
        text = f"<bdi>{text}</bdi>"
    if run.em:
        text = f"<em>{text}</em>"
    if run.strong:
        text = f"<strong>{text}</strong>"
    if run.href and (href := safe_href(run.href)):
        if not href.startswith("#"):
            return f'<a href="{escaped(href)}" rel="noopener">{text}</a>'
        if href in manner.targets:
            return f'<a href="{escaped(href)}">{text}</a>'
    return text
