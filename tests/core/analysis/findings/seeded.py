"""Each code of a finding with a subject that has the defect and one much like it that has not."""

from __future__ import annotations

from typing import Any, NamedTuple

from policygen.core.analysis.findings.finding import Subject
from tests.core.analysis.findings.subjects import (
    CONTACT,
    POINTS,
    paragraph,
    says,
    subject,
    with_blocks,
)
from tests.core.small import DESK, MAILBOX, OFFICE, PAGE, QUESTIONS, option, question


class Pair(NamedTuple):
    """A subject with a defect and one without."""

    bad: Subject
    good: Subject


PLAIN = "We keep your records in a locked room."
HELLO = says(PLAIN)
CARE = question(
    "recipients",
    "many",
    groups={"care": "Care"},
    options=[option("labs", "laboratories", "care"), option("insurers", "your insurer", "care")],
)
ANSWERED: dict[str, Any] = {
    one["id"]: "none" for one in QUESTIONS if one["id"] not in {"practice_name", "country"}
} | {"country": "peru", "last_updated": "none", "effective_date": "none"}
"""An answer to every question of the small library: there is none of anything."""

REACHED = {**CONTACT, "contacts": POINTS}
ASK = says("Ask us:\n\n{{ contacts.questions | contact_block }}", "ask", section="contact")


def text(said: str, *, own: bool = False, words: list[dict[str, Any]] | None = None) -> Subject:
    """Return a subject that prints a text, as the library's or as the practice's own."""
    if own:
        return subject(HELLO, own={"text": said}, words=words)
    return subject(says(said), words=words)


def printed(said: str, href: str = "") -> Subject:
    """Return a subject that prints a text that no library would take."""
    return with_blocks(subject(HELLO), paragraph(said, href))


def listed(kind: str, find: list[str], **more: Any) -> list[dict[str, Any]]:
    """Return a list of words."""
    words = {"says": "this is wrong.", "mend": "Leave it out."}
    return [{"id": "entry", "kind": kind, "find": find, **words, **more}]


def word(kind: str, phrase: str, bad: str, good: str, **more: Any) -> Pair:
    """Return a pair for a kind of words, in the practice's own wording."""
    words = listed(kind, [phrase], **more)
    return Pair(text(bad, own=True, words=words), text(good, own=True, words=words))


def dated(bad: dict[str, str], good: dict[str, str]) -> Pair:
    """Return a pair for dates, looked at on November 22, 2026."""
    return Pair(subject(HELLO, **bad), subject(HELLO, **good))


def reached(bad: dict[str, Any], good: dict[str, Any]) -> Pair:
    """Return a pair for ways to reach the practice."""
    ask = {"questions": {"points": list(bad)}}, {"questions": {"points": list(good)}}
    return Pair(
        subject(ASK, contact_points=bad, contacts=ask[0]),
        subject(ASK, contact_points=good, contacts=ask[1]),
    )


HARD = (
    "Notwithstanding organizational responsibilities, confidential information dissemination "
    "necessitates authorization."
)
LONG = "We keep " + " and ".join(["your name"] * 12) + "."
LONGISH = "We tell you that we keep the names and the dates of all the people who come to see us."
PASSIVES = "Records are kept. Names are deleted. We keep a list. Bills are sent."
RETIRED_DATA = [
    one
    if one["id"] != "data"
    else {**one, "options": [*one["options"][:3], {**one["options"][3], "retired": "true"}]}
    for one in QUESTIONS
]


def claims(denied: str) -> Subject:
    """Return a subject in which one clause says that data goes to laboratories."""
    return subject(
        says(
            "We share your name with laboratories.", "share", claims=["share(data; to recipients)"]
        ),
        says("We share nothing with others.", "not", claims=[denied]),
        parts={"questions": [*QUESTIONS, CARE]},
        data=["name"],
        recipients=["labs"],
    )


def rights(*more: dict[str, Any], **raw: Any) -> Subject:
    """Return a subject that gives a right."""
    asked = question("rights", "many", groups={"all": "All"}, options=[option("see", "it", "all")])
    right = says("You can see your records.", "right", when={"any": ["rights"]})
    return subject(right, *more, parts={"questions": [*QUESTIONS, asked]}, rights=["see"], **raw)


SEEDED: dict[str, Pair] = {
    "fact-missing": Pair(subject(HELLO, practice_name=""), subject(HELLO)),
    "question-open": Pair(subject(HELLO), subject(HELLO, **ANSWERED)),
    "answer-unknown": Pair(subject(HELLO, motto="dont-know"), subject(HELLO, motto="none")),
    "option-retired": Pair(
        subject(HELLO, parts={"questions": RETIRED_DATA}, data=["name", "allergies"]),
        subject(HELLO, parts={"questions": RETIRED_DATA}, data=["name"]),
    ),
    "nothing-said": Pair(subject(says(PLAIN, when={"any": ["data"]})), subject(HELLO)),
    "claims-clash": Pair(
        claims("does-not-share(data)"), claims("does-not-share(data; to recipients:insurers)")
    ),
    "contact-missing": Pair(text("Please contact us."), subject(HELLO, ASK, **REACHED)),
    "contact-for-rights": Pair(rights(), rights(ASK, **REACHED)),
    "contact-nobody": Pair(text(PLAIN), subject(HELLO, ASK, **REACHED)),
    "contact-single": reached(MAILBOX, {**MAILBOX, **OFFICE}),
    "contact-web-only": reached(PAGE, DESK),
    "reference-dangling": Pair(
        printed("See Your rights.", "#section-rights"), printed("See this.", "#section-about")
    ),
    "reference-words": Pair(printed("See the list below."), printed("See the list there.")),
    "link-insecure": Pair(text("See <http://maple.org/a>."), text("See <https://maple.org/a>.")),
    "link-broken": Pair(
        text("Write to [us](mailto:maple.org)."), text("Write to [us](mailto:a@maple.org).")
    ),
    "link-placeholder": Pair(
        text("See <https://www.example.com>."), text("See <https://www.maple.org>.")
    ),
    "date-past": dated({"effective_date": "2026-11-21"}, {"effective_date": "2026-11-22"}),
    "date-stale": dated({"last_updated": "2025-11-21"}, {"last_updated": "2025-11-22"}),
    "date-future": dated({"last_updated": "2026-11-23"}, {"last_updated": "2026-11-22"}),
    "date-far": dated({"effective_date": "2027-11-23"}, {"effective_date": "2027-11-22"}),
    "date-too-early": dated({"last_updated": "1985-05-01"}, {"last_updated": "1999-05-01"}),
    "date-impossible": Pair(
        text("We last updated it on February 30, 2026.", own=True),
        text("We last updated it on February 28, 2026.", own=True),
    ),
    "date-order": dated(
        {"last_updated": "2026-11-20", "effective_date": "2026-11-19"},
        {"last_updated": "2026-11-20", "effective_date": "2026-11-20"},
    ),
    "residue-placeholder": Pair(
        printed("We are [NAME OF PRACTICE]."), printed("We are (as we hope) nice.")
    ),
    "wording-uncompared": Pair(
        subject(HELLO, own={"text": "We sell your records."}),
        subject(HELLO, own={"text": "A locked room is where we keep your records."}),
    ),
    "words-dead-law": word(
        "dead-law", "Safe Harbor", "We follow Safe Harbor rules.", "Our harbor is a safe harbor."
    ),
    "words-foreign-law": word("foreign-law", "GDPR", "We follow the GDPR.", "We follow the law."),
    "words-evidence": word("evidence", "guarante*", "We guarantee safety.", "We work for safety."),
    "words-vague": word("vague", "as necessary", "We share as necessary.", "We share it daily."),
    "words-legalese": word(
        "legalese",
        "prior to",
        "We ask prior to sharing.",
        "We ask before.",
        plain="before",
        severity="note",
    ),
    "words-consent": word(
        "consent", "by using … you agree", "By using this site you agree to it.", "You agree to it."
    ),
    "words-liability": word("liability", "not liable", "We are not liable.", "We are careful."),
    "words-backward": word(
        "backward", "without notice", "It may change without notice.", "It may change."
    ),
    "words-residue": word("residue", "lorem ipsum", "Lorem ipsum dolor.", "We keep it."),
    "party-two-names": Pair(
        subject(
            says("We are {{ practice_name }}.", "full"),
            says("{{ practice }} keeps records.", "use"),
            short_name="Maple",
        ),
        subject(
            says("We are {{ practice_name }}, or {{ short_name }} for short.", "full"),
            says("{{ practice }} keeps records.", "use"),
            short_name="Maple",
        ),
    ),
    "names-mixed": Pair(
        text(
            "See our site. Our website is fine.", words=listed("names", ["our site", "our website"])
        ),
        text("See our site. Our site is fine.", words=listed("names", ["our site", "our website"])),
    ),
    "term-unused": Pair(
        text("We run a website (the “Portal”)."),
        text("We run a website (the “Portal”). Use the Portal to see your records."),
    ),
    "term-undefined": Pair(
        text("You use our Services daily.", words=listed("term", ["Services"], severity="note")),
        text(
            "Our work (the “Services”) is here. You use our Services.",
            words=listed("term", ["Services"], severity="note"),
        ),
    ),
    "list-orphan": Pair(
        text("We keep records.\n\n- your name\n- your age"),
        text("We keep:\n\n- your name\n- your age"),
    ),
    "list-missing": Pair(printed("We keep these:"), printed("We keep these.")),
    "list-single": Pair(
        text("We keep:\n\n- your name"), text("We keep:\n\n- your name\n- your age")
    ),
    "sentence-doubled": Pair(
        subject(HELLO, says(f"{PLAIN} We mean it.", "again")),
        subject(HELLO, says("We keep your bills in a locked box.", "again")),
    ),
    "sentence-similar": Pair(
        subject(
            says("We delete what you sent us ten years after your last visit to our office."),
            says("We delete what you sent us ten years after your last visit to our offices.", "b"),
        ),
        subject(
            says("We delete what you sent us ten years after your last visit to our office."),
            says("We keep what we wrote down for as many years as the law demands of us.", "b"),
        ),
    ),
    "reading-level": Pair(text(PLAIN), subject(says(PLAIN, when={"any": ["data"]}))),
    "reading-hard": Pair(text(HARD), text(PLAIN)),
    "reading-smog": Pair(text(" ".join([HARD] * 30)), text(" ".join([PLAIN] * 30))),
    "reading-clause": Pair(text(HARD), text(PLAIN)),
    "reading-long": Pair(text(LONG), text(PLAIN)),
    "reading-mean": Pair(text(LONGISH), text(PLAIN)),
    "reading-modals": Pair(
        text("We may keep it. We might sell it."), text("You may see it. Parents may see it, too.")
    ),
    "reading-passive": Pair(text(PASSIVES), text(PLAIN)),
}
"""Every code that the checks of this folder give; ``OWNED_ELSEWHERE`` has its tests elsewhere."""

OWNED_ELSEWHERE = ("law-", "answers-")
