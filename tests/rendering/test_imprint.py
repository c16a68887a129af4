"""The mark that is stored with a PDF: it changes with whatever changes the bytes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from policygen.rendering import FORMATS, PdfBusy, frames, html, imprint, pdf, pdf_process, renderer
from policygen.rendering.pdf_process import worker_environment
from policygen.rendering.pdf_workers import PdfWorkers
from tests.conftest import UNHURRIED

HOUSE = Path(__file__).parents[2]
WITHOUT_A_FAMILY = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><include>/etc/fonts/fonts.conf</include><selectfont><rejectfont>
<pattern><patelt name="family"><string>Noto Serif Thai</string></patelt></pattern>
</rejectfont></selectfont></fontconfig>"""


def test_a_mark_is_short_and_names_weasyprint() -> None:
    assert re.fullmatch(r"weasyprint-[0-9.]+-[0-9a-f]{16}", renderer("pdf"))
    assert len(renderer("pdf")) <= 60


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_mark_of_its_own(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = renderer(name)
    render = FORMATS[name].render
    assert imprint.mark_of.__wrapped__(name, render) == mark
    monkeypatch.setattr(imprint, "SCRIPTS", (*imprint.SCRIPTS[:-1], "another"))
    assert imprint.mark_of.__wrapped__(name, render) != mark


def test_another_stylesheet_gives_the_page_another_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    mark, style = renderer("html"), frames.stylesheet
    monkeypatch.setattr(frames, "stylesheet", lambda *name: f"{style(*name)}p {{color: red}}")
    assert imprint.mark_of.__wrapped__("html", html.render) != mark


def test_another_process_finds_the_same_mark_and_never_imports_weasyprint() -> None:
    program = (
        "import sys\n"
        "from policygen.rendering import renderer\n"
        "print(renderer('pdf'), 'weasyprint' in sys.modules)\n"
    )
    for seed in ("1", "2"):
        made = subprocess.run(
            [sys.executable, "-c", program],
            env=worker_environment() | {"PYTHONHASHSEED": seed},
            cwd=HOUSE,
            capture_output=True,
            check=True,
            text=True,
        )
        assert made.stdout.split() == [renderer("pdf"), "False"]


def test_the_specimen_is_printed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = renderer("pdf")
    monkeypatch.setattr(pdf, "WORKERS", None)
    assert renderer("pdf") == mark


def test_a_mark_that_could_not_be_found_is_looked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mark = renderer("pdf")
    imprint.mark_of.cache_clear()

    def refuse(_page: object) -> None:
        raise PdfBusy("All workers are busy.")

    with monkeypatch.context() as patch:
        patch.setattr(pdf.WORKERS, "make", refuse)
        with pytest.raises(PdfBusy):
            renderer("pdf")
    assert renderer("pdf") == mark


def test_other_fonts_give_another_mark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(WITHOUT_A_FAMILY)
    other = worker_environment() | {"FONTCONFIG_FILE": str(fonts)}
    monkeypatch.setattr(pdf_process, "worker_environment", lambda: other)
    workers = PdfWorkers(1, UNHURRIED)
    monkeypatch.setattr(pdf, "WORKERS", workers)
    try:
        assert imprint.mark_of.__wrapped__("pdf", pdf.render) != renderer("pdf")
    finally:
        workers.close()


def test_another_stylesheet_another_repair_or_other_markup_gives_another_mark() -> None:
    program = (
        "import hashlib\n"
        "from policygen.rendering import frames, html, imprint, pdf, pdf_line_break, pdf_worker\n"
        "def tell():\n"
        "    page = pdf.source(imprint.specimen()).decode()\n"
        "    print(hashlib.sha256(pdf_worker.Press().pdf(page)).hexdigest()[:16])\n"
        "style, link = frames.stylesheet, html._run\n"
        "tell()\n"
        "frames.stylesheet = lambda name: style(name).replace('2.6mm', '2.7mm')\n"
        "tell()\n"
        "frames.stylesheet = style\n"
        "html._run = lambda run, manner: link(run, manner).replace('<em>', '<em class=x>')\n"
        "tell()\n"
        "html._run = link\n"
        "pdf_worker.describe_links = None\n"
        "tell()\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", program],
        env=worker_environment(),
        cwd=HOUSE,
        capture_output=True,
        check=True,
        text=True,
    )
    marks = made.stdout.split()
    assert renderer("pdf").endswith(marks[0])
    assert len(set(marks)) == 4


def test_the_specimen_has_a_font_for_every_family_that_the_stylesheet_names() -> None:
    content = pdf.render(imprint.specimen()).content
    command = ["pdffonts", "-"]
    listing = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    for family in ("Serif", "Sans", "Hebrew", "Naskh", "Devanagari", "Thai", "WenQuanYi", "Emoji"):
        assert family in listing.decode()
    for style in ("Serif-Bold ", "Serif-Italic", "Serif-Bold-Italic", "Sans-Bold"):
        assert style in listing.decode()
