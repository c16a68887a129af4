"""Why not: for what an example leaves out, a change is found that the interview would accept."""

from __future__ import annotations

import pytest

from policygen.core.analysis.proof import accepts
from policygen.core.analysis.why_not import why_not
from policygen.core.answers import parse_answers
from policygen.core.selection import select
from tests.content.library import example, library
from tests.core.small import DAY

SOME = 12
"""Every so many clauses are looked at."""


@pytest.mark.parametrize("name", ["small-practice", "practicepanther"])
def test_a_clause_that_is_left_out_can_be_brought_in_by_few_answers(name: str) -> None:
    answers = example(name).answers
    for choice in select(library(), answers).left_out[::SOME]:
        slug = choice.clause.slug
        found = why_not(library(), answers, slug, on=DAY)
        assert found.answers is not None, slug
        again = parse_answers(library().vocabulary, found.answers.to_raw())
        assert accepts(library(), again), slug
        assert slug in {one.clause.slug for one in select(library(), again).included}
        assert found.redline is not None
        assert found.redline.changed, slug
