"""What clauses claim, and when two claims cannot both be true.

A claim is ``verb(objects; to recipients; for purposes; from sources; with other answers)``. Names
are atoms of the vocabulary, separated by semicolons. A name without a preposition is an object;
each other name has its own: ``share(data; to recipients.care; to recipients:insurers)``.

An atom stands for options: ``data:name`` for one, ``data.health`` for those of the group, ``data``
for all of the question. So health records are personal data, and marketing partners are recipients,
because their options lie there. A question without options stands for itself. Options of different
questions are different things.

What a claim says, of given answers:

- ``share(data; to recipients)`` **asserts**: for each object that was ticked, some recipient that
  was ticked. A part with nothing ticked makes it say nothing. A part that is not named is left
  open: to somebody, for something.
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
the other is limited to: the same verb, an object in common, and in each part that the denial names
something in common. A part that only the denial names, such as the recipients in “not to marketing
partners”, saves it from an assertion that leaves it open. What is in common must be ticked, since
only then is it asserted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

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

    ``parts`` are pairs of a preposition (or ``OBJECT``) and an atom, in the order written.
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
        return tuple(atom for word, atom in self.parts if word == preposition)

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
        message = f"{quoted(text)} is no claim, such as {example}. {nearest(verb, VERBS)}"
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
        if word and word not in PREPOSITIONS:
            yield f"{quoted(word)} is no preposition of claims. {nearest(word, PREPOSITIONS)}"
    if sign is Sign.LIMITS and "with" in words:
        yield (
            f"{quoted(text)} limits nothing: “only-” says to whom, for what or from whom, and "
            "“with” does not. Use “to”, “for” or “from”, or the verb “limit”."
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


@dataclass(frozen=True, slots=True)
class Clash:
    """Two claims that contradict each other as soon as certain things are ticked.

    ``ticks`` are sets of leaves: of each set, one must be ticked, and not taken out of either
    claim by an exemption.
    """

    says: Claim
    denies: Claim
    ticks: tuple[frozenset[str], ...]

    def holds(self, ticked: Collection[str]) -> bool:
        """Tell whether the two contradict each other when just these leaves are ticked."""
        return all(not some.isdisjoint(ticked) for some in self.ticks)


def contradicts(claim: Claim, other: Claim, vocabulary: Vocabulary) -> Clash | None:
    """Return how two claims contradict each other, or ``None`` if they never do.

    The order of the two does not matter.
    """
    for says, denies in ((claim, other), (other, claim)):
        ticks = _ticks(says, denies, vocabulary)
        if ticks is not None:
            return Clash(says, denies, ticks)
    return None


def _ticks(says: Claim, denies: Claim, vocabulary: Vocabulary) -> tuple[frozenset[str], ...] | None:
    """Return what must be ticked so that what one claim asserts is what the other one denies."""
    if says.sign is not Sign.ASSERTS or _denied_verbs(denies).isdisjoint(_asserted_verbs(says)):
        return None
    asserted, named = _slots(says, vocabulary), _slots(denies, vocabulary)
    if denies.sign is Sign.LIMITS:
        limited = [part for part in LIMITING if part in named] or [OBJECT]
        outside = {x for part in limited for x in asserted.get(part, frozenset()) - named[part]}
        common = [frozenset(outside)]
        if limited != [OBJECT]:
            common.append(asserted[OBJECT] & named[OBJECT])
    else:
        common = [asserted.get(part, frozenset()) & found for part, found in named.items()]
    ticks = dict.fromkeys([*common, *asserted.values()])
    wanted = [some for some in ticks if not any(other < some for other in ticks)]
    return tuple(wanted) if all(wanted) else None


def _asserted_verbs(claim: Claim) -> frozenset[str]:
    return frozenset({claim.verb, ENTAILED.get(claim.verb, claim.verb)})


def _denied_verbs(claim: Claim) -> frozenset[str]:
    if claim.sign is Sign.ASSERTS:
        return frozenset(DENIED.get(claim.verb, ()))
    return frozenset({claim.verb})


def _slots(claim: Claim, vocabulary: Vocabulary) -> dict[str, frozenset[str]]:
    """Return the leaves of each part of a claim."""
    slots: dict[str, frozenset[str]] = {}
    for word, atom in claim.parts:
        slots[word] = slots.get(word, frozenset()) | leaves(atom, vocabulary)
    return slots


def taken_out(atoms: Collection[str], vocabulary: Vocabulary) -> frozenset[str]:
    """Return the leaves that an exemption of these atoms takes out of a claim."""
    return frozenset(leaf for atom in atoms for leaf in leaves(atom, vocabulary))
