"""Reasons and conditions as English sentences.

A reason is said to the practice that answered ("you chose"); a condition is said to the authors of
clauses, about any practice ("people chose").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policygen.core.conditions import Condition, Truths, question_of
from policygen.core.library import Library
from policygen.core.placeholders import listing
from policygen.core.selection import Reason, Why
from policygen.core.vocabulary import CHOICES, Kind, Question, Vocabulary, atom_parts

NAMED = 4
"""How many options a reason names before it counts the rest."""

QUESTIONS_NAMED = 3
"""How many questions a sentence names before it counts the rest."""


def reason_in_words(reason: Reason, library: Library, answers: Truths) -> str:
    """Return a reason as one English sentence."""
    vocabulary = library.vocabulary
    match reason.why:
        case Why.ALWAYS:
            return "This stands in every policy."
        case Why.HOLDS:
            return f"Here because {atoms_in_words(reason.atoms, vocabulary, answers)}."
        case Why.FAILS | Why.NOTHING_TO_PRINT:
            return f"Left out because {atoms_in_words(reason.atoms, vocabulary, answers)}."
        case Why.WAITS:
            return f"Waits for your answer to {questions_in_words(reason.atoms, vocabulary)}."
        case Why.NOT_ASKED:
            asked = questions_in_words(reason.atoms, vocabulary)
            return f"Left out because this does not apply: {asked}."
        case Why.POINTS_NOWHERE:
            titles = {section.id: section.title for section in library.sections}
            return f"Left out because it points to “{titles[reason.atoms[0]]}”, which has no text."


def atoms_in_words(atoms: Iterable[str], vocabulary: Vocabulary, answers: Truths) -> str:
    """Return what atoms say of these answers: "you chose “Cookies” and you gave no “Fax”"."""
    named: dict[str, list[str]] = {}
    for atom in atoms:
        verb, name = _verb_and_name(atom, vocabulary, holds=answers.truth(atom) is True)
        named.setdefault(verb, []).append(f"“{name}”")
    return listing([f"{verb} {listing(_first(names))}" for verb, names in named.items()])


def _verb_and_name(atom: str, vocabulary: Vocabulary, *, holds: bool) -> tuple[str, str]:
    name, group, option = atom_parts(atom)
    question = vocabulary.by_id[name]
    if question.kind is Kind.ONE and option:
        label = question.by_id[option].label
        return (
            f"you answered “{label}” to" if holds else f"you did not answer “{label}” to",
            question.ask,
        )
    if question.kind in CHOICES and option:
        return "you chose" if holds else "you did not choose", question.by_id[option].label
    if question.kind in CHOICES:
        chose = "you chose something for" if holds else "you chose nothing for"
        if not group:
            return chose, question.ask
        return f"{chose} “{question.ask}” under", question.groups[group]
    if option:
        label = question.by_id[option].label
        return "you gave a contact for" if holds else "you gave no contact for", label
    return "you answered" if holds else "you answered “none” to", question.ask


def questions_in_words(atoms: Iterable[str], vocabulary: Vocabulary) -> str:
    """Return the questions that atoms are about: "“Who are you?” and “What do you use?”"."""
    questions = dict.fromkeys(question_of(atom) for atom in atoms)
    asked = [f"“{vocabulary.by_id[question].ask}”" for question in questions]
    return listing(counted(asked, QUESTIONS_NAMED))


def _first(names: list[str]) -> list[str]:
    return names if len(names) <= NAMED else counted(names, NAMED - 1)


def counted(names: list[str], limit: int) -> list[str]:
    """Return the first names, and how many more there are."""
    return names if len(names) <= limit else [*names[:limit], f"{len(names) - limit} more"]


# -------------------------------------------------------------- conditions

LISTED_NAMES = 8
"""How many options of one question a condition names before it counts the rest."""

ALL, ANY, NO = "all", "any", "none"


OF_CLAUSES = ("This clause stands in every policy.", "This clause stands in a policy if people")
OF_QUESTIONS = ("This question is always asked.", "This question is asked if people")
"""How the sentence about a condition begins: without a condition, and with one."""


def condition_in_words(
    condition: Condition, vocabulary: Vocabulary, beginning: tuple[str, str] = OF_CLAUSES
) -> str:
    """Return when a clause (or a question) with this condition is said, as one English sentence.

    Its atoms must be names of the vocabulary.
    """
    needed = _parts(condition.all, ALL, vocabulary)
    some = _parts(condition.any, ANY, vocabulary)
    denied = _parts(condition.none, NO, vocabulary)
    if len(some) < 2:
        parts = [*needed, *some, *denied]
        phrases = _phrases(parts)
    else:
        parts = [*needed, *denied]
        phrases = [*_phrases(parts), _one_of(_phrases(some))]
    if not phrases:
        return beginning[0]
    return f"{beginning[1]} {', and '.join(phrases)}."


@dataclass(frozen=True, slots=True)
class _Part:
    """What a list of a condition says of one question.

    ``names`` are labels of options or groups; none of them if it is about the question as such.
    """

    question: Question
    what: str
    mode: str
    names: tuple[str, ...]


def _parts(atoms: Iterable[str], mode: str, vocabulary: Vocabulary) -> list[_Part]:
    """Gather what a list says, by question and by whether it names options or groups."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for atom in atoms:
        name, group, option = atom_parts(atom)
        question = vocabulary.by_id[name]
        what = "option" if option else "group" if group else "question"
        names = found.setdefault((name, what), {})
        if option:
            names[question.by_id[option].label] = None
        if group:
            names[question.groups[group]] = None
    return [
        _Part(vocabulary.by_id[name], what, mode, tuple(names))
        for (name, what), names in found.items()
    ]


def _phrases(parts: Sequence[_Part]) -> list[str]:
    """Put parts into words; a question that was just named is not named again."""
    phrases: list[str] = []
    before = ""
    for part in parts:
        same = part.question.id == before
        phrases.append(_phrase(part, "the same question" if same else f"“{part.question.ask}”"))
        before = part.question.id
    return phrases


def _one_of(phrases: Sequence[str]) -> str:
    if len(phrases) == 2:
        return f"either {phrases[0]} or {phrases[1]}"
    return f"did at least one of these things: {'; '.join(phrases[:-1])}; or {phrases[-1]}"


def _phrase(part: _Part, ask: str) -> str:
    """Return what people did, after “people”."""
    match part.question.kind:
        case Kind.MANY:
            return _of_many(part, ask)
        case Kind.ONE:
            return _of_one(part, ask)
        case Kind.CONTACTS:
            whom = f" for {_joined(part)}" if part.names else ""
            return f"gave no contact{whom}" if part.mode == NO else f"gave a contact{whom}"
        case Kind.CONTACT_POINTS:
            way = f"{_joined(part)} as a way to reach them" if part.names else "a way to reach them"
            return f"did not give {way}" if part.mode == NO else f"gave {way}"
    return f"answered “none” to {ask}" if part.mode == NO else f"entered something for {ask}"


def _of_many(part: _Part, ask: str) -> str:
    if part.what == "option":
        return f"{_picked('choose', 'chose', part)} for {ask}"
    chose = "chose nothing" if part.mode == NO else "chose something"
    return f"{chose} under {_each(part)} for {ask}" if part.names else f"{chose} for {ask}"


def _of_one(part: _Part, ask: str) -> str:
    if part.what == "option":
        return f"{_picked('answer', 'answered', part)} to {ask}"
    if part.names:
        answered = "answered nothing" if part.mode == NO else "answered something"
        return f"{answered} under {_each(part)} to {ask}"
    return f"did not answer {ask}" if part.mode == NO else f"answered {ask}"


def _picked(verb: str, past: str, part: _Part) -> str:
    """Return "chose “A” and “B”", "chose at least one of …", "did not choose “A”" …."""
    names = _quoted(part.names)
    if part.mode == NO and len(names) == 1:
        return f"did not {verb} {names[0]}"
    if part.mode == NO and len(names) == 2:
        return f"{past} neither {names[0]} nor {names[1]}"
    if part.mode == NO:
        return f"{past} none of {listing(names)}"
    if part.mode == ANY and len(names) > 2 and part.question.kind is Kind.MANY:
        return f"{past} at least one of {listing(names)}"
    return f"{past} {_joined(part)}"


def _each(part: _Part) -> str:
    """Return "both “A” and “B”" where each must be met, "“A” or “B”" where one is enough."""
    both = {2: "both ", 1: ""}.get(len(part.names), "each of ") if part.mode == ALL else ""
    return f"{both}{_joined(part)}"


def _joined(part: _Part) -> str:
    return listing(_quoted(part.names), "and" if part.mode == ALL else "or")


def _quoted(names: Sequence[str]) -> list[str]:
    """Return labels in quotation marks, and the number of those that are too many."""
    shown = [f"“{name}”" for name in names]
    if len(shown) <= LISTED_NAMES:
        return shown
    return [*shown[: LISTED_NAMES - 1], f"{len(shown) - LISTED_NAMES + 1} more"]
