"""The change notice for the front desk: one page whatever it says, with a code that can be read."""

import io
import re
import subprocess
from dataclasses import replace
from datetime import date
from typing import Any

import lxml.html
import pikepdf
import pytest
import segno
from PIL import Image

from policygen.rendering import notice_sheet
from policygen.rendering.notice_sheet import Sheet, render, source
from policygen.rendering.pdf_pipe import Layout
from tests.rendering import documents

ADDRESS = "https://policies.example/p/harbor-lane-family-dental/privacy-policy/"
SHEET = Sheet(
    title="Our privacy policy is changing",
    practice="Harbor Lane Family Dental",
    language="en",
    effective_on=date(2026, 11, 22),
    lines=(
        "We now send appointment reminders by text message as well as by email.",
        "Pine Dental Lab receives impressions and X-rays that it needs for crowns.",
        "We keep the records of adults for ten years after the last visit, no longer seven.",
    ),
    more=3,
    contact_lines=("The privacy officer", "Phone: +1 207 555 0142", "privacy@harborlane.example"),
    address=ADDRESS,
)
GIANT = "\ufdfd"  # one letter as wide as ten
EXTREMES = {
    "ordinary": SHEET,
    "nothing to say": replace(SHEET, practice="", lines=(), more=0, contact_lines=()),
    "many lines": replace(SHEET, lines=SHEET.lines * 400),
    "long lines": replace(SHEET, lines=("word " * 1_000,) * 20),
    "words without an end": replace(SHEET, lines=("x" * 5_000,) * 20, practice="x" * 5_000),
    "wide letters": replace(SHEET, title="W" * 5_000, practice="北" * 5_000),
    "much of everything": Sheet(
        *("W" * 5_000, "W" * 5_000, "en", date(9999, 12, 31), ("W" * 5_000,) * 500, 10**9),
        *(("W" * 5_000,) * 500, "https://a.example/" + "W" * 282),
    ),
    "giant letters": Sheet(
        *(GIANT * 5_000, GIANT * 5_000, "ar", date(2026, 1, 1), (GIANT * 5_000,) * 9, 0),
        *((f"{GIANT} " * 5_000,) * 9, "https://a.example/" + "W" * 282),
    ),
    "marks": replace(SHEET, lines=("e\u0301\u0302\u0303\u0304" * 1_000,) * 12),
    "line ends": replace(SHEET, lines=("a\n\n\nb" * 500,), title="a\r\n" * 500),
}


def as_tree(sheet: Sheet) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(source(sheet).decode())


def tool(content: bytes, *command: str) -> str:
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode()


def words_of(content: bytes) -> str:
    return " ".join(tool(content, "pdftotext", "-", "-").split())


# One page


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the workers are asked for."""
    asked: list[bytes] = []
    workers = notice_sheet.WORKERS

    class Noting:
        def make(self, page: bytes, layout: Layout) -> bytes:
            asked.append(page)
            return workers.make(page, layout)

    monkeypatch.setattr(notice_sheet, "WORKERS", Noting())
    return asked


@pytest.mark.parametrize("sheet", EXTREMES.values(), ids=EXTREMES)
def test_it_is_one_page_for_both_papers_after_a_few_tries(sheet: Sheet, tries: list[bytes]) -> None:
    made = render(sheet)
    assert len(set(tries)) == len(tries) <= 10
    with pikepdf.open(io.BytesIO(made.content)) as file:
        (page,) = file.pages
        width, height = (float(side) for side in page.MediaBox.as_list()[2:])
    assert (round(width), round(height)) == (595, 792)  # points: as wide as A4, as high as Letter
    margin = 17 / 25.4 * 72
    for box in re.findall(
        r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)"',
        tool(made.content, "pdftotext", "-bbox", "-", "-"),
    ):
        left, top, right, bottom = map(float, box)
        assert left > margin
        assert right < width - margin
        assert top > margin / 2
        assert bottom < height - margin / 2
    assert "From " in words_of(made.content)
    assert read_code(made.content, sheet.address)


def test_every_change_is_printed_or_counted() -> None:
    lines = tuple(f"Change number {number}, of some length. " * 2 for number in range(1, 41))
    text = words_of(render(replace(SHEET, lines=lines, more=2)).content)
    shown = sorted({int(number) for number in re.findall(r"Change number (\d+)", text)})
    (more,) = re.findall(r"and (\d+) more changes on the page", text)
    assert shown == list(range(1, len(shown) + 1))
    assert 3 < len(shown) < 12
    assert len(shown) + int(more) == 42


@pytest.mark.parametrize(
    ("count", "more", "expected"),
    [
        (2, 0, ""),
        (2, 1, "and 1 more change on the page"),
        (2, 1_200, "and 1,200 more changes on the page"),
        (0, 1, "1 change, listed on the page"),
        (0, 7, "7 changes, listed on the page"),
    ],
)
def test_the_changes_that_are_left_out_are_counted_in_words(
    count: int, more: int, expected: str
) -> None:
    found = as_tree(replace(SHEET, lines=SHEET.lines[:count], more=more))
    assert (found.findtext(".//p[@class='more']") or "") == expected


def test_long_texts_end_in_an_ellipsis_between_words() -> None:
    found = as_tree(replace(SHEET, lines=("A word and another. " * 50, "北" * 500)))
    first, second = [item.text_content() for item in found.findall(".//li")]
    assert re.fullmatch(r"(A word and another\. )*[A-Za-z .]*[a-zA-Z.]…", first)
    assert 220 < len(first) <= 240
    assert re.fullmatch("北{119}…", second)


def test_it_says_no_more_than_it_knows() -> None:
    found = as_tree(EXTREMES["nothing to say"])
    assert [h.text_content() for h in found.iter("h1", "h2")] == [
        "Our privacy policy is changing",
        "Read the whole policy",
    ]
    assert found.findtext(".//title") == "Our privacy policy is changing"


# What it says


def test_it_says_what_changes_from_when_and_whom_to_ask() -> None:
    made = render(SHEET)
    strings = re.findall(r'"(.*)"', tool(made.content, "pdfinfo", "-struct-text", "-"))
    said = "".join("".join(strings).split()).replace("•", "")
    expected = [
        *("Harbor Lane Family Dental", SHEET.title, "From November 22, 2026", "What changes"),
        *(*SHEET.lines, "and 3 more changes on the page", "Whom to ask", *SHEET.contact_lines),
        *("Read the whole policy", ADDRESS),
    ]
    assert said == "".join("".join(expected).split())
    assert made.filename == "harbor-lane-family-dental-privacy-policy-notice.pdf"
    assert made.content_type == "application/pdf"


def test_it_is_tagged_and_the_code_has_words_for_those_who_do_not_see_it() -> None:
    content = render(SHEET).content
    with pikepdf.open(io.BytesIO(content)) as file:
        assert file.Root.Lang == "en"
        assert file.Root.MarkInfo.Marked
        assert b'pdfuaid:part="1"' in file.Root.Metadata.read_bytes()
        assert file.docinfo.Title == f"{SHEET.title} – {SHEET.practice}"
        assert "/CreationDate" not in file.docinfo
        (figure,) = [thing for thing in dictionaries(file) if thing.get("/S") == "/Figure"]
        assert figure.Alt == f"QR code of the address {ADDRESS}"
        (link,) = [thing for thing in dictionaries(file) if thing.get("/Subtype") == "/Link"]
        assert (link.A.URI, link.Contents) == (ADDRESS, ADDRESS)
    listing = tool(content, "pdfinfo", "-struct", "-")
    tags = re.findall(r"^ *(H1|H2|L|LI|Figure|Link)\b", listing, re.MULTILINE)
    assert tags == ["H1", "H2", "L", "LI", "LI", "LI", "H2", "H2", "Figure", "Link"]


def dictionaries(file: pikepdf.Pdf) -> list[Any]:
    return [thing for thing in file.objects if isinstance(thing, pikepdf.Dictionary)]


def test_the_same_sheet_gives_the_same_bytes() -> None:
    for sheet in (SHEET, EXTREMES["many lines"], EXTREMES["giant letters"]):
        assert render(sheet) == render(replace(sheet))


@pytest.mark.parametrize("text", [*documents.NAMES.values(), *documents.MARKUP])
def test_hostile_text_stays_text(text: str) -> None:
    sheet = replace(SHEET, title=text, practice=text, lines=(text,) * 3, contact_lines=(text,) * 2)
    plain, found = as_tree(SHEET), as_tree(sheet)
    printed = " ".join(text.split())
    assert found.findtext(".//h1/bdi") == printed
    assert found.findtext(".//p[@class='practice']/bdi") == printed
    assert [item.findtext("bdi") for item in found.findall(".//li")] == [printed] * 3
    assert found.xpath("//section[@class='ask']/p/bdi/text()") == [printed] * 2
    assert {each.tag for each in found.iter()} == {each.tag for each in plain.iter()}
    attributes = {name for each in plain.iter() for name in each.attrib}
    assert {name for each in found.iter() for name in each.attrib} == attributes


def test_hostile_text_does_nothing_in_the_pdf() -> None:
    texts = (*documents.NAMES.values(), *documents.MARKUP)
    content = render(replace(SHEET, title=texts[0], practice=texts[-1], lines=texts)).content
    with pikepdf.open(io.BytesIO(content)) as file:
        for thing in dictionaries(file):
            assert not {"/JS", "/OpenAction", "/AA", "/Launch", "/EmbeddedFiles"} & set(
                thing.keys()
            )
            assert "/A" not in thing or thing["/Type"] != "/Annot" or thing.A.URI == ADDRESS


def test_it_is_made_from_markup_that_names_nothing_outside_itself() -> None:
    markup = source(SHEET).decode()
    assert not re.search(r"<script|<style|<img|<link|style=|src=|url\(|data:|@import", markup)
    assert re.findall(r'(?:href|xmlns)="([^"]*)"', markup) == [
        "http://www.w3.org/2000/svg",
        ADDRESS,
    ]


# The code


def read_code(content: bytes, address: str) -> list[list[int]]:
    """Print the page, look at the middle of every module, and compare with the address's code."""
    with pikepdf.open(io.BytesIO(content)) as file:
        (figure,) = [thing for thing in dictionaries(file) if thing.get("/S") == "/Figure"]
        left, top, right, bottom = (float(side) for side in figure.A.BBox.as_list())  # 1/96 inch
    command = ["pdftoppm", "-r", "288", "-gray", "-png", "-"]
    picture = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    page = Image.open(io.BytesIO(picture)).convert("L")
    expected = [list(row) for row in segno.make_qr(address, error="m").matrix_iter(border=4)]
    module = (right - left) * 3 / len(expected)
    assert module > 7  # pixels of 1/288 inch: 0.6 mm, which a phone reads from a hand's breadth
    assert round(right - left) == round(bottom - top)

    def dark(x: int, y: int) -> int:
        at = (int(left * 3 + (x + 0.5) * module), int(top * 3 + (y + 0.5) * module))
        level = page.getpixel(at)
        assert level in {0, 255}  # black on white, nothing between
        return int(level == 0)

    found = [[dark(x, y) for x in range(len(expected))] for y in range(len(expected))]
    assert found == expected
    return found


@pytest.mark.parametrize(
    "address",
    [ADDRESS, "http://a.example/", "https://a.example/?a=1&b='2'", f"{ADDRESS}{'x' * 200}"],
)
def test_the_code_says_the_address_that_is_printed_below_it(address: str) -> None:
    content = render(replace(SHEET, address=address)).content
    assert read_code(content, address)
    assert address in tool(content, "pdftotext", "-", "-").replace("\n", "")


def test_the_code_can_lose_a_seventh_of_itself_and_keeps_its_quiet_zone() -> None:
    code = read_code(render(SHEET).content, ADDRESS)
    quiet = [*code[:4], *code[-4:], *([*row[:4], *row[-4:]] for row in code)]
    assert not any(map(any, quiet))
    # The first two modules of the format's line, after its mask 10, name the level: 01 is the
    # lowest.
    row = code[4 + 8]
    assert (row[4] ^ 1, row[5] ^ 0) != (0, 1)


@pytest.mark.parametrize(
    "address",
    [
        *("", "javascript:alert(1)", "mailto:a@b.example", "tel:+1", "#section-a", "/p/x/y/"),
        *(
            "https://a.example/ b",
            "https://user@a.example/",
            "ftp://a.example/",
            "data:text/html,x",
        ),
        *("https://a.example/\n", "https://аpple.example/", "https://a.example/" + "x" * 300),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="No address for a notice"):
        render(replace(SHEET, address=address))
