"""What every format must do, asked of each line of the registry."""

import json
import re
from collections.abc import Callable

import pytest

from policygen.core.document import Document, Heading, ListBlock, Paragraph, Run, Section
from policygen.core.document_json import document_from_json, document_text
from policygen.rendering import FORMATS, RenderTooLarge
from policygen.rendering.filenames import filename
from policygen.rendering.limits import TEXT_LIMIT
from tests.rendering import documents
from tests.rendering.text_of import READERS, SIGNS, assert_same_text

DOCUMENTS = {
    "ordinary": documents.ordinary,
    "hostile": documents.hostile,
    "no section": documents.document,
    "no practice": lambda: documents.document(practice=""),
}


def test_each_format_can_be_read_back() -> None:
    assert set(FORMATS) == set(READERS) == set(SIGNS)


def test_buttons_have_words() -> None:
    labels = [each.label for each in FORMATS.values()]
    assert labels == [
        "PDF",
        "Web page (HTML)",
        "Plain text",
        "Markdown",
        "JSON (for programs)",
    ]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("make", [documents.ordinary, documents.hostile])
def test_each_format_says_what_the_document_says(name: str, make: Callable[[], Document]) -> None:
    document = make()
    assert_same_text(name, document, FORMATS[name].render(document).content)


@pytest.mark.parametrize("text", [*documents.NAMES.values(), *documents.MARKUP])
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "pdf"])
def test_each_text_comes_out_as_typed(name: str, text: str) -> None:
    document = documents.saying(text)
    assert_same_text(name, document, FORMATS[name].render(document).content)


@pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("name", FORMATS)
def test_the_same_document_gives_the_same_bytes(name: str, make: Callable[[], Document]) -> None:
    assert FORMATS[name].render(make()) == FORMATS[name].render(make())


@pytest.mark.parametrize("name", FORMATS)
def test_files_have_a_plain_name_and_a_type(name: str) -> None:
    rendered = FORMATS[name].render(documents.ordinary())
    assert rendered.filename == f"harbor-lane-family-dental-privacy-policy.{name}"
    assert re.fullmatch(r"[a-z]+/[a-z]+(; charset=utf-8)?", rendered.content_type)


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_that_is_far_too_long_is_refused(name: str) -> None:
    with pytest.raises(RenderTooLarge, match="1,048,576 characters"):
        FORMATS[name].render(documents.saying("word " * (TEXT_LIMIT // 5)))


@pytest.mark.parametrize("name", FORMATS)
def test_empty_pieces_are_not_free(name: str) -> None:
    runs = Paragraph((Run(""),) * 1_000)
    items = ListBlock(((),) * 1_000)
    for nothing in (runs, items):
        clauses = tuple(documents.clause(f"c-{n}", nothing) for n in range(TEXT_LIMIT // 1_000 + 1))
        with pytest.raises(RenderTooLarge):
            FORMATS[name].render(documents.document(Section("a", "A", clauses)))


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "pdf"])
def test_the_longest_document_is_made(name: str) -> None:
    document = documents.saying("word " * (TEXT_LIMIT // 5 - 50))
    assert_same_text(name, document, FORMATS[name].render(document).content)


def test_paragraphs_that_run_in_are_one_paragraph_in_every_format() -> None:
    document = documents.document(
        Section(
            "a",
            "A",
            (
                documents.clause("first", Paragraph((Run("One."),))),
                documents.clause("second", Paragraph((Run("Two."),), run_in=True)),
                documents.clause("heading", Heading((Run("Break"),))),
                documents.clause("third", Paragraph((Run("Three."),), run_in=True)),
            ),
        )
    )
    text = FORMATS["txt"].render(document).content.decode()
    assert text.endswith("One. Two.\n\nBreak\n~~~~~\n\nThree.\n")
    assert "\nOne. Two.\n" in FORMATS["md"].render(document).content.decode()
    page = FORMATS["html"].render(document).content.decode()
    assert (
        '<p><span data-clause="first" data-version="1">One.</span> '
        '<span data-clause="second" data-version="1">Two.</span></p>'
    ) in page


@pytest.mark.parametrize(
    ("practice", "expected"),
    [
        ("Harbor Lane", "harbor-lane-privacy-policy.pdf"),
        ('O\'Brien’s "Smile" & Søn', "obriens-smile-sn-privacy-policy.pdf"),
        ("Dr. Siobhán Ó Ceallaigh", "dr-siobhan-o-ceallaigh-privacy-policy.pdf"),
        ("מרפאת השיניים", "privacy-policy.pdf"),
        ("🦷😀", "privacy-policy.pdf"),
        ("", "privacy-policy.pdf"),
        ("../../etc/passwd\r\nX: y", "etc-passwd-x-y-privacy-policy.pdf"),
        ("--a--", "a-privacy-policy.pdf"),
    ],
)
def test_file_names_are_slugs(practice: str, expected: str) -> None:
    assert filename(practice, "pdf") == expected


def test_file_names_are_short() -> None:
    assert len(filename("Llanfair-" * 1_000, "html")) <= 150


@pytest.mark.parametrize(
    "practice",
    [
        *documents.NAMES.values(),
        *documents.MARKUP,
        'x"; filename="evil.exe',
        "a\r\nSet-Cookie: b=c\n\n<script>",
        "\u202egpj.exe\u202c\u200f\u2067x\u2069",
        "..\\..\\con",
        "C:\\a/b|c?d*e:f",
        "a\x00b\x7f\x1b[0m",
        "\ud800",
        "ß" * 5_000,
        "x " * 2_500,
        "ﷺ" * 5_000,
        "①½ﬁ",
    ],
)
def test_h06_no_name_of_a_practice_makes_a_file_name_unsafe(practice: str) -> None:
    name = filename(practice, "json")
    assert re.fullmatch(r"(?:[a-z0-9]+-)*privacy-policy\.json", name)
    assert len(name) <= 150


def test_json_is_the_document_in_its_canonical_form() -> None:
    for document in (documents.ordinary(), documents.hostile()):
        content = FORMATS["json"].render(document).content
        assert content == document_text(document).encode() + b"\n"
    ordinary = FORMATS["json"].render(documents.ordinary()).content
    assert document_from_json(json.loads(ordinary)) == documents.ordinary()
