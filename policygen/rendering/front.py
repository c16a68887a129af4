"""What stands above the text of a policy, and how its sections are headed, alike in all formats.

The date is not printed here: the text itself says when it applies or was last updated.
"""

from __future__ import annotations

from dataclasses import dataclass

from policygen.core.document import Document

CONTENTS = "Contents"


@dataclass(frozen=True, slots=True)
class Front:
    """The lines above the text. ``practice`` is empty if nobody has named it yet."""

    practice: str
    title: str

    @property
    def whole(self) -> str:
        """Both on one line, as a browser or a PDF reader shows them."""
        return f"{self.title} – {self.practice}" if self.practice else self.title


def front(document: Document) -> Front:
    """Return the lines that stand above the text."""
    return Front(document.practice, document.title)


def section_title(number: int, title: str) -> str:
    """Return a section's heading with its number, as it is printed in every format."""
    return f"{number}. {title}"
