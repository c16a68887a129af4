"""Which clauses and conditions can ever hold, found by search and shown by answers.

Every demand is a set of atoms that must definitely hold, or definitely fail. Both ask that the
atom's question applies and is answered, so demands only ever add up: what nobody demands can stay
unanswered. For one question the demands on its options are settled at once; what remains open
(“one of these questions”, “some clause of that section”) is tried one after the other, so that
the search finds answers exactly if there are any.

Required questions are taken as answered: without them there is no policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from policygen.core.answers import Answers, Raw, parse_answers
from policygen.core.clauses import Clause
from policygen.core.conditions import ALWAYS, Condition, question_of
from policygen.core.library import Library
from policygen.core.problems import Problem, quoted
from policygen.core.vocabulary import NONE, Kind, Question, Vocabulary, atom_parts

VALUE = ""
"""What stands for the value of a fact, where a question with options has these."""


def witness(*conditions: Condition, vocabulary: Vocabulary) -> Answers | None:
    """Return a few answers under which all the conditions hold, or ``None`` if there are none."""
    terms = Terms(vocabulary)
    demands = [terms.holding(condition) for condition in conditions]
    found = Search(terms).solve(demands)
    return None if found is None else terms.answers(found)


def can_hold(condition: Condition, vocabulary: Vocabulary) -> bool:
    """Tell whether some answers make a condition true."""
    terms = Terms(vocabulary)
    return Search(terms).solve([terms.holding(condition)]) is not None


def can_fail(condition: Condition, vocabulary: Vocabulary) -> bool:
    """Tell whether some answers make a condition definitely false; unknown does not count."""
    terms = Terms(vocabulary)
    return Search(terms).solve([terms.failing(condition)]) is not None


def always_holds(condition: Condition, vocabulary: Vocabulary) -> bool:
    """Tell whether a condition is there and holds whatever is answered.

    One that rests on a question which is not asked of everybody is no such condition: it waits
    for the question.
    """
    return _always_holds(condition, Search(Terms(vocabulary)))


def why_never(condition: Condition, needs: Sequence[str], vocabulary: Vocabulary) -> str:
    """Return why a condition never holds, or an empty text if some answers make it hold.

    ``needs`` are atoms that must be true besides, for placeholders to have values.
    """
    search = Search(Terms(vocabulary))
    demands = [search.terms.atom(atom, holds=True) for atom in needs]
    if search.solve([search.terms.holding(condition), *demands]) is not None:
        return ""
    return _why_never(condition, needs, search)


def reach(library: Library, clause: Clause) -> Answers | None:
    """Return a few answers under which ``select`` includes a clause of the library.

    ``None`` if there are none: its condition never holds together with what its placeholders
    need, or no clause of a section that it points to can stand in the same policy; or if there
    are too many ways to try them all.
    """
    search = Search(Terms(library.vocabulary), library)
    try:
        found = search.solve([search.standing(clause)])
    except Entangled:
        return None
    return None if found is None else search.terms.answers(found)


# ------------------------------------------------------------------ demands


@dataclass(frozen=True, slots=True)
class Literal:
    """At least one of some options of a question must be chosen, or (``chosen`` false) none."""

    question: str
    options: frozenset[str]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Demand:
    """All of ``literals`` and one demand of each of ``choices``; text in all of ``sections``.

    ``section`` is where the clause stands that demands it. A choice among nothing is never met.
    """

    literals: tuple[Literal, ...] = ()
    choices: tuple[tuple[Demand, ...], ...] = ()
    sections: tuple[str, ...] = ()
    section: str = ""

    @property
    def size(self) -> int:
        """How much is demanded, to try little first."""
        return len(self.literals) + 2 * len(self.choices) + 4 * len(self.sections)


NEVER = Demand(choices=((),))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is settled of one question.

    ``allowed`` are the options that may be chosen; of each set in ``wanted`` at least one must be.
    """

    allowed: frozenset[str]
    wanted: tuple[frozenset[str], ...] = ()


State = Mapping[str, Chosen]
"""What is settled, by question; the others can stay unanswered."""


class Terms:
    """The demands that atoms and conditions of one vocabulary make."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._options: dict[str, frozenset[str] | None] = {}

    def options(self, atom: str) -> frozenset[str] | None:
        """Return the options through which an atom holds; ``None`` if it cannot even fail."""
        if atom not in self._options:
            self._options[atom] = self._look_up(atom)
        return self._options[atom]

    def _look_up(self, atom: str) -> frozenset[str] | None:
        name, group, option = atom_parts(atom)
        if atom not in self.vocabulary.atoms or option in self.vocabulary.by_id[name].retired:
            return None
        question = self.vocabulary.by_id[name]
        if option:
            return frozenset([option])
        if group:
            return frozenset(o.id for o in question.offered if o.group == group)
        return self.all_options(question)

    def all_options(self, question: Question) -> frozenset[str]:
        """Return everything that can be chosen in answer to a question."""
        return frozenset(o.id for o in question.offered) if question.options else frozenset([VALUE])

    def atom(self, atom: str, *, holds: bool) -> Demand:
        """Return the demand that an atom holds, or fails."""
        options = self.options(atom)
        if options is None:
            return NEVER
        return Demand(literals=(Literal(question_of(atom), options, chosen=holds),))

    def one_of(self, atoms: Iterable[str]) -> Demand:
        """Return the demand that one of the atoms holds; those of one question are one demand."""
        unions: dict[str, frozenset[str]] = {}
        for atom in atoms:
            options = self.options(atom)
            if options is not None:
                name = question_of(atom)
                unions[name] = unions.get(name, frozenset()) | options
        demands = [
            Demand((Literal(name, options, chosen=True),)) for name, options in unions.items()
        ]
        return demands[0] if len(demands) == 1 else Demand(choices=(tuple(demands),))

    def holding(self, condition: Condition) -> Demand:
        """Return the demand that a condition holds."""
        parts = [self.atom(atom, holds=True) for atom in condition.all]
        parts += [self.atom(atom, holds=False) for atom in condition.none]
        if condition.any:
            parts.append(self.one_of(condition.any))
        return _all_of(parts)

    def failing(self, condition: Condition) -> Demand:
        """Return the demand that a condition definitely fails."""
        ways = [self.atom(atom, holds=False) for atom in condition.all]
        ways += [self.atom(atom, holds=True) for atom in condition.none]
        if condition.any:
            ways.append(_all_of([self.atom(atom, holds=False) for atom in condition.any]))
        return Demand(choices=(tuple(ways),))

    def answers(self, state: State) -> Answers:
        """Return answers that say what is settled, and what is required besides."""
        settled = {
            name: _picked(self.vocabulary.by_id[name], chosen) for name, chosen in state.items()
        }
        return parse_answers(self.vocabulary, _raw(self.vocabulary, settled))


def _all_of(parts: Iterable[Demand], section: str = "", sections: Sequence[str] = ()) -> Demand:
    parts = tuple(parts)
    return Demand(
        literals=tuple(dict.fromkeys(literal for part in parts for literal in part.literals)),
        choices=tuple(choice for part in parts for choice in part.choices),
        sections=tuple(sections),
        section=section,
    )


# ------------------------------------------------------------------- search


@dataclass
class Attempt:
    """One branch of the search: what is settled in it, and what is still to be chosen."""

    settled: dict[str, Chosen] = field(default_factory=dict)
    choices: list[tuple[Demand, ...]] = field(default_factory=list)
    there: set[str] = field(default_factory=set)
    pointed_to: set[str] = field(default_factory=set)

    def copy(self) -> Attempt:
        """Return a branch that starts here."""
        return Attempt(
            dict(self.settled), list(self.choices), set(self.there), set(self.pointed_to)
        )


BRANCHES_LIMIT = 20_000
"""How many ways one search may try: a clause of a sane library needs a few dozen."""


class Entangled(Exception):
    """There were too many ways to try."""


class Search:
    """Looks for answers that meet demands; sections matter only if there is a library."""

    def __init__(self, terms: Terms, library: Library | None = None) -> None:
        self.terms = terms
        self._left = BRANCHES_LIMIT
        self._clauses = library.clauses if library else ()
        self._demands: dict[str, Demand] = {}
        self._sections: dict[str, tuple[Demand, ...]] = {}

    def standing(self, clause: Clause) -> Demand:
        """Return the demand that a clause is included."""
        if clause.slug not in self._demands:
            needed = (self.terms.atom(atom, holds=True) for atom in clause.needs)
            parts = [self.terms.holding(clause.when), *needed]
            self._demands[clause.slug] = _all_of(parts, clause.section, clause.body.references)
        return self._demands[clause.slug]

    def text_in(self, section: str) -> tuple[Demand, ...]:
        """Return the demands of the clauses of a section, the least demanding ones first."""
        if section not in self._sections:
            inside = (clause for clause in self._clauses if clause.section == section)
            demands = dict.fromkeys(map(self.standing, inside))
            self._sections[section] = tuple(sorted(demands, key=lambda demand: demand.size))
        return self._sections[section]

    def solve(self, demands: Iterable[Demand]) -> State | None:
        """Return what must be answered so that all demands are met, or ``None``.

        Raises ``Entangled`` where too many ways would have to be tried.
        """
        self._left = BRANCHES_LIMIT
        attempt = Attempt()
        if not all(self._meet(demand, attempt) for demand in demands):
            return None
        found = self._settle(attempt)
        return None if found is None else self._with_required(found)

    def _with_required(self, attempt: Attempt) -> State:
        """Answer, where possible, what every policy needs."""
        for question in self.terms.vocabulary.questions:
            if question.required and question.when == ALWAYS:
                branch = attempt.copy()
                if self._meet(self.terms.atom(question.id, holds=True), branch):
                    attempt = self._settle(branch) or attempt
        return attempt.settled

    def _settle(self, attempt: Attempt) -> Attempt | None:
        """Make all choices that are open, going back where one leads nowhere."""
        while True:
            choice = self._next_choice(attempt)
            if choice is None:
                return attempt
            for demand in choice:
                self._left -= 1
                if self._left < 0:
                    raise Entangled
                branch = attempt.copy()
                if not self._meet(demand, branch):
                    continue
                if _same(branch, attempt):
                    break  # It costs nothing, so no other way can do better.
                found = self._settle(branch)
                if found is not None:
                    return found
            else:
                return None
            attempt = branch

    def _next_choice(self, attempt: Attempt) -> tuple[Demand, ...] | None:
        """Take the open choice with the fewest ways; sections come last, they have the most."""
        if attempt.choices:
            open_ways = [
                tuple(demand for demand in choice if _is_possible(demand, attempt))
                for choice in attempt.choices
            ]
            narrowest = min(range(len(open_ways)), key=lambda place: len(open_ways[place]))
            del attempt.choices[narrowest]
            return open_ways[narrowest]
        for section in sorted(attempt.pointed_to - attempt.there):
            return self.text_in(section)
        return None

    def _meet(self, demand: Demand, attempt: Attempt) -> bool:
        """Settle what a demand asks for and note its choices; false if it cannot be met."""
        attempt.choices += demand.choices
        attempt.pointed_to.update(demand.sections)
        if demand.section:
            attempt.there.add(demand.section)
        return all(self._take(literal, attempt) for literal in demand.literals)

    def _take(self, literal: Literal, attempt: Attempt) -> bool:
        """Settle one literal, and that its question is asked; false if it cannot be."""
        question = self.terms.vocabulary.by_id[literal.question]
        before = attempt.settled.get(question.id)
        settled = _narrowed(before or self._unanswered(question), literal, question.kind)
        attempt.settled[question.id] = settled
        if not _is_possible_answer(settled, question.kind):
            return False
        if before is None and not self._meet(self.terms.holding(question.when), attempt):
            return False
        if settled.wanted and not (before and before.wanted):
            return self._meet(self._means(question), attempt)
        return True

    def _unanswered(self, question: Question) -> Chosen:
        everything = self.terms.all_options(question)
        return Chosen(everything, (everything,) if question.required else ())

    def _means(self, question: Question) -> Demand:
        """Return what must be answered before something can be chosen here."""
        if question.kind is not Kind.CONTACTS:
            return Demand()
        points = (q.id for q in self.terms.vocabulary.questions if q.kind is Kind.CONTACT_POINTS)
        return self.terms.one_of(points)


def _narrowed(chosen: Chosen, literal: Literal, kind: Kind) -> Chosen:
    """Return what is settled once a literal holds, too."""
    allowed, options = chosen.allowed, literal.options
    if not literal.chosen:
        return Chosen(allowed - options, chosen.wanted)
    if kind is Kind.ONE:
        return Chosen(allowed & options, chosen.wanted)
    if any(wanted & allowed <= options for wanted in chosen.wanted):
        return chosen
    return Chosen(allowed, (*chosen.wanted, options))


def _is_possible_answer(chosen: Chosen, kind: Kind) -> bool:
    """Tell whether an answer is left: exactly one option, or one of each wanted set."""
    if kind is Kind.ONE:
        return bool(chosen.allowed)
    return not any(chosen.allowed.isdisjoint(wanted) for wanted in chosen.wanted)


def _is_possible(demand: Demand, attempt: Attempt) -> bool:
    """Tell whether what is settled leaves room for a demand; a first look, not the last word."""
    for literal in demand.literals:
        chosen = attempt.settled.get(literal.question)
        if chosen is not None and literal.chosen and chosen.allowed.isdisjoint(literal.options):
            return False
    return True


def _same(branch: Attempt, attempt: Attempt) -> bool:
    """Tell whether a branch asks for no more than where it started."""
    return (
        branch.settled == attempt.settled
        and branch.choices == attempt.choices
        and branch.pointed_to - branch.there <= attempt.pointed_to - attempt.there
    )


# ------------------------------------------------------------------ answers

EXAMPLES: Mapping[Kind, Raw] = {
    Kind.NAME: "Example Practice",
    Kind.TEXT: "An example",
    Kind.LINK: "https://www.example.com/",
    Kind.DATE: "2026-01-31",
    Kind.LINES: ["Example"],
    Kind.PLACES: [{"name": "Example Office", "address": ["1 Example Street"]}],
}
CHANNEL_EXAMPLES: Mapping[str, Raw] = {
    "post": ["1 Example Street"],
    "phone": "555-0100",
    "fax": "555-0100",
    "email": "office@example.com",
    "form": "https://www.example.com/contact",
}


def _picked(question: Question, chosen: Chosen) -> tuple[str, ...]:
    """Return a few options that satisfy what is settled, in the vocabulary's order."""
    order = [option.id for option in question.offered] or [VALUE]
    allowed = [option for option in order if option in chosen.allowed]
    if question.kind is Kind.ONE:
        return tuple(allowed[:1])
    picked: list[str] = []
    for wanted in sorted(chosen.wanted, key=lambda options: len(options & chosen.allowed)):
        if wanted.isdisjoint(picked):
            picked.append(next(option for option in allowed if option in wanted))
    return tuple(option for option in order if option in picked)


def _raw(vocabulary: Vocabulary, picked: Mapping[str, Sequence[str]]) -> dict[str, Raw]:
    """Return raw answers that say what was picked."""
    by_id = vocabulary.by_id
    points = [
        channel
        for name, channels in picked.items()
        if by_id[name].kind is Kind.CONTACT_POINTS
        for channel in channels
    ]
    return {name: _raw_answer(by_id[name], options, points) for name, options in picked.items()}


def _raw_answer(question: Question, picked: Sequence[str], points: Sequence[str]) -> Raw:
    if not picked:
        return NONE
    match question.kind:
        case Kind.ONE | Kind.MANY:
            return list(picked)
        case Kind.NUMBER:
            return str(min(max(question.minimum, 1), question.maximum))
        case Kind.CONTACT_POINTS:
            return {channel: {channel: CHANNEL_EXAMPLES[channel]} for channel in picked}
        case Kind.CONTACTS:
            return {purpose: {"points": [points[0]]} for purpose in picked}
    return EXAMPLES[question.kind]


# ----------------------------------------------------------------- problems


def unreachable(library: Library) -> Iterator[Problem]:
    """Give each clause that no answers bring into a policy, and each question never asked.

    Conditions that always hold are given as well: they only make a clause look rarer than it is.
    """
    search = Search(Terms(library.vocabulary), library)
    for question in library.vocabulary.questions:
        where = f"questions.{question.id}.when"
        if search.solve([search.terms.holding(question.when)]) is None:
            why = _why_never(question.when, (), search)
            yield Problem(where, f"This question is never asked: {why}")
        elif _always_holds(question.when, search):
            yield Problem(where, ALWAYS_HOLDS)
    for clause in library.clauses:
        where = f"clauses.{clause.slug}.when"
        try:
            out = search.solve([search.standing(clause)]) is None
            why = _why_out(clause, search, library) if out else ""
        except Entangled:
            yield Problem(where, ENTANGLED)
            continue
        if out:
            yield Problem(where, f"This clause can never be said: {why}")
        elif _always_holds(clause.when, search):
            yield Problem(where, ALWAYS_HOLDS)


def unsaid(library: Library) -> Iterator[Problem]:
    """Give each option that some clause names or prints, but none that can be said if it is chosen.

    Where one answer excludes the others, a clause that prints “the answer” may ask for another one.
    """
    search = Search(Terms(library.vocabulary), library)
    for question in library.vocabulary.questions:
        if question.kind is not Kind.ONE:
            continue
        about = [clause for clause in library.clauses if _is_about(clause, question.id)]
        for option in question.offered:
            atom = f"{question.id}:{option.id}"
            chosen = search.terms.atom(atom, holds=True)
            if option.informative or any(_denies(clause, atom) for clause in library.clauses):
                continue
            if not any(_together(clause, chosen, search) for clause in about):
                message = (
                    "No clause that uses this option can be said when it is chosen. "
                    "Write one, or mark it “informative: true”."
                )
                yield Problem(f"questions.{question.id}.options.{option.id}", message)


def _is_about(clause: Clause, question: str) -> bool:
    named = (*clause.when.all, *clause.when.any, *clause.needs)
    return any(question_of(atom) == question for atom in named)


def _denies(clause: Clause, atom: str) -> bool:
    return atom in clause.when.none


def _together(clause: Clause, chosen: Demand, search: Search) -> bool:
    try:
        return search.solve([search.standing(clause), chosen]) is not None
    except Entangled:
        return True


ENTANGLED = (
    "Whether this clause can ever be said takes too long to find out: it points to sections whose "
    "clauses point on and on. Point to fewer sections."
)
ALWAYS_HOLDS = "This condition always holds. Take it out."


def _always_holds(condition: Condition, search: Search) -> bool:
    by_id = search.terms.vocabulary.by_id
    return (
        condition != ALWAYS
        and all(by_id[question_of(atom)].when == ALWAYS for atom in condition.atoms())
        and search.solve([search.terms.failing(condition)]) is None
    )


def _why_out(clause: Clause, search: Search, library: Library) -> str:
    """Return the sentence that says what keeps a clause out of every policy."""
    terms = search.terms
    needs = [terms.atom(atom, holds=True) for atom in clause.needs]
    if search.solve([terms.holding(clause.when), *needs]) is None:
        return _why_never(clause.when, clause.needs, search)
    titles = {section.id: section.title for section in library.sections}
    alone = [s for s in clause.body.references if not _stands_with(clause, (s,), search)]
    named = " and ".join(f"“{titles[s]}”" for s in alone[:1] or clause.body.references)
    return f"it points to {named}, and no clause there can stand in the same policy."


def _stands_with(clause: Clause, sections: Sequence[str], search: Search) -> bool:
    demand = search.standing(clause)
    only = Demand(demand.literals, demand.choices, tuple(sections), demand.section)
    return search.solve([only]) is not None


def _why_never(condition: Condition, needs: Sequence[str], search: Search) -> str:
    """Return the sentence that names a smallest set of demands that never meet."""
    terms = search.terms
    demands = [(terms.atom(a, holds=True), f"{quoted(a)} holds") for a in condition.all]
    demands += [(terms.atom(a, holds=False), f"{quoted(a)} does not hold") for a in condition.none]
    if condition.any:
        named = " or ".join(map(quoted, condition.any))
        demands.append((terms.one_of(condition.any), f"{named} holds"))
    demands += [(terms.atom(a, holds=True), f"{quoted(a)} is there to be printed") for a in needs]
    for demand in list(demands):
        rest = [other for other in demands if other is not demand]
        if search.solve([other for other, _ in rest]) is None:
            demands = rest
    named = ", and that ".join(words for _, words in demands)
    return f"no answers make it so that {named}."
