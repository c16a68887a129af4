"""What claims say, when two contradict each other, and what is refused."""

from __future__ import annotations

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
from policygen.core.vocabulary import parse_vocabulary
from tests.core import facts
from tests.core.small import SMALL, often, option, question


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
        (
            "collect(data:name; or data:records; for uses)",
            "collect",
            Sign.ASSERTS,
            (("", "data:name"), ("or", "data:records"), ("for", "uses")),
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
        ("only-shar(data)", "Did you mean “only-share”?"),
        ("dosnt-share(data)", "Did you mean “does-not-share”?"),
        ("does not shar(data)", "Did you mean “does-not-share”?"),
        ("does-not-except(sale; data)", "is no claim"),
        ("share(data; too uses)", "“too” is no preposition of claims. Did you mean “to”?"),
        ("share(data; by uses)", "“by” is no preposition of claims. Use one of: for, from,"),
        ("share(data; to dta)", "“dta” names no answer. Did you mean “data”"),
        ("share(data; to data:recods)", "Did you mean “data:records”"),
        ("share(data; to)", "“to” names no answer."),
        ("share(or data; uses)", "joins nothing with “or”. It stands after a name"),
        ("does-not-share(data; or uses)", "joins nothing with “or”."),
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


ALWAYS: list[tuple[str, str]] = [
    ("share(data)", "does-not-share(data)"),
    ("share(data:records)", "does-not-share(data:records)"),
    ("share(data:records)", "does-not-share(data.health)"),
    ("share(data.health)", "does-not-share(data)"),
    ("share(data.health)", "does-not-share(data:records; data:allergies)"),
    ("sell(data)", "does-not-share(data)"),
    ("track(data)", "does-not-collect(data)"),
    ("share(data; to country)", "does-not-share(data)"),
    ("share(data.health; to country:peru)", "does-not-share(data; to country)"),
    ("share(data; uses)", "does-not-share(uses)"),
    ("share(data.health; or data:name)", "does-not-share(data)"),
    ("share(data; to uses)", "only-share(data; to country)"),
    ("use(data; for uses:remind)", "only-use(data; for uses:treat)"),
    ("collect(years)", "only-collect(data)"),
    ("promise(data)", "disclaim(data)"),
    ("protect(data; with uses)", "disclaim(data)"),
    ("disclaim(data:name)", "does-not-disclaim(data)"),
]


@pytest.mark.parametrize(("one", "other"), ALWAYS)
def test_what_a_printed_clause_says_is_said_whatever_is_ticked(one: str, other: str) -> None:
    for clash in (
        contradicts(claim(one), claim(other), SMALL),
        contradicts(claim(other), claim(one), SMALL),
    ):
        assert clash is not None
        assert (str(clash.says), str(clash.denies)) == (one, other)
        assert clash.holds(lambda _: False)
        assert clash.holds(lambda _: True)


CLASHES: list[tuple[str, str, str]] = [
    ("share(data)", "does-not-share(data.health)", "data:allergies"),
    ("share(data.health)", "does-not-share(data:records)", "data:records"),
    ("share(data:name; or data:records)", "does-not-share(data.health)", "data:records"),
    ("share(data; to country)", "does-not-share(data; to country:peru)", "country:peru"),
    (
        "share(data; to country)",
        "does-not-share(data:name; to country:peru)",
        "data:name country:peru",
    ),
    ("share(data; to uses)", "only-share(data:name; to country)", "data:name"),
    ("share(data; to country)", "only-share(data; to country:peru)", "country:canada"),
    ("use(data; for uses)", "only-use(data:name; for uses:treat)", "data:name uses:remind"),
    ("collect(data)", "only-collect(data.identity)", "data:records"),
    ("promise(data)", "disclaim(data:name)", "data:name"),
    ("collect(data; with uses)", "does-not-collect(data; with uses:treat)", "uses:treat"),
]


@pytest.mark.parametrize(("one", "other", "ticked"), CLASHES)
def test_a_narrower_denial_meets_it_as_soon_as_it_is_ticked(
    one: str, other: str, ticked: str
) -> None:
    for clash in (
        contradicts(claim(one), claim(other), SMALL),
        contradicts(claim(other), claim(one), SMALL),
    ):
        assert clash is not None
        assert (str(clash.says), str(clash.denies)) == (one, other)
        assert clash.holds(set(ticked.split()).__contains__)
        for missing in ticked.split():
            assert not clash.holds((set(ticked.split()) - {missing}).__contains__)


def test_what_is_taken_out_is_neither_said_nor_denied() -> None:
    clash = contradicts(claim("share(data)"), claim("does-not-share(data)"), SMALL)
    assert clash is not None
    everything = leaves("data", SMALL)
    records, names = {"data:records"}, {"data:name"}
    assert clash.holds(lambda _: False, unsaid=records)
    assert not clash.holds(lambda _: True, unsaid=everything)
    assert not clash.holds(lambda _: True, spared=everything)
    assert not clash.holds(lambda _: False, spared=records)
    assert not clash.holds(records.__contains__, spared=records)
    assert clash.holds(names.__contains__, spared=records)
    assert clash.holds(lambda _: False, unsaid=records, spared=records)


def test_a_retired_option_keeps_what_a_name_means_as_a_whole() -> None:
    health = [
        option("records", "your records", "health", retired="true"),
        option("notes", "your notes", "health", retired="true"),
    ]
    asked = question(
        "data",
        "many",
        groups={"basic": "Basic", "health": "Health"},
        options=[option("name", "your name", "basic"), *health],
    )
    old = parse_vocabulary([asked])
    says, wider, narrower = (
        parse_claim(text, old)
        for text in ("share(data.health)", "does-not-share(data)", "does-not-share(data:records)")
    )
    assert isinstance(says, Claim)
    assert isinstance(wider, Claim)
    assert isinstance(narrower, Claim)
    clash = contradicts(says, wider, old)
    assert clash is not None
    assert clash.holds(lambda _: False)
    clash = contradicts(says, narrower, old)
    assert clash is not None
    assert not clash.holds(lambda _: False)


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
        ("share(data.identity; or data:name)", "does-not-share(data.health)"),
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


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    sign = draw(st.sampled_from(list(Sign)))
    verb = draw(st.sampled_from(["share", "sell", "promise", "disclaim"]))
    words = ["to", "for"] if sign is Sign.LIMITS else [*PREPOSITIONS]
    words += ["or"] if sign is Sign.ASSERTS else []
    parts = [("", draw(st.sampled_from(ATOMS))) for _ in range(draw(st.integers(1, 2)))]
    for _ in range(draw(st.integers(0, 2))):
        parts.append((draw(st.sampled_from(words)), draw(st.sampled_from(ATOMS))))
    return Claim(verb, sign, tuple(parts))


@often
@given(claims(), claims(), *[st.sets(st.sampled_from(TICKABLE)) for _ in range(3)])
def test_claims_contradict_each_other_just_when_one_denies_a_fact_of_the_other(
    one: Claim, other: Claim, ticked: set[str], out: set[str], spared: set[str]
) -> None:
    for says, denies in ((one, other), (other, one)):
        found = contradicts(says, denies, SMALL)
        assert found is None or {found.says, found.denies} == {one, other}
        holds = (
            found is not None
            and found.says == says
            and found.holds(ticked.__contains__, out, spared)
        )
        assert holds is facts.clash(says, denies, ticked, SMALL, out, spared)
