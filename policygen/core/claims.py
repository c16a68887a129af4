"""What clauses claim, and when two claims cannot both be true.

A claim is ``verb(objects; to recipients; for purposes; from sources; with other answers)``. Names
are atoms of the vocabulary, separated by semicolons. A name without a preposition is an object;
each other name has its own: ``share(data; to recipients.care; to recipients:insurers)``.

An atom stands for options: ``data:name`` for one, ``data.health`` for those of the group, ``data``
for all of the question. So health records are personal data, and marketing partners are recipients,
because their options lie there. A question without options stands for itself. Options of different
questions are different things.

What a claim says, of given answers, once its clause is printed:

- ``share(data; to recipients)`` **asserts**. A name speaks of the options in it that are ticked. If
  none is, or nobody knows, the sentence still stands there, and the name speaks of the whole: some
  data, nobody says which. A part that is not named is left open: to somebody, for something.
  Each name is asserted by itself, unless “or” joins it to the name before:
  ``collect(data:name; or technical:ip-address)`` speaks of those of them that are ticked.
- ``does-not-share(data; to recipients)`` **denies**: no object, ticked or not, to any of these
  recipients. A part that is not named is denied whatever it is: to nobody, for nothing.
- ``only-share(data; to recipients)`` **limits**: no object to anybody but these recipients, nor,
  if it names purposes too, for any purpose but these. It asserts nothing. ``only-collect(data)``,
  which names nothing but objects, denies the same of everything else.
- ``except(slug; atoms)``: while the clause that says this is in a policy, the clause ``slug`` is
  not about these atoms.

Selling is sharing, and tracking is collecting, with the same parts. To disclaim is to deny a
promise and protection.

Two claims contradict each other if one asserts what the other denies, or what lies outside of what
the other is limited to: the same verb, and in each part that the denial names something that it
denies. A part that only the denial names, such as the recipients in “not to marketing partners”,
saves it from an assertion that leaves it open. What an assertion says of the whole of a name is
denied by a denial of that whole or of more, whatever is ticked: “we share data” beside “we share no
data”. A narrower denial meets it only in an option that is ticked: “we share data” beside “we share
no health records” may speak of something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Protocol, TypeVar

from policygen.core.conditions import ATOM, HOW_TO_NAME, OPTION
from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.core.vocabulary import Vocabulary, atom_parts

CLAIM = re.compile(r"(?P<verb>[a-z-]+)\((?P<atoms>[^()]*)\)")
VERBS = frozenset(
    {
        *("allow", "change", "collect", "delete", "disclaim", "inform", "keep", "limit"),
        *("promise", "protect", "sell", "send", "share", "track", "transfer", "use"),
    }
)
EXCEPT = "except"
OBJECT = ""
"""The part of a claim whose names have no preposition."""

OR = "or"
"""What stands before a name that joins the name before it: of these, what is ticked."""

PREPOSITIONS = ("to", "for", "from", "with")
LIMITING = ("to", "for", "from")
"""Parts that ``only-`` can limit; “with” says how, and how is never all there is."""

ENTAILED: Mapping[str, str] = {"sell": "share", "track": "collect"}
DENIED: Mapping[str, tuple[str, ...]] = {"disclaim": ("promise", "protect")}
"""What a verb says of other verbs: that they hold as well, or that they do not hold."""

PART = re.compile(r"(?P<word>[A-Za-z-]+)[ \t]+(?P<atom>\S+)")


class Sign(StrEnum):
    """Whether a claim asserts, denies or limits; the value stands before the verb."""

    ASSERTS = ""
    DENIES = "does-not-"
    LIMITS = "only-"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a clause asserts, denies or limits.

    ``parts`` are pairs of a preposition (or ``OBJECT``, or ``OR``) and an atom, as written.
    """

    verb: str
    sign: Sign
    parts: tuple[tuple[str, str], ...]

    @property
    def denied(self) -> bool:
        """Whether it denies."""
        return self.sign is Sign.DENIES

    @property
    def atoms(self) -> tuple[str, ...]:
        """Every atom in it, in the order written."""
        return tuple(atom for _, atom in self.parts)

    def under(self, preposition: str) -> tuple[str, ...]:
        """Return the atoms that stand with a preposition."""
        return tuple(atom for joined in self.named.get(preposition, ()) for atom in joined)

    @property
    def named(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """The names under each preposition; atoms that “or” joins are one name."""
        named: dict[str, tuple[tuple[str, ...], ...]] = {}
        part = OBJECT
        for word, atom in self.parts:
            if word == OR:
                *before, last = named[part]
                named[part] = (*before, (*last, atom))
            else:
                part = word
                named[part] = (*named.get(part, ()), (atom,))
        return named

    def __str__(self) -> str:
        named = (f"{word} {atom}" if word else atom for word, atom in self.parts)
        return f"{self.sign}{self.verb}({'; '.join(named)})"


@dataclass(frozen=True, slots=True)
class Exemption:
    """What another clause is not about while this one stands in the same policy."""

    slug: str
    atoms: tuple[str, ...]

    def __str__(self) -> str:
        return f"{EXCEPT}({'; '.join((self.slug, *self.atoms))})"


def parse_claim(text: str, vocabulary: Vocabulary) -> Claim | Exemption:
    """Read a claim. Raises ``Refused`` with everything that is wrong with it."""
    match = CLAIM.fullmatch(text.strip())
    sign, verb = _sign_and_verb(match["verb"] if match else "")
    if match is None or verb not in {*VERBS, EXCEPT} or (verb == EXCEPT and sign):
        example = "share(data; to recipients.providers), with a semicolon between names"
        message = f"{quoted(text)} is no claim, such as {example}. {_nearest_verb(text)}"
        raise Refused([Problem("", message)])
    names = [name.strip() for name in match["atoms"].split(";") if name.strip()]
    if verb == EXCEPT:
        return _exemption(text, names, vocabulary)
    parts = tuple(map(_part, names))
    if problems := list(_part_problems(text, sign, parts, vocabulary)):
        raise Refused(Problem("", message) for message in problems)
    return Claim(verb, sign, parts)


def _sign_and_verb(text: str) -> tuple[Sign, str]:
    for sign in (Sign.DENIES, Sign.LIMITS):
        if text.startswith(sign):
            return sign, text.removeprefix(sign)
    return Sign.ASSERTS, text


def _nearest_verb(text: str) -> str:
    """Return the sentence that helps with an unknown verb; what stands before it counts, too."""
    written = "-".join(text.partition("(")[0].lower().split())
    head, _, verb = written.rpartition("-")
    signs = [sign.value.removesuffix("-") for sign in (Sign.DENIES, Sign.LIMITS)]
    sign = get_close_matches(head, signs, n=1, cutoff=0.5)
    likely = get_close_matches(verb, sorted(VERBS), n=1)
    if sign and likely:
        return f"Did you mean {quoted(f'{sign[0]}-{likely[0]}')}?"
    return nearest(written, VERBS)


def _part(name: str) -> tuple[str, str]:
    match = PART.fullmatch(name)
    return (match["word"], match["atom"]) if match else (OBJECT, name)


def _exemption(text: str, names: list[str], vocabulary: Vocabulary) -> Exemption:
    """Read what an exemption takes out; that its clause exists, only the whole library can tell."""
    slug, atoms = (names or [""])[0], tuple(names[1:])
    problems = list(_unknown(atoms, vocabulary))
    if not re.fullmatch(OPTION, slug) or not atoms:
        problems.append(
            f"{quoted(text)} takes nothing out. Write the slug of a clause and what that clause "
            "is not about: except(sale-yes; data:orders)."
        )
    if problems:
        raise Refused(Problem("", message) for message in problems)
    return Exemption(slug, atoms)


def _part_problems(
    text: str, sign: Sign, parts: tuple[tuple[str, str], ...], vocabulary: Vocabulary
) -> Iterator[str]:
    words = [word for word, _ in parts]
    if OBJECT not in words:
        yield f"{quoted(text)} says nothing of anything. Name at least one answer."
    for word in dict.fromkeys(words):
        if word and word not in {*PREPOSITIONS, OR}:
            yield f"{quoted(word)} is no preposition of claims. {nearest(word, PREPOSITIONS)}"
    if sign is Sign.LIMITS and "with" in words:
        yield (
            f"{quoted(text)} limits nothing: “only-” says to whom, for what or from whom, and "
            "“with” does not. Use “to”, “for” or “from”, or the verb “limit”."
        )
    if OR in words and (words[0] == OR or sign is not Sign.ASSERTS):
        yield (
            f"{quoted(text)} joins nothing with “or”. It stands after a name that is asserted: "
            "collect(data:name; or data:photo). A denial is about each name without it."
        )
    yield from _unknown([atom for _, atom in parts], vocabulary)


def _unknown(atoms: Collection[str], vocabulary: Vocabulary) -> Iterator[str]:
    yield from vocabulary.check_atoms(atom for atom in atoms if ATOM.fullmatch(atom))
    for atom in atoms:
        if not ATOM.fullmatch(atom):
            yield f"{quoted(atom)} names no answer. {HOW_TO_NAME}"


# ------------------------------------------------------------------ contradictions


def leaves(atom: str, vocabulary: Vocabulary) -> frozenset[str]:
    """Return the options that an atom stands for, as atoms; a question without any is its own."""
    name, group, option = atom_parts(atom)
    question = vocabulary.by_id[name]
    if option or not question.options:
        return frozenset([atom])
    return frozenset(
        f"{name}:{each.id}" for each in question.offered if not group or each.group == group
    )


Truth = TypeVar("Truth")


class Logic(Protocol[Truth]):
    """Something to say “and”, “or” and “not” with: of true and false, or of literals."""

    def conj(self, parts: Iterable[Truth], /) -> Truth:
        """Return that all of the parts are true."""

    def disj(self, parts: Iterable[Truth], /) -> Truth:
        """Return that one of the parts is true."""

    def opposite(self, part: Truth, /) -> Truth:
        """Return that a part is not true."""


class Plainly:
    """The logic of true and false."""

    def conj(self, parts: Iterable[bool], /) -> bool:
        """Tell whether all of the parts are true."""
        return all(parts)

    def disj(self, parts: Iterable[bool], /) -> bool:
        """Tell whether one of the parts is true."""
        return any(parts)

    def opposite(self, part: bool, /) -> bool:
        """Tell whether a part is not true."""
        return not part


@dataclass(frozen=True, slots=True)
class Told:
    """A name in an assertion: the options in it, and those of them that the other claim denies."""

    options: frozenset[str]
    denied: frozenset[str]


@dataclass(frozen=True, slots=True)
class Clash:
    """Two claims that contradict each other, for some answers or for all.

    They do if of each of ``parts`` one name does. It does if one of its denied options is ticked,
    or if all of its options are denied: then it is denied as a whole, whatever is ticked.
    """

    says: Claim
    denies: Claim
    parts: tuple[tuple[Told, ...], ...]

    @property
    def denied(self) -> frozenset[str]:
        """The options in which the two can meet."""
        return frozenset(option for part in self.parts for told in part for option in told.denied)

    def when(
        self,
        logic: Logic[Truth],
        ticked: Callable[[str], Truth],
        said: Callable[[str], Truth],
        meant: Callable[[str], Truth],
    ) -> Truth:
        """Return that the two contradict each other.

        ``ticked`` says of an option that it is ticked, ``said`` and ``meant`` that no exemption
        takes it out of the assertion and out of the denial.
        """

        def whole(told: Told) -> Truth:
            """Return that something is left to say, and that all that is left is denied."""
            left = logic.disj(map(said, told.options))
            beyond = (said(option) for option in told.options - told.denied)
            spared = (
                logic.conj((said(option), logic.opposite(meant(option)))) for option in told.denied
            )
            return logic.conj((left, logic.opposite(logic.disj((*beyond, *spared)))))

        def meets(told: Told) -> Truth:
            met = (
                logic.conj((ticked(option), said(option), meant(option)))
                for option in sorted(told.denied)
            )
            return logic.disj((whole(told), *met))

        return logic.conj([logic.disj(map(meets, part)) for part in self.parts])

    def holds(
        self,
        ticked: Callable[[str], bool],
        unsaid: Collection[str] = (),
        spared: Collection[str] = (),
    ) -> bool:
        """Tell whether the two contradict each other if just these options are ticked.

        ``unsaid`` and ``spared`` are what exemptions take out of the assertion and of the denial.
        """
        return self.when(
            Plainly(), ticked, lambda option: option not in unsaid, lambda one: one not in spared
        )


def contradicts(claim: Claim, other: Claim, vocabulary: Vocabulary) -> Clash | None:
    """Return how two claims contradict each other, or ``None`` if they never do.

    The order of the two does not matter.
    """
    for says, denies in ((claim, other), (other, claim)):
        if not denied_verbs(denies).isdisjoint(asserted_verbs(says)):
            parts = tuple(_meeting(says, denies, vocabulary))
            if all(parts):
                return Clash(says, denies, parts)
    return None


def _meeting(says: Claim, denies: Claim, vocabulary: Vocabulary) -> Iterator[tuple[Told, ...]]:
    """Give, for each part in which two claims must meet, the names that can meet there."""
    named = {
        word: _options_of((atom for joined in names for atom in joined), vocabulary)
        for word, names in denies.named.items()
    }
    asserted = {
        word: [_options_of(joined, vocabulary) for joined in names]
        for word, names in says.named.items()
    }
    limited = [part for part in LIMITING if part in named] or [OBJECT]
    if denies.sign is not Sign.LIMITS:
        limited = []
    inside = [part for part in named if part not in limited]
    for part in inside:
        told = (Told(options, options & named[part]) for options in asserted.get(part, ()))
        yield tuple(one for one in told if one.denied)
    if limited:
        told = (
            Told(options, options - named[part])
            for part in limited
            for options in asserted.get(part, ())
        )
        yield tuple(one for one in told if one.denied)


def asserted_verbs(claim: Claim) -> frozenset[str]:
    """Return the verbs that a claim asserts: its own, and what that entails."""
    if claim.sign is not Sign.ASSERTS:
        return frozenset()
    return frozenset({claim.verb, ENTAILED.get(claim.verb, claim.verb)})


def denied_verbs(claim: Claim) -> frozenset[str]:
    """Return the verbs that a claim denies, wholly or beyond its limits."""
    if claim.sign is Sign.ASSERTS:
        return frozenset(DENIED.get(claim.verb, ()))
    return frozenset({claim.verb})


def _options_of(atoms: Iterable[str], vocabulary: Vocabulary) -> frozenset[str]:
    """Return the options that atoms stand for, with the retired ones.

    Nobody ticks those any more; but what a name means as a whole is the same as before.
    """
    options: set[str] = set()
    for atom in atoms:
        name, group, option = atom_parts(atom)
        question = vocabulary.by_id[name]
        if option or not question.options:
            options.add(atom)
        else:
            kept = (each for each in question.options if not group or each.group == group)
            options.update(f"{name}:{each.id}" for each in kept)
    return frozenset(options)


def taken_out(atoms: Collection[str], vocabulary: Vocabulary) -> frozenset[str]:
    """Return the options that an exemption of these atoms takes out of a claim."""
    return _options_of(atoms, vocabulary)
