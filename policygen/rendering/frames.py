"""The Jinja2 frames around the text of a policy: ``templates/document/``.

The one environment for them is built here. It is strict, escapes everything, and reads that folder
alone. No text of a clause and no answer is ever a template.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from policygen.core.document import Document, section_href
from policygen.rendering.front import CONTENTS, front, section_title

HOUSE = Path(__file__).resolve().parents[2]
TEMPLATES = HOUSE / "templates" / "document"
STYLESHEETS = HOUSE / "static"

ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
BODY = ENVIRONMENT.get_template("body.html")
PAGE = ENVIRONMENT.get_template("page.html")
NOTICE = ENVIRONMENT.get_template("notice.html")


def body(document: Document, sections: str) -> str:
    """Return the ``<article>`` around ``sections``, which is finished markup."""
    return BODY.render(
        front=front(document),
        language=document.language,
        contents_title=CONTENTS,
        contents=[
            (section_href(section.id), section_title(number, section.title))
            for number, section in enumerate(document.sections, start=1)
        ],
        sections=_finished(sections),
    )


def page(document: Document, article: str, *, styled: bool = True) -> str:
    """Return a whole page around ``article``, with its stylesheet inside unless told otherwise."""
    return PAGE.render(
        title=front(document).whole,
        practice=document.practice,
        language=document.language,
        date=document.date.isoformat(),
        release=document.release,
        style=_finished(stylesheet()) if styled else None,
        style_hash=style_hash(),
        article=_finished(article),
    )


def _finished(markup: str) -> Markup:
    """Mark what needs no escaping: the stylesheet, and what ``rendering.html`` has escaped."""
    return Markup(markup)  # noqa: S704


@cache
def stylesheet(name: str = "document.css") -> str:
    """Return the text of a stylesheet for documents, a file of ``static/``."""
    text = (STYLESHEETS / name).read_text(encoding="utf-8")
    if "<" in text:
        raise ValueError(f"{name} must not contain '<': it stands inside a page.")
    return text


@cache
def style_hash() -> str:
    """Return what a Content-Security-Policy must allow under ``style-src``: ``sha256-…``."""
    return "sha256-" + b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode()
