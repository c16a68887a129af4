"""Conditions as English sentences. Reasons stand in test_selection."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.conditions import Condition, parse_condition
from policygen.core.in_words import condition_in_words
from policygen.core.vocabulary import parse_vocabulary
from tests.content.library import library as real_library
from tests.core.small import SMALL, often, option, question

IN_A_POLICY = "This clause stands in a policy if people "


@pytest.mark.parametrize(
    ("raw", "rest"),
    [
        ({"all": ["data:records"]}, "chose “Records” for “What about data?”."),
        ({"any": ["data:records"]}, "chose “Records” for “What about data?”."),
        ({"none": ["data:records"]}, "did not choose “Records” for “What about data?”."),
        (
            {"all": ["data:records", "data:name"]},
            "chose “Records” and “Name” for “What about data?”.",
        ),
        (
            {"any": ["data:records", "data:name"]},
            "chose “Records” or “Name” for “What about data?”.",
        ),
        (
            {"any": ["data:records", "data:name", "data:birthday"]},
            "chose at least one of “Records”, “Name” and “Birthday” for “What about data?”.",
        ),
        (
            {"none": ["data:records", "data:name"]},
            "chose neither “Records” nor “Name” for “What about data?”.",
        ),
        (
            {"none": ["data:records", "data:name", "data:birthday"]},
            "chose none of “Records”, “Name” and “Birthday” for “What about data?”.",
        ),
        ({"all": ["data"]}, "chose something for “What about data?”."),
        ({"none": ["data"]}, "chose nothing for “What about data?”."),
        ({"all": ["data.health"]}, "chose something under “Your health” for “What about data?”."),
        (
            {"all": ["data.health", "data.identity"]},
            "chose something under both “Your health” and “Who you are” for “What about data?”.",
        ),
        (
            {"any": ["data.health", "data.identity"]},
            "chose something under “Your health” or “Who you are” for “What about data?”.",
        ),
        ({"none": ["data.health"]}, "chose nothing under “Your health” for “What about data?”."),
        ({"all": ["country:peru"]}, "answered “Peru” to “What about country?”."),
        (
            {"any": ["country:peru", "country:canada"]},
            "answered “Peru” or “Canada” to “What about country?”.",
        ),
        ({"none": ["country:peru"]}, "did not answer “Peru” to “What about country?”."),
        ({"all": ["country"]}, "answered “What about country?”."),
        (
            {"all": ["country.places"]},
            "answered something under “Places” to “What about country?”.",
        ),
        ({"all": ["website"]}, "entered something for “What about website?”."),
        ({"none": ["years"]}, "answered “none” to “What about years?”."),
        ({"all": ["contacts:questions"]}, "gave a contact for “Questions”."),
        (
            {"none": ["contacts:questions", "contacts:fax-opt-out"]},
            "gave no contact for “Questions” or “Fax opt out”.",
        ),
        ({"all": ["contacts"]}, "gave a contact."),
        ({"all": ["contact_points:fax"]}, "gave “Fax” as a way to reach them."),
        ({"none": ["contact_points"]}, "did not give a way to reach them."),
        (
            {"all": ["data:name"], "any": ["uses:treat", "uses:remind"], "none": ["country:peru"]},
            "chose “Name” for “What about data?”, and chose “Treat” or “Remind” for "
            "“What about uses?”, and did not answer “Peru” to “What about country?”.",
        ),
        (
            {"all": ["data"], "none": ["data:name"]},
            "chose something for “What about data?”, and did not choose “Name” for "
            "the same question.",
        ),
        (
            {"any": ["website", "data:name"], "none": ["country:peru"]},
            "did not answer “Peru” to “What about country?”, and either entered something for "
            "“What about website?” or chose “Name” for “What about data?”.",
        ),
        (
            {"any": ["website", "data:name", "contacts"]},
            "did at least one of these things: entered something for “What about website?”; "
            "chose “Name” for “What about data?”; or gave a contact.",
        ),
    ],
)
def test_a_condition_reads_as_a_sentence(raw: dict[str, Any], rest: str) -> None:
    assert condition_in_words(parse_condition(raw), SMALL) == IN_A_POLICY + rest


def test_no_condition_reads_as_a_sentence() -> None:
    assert condition_in_words(Condition(), SMALL) == "This clause stands in every policy."


def test_of_many_options_the_rest_is_counted() -> None:
    options = [option(f"o{n}", f"o {n}", "g") for n in range(20)]
    many = parse_vocabulary([question("goods", "many", groups={"g": "G"}, options=options)])
    condition = Condition(any=tuple(f"goods:o{n}" for n in range(20)))
    sentence = condition_in_words(condition, many)
    assert "“O6” and 13 more for “What about goods?”" in sentence
    assert "O7" not in sentence


@often
@given(
    st.builds(
        Condition, *[st.lists(st.sampled_from(sorted(SMALL.atoms)), max_size=4).map(tuple)] * 3
    )
)
def test_every_condition_is_one_sentence_that_names_its_questions(condition: Condition) -> None:
    sentence = condition_in_words(condition, SMALL)
    assert sentence.startswith("This clause stands in ")
    assert sentence.endswith(".")
    assert sentence.count("“") == sentence.count("”")
    assert not re.search(r"  |, ,|\(\)|“”|: [;.]", sentence)


def test_every_condition_of_the_library_is_one_sentence() -> None:
    lib = real_library()
    sentences = {condition_in_words(clause.when, lib.vocabulary) for clause in lib.clauses}
    assert len(sentences) == len({clause.when for clause in lib.clauses})
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in sentences)
