"""Each kind of finding, where it is easily found too often or too seldom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policygen.core.amendments import amended, amendment_of
from policygen.core.analysis.findings import contacts, dates, links, repetition
from policygen.core.analysis.findings.own_wording import UNCOMPARED
from policygen.core.analysis.findings.residue import PLACEHOLDER
from policygen.core.conflicts import Severity
from tests.core.analysis.findings.seeded import ASK, CARE, HELLO, PLAIN, REACHED, text
from tests.core.analysis.findings.subjects import codes, found, says, subject
from tests.core.small import DESK, FAX, MAILBOX, OFFICE, PAGE, QUESTIONS, option


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://www.maple.org/privacy", ""),
        ("HTTP://maple.org", "link-insecure"),
        ("http://riveralaw.example", "link-placeholder link-insecure"),
        ("http://your-practice.com", "link-placeholder link-insecure"),
        ("https://maple", "link-broken"),
        ("https://localhost:8000/privacy", "link-broken"),
        ("https://192.168.0.1/privacy", "link-broken"),
        ("mailto:privacy@maple", "link-broken"),
        ("mailto:a@maple.org?subject=Hello", ""),
        ("tel:+15550100199", ""),
        ("tel:call-us", "link-broken"),
        ("https://yourdomain.com/privacy", "link-placeholder"),
        ("https://your-practice.com", "link-placeholder"),
        ("mailto:privacy@example.com", "link-placeholder"),
        ("https://riveralaw.example", "link-placeholder"),
        ("https://mychart.com", ""),
        ("https://examples.com", ""),
    ],
)
def test_addresses_are_judged_by_their_form(address: str, code: str) -> None:
    of = subject(HELLO)
    printed = [replace(run, run=replace(run.run, href=address)) for run in of.runs[:1]]
    of.__dict__["runs"] = tuple(printed)
    assert [one.code for one in links.CHECK.find(of)] == code.split()


def test_an_address_printed_without_a_link_is_judged_too() -> None:
    assert "link-insecure" in codes(text("See http://maple.org, please."))
    assert "link-placeholder" in codes(text("Write to you@example.com, please."))


def test_one_address_that_stands_in_many_places_is_named_once() -> None:
    of = text("See <http://maple.org/a> or <http://maple.org/a>.")
    assert len(found(of, "link-insecure")) == 1


@pytest.mark.parametrize(
    ("points", "ways"),
    [
        (DESK, {"phone"}),
        (OFFICE, {"post"}),
        (MAILBOX | PAGE, {"email", "form"}),
        (FAX | OFFICE, {"fax", "post"}),
    ],
)
def test_ways_to_reach_the_practice_are_those_that_are_printed(
    points: dict[str, object], ways: set[str]
) -> None:
    ask = says("Stop faxes {{ contacts.fax_opt_out | reach }}.", section="contact")
    named = {"fax-opt-out": {"points": list(points)}, "questions": {"points": list(points)}}
    assert contacts.ways_in(subject(ask, contact_points=points, contacts=named)) == ways
    hidden = subject(HELLO, contact_points=points, contacts=named)
    assert contacts.ways_in(hidden) == frozenset()


def test_ways_that_stand_in_own_wording_count() -> None:
    own = {"text": "Write to [us](mailto:a@maple.org) or call 217-555-0100."}
    assert contacts.ways_in(subject(HELLO, own=own)) == {"email", "phone"}


def test_a_text_that_says_contact_without_asking_for_it_names_nobody_and_promises_nothing() -> None:
    found_codes = codes(text("We collect your contact details. Ask us."))
    assert "contact-missing" not in found_codes
    assert "contact-nobody" in found_codes


@pytest.mark.parametrize(
    ("year", "month", "day", "after"),
    [(2024, 2, 29, (2025, 3, 1)), (2026, 11, 22, (2027, 11, 22))],
)
def test_a_year_later_is_the_same_day(
    year: int, month: int, day: int, after: tuple[int, int, int]
) -> None:
    assert dates.a_year_after(dates.date(year, month, day)) == dates.date(*after)


@pytest.mark.parametrize(
    ("wording", "code"),
    [
        ("This notice was last updated on March 32, 2025.", "date-impossible"),
        ("This notice applies from January 1, 2019.", "date-stale"),
        ("Effective date: January 1, 2019", "date-stale"),
        ("This policy is effective as of 1 May 2020.", "date-stale"),
        ("Last revised: 2024-02-30.", "date-impossible"),
        ("Last updated 13/13/2026.", "date-impossible"),
        ("Last updated March 2024.", "date-stale"),
        ("It was last updated on November 23, 2026.", "date-future"),
        ("It takes effect on December 1, 2028.", "date-far"),
        ("It was last updated on May 1, 1985.", "date-too-early"),
        ("It was last updated on November 22, 2026, and applies from Dec. 1, 2026.", ""),
        ("We opened on January 1, 2019, and moved in March 2020.", ""),
        ("The Privacy Act applies from January 1, 2019.", ""),
        ("You may call 32 people in 2025.", ""),
    ],
)
def test_dates_in_own_wording_are_judged_by_the_words_before_them(wording: str, code: str) -> None:
    assert [
        one for one in codes(text(wording, own=True)) if one.startswith("date-")
    ] == code.split()
    of = subject(HELLO, own={"text": wording})
    assert [one.clause for one in dates.CHECK.find(of)] == (["text"] if code else [])


def test_a_date_that_an_answer_gives_is_judged_once() -> None:
    own = {"text": "Last updated on January 1, 2019."}
    of = subject(HELLO, own=own, last_updated="2019-01-01")
    assert [one.questions for one in found(of, "date-stale")] == [("last_updated",)]


def test_what_waits_for_an_answer_is_named() -> None:
    clauses = [says(f"Text {n}.", f"text-{n}", when={"any": ["data"]}) for n in range(5)]
    [finding] = [
        one
        for one in found(subject(HELLO, *clauses, data="dont-know"), "answer-unknown")
        if one.questions == ("data",)
    ]
    assert "5 texts wait for it: “Text 0”, “Text 1”, “Text 2” and 2 more." in finding.says


def test_a_clash_needs_what_is_ticked_and_not_taken_out() -> None:
    clauses = [
        says("We share it.", "share", claims=["share(data; to recipients)"]),
        says("We share no allergies.", "not", claims=["does-not-share(data:allergies)"]),
    ]
    parts = {"questions": [*QUESTIONS, CARE]}
    ticked = {"data": ["allergies"], "recipients": ["labs"]}
    assert "claims-clash" in codes(subject(*clauses, parts=parts, **ticked))
    other = {**ticked, "data": ["name"]}
    assert "claims-clash" not in codes(subject(*clauses, parts=parts, **other))
    clauses[1]["claims"].append("except(share; data:allergies)")
    assert "claims-clash" not in codes(subject(*clauses, parts=parts, **ticked))


def test_selling_clashes_with_sharing_nothing() -> None:
    of = subject(
        says("We sell it.", "sell", claims=["sell(data)"]),
        says("We share nothing.", "not", claims=["does-not-share(data)"]),
        data=["name"],
    )
    [finding] = found(of, "claims-clash")
    assert finding.questions == ("data",)
    assert "“We sell it.” and “We share nothing.”" in finding.says


def test_a_sentence_clashes_with_its_denial_even_if_nothing_is_ticked() -> None:
    of = subject(
        says("We share it.", "share", claims=["share(data.health)"]),
        says("We share nothing.", "not", claims=["does-not-share(data)"]),
        data=[],
    )
    assert len(found(of, "claims-clash")) == 1


@pytest.mark.parametrize(
    ("claims", "is_found"),
    [
        (["disclaim(data)", "does-not-disclaim(data)"], True),
        (["disclaim(data)", "only-disclaim(data.health)"], True),
        (["disclaim(data)", "promise(data:name)"], True),
        (["disclaim(data.health)", "only-disclaim(data.health)"], False),
        (["promise(data)", "does-not-disclaim(data)"], False),
    ],
)
def test_disclaiming_is_denied_like_any_other_verb(claims: list[str], is_found: bool) -> None:
    of = subject(
        *(says(f"Text {claim}.", f"c{n}", claims=[claim]) for n, claim in enumerate(claims)),
        data=["name"],
    )
    assert ("claims-clash" in codes(of)) is is_found


def test_sentences_of_one_pattern_are_not_the_same() -> None:
    of = subject(
        says("We use your information to schedule the visits that you ask for by phone."),
        says("We use your information to send the bills that your insurer wants to see.", "b"),
    )
    assert not {"sentence-doubled", "sentence-similar"} & set(codes(of))
    assert repetition.shingles_of(["a", "b", "c", "d"]) == {("a", "b", "c"), ("b", "c", "d")}
    assert repetition.shingles_of(["a", "b"]) == frozenset()


@pytest.mark.parametrize(
    ("other", "is_found"),
    [
        ("We keep the records of your care in a locked cabinet here.", True),
        ("We keep the records of your visit in a locked room here.", True),
        ("We keep the records of care in a locked room here.", True),
        ("They keep the records of your visit in a locked cabinet here.", False),
        ("We keep the names of your family in a locked room here.", False),
    ],
)
def test_a_sentence_with_one_word_changed_is_nearly_the_same(other: str, is_found: bool) -> None:
    of = subject(says("We keep the records of your care in a locked room here."), says(other, "b"))
    assert ("sentence-similar" in codes(of)) is is_found


@pytest.mark.parametrize(
    ("one", "other", "changes"),
    [("a b c", "a b c", 0), ("a b c", "a x c", 1), ("a b c", "a c", 1), ("", "a b", 2)],
)
def test_changes_between_sentences_are_counted_in_words(one: str, other: str, changes: int) -> None:
    assert repetition.changes_between(one.split(), other.split()) == changes
    assert repetition.changes_between(other.split(), one.split()) == changes


@pytest.mark.parametrize(("entry", "is_found"), [("what", False), ("What", True)])
def test_entries_of_two_lists_may_be_the_same_but_not_whole_sentences(
    entry: str, is_found: bool
) -> None:
    body = f"We keep:\n\n- {entry} you tell us about your teeth."
    of = subject(says(body), says(body.replace("keep", "share"), "b"))
    assert ("sentence-doubled" in codes(of)) is is_found


def test_a_doubled_sentence_is_found_whatever_name_it_prints() -> None:
    of = subject(
        says("We at {{ practice }} keep your records safe."),
        says("We at {{ practice }} keep your records safe. Ask us.", "b"),
    )
    assert len(found(of, "sentence-doubled")) == 1


def test_the_own_name_with_a_word_too_few_is_no_other_name() -> None:
    lib = subject(HELLO).library
    for wording, is_found in [
        ("Ask Maple Street for it.", False),
        ("Ask Maple Street Dental for it.", False),
        ("Ask Maple Road Dental for it.", True),
        ("Ask Elm Street Dental for it.", False),
        ("Ask the Maple Street Dental Care Center.", False),
    ]:
        change = amendment_of(lib, "text", wording)
        assert change is not None
        of = subject(HELLO, own={"text": wording})
        assert amended(lib, [change]).clauses[0].amended
        assert ("party-two-names" in codes(of)) is is_found, wording


def test_a_blank_in_an_answer_warns_and_one_in_a_wording_blocks() -> None:
    answered = subject(says("Our motto: {{ motto }}."), motto="[your motto]")
    [finding] = found(answered, "residue-placeholder")
    assert (finding.severity, finding.questions) == (Severity.WARNS, ("motto",))


@pytest.mark.parametrize(
    "name",
    ["[Your Practice Name]", "Your Practice Name", "name of practice", "<Practice Name>", "XXX"],
)
def test_a_blank_for_the_name_of_the_practice_blocks(name: str) -> None:
    [finding] = found(subject(says("We are {{ practice }}."), practice_name=name), PLACEHOLDER)
    assert (finding.severity, finding.questions) == (Severity.BLOCKS, ("practice_name",))


@pytest.mark.parametrize(
    "name", ["Name Brothers", "Your Family Dentist", "Clinic of the Good Name"]
)
def test_a_name_that_is_much_like_a_blank_is_a_name(name: str) -> None:
    assert found(subject(HELLO, practice_name=name), PLACEHOLDER) == []


def test_a_blank_in_an_answer_that_is_not_printed_warns() -> None:
    [finding] = found(subject(HELLO, short_name="[short]"), PLACEHOLDER)
    assert finding.severity is Severity.WARNS


RIGHTS = {
    **CARE,
    "id": "rights",
    "ask": "Which rights?",
    "groups": {"all": "All"},
    "options": [option("see", "see it", "all")],
}
RIGHT = says("You can:\n\n{{ rights | bullets }}", "rights", when={"any": ["rights"]})


@pytest.mark.parametrize("given", [{}, {"contacts": "none"}, {"contacts": "dont-know"}])
def test_a_right_without_any_contact_blocks_whatever_was_answered(given: dict[str, Any]) -> None:
    parts = {"questions": [*QUESTIONS, RIGHTS]}
    of = subject(RIGHT, parts=parts, rights=["see"], **given)
    [finding] = found(of, "contact-for-rights")
    assert (finding.severity, finding.clause) == (Severity.BLOCKS, "rights")
    assert finding.questions[0] == "contacts"
    assert "contact-nobody" not in codes(of)
    assert "contact-for-rights" not in codes(subject(RIGHT, HELLO, parts=parts, **given))
    reached = subject(RIGHT, ASK, parts=parts, rights=["see"], **REACHED)
    assert "contact-for-rights" not in codes(reached)


def test_a_right_without_any_contact_is_told_once_if_a_conflict_tells_it() -> None:
    rule = {"id": "x", "severity": "blocks", "when": {"any": ["rights"], "none": ["contacts"]}}
    rules = [{**rule, "says": "No way.", "mend": "Choose a contact."}]
    parts = {"questions": [*QUESTIONS, RIGHTS], "conflicts": rules}
    of = subject(RIGHT, parts=parts, rights=["see"], contacts="none")
    assert "answers-conflict" in codes(of)
    assert "contact-for-rights" not in codes(of)


@pytest.mark.parametrize(
    ("wording", "said"),
    [
        ("We may sell your records to anyone.", "“sell”"),
        ("We never keep your records in a locked room.", "“never” and “not keep”"),
        ("We keep your records only in a locked room.", "“only keep”"),
        ("Your records stay in a locked room.", ""),
        ("Your records are kept in a locked room.", ""),
    ],
)
def test_what_only_the_own_wording_claims_warns(wording: str, said: str) -> None:
    of = subject(HELLO, own={"text": wording})
    named = [(one.severity, one.says.partition("there: ")[2]) for one in found(of, UNCOMPARED)]
    assert bool(named) is bool(said)
    assert all(one == (Severity.WARNS, f"{said}. {REST}") for one in named)


REST = "Nobody compared that with the rest of the policy."


def test_only_an_unknown_answer_to_a_list_speaks_of_what_is_ticked() -> None:
    of = subject(
        says("We keep {{ data | listing }}."), data=["name", "dont-know"], since="dont-know"
    )
    said = {one.questions[0]: one.says for one in found(of, "answer-unknown")}
    assert "“I don’t know yet”, besides what is ticked. " in said["data"]
    assert "“I don’t know yet”. " in said["since"]


def test_an_unknown_answer_for_which_nothing_waits_is_a_note() -> None:
    [since] = found(subject(HELLO, since="dont-know"), "answer-unknown")
    assert since.severity is Severity.NOTE


def test_words_in_a_typed_answer_are_the_practice_s_own() -> None:
    words = [{"id": "x", "kind": "evidence", "find": ["guarante*"], "says": "no.", "mend": "No."}]
    typed = subject(says("{{ motto | capital }}."), motto="we guarantee care", words=words)
    assert "words-evidence" in codes(typed)
    assert "words-evidence" not in codes(text("We guarantee care.", words=words))


def test_the_name_of_a_practice_is_no_residue() -> None:
    words = [{"id": "x", "kind": "residue", "find": ["DentX"], "says": "no.", "mend": "No."}]
    assert "words-residue" in codes(text("Ask DentX.", words=words))
    own = subject(says("Ask DentX."), words=words, practice_name="DentX Clinic")
    assert "words-residue" not in codes(own)


def test_a_name_of_an_authority_is_no_undefined_term() -> None:
    words = [{"id": "x", "kind": "term", "find": ["Services"]}]
    of = text("Ask the Department of Health and Human Services. Services are free.", words=words)
    assert "term-undefined" not in codes(of)


def test_an_empty_document_has_nothing_but_findings_on_answers() -> None:
    of = subject(says(PLAIN, when={"any": ["data"]}))
    assert set(codes(of)) == {"nothing-said", "question-open"}
