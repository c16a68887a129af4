"""The lists of words of clauses/: each phrase is found, and none of them in a clean policy."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from policygen.core.analysis.findings.finding import Subject
from policygen.core.analysis.findings.registry import review
from policygen.core.analysis.watch import Kind, Watch
from policygen.core.conflicts import Severity
from policygen.core.document import Paragraph, Run
from policygen.core.selection import select
from policygen.instruments.syllables import syllables
from policygen.library.word_lists import read_words
from tests.content.library import EXAMPLES, FOLDER, example, library, policy
from tests.core.small import DAY

WORDS = read_words(FOLDER, library().vocabulary)
PHRASES = [(watch, phrase) for watch in WORDS for phrase in watch.find]


def subject(name: str) -> Subject:
    """Return an example with all that its review needs."""
    answers = example(name).answers
    chosen = select(library(), answers)
    return Subject(library(), answers, chosen, policy(name), DAY, syllables, WORDS)


def saying(text: str) -> Subject:
    """Return a small example whose first clause is the practice's own wording: a text."""
    of = subject("small-practice")
    section = of.document.sections[0]
    own = replace(section.clauses[0], blocks=(Paragraph((Run(text),)),), amended=True)
    document = replace(of.document, sections=(replace(section, clauses=(own,)),))
    return replace(of, document=document)


@pytest.mark.parametrize(("watch", "phrase"), PHRASES, ids=lambda one: getattr(one, "id", one))
def test_a_phrase_is_found_in_a_sentence_that_has_it(watch: Watch, phrase: str) -> None:
    said = re.sub(r"\*", "ed", phrase.replace(" … ", " the whole of it "))
    hits = saying(f"Here stands {said} in a sentence.").hits
    wanted = watch.applies(example("small-practice").answers)
    assert ((watch.id, phrase) in {(hit.watch.id, hit.phrase) for hit in hits}) is wanted


def test_every_kind_has_words() -> None:
    assert {watch.kind for watch in WORDS} == set(Kind)


def test_dead_laws_name_what_ended_them_or_say_why_not() -> None:
    dead = [watch for watch in WORDS if watch.kind is Kind.DEAD_LAW]
    assert len(dead) >= 8
    assert all(
        watch.citations or "Leave it out" in watch.mend or "Name" in watch.mend for watch in dead
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_word_list_finds_fault_with_a_sentence_of_the_library(name: str) -> None:
    """Where one warns, the sentence says what the answers say: conflicts speak of those."""
    warned = [
        one
        for one in review(subject(name))
        if one.code.startswith("words-") and one.severity is not Severity.NOTE
    ]
    assert [(one.rule, one.sentence) for one in warned] == []


def test_own_wording_is_judged_by_all_of_them() -> None:
    said = (
        "By using this website you agree. We guarantee the strictest standards and are HIPAA "
        "compliant. We are not liable. We may change this without notice. We follow Privacy Shield."
    )
    codes = {one.code for one in review(saying(said))}
    assert codes >= {
        *("words-consent", "words-evidence", "words-liability", "words-backward"),
        "words-dead-law",
    }


CLEAN = ("small-practice", "two-location-dental")


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_example_gives_no_false_alarm(name: str) -> None:
    """Its names are kept for examples, and its day was: both are true, and no more than notes."""
    found = [one for one in review(subject(name)) if not one.code.startswith(("law-", "answers-"))]
    assert {one.severity for one in found} <= {Severity.NOTE}
    assert {one.code for one in found} <= {
        *("link-placeholder", "date-past", "list-single"),
        *("reading-level", "reading-modals"),
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_policy_of_an_example_contradicts_itself(name: str) -> None:
    assert [one.says for one in review(subject(name)) if one.code == "claims-clash"] == []
