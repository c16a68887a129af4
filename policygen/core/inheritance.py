"""Answers that are inherited: what a group answers holds for its brands and locations.

All answers here are raw, as drafts store them (``core.answers``), and are inherited question by
question: whoever answers a question differently answers all of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from policygen.core.answers import Raw, raw_place
from policygen.core.problems import Problem, Refused
from policygen.core.vocabulary import NONE, Kind, Vocabulary

RawAnswers = Mapping[str, Raw]


NAMED = 5
"""How many locations without an address are named."""


@dataclass(frozen=True)
class Site:
    """What is known of a location: its name, the lines of its address, and how to reach it.

    ``brand`` is the one under which it is listed. What it does not have is blank.
    """

    name: str
    address: tuple[str, ...] = ()
    phone: str = ""
    fax: str = ""
    email: str = ""
    brand: str = ""

    def way(self, channel: str) -> Raw:
        """Return how it is reached through a channel, as a contact point says it, or nothing."""
        if channel == "post":
            return [self.name, *self.address] if self.address else []
        return {"phone": self.phone, "fax": self.fax, "email": self.email}.get(channel, "")


def overlaid(levels: Iterable[RawAnswers]) -> dict[str, Raw]:
    """Return the answers that hold after each of these levels, the outermost first."""
    answers: dict[str, Raw] = {}
    for level in levels:
        answers |= level
    return answers


def own_answers(answers: RawAnswers, inherited: RawAnswers) -> dict[str, Raw]:
    """Return those answers that differ from what is inherited: what a level has to keep.

    Contacts in another order are another answer, since policies print them in theirs.
    """
    return {
        name: raw
        for name, raw in answers.items()
        if name not in inherited or json.dumps(inherited[name]) != json.dumps(raw)
    }


def at_site(
    vocabulary: Vocabulary, answers: RawAnswers, site: Site, own_points: Iterable[str]
) -> dict[str, Raw]:
    """Return a group's answers as they hold at one location.

    The location is the only one that is listed, where the first question for locations lists them.
    In place of each contact point that ``own_points`` names stands the location's own, where it
    has one; its id stays, so that whatever the group uses that contact for holds here, too. Raises
    ``Refused`` if the location has no address.
    """
    listed = {**answers, **_listing(asking_for_places(vocabulary), [site])}
    return _with_points(vocabulary, listed, site, {*own_points})


def with_sites(
    vocabulary: Vocabulary, answers: RawAnswers, sites: Iterable[Site]
) -> dict[str, Raw]:
    """Return answers with these locations in place of those that they name.

    The last question for locations lists them: the annex, where the vocabulary has one. Raises
    ``Refused`` where locations have no address, and names the first of them.
    """
    return {**answers, **_listing(reversed(asking_for_places(vocabulary)), list(sites))}


def asking_for_places(vocabulary: Vocabulary) -> list[str]:
    """Return the ids of the questions that the list of locations answers in a group."""
    return list(_of_kind(vocabulary, Kind.PLACES))


def _listing(questions: Iterable[str], sites: Sequence[Site]) -> dict[str, Raw]:
    """Return answers in which the first of the questions lists the locations, and no other does."""
    nowhere = [site.name for site in sites if not site.address]
    if nowhere:
        raise Refused([Problem("", _without_address(nowhere, len(sites)))])
    raw: list[Raw] = [raw_place(site.name, site.address, site.brand) for site in sites]
    if not raw:
        return {}
    answers: dict[str, Raw] = dict.fromkeys(questions, NONE)
    return {**answers, **dict.fromkeys(list(answers)[:1], raw)}


def _without_address(names: Sequence[str], of: int) -> str:
    """Say which locations have no address; of a single one that is looked at, without its name."""
    if of == 1:
        return "The location has no address. Add its address in the list of locations."
    if len(names) == 1:
        return f"“{names[0]}” has no address. Add its address in the list of locations."
    said = ", ".join(f"“{name}”" for name in names[:NAMED])
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return (
        f"{len(names):,} locations have no address: {said}{more}. "
        "Add their addresses in the list of locations."
    )


def _with_points(
    vocabulary: Vocabulary, answers: dict[str, Raw], site: Site, own_points: set[str]
) -> dict[str, Raw]:
    for name in _of_kind(vocabulary, Kind.CONTACT_POINTS):
        points = answers.get(name)
        if isinstance(points, Mapping):
            answers[name] = {
                identifier: _at(site, point) if identifier in own_points else point
                for identifier, point in points.items()
            }
    return answers


def _at(site: Site, point: Raw) -> Raw:
    if not isinstance(point, Mapping):
        return point
    return {channel: site.way(channel) or value for channel, value in point.items()}


def _of_kind(vocabulary: Vocabulary, kind: Kind) -> Iterator[str]:
    return (question.id for question in vocabulary.questions if question.kind is kind)
