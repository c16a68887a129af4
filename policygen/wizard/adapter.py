"""The one place that knows formtools: its wizard over a draft in the database.

The address says which draft and which page; nothing about it is remembered elsewhere, so any
number of tabs and drafts can be open at once. A page is saved whenever it is sent, and only its own
questions are: ``formtools`` neither sees nor stores what was posted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from formtools.wizard.storage.base import BaseStorage
from formtools.wizard.views import NamedUrlWizardView

from policygen.core.answers import Answers, contact_points, in_words
from policygen.policies.drafting.drafts import (
    DraftTooLarge,
    Opened,
    Overtaken,
    is_seen_under,
    save_answers,
)
from policygen.policies.drafting.news import news_of
from policygen.policies.drafting.places import Place, place_of
from policygen.policies.holders import holder_of
from policygen.policies.models import Draft
from policygen.policies.pages import gone, opened
from policygen.policies.visitors import remember
from policygen.practices.roles import Right
from policygen.wizard import drawing
from policygen.wizard.drawing import Frame
from policygen.wizard.forms import Asked, PageForm
from policygen.wizard.inherited import Inherited, inherited_in
from policygen.wizard.interview import Interview, interview_of
from policygen.wizard.steps import BY_NAME, STEPS, Step

REVIEW = "review"


class DraftStorage(BaseStorage):  # type: ignore[misc]
    """What formtools calls storage: the draft that the address names, read at every request."""

    def __init__(self, prefix: str, request: HttpRequest, file_storage: object = None) -> None:
        super().__init__(prefix, request, file_storage)
        self.init_data()
        self.holder = holder_of(request)
        self.identifier = UUID(prefix)
        match = request.resolver_match
        self.current_step = match.kwargs.get("step") if match else None
        self.read()

    def read(self) -> None:
        """Read the draft. Raises as ``pages.opened`` does."""
        self._take(opened(self.request, self.identifier))

    def _take(self, found: Opened) -> None:
        self.opened = found
        self.draft = found.draft
        self.interview: Interview = interview_of(found.library.digest, found.answers)

    def get_step_data(self, step: str) -> None:
        """Return nothing: stored answers come into a form as its initial values."""

    def set_step_data(self, step: str, cleaned_data: Answers) -> None:
        """Save the answers of a page. Raises ``Overtaken`` or ``DraftTooLarge``."""
        saved = save_answers(
            self.holder,
            self.identifier,
            cleaned_data,
            release=self.interview.library.digest,
            seen_as=self.request.POST.get("seen"),
            questions=[question.id for question in self.interview.pages.get(step, ())],
        )
        self._take(replace(self.opened, draft=saved.draft, release=saved.draft.release))
        remember(self.request)
        if saved.let_go:
            purposes = ", ".join(f"“{label}”" for label in saved.let_go)
            text = f"A contact that you removed served: {purposes}. It is gone from there too."
            messages.warning(self.request, f"{text} Check the page “{BY_NAME['contacts'].title}”.")


def _without(data: QueryDict, key: str) -> QueryDict:
    data = data.copy()
    del data[key]
    return data


def _applies(step: str) -> Callable[[InterviewView], bool]:
    return lambda wizard: step in wizard.storage.interview.pages


class InterviewView(NamedUrlWizardView):  # type: ignore[misc]
    """The pages of the interview, at ``/drafts/<draft>/<step>/``."""

    storage: DraftStorage
    storage_name = f"{__name__}.{DraftStorage.__name__}"
    http_method_names = ["get", "head", "post", "options"]

    def get_prefix(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        """Return the draft's id, so that two drafts never mix."""
        return str(kwargs["draft"])

    def get_form_prefix(self, step: str | None = None, form: object = None) -> str:
        """Return the page's name."""
        return step or self.steps.current

    def get_form_initial(self, step: str) -> Mapping[str, Any]:
        """Return the stored answers, in their raw form."""
        return self.storage.interview.stored

    def get_form_kwargs(self, step: str | None = None) -> dict[str, Any]:
        """Return the questions that the page asks, and what to know about them."""
        return {
            "interview": self.storage.interview,
            "page": step or self.steps.current,
            "leaving": self._goes_to() is not None,
            "inherited": self.inherited,
        }

    @cached_property
    def place(self) -> Place | None:
        """Where the draft belongs, if it is one of a practice."""
        return place_of(self.storage.draft)

    @property
    def inherited(self) -> Inherited:
        """What the draft inherits, as it is stored now."""
        return inherited_in(self.storage.opened, self.place)

    def get_step_url(self, step: str) -> str:
        """Return the address of a page of this draft."""
        return reverse("page", args=[self.storage.identifier, step])

    # ---------------------------------------------------------------- requests

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a page; without a page's name, go to where there is something to answer.

        Who may only read the draft of a policy is led to the page for reading it; where its answers
        come from a group, everybody is led to where they are given.
        """
        if not self.storage.opened.may(Right.EDIT):
            is_level = self.storage.draft.level_id is not None
            return redirect("review" if is_level else "reading", self.storage.identifier)
        if source := self._source():
            return source
        if kwargs.get("step") is None:
            step = self.storage.interview.next_unfinished
            return redirect(self._url(step.name if step else REVIEW))
        shown: HttpResponse = self._elsewhere(kwargs["step"]) or super().get(
            request, *args, **kwargs
        )
        return shown

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save a page and go on, or show it again with what is wrong.

        What is right is saved in either case, so that a mistake never costs another answer.
        """
        self.storage.opened.require(Right.EDIT)
        if source := self._source():
            return source
        step = kwargs.get("step")
        if step is None:
            return self.get(request, *args, **kwargs)
        if elsewhere := self._elsewhere(step):
            return elsewhere
        if request.POST.get(f"{self.prefix}-current_step") != step:
            return redirect(self.get_step_url(step))
        if "wizard_goto_step" in request.POST:  # formtools would drop what was typed
            request.POST = _without(request.POST, "wizard_goto_step")  # type: ignore[assignment]
        form = self.get_form(data=request.POST)
        if form.moved:
            return self.render(form)
        try:
            if not form.is_valid():
                up_to_date = request.POST.get("seen") == self.storage.interview.seen(step)
                self.storage.set_step_data(step, form.given())
                return self.render(form, saved=up_to_date)
            response: HttpResponse = super().post(request, *args, **kwargs)
            return response
        except Overtaken:
            self.storage.read()
            return self._elsewhere(step) or self.render(
                self.get_form(data=request.POST), overtaken=True
            )
        except DraftTooLarge as error:
            return self.render(form, too_large=str(error))
        except Draft.DoesNotExist:
            raise gone(self.storage.holder, self.storage.identifier) from None

    def _source(self) -> HttpResponseRedirect | None:
        """Return the way to the group that the answers of the policy come from, if one does."""
        source = self.place.source if self.place else None
        if source is None:
            return None
        text = f"The answers of this policy come from the group “{source.group}”. Change them here."
        messages.info(self.request, text)
        return HttpResponseRedirect(source.address)

    def _elsewhere(self, step: str) -> HttpResponseRedirect | None:
        """Return the way out of a page that there is not, or that does not apply."""
        if step not in BY_NAME:
            raise Http404
        shown = self.storage.interview.shown
        if any(step == other.name for other in shown):
            return None
        messages.info(
            self.request, f"The page “{BY_NAME[step].title}” does not apply to your answers."
        )
        later = [other for other in shown if STEPS.index(other) > STEPS.index(BY_NAME[step])]
        return redirect(self._url(later[0].name if later else REVIEW))

    # ---------------------------------------------------------------- what formtools asks for

    def process_step(self, form: PageForm) -> Answers:
        """Return what to store: cleaned answers, and never what was posted."""
        given, interview = form.given(), self.storage.interview
        for question in interview.pages.get(self.steps.current, ()):
            asked = question.id in form.asks
            if asked and question.id in interview.stored and question.id not in given.given:
                text = f"You left “{question.ask}” blank. Your earlier answer still counts."
                messages.warning(self.request, text)
        return given

    def process_step_files(self, form: PageForm) -> dict[str, Any]:
        """Return no files: no page takes any."""
        return {}

    def render_next_step(self, form: PageForm, **kwargs: Any) -> HttpResponse:
        """Go on after a page is saved."""
        return redirect(self._onward(self.steps.next))

    def render_done(self, form: PageForm, **kwargs: Any) -> HttpResponse:
        """Go to the review after the last page. Nothing else happens here."""
        return redirect(self._onward(REVIEW))

    # ---------------------------------------------------------------- drawing

    def render(
        self,
        form: PageForm | None = None,
        *,
        saved: bool = False,
        overtaken: bool = False,
        too_large: str = "",
        **_address: Any,
    ) -> HttpResponse:
        """Show a page, put together from its pieces.

        ``saved`` says that the right part of it was just saved, ``overtaken`` that another tab
        saved the same questions or moved the draft to another release, ``too_large`` why it could
        not be saved at all.
        """
        form = form or self.get_form()
        interview, step = self.storage.interview, BY_NAME[form.page]
        asked = list(form.asked())
        wrong = any(one.mistakes for one in asked)
        around = drawing.frame(
            Frame(
                step=step,
                shown=interview.shown,
                finished=interview.finished,
                draft=str(self.storage.draft),
                place=self.place,
                from_review=self._from_review(),
                wrong=wrong,
            )
        )
        holes = (
            self._account(),
            self._notices(step, asked, overtaken=overtaken, too_large=too_large),
            self._opening(step, anew=saved or overtaken),
            "\n".join(self._questions(form, asked)),
            "",
        )
        pairs = zip(around, holes, strict=True)
        return HttpResponse("".join([part for pair in pairs for part in pair]))

    def _questions(self, form: PageForm, asked: list[Asked]) -> Iterator[str]:
        """Draw the questions of a page, among them those that nobody answers here."""
        drawn = {one.question.id: drawing.question(one) for one in asked}
        answers = form.interview.answers
        for question in form.interview.pages[form.page]:
            if question.id in drawn:
                yield drawn[question.id]
                continue
            given = answers.given.get(question.id)
            lines = in_words(question, given, {}) if given is not None else ()
            address, note = self.place.locations if self.place else "", form.inherited.note
            yield drawing.fixed(question.id, question.ask, lines, note, address)

    def _account(self) -> str:
        """Draw the links to the account of whoever asks. No piece that is kept holds them."""
        context = {
            "user": self.request.user,
            "back": self.request.get_full_path(),
            "csrf_token": get_token(self.request),
        }
        return render_to_string("account/links.html", context)

    def _notices(self, step: Step, asked: list[Asked], *, overtaken: bool, too_large: str) -> str:
        """Draw what there is to say before the questions, which mostly is nothing."""
        said = messages.get_messages(self.request)
        mistakes = [(one.question, mistake) for one in asked for mistake in one.mistakes]
        news = news_of(self.storage.opened)
        if not (mistakes or overtaken or too_large or len(said) or news):
            return ""
        wanted = self._goes_to()
        context = {
            "draft": self.storage.draft,
            "messages": said,
            "news": news,
            "mistakes": mistakes,
            "too_large": too_large,
            "leaving_to": self._url(wanted) if wanted else None,
            "overtaken": overtaken,
            "moved": overtaken and self._asked_under_another_release(),
            "theirs": self._stored_in_words(step) if overtaken else (),
            "path": self.request.get_full_path(),
        }
        return render_to_string("wizard/notices.html", context)

    def _asked_under_another_release(self) -> bool:
        posted = self.request.POST.get("seen", "")
        return not is_seen_under(posted, self.storage.interview.library.digest)

    def _opening(self, step: Step, *, anew: bool) -> str:
        """Draw the form's opening, with what the person has in view (``seen``).

        Until the page is saved, that is what was stored when typing began.
        """
        posted = self.request.POST.get("seen")
        context = {
            "path": self.request.get_full_path(),
            "csrf_token": get_token(self.request),
            "draft": self.prefix,
            "step": step.name,
            "seen": self.storage.interview.seen(step.name) if anew or posted is None else posted,
        }
        return render_to_string("wizard/opening.html", context)

    def _stored_in_words(self, step: Step) -> list[tuple[str, tuple[str, ...]]]:
        answers = self.storage.interview.answers
        points = contact_points(answers.given)
        return [
            (question.ask, in_words(question, answers.given[question.id], points))
            for question in self.storage.interview.pages[step.name]
            if question.id in answers.given
        ]

    # ---------------------------------------------------------------- ways

    def _goes_to(self) -> str | None:
        """Return the page that a button asks for: "Back", or one of the list of pages."""
        wanted = self.request.POST.get("go", "")
        return wanted if wanted in BY_NAME or wanted == REVIEW else None

    def _onward(self, following: str) -> str:
        return self._url(self._goes_to() or (REVIEW if self._from_review() else following))

    def _from_review(self) -> bool:
        return bool(self.request.GET.get("from") == REVIEW)

    def _url(self, step: str) -> str:
        if step == REVIEW:
            return reverse("review", args=[self.storage.identifier])
        return self.get_step_url(step)


interview_page = InterviewView.as_view(
    [(step.name, PageForm) for step in STEPS],
    condition_dict={step.name: _applies(step.name) for step in STEPS},
    url_name="page",
    done_step_name=REVIEW,
)
