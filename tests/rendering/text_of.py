"""Read the text back out of every format, to compare it with the document it was made from.

``assert_same_text(name, document, content)`` is the whole interface. The comparison ignores white
space, and the few signs by which a format sets out lists and headings (``SIGNS``).
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import lxml.html
from markdown_it import MarkdownIt

from policygen.core.document import AddressBlock, Block, Document, ListBlock, Run

# What a format adds: PDF its bullets, plain text its dashes and underlines. Joiners that have no
# glyph of their own do not survive the way through a PDF.
SIGNS = {"html": "", "json": "", "md": "", "pdf": "•\u200c\u200d", "txt": "-=~"}
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff](?:[\u0590-\u08ff\s״\"]*[\u0590-\u08ff])?")
ADDED_ADDRESS = re.compile(r"<(?:https?://[^<>\s]*|[^<>@\s]+@[^<>@\s]+|\+?[0-9]+)>")


def assert_same_text(name: str, document: Document, content: bytes) -> None:
    """Fail unless ``content``, made by the format ``name``, says what the document says."""
    expected = _bare(name, "\n".join(text_of_document(document)))
    found = _bare(name, READERS[name](content))
    assert found == expected, _first_difference(found, expected)


def text_of_document(document: Document) -> Iterator[str]:
    """Give the document's own text, line by line: front, numbered headings, blocks."""
    yield document.practice
    yield document.title
    for number, section in enumerate(document.sections, start=1):
        yield f"{number}. {section.title}"
        for group in section.pieces():
            for piece in group:
                yield from _text_of_block(piece.block)


def _text_of_block(block: Block) -> Iterator[str]:
    match block:
        case ListBlock(items, ordered):
            for number, item in enumerate(items, start=1):
                yield (f"{number}. " if ordered else "") + _text_of_runs(item)
        case AddressBlock(entries):
            for entry in entries:
                yield f"{entry.label}: " if entry.label else ""
                yield from map(_text_of_runs, entry.lines)
        case _:
            yield _text_of_runs(block.runs)


def _text_of_runs(runs: tuple[Run, ...]) -> str:
    return "".join(run.text for run in runs)


def text_of_html(content: bytes) -> str:
    """Return what a page says outside its table of contents."""
    article = lxml.html.document_fromstring(content.decode()).find(".//article")
    assert article is not None
    for nav in article.findall(".//nav"):
        nav.drop_tree()
    return _with_numbers(article)


def text_of_md(content: bytes) -> str:
    """Return what a Markdown text says, as a CommonMark reader takes it."""
    return _with_numbers(lxml.html.fragment_fromstring(markdown_to_html(content), "div"))


def markdown_to_html(content: bytes) -> str:
    """Return a Markdown text as HTML: CommonMark, and nothing that it does not have."""
    return MarkdownIt("commonmark", {"html": True}).render(content.decode())


def text_of_txt(content: bytes) -> str:
    """Return what a plain text says, without the addresses that it adds to link texts."""
    return content.decode()


def text_of_pdf(content: bytes) -> str:
    """Return what a PDF's tags say, in their reading order, outside the table of contents."""
    listing = subprocess.run(
        ["pdfinfo", "-struct-text", "-"], input=content, capture_output=True, check=True
    ).stdout.decode()
    front, sections = listing.split("  Sect", 1)
    front, _, _ = front.rpartition('"Contents"')
    strings = re.findall(r'^ *"(.*)"$', front + sections, re.MULTILINE)
    return "\n".join(RIGHT_TO_LEFT.sub(_in_spoken_order, text) for text in strings)


def _in_spoken_order(found: re.Match[str]) -> str:
    """Turn glyphs, which stand in a PDF as the eye sees them; one may be a ligature of two."""
    return found[0][::-1].replace("\u0623\u0644", "\u0644\u0623")


def text_of_json(content: bytes) -> str:
    """Return what a JSON file says, as a program would print it."""
    raw = json.loads(content)
    lines = [raw["practice"], raw["title"]]
    for number, section in enumerate(raw["sections"], start=1):
        lines.append(f"{number}. {section['title']}")
        for clause in section["clauses"]:
            for block in clause["blocks"]:
                lines.extend(_lines_of_json(block))
    return "\n".join(lines)


def _lines_of_json(block: dict[str, Any]) -> Iterator[str]:
    def text(runs: list[dict[str, Any]]) -> str:
        return "".join(run["text"] for run in runs)

    for number, item in enumerate(block.get("items", ()), start=1):
        yield (f"{number}. " if block.get("ordered") else "") + text(item)
    for entry in block.get("entries", ()):
        yield f"{entry['label']}: " if entry["label"] else ""
        yield from map(text, entry["lines"])
    yield text(block.get("runs", []))


READERS: Mapping[str, Callable[[bytes], str]] = {
    "html": text_of_html,
    "pdf": text_of_pdf,
    "txt": text_of_txt,
    "md": text_of_md,
    "json": text_of_json,
}


def _with_numbers(element: lxml.html.HtmlElement) -> str:
    for ordered in element.findall(".//ol"):
        for number, item in enumerate(ordered.findall("li"), start=int(ordered.get("start", 1))):
            item.text = f"{number}. {item.text or ''}"
    return str(element.text_content())


def _bare(name: str, text: str) -> str:
    if name == "txt":
        text = ADDED_ADDRESS.sub("", text)
    return "".join(text.translate({ord(sign): None for sign in SIGNS[name]}).split())


def _first_difference(found: str, expected: str) -> str:
    pairs = zip(found, expected, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(found), len(expected)))
    start = max(0, at - 40)
    return f"found …{found[start : at + 60]!r}, expected …{expected[start : at + 60]!r}"
