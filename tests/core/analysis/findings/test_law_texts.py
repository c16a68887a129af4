"""What findings on laws say stays short, and says which element is meant."""

from __future__ import annotations

from policygen.core.analysis.findings import laws
from policygen.core.analysis.findings.registry import review
from tests.core.analysis.findings.test_laws import CLAUSES_OF_ONE, of_code, one_law, subject
from tests.core.analysis.lawful import answers_to, clause, element, lawful, regime


def test_of_many_undecided_laws_three_are_named_and_none_is_cited() -> None:
    many = [regime(name, element(f"{name}-said"), when={"any": ["data"]}) for name in "abcde"]
    library = lawful(*CLAUSES_OF_ONE, regimes=many)
    (finding,) = of_code(laws.OPEN, library, motto="we care", data="dont-know")
    assert finding.says.startswith("It is not decided whether 5 laws apply, such as “")
    assert finding.says.count("“") == 3
    assert finding.citations == ()


def test_a_recommended_element_is_named_with_the_clause_that_would_state_it() -> None:
    ids = ("said", "more", "most")
    library = lawful(
        *CLAUSES_OF_ONE,
        clause("website", "{{ website }}.", satisfies=["more", "most"]),
        regimes=[regime("peru", *(element(name, duty="recommended") for name in ids))],
    )
    (finding,) = of_code(laws.RECOMMENDED, library, motto="none", website="none")
    assert "“Motto” would state “Said”." in finding.mend
    assert "“Website” would state “More” and “Most”." in finding.mend


def test_a_finding_that_waits_for_many_answers_names_three() -> None:
    asked = ["motto", "since", "uses", "website", "short_name"]
    elements = [element(f"e-{n}", when={"any": [name]}) for n, name in enumerate(asked)]
    library = lawful(*CLAUSES_OF_ONE[:1], regimes=[regime("peru", *elements)])
    (finding,) = of_code(laws.UNANSWERED, library, data=["records"])
    assert len(finding.questions) == 5
    assert (finding.says.count("“"), finding.mend.count("“")) == (3, 3)
    assert "2 more" in finding.says
    assert "2 more" in finding.mend


def test_a_law_that_waits_for_an_unknown_answer_is_named_where_no_text_does() -> None:
    library = one_law(element("said", when={"any": ["data"]}))
    of = subject(answers_to(library, motto="we care", data="dont-know"), library)
    (unknown,) = [one for one in review(of) if one.code == "answer-unknown"]
    assert "No text waits for it, but what “Law of Peru” wants does." in unknown.says
