"""The process in which PDFs are made: ``python -m policygen.rendering.pdf_worker MEMORY CPU``.

It limits itself before it reads anything (address space in bytes, CPU seconds for each document),
makes one small PDF to be warm, says that it is ready, and then answers requests (``pdf_pipe``)
until its input ends. It fetches nothing: no address, no file.
"""

from __future__ import annotations

import gc
import logging
import os
import resource
import sys
from hashlib import sha256
from typing import BinaryIO

import pydyf  # type: ignore[import-untyped]
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from policygen.rendering import frames, pdf_line_break
from policygen.rendering.pdf_pipe import REPLY, REQUEST, Layout, Outcome

WARM_UP = (
    '<html lang="en"><head><title>Warm</title></head><body><article class="policy">'
    "<h1>Warm</h1><nav><ul><li><a href='#section-a'>A</a></li></ul></nav>"
    "<section id='section-a'><h2>A <b>b</b> <em>c</em></h2><ul><li>d</li></ul></section>"
    "</article></body></html>"
)

# Refuses every address, whatever its scheme.
NOTHING = URLFetcher(allowed_protocols=set())


class TooLong(Exception):
    """The page takes more sheets of paper than its layout allows."""


class Press:
    """WeasyPrint with what every document shares: the stylesheets, read once, and the fonts."""

    def __init__(self) -> None:
        """Read the stylesheets and find the fonts."""
        pdf_line_break.repair()
        self.fonts = FontConfiguration()
        self.styles = {layout: self._style(layout.stylesheet) for layout in Layout}

    def _style(self, name: str) -> CSS:
        text = frames.stylesheet(name)
        return CSS(string=text, url_fetcher=NOTHING, font_config=self.fonts)

    def pdf(self, source: str, layout: Layout = Layout.POLICY) -> bytes:
        """Return a page as PDF. Its identifier is the digest of the page, so bytes repeat.

        Raises ``TooLong``, and whatever WeasyPrint raises.
        """
        options = {"pdf_variant": "pdf/ua-1"}
        document = HTML(string=source, url_fetcher=NOTHING).render(
            stylesheets=[self.styles[layout]], font_config=self.fonts, **options
        )
        if layout.most_pages is not None and len(document.pages) > layout.most_pages:
            raise TooLong(f"{len(document.pages)} pages, not {layout.most_pages}")
        made = document.write_pdf(
            pdf_identifier=sha256(source.encode()).digest()[:16],
            finisher=describe_links,
            **options,
        )
        if made is None:
            raise RuntimeError("WeasyPrint gave no bytes.")
        return bytes(made)


def describe_links(document: Document, _pdf: pydyf.PDF) -> None:
    """Describe each link by its words: screen readers read that out in place of an address."""
    for page in document.pages:
        for kind, _, _, box in page.links:
            if kind == "attachment":
                continue
            words = " ".join("".join(box.element.itertext()).split())
            box.link_annotation["Contents"] = pydyf.String(words)


def answer(press: Press, layout: Layout, page: bytes) -> tuple[Outcome, bytes]:
    """Make one PDF and say how it went."""
    try:
        return Outcome.MADE, press.pdf(page.decode(), layout)
    except TooLong as error:
        return Outcome.TOO_LONG, str(error).encode()
    except (MemoryError, RecursionError) as error:
        return Outcome.TOO_EXPENSIVE, type(error).__name__.encode()
    except (Exception, FatalURLFetchingError) as error:  # noqa: BLE001 - the owner must hear of it
        return Outcome.FAILED, f"{type(error).__name__}: {error}"[:2_000].encode("utf-8", "replace")


def main() -> None:
    """Serve requests from standard input until it ends, or nobody reads the replies any more."""
    try:
        serve()
    except BrokenPipeError:
        # The owner was killed. Python would write the rest of the reply once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def serve() -> None:
    """Make one small PDF to be warm, then answer requests until there are no more."""
    memory, cpu = (int(argument) for argument in sys.argv[1:3])
    limit(resource.RLIMIT_AS, memory)
    limit(resource.RLIMIT_CORE, 0)
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    press = Press()
    press.pdf(WARM_UP)
    gc.collect()
    gc.freeze()
    # Collecting in the middle of a document costs a tenth of its time; it is done between two.
    gc.disable()
    reply(replies, Outcome.READY, b"")
    while (request := read_request(requests)) is not None:
        allow_cpu(cpu)
        reply(replies, *answer(press, *request))
        gc.collect()


def read_request(requests: BinaryIO) -> tuple[Layout, bytes] | None:
    """Return the next page and how to set it, or ``None`` once the owner has gone."""
    head = requests.read(REQUEST.size)
    if len(head) < REQUEST.size:
        return None
    letter, length = REQUEST.unpack(head)
    return Layout(letter), requests.read(length)


def reply(replies: BinaryIO, outcome: Outcome, content: bytes) -> None:
    """Send one reply and do not keep it."""
    replies.write(REPLY.pack(outcome.value, len(content)))
    replies.write(content)
    replies.flush()


def allow_cpu(seconds: int) -> None:
    """Let this process use so many more seconds of CPU; the kernel ends it after that."""
    used = os.times()
    limit(resource.RLIMIT_CPU, int(used.user + used.system) + 1 + seconds)


def limit(kind: int, value: int) -> None:
    """Set the soft limit of a resource, below the hard one that the machine may have set."""
    _, most = resource.getrlimit(kind)
    resource.setrlimit(kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))


if __name__ == "__main__":
    main()
