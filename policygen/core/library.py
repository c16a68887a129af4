"""A clause library as one value: what a release freezes and what selection reads."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from policygen.core.clauses import Clause, parse_clause
from policygen.core.conditions import ALWAYS, QUESTION, Cases
from policygen.core.conflicts import Conflict, parse_conflicts
from policygen.core.placeholders import attribute, paths
from policygen.core.plain import Entry, id_of
from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.core.regimes import (
    ADDED,
    REASON,
    REMOVED,
    Duty,
    Element,
    MetBy,
    Regime,
    element_ids,
    parse_regimes,
    read_cases,
)
from policygen.core.vocabulary import (
    LIKE_A_WORD,
    LISTED,
    Kind,
    Option,
    Question,
    Vocabulary,
    parse_vocabulary,
)

PRACTICE_NAME = "practice_name"
"""The question that every library asks."""

NAMES = frozenset({PRACTICE_NAME, "short_name"})
"""What ``{{ practice }}`` prints."""

LIBRARY_KEYS = frozenset(
    {"title", "language", "sections", "questions", "clauses", "regimes", "conflicts"}
)


@dataclass(frozen=True, slots=True)
class SectionTitle:
    """A section of every document made from the library: its id and its heading.

    ``needed`` says when it must exist; without it, the section may always be missing.
    """

    id: str
    title: str
    needed: Cases | None = None

    def to_json(self) -> dict[str, Any]:
        """Return its plain form; what came after the first releases stands there only if set."""
        plain: dict[str, Any] = {"id": self.id, "title": self.title}
        return plain if self.needed is None else {**plain, "needed": self.needed.to_json()}


@dataclass(frozen=True)
class Library:
    """Sections, vocabulary and clauses that belong together.

    ``clauses`` stand in reading order: by section, then by their order, then by slug. ``release``
    is the digest of the stored release that it was read from, and empty for one read from files.
    """

    title: str
    language: str
    sections: tuple[SectionTitle, ...]
    vocabulary: Vocabulary
    clauses: tuple[Clause, ...]
    regimes: tuple[Regime, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    release: str = field(default="", compare=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) of the canonical JSON.

        A stored release keeps the digest that it was stored under: what the plain form of a
        library holds may grow, and what is printed from an old release must stay the same.
        """
        if self.release:
            return self.release
        return hashlib.sha256(canonical_json(self.to_json()).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return the plain form that a release freezes and ``parse_library`` reads.

        What came later than the first releases stands there only if there is any.
        """
        plain: dict[str, Any] = {
            "title": self.title,
            "language": self.language,
            "sections": [section.to_json() for section in self.sections],
            "questions": [question_to_json(question) for question in self.vocabulary.questions],
            "clauses": [clause.to_json() for clause in self.clauses],
        }
        if self.regimes:
            plain["regimes"] = [regime.to_json() for regime in self.regimes]
        if self.conflicts:
            plain["conflicts"] = [conflict.to_json() for conflict in self.conflicts]
        return plain


def clause_in(library: Library, slug: str) -> Clause | None:
    """Return the clause of this slug, if the library has one."""
    return next((clause for clause in library.clauses if clause.slug == slug), None)


def canonical_json(value: object) -> str:
    """Return JSON with sorted keys and no blanks, the same for the same value everywhere.

    For what libraries, answers and documents hold (texts, whole numbers, true, false, lists and
    mappings with ASCII keys) this is the form of RFC 8785.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def question_to_json(question: Question) -> dict[str, Any]:
    """Return the plain form of a question, which ``parse_vocabulary`` reads."""
    plain: dict[str, Any] = {
        "id": question.id,
        "kind": str(question.kind),
        "page": question.page,
        "ask": question.ask,
        "help": question.help,
        "example": question.example,
        "required": question.required,
        "when": question.when.to_json(),
        "groups": [[group, label] for group, label in question.groups.items()],
        "options": [_option_to_json(option) for option in question.options],
        "min": question.minimum,
        "max": question.maximum,
    }
    return plain


def _option_to_json(option: Option) -> dict[str, Any]:
    """Return the plain form; what came later than the first releases stands there only if set."""
    plain: dict[str, Any] = {
        "id": option.id,
        "group": option.group,
        "label": option.label,
        "help": option.help,
        "phrase": option.phrase,
        "informative": option.informative,
    }
    return {**plain, "retired": True} if option.retired else plain


def parse_library(raw: object) -> Library:
    """Read a library from its plain form. Raises ``Refused`` with everything that is wrong."""
    entry = Entry(raw, LIBRARY_KEYS, what="a library")
    title = entry.printed("title")
    language = entry.name("language", r"[a-z]{2,3}", "Write the code of a language, such as en.")
    try:
        vocabulary = parse_vocabulary(entry.entries("questions"))
    except Refused as refused:
        raise Refused([*entry.problems, *refused.problems]) from None
    sections = _parse_sections(entry, vocabulary)
    _check_practice_name(entry, vocabulary)
    clauses = _parse_clauses(entry, vocabulary, [section.id for section in sections])
    regimes = _taken(entry, "regimes", parse_regimes, vocabulary)
    conflicts = _taken(entry, "conflicts", parse_conflicts, vocabulary)
    if entry.problems:
        raise Refused(entry.problems)
    return Library(title, language, sections, vocabulary, clauses, regimes, conflicts)


Rule = TypeVar("Rule", Regime, Conflict)


def _taken(
    entry: Entry,
    key: str,
    parse: Callable[[Sequence[object], Vocabulary], tuple[Rule, ...]],
    vocabulary: Vocabulary,
) -> tuple[Rule, ...]:
    """Read a list of rules under a key, and note what is wrong with them."""
    try:
        return parse(entry.entries(key), vocabulary)
    except Refused as refused:
        entry.take(refused.problems, at=key)
        return ()


def _check_practice_name(entry: Entry, vocabulary: Vocabulary) -> None:
    """See that every policy says whose it is."""
    question = vocabulary.by_id.get(PRACTICE_NAME)
    needs = "Every policy names its practice"
    if question is None:
        message = f"There is no question {quoted(PRACTICE_NAME)}. {needs}: add it"
        entry.refuse("questions", f"{message}, with “kind: name” and “required: true”.")
    elif question.kind is not Kind.NAME or not question.required or question.when != ALWAYS:
        message = f"{needs}: write “kind: name” and “required: true” here, and no condition."
        entry.refuse(f"questions.{PRACTICE_NAME}", message)


def _parse_sections(entry: Entry, vocabulary: Vocabulary) -> tuple[SectionTitle, ...]:
    sections: dict[str, SectionTitle] = {}
    raw = entry.entries("sections")
    if not raw:
        entry.refuse("sections", "There are no sections.")
    for position, part in enumerate(raw, start=1):
        where = f"sections.{id_of(part) or position}"
        try:
            section = _parse_section(part, vocabulary)
        except Refused as refused:
            entry.take(refused.problems, at=where)
            continue
        if section.id in sections:
            entry.refuse(where, "This id stands twice. Give each section its own.")
        sections[section.id] = section
    return tuple(sections.values())


def _parse_section(raw: object, vocabulary: Vocabulary) -> SectionTitle:
    entry = Entry(raw, {"id", "title", "needed"}, what="a section")
    identifier = entry.name("id", QUESTION, f"Write the id in {LIKE_A_WORD}.")
    needed = read_cases(entry, "needed", vocabulary) if entry.has("needed") else None
    section = SectionTitle(identifier, entry.printed("title"), needed)
    if entry.problems:
        raise Refused(entry.problems)
    return section


def _parse_clauses(
    entry: Entry, vocabulary: Vocabulary, sections: Sequence[str]
) -> tuple[Clause, ...]:
    """Read all clauses and put them in reading order."""
    known = paths(vocabulary)
    clauses: dict[str, Clause] = {}
    for position, part in enumerate(entry.entries("clauses"), start=1):
        where = f"clauses.{id_of(part, 'slug') or position}"
        try:
            clause = parse_clause(part, vocabulary, known, sections)
        except Refused as refused:
            entry.take(refused.problems, at=where)
            continue
        if clause.slug in clauses:
            entry.refuse(f"{where}.slug", "This slug stands twice. Give each clause its own.")
        clauses[clause.slug] = clause
    return tuple(
        sorted(clauses.values(), key=lambda c: (sections.index(c.section), c.order, c.slug))
    )


def library_problems(library: Library) -> Iterator[Problem]:
    """Give what is wrong with a library whose parts are each right."""
    yield from _unused(library)
    yield from _retired(library)
    yield from _twice_said(library)
    yield from _unknown_elements(library)
    yield from _unknown_exemptions(library)
    yield from _unclaimed(library)
    yield from _groups_in_groups(library.vocabulary)
    if not {ADDED, REMOVED}.isdisjoint(library.vocabulary.by_id):
        yield from _laws_to_choose(library)
        yield from _unmet_elements(library)


def _groups_in_groups(vocabulary: Vocabulary) -> Iterator[Problem]:
    """Give each question with a group that is labelled with the id of a group."""
    for question in vocabulary.questions:
        inner = [group for group, label in question.groups.items() if label in question.groups]
        if inner:
            message = (
                f"{quoted(question.groups[inner[0]])} is a group itself, and groups hold options, "
                "not groups. Write the heading that people read as the label of each group."
            )
            yield Problem(f"questions.{question.id}.groups.{inner[0]}", message)


def _laws_to_choose(library: Library) -> Iterator[Problem]:
    """Give each law that people cannot add or remove, and each option there that is no law."""
    by_id, laws = library.vocabulary.by_id, {regime.id for regime in library.regimes}
    asked = [by_id[name] for name in (ADDED, REMOVED) if name in by_id]
    for question in asked:
        for option in question.offered:
            if option.id not in laws:
                message = (
                    f"There is no law {quoted(option.id)} in “regimes”. {nearest(option.id, laws)} "
                    "Name the option as the file of the law, or retire it."
                )
                yield Problem(f"questions.{question.id}.options.{option.id}", message)
    for regime in library.regimes:
        lacking = [q.id for q in asked if regime.id not in {option.id for option in q.offered}]
        if lacking:
            message = (
                f"People cannot choose this law: {' and '.join(map(quoted, lacking))} "
                f"{'has' if len(lacking) == 1 else 'have'} no option {quoted(regime.id)}. Add it."
            )
            yield Problem(f"regimes.{regime.id}", message)


def _unmet_elements(library: Library) -> Iterator[Problem]:
    """Give each element that a law requires of clauses, and that no clause satisfies."""
    met = {name for clause in library.clauses for name in clause.satisfies}
    for regime in library.regimes:
        for element in regime.elements:
            wanted = element.duty is not Duty.RECOMMENDED and element.met_by is MetBy.CLAUSES
            if wanted and element.id not in met:
                message = (
                    "No clause satisfies this element. Write “satisfies” in the clause that states "
                    "it, write such a clause, or say in “met_by” what meets it."
                )
                yield Problem(f"regimes.{regime.id}.elements.{element.id}", message)


def _unknown_elements(library: Library) -> Iterator[Problem]:
    """Give each clause that says it satisfies what no regime asks for."""
    known = frozenset(element_ids(library.regimes))
    for clause in library.clauses:
        for name in clause.satisfies:
            if name not in known:
                message = f"No regime has an element {quoted(name)}. {nearest(name, known)}"
                yield Problem(f"clauses.{clause.slug}.satisfies", message)


def _unknown_exemptions(library: Library) -> Iterator[Problem]:
    """Give each claim that takes something out of a clause that is not there."""
    slugs = frozenset(clause.slug for clause in library.clauses)
    for clause in library.clauses:
        for exemption in clause.exemptions:
            if exemption.slug not in slugs:
                message = f"There is no clause {quoted(exemption.slug)} to take anything out of."
                message = f"{message} {nearest(exemption.slug, slugs)}"
                yield Problem(f"clauses.{clause.slug}.claims", message)


BETWEEN = r"[^\w.;?!]+"
DOING = re.compile(
    rf"\bwe(?:{BETWEEN}\w+){{0,4}}?{BETWEEN}"
    r"(?P<verb>collect|shar|sell|sold|disclos|track)(?:e|es|s|ed|ing)?\b",
    re.IGNORECASE,
)
"""“We”, and within a few words one of the verbs that other clauses are sure to deny."""

NOT_SAID = re.compile(r"\{\{.*?\}\}|\[[^\]]*\]\([^)]*\)")
"""What a text prints from answers, and the titles of sections that it points to."""

CLAIMED_AS = {"shar": "share", "sold": "sell", "disclos": "share"}
"""The verbs of claims, by how the pattern finds them, where the two differ."""


def _unclaimed(library: Library) -> Iterator[Problem]:
    """Give each clause that claims nothing and says that “we” collect, share, sell or track.

    The proof knows clauses by their claims alone: one without any could contradict all others.
    """
    for clause in library.clauses:
        found = DOING.search(NOT_SAID.sub("it", clause.source))
        if found and not clause.claims:
            verb = found["verb"].lower()
            said = " ".join(found[0].split())
            message = (
                f"This text says “{said}” and claims nothing, so no contradiction would be found. "
                f"Write what it says, such as {CLAIMED_AS.get(verb, verb)}(data), with “does-not-” "
                "before it if the text denies it."
            )
            yield Problem(f"clauses.{clause.slug}.claims", message)


def _retired(library: Library) -> Iterator[Problem]:
    """Give each place that rests on a retired option, which never holds and never fails."""
    questions = library.vocabulary.questions
    retired = {f"{question.id}:{option}" for question in questions for option in question.retired}
    for question in questions:
        where = f"questions.{question.id}"
        if question.options and not question.offered:
            message = "Every option is retired. Keep one, or remove the question."
            yield Problem(f"{where}.options", message)
        for atom in sorted(retired.intersection(question.when.atoms())):
            yield Problem(f"{where}.when", _take_out(atom, "this condition"))
    for clause in library.clauses:
        claimed = (atom for claim in clause.claims for atom in claim.atoms)
        named = {"when": clause.when.atoms(), "claims": claimed, "body": clause.needs}
        what = {"when": "this condition", "claims": "this claim", "body": "the text"}
        for key, atoms in named.items():
            for atom in sorted(retired.intersection(atoms)):
                yield Problem(f"clauses.{clause.slug}.{key}", _take_out(atom, what[key]))
    for where, cases in _cases(library):
        for atom in sorted(retired.intersection(cases.atoms())):
            yield Problem(where, _take_out(atom, "this condition"))


def _cases(library: Library) -> Iterator[tuple[str, Cases]]:
    """Give the conditions of sections, regimes with their elements, and conflicts, by place."""
    for section in library.sections:
        if section.needed is not None:
            yield f"sections.{section.id}.needed", section.needed
    for regime in library.regimes:
        yield f"regimes.{regime.id}.when", regime.when
        yield f"regimes.{regime.id}.held_when", regime.held_when
        for element in regime.elements:
            yield f"regimes.{regime.id}.elements.{element.id}.when", element.when
    for conflict in library.conflicts:
        yield f"conflicts.{conflict.id}.when", conflict.when


def _take_out(atom: str, where: str) -> str:
    return f"{quoted(atom)} is retired. Take it out of {where}."


def _unused(library: Library) -> Iterator[Problem]:
    """Give each option and each fact that changes nothing in any policy.

    An option counts if a clause prints its question or group, or asks for it or its group; that a
    clause asks whether anything at all was ticked does not make the option count.
    """
    printed = {path for clause in library.clauses for path in clause.paths}
    rules: list[Conflict | Regime | Element] = [*library.conflicts, *library.regimes]
    rules += _elements(library)
    asked = {atom for clause in library.clauses for atom in clause.when.atoms()}
    asked.update(atom for rule in rules for atom in rule.when.atoms())
    asking = {atom for question in library.vocabulary.questions for atom in question.when.atoms()}
    for question in library.vocabulary.questions:
        where = f"questions.{question.id}"
        known = printed | asked | asking | NAMES | {REASON}
        if question.kind not in LISTED and question.id not in known:
            yield Problem(where, "No clause uses this answer. Use it, or remove the question.")
        for option in question.offered if question.kind is not Kind.CONTACT_POINTS else ():
            itself, group = f"{question.id}:{option.id}", f"{question.id}.{option.group}"
            contact = f"{question.id}.{attribute(option.id)}"
            used = itself in asked or group in asked or printed & {question.id, group, contact}
            if not used and not option.informative:
                yield Problem(
                    f"{where}.options.{option.id}",
                    "No clause uses this option. Use it, or mark it “informative: true”.",
                )


def _elements(library: Library) -> Iterator[Element]:
    for regime in library.regimes:
        yield from regime.elements


def _twice_said(library: Library) -> Iterator[Problem]:
    said: dict[str, list[Clause]] = {}
    for clause in library.clauses:
        for sentence in _sentences(clause.source):
            before = said.setdefault(sentence, [])
            together = [other for other in before if not other.when.excludes(clause.when)]
            if together:
                message = f"The same sentence stands in “{together[0].slug}”: {sentence[:80]}"
                yield Problem(f"clauses.{clause.slug}.body", message)
            before.append(clause)


def _sentences(source: str) -> list[str]:
    """Return the sentences of a clause's text, lower-cased and without blanks at the ends."""
    flat = re.sub(r"\s+", " ", re.sub(r"(?m)^[ \t]*(?:[-*]|\d+\.|#+)[ \t]+", ". ", source)).lower()
    parts = re.split(r"(?<=[.!?:])\s+", flat)
    return [part.strip(" .!?:") for part in parts if len(part.split()) > 3]
