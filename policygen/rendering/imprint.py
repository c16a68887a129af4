"""Which machinery makes the files here: a mark to be stored with each file that is kept.

The bytes of a file depend on our own markup and stylesheet, and those of a PDF on WeasyPrint, the
libraries under it and the fonts that are installed as well. No list of these would ever be
complete, so the mark is the outcome of an experiment: a specimen with every kind of block and every
script is made in the same format, and its digest taken. A font that is updated shows even where its
letters look the same, since a PDF carries its date.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from functools import cache
from importlib.metadata import version

from policygen.core.document import (
    AddressBlock,
    AddressEntry,
    Block,
    ClauseText,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Run,
    Section,
)
from policygen.rendering.rendered import Rendered

# What a font can do to a line of print: letters, figures, signs and marks of every script that the
# stylesheet names a family for, and of some that it leaves to the system.
SCRIPTS = (
    "The quick brown fox jumps over the lazy dog. SPHINX OF BLACK QUARTZ, JUDGE MY VOW!",
    "0123456789 “quoted” ‘so’ – — … • § ® ™ € £ ½ (a) [b] {c} <d> & @ # % * + = / \\ | ~ ^ _ ; : ?",
    "fi fl ffi AV To Ŵ Ly ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞß àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ",
    "Łódź Đặng Thị Nguyễn Šiauliai Győr İzmir e\u0301 o\u0328\u0301",
    "Θέλει αρετή και τόλμη · Съешь ещё этих мягких булок, ґ є і ї",
    "מרפאת השיניים של ד״ר כהן שָׁלוֹם",
    "عيادة الدكتور أحمد للأسنان ١٢٣ لا کلینیک می\u200cخواهم",
    "दंत चिकित्सालय क्षत्रिय १२३ · คลินิกทันตกรรม น้ำ",
    "北京口腔诊所 さくら歯科クリニック 서울미소치과의원",
    "দাঁতের ডাক্তার · பல் மருத்துவர் · ატამი · ատամ",
    "🦷😀 👨\u200d👩\u200d👧",
)


@cache
def mark_of(name: str, render: Callable[[Document], Rendered]) -> str:
    """Return the mark of a format, such as ``html-9f86d081884c7d65``: ASCII, at most 60 characters.

    That of a PDF names WeasyPrint, too, which only a worker imports. It is found once in a process,
    with one file. Raises what ``render`` raises, and then tries again when asked again.
    """
    digest = hashlib.sha256(render(specimen()).content).hexdigest()[:16]
    made_by = f"weasyprint-{version('weasyprint')[:24]}" if name == "pdf" else name[:24]
    return f"{made_by}-{digest}"


def specimen() -> Document:
    """Return the document that is printed to see how documents are printed here."""
    plain = tuple((Run(text, filled_by="practice_name"),) for text in SCRIPTS)
    styled = tuple(Run(text, strong=True) for text in SCRIPTS[:5])
    slanted = tuple(Run(text, em=True) for text in SCRIPTS[:5])
    link = Run("www.a.example", href="https://www.a.example/")
    back = Run("above", href="#section-all")
    blocks: tuple[Block, ...] = (
        *(Paragraph(runs) for runs in plain),
        Paragraph((Run("It runs in, see "), link, Run(", and "), back, Run(".")), run_in=True),
        Heading((Run(SCRIPTS[0]), *plain[5])),
        Paragraph((*styled, *slanted, Run("both", strong=True, em=True))),
        ListBlock(plain),
        ListBlock(plain, ordered=True),
        AddressBlock((AddressEntry("Phone", plain[:1]), AddressEntry("", plain[:4]))),
    )
    clause = ClauseText("all", 1, "All", blocks, (), ())
    own = ClauseText("own", 2, "Own", blocks[:1], (), (), amended=True)
    section = Section("all", "All", (clause, own))
    return Document("Specimen", "A practice", "en", date(2000, 1, 1), "0" * 64, (section,))
