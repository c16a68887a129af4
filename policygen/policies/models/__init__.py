"""Policies: what is being written (drafts), what was published (versions), and work on many."""

from policygen.policies.models.batches import Asked, Batch, BatchStage, Piece, PieceState, Step
from policygen.policies.models.drafts import Comment, Draft, DraftState, Editor
from policygen.policies.models.groups import Group, GroupForm, Level
from policygen.policies.models.log import Event, Reminder
from policygen.policies.models.policies import Policy
from policygen.policies.models.versions import PolicyVersion, Print, VersionFile

__all__ = [
    "Asked",
    "Batch",
    "BatchStage",
    "Comment",
    "Draft",
    "DraftState",
    "Editor",
    "Event",
    "Group",
    "GroupForm",
    "Level",
    "Piece",
    "PieceState",
    "Policy",
    "PolicyVersion",
    "Print",
    "Reminder",
    "Step",
    "VersionFile",
]
