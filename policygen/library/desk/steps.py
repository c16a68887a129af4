"""Which steps of the editorial life a person may take with a piece as it stands.

Buttons are made from this. ``publishing`` decides again when one is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User

from policygen.library import guards
from policygen.library.models import Clause, ClauseVersion, State
from policygen.library.publishing import APPROVE, DRAFT, RELEASE, AnyPiece

FIXED = (State.RELEASED, State.RETIRED)

Person = User | AnonymousUser


@dataclass(frozen=True)
class Steps:
    """What may be done; ``wrote`` says that only having written it keeps somebody from approving.

    ``begin`` is the number of the version that a new draft would be like, or ``None``; ``again``
    says that it is an earlier one.
    """

    submit: bool = False
    approve: bool = False
    wrote: bool = False
    send_back: bool = False
    own: bool = False
    discard: bool = False
    begin: int | None = None
    again: bool = False
    comment: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return self != Steps()


def may(person: Person, permission: str) -> bool:
    """Tell whether somebody has a permission of the library."""
    return person.has_perm(f"library.{permission}")


ROLES = (DRAFT, APPROVE, RELEASE)
"""Permissions of those who work at the desk."""


def works_here(person: Person) -> bool:
    """Tell whether somebody has one of the roles."""
    return any(may(person, role) for role in ROLES)


def may_read(person: Person) -> bool:
    """Tell whether somebody may read the library; every group of the desk may."""
    return may(person, "view_clauseversion")


def steps_for(piece: AnyPiece, person: Person) -> Steps:
    """Return what somebody may do to a piece. At most two queries, once permissions are known."""
    drafts, approves = may(person, DRAFT), may(person, APPROVE)
    begin = None
    if isinstance(piece, ClauseVersion):
        newest = Clause.objects.filter(pk=piece.clause_id).values_list("newest", "newest__state")
        key, state = newest.first() or (None, "")
        begin = piece.number if drafts and state in FIXED else None
        if key != piece.pk:
            return Steps(begin=begin, again=begin is not None)
    reviews = approves and piece.state == State.REVIEW
    wrote = reviews and person.pk in guards.editors(piece)
    own = drafts and person.pk is not None and piece.edited_by_id == person.pk
    return Steps(
        submit=drafts and piece.state == State.DRAFT,
        approve=reviews and not wrote,
        wrote=wrote,
        send_back=piece.state in {State.REVIEW, State.APPROVED} and (approves or own),
        own=own,
        discard=drafts and piece.state == State.DRAFT,
        begin=begin,
        comment=works_here(person),
    )
