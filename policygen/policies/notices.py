"""Change notices: what changed in a version, from when, and whom to ask, in plain words.

A notice is drafted from the version, from the one that applied before it, and from its answers, so
the same version always gives the same notice. The practice sends it; nothing here does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.template.loader import render_to_string

from policygen.core.analysis.notice import NoticeKind, NoticeLine, changes_in_words
from policygen.core.answers import Answers, Contact, ContactPoint, Fact, contact_points, sift_answers
from policygen.core.text import day_in_words
from policygen.core.vocabulary import Kind
from policygen.library.store import library_of
from policygen.policies.frozen import raw_answers
from policygen.policies.models import PolicyVersion
from policygen.policies.versions import document_of
from policygen.rendering import Rendered, notice_sheet
from policygen.rendering.filenames import filename
from policygen.rendering.notice_sheet import Sheet

SHOWN = 20
"""How many changes a notice tells one by one; it counts the others."""

POST = "post"
"""The channel whose lines are a postal address."""

WORDS = {
    NoticeKind.NEW: "New",
    NoticeKind.GONE: "No longer there",
    NoticeKind.CHANGED: "Changed",
}


@dataclass(frozen=True)
class Told:
    """One change as a notice tells it: ``where`` names the part, ``text`` says what stands now.

    ``text`` is empty for what is gone.
    """

    what: str
    where: str
    text: str

    @property
    def line(self) -> str:
        """All of it on one line."""
        return f"{self.what}: {self.where}. {self.text}".strip()


@dataclass(frozen=True)
class Notice:
    """What a notice says. ``contact`` has one line for each way to reach somebody.

    ``is_first`` tells that there was no version before, so that nothing changed. ``policy_address``
    and ``changes_address`` are public addresses; the latter is empty for a first version.
    """

    title: str
    practice: str
    language: str
    effective_on: date
    is_first: bool
    changes: tuple[Told, ...]
    more: int
    contact: tuple[str, ...]
    policy_address: str
    changes_address: str

    @property
    def day(self) -> str:
        """The effective date in words."""
        return day_in_words(self.effective_on)

    @property
    def subject(self) -> str:
        """What the mail is about, on one line."""
        if self.is_first:
            return f"{self.title} of {self.practice}"
        return f"{self.title} of {self.practice}: changes from {self.day}"


def notice_of(
    version: PolicyVersion, before: PolicyVersion | None, *, policy_address: str, changes_address: str
) -> Notice:
    """Draft the notice of a version. ``before`` is the one that people knew until then."""
    document = document_of(version)
    lines = changes_in_words(document_of(before), document) if before else ()
    return Notice(
        title=document.title,
        practice=document.practice,
        language=document.language,
        effective_on=version.effective_on,
        is_first=before is None,
        changes=tuple(_told(line) for line in lines[:SHOWN]),
        more=max(0, len(lines) - SHOWN),
        contact=tuple(_contact_lines(_answers(version))),
        policy_address=policy_address,
        changes_address=changes_address if before else "",
    )


def before(version: PolicyVersion) -> PolicyVersion | None:
    """Return the version that applied until another took effect, or would have.

    One that never took effect, because a later one came before its day, is nothing people knew.
    """
    earlier = PolicyVersion.objects.filter(
        policy=version.policy_id, number__lt=version.number, effective_on__lte=version.effective_on
    )
    return earlier.order_by("-number").first()


# ------------------------------------------------------------------ what it says


def _told(line: NoticeLine) -> Told:
    where = " – ".join(part for part in (line.section, line.clause) if part)
    return Told(WORDS[line.kind], where or "The name", line.after)


def _answers(version: PolicyVersion) -> Answers:
    answers, _ = sift_answers(
        library_of(version.release).vocabulary, raw_answers(version.answers)
    )
    return answers.in_force


def _contact_lines(answers: Answers) -> Iterator[str]:
    """Give the ways to reach whoever answers questions: the first purpose that has any."""
    points = contact_points(answers.given)
    for contact in _contacts(answers):
        known = [points[point] for point in contact.points if point in points]
        if known:
            yield from (_in_one_line(point, answers) for point in known)
            return
    yield from (_in_one_line(point, answers) for point in points.values())


def _contacts(answers: Answers) -> Iterator[Contact]:
    """Give the contacts in the order of the vocabulary's purposes."""
    for question in answers.vocabulary.questions:
        answer = answers.given.get(question.id)
        if question.kind is not Kind.CONTACTS or not isinstance(answer, Fact):
            continue
        entries = answer.value if isinstance(answer.value, tuple) else ()
        given = {entry.purpose: entry for entry in entries if isinstance(entry, Contact)}
        yield from (given[option.id] for option in question.options if option.id in given)


def _in_one_line(point: ContactPoint, answers: Answers) -> str:
    for question in answers.vocabulary.questions:
        if question.kind is Kind.CONTACT_POINTS and point.channel in question.by_id:
            return f"{question.by_id[point.channel].label}: {', '.join(point.lines)}"
    return ", ".join(point.lines)


# ------------------------------------------------------------------ as files


def mail_text(notice: Notice) -> str:
    """Return the notice as the text of a mail; its subject is ``notice.subject``."""
    return render_to_string("policies/notice/mail.txt", {"notice": notice})


def web_text(notice: Notice) -> str:
    """Return the notice as a piece of HTML for the practice's own web site, without any style."""
    return render_to_string("policies/notice/web.html", {"notice": notice})


def rendered(notice: Notice, name: str) -> Rendered:
    """Return the notice as a file: ``txt`` (mail), ``html`` (web site) or ``pdf`` (front desk).

    Raises ``KeyError`` for another name, and what ``notice_sheet.render`` raises.
    """
    if name == "pdf":
        return notice_sheet.render(sheet_of(notice))
    make, content_type = {
        "txt": (mail_text, "text/plain; charset=utf-8"),
        "html": (web_text, "text/html; charset=utf-8"),
    }[name]
    named = filename(notice.practice, name, ending="privacy-policy-notice")
    return Rendered(named, content_type, make(notice).encode())


def sheet_of(notice: Notice) -> Sheet:
    """Return the notice as one printed page for the front desk."""
    return Sheet(
        title=notice.title if notice.is_first else f"We are changing our {_lowered(notice.title)}",
        practice=notice.practice,
        language=notice.language,
        effective_on=notice.effective_on,
        lines=tuple(told.line for told in notice.changes),
        more=notice.more,
        contact_lines=notice.contact,
        address=notice.policy_address,
    )


def _lowered(title: str) -> str:
    """Return a title inside a sentence: “privacy policy”, but “HIPAA notice”."""
    first, rest = title[:1], title[1:]
    return first.lower() + rest if rest[:1].islower() else title
