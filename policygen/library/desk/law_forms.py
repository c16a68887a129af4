"""The forms of laws and of conflicts: YAML in a text area, with the line of whatever is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from policygen.core.conflicts import parse_conflict
from policygen.core.problems import Problem, Refused
from policygen.core.regimes import parse_regime
from policygen.library.desk.fields import LineField, YamlField, in_line
from policygen.library.desk.forms import PLAIN, PieceForm
from policygen.library.files import position_of
from policygen.library.folder_texts import rule_text
from policygen.library.models import NAME_LIMIT, Conflict, Regime
from policygen.library.pieces import Content, rule_content

RULE_LIMIT = 120_000
"""The longest text of a law, in characters."""

MAPPING = "Write it as “key: value”, one a line."
NO_ID = "The id stands above, and is no part of the text. Delete this line."
AS_IT_WAS = "To take it out, leave the text as it was."


class RuleField(YamlField):
    """All that a law or a conflict says, but for its id."""

    def __init__(self, *, rows: int, help_text: str) -> None:
        super().__init__(
            label="Text",
            written=rule_text,
            empty={},
            limit=RULE_LIMIT,
            widget=forms.Textarea(attrs={"rows": rows, **PLAIN}),
            help_text=help_text,
        )

    def clean(self, value: Any) -> dict[str, Any]:
        """Return the plain form without id. Raises ``ValidationError`` with the line."""
        found = super().clean(value)
        if not isinstance(found, dict):
            raise ValidationError(in_line(1, MAPPING), code="yaml")
        if "id" in found:
            raise ValidationError(in_line(self.read(value).line(("id",)), NO_ID), code="yaml")
        return found


class RuleForm(PieceForm):
    """What laws and conflicts have in common: all they say stands in one text."""

    name = LineField(
        label="Id",
        limit=NAME_LIMIT,
        required=True,
        error_messages={"required": "Write an id."},
        help_text="Small letters, digits and single hyphens. It never changes.",
    )
    said: RuleField

    def content(self) -> Content:
        """Return what was typed, in its settled form if it has one."""
        content = super().content()
        read = parse_regime if self.piece.kind == Regime.kind else parse_conflict
        if self.frame is None or not content["said"]:
            return content
        try:
            rule = read({**content["said"], "id": self.piece_name}, self.frame.vocabulary)
        except Refused:
            return content
        return {**content, **rule_content(rule)}

    def _problems(self) -> Iterator[Problem]:
        """Give what is wrong, each with its line in the text."""
        content = self.content()
        if content["withdrawn"] and content["said"] != said_of(self):
            yield Problem("said", AS_IT_WAS)
        for problem in super()._problems():
            where, _, part = problem.where.partition(".")
            here = where == "said" and part
            yield self._with_line(problem, part.split(".")) if here else problem

    def _with_line(self, problem: Problem, parts: list[str]) -> Problem:
        try:
            source = cast("RuleField", self.fields["said"]).read(self["said"].data)
        except ValidationError:
            return replace(problem, where="said")  # the field says what is wrong with it
        line = source.line(position_of(source.value, parts))
        return replace(problem, where="said", message=in_line(line, problem.message))


class RegimeForm(RuleForm):
    """A law: what it is, whom it applies to, and the elements that it wants stated."""

    said = RuleField(
        rows=28,
        help_text="As in a file of the folder regimes. Each element says what must be stated, "
        "where the law says so, and how sure you are. Its id never changes: clauses name it.",
    )

    class Meta:
        model = Regime
        fields: Sequence[str] = ()


class ConflictForm(RuleForm):
    """A conflict: for which answers it is found, how grave it is, and what people read."""

    said = RuleField(
        rows=14,
        help_text="“severity” is blocks, warns or note; “when” says for which answers it is found; "
        "“says” and “mend” are what a manager reads, “why” is for colleagues.",
    )

    class Meta:
        model = Conflict
        fields: Sequence[str] = ()


def said_of(form: PieceForm) -> dict[str, Any]:
    """Return what a law or a conflict says as it is stored; of something new, nothing."""
    return {} if form.is_new else dict(form.piece.content()["said"])
