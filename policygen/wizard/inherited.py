"""What the interview shows of inheritance, in the draft of a level of a group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from policygen.core.answers import contact_points, in_words
from policygen.core.inheritance import asking_for_places
from policygen.core.vocabulary import Kind, Question
from policygen.policies.drafting.drafts import Opened, read_answers
from policygen.policies.drafting.places import Place
from policygen.policies.stored import from_text, to_text

OWN_PLACE = "This comes from the list of locations."
ANY_PLACE = (
    "This comes from the list of locations: each policy names its own, or lists them in an annex. "
    "What stands here is an example."
)
OWN_CONTACTS = (
    "The group wants each location to have contacts of its own here, and these come from the list "
    "of locations. If you change anything in this question, all of it stays as you leave it, and "
    "later changes of the list or of the group do not come in."
)


@dataclass(frozen=True)
class Above:
    """What stands beside a question: what is inherited, in words, if another answer holds here.

    ``address`` is where that can be taken back, and ``note`` says where the answer comes from.
    """

    differs: bool = False
    lines: tuple[str, ...] = ()
    address: str = ""
    note: str = ""


@dataclass(frozen=True)
class Inherited:
    """What is inherited in a draft; all of it is empty in the draft of no level.

    ``fixed`` are the questions that nobody answers in the interview, and ``note`` says why;
    ``beside`` has what stands beside others, by question id.
    """

    fixed: frozenset[str] = frozenset()
    note: str = ""
    beside: Mapping[str, Above] = field(default_factory=dict)


def inherited_in(found: Opened, place: Place | None) -> Inherited:
    """Return what is inherited in a draft, which belongs to ``place``."""
    if place is None or not place.is_level:
        return Inherited()
    return Inherited(
        fixed=frozenset(asking_for_places(found.library.vocabulary)),
        note=OWN_PLACE if place.is_location else ANY_PLACE,
        beside={} if place.is_group else _beside(found, place),
    )


def _beside(found: Opened, place: Place) -> dict[str, Above]:
    above = read_answers(found.library.digest, to_text(found.inherited)).answers
    points = contact_points(above.given)
    own = from_text(found.draft.answers)
    beside: dict[str, Above] = {}
    for question in found.library.vocabulary.questions:
        note = OWN_CONTACTS if place.has_own_points and _is_of_contacts(question) else ""
        if question.id in own:
            given = above.given.get(question.id)
            beside[question.id] = Above(
                differs=True,
                lines=in_words(question, given, points) if given is not None else (),
                address=f"{place.address}#q-{question.id}",
            )
        elif note:
            beside[question.id] = Above(note=note)
    return beside


def _is_of_contacts(question: Question) -> bool:
    return question.kind is Kind.CONTACT_POINTS
