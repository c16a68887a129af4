"""Change notices: what changed in a version, from when, and whom to ask, in plain words.

A notice is drafted from the version, from the one that applied before it, and from its answers, so
the same version always gives the same notice. The practice sends it; nothing here does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.template.loader import render_to_string

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.analysis.notice import NoticeLine, changes_in_words, what_differs
from policygen.core.answers import (
    Answers,
    Contact,
    ContactPoint,
    Fact,
    contact_points,
    sift_answers,
)
from policygen.core.text import day_in_words
from policygen.core.vocabulary import Kind
from policygen.library.store import library_of
from policygen.policies.frozen import raw_answers
from policygen.policies.models import PolicyVersion
from policygen.policies.published.versions import document_of
from policygen.policies.site import absolute
from policygen.rendering import Rendered, notice_sheet
from policygen.rendering.filenames import ENDING, filename
from policygen.rendering.notice_sheet import CONTACT_WIDTH, LINE_WIDTH, Sheet

SHOWN = 20
"""How many changes a notice tells one by one; it counts the others."""

QUOTED = 600
"""How much of a text a notice quotes, in characters."""

NEW, GONE, BEFORE, NOW = "New", "Taken out", "Before", "Now"


@dataclass(frozen=True)
class Quote:
    """A text of the policy on one line: what it is (“Before”, “Now”), and how it reads."""

    what: str
    text: str

    @property
    def line(self) -> str:
        """Both on one line."""
        return f"{self.what}: “{self.text}”"


@dataclass(frozen=True)
class Told:
    """One change as a notice tells it: ``where`` names the part, ``quotes`` say what is different.

    There are none where the same stands in another order.
    """

    where: str
    quotes: tuple[Quote, ...]

    @property
    def line(self) -> str:
        """All of it on one line; if that is too long for a sheet, only what stands now."""
        texts = [quote.line for quote in self.quotes] or [SAME_ORDER]
        whole = f"{self.where}. {' '.join(texts)}"
        return whole if len(whole) <= LINE_WIDTH else f"{self.where}. {texts[-1]}"


SAME_ORDER = "The same, in another order."


@dataclass(frozen=True)
class Notice:
    """What a notice says. ``contact`` has one line for each way to reach somebody.

    ``is_first`` tells that there was no version before, so that nothing changed; ``sections`` says
    what the policy is about. The addresses are public: of the policy, whichever version applies; of
    this version; and of what it changes, which is empty for a first version.
    """

    title: str
    practice: str
    language: str
    effective_on: date
    kind: ChangeKind
    is_first: bool
    sections: tuple[str, ...]
    changes: tuple[Told, ...]
    more: int
    contact: tuple[str, ...]
    policy_address: str
    version_address: str
    changes_address: str

    @property
    def day(self) -> str:
        """The effective date in words."""
        return day_in_words(self.effective_on)

    @property
    def name(self) -> str:
        """What the policy is called inside a sentence: “privacy policy”."""
        return _lowered(self.title)

    @property
    def heading(self) -> str:
        """What it is about, without whose policy it is."""
        if self.is_first:
            return f"Our {self.name} from {self.day}"
        if self.changes and self.kind is ChangeKind.MATERIAL:
            return f"Our {self.name} changes on {self.day}"
        return f"New version of our {self.name} from {self.day}"

    @property
    def subject(self) -> str:
        """What the mail is about, on one line."""
        return _one_line(f"{self.heading} – {self.practice}")

    @property
    def comfort(self) -> str:
        """What is said of a version that changes little: only what can be seen in it."""
        if self.is_first:
            return ""
        if not self.changes:
            return "Its wording is the same as before."
        if self.kind is ChangeKind.MATERIAL:
            return ""
        return "Some of its words are different."

    @property
    def adds_or_drops(self) -> bool:
        """Whether something is new or gone, which is more than other words for the same."""
        return any(len(told.quotes) == 1 for told in self.changes)


def notice_of(
    version: PolicyVersion,
    before: PolicyVersion | None,
    *,
    policy_address: str,
    version_address: str,
    changes_address: str,
) -> Notice:
    """Draft the notice of a version. ``before`` is the one that people knew until then.

    Raises ``Refused`` if a stored version was damaged, and what ``library_of`` raises.
    """
    document = document_of(version)
    lines = changes_in_words(document_of(before), document) if before else ()
    return Notice(
        title=_one_line(document.title),
        practice=_one_line(document.practice),
        language=document.language,
        effective_on=version.effective_on,
        kind=ChangeKind(version.kind),
        is_first=before is None,
        sections=tuple(_one_line(section.title) for section in document.sections),
        changes=tuple(_told(line) for line in lines[:SHOWN]),
        more=max(0, len(lines) - SHOWN),
        contact=tuple(_contact_lines(_answers(version))),
        policy_address=policy_address,
        version_address=version_address,
        changes_address=changes_address if before else "",
    )


def notice_for(version: PolicyVersion) -> Notice:
    """Draft the notice of a version with the addresses at which this site shows it.

    Raises what ``notice_of`` raises.
    """
    earlier = before(version)
    there = [version.policy.practice.slug, version.policy.slug]
    numbers = [earlier.number, version.number] if earlier else []
    return notice_of(
        version,
        earlier,
        policy_address=absolute("public", *there),
        version_address=absolute("public_version", *there, version.number),
        changes_address=absolute("public_changes", *there, *numbers) if earlier else "",
    )


def before(version: PolicyVersion) -> PolicyVersion | None:
    """Return the version that applied on the day before another took effect, or would have.

    One that never took effect, because a later one came on its day or before, is nothing that
    people knew.
    """
    earlier = PolicyVersion.objects.filter(
        policy=version.policy_id, number__lt=version.number, effective_on__lt=version.effective_on
    )
    return earlier.order_by("-number").first()


# ------------------------------------------------------------------ what it says


def _told(line: NoticeLine) -> Told:
    old, new = (_shortened(_one_line(text)) for text in what_differs(line))
    if old and new:
        return Told(_where(line), (Quote(BEFORE, old), Quote(NOW, new)))
    quotes = [Quote(GONE, old)] if old else [Quote(NEW, new)] if new else []
    return Told(_where(line), tuple(quotes))


def _where(line: NoticeLine) -> str:
    """Return the part of the policy in which something changed."""
    if line.clause:
        return _one_line(f"{line.section} – {line.clause}")
    return "A heading" if line.section else "The name"


def _shortened(text: str) -> str:
    """Return a text of at most ``QUOTED`` characters, cut between words if it can be."""
    if len(text) <= QUOTED:
        return text
    cut = text[: QUOTED - 1]
    words, _, _ = cut.rpartition(" ")
    return (words if len(words) > QUOTED // 2 else cut).rstrip(" ;,") + "…"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _lowered(title: str) -> str:
    """Return a title inside a sentence: “privacy policy”, but “HIPAA notice”, “Privacy Notice”."""
    return title[:1].lower() + title[1:] if title[1:] == title[1:].lower() else title


def _answers(version: PolicyVersion) -> Answers:
    answers, _ = sift_answers(library_of(version.release).vocabulary, raw_answers(version.answers))
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
    lines = _one_line(", ".join(point.lines))
    for question in answers.vocabulary.questions:
        if question.kind is Kind.CONTACT_POINTS and point.channel in question.by_id:
            return f"{_one_line(question.by_id[point.channel].label)}: {lines}"
    return lines


# ------------------------------------------------------------------ as files


def mail_text(notice: Notice) -> str:
    """Return the notice as the text of a mail; its subject is ``notice.subject``."""
    return render_to_string("policies/notice/mail.txt", {"notice": notice}).strip() + "\n"


def web_text(notice: Notice) -> str:
    """Return the notice as a piece of HTML for the practice's own web site, without any style.

    It is a plain text, not one that templates trust: where it is shown as source, it is escaped.
    """
    return render_to_string("policies/notice/web.html", {"notice": notice}).strip() + "\n"


def rendered(notice: Notice, name: str) -> Rendered:
    """Return the notice as a file: ``txt`` (mail), ``html`` (web site) or ``pdf`` (front desk).

    The mail begins with its subject and a blank line. Raises ``KeyError`` for another name, and
    what ``notice_sheet.render`` raises.
    """
    if name == "pdf":
        return notice_sheet.render(sheet_of(notice))
    text, content_type = {
        "txt": (f"Subject: {notice.subject}\n\n{mail_text(notice)}", "text/plain; charset=utf-8"),
        "html": (web_text(notice), "text/html; charset=utf-8"),
    }[name]
    named = filename(notice.practice, name, ending=f"{ENDING}-notice")
    return Rendered(named, content_type, text.encode())


def sheet_of(notice: Notice) -> Sheet:
    """Return the notice as one printed page for the front desk."""
    lines = tuple(told.line for told in notice.changes)
    # A postal address that would be cut helps nobody who stands at the desk.
    contact = tuple(line for line in notice.contact if len(line) <= CONTACT_WIDTH)
    return Sheet(
        title=_sheet_title(notice),
        practice=notice.practice,
        language=notice.language,
        effective_on=notice.effective_on,
        lines=(notice.comfort, *lines) if notice.comfort else lines,
        more=notice.more,
        contact_lines=contact or notice.contact,
        address=notice.policy_address,
    )


def _sheet_title(notice: Notice) -> str:
    if notice.is_first:
        return f"Our {notice.name}"
    if notice.comfort:
        return f"A new version of our {notice.name}"
    return f"We are changing our {notice.name}"
