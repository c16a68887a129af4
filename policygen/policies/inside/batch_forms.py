"""The form by which everything in a batch is published."""

from __future__ import annotations

from typing import Any

from django import forms

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.inside.policy_forms import EffectiveForm
from policygen.policies.published.publishing import REASON_LIMIT
from policygen.practices.forms import Day, Lines

PROPOSED = "proposed"
"""What the form says where each policy takes the kind of change that is proposed for it."""


class BatchPublishForm(EffectiveForm):
    """When the next versions take effect, why there are new ones, and how much they change."""

    effective_on = Day(error_messages={"required": "Choose the day on which they take effect."})
    kind = forms.ChoiceField(
        choices=[(PROPOSED, PROPOSED), *((kind.value, kind.value) for kind in ChangeKind)],
        error_messages={
            "required": "Choose how much these versions change.",
            "invalid_choice": "Choose how much these versions change.",
        },
    )
    reason = Lines(limit=REASON_LIMIT, missing="Say in a sentence why there are new versions.")
    ours = forms.BooleanField(
        error_messages={
            "required": "Say that these names and contacts are your own, or change them first."
        }
    )

    def __init__(self, *args: Any, from_example: bool = False, **options: Any) -> None:
        """Begin a form; ``from_example`` says that the policies name somebody of an example."""
        super().__init__(*args, **options)
        self.fields["ours"].required = from_example

    @property
    def change_kind(self) -> ChangeKind | None:
        """The kind that was chosen for all, or ``None`` for the proposed ones."""
        chosen = self.cleaned_data["kind"]
        return None if chosen == PROPOSED else ChangeKind(chosen)
