"""Where an interview stands: which pages there are for these answers, and which are finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from policygen.core.answers import Answers, Raw, Standing, retired_in
from policygen.core.library import Library
from policygen.core.vocabulary import Question
from policygen.library.store import library_of
from policygen.policies.drafting.drafts import Reading, read_answers, seen
from policygen.wizard.steps import STEPS, Step


@dataclass(frozen=True, eq=False)
class Interview:
    """The stored answers of a draft, seen as pages. Get it from ``interview_of``."""

    library: Library
    reading: Reading

    @property
    def answers(self) -> Answers:
        """The answers that can be read."""
        return self.reading.answers

    @property
    def stored(self) -> Mapping[str, Raw]:
        """All stored answers in their raw form, readable or not."""
        return self.reading.stored

    @cached_property
    def pages(self) -> dict[str, tuple[Question, ...]]:
        """The questions that apply, by the name of their page."""
        pages: dict[str, list[Question]] = {}
        for question in self.library.vocabulary.questions:
            if self.answers.standing(question) is not Standing.SKIPPED:
                pages.setdefault(question.page, []).append(question)
        return {name: tuple(questions) for name, questions in pages.items()}

    @cached_property
    def shown(self) -> tuple[Step, ...]:
        """The pages that apply, in order."""
        return tuple(step for step in STEPS if step.name in self.pages)

    @cached_property
    def finished(self) -> frozenset[str]:
        """The names of the pages on which no question is open, or to be answered again."""
        return frozenset(
            step.name for step in self.shown if not any(map(self._is_open, self.pages[step.name]))
        )

    @cached_property
    def unreadable(self) -> dict[str, tuple[str, ...]]:
        """What is wrong with stored answers that cannot be read, by question id or stored name."""
        found: dict[str, list[str]] = {}
        for problem in self.reading.problems:
            name = problem.where.partition(".")[0].strip("“”")
            found.setdefault(name, []).append(problem.message)
        return {name: tuple(messages) for name, messages in found.items()}

    @property
    def next_unfinished(self) -> Step | None:
        """The first page on which something is open, if there is one."""
        return next((step for step in self.shown if step.name not in self.finished), None)

    def seen(self, step: str) -> str:
        """Return the mark of what is stored for a page's questions."""
        questions = [question.id for question in self.pages.get(step, ())]
        return seen(self.stored, questions, self.library.digest)

    def names_retired(self, question: Question) -> bool:
        """Tell whether the answer names an option that is no longer offered."""
        answer = self.answers.given.get(question.id)
        return answer is not None and bool(retired_in(question, answer))

    def _is_open(self, question: Question) -> bool:
        is_open = self.answers.standing(question) is Standing.OPEN
        return is_open or self.names_retired(question)


@lru_cache(maxsize=128)
def interview_of(release: str, stored: str) -> Interview:
    """Return the interview of stored answers, under a release given by its digest."""
    return Interview(library_of(release), read_answers(release, stored))
