"""The proof about a library: each defect is found and shown, and brute force agrees."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.core.analysis.proof import (
    ANY_DAY,
    Failure,
    Fault,
    accepts,
    in_brief,
    proof_problems,
    prove,
)
from policygen.core.analysis.reachability import Space
from policygen.core.analysis.traces import OfOption, options_that_count
from policygen.core.answers import Answers, Contact, Fact, Ticked, Unknown, parse_answers
from policygen.core.assembly import assemble
from policygen.core.claims import leaves
from policygen.core.conditions import Condition
from policygen.core.library import Library, library_problems
from policygen.core.selection import select
from policygen.core.vocabulary import Kind, parse_vocabulary
from policygen.instruments.solver import PysatSolver
from tests.core import facts
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
        "",
    ),
    "through a group": (
        [
            clause("a", "We share.", claims=["share(data; to who.care)"]),
            clause("b", "We do not.", claims=["does-not-share(data.health)"]),
        ],
        "data:records",
    ),
    "through what a sale is": (
        [
            clause("a", "We sell.", when={"all": ["sale:yes"]}, claims=["sell(data.health)"]),
            clause("b", "We share nothing.", claims=["does-not-share(data)"]),
        ],
        "who:partners, sale:yes",
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


def test_what_is_printed_whatever_is_ticked_contradicts_a_denial_of_it_or_of_more() -> None:
    """“We may send your X-rays to a specialist” beside “we disclosed nothing”."""
    says = clause("a", "We may.", claims=["share(data.health; to who.care)"])
    denies = clause(
        "b", "We did not.", when={"none": ["who"]}, claims=["does-not-share(data; to who)"]
    )
    [failure] = failures(made(says, denies))
    assert failure.name == "contradiction-a-b"
    assert brief(failure) == "none of who"
    assert failures(made({**says, "when": {"all": ["who.care"]}}, denies)) == []


def test_no_sale_contradicts_a_sale_for_want_of_anything_to_sell() -> None:
    says = clause("a", "We sell.", when={"all": ["sale:yes"]}, claims=["sell(data)"])
    denies = clause("b", "Never.", when={"none": ["data"]}, claims=["does-not-sell(data)"])
    [failure] = failures(made(says, denies))
    assert failure.answers is not None
    assert failure.answers.truth("data") is False


def test_pairs_that_clash_under_the_same_condition_are_all_found() -> None:
    clauses = [
        clause("a", "We share.", claims=["share(data)"]),
        clause("b", "We share, too.", claims=["share(data)"]),
        clause("c", "We do not.", claims=["does-not-share(data)"]),
        clause("d", "No, we do not.", claims=["does-not-share(data)"]),
    ]
    names = {failure.name for failure in failures(made(*clauses))}
    assert names == {f"contradiction-{says}-{denies}" for says in "ab" for denies in "cd"}


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


def test_a_choice_that_a_conflict_demands_mends_what_is_wrong_while_nobody_chose() -> None:
    says = clause("a", "We sell.", when={"any": ["who"]}, claims=["sell(data)"])
    denies = clause("b", "Not so.", when={"any": ["who"]}, claims=["does-not-share(data)"])
    aside = clause("c", "Aside.", when={"any": ["sale"]}, claims=["except(a; data)"])
    needed = [
        *({"id": name, "title": name.capitalize()} for name in ("about", "collect")),
        {"id": "contact", "title": "Contact", "needed": {"all": ["who"]}},
    ]
    words = {"id": "choose", "says": "It is sold.", "mend": "Choose.", "why": "Why."}
    demand = {**words, "when": {"all": ["who"]}, "unanswered": ["sale"]}

    def found(severity: str) -> list[str]:
        conflicts = [{**demand, "severity": severity}]
        lib = made(says, denies, aside, sections=needed, conflicts=conflicts)
        return [failure.name for failure in failures(lib)]

    assert found("warns") == ["contradiction-a-b", "no-text-contact"]
    assert found("blocks") == []


def test_a_choice_is_demanded_of_those_who_do_not_know_as_well() -> None:
    words = {"id": "choose", "says": "It is sold.", "mend": "Choose.", "why": "Why."}
    demand = {**words, "severity": "blocks", "when": {"all": ["who"]}, "unanswered": ["sale"]}
    lib = made(conflicts=[demand])
    who: dict[str, Any] = {"practice_name": "Maple", "who": ["labs"]}
    outcomes = {
        str(sale): accepts(lib, parse_answers(lib.vocabulary, {**who, **sale}))
        for sale in ({}, {"sale": "dont-know"}, {"sale": "gone"}, {"sale": "yes"})
    }
    assert list(outcomes.values()) == [False, False, False, True]
    open_sale = Space(lib.vocabulary, PysatSolver, lib.conflicts)
    true = open_sale.propositions.true
    assert open_sale.find(true("who"), -true("sale")) is None
    assert open_sale.find(-true("who"), -true("sale")) is not None


def test_an_exemption_counts_only_while_its_clause_stands() -> None:
    clauses = [
        clause("a", "We share.", claims=["share(data)"]),
        clause("b", "We do not.", claims=["does-not-share(data:name)"]),
    ]
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
    ("when", "kept_out_by"),
    [
        ({"all": ["idle:one", "sale:yes"], "none": ["who"]}, []),
        (
            {"all": ["sale:yes"], "none": ["idle:one"]},
            [{"all": ["sale:yes"], "none": ["idle:one"]}],
        ),
    ],
)
def test_an_option_that_only_a_clause_out_of_reach_uses_leaves_no_trace(
    when: dict[str, Any], kept_out_by: list[dict[str, Any]]
) -> None:
    """Also where the clause would stand in a policy that is refused."""
    idle = question("idle", "many", groups={"g": "G"}, options=[option("one", "one", "g")])
    words = {"says": "It is.", "mend": "Choose.", "why": "Why.", "severity": "blocks"}
    conflicts = [{"id": "c", "when": case, **words} for case in kept_out_by]
    lib = made(clause("x", "It is.", when=when), questions=[*ASKED, idle], conflicts=conflicts)
    names = {failure.name for failure in failures(lib)}
    assert "unreachable-clauses-x" in names
    assert ("no-trace-idle-one" in names) is not bool(kept_out_by), "a conflict is a trace"
    proof = prove(lib, PysatSolver)
    assert proof.failing(Fault.UNREACHABLE, "clauses") == 1
    assert proof.failing(Fault.NO_TRACE) == (not kept_out_by)


def test_pairs_with_the_same_conditions_are_each_found_and_counted() -> None:
    clauses = [
        clause("a", "We share.", claims=["share(data:name)"], when={"any": ["data:name"]}),
        *(
            clause(slug, f"We, {slug}, do not.", claims=["does-not-share(data:name)"])
            for slug in ("b", "c")
        ),
        clause("d", "Both.", claims=["share(data:records)", "does-not-share(data:records)"]),
    ]
    proof = prove(made(*clauses), PysatSolver)
    names = sorted(failure.name for failure in proof.failures)
    assert names == ["contradiction-a-b", "contradiction-a-c", "contradiction-d-d"]
    assert (proof.clashing, proof.failing(Fault.CONTRADICTION)) == (2, 2)
    assert proof.contradicting_themselves == 1


def test_a_condition_that_always_holds_keeps_nothing_out() -> None:
    """Its clause comes up for everybody, and is not counted with those that never do."""
    lib = made(clause("x", "It is.", when={"all": ["practice_name"]}))
    proof = prove(lib, PysatSolver)
    assert [failure.name for failure in proof.failures] == ["idle-condition-clauses-x"]
    assert proof.failing(Fault.UNREACHABLE, "clauses") == 0


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
    clauses, _ = CONTRADICTIONS["through a group"]
    [problem] = proof_problems(made(*clauses), PysatSolver)
    assert problem.message.endswith(" These answers show it: data:records.")


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
    *("share(data.health; to who.care)", "does-not-share(data)", "share(data:name; or years)"),
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
    unanswered = draw(st.lists(st.sampled_from(["who", "sale", "years"]), max_size=2, unique=True))
    return library(
        *clauses,
        questions=[*ASKED, POINTS, CONTACTS],
        sections=sections,
        conflicts=[
            {**words, "when": when.to_json(), "unanswered": unanswered} for when in blocking
        ],
    )


def contradicting(lib: Library, accepted: list[Answers]) -> set[str]:
    """Return the names of the pairs that contradict each other, found fact by fact."""
    claimed = [(one, claim) for one in lib.clauses for claim in one.statements]
    return {
        f"contradiction-{says.slug}-{denies.slug}"
        for answers in accepted
        for printed in [said(lib, answers)]
        for ticked in [{leaf for leaf in LEAVES if answers.in_force.truth(leaf)}]
        for says, claim in claimed
        for denies, denial in claimed
        if {says.slug, denies.slug} <= printed
        if facts.clash(
            claim,
            denial,
            ticked,
            lib.vocabulary,
            taken_from(says.slug, printed, lib),
            taken_from(denies.slug, printed, lib),
        )
    }


LEAVES = [
    f"{asked.id}:{each.id}" if each else asked.id
    for asked in VOCABULARY.questions
    for each in (asked.offered or [None])
]


def taken_from(slug: str, printed: set[str], lib: Library) -> set[str]:
    return {
        leaf
        for one in lib.clauses
        if one.slug in printed
        for exemption in one.exemptions
        if exemption.slug == slug
        for atom in exemption.atoms
        for leaf in leaves(atom, lib.vocabulary)
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
    seen: dict[str, Everything] = {}
    known = [everything(lib, answers, seen) for answers in accepted]
    reached = frozenset(slug for texts, _, _ in known for slug, _ in texts)
    asked = frozenset(name for _, names, _ in known for name in names)
    return {
        f"no-trace-{counted.question.id}-{counted.option}"
        for counted in options_that_count(lib)
        if not any(
            leaves_trace(lib, counted, answers, seen, reached, asked) for answers in accepted
        )
    }


def leaves_trace(
    lib: Library,
    counted: OfOption,
    answers: Answers,
    seen: dict[str, Everything],
    reached: frozenset[str],
    asked: frozenset[str],
) -> bool:
    if not answers.truth(counted.atom):
        return False
    name, given_there = counted.question.id, answers.given[counted.question.id]
    if counted.question.kind is Kind.ONE:
        others = [o.id for o in counted.question.offered if o.id != counted.option]
        denying = {c.slug for c in lib.clauses if _names(c.when.none, counted)}
        for other in others:
            instead = Answers(VOCABULARY, {**answers.given, name: Ticked((other,))})
            if said(lib, instead) & denying & reached - said(lib, answers):
                return True
        without: Any = Unknown()
    elif isinstance(given_there, Ticked):
        rest = tuple(o for o in given_there.options if o != counted.option)
        without = Ticked(rest, given_there.unsure)
        without = without if without.options or not without.unsure else Unknown()
    else:
        assert isinstance(given_there, Fact)
        assert isinstance(given_there.value, tuple)
        left = tuple(
            c for c in given_there.value if isinstance(c, Contact) and c.purpose != counted.option
        )
        without = Fact(left or None)
    less = Answers(VOCABULARY, {**answers.given, name: without})
    before, after = (everything(lib, each, seen) for each in (answers, less))
    return any(
        (
            [text for text in before[0] if text[0] in reached]
            != [text for text in after[0] if text[0] in reached],
            before[1] & asked != after[1] & asked,
            before[2] != after[2],
        )
    )


def _names(atoms: tuple[str, ...], counted: OfOption) -> bool:
    group = counted.question.by_id[counted.option].group
    name = counted.question.id
    return not {counted.atom, name, f"{name}.{group}"}.isdisjoint(atoms)


Everything = tuple[list[tuple[str, object]], frozenset[str], list[bool]]


def everything(lib: Library, answers: Answers, seen: dict[str, Everything]) -> Everything:
    """Return all that answers decide: the text by clause, what is asked, and conflicts."""
    key = str(answers.in_force.to_raw())
    if key not in seen:
        document = assemble(select(lib, answers), answers, on=ANY_DAY)
        texts: list[tuple[str, object]] = [(text.slug, text.blocks) for text in document.clauses()]
        asked = frozenset(q.id for q in VOCABULARY.questions if q.when.holds(answers.in_force))
        found = [conflict.when.holds(answers.in_force) is True for conflict in lib.conflicts]
        seen[key] = (texts, asked, found)
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
