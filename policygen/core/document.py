"""The assembled policy as a value: sections > clauses > blocks > runs.

A ``Document`` holds no markup of any format. Each clause in it names its version, the atoms that
brought it in and the atoms that fill it, so that every printed sentence can be traced to an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date


def section_href(section: str) -> str:
    """Return the address of a section inside its document, as ``Run.href`` spells it.

    The prefix keeps a section's id apart from every other id on a page that holds the document.
    """
    return f"#section-{section}"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style.

    ``href`` is an https, http, mailto or tel address, or a ``section_href``.
    ``filled_by`` is the placeholder's path (``data.health``) where the text came from an answer,
    and empty where it stands in the clause itself.
    """

    text: str
    strong: bool = False
    em: bool = False
    href: str = ""
    filled_by: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. ``run_in`` says that it continues the paragraph before it."""

    runs: tuple[Run, ...]
    run_in: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A sub-heading inside a section; text always follows it."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A bulleted or numbered list; it never has an empty item."""

    items: tuple[tuple[Run, ...], ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class AddressBlock:
    """Lines that are printed one under the other, as on an envelope.

    Each entry has a ``label`` ("Phone", or empty) and one or more lines of runs.
    """

    entries: tuple[AddressEntry, ...]


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """One way to reach somebody: a label and its lines."""

    label: str
    lines: tuple[tuple[Run, ...], ...]


Block = Paragraph | Heading | ListBlock | AddressBlock


@dataclass(frozen=True, slots=True)
class ClauseText:
    """One clause as it reads in this document.

    ``decided_by`` and ``filled_by`` hold atoms in their text form (``data:dental-records``,
    ``practice_name``): the answers that brought the clause in, and the answers printed in it.
    ``amended`` tells that the practice has put its own wording in place of the library's.
    """

    slug: str
    version: int
    title: str
    blocks: tuple[Block, ...]
    decided_by: tuple[str, ...]
    filled_by: tuple[str, ...]
    amended: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A block together with the clause it comes from."""

    clause: ClauseText
    block: Block


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the clauses under it; it has at least one clause."""

    id: str
    title: str
    clauses: tuple[ClauseText, ...]

    def pieces(self) -> Iterator[tuple[Piece, ...]]:
        """Give what is printed one under the other.

        Each group is one block, except that paragraphs which run into the one before them stand
        in its group: such a group is printed as a single paragraph.
        """
        group: list[Piece] = []
        for clause in self.clauses:
            for block in clause.blocks:
                piece = Piece(clause, block)
                if group and isinstance(group[-1].block, Paragraph) and runs_in(block):
                    group.append(piece)
                    continue
                if group:
                    yield tuple(group)
                group = [piece]
        if group:
            yield tuple(group)


def runs_in(block: Block) -> bool:
    """Tell whether a block continues the paragraph before it, if there is one."""
    return isinstance(block, Paragraph) and block.run_in


@dataclass(frozen=True, slots=True)
class Document:
    """A whole policy, ready for any format.

    ``date`` is the day that the text is made for; ``release`` is the SHA-256 (hexadecimal) of the
    library release that it was assembled from.
    """

    title: str
    practice: str
    language: str
    date: date
    release: str
    sections: tuple[Section, ...]

    def clauses(self) -> Iterator[ClauseText]:
        """Give every clause in reading order."""
        for section in self.sections:
            yield from section.clauses
