"""Lists of words: how phrases are found, and how mistakes in the lists are refused."""

from __future__ import annotations

from typing import Any

import pytest

from policygen.core.analysis.sentences import sentences_in
from policygen.core.analysis.watch import Kind, Watch, hits_in, parse_watch, parse_words
from policygen.core.document import ClauseText, Paragraph, Run
from policygen.core.problems import Refused
from tests.core.small import answered

ENTRY: dict[str, Any] = {
    "id": "entry",
    "kind": "vague",
    "find": ["as necessary"],
    "says": "readers cannot tell when.",
    "mend": "Say when.",
}


def watch(**changes: Any) -> Watch:
    return parse_watch({**ENTRY, **changes})


def hits(phrase: str, text: str, **changes: Any) -> list[str]:
    blocks = (Paragraph((Run(text),)),)
    sentences = sentences_in(ClauseText("text", 1, "Text", blocks, (), ()))
    words = (watch(find=[phrase], **changes),)
    return [hit.text for hit in hits_in(sentences, words, answered(data=["name"]), {"text"})]


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("as necessary", "We keep it As  Necessary.", ["As  Necessary"]),
        ("as necessary", "It was necessary.", []),
        ("utiliz*", "We are utilizing it.", ["utilizing"]),
        ("utiliz*", "We use it.", []),
        (
            "by using … you agree",
            "By using our fine site you agree.",
            ["By using our fine site you agree"],
        ),
        ("by using … you agree", "By using you agree.", ["By using you agree"]),
        ("by using … you agree", "By using a b c d e f you agree.", []),
        ("Safe Harbor", "We follow safe harbor rules.", []),
        ("Safe Harbor", "We follow Safe Harbor.", ["Safe Harbor"]),
        ("don’t", "We don't ask.", ["don’t"]),
        ("shall", "A marshall asks.", []),
        ("100 %", "It is 100 % safe.", ["100 %"]),
        ("and/or", "We ask and/or tell.", ["and/or"]),
        ("etc", "Names etc. are kept.", ["etc"]),
    ],
)
def test_a_phrase_is_found_as_it_reads(phrase: str, text: str, found: list[str]) -> None:
    assert hits(phrase, text) == found


def test_a_phrase_does_not_reach_from_one_sentence_into_the_next() -> None:
    assert hits("by using … you agree", "We learn by using it. You agree.") == []


def test_nothing_is_found_where_the_answers_say_that_all_is_well() -> None:
    assert hits("as necessary", "As necessary.", unless={"any": ["data:name"]}) == []
    assert hits("as necessary", "As necessary.", unless={"any": ["data:records"]}) != []
    assert hits("as necessary", "As necessary.", unless=[{"any": ["gone:option"]}]) != []


def test_kinds_about_own_words_leave_the_words_of_the_library_alone() -> None:
    blocks = (Paragraph((Run("By using it you agree."),)),)
    sentences = list(sentences_in(ClauseText("text", 1, "Text", blocks, (), ())))
    words = (watch(kind="consent", find=["by using … you agree"]),)
    assert list(hits_in(sentences, words, answered(), frozenset())) == []
    assert len(list(hits_in(sentences, words, answered(), frozenset({"text"})))) == 1


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        ({"kind": "vage"}, "kind", "vague"),
        ({"severity": "warn"}, "severity", "warns"),
        ({"find": []}, "find", "Write the phrases"),
        ({"find": ["as (necessary)"]}, "find", "is no phrase"),
        ({"find": ["as …"]}, "find", "is no phrase"),
        ({"find": ["us*"]}, "find", "is no phrase"),
        ({"says": ""}, "says", "missing"),
        ({"unless": {"some": ["data"]}}, "unless", "no part of a condition"),
        ({"fnd": ["x"]}, "fnd", "find"),
        ({"kind": "legalese"}, "plain", "missing"),
        ({"kind": "names"}, "find", "at least two"),
    ],
)
def test_a_mistake_is_named(changes: dict[str, Any], where: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        watch(**changes)
    assert [says in one.message for one in refused.value.problems if one.where == where] == [True]


def test_an_id_stands_once() -> None:
    with pytest.raises(Refused, match="twice"):
        parse_words([ENTRY, ENTRY])


def test_entries_keep_their_order_and_say_what_they_are() -> None:
    words = parse_words([ENTRY, {**ENTRY, "id": "other", "kind": "residue", "severity": "blocks"}])
    assert [(one.id, one.kind, str(one.severity)) for one in words] == [
        ("entry", Kind.VAGUE, "warns"),
        ("other", Kind.RESIDUE, "blocks"),
    ]
