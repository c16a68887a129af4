"""Folding: what reads alike but for own texts is one, and nothing else is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from policygen.core.analysis.folding import fold_of
from policygen.core.analysis.redline import DocumentRedline, redline_documents
from policygen.core.document import (
    AddressBlock,
    AddressEntry,
    Block,
    ClauseText,
    Document,
    ListBlock,
    Paragraph,
    Run,
    Section,
)
from policygen.core.vocabulary import Kind, Question, Vocabulary

OWN = {"practice_name": Kind.NAME, "website": Kind.LINK, "points": Kind.CONTACTS}

VOCABULARY = Vocabulary(
    tuple(
        Question(id=name, kind=kind, page="practice", ask="?")
        for name, kind in {**OWN, "note": Kind.TEXT}.items()
    )
)

ELM = {"practice_name": "Elm", "website": "https://elm.example", "points.privacy": "1 Elm Street"}
OAK = {"practice_name": "We keep", "website": "https://oak.example", "points.privacy": "2 Oak Road"}

Line = tuple[str, ...]
"""Words, and paths of own texts."""


def run(word: str, own: Mapping[str, str]) -> Run:
    if word not in own:
        return Run(f" {word}")
    leads = own[word] if word == "website" else ""
    return Run(own[word], href=leads, filled_by=word)


def document(clauses: Mapping[str, Sequence[Line]], own: Mapping[str, str]) -> Document:
    made = tuple(
        ClauseText(
            slug,
            1,
            slug,
            tuple(Paragraph(tuple(run(word, own) for word in line)) for line in lines),
            (),
            (),
        )
        for slug, lines in clauses.items()
    )
    sections = (Section("about", "About", made),) if made else ()
    return of(sections, own["practice_name"])


def of(sections: tuple[Section, ...], practice: str = "Elm") -> Document:
    return Document("Privacy policy", practice, "en", date(2027, 1, 1), "r", sections)


def with_block(block: Block) -> Document:
    clause = ClauseText("where", 1, "Where", (block,), (), ())
    return of((Section("about", "About", (clause,)),))


def redline(before: Document, after: Document) -> DocumentRedline:
    return redline_documents(before, after).changed_only()


lines = st.lists(st.sampled_from(["keep", "share", *ELM]), min_size=1, max_size=3).map(tuple)
texts = st.dictionaries(
    st.sampled_from(["data", "rights"]), st.lists(lines, min_size=1, max_size=2), max_size=2
)


@given(before=texts, after=texts)
def test_the_same_change_of_two_practices_is_one(before, after):
    at_elm = fold_of(document(before, ELM), document(after, ELM), VOCABULARY)
    at_oak = fold_of(document(before, OAK), document(after, OAK), VOCABULARY)
    assert at_elm == at_oak


@given(one=texts, other=texts)
def test_first_versions_are_one_exactly_if_they_print_the_same_but_for_own_texts(one, other):
    at_elm = fold_of(None, document(one, ELM), VOCABULARY)
    at_oak = fold_of(None, document(other, OAK), VOCABULARY)
    nothing = of((), ELM["practice_name"])
    alike = redline(nothing, document(one, ELM)) == redline(nothing, document(other, ELM))
    assert (at_elm == at_oak) == (alike and list(one) == list(other))


@given(changes=st.tuples(texts, texts, texts, texts))
def test_changes_that_read_differently_are_never_one(changes):
    before, after, other_before, other_after = changes
    one = fold_of(document(before, ELM), document(after, ELM), VOCABULARY)
    other = fold_of(document(other_before, OAK), document(other_after, OAK), VOCABULARY)
    if one == other:
        shown = redline(document(before, ELM), document(after, ELM))
        of_other = redline(document(other_before, ELM), document(other_after, ELM))
        assert shown.sections == of_other.sections


@given(text=texts)
def test_what_reads_the_same_has_no_fold(text):
    assert fold_of(document(text, ELM), document(text, ELM), VOCABULARY) == ""


def test_an_own_text_that_itself_changes_is_told_apart_from_one_that_stays():
    words = {"data": [("keep", "practice_name")]}
    longer = {"data": [("keep", "practice_name", "share")]}
    moved = {**ELM, "practice_name": "Elm and Sons"}
    stays = fold_of(document(words, ELM), document(longer, ELM), VOCABULARY)
    changes = fold_of(document(words, ELM), document(longer, moved), VOCABULARY)
    assert stays != changes
    other = {**OAK, "practice_name": "Oak and Daughters"}
    assert changes == fold_of(document(words, OAK), document(longer, other), VOCABULARY)


def test_a_name_that_reads_like_the_librarys_words_masks_none_of_them():
    words = {"data": [("keep", "practice_name")]}
    named = {**ELM, "practice_name": "keep"}
    one = fold_of(None, document(words, ELM), VOCABULARY)
    assert one == fold_of(None, document(words, named), VOCABULARY)


def test_what_somebody_typed_in_their_own_words_is_looked_at_each_time():
    def noted(text: str) -> Document:
        return with_block(Paragraph((Run(text, filled_by="note"),)))

    one, other = (fold_of(None, noted(text), VOCABULARY) for text in ("Ask us.", "Call us."))
    assert one != other


def test_how_many_lines_an_own_address_has_does_not_count_but_their_labels_do():
    def reached(label: str, *lines: str) -> str:
        said = tuple((Run(line, filled_by="points.privacy"),) for line in lines)
        return fold_of(None, with_block(AddressBlock((AddressEntry(label, said),))), VOCABULARY)

    assert reached("Mail", "1 Elm Street", "Elm") == reached("Mail", "Oak Road")
    assert reached("Mail", "1 Elm Street") != reached("Phone", "1 Elm Street")


def test_how_many_locations_are_listed_does_not_count():
    def listed(*names: str) -> str:
        items = tuple((Run(name, filled_by="points.privacy"),) for name in names)
        return fold_of(None, with_block(ListBlock(items)), VOCABULARY)

    assert listed("Elm", "Oak") == listed("Ash")


def test_where_only_a_heading_changes_that_counts():
    clause = ClauseText("data", 1, "Data", (Paragraph((Run("We keep it."),)),), (), ())

    def headed(title: str) -> Document:
        return of((Section("about", title, (clause,)),))

    folds = {
        fold_of(headed("About"), headed(title), VOCABULARY) for title in ("Data", "What we keep")
    }
    assert len(folds) == 2
    assert "" not in folds


def test_a_name_or_a_link_that_is_not_the_practices_own_counts():
    says = Vocabulary(
        tuple(
            Question(id=name, kind=kind, page="rights", ask="?")
            for name, kind in {"authority": Kind.NAME, "authority_link": Kind.LINK}.items()
        )
    )

    def naming(path: str, text: str) -> str:
        block = Paragraph((Run("Complain to "), Run(text, filled_by=path)))
        return fold_of(None, with_block(block), says)

    for path in ("authority", "authority_link"):
        assert naming(path, "the Commission") != naming(path, "Nobody")
    for path in ("practice_name", "short_name", "website", "app", "privacy_contact"):
        assert naming(path, "Elm") == naming(path, "Oak")
