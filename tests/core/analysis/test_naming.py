"""Which names an option has, and where a clause names it."""

from __future__ import annotations

from typing import Any

import pytest

from policygen.core.analysis.naming import Place, Way, names_of, namings


@pytest.mark.parametrize(
    ("kind", "group", "atom", "atoms", "paths"),
    [
        (
            "many",
            "g",
            "q:a-b",
            {"q": Way.QUESTION, "q.g": Way.GROUP, "q:a-b": Way.ITSELF},
            {"q": Way.QUESTION, "q.g": Way.GROUP},
        ),
        (
            "one",
            "g",
            "q:a",
            {"q": Way.QUESTION, "q.g": Way.GROUP, "q:a": Way.ITSELF},
            {"q": Way.QUESTION},
        ),
        (
            "contacts",
            "",
            "q:a-b",
            {"q": Way.QUESTION, "q:a-b": Way.ITSELF},
            {"q": Way.QUESTION, "q.a_b": Way.ITSELF},
        ),
    ],
)
def test_an_option_has_the_names_that_its_kind_of_question_gives_it(
    kind, group, atom, atoms, paths
):
    names = names_of(atom, kind, group)
    assert (names.atoms, names.paths) == (atoms, paths)


NAMES = names_of("data:name", "many", "identity")


@pytest.mark.parametrize(
    ("when", "body", "claims", "found"),
    [
        ({}, "", [], []),
        ({"all": ["data:name"]}, "", [], [(Place.CONDITION, "data:name")]),
        ({"none": ["data.identity"]}, "", [], [(Place.CONDITION, "data.identity")]),
        ({"any": ["data:names", "dat", "data.health"]}, "", [], []),
        ({}, "{{data.identity|listing}}{{ data  | listing }}", [], ["data.identity", "data"]),
        ({}, "{{ data.identity }}\n{{ data.identity }}", [], ["data.identity"]),
        ({}, "data:name {{ data.health | listing }} {{ data", [], []),
        ({}, "{{ ''.__class__ }} {{ data() }} {{ " + "(" * 5000 + " }}", [], []),
        ({}, "", ["keep(data:name; data)"], ["data:name", "data"]),
        ({}, "", ["share(years; to data:name)"], ["data:name"]),
        ({}, "", ["except(data; data:name)"], ["data:name"]),
        ({}, "", ["does-not-share(data; recipients)"], ["data"]),
        ({}, "", ["nonsense", 7, None, "keep(data"], []),
        (None, "", None, []),
        ({"any": None}, "", [], []),
    ],
)
def test_a_clause_names_what_stands_in_its_condition_placeholders_and_claims(
    when: Any, body: str, claims: Any, found: list[Any]
):
    named = [(one.place, one.written) for one in namings(when, body, claims, NAMES)]
    assert named == found or [written for _, written in named] == found
