"""The one place that knows formtools: its wizard over a draft in the database.

The address says which draft and which page; nothing about it is remembered elsewhere, so any
number of tabs and drafts can be open at once. A page is saved whenever it is sent, and only its own
questions are: ``formtools`` neither sees nor stores what was posted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from formtools.wizard.storage.base import BaseStorage
from formtools.wizard.views import NamedUrlWizardView

from policygen.core.answers import Answers, contact_points, in_words
from policygen.library.store import library_in_force
from policygen.policies.drafts import DraftTooLarge, Overtaken, draft_of, save_answers
from policygen.policies.models import Draft
from policygen.policies.visitors import remember, visitor_of
from policygen.wizard.drawing import page_list
from policygen.wizard.forms import PageForm
from policygen.wizard.interview import Interview, interview_of
from policygen.wizard.steps import BY_NAME, STEPS, Step

REVIEW = "review"


class DraftStorage(BaseStorage):  # type: ignore[misc]
    """What formtools calls storage: the draft that the address names, read at every request."""

    def __init__(self, prefix: str, request: HttpRequest, file_storage: object = None) -> None:
        super().__init__(prefix, request, file_storage)
        self.init_data()
        self.visitor = visitor_of(request)
        self.identifier = UUID(prefix)
        self.release = library_in_force().digest
        match = request.resolver_match
        self.current_step = match.kwargs.get("step") if match else None
        self.read()

    def read(self) -> None:
        """Read the draft. Raises ``Http404`` unless it is there and the visitor's own."""
        try:
            self._take(draft_of(self.visitor, self.identifier))
        except Draft.DoesNotExist:
            raise Http404 from None

    def _take(self, draft: Draft) -> None:
        self.draft = draft
        self.interview: Interview = interview_of(self.release, draft.answers)

    def get_step_data(self, step: str) -> None:
        """Return nothing: stored answers come into a form as its initial values."""

    def set_step_data(self, step: str, cleaned_data: Answers) -> None:
        """Save the answers of a page. Raises ``Overtaken`` or ``DraftTooLarge``."""
        saved = save_answers(
            self.visitor,
            self.identifier,
            cleaned_data,
            seen_as=self.request.POST.get("seen"),
            questions=[question.id for question in self.interview.pages.get(step, ())],
        )
        self._take(saved.draft)
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
    template_name = "wizard/page.html"
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
        interview = self.storage.interview
        return {
            "questions": interview.pages[step or self.steps.current],
            "answers": interview.answers,
            "release": self.storage.release,
            "warnings": interview.unreadable,
            "leaving": self._goes_to() is not None,
        }

    def get_step_url(self, step: str) -> str:
        """Return the address of a page of this draft."""
        return reverse("page", args=[self.storage.identifier, step])

    # ---------------------------------------------------------------- requests

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a page; without a page's name, go to where there is something to answer."""
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
        step = kwargs["step"]
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
            return self.render(self.get_form(data=request.POST), overtaken=True)
        except DraftTooLarge as error:
            return self.render(form, too_large=str(error))

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

    def render(self, form: PageForm | None = None, **kwargs: Any) -> HttpResponse:
        """Show a page."""
        response: HttpResponse = super().render(form, **kwargs)
        return response

    # ---------------------------------------------------------------- what formtools asks for

    def process_step(self, form: PageForm) -> Answers:
        """Return what to store: cleaned answers, and never what was posted."""
        return form.given()

    def process_step_files(self, form: PageForm) -> dict[str, Any]:
        """Return no files: no page takes any."""
        return {}

    def render_next_step(self, form: PageForm, **kwargs: Any) -> HttpResponse:
        """Go on after a page is saved."""
        return redirect(self._onward(self.steps.next))

    def render_done(self, form: PageForm, **kwargs: Any) -> HttpResponse:
        """Go to the review after the last page. Nothing else happens here."""
        return redirect(self._onward(REVIEW))

    def get_context_data(self, form: PageForm, **kwargs: Any) -> dict[str, Any]:
        """Return what the page's template reads."""
        context: dict[str, Any] = super().get_context_data(form=form, **kwargs)
        interview, step = self.storage.interview, BY_NAME[self.steps.current]
        position = interview.shown.index(step)
        asked = [] if form is None else list(form.asked())
        mistakes = [(one.question, mistake) for one in asked for mistake in one.mistakes]
        return {
            **context,
            "draft": self.storage.draft,
            "step": step,
            "number": position + 1,
            "shown": interview.shown,
            "finished": interview.finished,
            "page_list": page_list(interview.shown, interview.finished, step),
            "before": interview.shown[position - 1] if position else None,
            "asked": asked,
            "mistakes": mistakes,
            "from_review": self.request.GET.get("from") == REVIEW,
            "leaving_to": self._leaving_to() if mistakes else None,
            "seen": self._seen(step, anew=kwargs.get("overtaken") or kwargs.get("saved") or False),
            "theirs": self._stored_in_words(step) if kwargs.get("overtaken") else (),
        }

    # ---------------------------------------------------------------- ways

    def _goes_to(self) -> str | None:
        """Return the page that a button asks for: "Back", or one of the list of pages."""
        wanted = self.request.POST.get("go", "")
        return wanted if wanted in BY_NAME or wanted == REVIEW else None

    def _onward(self, following: str) -> str:
        wanted = self._goes_to() or (
            REVIEW if self.request.GET.get("from") == REVIEW else following
        )
        return self._url(wanted)

    def _url(self, step: str) -> str:
        if step == REVIEW:
            return reverse("review", args=[self.storage.identifier])
        return self.get_step_url(step)

    def _leaving_to(self) -> str | None:
        wanted = self._goes_to()
        return self._url(wanted) if wanted else None

    def _seen(self, step: Step, *, anew: bool) -> str:
        """Return what the person had in view when typing began, or has in view from now on."""
        posted: str | None = self.request.POST.get("seen")
        return self.storage.interview.seen(step.name) if anew or posted is None else posted

    def _stored_in_words(self, step: Step) -> list[tuple[str, tuple[str, ...]]]:
        answers = self.storage.interview.answers
        points = contact_points(answers.given)
        return [
            (question.ask, in_words(question, answers.given[question.id], points))
            for question in self.storage.interview.pages[step.name]
            if question.id in answers.given
        ]


interview_page = InterviewView.as_view(
    [(step.name, PageForm) for step in STEPS],
    condition_dict={step.name: _applies(step.name) for step in STEPS},
    url_name="page",
    done_step_name=REVIEW,
)
