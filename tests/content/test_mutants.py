"""The ledger against mutants: any block less turns exactly its elements red."""

from __future__ import annotations

import pytest

from tests.content.library import EXAMPLES, example, library
from tests.content.mutants import judged


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_policy_without_one_block_states_exactly_the_elements_of_its_clause_no_more(
    name: str,
) -> None:
    found = list(judged(library(), example(name).answers))
    assert [(one.mutant.slug, one.mutant.block) for one in found if not one.killed] == []


def test_the_mutants_of_the_examples_turn_a_good_part_of_the_laws_red() -> None:
    """Were no element ever satisfied, no mutant could turn one red."""
    elements = {element.id for regime in library().regimes for element in regime.elements}
    red = {
        name
        for each in EXAMPLES
        for one in judged(library(), example(each).answers)
        for name in one.red
    }
    assert len(red) > len(elements) / 4
