"""A small library with regimes, and what is made of it."""

from __future__ import annotations

from typing import Any

from policygen.core.analysis.ledger import Ledger, ledger
from policygen.core.answers import Answers, parse_answers
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.library import Library, parse_library
from policygen.core.selection import select
from tests.core.small import DAY, QUESTIONS, clause, option, plain_library, question


def element(identifier: str, **more: Any) -> dict[str, Any]:
    plain = {
        "id": identifier,
        "title": identifier.replace("-", " ").capitalize(),
        "states": f"Say what {identifier} wants.",
        "citation": f"Art. {len(identifier)}",
    }
    return {**plain, **more}


def regime(identifier: str, *elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    plain = {
        "id": identifier,
        "name": f"Law of {identifier.capitalize()}",
        "jurisdiction": identifier.capitalize(),
        "authority": "Act 1",
        "law_as_of": "2026-01-31",
        "elements": list(elements),
    }
    return {**plain, **more}


LAWS = [
    option(name, f"the law of {name.capitalize()}", "laws", informative="true")
    for name in ("anywhere", "notice", "peru")
]
LAW_QUESTIONS = [
    question("laws_added", "many", page="laws", groups={"laws": "Laws"}, options=LAWS),
    question("laws_removed", "many", page="laws", groups={"laws": "Laws"}, options=LAWS),
    question("laws_reason", "text", page="laws"),
]
PERU = regime(
    "peru",
    element("who"),
    element("what", when={"any": ["data"]}),
    element("health", when={"any": ["data.health"]}, duty="conditional"),
    element("treating", when={"any": ["uses:treat"]}, duty="conditional"),
    element("heading", wording=["THIS NOTICE IS FROM [NAME].", "READ  IT."]),
    element("shown", met_by="outside"),
    element("plain", met_by="reading", confidence="medium", doubt="No grade is named."),
    element("nobody", duty="recommended"),
    when=[{"any": ["country:peru"]}, {"all": ["data:records"]}],
)
NOTICE = regime(
    "notice",
    element("notice-who"),
    when={"any": ["data.health"]},
    held_when={"any": ["uses:remind"]},
)
ANYWHERE = regime("anywhere", element("contact", duty="recommended"))
ASKED = ("practice_name", "short_name", "motto", "website", "since", "country", "data", "uses")
CLAUSES = [
    clause("speaker", "We are {{ practice }}.\n\nThat is our name.", satisfies=["who"]),
    clause(
        "heading",
        "THIS NOTICE IS FROM {{ practice }}. READ IT.",
        satisfies=["heading"],
        order=11,
    ),
    clause(
        "data",
        "We collect:\n\n{{ data | bullets }}",
        satisfies=["what"],
        section="collect",
        claims=["collect(data)"],
    ),
    clause(
        "health",
        "We collect {{ data.health | listing }}.",
        section="collect",
        order=20,
        satisfies=["health", "notice-who"],
        claims=["collect(data.health)"],
    ),
    clause("uses", "We {{ uses | choices }}.", section="collect", order=21, satisfies=["treating"]),
    clause("since", "We began on {{ since | date }}.", satisfies=["contact"], section="contact"),
    clause("motto", "{{ motto | capital }}.", order=12),
    clause("site", "See {{ website | link }}.", order=13, satisfies=["contact"], section="contact"),
]


def lawful(*clauses: dict[str, Any], regimes: list[dict[str, Any]] | None = None) -> Library:
    """Return a library with three regimes, or with others."""
    plain = plain_library(
        *(clauses or CLAUSES), regimes=[PERU, NOTICE, ANYWHERE] if regimes is None else regimes
    )
    asked = [one for one in QUESTIONS if one["id"] in ASKED]
    return parse_library({**plain, "questions": [*asked, *LAW_QUESTIONS]})


LAWFUL = lawful()


def answers_to(library: Library = LAWFUL, **raw: Any) -> Answers:
    named = {"practice_name": "Maple Street Dental", **raw}
    return parse_answers(library.vocabulary, named)


def policy(answers: Answers, library: Library = LAWFUL) -> Document:
    return assemble(select(library, answers), answers, on=DAY)


def ledger_of(
    answers: Answers,
    library: Library = LAWFUL,
    document: Document | None = None,
    reading: float | None = 7.0,
) -> Ledger:
    """Return the ledger of the policy from these answers, or of another document."""
    made = document or policy(answers, library)
    return ledger(library, answers, select(library, answers), made, reading)
