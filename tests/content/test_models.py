"""The library can say everything that four real policies say, with the facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from policygen.library.strict_yaml import decode, read_yaml
from tests.content.library import library, policy
from tests.content.statements import COUNTS, MODELS, STATEMENTS, statements
from tests.core.flaws import lines, text_of

FACTS: dict[str, list[str]] = read_yaml(
    decode((Path(__file__).parent / "facts.yaml").read_bytes())
).value
BY_SLUG = {one.slug: one for one in library().clauses}


def test_there_are_227_statements() -> None:
    assert len(set(STATEMENTS)) == sum(COUNTS.values()) == 227
    assert set(FACTS) <= {*STATEMENTS, *MODELS.values()}
    assert len(FACTS) > 60


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_is_made_by_a_clause(statement: str) -> None:
    assert any(statement in one.models for one in library().clauses)


@pytest.mark.parametrize("model", MODELS)
def test_the_example_of_a_model_makes_all_its_statements(model: str) -> None:
    made = {s for one in policy(MODELS[model]).clauses() for s in BY_SLUG[one.slug].models}
    assert [statement for statement in statements(model) if statement not in made] == []


def printed(name: str, statement: str) -> Iterator[str]:
    """Give what the clauses of an example print that say they make a statement."""
    for one in policy(name).clauses():
        if not statement or statement in BY_SLUG[one.slug].models:
            for block in one.blocks:
                yield from (text_of(line) for line in lines(block))


@pytest.mark.parametrize("place", FACTS)
def test_facts_stand_in_the_policy_and_in_a_clause_that_makes_their_statement(place: str) -> None:
    statement = place if place in STATEMENTS else ""
    example = MODELS[place.partition("-")[0]] if statement else place
    text = "\n".join(printed(example, statement))
    flat = " ".join(text.split()).lower()
    assert [fact for fact in FACTS[place] if fact.lower() not in flat] == [], text
