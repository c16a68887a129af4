"""What a change notice says to the people whose information a practice keeps."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import SMTP
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.document import Document
from policygen.core.document_json import document_text
from policygen.core.problems import Refused
from policygen.policies.holders import Holder
from policygen.policies.models import Policy, PolicyVersion
from policygen.policies.published import notices
from policygen.policies.published.notices import (
    QUOTED,
    SHOWN,
    Notice,
    before,
    mail_text,
    notice_for,
    notice_of,
    rendered,
    sheet_of,
    web_text,
)
from policygen.policies.published.publishing import publish_policy
from tests.core.small import clause, document, library
from tests.policies.cast import Cast, cast, drafted, order, policy_of, published

pytestmark = pytest.mark.usefixtures("release", "no_pdfs")

HERE = "http://localhost:8000/p/elm-dental/privacy-policy"
HOSTILE = (
    '</p><script>alert(1)</script><img src=x onerror=alert(1)>" onclick="alert(1) &amp; {{ 7 }}'
)
STREET = '<b onclick="alert(1)">1 Elm Street</b>'
HEBREW = "מרפאת שיניים"


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


def in_days(policy: Policy, days: int) -> date:
    return policy.practice.today() + timedelta(days=days)


@pytest.fixture
def publish(people: Cast, policy: Policy) -> Callable[..., PolicyVersion]:
    """Publish the next version: from which day counted from today, what kind, what changed."""

    def make(
        days: int = 0, kind: ChangeKind = ChangeKind.MATERIAL, **changed: Any
    ) -> PolicyVersion:
        draft = drafted(policy, people.owner, **changed)
        wanted = order(draft, effective_on=in_days(policy, days), kind=kind)
        return publish_policy(Holder(user=people.owner), draft.pk, wanted)

    return make


def reading(version: PolicyVersion, made: Document) -> PolicyVersion:
    """Return the version as if it read like another document."""
    other = copy.copy(version)
    other.document = document_text(made)
    return other


def compared(version: PolicyVersion, old: Document, new: Document) -> Notice:
    """Return the notice of a version that changes one document into another."""
    return notice_of(
        reading(version, new),
        reading(version, old),
        policy_address=f"{HERE}/",
        version_address=f"{HERE}/v/2/",
        changes_address=f"{HERE}/changes/1..2/",
    )


def every_text(notice: Notice) -> str:
    return "\n".join((notice.subject, mail_text(notice), web_text(notice)))


class Elements(HTMLParser):
    """The elements, attributes and texts of a piece of HTML; it must be closed properly."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs
        if tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


# ------------------------------------------------------------------ read aloud


def test_a_mail_says_what_changes_from_when_and_whom_to_ask(
    publish: Callable[..., PolicyVersion],
) -> None:
    publish()
    version = publish(20, data=["name", "birth-date"], marketing=[])
    day = notice_for(version).day
    assert notice_for(version).subject == f"Our privacy policy changes on {day} – Elm"
    assert (
        mail_text(notice_for(version))
        == f"""\
Hello,

Our privacy policy says what we do with your personal information. We have written a new version. \
It applies from {day}.

Read the new version:
{HERE}/v/2/

What changes:

* About this policy – What we keep
  Before: “We keep the following about you: your name and your records.”
  Now: “We keep the following about you: your name and your date of birth.”

* About this policy – Advertising
  Taken out: “We send you advertising by mail at times.”

* About this policy – No health data
  New: “No records about your health are with us.”

See everything that changes, word for word:
{HERE}/changes/1..2/

Do you have questions? Please ask us:
Phone: 217-555-0148
Mail: Elm Dental, 1 Elm Street, Springfield, IL 62701

Elm
"""
    )


def test_the_piece_for_the_web_site_says_the_same_as_the_mail(
    publish: Callable[..., PolicyVersion],
) -> None:
    publish()
    notice = notice_for(publish(20, data=["name"], marketing=[]))
    elements = Elements(web_text(notice))
    said = " ".join(elements.text.split())
    assert notice.heading in said
    for told in notice.changes:
        assert told.where in said
        for quote in told.quotes:
            assert quote.line in said
    for line in (*notice.contact, notice.practice):
        assert line in said
    links = [value for name, value in elements.attributes if name == "href"]
    assert links == [notice.version_address, notice.changes_address]
    assert set(elements.names) <= {
        *("section", "h2", "h3", "p", "a", "ul", "li", "strong", "br", "bdi"),
    }
    assert {name for name, _ in elements.attributes} == {"lang", "dir", "href"}


def test_a_first_version_changes_nothing_and_says_what_it_is_about(
    publish: Callable[..., PolicyVersion],
) -> None:
    notice = notice_for(publish())
    assert notice.is_first
    assert notice.changes_address == ""
    assert notice.subject == f"Our privacy policy from {notice.day} – Elm"
    text = mail_text(notice)
    assert "- About this policy\n- How to contact us\n" in text
    for said in (text, web_text(notice), sheet_of(notice).title):
        assert not re.search(r"chang|new version", said, re.IGNORECASE)


def test_a_version_that_reads_the_same_does_not_alarm(
    publish: Callable[..., PolicyVersion],
) -> None:
    publish()
    notice = notice_for(publish(20, ChangeKind.TECHNICAL))
    assert notice.changes == ()
    assert notice.subject.startswith("New version of our privacy policy from ")
    for said in (mail_text(notice), web_text(notice), "\n".join(sheet_of(notice).lines)):
        assert "Its wording is the same as before." in said
        assert "What changes" not in said
    assert notice.changes_address not in mail_text(notice)
    assert sheet_of(notice).title == "A new version of our privacy policy"


def test_a_practice_that_calls_a_change_editorial_claims_nothing_by_it(
    publish: Callable[..., PolicyVersion],
) -> None:
    publish()
    notice = notice_for(publish(20, ChangeKind.EDITORIAL, motto="We care."))
    for said in (mail_text(notice), web_text(notice), sheet_of(notice).lines[0]):
        assert "Some of its words are different." in said
        assert "same" not in said
    assert notice.adds_or_drops
    assert "changes on" not in notice.subject


def test_a_practice_without_contacts_is_still_there_to_be_asked(
    publish: Callable[..., PolicyVersion],
) -> None:
    nothing: dict[str, Any] = {"contact_points": {}, "contacts": {}}
    notice = notice_for(publish(**nothing))
    assert notice.contact == ()
    for said in (mail_text(notice), web_text(notice)):
        assert "Do you have questions? Please ask us." in said
        assert "ask us:" not in said
    assert sheet_of(notice).contact_lines == ()


def test_whom_to_ask_is_who_answers_questions_and_not_another(
    publish: Callable[..., PolicyVersion],
) -> None:
    points = {"desk": {"phone": "217-555-0148"}, "machine": {"fax": "217-555-0149"}}
    contacts = {"fax-opt-out": {"points": ["machine"]}, "questions": {"points": ["desk"]}}
    notice = notice_for(publish(contact_points=points, contacts=contacts))
    assert notice.contact == ("Phone: 217-555-0148",)


def test_a_notice_is_the_same_each_time(publish: Callable[..., PolicyVersion]) -> None:
    publish()
    version = publish(20, data=["name"])
    again = PolicyVersion.objects.get(pk=version.pk)
    for name in ("txt", "html"):
        assert rendered(notice_for(version), name) == rendered(notice_for(again), name)


# ------------------------------------------------------------------ compared with which version


def test_what_people_knew_is_the_version_that_applied_the_day_before(
    publish: Callable[..., PolicyVersion],
) -> None:
    publish(0)
    publish(30, data=["name"])  # never applies: the next one comes on its day
    third = publish(30, data=["name", "birth-date"])
    fourth = publish(10, motto="We care.")  # comes before both, which then never apply
    assert before(third) == PolicyVersion.objects.get(number=1)
    assert before(fourth) == PolicyVersion.objects.get(number=1)
    assert notice_for(fourth).changes_address.endswith("/changes/1..4/")


def test_a_version_that_never_applied_has_a_notice_as_if_it_had(
    publish: Callable[..., PolicyVersion],
) -> None:
    publish(0)
    never = publish(30, data=["name"])
    publish(10, data=["birth-date"])
    assert notice_for(never).changes_address.endswith("/changes/1..2/")


def test_after_a_first_version_that_never_applied_comes_a_first_version(
    publish: Callable[..., PolicyVersion],
) -> None:
    publish(30)
    second = publish(10, data=["name"])
    assert before(second) is None
    assert notice_for(second).is_first


def test_the_version_of_another_policy_is_none_that_people_knew(
    people: Cast, publish: Callable[..., PolicyVersion]
) -> None:
    publish(0)
    other = policy_of(people, "Another policy")
    version = published(other, people.owner, effective_on=in_days(other, 10))
    assert before(version) is None


# ------------------------------------------------------------------ many, long and hostile texts


def many(count: int, text: str) -> Document:
    clauses = [clause(f"c{n}", f"{text} number {n}.", order=n) for n in range(count)]
    return document(library(*clauses))


def test_of_200_changes_some_are_told_and_the_others_counted(
    publish: Callable[..., PolicyVersion],
) -> None:
    notice = compared(publish(), many(200, "We keep"), many(200, "We lose"))
    assert (len(notice.changes), notice.more) == (SHOWN, 180)
    assert "And 180 more changes" in mail_text(notice)
    assert "And 180 more changes" in web_text(notice)
    assert len(mail_text(notice)) < 6_000


def test_one_change_more_is_one_change(publish: Callable[..., PolicyVersion]) -> None:
    notice = compared(publish(), many(SHOWN + 1, "We keep"), many(SHOWN + 1, "We lose"))
    assert "And 1 more change," in mail_text(notice)
    assert "And 1 more change<" in web_text(notice)


def test_a_long_text_is_quoted_in_part(publish: Callable[..., PolicyVersion]) -> None:
    old, new = (many(1, f"{word} " * 400) for word in ("keep", "lose"))
    [told] = compared(publish(), old, new).changes
    for quote in told.quotes:
        assert QUOTED - 20 < len(quote.text) <= QUOTED
        assert re.search(r"(keep|lose)…$", quote.text)


def test_only_the_sentences_that_differ_are_quoted(publish: Callable[..., PolicyVersion]) -> None:
    body = "We keep it. We lock it. You can:\n\n- see it\n- correct it\n- have it deleted"
    old = document(library(clause("rights", body)))
    new = document(library(clause("rights", body.replace("\n- correct it", ""))))
    [told] = compared(publish(), old, new).changes
    assert [quote.line for quote in told.quotes] == ["Taken out: “correct it”"]


def test_another_order_is_said_to_be_that(publish: Callable[..., PolicyVersion]) -> None:
    old, new = (
        document(library(clause("two", body)))
        for body in ("We keep it. We lock it.", "We lock it. We keep it.")
    )
    notice = compared(publish(), old, new)
    assert notice.changes[0].quotes == ()
    for said in (mail_text(notice), web_text(notice), notice.changes[0].line):
        assert "The same, in another order." in said


def test_markup_in_answers_stays_text(publish: Callable[..., PolicyVersion]) -> None:
    publish()
    version = publish(
        20,
        short_name=HOSTILE,
        motto=HOSTILE,
        contact_points={"desk": {"post": [STREET]}},
        contacts={"questions": {"points": ["desk"]}},
    )
    notice = notice_for(version)
    elements = Elements(web_text(notice))
    assert not {"script", "img"} & set(elements.names)
    assert {name for name, _ in elements.attributes} == {"lang", "dir", "href"}
    for said in (elements.text, mail_text(notice)):
        assert HOSTILE in said
        assert STREET in said
        assert "&lt;" not in said


def test_a_name_from_right_to_left_does_not_mix_up_what_stands_around_it(
    publish: Callable[..., PolicyVersion],
) -> None:
    notice = notice_for(publish(short_name=HEBREW))
    assert notice.subject == f"Our privacy policy from {notice.day} – {HEBREW}"
    assert mail_text(notice).endswith(f"\n\n{HEBREW}\n")
    assert f"<bdi>{HEBREW}</bdi>" in web_text(notice)
    controls = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
    assert not controls.search(every_text(notice))


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_subject_is_one_line_whatever_the_names(
    publish: Callable[..., PolicyVersion], end: str
) -> None:
    names = {"practice": f"Elm{end}Bcc: all@example.com{end}{end}Pay", "title": f"Policy{end}X: y"}
    notice = replace(notice_for(publish()), **names)
    assert len(notice.subject.splitlines()) == 1
    mail = message_from_bytes(rendered(notice, "txt").content, policy=SMTP)
    assert mail.keys() == ["Subject"]
    assert mail.get_payload().lstrip().startswith("Hello,")


def test_a_document_with_line_breaks_in_its_names_is_refused(
    publish: Callable[..., PolicyVersion],
) -> None:
    made = replace(many(1, "We keep"), practice="Elm\r\nBcc: all@example.com")
    with pytest.raises(Refused):
        compared(publish(), made, made)


# ------------------------------------------------------------------ as files


@pytest.mark.parametrize("name", ["txt", "html", "pdf"])
@pytest.mark.parametrize(
    ("practice", "begins"),
    [
        ("Elm", "elm-"),
        (HEBREW, ""),
        (HOSTILE, "p-script-alert"),
        ('../../etc/passwd"; x="', "etc-passwd-x-"),
        ("Zahnärzte " * 40, "zahnarzte-zahnarzte-"),
    ],
)
def test_files_have_names_that_are_safe_everywhere(
    publish: Callable[..., PolicyVersion], practice: str, begins: str, name: str
) -> None:
    made = replace(many(1, "We keep"), practice=practice)
    found = rendered(compared(publish(), made, made), name).filename
    assert re.fullmatch(rf"([a-z0-9-]+-)?privacy-policy-notice\.{name}", found)
    assert found.startswith(f"{begins}")
    assert len(found) <= 150


def test_there_are_three_kinds_of_files(publish: Callable[..., PolicyVersion]) -> None:
    notice = notice_for(publish())
    kinds = {name: rendered(notice, name).content_type for name in ("txt", "html", "pdf")}
    assert kinds == {
        "txt": "text/plain; charset=utf-8",
        "html": "text/html; charset=utf-8",
        "pdf": "application/pdf",
    }
    with pytest.raises(KeyError):
        rendered(notice, "docx")


def test_the_printed_page_is_one_page_with_the_public_address(
    publish: Callable[..., PolicyVersion],
) -> None:
    notice = compared(publish(), many(200, "We keep"), many(200, "We lose"))
    with pikepdf.open(BytesIO(rendered(notice, "pdf").content)) as pdf:
        assert len(pdf.pages) == 1
        links = [str(note.A.URI) for note in pdf.pages[0].Annots]
    assert links == [notice.policy_address]


def test_the_printed_page_says_what_was_and_what_is_if_both_fit(
    publish: Callable[..., PolicyVersion],
) -> None:
    short = compared(publish(), many(1, "We keep"), many(1, "We lose"))
    [line] = sheet_of(short).lines
    assert "Before: “We keep number 0.” Now: “We lose number 0.”" in line
    long = compared(PolicyVersion.objects.get(), many(1, "keep " * 30), many(1, "lose " * 30))
    [line] = sheet_of(long).lines
    assert "keep" not in line
    assert "Now: “lose lose" in line


def test_an_address_that_would_be_cut_does_not_stand_on_the_printed_page(
    publish: Callable[..., PolicyVersion],
) -> None:
    office = {
        "office": {"post": ["Elm Dental", "1 Elm Street", "Far away in Springfield, IL 62701"]}
    }
    desk = {"desk": {"phone": "217-555-0148"}}
    both = {"contacts": {"questions": {"points": ["office", "desk"]}}}
    one = {"contacts": {"questions": {"points": ["office"]}}}
    notice = notice_for(publish(contact_points={**office, **desk}, **both))
    assert len(notice.contact) == 2
    assert sheet_of(notice).contact_lines == ("Phone: 217-555-0148",)
    notice = notice_for(publish(contact_points=office, **one))
    assert sheet_of(notice).contact_lines == notice.contact


def test_titles_stand_inside_sentences_as_people_write_them() -> None:
    lowered = {
        "Privacy policy": "privacy policy",
        "Notice of Privacy Practices": "Notice of Privacy Practices",
        "HIPAA notice": "HIPAA notice",
        "": "",
    }
    assert {title: notices._lowered(title) for title in lowered} == lowered
