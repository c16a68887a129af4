"""What claims say, when two contradict each other, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.claims import (
    PREPOSITIONS,
    Claim,
    Exemption,
    Sign,
    contradicts,
    leaves,
    parse_claim,
)
from policygen.core.problems import Refused
from tests.core.small import SMALL, often


def claim(text: str) -> Claim:
    parsed = parse_claim(text, SMALL)
    assert isinstance(parsed, Claim)
    return parsed


@pytest.mark.parametrize(
    ("text", "verb", "sign", "parts"),
    [
        ("collect(data)", "collect", Sign.ASSERTS, (("", "data"),)),
        ("does-not-sell(data; uses)", "sell", Sign.DENIES, (("", "data"), ("", "uses"))),
        (
            "only-share(data.health; to country:peru; for uses)",
            "share",
            Sign.LIMITS,
            (("", "data.health"), ("to", "country:peru"), ("for", "uses")),
        ),
        (
            "collect(data; from countries; with years)",
            "collect",
            Sign.ASSERTS,
            (("", "data"), ("from", "countries"), ("with", "years")),
        ),
        ("use(for uses; data)", "use", Sign.ASSERTS, (("for", "uses"), ("", "data"))),
    ],
)
def test_a_claim_has_a_verb_a_sign_and_parts(
    text: str, verb: str, sign: Sign, parts: tuple[tuple[str, str], ...]
) -> None:
    read = claim(text)
    assert (read.verb, read.sign, read.parts) == (verb, sign, parts)
    assert str(read) == text
    assert read.atoms == tuple(atom for _, atom in parts)


def test_blanks_in_a_claim_do_not_matter() -> None:
    assert str(claim("  share( data ;to   country:peru;) ")) == "share(data; to country:peru)"


def test_an_exemption_names_a_clause_and_what_it_is_not_about() -> None:
    read = parse_claim("except(sale-yes; data:records; uses)", SMALL)
    assert read == Exemption("sale-yes", ("data:records", "uses"))
    assert str(read) == "except(sale-yes; data:records; uses)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shar(data)", "“shar(data)” is no claim, such as"),
        ("shar(data)", "Did you mean “share”"),
        ("share data", "is no claim, such as share(data; to recipients.providers)"),
        ("only-shar(data)", "Did you mean “share”"),
        ("does-not-except(sale; data)", "is no claim"),
        ("share(data; too uses)", "“too” is no preposition of claims. Did you mean “to”?"),
        ("share(data; by uses)", "“by” is no preposition of claims. Use one of: for, from,"),
        ("share(data; to dta)", "“dta” names no answer. Did you mean “data”"),
        ("share(data; to data:recods)", "Did you mean “data:records”"),
        ("share(data; to)", "“to” names no answer."),
        ("share(to uses)", "says nothing of anything. Name at least one answer."),
        ("share(data; to the uses)", "“to the uses” names no answer. Write question,"),
        ("only-share(data; with uses)", "limits nothing: “only-” says to whom"),
        ("except()", "takes nothing out. Write the slug of a clause"),
        ("except(sale-yes)", "takes nothing out. Write the slug of a clause"),
        ("except(Sale yes; data)", "takes nothing out. Write the slug of a clause"),
        ("except(sale-yes; dta)", "“dta” names no answer. Did you mean “data”"),
    ],
)
def test_what_is_no_claim_is_refused_with_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_claim(text, SMALL)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("atom", "expected"),
    [
        ("data:name", {"data:name"}),
        ("data.health", {"data:records", "data:allergies"}),
        ("country", {"country:canada", "country:peru"}),
        ("years", {"years"}),
        ("contacts:questions", {"contacts:questions"}),
    ],
)
def test_an_atom_stands_for_the_options_in_it(atom: str, expected: set[str]) -> None:
    assert leaves(atom, SMALL) == expected


CLASHES: list[tuple[str, str, str]] = [
    ("share(data)", "does-not-share(data)", "data:name"),
    ("share(data:records)", "does-not-share(data.health)", "data:records"),
    ("share(data)", "does-not-share(data.health)", "data:allergies"),
    ("sell(data)", "does-not-share(data)", "data:name"),
    ("track(data)", "does-not-collect(data)", "data:name"),
    ("share(data; to country)", "does-not-share(data)", "data:name country:peru"),
    ("share(data; to country)", "does-not-share(data; to country:peru)", "data:name country:peru"),
    ("share(data; to uses)", "only-share(data:name; to country)", "data:name uses:treat"),
    ("share(data; to country)", "only-share(data; to country:peru)", "data:name country:canada"),
    ("use(data; for uses)", "only-use(data:name; for uses:treat)", "data:name uses:remind"),
    ("collect(data)", "only-collect(data.identity)", "data:records"),
    ("collect(years)", "only-collect(data)", "years"),
    ("promise(data)", "disclaim(data:name)", "data:name"),
    ("protect(data; with uses)", "disclaim(data)", "data:name uses:treat"),
    ("collect(data; with uses)", "does-not-collect(data; with uses:treat)", "data:name uses:treat"),
]


@pytest.mark.parametrize(("one", "other", "ticked"), CLASHES)
def test_two_claims_contradict_each_other_as_soon_as_it_is_ticked(
    one: str, other: str, ticked: str
) -> None:
    for clash in (
        contradicts(claim(one), claim(other), SMALL),
        contradicts(claim(other), claim(one), SMALL),
    ):
        assert clash is not None
        assert (str(clash.says), str(clash.denies)) == (one, other)
        assert clash.holds(set(ticked.split()))
        for missing in ticked.split():
            assert not clash.holds(set(ticked.split()) - {missing})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("share(data)", "share(data)"),
        ("does-not-share(data)", "does-not-share(data)"),
        ("only-share(data; to country)", "does-not-share(data)"),
        ("share(data.identity)", "does-not-share(data.health)"),
        ("collect(data)", "does-not-sell(data)"),
        ("share(data)", "does-not-sell(data)"),
        ("share(data)", "does-not-share(data; to country)"),
        ("share(data; to country:peru)", "does-not-share(data; to country:canada)"),
        ("share(data; to country:peru)", "only-share(data; to country)"),
        ("share(data)", "only-share(data; to country)"),
        ("share(data.identity; to uses)", "only-share(data.health; to country)"),
        ("collect(data.identity)", "only-collect(data)"),
        ("collect(data)", "disclaim(data)"),
        ("promise(data)", "disclaim(data; with uses)"),
        ("promise(data)", "does-not-disclaim(data)"),
    ],
)
def test_claims_that_can_both_be_true_do_not_contradict_each_other(one: str, other: str) -> None:
    assert contradicts(claim(one), claim(other), SMALL) is None
    assert contradicts(claim(other), claim(one), SMALL) is None


# ------------------------------------------------- by the book: facts that are true or denied

ATOMS = ["data", "data.health", "data:name", "data:records", "country", "country:peru", "years"]
TICKABLE = ["data:name", "data:records", "country:peru", "country:canada", "years"]
Fact = tuple[str, tuple[tuple[str, str], ...]]
"""A verb with one leaf for each preposition that is not open."""


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    sign = draw(st.sampled_from(list(Sign)))
    verb = draw(st.sampled_from(["share", "sell", "promise", "disclaim"]))
    words = ["to", "for"] if sign is Sign.LIMITS else [*PREPOSITIONS]
    parts = [("", draw(st.sampled_from(ATOMS))) for _ in range(draw(st.integers(1, 2)))]
    for _ in range(draw(st.integers(0, 2))):
        parts.append((draw(st.sampled_from(words)), draw(st.sampled_from(ATOMS))))
    return Claim(verb, sign, tuple(parts))


def facts(one: Claim, ticked: set[str]) -> Iterator[Fact]:
    """Give all that a claim asserts when these leaves are ticked."""
    words = sorted({word for word, _ in one.parts})
    choices = [sorted(_leaves(one, word) & ticked) for word in words]
    for row in product(*choices) if one.sign is Sign.ASSERTS else ():
        parts = tuple(zip(words, row, strict=True))
        yield one.verb, parts
        if one.verb == "sell":
            yield "share", parts


def denied(one: Claim, fact: Fact) -> bool:
    """Tell whether a claim denies a fact."""
    verb, parts = fact[0], dict(fact[1])
    inside = {word: parts.get(word) in _leaves(one, word) for word, _ in one.parts}
    if one.sign is Sign.DENIES or (one.sign is Sign.ASSERTS and one.verb == "disclaim"):
        verbs = {one.verb} if one.sign is Sign.DENIES else {"promise", "protect"}
        return verb in verbs and all(inside.values())
    if one.sign is Sign.ASSERTS or verb != one.verb:
        return False
    if set(inside) == {""}:
        return not inside[""]
    named = set(inside) - {""}
    return inside[""] and any(word in parts and not inside[word] for word in named)


def _leaves(one: Claim, word: str) -> set[str]:
    return {leaf for atom in one.under(word) for leaf in leaves(atom, SMALL)}


@often
@given(claims(), claims(), st.sets(st.sampled_from(TICKABLE)))
def test_claims_contradict_each_other_just_when_one_denies_a_fact_of_the_other(
    one: Claim, other: Claim, ticked: set[str]
) -> None:
    expected = any(denied(other, fact) for fact in facts(one, ticked)) or any(
        denied(one, fact) for fact in facts(other, ticked)
    )
    both_ways = [contradicts(one, other, SMALL), contradicts(other, one, SMALL)]
    assert any(clash is not None and clash.holds(ticked) for clash in both_ways) is expected
