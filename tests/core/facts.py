"""What claims say, by the book: facts that one asserts and another denies.

A fact is a verb with a thing for each preposition that is not open. A thing is a set of options:
one that is ticked, or all of a name of which none is ticked, since nobody says which of them is
meant. A claim denies a fact if it denies whatever the fact can mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import product

from policygen.core.claims import Claim, Sign, leaves
from policygen.core.vocabulary import Vocabulary

Thing = frozenset[str]
Fact = tuple[str, dict[str, Thing]]
ENTAILED = {"sell": "share", "track": "collect"}


def clash(
    one: Claim,
    other: Claim,
    ticked: Collection[str],
    vocabulary: Vocabulary,
    out: Collection[str] = (),
    spared: Collection[str] = (),
) -> bool:
    """Tell whether one claim asserts what the other denies.

    ``out`` is taken out of what the one says, ``spared`` out of what the other does.
    """
    facts = _facts(one, ticked, out, vocabulary)
    return any(_denied(other, fact, spared, vocabulary) for fact in facts)


def _facts(
    one: Claim, ticked: Collection[str], out: Collection[str], vocabulary: Vocabulary
) -> Iterator[Fact]:
    names: dict[str, list[set[str]]] = {}
    last = ""
    for word, atom in one.parts:
        options = set(leaves(atom, vocabulary)) - set(out)
        if word == "or":
            names[last][-1] |= options
        else:
            last = word
            names.setdefault(word, []).append(options)
    choices = [[t for name in names[word] for t in _things(name, ticked)] for word in names]
    for row in product(*choices) if one.sign is Sign.ASSERTS else ():
        things = dict(zip(names, row, strict=True))
        yield one.verb, things
        if one.verb in ENTAILED:
            yield ENTAILED[one.verb], things


def _things(name: set[str], ticked: Collection[str]) -> list[Thing]:
    known = [frozenset([option]) for option in sorted(name) if option in ticked]
    return known or ([frozenset(name)] if name else [])


def _denied(one: Claim, fact: Fact, spared: Collection[str], vocabulary: Vocabulary) -> bool:
    verb, things = fact
    named = {word: set[str]() for word, _ in one.parts if word != "or"}
    last = ""
    for word, atom in one.parts:
        last = last if word == "or" else word
        named[last] |= leaves(atom, vocabulary)

    def inside(word: str) -> bool:
        return word in things and things[word] <= named[word] - set(spared)

    def outside(word: str) -> bool:
        return word in things and things[word].isdisjoint(named[word] | set(spared))

    if one.sign is Sign.LIMITS:
        limits = set(named) & {"to", "for", "from"}
        if not limits:
            return verb == one.verb and outside("")
        return verb == one.verb and inside("") and any(map(outside, limits))
    denies = {"promise", "protect"} if one.verb == "disclaim" else set()
    denies = {one.verb} if one.sign is Sign.DENIES else denies
    return verb in denies and all(map(inside, named))
