"""A small library to test with, and strategies for random answers to any vocabulary."""

from __future__ import annotations

import string
from datetime import date
from functools import cache
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from policygen.core.answers import Answers, parse_answers
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.library import Library, parse_library
from policygen.core.selection import select
from policygen.core.vocabulary import Kind, Vocabulary, parse_vocabulary

DAY = date(2026, 11, 22)

_patient = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
often = settings(max_examples=100, suppress_health_check=_patient)
sometimes = settings(max_examples=40, suppress_health_check=_patient)


def option(identifier: str, phrase: str, group: str = "", **more: Any) -> dict[str, Any]:
    label = identifier.replace("-", " ").capitalize()
    plain = {"id": identifier, "label": label, "help": f"Help on {label}.", "phrase": phrase}
    return {**plain, **({"group": group} if group else {}), **more}


def question(identifier: str, kind: str, page: str = "start", **more: Any) -> dict[str, Any]:
    ask = f"What about {identifier.replace('_', ' ')}?"
    return {"id": identifier, "kind": kind, "page": page, "ask": ask, **more}


QUESTIONS: list[dict[str, Any]] = [
    question("practice_name", "name", required="true"),
    question("short_name", "name"),
    question("motto", "text"),
    question("website", "link"),
    question("since", "date"),
    question("years", "number", min="1", max="100"),
    question("countries", "lines"),
    question("locations", "places"),
    question(
        "country",
        "one",
        groups={"places": "Places"},
        options=[
            option("canada", "Canada", "places", informative="true"),
            option("peru", "Peru", "places"),
        ],
    ),
    question(
        "data",
        "many",
        page="data",
        groups={"identity": "Who you are", "health": "Your health"},
        options=[
            option("name", "your name", "identity"),
            option("birthday", "your date of birth", "identity"),
            option("records", "your dental records", "health"),
            option("allergies", "your allergies", "health"),
        ],
    ),
    question(
        "uses",
        "many",
        page="uses",
        when={"any": ["data.health"]},
        groups={"care": "Care"},
        options=[option("treat", "treat you", "care"), option("remind", "remind you", "care")],
    ),
    question(
        "contact_points",
        "contact_points",
        page="contact_points",
        options=[
            option("post", "by mail"),
            option("phone", "by phone"),
            option("fax", "by fax"),
            option("email", "by email"),
            option("form", "through our contact page"),
        ],
    ),
    question(
        "contacts",
        "contacts",
        page="contacts",
        options=[option("questions", "ask questions"), option("fax-opt-out", "stop faxes")],
    ),
]
SECTIONS = [
    {"id": "about", "title": "About this policy"},
    {"id": "collect", "title": "What we collect"},
    {"id": "contact", "title": "How to contact us"},
]
SMALL: Vocabulary = parse_vocabulary(QUESTIONS)

OFFICE = {"office": {"post": ["12 Main Street", "Springfield, IL 62701"]}}
DESK = {"desk": {"phone": "+1 555 010 0199"}}
MAILBOX = {"mailbox": {"email": "privacy@example.com"}}
PAGE = {"page": {"form": "https://www.example.com/contact"}}
FAX = {"machine": {"fax": "555-0100"}}


def clause(slug: str, body: str, section: str = "about", **front: Any) -> dict[str, Any]:
    title = slug.replace("-", " ").capitalize()
    return {"slug": slug, "section": section, "title": title, "order": 10, "body": body, **front}


def plain_library(*clauses: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        "title": "Privacy policy",
        "language": "en",
        "sections": SECTIONS,
        "questions": QUESTIONS,
        "clauses": list(clauses),
        **parts,
    }


def library(*clauses: dict[str, Any], **parts: Any) -> Library:
    return parse_library(plain_library(*clauses, **parts))


def answered(**raw: Any) -> Answers:
    """Answers of Maple Street Dental to the small vocabulary."""
    return parse_answers(SMALL, {"practice_name": "Maple Street Dental", **raw})


def document(lib: Library, **raw: Any) -> Document:
    answers = answered(**raw)
    return assemble(select(lib, answers), answers, on=DAY)


SAMPLE: Library = library(
    clause("speaker", "{{ practice }} is there for you since {{ since | date }}."),
    clause("motto", "{{ motto | capital }}.", order=11),
    clause("from-peru", "We are from {{ country }}.", order=12, when={"any": ["country:peru"]}),
    clause("website", "See {{ website | link }} at any time.", order=13, run_in="true"),
    clause("ask-us", "Ask us. We tell you in [How to contact us](#contact).", order=14),
    clause(
        "data",
        "We collect:\n\n{{ data | bullets }}",
        section="collect",
        when={"all": ["data.identity"]},
        claims=["collect(data)"],
    ),
    clause(
        "health",
        "### Health\n\nYour health is yours: {{ data.health | listing }}. We {{ uses | choices }}.",
        section="collect",
        order=20,
        when={"any": ["data.health"], "none": ["data:name"]},
    ),
    clause(
        "nothing",
        "We collect nothing about you.",
        section="collect",
        when={"none": ["data"]},
        claims=["does-not-collect(data)"],
    ),
    clause("kept", "We keep it for {{ years }} years.", section="collect", order=30),
    clause("abroad", "It goes to {{ countries | listing }}.", section="collect", order=31),
    clause(
        "questions",
        "Write or call {{ contacts.questions | ways }}:\n\n"
        "{{ contacts.questions | contact_block }}",
        section="contact",
    ),
    clause("faxes", "Stop faxes {{ contacts.fax_opt_out | reach }}.", section="contact", order=20),
    clause("places", "You find us here:\n\n{{ locations | places_block }}", section="contact"),
)

# ------------------------------------------------------------------ random answers

# Strategies are costly to make and to draw from: each is made once, and a word is one draw.


def _word(number: int) -> str:
    """Return a word of 1 to 7 letters, another one for every number."""
    letters = ""
    while not letters or number:
        number, letter = divmod(number, len(string.ascii_letters))
        letters += string.ascii_letters[letter]
    return letters


_words = st.integers(0, len(string.ascii_letters) ** 7 - 1).map(_word)
names = st.lists(_words, min_size=1, max_size=3).map(lambda words: " ".join(words).capitalize())
_days = st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)).map(date.isoformat)
_points: dict[str, st.SearchStrategy[Any]] = {
    "post": st.lists(names, min_size=1, max_size=4),
    "phone": st.integers(1000, 10**9).map(lambda number: f"+1 {number}"),
    "fax": st.integers(1000, 10**9).map(str),
    "email": _words.map(lambda name: f"{name}@example.com"),
    "form": _words.map(lambda name: f"https://example.com/{name}"),
}
_ways = {way: to.map(lambda to, way=way: {way: to}) for way, to in _points.items()}
_place = st.fixed_dictionaries({"name": names, "address": _points["post"]})
_places = st.lists(_place, min_size=1, max_size=3)
_keys = st.sampled_from(["office", "desk", "mailbox", "second-desk"])


@st.composite
def raw_answers(draw: st.DrawFn, vocabulary: Vocabulary, *, complete: bool = False) -> Any:
    """Answers in raw form. Complete ones leave no question open and nothing unknown."""
    raw: dict[str, Any] = {}
    points: list[str] = []
    for asked in vocabulary.questions:
        match draw(_chosen(asked.required, asked.kind, complete)):
            case "given":
                ids = tuple(option.id for option in asked.options)
                bounds = (asked.minimum, asked.maximum)
                given = draw(_given(asked.kind, ids, bounds, tuple(points)))
                if given is not None:
                    raw[asked.id] = given
                if asked.kind is Kind.CONTACT_POINTS:
                    points = list(given)
            case "none":
                raw[asked.id] = "none"
            case "dont-know":
                raw[asked.id] = "dont-know"
    return raw


@cache
def _chosen(required: bool, kind: Kind, complete: bool) -> st.SearchStrategy[str]:
    chosen = ["given"] * 4
    if not required:
        chosen += ["none"] if kind is not Kind.ONE else []
        chosen += [] if complete else ["open", "open", "dont-know"]
    return st.sampled_from(chosen)


@cache
def _given(
    kind: Kind, ids: tuple[str, ...], bounds: tuple[int, int], points: tuple[str, ...]
) -> st.SearchStrategy[Any]:
    match kind:
        case Kind.ONE:
            return st.sampled_from(ids)
        case Kind.MANY:
            return st.lists(st.sampled_from(ids), min_size=1, max_size=len(ids), unique=True)
        case Kind.NAME | Kind.TEXT:
            return names
        case Kind.LINK:
            return _points["form"]
        case Kind.DATE:
            return _days
        case Kind.NUMBER:
            return st.integers(*bounds).map(str)
        case Kind.LINES:
            return _points["post"]
        case Kind.PLACES:
            return _places
        case Kind.CONTACT_POINTS:
            ways = st.one_of([_ways[way] for way in ids])
            return st.dictionaries(_keys, ways, min_size=1, max_size=4)
        case Kind.CONTACTS:
            if not points:
                return st.none()
            some = st.lists(st.sampled_from(points), min_size=1, max_size=3, unique=True)
            whom = st.fixed_dictionaries({"points": some}, optional={"attention": names})
            return st.dictionaries(st.sampled_from(ids), whom, min_size=1)
