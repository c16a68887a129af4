"""The text of a clause: a small part of Markdown with placeholders in it.

Markdown is parsed first; placeholders are found in its text nodes afterwards and filled in there,
so nothing that somebody answers can ever become markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from policygen.core.document import Block, Heading, ListBlock, Paragraph, Run
from policygen.core.links import SAFE_SCHEMES
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

BODY_LIMIT = 65_536
"""The longest text of a clause, in characters."""

SLOT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
STATEMENT = re.compile(r"\{[%#]|[%#]\}|\{\{|\}\}")
HTML = re.compile(r"<[A-Za-z/!?]")
DANGLING_WORDS = re.compile(
    r"\b(below|above(?! all)|overleaf|herein\w*|hereto\w*"
    r"|(?:next|previous|following|preceding) section"
    r"|(?:section|clause|paragraph|chapter) \d+)\b",
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


@dataclass(frozen=True, slots=True)
class BlockSlot:
    """A placeholder that makes a whole block: a list or an address."""

    placeholder: Placeholder


@dataclass(frozen=True, slots=True)
class Body:
    """A clause's text, parsed: what is printed, what it needs and where it points."""

    blocks: tuple[TextBlock | BlockSlot, ...]
    placeholders: tuple[Placeholder, ...]
    references: tuple[str, ...]

    def fill(self, filling: Filling, *, run_in: bool = False) -> tuple[Block, ...]:
        """Return the blocks with values in them. Every placeholder must have a value."""
        return tuple(self._fill(filling, run_in))

    def _fill(self, filling: Filling, run_in: bool) -> Iterator[Block]:
        for number, block in enumerate(self.blocks):
            if isinstance(block, BlockSlot):
                made = fill(block.placeholder, _value(filling, block.placeholder))
                if isinstance(made, tuple):
                    raise TypeError(f"{block.placeholder} made no block")
                yield made
                continue
            lines = tuple(_fill_line(line, filling) for line in block.lines)
            match block.kind:
                case "paragraph":
                    yield Paragraph(lines[0], run_in=run_in and number == 0)
                case "heading":
                    yield Heading(lines[0])
                case kind:
                    yield ListBlock(lines, ordered=kind == "numbers")


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
        runs += (Run(r.text, part.strong, part.em, r.href or part.href, r.filled_by) for r in made)
    return tuple(runs)


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
    reader = _Reader(known, sections)
    reader.read(_markdown.parse(source))
    if reader.problems:
        raise Refused(reader.problems)
    return Body(
        tuple(reader.blocks),
        tuple(dict.fromkeys(reader.placeholders)),
        tuple(dict.fromkeys(reader.references)),
    )


class _Reader:
    """Walks the tokens of one text and gathers blocks and problems."""

    def __init__(self, known: dict[str, str], sections: Sequence[str]) -> None:
        self._known = known
        self._sections = sections
        self._line = 1
        self.blocks: list[TextBlock | BlockSlot] = []
        self.placeholders: list[Placeholder] = []
        self.references: list[str] = []
        self.problems: list[Problem] = []

    def _refuse(self, message: str) -> None:
        self.problems.append(Problem("", message, self._line))

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
                self._paragraph(self._parts(inside[0]))
            case "heading_open":
                if token.tag != "h3":
                    self._refuse(
                        "Only ### sub-headings may stand in a clause: sections have their own."
                    )
                self.blocks.append(TextBlock("heading", (self._parts(inside[0]),)))
            case "bullet_list_open" | "ordered_list_open":
                kind = "bullets" if token.type == "bullet_list_open" else "numbers"
                self.blocks.append(TextBlock(kind, tuple(self._items(inside))))
            case other:
                name = other.removesuffix("_open").replace("_", " ")
                self._refuse(
                    f"A clause cannot hold this ({name}). Use paragraphs, lists and ### headings."
                )

    def _paragraph(self, parts: tuple[Part, ...]) -> None:
        slots = [part for part in parts if isinstance(part, Slot) and gives_block(part.placeholder)]
        if not slots:
            self.blocks.append(TextBlock("paragraph", (parts,)))
        elif len(parts) == 1:
            self.blocks.append(BlockSlot(slots[0].placeholder))
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
                if any(isinstance(p, Slot) and gives_block(p.placeholder) for p in parts):
                    self._refuse("A list item cannot hold a whole list or address.")
                yield parts
            index = end + 1

    def _parts(self, inline: Token) -> tuple[Part, ...]:
        strong = em = False
        href = ""
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
                case "link_close":
                    href = ""
                case other:
                    name = other.replace("_", " ")
                    self._refuse(
                        f"A clause cannot hold this ({name}). Use text, *em*, **strong** and links."
                    )
        if not any(isinstance(part, Slot) or part.text.strip() for part in parts):
            self._refuse("There is no text here.")
        return _joined(parts)

    def _text(self, text: str, strong: bool, em: bool, href: str) -> Iterator[Part]:
        if HTML.search(text):
            self._refuse("A clause cannot hold HTML. Use Markdown.")
        if not href and (found := DANGLING_WORDS.search(SLOT.sub("", text))):
            self._refuse(
                f"{quoted(found[0])} can point to something that is not there. "
                "Name the section in a link, as in [How to contact us](#contact)."
            )
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
        elif not href.lower().startswith(SAFE_SCHEMES):
            self._refuse(
                f"{quoted(href)} cannot be linked. Use https:, http:, mailto:, tel: or #section."
            )
        return href

    def _check_order(self) -> None:
        for block, after in zip(self.blocks, [*self.blocks[1:], None], strict=True):
            if not isinstance(block, TextBlock):
                continue
            kind = after.kind if isinstance(after, TextBlock) else "block"
            if block.kind == "heading" and (after is None or kind == "heading"):
                self._refuse("A heading without text under it. Write the text in the same clause.")
            if (
                block.kind == "paragraph"
                and _ends_with_colon(block)
                and (after is None or kind in {"paragraph", "heading"})
            ):
                self._refuse(
                    "A paragraph that ends with a colon must be followed by its list "
                    "in the same clause."
                )


def _ends_with_colon(block: TextBlock) -> bool:
    last = block.lines[0][-1] if block.lines[0] else None
    return isinstance(last, Run) and last.text.rstrip().endswith(":")


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
