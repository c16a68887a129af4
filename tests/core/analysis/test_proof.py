"""The proof about a library: each defect is found and shown, and brute force agrees."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.core.analysis.contradictions import clashing_pairs, contradicts_in
from policygen.core.analysis.proof import (
    ANY_DAY,
    Failure,
    Fault,
    accepts,
    in_brief,
    proof_problems,
    prove,
)
from policygen.core.analysis.traces import OfOption, options_that_count
from policygen.core.answers import Answers, Contact, Fact, Ticked, Unknown, parse_answers
from policygen.core.assembly import assemble
from policygen.core.conditions import Condition
from policygen.core.library import Library, library_problems
from policygen.core.selection import select
from policygen.core.vocabulary import Kind, parse_vocabulary
from policygen.instruments.solver import PysatSolver
from tests.core.small import clause, library, option, question, sometimes

NAME = question("practice_name", "name", required="true")
DATA = question(
    "data",
    "many",
    groups={"basic": "Basic", "health": "Health"},
    options=[option("name", "your name", "basic"), option("records", "your records", "health")],
)
WHO = question(
    "who",
    "many",
    groups={"care": "Care", "trade": "Trade"},
    options=[option("labs", "labs", "care"), option("partners", "partners", "trade")],
)
SALE = question(
    "sale",
    "one",
    page="sale",
    when={"any": ["who"]},
    groups={"answer": "Answer"},
    options=[
        option("yes", "for money", "answer"),
        option("no", "never", "answer"),
        option("gone", "gone", "answer", retired="true"),
    ],
)
YEARS = question("years", "number", page="years", when={"all": ["data.health"]}, min="1", max="9")
ASKED = [NAME, DATA, WHO, SALE, YEARS]

HELD = clause("held", "We keep {{ data | listing }}.", "collect")
GIVEN = clause("given", "They go to {{ who | listing }}.", "collect", claims=[])
SOLD = clause("sold", "Sold {{ sale }}.", "contact")
KEPT = clause("kept", "For {{ years }} years.", "contact")
SOUND = [HELD, GIVEN, SOLD, KEPT]
"""Clauses that make a sound library, to put a defect into."""


def made(*clauses: dict[str, Any], **parts: Any) -> Library:
    return library(*SOUND, *clauses, **{"questions": ASKED, **parts})


def failures(lib: Library) -> list[Failure]:
    return list(prove(lib, PysatSolver).failures)


def brief(failure: Failure) -> str:
    return in_brief(failure.answers) if failure.answers is not None else ""


def said(lib: Library, answers: Answers) -> set[str]:
    return {choice.clause.slug for choice in select(lib, answers).included}


def test_a_sound_library_is_proved_and_counted() -> None:
    proof = prove(made(), PysatSolver)
    assert proof.failures == ()
    assert (proof.clauses, proof.pairs, proof.clashing) == (4, 6, 0)
    assert (proof.questions, proof.options, proof.sections) == (5, 6, 0)


CONTRADICTIONS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "directly": (
        [
            clause("a", "We share.", claims=["share(data:name)"]),
            clause("b", "We do not.", claims=["does-not-share(data:name)"]),
        ],
        "data:name",
    ),
    "through a group": (
        [
            clause("a", "We share.", claims=["share(data; to who.care)"]),
            clause("b", "We do not.", claims=["does-not-share(data.health)"]),
        ],
        "data:records, who:labs",
    ),
    "through what a sale is": (
        [
            clause("a", "We sell.", when={"all": ["sale:yes"]}, claims=["sell(data.health)"]),
            clause("b", "We share nothing.", claims=["does-not-share(data)"]),
        ],
        "data:records, who:partners, sale:yes",
    ),
    "beyond a limit": (
        [
            clause("a", "We share.", claims=["share(data; to who)"]),
            clause("b", "Only labs.", claims=["only-share(data.health; to who.care)"]),
        ],
        "data:records, who:partners",
    ),
    "by disclaiming": (
        [
            clause("a", "All is safe.", when={"any": ["who"]}, claims=["protect(data)"]),
            clause("b", "Nothing is.", when={"none": ["who:labs"]}, claims=["disclaim(data:name)"]),
        ],
        "data:name, who:partners",
    ),
}


@pytest.mark.parametrize("how", CONTRADICTIONS)
def test_a_contradiction_is_found_with_the_fewest_answers_that_show_it(how: str) -> None:
    clauses, shown = CONTRADICTIONS[how]
    lib = made(*clauses)
    [failure] = failures(lib)
    assert failure.fault is Fault.CONTRADICTION
    assert failure.name == "contradiction-a-b"
    assert failure.problem.where == "clauses.a.claims"
    assert "“b” says" in failure.problem.message
    assert failure.answers is not None
    again = parse_answers(lib.vocabulary, failure.answers.to_raw())
    assert said(lib, again) >= {"a", "b"}
    assert sorted(brief(failure).split(", ")) == sorted(_of_equal_size(shown, brief(failure)))


def _of_equal_size(shown: str, found: str) -> list[str]:
    """Return what was found if it only names another option of a question by chance."""
    names = [sorted(atom.partition(":")[0] for atom in text.split(", ")) for text in (shown, found)]
    assert names[0] == names[1]
    return found.split(", ")


def test_a_clause_that_contradicts_itself_is_found() -> None:
    claims = ["share(data)", "does-not-share(data:name)"]
    [failure] = failures(made(clause("a", "We share and share not.", claims=claims)))
    assert "it says as well “does-not-share(data:name)”" in failure.problem.message


@pytest.mark.parametrize(
    ("apart", "conflicts"),
    [
        ({"when": {"all": ["sale:no"]}}, []),
        ({"claims": ["does-not-share(data.health)", "except(a; data.health)"]}, []),
        ({"claims": ["does-not-share(data; to who:partners)"]}, []),
        (
            {"claims": ["does-not-share(data.health)"]},
            [{"severity": "blocks", "when": {"all": ["sale:yes", "data.health"]}}],
        ),
    ],
)
def test_a_contradiction_is_mended_by_a_condition_a_narrower_claim_an_exemption_or_a_choice(
    apart: dict[str, Any], conflicts: list[dict[str, Any]]
) -> None:
    says = clause("a", "We sell.", when={"all": ["sale:yes"]}, claims=["sell(data)"])
    denies = {**clause("b", "Not so.", claims=["does-not-share(data)"]), **apart}
    words = {"id": "sold-or-not", "says": "It is sold.", "mend": "Choose.", "why": "Why."}
    lib = made(says, denies, conflicts=[{**words, **conflict} for conflict in conflicts])
    assert failures(lib) == []
    assert [f.fault for f in failures(made(says, {**denies, "when": {}, "claims": CLAIMED}))] == [
        Fault.CONTRADICTION
    ]


CLAIMED = ["does-not-share(data)"]


def test_a_conflict_that_only_warns_mends_nothing() -> None:
    clauses, _ = CONTRADICTIONS["directly"]
    warns = {"id": "w", "severity": "warns", "when": {"all": ["data:name"]}}
    words = {"says": "It is.", "mend": "Choose.", "why": "Why."}
    assert len(failures(made(*clauses, conflicts=[{**warns, **words}]))) == 1


def test_an_exemption_counts_only_while_its_clause_stands() -> None:
    clauses, _ = CONTRADICTIONS["directly"]
    exempts = clause("c", "Names aside.", when={"any": ["who"]}, claims=["except(a; data:name)"])
    [failure] = failures(made(*clauses, exempts))
    assert brief(failure) == "data:name"
    assert failures(made(*clauses, {**exempts, "when": {"any": ["data:name"]}})) == []


def test_an_exemption_of_a_clause_that_is_not_there_is_refused() -> None:
    lib = made(clause("c", "Names aside.", claims=["except(helt; data:name)"]))
    [problem] = library_problems(lib)
    assert problem.where == "clauses.c.claims"
    assert "no clause “helt” to take anything out of. Did you mean “held”" in problem.message


def test_a_clause_out_of_reach_is_found_even_if_only_a_conflict_keeps_it_out() -> None:
    words = {"says": "It is.", "mend": "Choose.", "why": "Why.", "severity": "blocks"}
    conflict = {"id": "no-name", "when": {"all": ["data:name"]}, **words}
    a = clause("a", "We keep names.", when={"all": ["data:name"]})
    assert failures(made(a)) == []
    found = {
        failure.problem.where: failure.fault for failure in failures(made(a, conflicts=[conflict]))
    }
    assert found["clauses.a.when"] is Fault.UNREACHABLE


def test_an_option_that_changes_nothing_is_found_with_answers_that_choose_it() -> None:
    idle = question("idle", "many", groups={"g": "G"}, options=[option("one", "one", "g")])
    lib = made(questions=[*ASKED, idle])
    [failure] = failures(lib)
    assert (failure.fault, failure.name) == (Fault.NO_TRACE, "no-trace-idle-one")
    assert failure.problem.where == "questions.idle.options.one"
    assert brief(failure) == "idle:one"


@pytest.mark.parametrize(
    "uses",
    [
        {"clauses": [clause("x", "So it is.", when={"none": ["idle.g"]})]},
        {"clauses": [clause("x", "It is {{ idle | listing }}.")]},
        {"clauses": [clause("x", "It is.", when={"any": ["idle:two", "idle:one"]})]},
        {"asked": [question("late", "text", page="late", when={"any": ["idle:one", "idle:two"]})]},
        {"conflicts": [{"when": [{"all": ["idle:one"]}, {"all": ["idle:two"]}]}]},
    ],
)
def test_an_option_that_decides_anything_leaves_a_trace(uses: dict[str, Any]) -> None:
    options = [option("one", "one", "g"), option("two", "two", "g")]
    idle = question("idle", "many", groups={"g": "G"}, options=options)
    words = {"id": "c", "says": "It is.", "mend": "Choose.", "why": "Why.", "severity": "note"}
    lib = made(
        *uses.get("clauses", []),
        questions=[*ASKED, idle, *uses.get("asked", [])],
        conflicts=[{**words, **conflict} for conflict in uses.get("conflicts", [])],
    )
    assert [f.name for f in failures(lib) if f.fault is Fault.NO_TRACE] == []


def test_a_section_that_is_missing_is_found_and_shown() -> None:
    needed = [
        {"id": "about", "title": "About"},
        {"id": "collect", "title": "What we collect", "needed": {"any": ["data", "sale"]}},
        {"id": "contact", "title": "Contact", "needed": [{"all": ["years"]}, {"all": ["sale"]}]},
    ]
    assert failures(made(sections=needed)) == []
    needed[0]["needed"] = {}
    needed[2]["needed"] = {"any": ["data.health"]}
    found = failures(made(clause("a", "See [there](#contact)."), sections=needed))
    assert [(failure.name, brief(failure)) for failure in found] == [
        ("no-text-about", ""),
        ("no-text-contact", "data:records"),
    ]
    assert "“Contact” must exist for some people" in found[1].problem.message


def test_problems_say_which_answers_show_them() -> None:
    clauses, _ = CONTRADICTIONS["directly"]
    [problem] = proof_problems(made(*clauses), PysatSolver)
    assert problem.message.endswith(" These answers show it: data:name.")


# ------------------------------------------------------------------------ brute force

POINTS = question("points", "contact_points", page="points", options=[option("phone", "by phone")])
CONTACTS = question(
    "contacts", "contacts", page="contacts", options=[option("sales", "buy"), option("stop", "end")]
)
VOCABULARY = parse_vocabulary([*ASKED, POINTS, CONTACTS])


def subsets(*options: str) -> list[list[str]]:
    return [
        [*(o for o, there in zip(options, row, strict=True) if there), *unsure]
        for row in product([True, False], repeat=len(options))
        for unsure in ([], ["dont-know"])
    ]


@cache
def everybody() -> tuple[Answers, ...]:
    """Return all answers that say something different."""
    said_there: dict[str, list[Any]] = {
        "data": subsets("name", "records"),
        "who": subsets("labs", "partners"),
        "sale": ["dont-know", "yes", "no"],
        "years": ["dont-know", "none", "3"],
        "points": [{"desk": {"phone": "555-0100"}}],
        "contacts": [
            "dont-know",
            "none",
            *(dict.fromkeys(some, "desk") for some in (["sales"], ["stop"], ["sales", "stop"])),
        ],
    }
    different: dict[tuple[bool | None, ...], Answers] = {}
    for row in product(*said_there.values()):
        raw = {"practice_name": "Maple", **dict(zip(said_there, row, strict=True))}
        answers = parse_answers(VOCABULARY, raw).in_force
        truths = tuple(answers.truth(atom) for atom in sorted(VOCABULARY.atoms))
        different.setdefault(truths, answers)
    return tuple(different.values())


ATOMS = sorted(
    atom
    for atom in VOCABULARY.atoms
    if atom.partition(":")[0] not in {"points", "practice_name"} and "gone" not in atom
)
CLAIMS = [
    *("share(data; to who)", "does-not-share(data.health)", "sell(data; with sale:yes)"),
    *("only-share(data; to who.care)", "does-not-share(data; to who:partners)", "disclaim(years)"),
    *("promise(years)", "except(c0; data.health)", "except(c1; data:name; who)"),
]
BODIES = [
    "Text.",
    "See [there](#collect).",
    "See [far](#contact).",
    "It is {{ who | listing }}.",
    "We say {{ sale }}.",
    "Call {{ contacts.sales | ways }}.",
    "It is {{ data.health | listing }}.",
]


def conditions() -> st.SearchStrategy[Condition]:
    atoms = st.lists(st.sampled_from(ATOMS), max_size=2).map(tuple)
    return st.builds(Condition, atoms, atoms, atoms).filter(lambda c: not c.excludes(c))


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    clauses = [
        clause(
            f"c{number}",
            draw(st.sampled_from(BODIES)),
            draw(st.sampled_from(["about", "collect", "contact"])),
            when=draw(conditions()).to_json(),
            claims=draw(st.lists(st.sampled_from(CLAIMS), max_size=2, unique=True)),
        )
        for number in range(draw(st.integers(2, 4)))
    ]
    sections = [
        {"id": name, "title": name.capitalize()} for name in ("about", "collect", "contact")
    ]
    sections[0]["needed"] = draw(conditions()).to_json()
    words = {"id": "c", "says": "It is.", "mend": "Choose.", "why": "Why.", "severity": "blocks"}
    blocking = [when for when in draw(st.lists(conditions(), max_size=1)) if when.atoms()]
    return library(
        *clauses,
        questions=[*ASKED, POINTS, CONTACTS],
        sections=sections,
        conflicts=[{**words, "when": when.to_json()} for when in blocking],
    )


def contradicting(lib: Library, accepted: list[Answers]) -> set[str]:
    pairs = list(clashing_pairs(lib))
    return {
        f"contradiction-{pair.says.slug}-{pair.denies.slug}"
        for answers in accepted
        for selection in ([select(lib, answers)] if pairs else [])
        for pair in pairs
        if contradicts_in(selection, answers, pair)
    }


def lacking(lib: Library, accepted: list[Answers]) -> set[str]:
    return {
        f"no-text-{section.id}"
        for answers in accepted
        for section in lib.sections
        if section.needed is not None
        and section.needed.holds(answers)
        and section.id not in {choice.clause.section for choice in select(lib, answers).included}
    }


def traceless(lib: Library, accepted: list[Answers]) -> set[str]:
    seen: dict[str, list[object]] = {}
    return {
        f"no-trace-{counted.question.id}-{counted.option}"
        for counted in options_that_count(lib)
        if not any(leaves_trace(lib, counted, answers, seen) for answers in accepted)
    }


def leaves_trace(
    lib: Library, counted: OfOption, answers: Answers, seen: dict[str, list[object]]
) -> bool:
    if not answers.truth(counted.atom):
        return False
    name, before = counted.question.id, answers.given[counted.question.id]
    if counted.question.kind is Kind.ONE:
        others = [o.id for o in counted.question.offered if o.id != counted.option]
        denying = {c.slug for c in lib.clauses if _names(c.when.none, counted)}
        for other in others:
            instead = Answers(VOCABULARY, {**answers.given, name: Ticked((other,))})
            if said(lib, instead) & denying - said(lib, answers):
                return True
        without: Any = Unknown()
    elif isinstance(before, Ticked):
        without = Ticked(tuple(o for o in before.options if o != counted.option), before.unsure)
        without = without if without.options or not without.unsure else Unknown()
    else:
        assert isinstance(before, Fact)
        assert isinstance(before.value, tuple)
        left = tuple(
            c for c in before.value if isinstance(c, Contact) and c.purpose != counted.option
        )
        without = Fact(left or None)
    less = Answers(VOCABULARY, {**answers.given, name: without})
    return everything(lib, answers, seen) != everything(lib, less, seen)


def _names(atoms: tuple[str, ...], counted: OfOption) -> bool:
    group = counted.question.by_id[counted.option].group
    name = counted.question.id
    return not {counted.atom, name, f"{name}.{group}"}.isdisjoint(atoms)


def everything(lib: Library, answers: Answers, seen: dict[str, list[object]]) -> list[object]:
    """Return all that answers decide: the text, what is asked, and conflicts."""
    key = str(answers.in_force.to_raw())
    if key not in seen:
        document = assemble(select(lib, answers), answers, on=ANY_DAY)
        texts = [(text.slug, text.blocks) for part in document.sections for text in part.clauses]
        asked = [one.when.holds(answers.in_force) is True for one in VOCABULARY.questions]
        found = [conflict.when.holds(answers.in_force) is True for conflict in lib.conflicts]
        seen[key] = [texts, asked, found]
    return seen[key]


@settings(sometimes, max_examples=20)
@given(libraries())
def test_the_proof_fails_at_just_what_is_wrong_for_some_answers(lib: Library) -> None:
    accepted = [answers for answers in everybody() if accepts(lib, answers)]
    found = {f.name: f for f in failures(lib)}
    named = {name for name, failure in found.items() if failure.fault is not Fault.UNREACHABLE}
    expected = contradicting(lib, accepted) | lacking(lib, accepted) | traceless(lib, accepted)
    assert {_either_way(name) for name in named} == {_either_way(name) for name in expected}
    out = {f.problem.where for f in found.values() if "never be said" in f.problem.message}
    reached = {slug for answers in accepted for slug in said(lib, answers)}
    assert out == {f"clauses.{each.slug}.when" for each in lib.clauses if each.slug not in reached}


def _either_way(name: str) -> str:
    return "-".join(sorted(name.split("-"))) if name.startswith("contradiction") else name
