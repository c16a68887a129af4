"""The text of a clause: a small part of Markdown with placeholders in it.

Markdown is parsed first; placeholders are found in its text nodes afterwards and filled in there,
so nothing that somebody answers can ever become markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from policygen.core.document import Block, Heading, ListBlock, Paragraph, Run, section_href
from policygen.core.links import SAFE_SCHEMES, web_address
from policygen.core.placeholders import (
    Filling,
    Placeholder,
    PlaceholderRefused,
    check_placeholder,
    fill,
    gives_block,
    parse_placeholder,
)
from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.core.text import TextRefused, refuse_markup, refuse_unprintable

BODY_LIMIT = 65_536
"""The longest text of a clause, in characters."""

SLOT = re.compile(r"\{\{([^{}]*)\}\}")
STATEMENT = re.compile(r"\{[%#]|[%#]\}|\{\{|\}\}")
DANGLING_WORDS = re.compile(
    r"\b(below|above(?!\s+all)|overleaf|herein\w*|hereto\w*"
    r"|(?:next|previous|following|preceding)\s+section"
    r"|(?:section|clause|paragraph|chapter)\s+\d+)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder in running text, with the style around it."""

    placeholder: Placeholder
    strong: bool = False
    em: bool = False
    href: str = ""


Part = Run | Slot


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph, a heading or a list before its placeholders are filled.

    ``kind`` is ``paragraph``, ``heading``, ``bullets`` or ``numbers``; all but lists have one line.
    """

    kind: str
    lines: tuple[tuple[Part, ...], ...]

    def filled(self, filling: Filling) -> Block:
        """Return the block with values in it."""
        return self._printed(tuple(_fill_line(line, filling) for line in self.lines))

    def fixed(self) -> Block | None:
        """Return what is printed whatever the answers, or ``None`` if there are placeholders."""
        lines = [[part for part in line if isinstance(part, Run)] for line in self.lines]
        if any(len(runs) < len(line) for runs, line in zip(lines, self.lines, strict=True)):
            return None
        return self._printed(tuple(map(tuple, lines)))

    def _printed(self, lines: tuple[tuple[Run, ...], ...]) -> Block:
        match self.kind:
            case "paragraph":
                return Paragraph(lines[0])
            case "heading":
                return Heading(lines[0])
            case kind:
                return ListBlock(lines, ordered=kind == "numbers")


@dataclass(frozen=True, slots=True)
class BlockSlot:
    """A placeholder that makes a whole block: a list or an address."""

    placeholder: Placeholder

    def filled(self, filling: Filling) -> Block:
        """Return the block that the value makes."""
        made = fill(self.placeholder, _value(filling, self.placeholder))
        if isinstance(made, tuple):
            raise TypeError(f"{self.placeholder} made no block")
        return made

    def fixed(self) -> None:
        """Return ``None``: a placeholder's block always depends on the answers."""


@dataclass(frozen=True)
class Body:
    """A clause's text, parsed: what is printed, what it needs and where it points."""

    blocks: tuple[TextBlock | BlockSlot, ...]
    placeholders: tuple[Placeholder, ...]
    references: tuple[str, ...]

    @cached_property
    def _fixed(self) -> tuple[Block | None, ...]:
        return tuple(block.fixed() for block in self.blocks)

    def fill(self, filling: Filling, *, run_in: bool = False) -> tuple[Block, ...]:
        """Return the blocks with values in them. Every placeholder must have a value."""
        filled = [
            fixed or block.filled(filling)
            for block, fixed in zip(self.blocks, self._fixed, strict=True)
        ]
        if run_in and isinstance(filled[0], Paragraph):
            filled[0] = Paragraph(filled[0].runs, run_in=True)
        return tuple(filled)


def _value(filling: Filling, placeholder: Placeholder) -> object:
    filled = filling.value(placeholder.path)
    if filled is None:
        raise LookupError(f"{placeholder} has no value")
    return filled.value


def _fill_line(line: Sequence[Part], filling: Filling) -> tuple[Run, ...]:
    runs: list[Run] = []
    for part in line:
        if isinstance(part, Run):
            runs.append(part)
            continue
        made = fill(part.placeholder, _value(filling, part.placeholder))
        if not isinstance(made, tuple):
            raise TypeError(f"{part.placeholder} made a block in running text")
        runs += (_styled(run, part) for run in made)
    return _without_double_stops(runs)


def _styled(run: Run, slot: Slot) -> Run:
    if not (slot.strong or slot.em or slot.href):
        return run
    return Run(run.text, slot.strong, slot.em, run.href or slot.href, run.filled_by)


def _without_double_stops(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Let the full stop of an answer ("Maple, Inc.") be that of the sentence that it ends."""
    kept: list[Run] = []
    for run in runs:
        before = kept[-1] if kept else None
        if before and before.filled_by and before.text.endswith(".") and run.text.startswith("."):
            run = replace(run, text=run.text[1:])
        if run.text:
            kept.append(run)
    return tuple(kept)


# ---------------------------------------------------------------- reading

_markdown = MarkdownIt("commonmark", {"html": False})


def parse_body(source: str, known: dict[str, str], sections: Sequence[str]) -> Body:
    """Read a clause's text. Raises ``Refused``; lines count from 1 within the text.

    ``known`` are the paths that placeholders may name (``placeholders.paths``), ``sections`` the
    ids that cross-references may point to.
    """
    if len(source) > BODY_LIMIT:
        raise Refused([Problem("", f"The text has more than {BODY_LIMIT:,} characters.")])
    if not source.strip():
        raise Refused([Problem("", "The text is empty.")])
    if wrong := [*_unprintable(source), *_unreadable(source)]:
        raise Refused(wrong)
    reader = _Reader(known, sections)
    reader.read(_markdown.parse(source))
    if reader.problems:
        raise Refused(reader.problems)
    return Body(
        tuple(block for block, _line in reader.blocks),
        tuple(dict.fromkeys(reader.placeholders)),
        tuple(dict.fromkeys(reader.references)),
    )


def _unprintable(source: str) -> Iterator[Problem]:
    for number, line in enumerate(source.split("\n"), start=1):
        try:
            refuse_unprintable(line.replace("\t", " "))
        except TextRefused as refused:
            yield Problem("", str(refused), number)


def _unreadable(source: str) -> Iterator[Problem]:
    """Give what cannot be a placeholder, before Markdown takes “__” in it for bold print."""
    for found in SLOT.finditer(source):
        line = source.count("\n", 0, found.start()) + 1
        try:
            placeholder = parse_placeholder(found[1].strip())
        except PlaceholderRefused as refused:
            yield Problem("", str(refused), line)
            continue
        if "__" in placeholder.path:
            yield Problem("", f"{quoted(placeholder.path)} names no answer.", line)


class _Reader:
    """Walks the tokens of one text and gathers blocks and problems."""

    def __init__(self, known: dict[str, str], sections: Sequence[str]) -> None:
        self._known = known
        self._sections = sections
        self._line = 1
        self.blocks: list[tuple[TextBlock | BlockSlot, int]] = []
        self.placeholders: list[Placeholder] = []
        self.references: list[str] = []
        self.problems: list[Problem] = []

    def _refuse(self, message: str, line: int = 0) -> None:
        self.problems.append(Problem("", message, line or self._line))

    def read(self, tokens: Sequence[Token]) -> None:
        index = 0
        while index < len(tokens):
            token = tokens[index]
            self._line = _first_line(token) or self._line
            end = _closing(tokens, index)
            self._block(token, tokens[index + 1 : end])
            index = end + 1
        self._check_order()

    def _block(self, token: Token, inside: Sequence[Token]) -> None:
        match token.type:
            case "paragraph_open":
                self._paragraph(token, self._parts(inside[0]))
            case "heading_open":
                if token.tag != "h3":
                    self._refuse(
                        "Only ### sub-headings may stand in a clause: sections have their own."
                    )
                parts = self._parts(inside[0])
                self._refuse_block_slots(parts, "A heading")
                self._add(TextBlock("heading", (parts,)), token)
            case "bullet_list_open" | "ordered_list_open":
                kind = "bullets" if token.type == "bullet_list_open" else "numbers"
                self._add(TextBlock(kind, tuple(self._items(inside))), token)
            case other:
                name = other.removesuffix("_open").replace("_", " ")
                self._refuse(
                    f"A clause cannot hold this ({name}). Use paragraphs, lists and ### headings."
                )

    def _add(self, block: TextBlock | BlockSlot, token: Token) -> None:
        self.blocks.append((block, _first_line(token)))

    def _paragraph(self, token: Token, parts: tuple[Part, ...]) -> None:
        slots = [part for part in parts if isinstance(part, Slot) and gives_block(part.placeholder)]
        if not slots:
            self._add(TextBlock("paragraph", (parts,)), token)
        elif len(parts) == 1:
            self._add(BlockSlot(slots[0].placeholder), token)
        else:
            self._refuse(
                f"{slots[0].placeholder} must be a paragraph of its own. Put blank lines around it."
            )

    def _items(self, tokens: Sequence[Token]) -> Iterator[tuple[Part, ...]]:
        index = 0
        while index < len(tokens):
            end = _closing(tokens, index)
            inside = tokens[index + 1 : end]
            self._line = _first_line(tokens[index]) or self._line
            if [token.type for token in inside] != ["paragraph_open", "inline", "paragraph_close"]:
                self._refuse("Write each list item as one line of text, without lists inside it.")
            else:
                parts = self._parts(inside[1])
                self._refuse_block_slots(parts, "A list item")
                yield parts
            index = end + 1

    def _refuse_block_slots(self, parts: Sequence[Part], what: str) -> None:
        if any(isinstance(part, Slot) and gives_block(part.placeholder) for part in parts):
            self._refuse(f"{what} cannot hold a whole list or address.")

    def _parts(self, inline: Token) -> tuple[Part, ...]:
        self._refuse_dangling_words(inline)
        strong = em = False
        href = ""
        linked_from = 0
        parts: list[Part] = []
        for token in inline.children or ():
            match token.type:
                case "text":
                    parts += self._text(token.content, strong, em, href)
                case "softbreak":
                    parts.append(Run(" ", strong, em, href))
                    self._line += 1
                case "strong_open" | "strong_close":
                    strong = token.type == "strong_open"
                case "em_open" | "em_close":
                    em = token.type == "em_open"
                case "link_open":
                    href = self._href(str(token.attrs.get("href", "")))
                    linked_from = len(parts)
                case "link_close":
                    if not _has_text(parts[linked_from:]):
                        self._refuse("There is no text in this link.")
                    href = ""
                case other:
                    name = other.replace("_", " ")
                    self._refuse(
                        f"A clause cannot hold this ({name}). Use text, *em*, **strong** and links."
                    )
        if not _has_text(parts):
            self._refuse("There is no text here.")
        return _joined(parts)

    def _refuse_dangling_words(self, inline: Token) -> None:
        """Look for them before the text is split into parts, since they may stand on two lines."""
        for found in DANGLING_WORDS.finditer(SLOT.sub("", inline.content)):
            self._refuse(
                f"{quoted(found[0])} can point to something that is not there. "
                "Name the section in a link, as in [How to contact us](#contact).",
                _first_line(inline) + inline.content.count("\n", 0, found.start()),
            )

    def _text(self, text: str, strong: bool, em: bool, href: str) -> Iterator[Part]:
        last = 0
        for match in SLOT.finditer(text):
            if before := self._plain(text[last : match.start()]):
                yield Run(before, strong, em, href)
            if (placeholder := self._placeholder(match[1])) is not None:
                yield Slot(placeholder, strong, em, href)
            last = match.end()
        if rest := self._plain(text[last:]):
            yield Run(rest, strong, em, href)

    def _plain(self, text: str) -> str:
        if found := STATEMENT.search(text):
            self._refuse(
                f"{quoted(found[0])} has no place here. A placeholder is {{{{ name | filter }}}}; "
                "a sentence with a condition is a clause of its own."
            )
            return text
        try:
            refuse_unprintable(text)  # Markdown can write any character as “&#8203;”
            refuse_markup(text)
        except TextRefused as refused:
            self._refuse(str(refused))
        return text

    def _placeholder(self, source: str) -> Placeholder | None:
        try:
            placeholder = parse_placeholder(source.strip())
        except PlaceholderRefused as refused:
            self._refuse(str(refused))
            return None
        wrong = list(check_placeholder(placeholder, self._known))
        for message in wrong:
            self._refuse(message)
        self.placeholders.append(placeholder)
        return placeholder

    def _href(self, href: str) -> str:
        if href.startswith("#"):
            section = href[1:]
            if section not in self._sections:
                self._refuse(
                    f"There is no section {quoted(section)}. {nearest(section, self._sections)}"
                )
            self.references.append(section)
            return section_href(section)
        if not href.lower().startswith(SAFE_SCHEMES):
            self._refuse(
                f"{quoted(href)} cannot be linked. Use https:, http:, mailto:, tel: or #section."
            )
        elif href.lower().startswith("http"):
            try:
                web_address(href)
            except TextRefused as refused:
                self._refuse(f"{quoted(href)} cannot be linked. {refused}")
        return href

    def _check_order(self) -> None:
        """See that headings and colons lead to something in the same clause."""
        for (block, line), (after, _line) in pairwise([*self.blocks, (None, 0)]):
            if not isinstance(block, TextBlock):
                continue
            follows = after.kind if isinstance(after, TextBlock) else "list" if after else "nothing"
            if block.kind == "heading" and follows in {"heading", "nothing"}:
                self._refuse(
                    "A heading without text under it. Write the text in the same clause.", line
                )
            if _ends_with_colon(block) and follows in {"paragraph", "heading", "nothing"}:
                self._refuse(
                    "A paragraph that ends with a colon must be followed by its list "
                    "in the same clause.",
                    line,
                )


def _ends_with_colon(block: TextBlock) -> bool:
    last = block.lines[0][-1] if block.kind == "paragraph" and block.lines[0] else None
    return isinstance(last, Run) and last.text.rstrip().endswith(":")


def _has_text(parts: Sequence[Part]) -> bool:
    return any(isinstance(part, Slot) or part.text.strip() for part in parts)


def _first_line(token: Token) -> int:
    """Return the line, from 1, on which a token begins; 0 where it has none."""
    return token.map[0] + 1 if token.map else 0


def _closing(tokens: Sequence[Token], index: int) -> int:
    """Return the index of the token that closes the one at ``index`` (itself, if it needs none)."""
    depth = 0
    for end in range(index, len(tokens)):
        depth += tokens[end].nesting
        if depth == 0:
            return end
    return len(tokens) - 1


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Join neighbouring runs of one style, so that a document holds as few as it needs."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Run) and isinstance(last, Run) and _style(part) == _style(last):
            joined[-1] = Run(last.text + part.text, last.strong, last.em, last.href)
        else:
            joined.append(part)
    return tuple(joined)


def _style(run: Run) -> tuple[bool, bool, str]:
    return run.strong, run.em, run.href
