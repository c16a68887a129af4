"""The page on which a practice words a clause its own way, and decides after a newer release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from policygen.core.clauses import Clause
from policygen.core.library import clause_in
from policygen.core.placeholders import Filling
from policygen.core.placeholders_in_words import Explained, all_placeholders, explained
from policygen.core.problems import Problem, Refused
from policygen.policies.drafting.drafts import SIZE_LIMIT, DraftTooLarge, Overtaken
from policygen.policies.drafting.wording import (
    WORDING_LIMIT,
    OwnWording,
    Printed,
    history_of,
    let_go,
    named,
    own_wording_of,
    printed,
    reword,
    tried,
    worded_library,
)
from policygen.policies.inside.pages import access_in
from policygen.policies.inside.policy_draft import (
    Held,
    again,
    line_in,
    lines_since,
    newest_line,
    of_policy,
    revision_in,
)
from policygen.policies.models import Draft
from policygen.policies.pages import gone
from policygen.policies.reviewing.review import telling_if_void
from policygen.policies.reviewing.sheet import markup_of
from policygen.practices.roles import Right

FULL = (
    f"All your own wording in this draft takes more than {SIZE_LIMIT // 1024} KiB, which is as "
    "much as a draft holds. Shorten this one, or go back to the library’s text elsewhere."
)


@dataclass(frozen=True)
class Sent:
    """What somebody sent, and what came of it; nothing of it is lost.

    ``text`` is what stands in the field. ``problems`` are what is wrong with it, and ``shows`` asks
    to print it. ``since`` is the newest line of the log when the page was opened,
    if the draft was another one then.
    """

    text: str
    problems: tuple[Problem, ...] = ()
    shows: bool = False
    since: int | None = None


@of_policy(Right.REVIEW, "GET", "HEAD", "POST")
def wording(request: HttpRequest, held: Held, slug: str) -> HttpResponse:
    """Show a clause's texts, print a wording, save it, or go back to the library's."""
    clause, own = clause_in(held.opened.library, slug), own_wording_of(held.opened, slug)
    if clause is None and own is None:
        return _past(request, held, slug)
    if request.method != "POST":
        return _page(request, held, slug, Sent(_now(clause, own)))
    text = request.POST.get("text", _now(clause, own)).replace("\r\n", "\n")
    go = request.POST.get("go")
    if go == "library":
        return _do(request, held, slug, text, lambda: _let_go(request, held, slug))
    if go in {"save", "keep", "other"}:
        wanted = _wanted(own, go, text)
        if clause is None or wanted is None:  # decided otherwise in another tab
            return _page(request, held, slug, Sent(text, since=line_in(request)), 409)
        return _do(request, held, slug, wanted, lambda: _reword(request, held, slug, wanted))
    return _page(request, held, slug, Sent(text, shows=True))


def _wanted(own: OwnWording | None, go: str, text: str) -> str | None:
    """Return the wording that a button asks for; ``None`` if there is nothing to press it for."""
    if go == "save":
        return text
    if own is None:
        return None
    return own.amendment.text if go == "keep" else own.amendment.rival or None


def _past(request: HttpRequest, held: Held, slug: str) -> HttpResponse:
    """Show the wordings of a clause that is gone, after they were let go."""
    history = history_of(held.draft, slug)
    if not history:
        raise Http404
    context = {**_frame(request, held, slug, None), "history": history}
    return render(request, "policies/inside/wording_past.html", context)


def _now(clause: Clause | None, own: OwnWording | None) -> str:
    return own.amendment.text if own else clause.source if clause else ""


# ------------------------------------------------------------------ changing it


def _do(
    request: HttpRequest, held: Held, slug: str, text: str, change: Callable[[], str]
) -> HttpResponse:
    """Change the wording and say so, or bring the page back with what was typed."""
    try:
        done = change()
    except Refused as refused:
        return _page(request, held, slug, Sent(text, refused.problems), 400)
    except DraftTooLarge:
        return _page(request, held, slug, Sent(text, (Problem("", FULL),)), 400)
    except Overtaken:
        now = again(request, held)
        if not _is_there(now, slug):
            messages.warning(request, "The draft was changed, and has no such clause any more.")
            return redirect("reading", held.draft.pk)
        return _page(request, now, slug, Sent(text, since=line_in(request)), 409)
    except Draft.DoesNotExist:
        raise gone(held.holder, held.draft.pk) from None
    messages.success(request, done)
    stands = clause_in(held.opened.library, slug) is not None
    return redirect(
        reverse("reading", args=[held.draft.pk]) + (f"#clause-{slug}" if stands else "")
    )


def _is_there(held: Held, slug: str) -> bool:
    in_library = clause_in(held.opened.library, slug) is not None
    return in_library or own_wording_of(held.opened, slug) is not None


def _reword(request: HttpRequest, held: Held, slug: str, text: str) -> str:
    with telling_if_void(held.holder, held.draft):
        reword(held.holder, held.opened, slug, text, revision=revision_in(request))
    now = own_wording_of(again(request, held).opened, slug)
    if now is None:
        return "That is the library’s own text, so nothing is kept apart."
    return f"Your wording of “{now.title}” is saved."


def _let_go(request: HttpRequest, held: Held, slug: str) -> str:
    with telling_if_void(held.holder, held.draft):
        let_go(held.holder, held.opened, slug, revision=revision_in(request))
    clause = clause_in(held.opened.library, slug)
    if clause is None:
        return f"Your wording of “{named(slug)}” is let go. The log of the policy keeps it."
    return f"“{clause.title}” has the library’s text again. The log of the policy keeps yours."


# ------------------------------------------------------------------ the page


def _page(
    request: HttpRequest, held: Held, slug: str, sent: Sent, status: int = 200
) -> HttpResponse:
    opened, library = held.opened, held.opened.library
    clause, own = clause_in(library, slug), own_wording_of(opened, slug)
    trial, problems = _trial(held, slug, sent) if clause else (None, sent.problems)
    context = {
        **_frame(request, held, slug, clause),
        "own": own,
        "text": sent.text,
        "problems": [(one.line, one.message) for one in problems],
        "overtaken": sent.since is not None,
        "lines": lines_since(held, sent.since) if sent.since is not None else (),
        "line": newest_line(held),
        "trial": trial,
        "now": _shown(printed(opened, worded_library(opened), slug, on=held.today))
        if clause
        else None,
        "placeholders": _explained(held, clause, own) if clause else (),
        "others": _others(held) if clause else (),
        "history": history_of(held.draft, slug),
        "limit": f"{WORDING_LIMIT:,}",
        "language": library.language,
    }
    status = 400 if problems and status == 200 else status
    return render(request, _template(own), context, status=status)


def _frame(request: HttpRequest, held: Held, slug: str, clause: Clause | None) -> dict[str, object]:
    return {
        "access": access_in(request, held.opened),
        "draft": held.draft,
        "policy": held.policy,
        "slug": slug,
        "clause": clause,
        "title": clause.title if clause else named(slug),
    }


def _template(own: OwnWording | None) -> str:
    if own is None or not own.waits:
        return "policies/inside/wording.html"
    return f"policies/inside/wording_{'contested' if own.is_contested else 'decision'}.html"


def _trial(held: Held, slug: str, sent: Sent) -> tuple[Shown | None, tuple[Problem, ...]]:
    """Return what the typed text would print, if it is asked for, and what is wrong with it."""
    if not sent.shows or sent.problems:
        return None, sent.problems
    try:
        return _shown(tried(held.opened, slug, sent.text, on=held.today)), ()
    except Refused as refused:
        return None, refused.problems


@dataclass(frozen=True)
class Shown:
    """What a clause prints, as markup; it is empty where it can print nothing."""

    printed: Printed
    markup: str


def _shown(what: Printed) -> Shown:
    return Shown(what, markup_of(what.text, frozenset()) if what.text else "")


def _explained(held: Held, clause: Clause, own: OwnWording | None) -> tuple[Explained, ...]:
    """Explain the placeholders of the library's text, and of the practice's own where it fits."""
    mine = clause_in(worded_library(held.opened), clause.slug) if own else None
    both = (*clause.body.placeholders, *(mine.body.placeholders if mine else ()))
    return explained(dict.fromkeys(both), held.opened.library.vocabulary, _filling(held))


def _others(held: Held) -> tuple[Explained, ...]:
    """Explain every answer that a text may print."""
    vocabulary = held.opened.library.vocabulary
    return explained(all_placeholders(vocabulary), vocabulary, _filling(held))


def _filling(held: Held) -> Filling:
    return Filling(held.opened.reading.answers, held.today)
