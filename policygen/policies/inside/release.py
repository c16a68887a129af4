"""What a newer release of the library would change in a policy, and taking it over into a draft."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from policygen.library.store import NoRelease, library_of
from policygen.policies.drafting.beginning import begin_draft
from policygen.policies.drafting.drafts import UNREADABLE, Opened, Overtaken, move_draft, open_draft
from policygen.policies.drafting.moving import Move, held_by, move_between, move_of
from policygen.policies.drafting.news import News, news_since
from policygen.policies.drafting.places import source_of
from policygen.policies.holders import Holder
from policygen.policies.inside.pages import member_page, policy_of
from policygen.policies.inside.policy_draft import revision_in
from policygen.policies.models import Draft, Policy, PolicyVersion
from policygen.practices.access import Access
from policygen.practices.roles import Right

OVERTAKEN = (
    "Nothing was taken over: since you opened this page, the policy or your draft changed, or a "
    "newer release came. Below stands what would change now."
)
UNCHANGED = "This policy uses the release that is in force."
DAMAGED = (
    "What this policy was made from can no longer be read, so nothing can be compared. "
    "Ask whoever runs this site."
)


@dataclass(frozen=True)
class Subject:
    """What moves to the newer release: the member's own draft, or else the newest version.

    ``mark`` tells later whether it is still what was looked at: the revision of the draft, or the
    number of the version.
    """

    policy: Policy
    version: PolicyVersion | None
    own: Opened | None

    @property
    def release(self) -> str:
        """The digest of the release that it uses."""
        if self.own is not None:
            return self.own.release
        return self.version.release if self.version else ""

    @property
    def mark(self) -> int:
        """What a form says of what was looked at."""
        if self.own is not None:
            return self.own.draft.revision
        return self.version.number if self.version else 0


@member_page(Right.SEE, "GET", "HEAD", "POST")
def policy_release(request: HttpRequest, access: Access, policy: str) -> HttpResponse:
    """Show what the release in force would change, and take it over into a draft if asked to."""
    found = policy_of(access, policy)
    if source := source_of(found):
        messages.info(request, f"This policy moves with its group, “{source.group}”.")
        return redirect(source.address)
    subject = _subject(access, found)
    news = news_since(subject.release) if subject.release else None
    if request.method == "POST":
        access.require(Right.EDIT)
    if news is None:
        messages.info(request, UNCHANGED)
        return redirect(subject.policy)
    if request.method == "POST":
        draft = _taken_over(request, access, subject, news)
        if draft is None:
            messages.warning(request, OVERTAKEN)
            return redirect("policy_release", access.practice.slug, subject.policy.slug)
        _say_taken_over(request, news)
        return redirect("review", draft.pk)
    return _page(request, access, subject, news)


def _subject(access: Access, policy: Policy) -> Subject:
    """Find what would move; a viewer has no draft, so it is the newest version."""
    own = Draft.objects.filter(policy=policy, user=access.user).values_list("pk", flat=True).first()
    opened = open_draft(Holder(user=access.user), own) if own else None
    newest = PolicyVersion.objects.filter(policy=policy).order_by("-number")
    return Subject(policy, newest.defer("document", "review").first(), opened)


def _page(request: HttpRequest, access: Access, subject: Subject, news: News) -> HttpResponse:
    try:
        move = _move(access, subject, news)
    except UNREADABLE:
        messages.error(request, DAMAGED)
        return redirect(subject.policy)
    context = {
        "access": access,
        "policy": subject.policy,
        "version": subject.version,
        "own": subject.own.draft if subject.own else None,
        "mark": subject.mark,
        "to": news.newest.digest,
        "news": news,
        "move": move,
    }
    return render(request, "policies/inside/release.html", context)


def _move(access: Access, subject: Subject, news: News) -> Move:
    today = access.practice.today()
    if subject.own is not None:
        return move_of(subject.own, on=today)
    if subject.version is None:
        raise NoRelease
    before = library_of(subject.version.release)
    newest = library_of(news.newest.digest)
    return move_between(held_by(subject.version), before, newest, on=today)


def _taken_over(request: HttpRequest, access: Access, subject: Subject, news: News) -> Draft | None:
    """Move the draft, or begin one; ``None`` where that is no longer what was looked at."""
    newest = news.newest.digest
    if request.POST.get("to") != newest or revision_in(request) != subject.mark:
        return None
    if subject.own is None:
        draft = begin_draft(subject.policy, access.user, release=newest)
        return draft if draft.release == newest else None
    holder = Holder(user=access.user)
    try:
        return move_draft(holder, subject.own.draft.pk, to=newest, revision=subject.mark)
    except (Overtaken, Draft.DoesNotExist):
        return None


def _say_taken_over(request: HttpRequest, news: News) -> None:
    text = f"Your draft uses release {news.newest.number}. What is in force stays as it is"
    messages.success(request, f"{text} until you publish the draft.")
