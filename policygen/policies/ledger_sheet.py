"""The ledger as its pages show it: law by law, what is missing first, with the way to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from policygen.core.analysis.laws import Applies, Standing
from policygen.core.analysis.ledger import Account, Ledger, Line, Status
from policygen.core.regimes import Confidence, Duty
from policygen.core.text import day_in_words
from policygen.core.vocabulary import Question, Vocabulary

Address = Callable[[Question], str]
"""Where a question is answered; blank where nothing can be answered any more."""

WANTED = {
    Duty.REQUIRED: "The law wants this.",
    Duty.CONDITIONAL: "The law wants this in a case like yours.",
    Duty.RECOMMENDED: "Good practice, not a duty.",
}


@dataclass(frozen=True)
class Asked:
    """A question with the address where it is answered, which may be blank."""

    text: str
    address: str


@dataclass(frozen=True)
class Element:
    """A line of the ledger, and the questions that would settle or mend it."""

    line: Line
    asked: tuple[Asked, ...]

    @property
    def duty(self) -> str:
        """How strongly it is wanted, as a sentence."""
        return WANTED[self.line.element.duty]

    @property
    def is_doubtful(self) -> bool:
        """Whether a lawyer should confirm that the law asks for it just so."""
        return self.line.element.confidence is not Confidence.HIGH


@dataclass(frozen=True)
class Law:
    """A regime that this policy must answer, with its elements by status."""

    applies: Applies
    missing: tuple[Element, ...]
    open: tuple[Element, ...]
    reworded: tuple[Element, ...]
    stated: tuple[Element, ...]
    reminders: tuple[Element, ...]
    without: tuple[Element, ...]

    @property
    def read_on(self) -> str:
        """The day of the law’s text that was read, in words."""
        return day_in_words(date.fromisoformat(self.applies.regime.law_as_of))

    @property
    def wanted(self) -> int:
        """How many elements the text has to state."""
        return len(self.missing) + len(self.open) + len(self.reworded) + len(self.stated)


@dataclass(frozen=True)
class Undecided:
    """A regime of which it is not decided whether it applies, and the questions that decide it."""

    applies: Applies
    asked: tuple[Asked, ...]


@dataclass(frozen=True)
class Sheet:
    """The whole ledger: laws that this text must answer, and the others by what they mean."""

    here: tuple[Law, ...]
    open: tuple[Undecided, ...]
    elsewhere: tuple[Applies, ...]
    others: tuple[Applies, ...]


def sheet_of(ledger: Ledger, vocabulary: Vocabulary, address: Address) -> Sheet:
    """Arrange a ledger for its page."""

    def asked(names: Iterable[str]) -> tuple[Asked, ...]:
        questions = (vocabulary.by_id[name] for name in names if name in vocabulary.by_id)
        return tuple(Asked(question.ask, address(question)) for question in questions)

    def law(account: Account) -> Law:
        def of(status: Status) -> tuple[Element, ...]:
            found = (line for line in account.lines if line.status is status)
            return tuple(Element(line, asked(_mending(line))) for line in found)

        return Law(
            applies=account.law,
            missing=of(Status.MISSING),
            open=of(Status.OPEN),
            reworded=of(Status.REWORDED),
            stated=of(Status.SATISFIED),
            reminders=of(Status.REMINDER),
            without=of(Status.NOT_APPLICABLE),
        )

    def standing(wanted: Standing) -> list[Account]:
        return [account for account in ledger.accounts if account.law.standing is wanted]

    undecided = (one.law for one in standing(Standing.OPEN))
    return Sheet(
        here=tuple(map(law, sorted(standing(Standing.HERE), key=_is_good_practice))),
        open=tuple(Undecided(one, asked(one.questions)) for one in undecided),
        elsewhere=tuple(one.law for one in standing(Standing.ELSEWHERE)),
        others=tuple(one.law for one in standing(Standing.NOT_APPLICABLE)),
    )


def _is_good_practice(account: Account) -> bool:
    """Tell whether a regime only recommends: those that demand something are shown first."""
    return all(line.element.duty is Duty.RECOMMENDED for line in account.lines)


def _mending(line: Line) -> tuple[str, ...]:
    """Return the questions by which a line can be mended: first those that wait for an answer."""
    gaps = (question for gap in line.gaps for question in gap.questions)
    return tuple(dict.fromkeys((*line.waits_for, *gaps)))
