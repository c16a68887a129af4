"""Addresses that cannot work or should not be used, judged by their form: nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.sentences import PrintedRun
from policygen.core.conflicts import Severity
from policygen.core.links import email_address, web_address
from policygen.core.text import TextRefused
from policygen.core.vocabulary import Kind

INSECURE = "link-insecure"
BROKEN = "link-broken"
PLACEHOLDER = "link-placeholder"

CODES = {
    INSECURE: "A web address begins with http:, so that others can read along.",
    BROKEN: "An address has a form that leads nowhere.",
    PLACEHOLDER: "An address is one that only examples have.",
}

PRINTED = re.compile(r"\bhttps?://\S*[^\s.,;:!?)”’]|[^\s@“(]+@[\w.-]+\.\w+")
"""A web or email address that is printed without a link."""

TEL = re.compile(r"tel:\+?[0-9]{3,15}(?:;ext=[0-9]{1,6})?")
RESERVED = re.compile(
    r"(?:.*\.)?(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost)", re.IGNORECASE
)
"""Names that are kept for examples and tests (RFC 2606 and 6761): nobody can be reached there."""

UNFINISHED = re.compile(
    r"(?:www\.)?(?:example\.(?:com|org|net|edu)"
    r"|your-?(?:domain|company|practice|clinic|firm|office|business|web-?site|site|name)\.\w+"
    r"|my-?(?:domain|company|web-?site)\.\w+|(?:domain|company|website)\.(?:com|org|net))",
    re.IGNORECASE,
)
"""Names that templates put where somebody is to fill in their own."""


def _find(subject: Subject) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for printed in subject.runs:
        for address in _addresses(printed):
            for finding in _about(address, printed, subject):
                key = (finding.code, _host(address) if finding.code == PLACEHOLDER else address)
                if key not in seen:
                    seen.add(key)
                    yield finding


def _addresses(printed: PrintedRun) -> Iterator[str]:
    if printed.run.href:
        if not printed.run.href.startswith("#"):
            yield printed.run.href
        return
    for found in PRINTED.finditer(printed.run.text):
        yield found[0] if "://" in found[0] else f"mailto:{found[0]}"


def _about(address: str, printed: PrintedRun, subject: Subject) -> Iterator[Finding]:
    if wrong := _wrong_with(address):
        says, mend = f"“{_shown(address)}” leads nowhere.", wrong
        yield _finding(BROKEN, Severity.WARNS, says, mend, printed, subject)
        return
    host = _host(address)
    if UNFINISHED.fullmatch(host):
        says = f"“{_shown(address)}” is an address from a template."
        mend = "Enter the address that people can really use."
        yield _finding(PLACEHOLDER, Severity.WARNS, says, mend, printed, subject)
    elif RESERVED.fullmatch(host):
        says = f"“{host}” is a name for examples. Nobody can be reached there."
        mend = "Enter your own address before you publish."
        yield _finding(PLACEHOLDER, Severity.NOTE, says, mend, printed, subject)
    if address.lower().startswith("http:"):
        says = f"“{_shown(address)}” is not protected: others can read along."
        mend = "Use the address that begins with https."
        yield _finding(INSECURE, Severity.WARNS, says, mend, printed, subject)


def _wrong_with(address: str) -> str:
    """Return what is wrong with the form of an address, or nothing."""
    scheme, _, rest = address.partition(":")
    try:
        match scheme.lower():
            case "http" | "https":
                web_address(address)
            case "mailto":
                email_address(unquote(rest.partition("?")[0]))
            case "tel":
                return "" if TEL.fullmatch(address) else "Enter a number such as +1 555 010 0199."
            case _:
                return "Use https:, mailto: or tel:."
    except TextRefused as refused:
        return str(refused)
    return ""


def _host(address: str) -> str:
    if address.startswith("mailto:"):
        return unquote(address).partition("?")[0].rpartition("@")[2].lower()
    return (urlsplit(address).hostname or "").lower()


def _shown(address: str) -> str:
    return unquote(address.removeprefix("mailto:").removeprefix("tel:"))


def _finding(
    code: str, severity: Severity, says: str, mend: str, printed: PrintedRun, subject: Subject
) -> Finding:
    filled = printed.run.filled_by.partition(".")[0]
    question = subject.library.vocabulary.by_id.get(filled)
    points = [
        one for one in subject.library.vocabulary.questions if one.kind is Kind.CONTACT_POINTS
    ]
    behind = points if question and question.kind is Kind.CONTACTS else [question]
    return Finding(
        code,
        severity,
        says,
        mend,
        clause=printed.clause.slug,
        sentence=printed.run.text,
        questions=tuple(one.id for one in behind if one)
        or subject.questions_behind(printed.clause.slug),
    )


CHECK = Check(CODES, _find)
