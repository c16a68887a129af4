"""What is wrong with a piece of input, said so that its author can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    ``where`` names the place (a file, or a path such as ``contacts.questions``); ``line`` counts
    from 1 and is 0 where lines mean nothing; ``message`` says what is wrong and what would be
    right, in whole sentences.
    """

    where: str
    message: str
    line: int = 0

    def inside(self, outer: str) -> Problem:
        """Return the problem with its place named from further outside."""
        return replace(self, where=f"{outer}.{self.where}" if self.where else outer)

    def __str__(self) -> str:
        place = f"{self.where}:{self.line}" if self.line else self.where
        return f"{place}: {self.message}" if place else self.message


class Refused(ValueError):
    """Input that cannot be taken; ``problems`` lists everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the sentence that helps with an unknown name: the likely one, or those there are."""
    known = sorted(set(names))
    close = get_close_matches(name[:100], known, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {_either(close)}?"
    if not known:
        return "There are none to choose from."
    shown = ", ".join(known[:12])
    return f"Use one of: {shown}{' …' if len(known) > 12 else ''}."


def quoted(name: object, limit: int = 60) -> str:
    """Return a name as it stands in a message: in quotation marks, shortened, on one line."""
    text = " ".join(str(name).split())
    text = "".join(character if character.isprintable() else "�" for character in text)
    return f"“{text[:limit]}…”" if len(text) > limit else f"“{text}”"


def _either(names: Sequence[str]) -> str:
    head = [f"“{name}”" for name in names]
    return head[0] if len(head) == 1 else f"{', '.join(head[:-1])} or {head[-1]}"
