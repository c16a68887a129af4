"""The PDF: what it says about itself, what it never fetches or carries, and how it is set."""

import hashlib
import io
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from policygen.core.document import AddressBlock, AddressEntry, Document, Paragraph, Run, Section
from policygen.rendering import RenderingFailed, pdf
from policygen.rendering.pdf_process import worker_environment
from tests.rendering import documents


@contextmanager
def opened(content: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(content)) as file:
        yield file


@pytest.fixture(scope="module")
def ordinary() -> bytes:
    return pdf.render(documents.ordinary()).content


@pytest.fixture(scope="module")
def hostile() -> bytes:
    return pdf.render(documents.hostile()).content


def printed(content: bytes, *options: str) -> str:
    command = ["pdftotext", *options, "-", "-"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode()


def objects(content: bytes) -> Iterator[pikepdf.Dictionary]:
    with opened(content) as file:
        for thing in file.objects:
            if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
                yield thing


# What it says about itself


def test_it_declares_itself_accessible(ordinary: bytes) -> None:
    with opened(ordinary) as file:
        root = file.Root
        assert root.Lang == "en"
        assert root.MarkInfo.Marked
        assert root.ViewerPreferences.DisplayDocTitle
        assert b'pdfuaid:part="1"' in root.Metadata.read_bytes()
        assert root.StructTreeRoot.K is not None


def test_its_properties_are_the_documents(hostile: bytes) -> None:
    document = documents.hostile()
    with opened(hostile) as file:
        info = file.docinfo
        assert info.Title == f"{document.title} – {document.practice}"
        assert info.Author == document.practice
        assert info.CreationDate == "D:20261122"
        assert "/ModDate" not in info


def test_bookmarks_name_every_section(ordinary: bytes) -> None:
    with opened(ordinary) as file, file.open_outline() as outline:
        (title,) = outline.root
        sections = [item.title for item in title.children]
    assert title.title == "Privacy Policy"
    assert sections == [
        f"{number}. {section.title}"
        for number, section in enumerate(documents.ordinary().sections, start=1)
    ]


def test_headings_and_lists_are_tagged(ordinary: bytes) -> None:
    listing = subprocess.run(
        ["pdfinfo", "-struct-text", "-"], input=ordinary, capture_output=True, check=True
    ).stdout.decode()
    for tag, text in (
        ("H1", "Privacy Policy"),
        ("H2", "2. What we collect"),
        ("H3", "For our work"),
    ):
        assert re.search(rf'{tag} \(block\)\n +Span \(inline\)\n +"{text}"', listing)
    assert re.search(r'LI \(block\)\n +Lbl \(block\)\n +Span \(inline\)\n +"•', listing)
    assert "Page 1 of" not in listing  # what stands in the margins is no part of the text


def test_links_are_described_by_their_words(ordinary: bytes) -> None:
    described = [
        str(thing.Contents) for thing in objects(ordinary) if thing.get("/Subtype") == "/Link"
    ]
    assert "2. What we collect" in described
    assert "our website" in described
    assert not [text for text in described if text.startswith("section-")]


def test_pages_are_numbered_and_named(ordinary: bytes) -> None:
    pages = printed(ordinary, "-layout").split("\f")[:-1]
    for number, page in enumerate(pages, start=1):
        lines = page.strip().splitlines()
        assert lines[-1].strip() == f"Page {number} of {len(pages)}"
        if number > 1:
            assert lines[0].split("  ")[0] == "Harbor Lane Family Dental"
            assert lines[0].endswith("Privacy Policy")


def test_the_contents_name_the_right_pages(ordinary: bytes) -> None:
    pages = printed(ordinary, "-layout").split("\f")
    contents = re.findall(r"^ *(\d+\. .*?) {3,}(\d+)$", pages[0], re.MULTILINE)
    assert len(contents) == len(documents.ordinary().sections)
    for title, page in contents:
        heading = rf"^ *{re.escape(title)}$"
        assert re.search(heading, pages[int(page) - 1], re.MULTILINE), (title, page)


# The same input, the same bytes


def test_fresh_processes_with_other_seeds_make_the_same_bytes() -> None:
    program = (
        "import sys, hashlib\n"
        "from policygen.rendering import pdf, pdf_worker\n"
        "from tests.rendering import documents\n"
        "press = pdf_worker.Press()\n"
        "for make in sys.argv[1:]:\n"
        "    page = pdf.source(getattr(documents, make)()).decode()\n"
        "    print(hashlib.sha256(press.pdf(page)).hexdigest())\n"
    )
    names = ["ordinary", "hostile"]
    digests = [
        hashlib.sha256(pdf.render(getattr(documents, name)()).content).hexdigest() for name in names
    ]
    for seed, number in (("1", 2), ("2", 1)):
        environment = worker_environment() | {"PYTHONHASHSEED": seed}
        made = subprocess.run(
            [sys.executable, "-c", program, *names[:number]],
            env=environment,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
            text=True,
        )
        assert made.stdout.split() == digests[:number]


def test_what_a_worker_made_before_leaves_no_trace() -> None:
    first = pdf.render(documents.ordinary()).content
    for text in documents.NAMES.values():
        pdf.render(documents.saying(text))
    pdf.WORKERS.resize(1)
    assert pdf.render(documents.ordinary()).content == first
    pdf.WORKERS.resize(2)


# What it never fetches or carries


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that notes who asks for what."""
    asked: list[str] = []

    class Note(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Note)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


VECTORS = (
    '<img src="{0}/img"><img srcset="{0}/srcset 2x"><picture><source srcset="{0}/p"></picture>',
    '<link rel="stylesheet" href="{0}/css"><link rel="attachment" href="{0}/attachment">',
    '<link rel="icon" href="{0}/icon"><a rel="attachment" href="{0}/a">a</a>',
    '<base href="{0}/base/"><img src="relative">',
    '<object data="{0}/object"></object><embed src="{0}/embed"><iframe src="{0}/iframe"></iframe>',
    '<video poster="{0}/poster" src="{0}/video"></video><input type="image" src="{0}/input">',
    '<style>@import "{0}/import"; @import url({0}/import2);</style>',
    "<style>@font-face {{ font-family: x; src: url({0}/font) }} p {{ font-family: x }}</style><p>x",
    "<style>p {{ background: url({0}/bg); list-style-image: url({0}/lsi) }}</style><p>x",
    "<style>p::before {{ content: url({0}/content) }}</style><p>x",
    "<style>@page {{ background: url({0}/page) }}</style><p>x",
    "<style>p {{ border-image: url({0}/border) 1; cursor: url({0}/cursor) }}</style><p>x",
    '<style>@color-profile device-cmyk {{ src: url({0}/profile) }}</style><p style="color: red">x',
    '<svg><image href="{0}/svg"/><use href="{0}/use#x"/><style>@import "{0}/svgcss";</style></svg>',
    "<p style=\"background: url('{0}/style')\">x</p>",
    '<table background="{0}/table"><tr><td>x</table>',
    '<meta http-equiv="refresh" content="0;url={0}/refresh"><body background="{0}/body">x',
)


def made_or_refused(page: str) -> bytes:
    """Make a PDF of markup that no document leads to; some of it ends the work, which is right."""
    try:
        return pdf.WORKERS.make(page.encode())
    except RenderingFailed:
        return pdf.WORKERS.make(b"<p>Refused")


@pytest.mark.parametrize("vector", VECTORS)
def test_no_address_is_fetched(vector: str, canary: tuple[str, list[str]]) -> None:
    address, asked = canary
    made = made_or_refused(vector.format(address))
    assert not asked
    assert b"/EmbeddedFile" not in made


@pytest.mark.parametrize("vector", VECTORS)
def test_no_file_is_read(vector: str, tmp_path: Path) -> None:
    secret = b"a token of which no PDF may know 4711"
    for name in re.findall(r"\{0\}/(\w+)", vector):
        (tmp_path / name).write_bytes(secret)
    made = made_or_refused(vector.format(tmp_path.as_uri()))
    for thing in objects(made):
        assert thing.get("/Type") != "/EmbeddedFile"
        if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") != "/Image":
            assert secret not in thing.read_bytes()


def test_links_lead_only_where_links_may(hostile: bytes) -> None:
    addresses = [str(thing.A.URI) for thing in objects(hostile) if "/A" in thing]
    assert sorted(set(addresses)) == sorted(documents.GOOD_ADDRESSES)


def test_nothing_in_it_acts(hostile: bytes) -> None:
    forbidden = {
        "/JS",
        "/JavaScript",
        "/OpenAction",
        "/AA",
        "/Launch",
        "/EmbeddedFiles",
        "/AcroForm",
    }
    for thing in objects(hostile):
        assert not forbidden & set(thing.keys())
        assert thing.get("/S") not in {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData"}


# How it is set


def words(content: bytes) -> Iterator[tuple[float, float, float, float]]:
    listing = printed(content, "-bbox")
    for box in re.findall(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)"', listing):
        left, top, right, bottom = map(float, box)
        yield left, top, right, bottom


@pytest.mark.parametrize("which", ["ordinary", "hostile"])
def test_no_word_leaves_the_page(which: str, request: pytest.FixtureRequest) -> None:
    content = request.getfixturevalue(which)
    with opened(content) as file:
        _, _, width, height = (float(side) for side in file.pages[0].MediaBox.as_list())
    assert (round(width), round(height)) == (595, 792)
    for left, top, right, bottom in words(content):
        assert left > 70
        assert right < width - 70
        assert top > 20
        assert bottom < height - 20


def test_a_line_that_fits_is_not_broken_after_its_first_word() -> None:
    # Each text is a full stop longer than the one before, which is less than a blank is wide. One
    # of them fits on its line but for its last blank; WeasyPrint alone breaks that after "that".
    texts = [
        f"that we offer to the people we care for{'.' * stops} and whose teeth we mend, we mean "
        for stops in range(50)
    ]
    link = Run("here", href="https://a.example")
    blocks = tuple(Paragraph((Run(text), link, Run("."))) for text in texts)
    document = documents.document(Section("a", "A", (documents.clause("a", *blocks),)))
    lines = printed(pdf.render(document).content, "-layout").splitlines()
    assert [line for line in lines if line.strip() == "that"] == []


def test_every_name_has_its_glyphs() -> None:
    fonts = printed_fonts(pdf.render(documents.saying(*documents.NAMES.values())).content)
    for family in ("Hebrew", "Arabic", "Thai", "Devanagari", "WenQuanYi", "Emoji"):
        assert family in fonts


def printed_fonts(content: bytes) -> str:
    command = ["pdffonts", "-"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode()


def address_of(lines: int) -> Document:
    entry = AddressEntry("Mail", ((Run("A line"),),) * lines)
    clause = documents.clause("a", AddressBlock((entry,)))
    return documents.document(Section("a", "A", (clause,)))


@pytest.mark.parametrize(
    "document",
    [
        documents.saying("x" * 5_000),
        documents.saying("é\u0301\u0302\u0303\u0304\u0305\u0306\u0307" * 500),
        address_of(200),
        documents.saying(*["A sentence of some length. " * 40] * 20),
    ],
    ids=["long word", "marks", "lines", "twenty thousand characters"],
)
def test_what_the_forms_let_through_is_made_in_time(document: Document) -> None:
    # A worker ends itself after its seconds of CPU; a busy machine's clock would say nothing.
    assert pdf.render(document).content.startswith(b"%PDF-1.7")


@pytest.mark.parametrize("count", [17, 41])
def test_no_location_stands_alone_on_the_last_sheet_of_a_long_list(count: int) -> None:
    lines = [(Run("12 Main Street"),), (Run("Springfield, IL 62701"),)]
    entries = (
        AddressEntry("", ((Run(f"Office {number}", strong=True),), *lines))
        for number in range(count)
    )
    clause = documents.clause("a", AddressBlock(tuple(entries)))
    content = pdf.render(documents.document(Section("a", "A", (clause,)))).content
    sheets = [sheet for sheet in printed(content).split("\f") if sheet.strip()]
    assert len(sheets) > 1
    assert sheets[-1].count("Office") > 1
