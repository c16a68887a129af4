"""The desk: what its modules register when Django looks for admins."""

from policygen.library.desk import (
    clauses,
    history,
    laws,
    people,
    releases,
    review,
    timeline,
    tryouts,
    vocabulary,
    where_used,
    why,
)

__all__ = [
    "clauses",
    "history",
    "laws",
    "people",
    "releases",
    "review",
    "timeline",
    "tryouts",
    "vocabulary",
    "where_used",
    "why",
]
