"""What a member of a practice may do: a role gives rights, and nothing else does."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a member is in a practice."""

    OWNER = "owner"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    VIEWER = "viewer"

    @property
    def label(self) -> str:
        """What people call it."""
        return self.value.capitalize()

    @property
    def with_article(self) -> str:
        """What somebody is who has it: “an owner”."""
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.value}"

    @property
    def explanation(self) -> str:
        """What somebody in this role may do, in one sentence."""
        return EXPLANATIONS[self]


class Right(StrEnum):
    """Something that a member may do or not."""

    SEE = "see"
    COMMENT = "comment"
    EDIT = "edit"
    REVIEW = "review"
    PUBLISH = "publish"
    MANAGE = "manage"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.EDITOR: frozenset({Right.SEE, Right.COMMENT, Right.EDIT, Right.PUBLISH}),
    Role.REVIEWER: frozenset({Right.SEE, Right.COMMENT, Right.REVIEW}),
    Role.VIEWER: frozenset({Right.SEE}),
}

EXPLANATIONS: dict[Role, str] = {
    Role.OWNER: "Does everything: members, settings, answers, review and publishing.",
    Role.EDITOR: "Answers the interview, changes drafts and publishes policies.",
    Role.REVIEWER: "Reads drafts, comments, amends wording, approves or sends back.",
    Role.VIEWER: "Reads policies, drafts and earlier versions, and changes nothing.",
}


def may(role: Role | str, right: Right) -> bool:
    """Tell whether a role gives a right; an unknown role gives none."""
    return role in RIGHTS and right in RIGHTS[Role(role)]
