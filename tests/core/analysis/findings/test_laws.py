"""What the findings say of laws: what blocks, what warns, and what is good to know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policygen.core.analysis.findings import laws
from policygen.core.analysis.findings.finding import Finding, Subject
from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.conflicts import Severity
from policygen.core.library import Library, parse_library
from policygen.core.selection import select
from policygen.instruments.syllables import syllables
from tests.core.analysis.lawful import (
    LAWFUL,
    answers_to,
    clause,
    element,
    lawful,
    regime,
)
from tests.core.small import DAY

PERUVIAN = {
    "country": "peru",
    "data": ["records"],
    "uses": ["treat"],
    "website": "https://maple.example",
}


def subject(answers: Answers, library: Library = LAWFUL) -> Subject:
    selection = select(library, answers)
    document = assemble(selection, answers, on=DAY)
    return Subject(library, answers, selection, document, DAY, syllables)


def found(library: Library = LAWFUL, **raw: Any) -> list[Finding]:
    return list(laws.find(subject(answers_to(library, **raw), library)))


def of_code(code: str, library: Library = LAWFUL, **raw: Any) -> list[Finding]:
    return [one for one in found(library, **raw) if one.code == code]


def one_law(*elements: dict[str, Any], **more: Any) -> Library:
    return lawful(*CLAUSES_OF_ONE, regimes=[regime("peru", *elements, **more)])


CLAUSES_OF_ONE = [
    clause("speaker", "We are {{ practice }}."),
    clause("motto", "{{ motto | capital }}.", satisfies=["said"]),
]
DOUBTFUL = {"confidence": "low", "doubt": "Nobody has decided that yet."}


def test_every_finding_has_a_code_of_the_check_and_says_what_to_do() -> None:
    every = [
        *found(),
        *found(**PERUVIAN),
        *found(**PERUVIAN, laws_removed=["peru"]),
        *found(**PERUVIAN, since="2001-01-01"),
        *found(country="dont-know", data="dont-know"),
    ]
    assert {one.code for one in every} <= set(laws.CHECK.codes)
    for one in every:
        assert one.says.endswith((".", "!", "?"))
        assert one.mend.endswith((".", "!", "?"))


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({}, Severity.BLOCKS),
        ({"duty": "conditional"}, Severity.BLOCKS),
        (DOUBTFUL, Severity.WARNS),
        ({"duty": "conditional", **DOUBTFUL}, Severity.WARNS),
    ],
)
def test_what_a_law_demands_blocks_where_the_lawyers_are_sure(
    more: dict[str, str], severity: Severity
) -> None:
    (finding,) = found(one_law(element("said", **more)), motto="none")
    assert (finding.code, finding.severity) == (laws.MISSING, severity)
    assert finding.says.startswith("Law of Peru: “Said” is missing.")
    assert ("A lawyer should confirm that" in finding.says) is (severity is Severity.WARNS)
    assert finding.mend == (
        "“Motto” would state it. Left out because you answered “none” to “What about motto?”."
    )
    assert (finding.clause, finding.questions) == ("motto", ("motto",))
    assert (finding.citations, finding.rule) == (("Art. 4",), "said")
    assert found(one_law(element("said", **more)), motto="we care") == []


def test_what_is_only_recommended_is_one_note_for_each_law() -> None:
    library = one_law(element("said", duty="recommended"), element("more", duty="recommended"))
    (finding,) = found(library, motto="none")
    assert (finding.code, finding.severity) == (laws.RECOMMENDED, Severity.NOTE)
    assert "“Said” and “More”" in finding.says
    assert finding.citations == ("Art. 4",)


@pytest.mark.parametrize("motto", [{}, {"motto": "dont-know"}])
def test_an_answer_that_a_law_needs_blocks_and_names_the_question(motto: dict[str, str]) -> None:
    (finding,) = found(one_law(element("said")), **motto)
    assert (finding.code, finding.severity) == (laws.UNANSWERED, Severity.BLOCKS)
    assert finding.questions == ("motto",)
    assert finding.mend == "Answer “What about motto?”."
    (doubtful,) = found(one_law(element("said", **DOUBTFUL)), **motto)
    assert doubtful.severity is Severity.WARNS


def test_an_undecided_condition_of_an_element_waits_for_its_question() -> None:
    library = one_law(element("said", when={"any": ["data"]}))
    (finding,) = found(library, motto="we care")
    assert (finding.code, finding.questions) == (laws.UNANSWERED, ("data",))
    assert finding.severity is Severity.BLOCKS


def test_an_undecided_law_warns_once_and_blocks_nothing() -> None:
    library = one_law(element("said"), element("more"), when={"any": ["country:peru"]})
    (finding,) = found(library, motto="none")
    assert (finding.code, finding.severity) == (laws.OPEN, Severity.WARNS)
    assert finding.mend == "Answer “What about country?”."


def test_all_undecided_laws_are_one_finding() -> None:
    peru = regime("peru", element("said"), when={"any": ["country:peru"]})
    inca = regime("inca", element("sung"), when={"any": ["country:peru"]})
    other = regime("other", element("told"), when={"any": ["data"]})
    library = lawful(*CLAUSES_OF_ONE, regimes=[peru, inca, other])
    (finding,) = found(library, motto="we care")
    assert "“Law of Inca”, “Law of Other” and “Law of Peru”" in finding.says
    assert (finding.questions, finding.rule) == (("country", "data"), "")
    assert finding.citations == ()


def test_a_law_that_wants_a_document_of_its_own_is_a_note() -> None:
    (finding,) = of_code(laws.ELSEWHERE, **PERUVIAN)
    assert finding.severity is Severity.NOTE
    assert "“Law of Notice” applies to you" in finding.says
    assert finding.questions == ("uses",)


def test_a_removed_law_is_a_note_and_a_missing_reason_blocks_once() -> None:
    (removed,) = of_code(laws.REMOVED_BY_HAND, **PERUVIAN, laws_removed=["peru"])
    assert removed.severity is Severity.NOTE
    (unexplained,) = of_code(laws.UNEXPLAINED, **PERUVIAN, laws_removed=["peru"])
    assert unexplained.severity is Severity.BLOCKS
    assert unexplained.says == "You removed a law and gave no reason."
    assert unexplained.questions[0] == "laws_reason"
    reason = {"laws_removed": ["peru"], "laws_reason": "We left Peru."}
    (explained,) = of_code(laws.REMOVED_BY_HAND, **PERUVIAN, **reason)
    assert "We left Peru." in explained.says
    assert of_code(laws.UNEXPLAINED, **PERUVIAN, **reason) == []


def test_nothing_is_said_of_a_removed_law_that_does_not_apply_anyway() -> None:
    raw = {**PERUVIAN, "country": "canada", "data": ["name"], "uses": []}
    assert of_code(laws.REMOVED_BY_HAND, **raw, laws_removed=["peru"]) == []


def test_an_added_law_without_a_reason_warns() -> None:
    (added,) = of_code(laws.UNEXPLAINED, **PERUVIAN, laws_added=["peru"])
    assert (added.severity, added.says) == (
        Severity.WARNS,
        "You added a law and gave no reason.",
    )


@pytest.mark.parametrize("reason", [{}, {"laws_reason": "none"}, {"laws_reason": "dont-know"}])
def test_who_removes_a_law_gives_a_reason_even_if_another_is_added(reason: dict[str, str]) -> None:
    both = {"laws_added": ["notice"], "laws_removed": ["peru"], **reason}
    (finding,) = of_code(laws.UNEXPLAINED, **PERUVIAN, **both)
    assert finding.severity is Severity.BLOCKS


def test_a_list_that_may_go_on_blocks_where_the_law_demands_all_of_it() -> None:
    library = lawful(
        clause("data", "We know {{ data | listing }}.", satisfies=["what"]),
        regimes=[regime("peru", element("what"))],
    )
    (finding,) = found(library, data=["name", "dont-know"])
    assert (finding.code, finding.severity) == (laws.UNANSWERED, Severity.BLOCKS)
    assert (finding.questions, finding.mend) == (("data",), "Answer “What about data?”.")


@pytest.mark.parametrize(
    ("motto", "severity"),
    [("we care", Severity.BLOCKS), ("dont-know", Severity.BLOCKS), ("none", Severity.WARNS)],
)
def test_an_undecided_law_blocks_unless_this_text_is_not_its_document(
    motto: str, severity: Severity
) -> None:
    """More that is not known never blocks less."""
    library = one_law(element("said"), when={"any": ["data:records"]}, held_when={"any": ["motto"]})
    (finding,) = of_code(laws.OPEN, library, data=["name", "dont-know"], motto=motto)
    assert (finding.severity, finding.rule) == (severity, "peru")
    assert finding.questions[0] == "data"


@pytest.mark.parametrize("weak", [{"duty": "recommended"}, DOUBTFUL])
def test_an_undecided_law_that_could_not_block_anyway_warns(weak: dict[str, str]) -> None:
    library = one_law(
        element("said", **weak), when={"any": ["data:records"]}, held_when={"any": ["motto"]}
    )
    (finding,) = of_code(laws.OPEN, library, data=["name", "dont-know"], motto="we care")
    assert finding.severity is Severity.WARNS


def test_undecided_laws_block_together_where_somebody_answered_what_only_they_ask() -> None:
    when = {"any": ["country:peru"]}
    both = [regime(name, element(f"{name}-said"), when=when) for name in ("notice", "peru")]
    plain = lawful(*CLAUSES_OF_ONE, regimes=both).to_json()
    asked = {"any": ["country:peru", "laws_added:peru", "laws_added:notice"]}
    plain["questions"].append(
        {"id": "tax", "kind": "text", "page": "tax", "ask": "Which tax?", "when": asked}
    )
    library = parse_library(plain)
    raw = {"country": "dont-know", "laws_added": [], "motto": "we care"}
    (warning,) = of_code(laws.OPEN, library, **raw)
    assert warning.severity is Severity.WARNS
    (finding,) = of_code(laws.OPEN, library, **raw, tax="Salt tax")
    assert finding.severity is Severity.BLOCKS
    assert finding.questions == ("country", "tax")
    assert "“Which tax?”" in finding.says
    assert finding.mend == "Answer “What about country?”."


def test_a_text_without_words_is_not_in_plain_language() -> None:
    library = lawful(
        clause("easy", "We keep your file safe.", when={"any": ["motto"]}),
        regimes=[regime("peru", element("plain", met_by="reading"))],
    )
    (finding,) = found(library, motto="none")
    assert (finding.code, finding.severity) == (laws.MISSING, Severity.BLOCKS)
    assert "There is no text." in finding.says


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({}, Severity.WARNS),
        ({"duty": "conditional"}, Severity.WARNS),
        ({"duty": "recommended"}, Severity.NOTE),
        (DOUBTFUL, Severity.NOTE),
    ],
)
def test_own_wording_warns_where_the_lawyers_are_sure_of_a_duty_and_blocks_nothing(
    more: dict[str, str], severity: Severity
) -> None:
    library = one_law(element("said", **more))
    own = tuple(replace(one, amended=one.slug == "motto") for one in library.clauses)
    changed = replace(library, clauses=own)
    (finding,) = found(changed, motto="we care")
    assert (finding.code, finding.clause) == (laws.OWN_WORDING, "motto")
    assert (finding.severity, finding.citations) == (severity, ("Art. 4",))
    assert "does not count as stated" in finding.says


def test_what_no_text_can_do_is_a_reminder() -> None:
    (finding,) = found(one_law(element("shown", met_by="outside")))
    assert (finding.code, finding.severity) == (laws.OUTSIDE, Severity.NOTE)
    assert finding.mend == "Say what shown wants."


def test_a_text_that_is_hard_to_read_misses_plain_language() -> None:
    hard = (
        "Notwithstanding institutional considerations, organizational representatives "
        "systematically communicate comprehensive informational particulars."
    )
    library = lawful(
        clause("hard", hard), regimes=[regime("peru", element("plain", met_by="reading"))]
    )
    (finding,) = found(library)
    assert (finding.code, finding.severity) == (laws.MISSING, Severity.BLOCKS)
    assert "harder than grade 10" in finding.says
    easy = lawful(
        clause("easy", "We keep your file safe. You can ask us for a copy of it."),
        regimes=[regime("peru", element("plain", met_by="reading"))],
    )
    assert found(easy) == []


def test_other_words_than_the_prescribed_ones_block() -> None:
    library = one_law(element("said", wording=["WE CARE."]))
    (finding,) = found(library, motto="we care")
    assert finding.code == laws.MISSING
    assert finding.mend == "Use the library’s own wording of “Motto”."


def test_an_element_without_any_clause_sends_people_to_a_lawyer() -> None:
    (finding,) = found(one_law(element("unheard")))
    assert finding.mend.startswith("Ask a lawyer what to say")


def test_a_day_in_the_policy_that_is_older_than_the_reading_of_the_law_is_a_note() -> None:
    plain = one_law(element("said")).to_json()
    dated = {"id": "last_updated", "kind": "date", "page": "start", "ask": "When?"}
    plain["questions"].append(dated)
    plain["clauses"].append(
        {
            **plain["clauses"][0],
            "slug": "dated",
            "body": "Last updated on {{ last_updated | date }}.",
        }
    )
    library = parse_library(plain)
    (finding,) = found(library, motto="we care", last_updated="2026-01-30")
    assert (finding.code, finding.severity) == (laws.OLDER, Severity.NOTE)
    assert finding.questions == ("last_updated",)
    assert found(library, motto="we care", last_updated="2026-01-31") == []
