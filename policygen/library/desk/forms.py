"""The forms in which pieces of the library are written.

A form turns what was typed into the content of a piece, says what is wrong at the field where it
is wrong, and notices when somebody else saved meanwhile. ``store`` hands the content to
``publishing``, which alone stores it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.http import QueryDict

from policygen.core.analysis.redline import redline
from policygen.core.body import BODY_LIMIT
from policygen.core.claims import VERBS
from policygen.core.library import Library
from policygen.core.problems import Problem, Refused
from policygen.core.vocabulary import LISTED
from policygen.core.vocabulary import Question as QuestionValue
from policygen.library import publishing
from policygen.library.checks import checked, checked_clause, to_frame
from policygen.library.desk.changes import Row, Words, changed_only, compare
from policygen.library.desk.fields import (
    ConditionField,
    GroupsField,
    LineField,
    LinesField,
    NumberField,
    TextField,
    YamlField,
)
from policygen.library.desk.offered import Offered
from policygen.library.desk.widgets import ADD_ROW, ConditionPicker
from policygen.library.folder_texts import cases_text
from policygen.library.models import (
    NAME_LIMIT,
    ClauseVersion,
    Option,
    PolicyTitle,
    Question,
    Section,
    State,
)
from policygen.library.pieces import STEP, Content, Said, working_frame
from policygen.library.publishing import WHY_LIMIT, AnyPiece

PREVIEW = "_preview"
"""The name of the button that shows the page again without saving anything."""

FIELD_OF = {"retired": "withdrawn"}
"""Places of problems that a form calls something else."""

WITHDRAWN_HELP = (
    "With the next release, no new policy has this any more. Policies that were made before keep "
    "it. Clear the box to bring it back."
)
PHRASE_HELP = (
    "What a policy prints. It must fit every sentence that prints its group: the same shape as "
    "the phrases of the others, no capital at the start, no period at the end. Put a phrase with "
    "“and” in it last, and avoid “other” in one that can stand alone."
)


class PieceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What all pieces have: the revision that was seen, the reason, and taking it out."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    withdrawn = forms.BooleanField(label="Take it out", required=False, help_text=WITHDRAWN_HELP)
    reason = TextField(
        label="Reason for the change",
        limit=WHY_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why is this written, or changed? Whoever approves it reads this first. "
        "Without a reason it cannot be submitted for review.",
    )

    theirs: Content | None = None
    """What somebody else saved after this form was opened, if it says something else."""

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        instance: AnyPiece | None = None,
        initial: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.is_new = instance is None or instance._state.adding
        shown = {} if instance is None or self.is_new else _shown(instance)
        options |= {"initial": {**shown, **(initial or {})}, "label_suffix": ""}
        super().__init__(data, files, instance=instance, **options)
        self.fields.pop("withdrawn" if self.is_new else "name", None)
        self.prepare()

    def prepare(self) -> None:
        """Fit the fields to the piece; each kind of piece has its own ways."""

    @property
    def piece(self) -> AnyPiece:
        """The row that the form is about, as it is stored; of something new, an empty one."""
        return cast("AnyPiece", self.instance)

    @property
    def piece_name(self) -> str:
        """The name of the piece, as far as it is known."""
        return str(self._read("name")) if self.is_new else self.piece.name

    @cached_property
    def frame(self) -> Library | None:
        """All that clauses stand on, as it is being worked on; ``None`` if it is not whole."""
        try:
            return to_frame(working_frame())
        except Refused:
            return None

    @cached_property
    def offered(self) -> Offered | None:
        """What conditions and texts can name."""
        return None if self.frame is None else Offered(self.frame.vocabulary)

    @property
    def only_looks(self) -> bool:
        """Whether the form was sent to be shown again, and not to be saved."""
        return PREVIEW in self.data or ADD_ROW in self.data

    # -------------------------------------------------------------- reading

    def full_clean(self) -> None:
        """Check the form, but not when somebody in the middle of writing asks for a row."""
        if ADD_ROW not in self.data:
            super().full_clean()
            return
        self._errors = ErrorDict(renderer=self.renderer)
        self.cleaned_data = {}

    def is_valid(self) -> bool:
        """Tell whether it can be saved, and is meant to be."""
        return super().is_valid() and not self.only_looks

    def clean(self) -> dict[str, Any]:
        """Look for a colleague's change, and ask the core what is wrong."""
        super().clean()
        unreadable = set(self.errors)
        if fixed := why_fixed(self.piece):
            self.add_error(None, fixed)
        elif not self.is_new and self.cleaned_data.get("seen") != self.piece.revision:
            self._meet()
        for problem in self._problems():
            place = FIELD_OF.get(problem.where, problem.where).partition(".")[0]
            if place not in self.fields and "name" not in unreadable:
                self.add_error(None, str(problem))
            elif place in self.fields and place not in unreadable:
                self.add_error(place, problem.message)
        return self.cleaned_data

    def _post_clean(self) -> None:
        """Leave the row as it is stored: ``publishing`` writes it, and checks it once more."""

    def content(self) -> Content:
        """Return what was typed as the content of a piece.

        A part that cannot be read is as it was, so that the rest can be looked at.
        """
        before = {"withdrawn": False} if self.is_new else self.piece.content()
        names = (*type(self.piece).CONTENT, "withdrawn")
        typed = {name: self._read(name) for name in names if name in self.fields}
        return self.piece.trimmed({**before, **typed})

    def _read(self, name: str) -> Any:
        field = self.fields[name]
        before = self.get_initial_for_field(field, name)
        before = nothing(field) if before is None else before
        if not self.is_bound:
            return before
        if name in getattr(self, "cleaned_data", {}):
            return self.cleaned_data[name]
        try:
            return field.clean(self[name].data)
        except ValidationError:
            return before

    def _problems(self) -> Iterator[Problem]:
        name = self.piece_name
        if self.is_new and self._is_taken(name):
            yield Problem("name", "This name is taken, and names last. Choose another.")
        try:
            self.check(name, Said(self.piece.number, self.content()))
        except Refused as refused:
            yield from refused.problems

    def _is_taken(self, name: str) -> bool:
        return name.isprintable() and self.taken(name)

    def taken(self, name: str) -> bool:
        """Tell whether there is a piece of this name."""
        return type(self.piece)._default_manager.filter(pk=name).exists()

    def check(self, name: str, said: Said) -> None:
        """Ask the core whether a piece may say this. Raises ``Refused``."""
        checked(self.piece.kind, name, said)

    # -------------------------------------------------------------- two editors

    def _meet(self) -> None:
        """Keep both texts for the page. The next save has seen both, and decides."""
        data = cast("QueryDict", self.data).copy()
        data["seen"] = str(self.piece.revision)
        self.data = data
        theirs, reason = self.piece.content(), self.cleaned_data.get("reason")
        if self.content() == theirs and reason == self.piece.reason:
            self.cleaned_data["seen"] = self.piece.revision  # the same save, sent twice
            return
        self.theirs = theirs
        self.add_error(None, str(publishing.Overtaken(self.piece)))

    def conflict(self) -> Sequence[Row]:
        """Return the fields in which the two texts differ, from theirs to yours."""
        if self.theirs is None:
            return ()
        sections = {one.id: one.title for one in self.frame.sections} if self.frame else {}
        rows = changed_only(compare(self.piece.kind, self.theirs, self.content(), Words(sections)))
        theirs, yours = self.piece.reason, str(self._read("reason"))
        if theirs == yours:
            return rows
        return (*rows, Row("Reason for the change", (theirs,), (yours,), (redline(theirs, yours),)))

    def tell_what_is_released(self, release: str, before: Mapping[str, Sequence[str]]) -> None:
        """Show beside fields what a release says, by the names of the fields."""
        for name, lines in before.items():
            if name in self.fields:
                vars(self.fields[name])["released"] = {"name": release, "lines": lines}

    # -------------------------------------------------------------- storing

    def store(self, by: User) -> AnyPiece:
        """Store it as a draft and return the row. Raises what ``publishing`` raises."""
        content, reason = self.piece.whole(self.content()), self.cleaned_data["reason"]
        if self.is_new:
            return self.store_new(content, reason, by)
        seen = self.cleaned_data["seen"]
        if isinstance(self.piece, ClauseVersion):
            return publishing.save_draft(self.piece, content, by=by, seen=seen, why=reason)
        return publishing.save_draft(self.piece, content, by=by, seen=seen, why=reason)

    def store_new(self, content: Content, reason: str, by: User) -> AnyPiece:
        """Store the first draft of something new."""
        return publishing.new_frame_piece(
            self.piece.kind, self.piece_name, content, by=by, why=reason
        )


def _shown(piece: AnyPiece) -> dict[str, Any]:
    """Return what a form shows of a stored piece. A new change begins without a reason."""
    reason = piece.reason if piece.state == State.DRAFT else ""
    return {**piece.whole(piece.content()), "reason": reason, "seen": piece.revision}


def nothing(field: forms.Field) -> Any:
    """Return what a field holds before anybody typed."""
    match field:
        case ConditionField():
            return {}
        case LinesField():
            return []
        case YamlField():
            return copy(field.empty)
        case NumberField():
            return 0
        case forms.BooleanField():
            return False
    return ""


def why_fixed(piece: AnyPiece) -> str:
    """Return why nobody can write to a piece as it stands; nothing if it can be written to."""
    if piece._state.adding:
        return ""
    standing = str(piece.get_state_display()).lower()
    if isinstance(piece, ClauseVersion) and not piece.is_open:
        first = "Send it back" if piece.state in {State.REVIEW, State.APPROVED} else "Begin a draft"
        return f"This version is {standing}, and its text is fixed. {first} to change it."
    if piece.state == State.REVIEW:
        return "This is in review. Send it back first, then change it."
    if piece.state == State.APPROVED:
        return "This is approved and waits for a release. Send it back first, then change it."
    return ""


PLAIN = {"spellcheck": "false", "autocapitalize": "off", "class": "code"}
"""Attributes of a text area for what is no prose."""


def _area(rows: int, **attrs: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


class ClauseForm(PieceForm):
    """A version of a clause, or a new clause with its slug."""

    name = LineField(
        label="Slug",
        limit=NAME_LIMIT,
        help_text="Small letters, digits and hyphens, as in “records-of-care”. It names the clause "
        "for good: published policies refer to it.",
    )
    title = LineField(help_text="A name for colleagues. It is never printed.")
    section_id = forms.ChoiceField(label="Section")
    order = NumberField(
        help_text="The place in the section: a whole number. Leave gaps for later clauses."
    )
    when = ConditionField(label="Condition")
    run_in = forms.BooleanField(
        label="Continues the paragraph before it",
        required=False,
        help_text="It must also read well alone, because the clause before it can be missing.",
    )
    body = TextField(
        label="Text",
        limit=BODY_LIMIT,
        by_line=True,
        widget=_area(14, spellcheck="true", lang="en", **{"data-limit": str(BODY_LIMIT)}),
        help_text="Paragraphs, lists (- item), sub-headings (### Heading), *italics*, **bold**, "
        "links, and cross-references such as [How to contact us](#contact).",
    )
    claims = LinesField(
        widget=_area(3),
        help_text="What the clause asserts, one a line, as in “share(data; to recipients.care)”. "
        "Leave it empty if the clause only explains.",
    )
    statements = LinesField(
        label="Model statements",
        widget=_area(3),
        help_text="Ids of statements of model policies that the clause really makes, one a line.",
    )
    citations = LinesField(
        widget=_area(2), help_text="The law behind it, one a line. Only where you are sure."
    )
    satisfies = LinesField(
        label="Elements of laws",
        widget=_area(3),
        help_text="Ids of what laws want stated, one a line, as in “gdpr-13-1-a”. Only what this "
        "text really states: the page of each law lists its elements.",
    )
    note = TextField(
        label="Note for colleagues",
        widget=_area(3),
        help_text="Why it is worded so, which risk it carries. It is never printed.",
    )

    class Meta:
        model = ClauseVersion
        fields: Sequence[str] = ()

    def prepare(self) -> None:
        """Offer the sections, and name the answers that a condition can ask for."""
        sections = self.frame.sections if self.frame else ()
        field = cast("forms.ChoiceField", self.fields["section_id"])
        field.choices = [("", "Choose a section"), *((one.id, one.title) for one in sections)]
        cast("ConditionPicker", self.fields["when"].widget).offered = self.offered

    @property
    def verbs(self) -> list[str]:
        """The verbs of claims."""
        return sorted(VERBS)

    def taken(self, name: str) -> bool:
        """Tell whether there is a clause of this name."""
        return ClauseVersion.objects.filter(clause=name).exists()

    def check(self, name: str, said: Said) -> None:
        """Ask the core whether a clause may say this. Raises ``Refused``."""
        if said.content["withdrawn"] and said.content == {
            **self.piece.content(),
            "withdrawn": True,
        }:
            return  # what is taken out need not fit the vocabulary any more
        if self.frame is None:
            raise Refused([Problem("", "The vocabulary has a mistake. Mend its drafts first.")])
        checked_clause(name, said, self.frame)

    def store_new(self, content: Content, reason: str, by: User) -> AnyPiece:
        """Store the first version of a new clause."""
        return publishing.new_clause(self.piece_name, content, by=by, why=reason)


class SectionForm(PieceForm):
    """A section: its heading and its place."""

    name = LineField(
        label="Id",
        limit=NAME_LIMIT,
        required=True,
        error_messages={"required": "Write an id."},
        help_text="Small letters, digits and single underscores. It never changes, and links in "
        "clauses point to it: [How to contact us](#contact).",
    )
    title = LineField(label="Heading", help_text="It is printed where one of its clauses is.")
    order = NumberField(help_text="Sections are printed by this number.")
    needed = YamlField(
        label="Needed if",
        written=cases_text,
        empty=None,
        widget=_area(2, **PLAIN),
        help_text="When a policy must have this section: {} for always, or a condition such as "
        "{any: [data.health]}. Leave it empty if it may always be missing.",
    )

    class Meta:
        model = Section
        fields: Sequence[str] = ()


class TitleForm(PieceForm):
    """The title of the policies. It cannot be taken out."""

    title = LineField(help_text="It stands at the top of every policy.")

    class Meta:
        model = PolicyTitle
        fields: Sequence[str] = ()

    def prepare(self) -> None:
        """Leave out the box that takes things out."""
        self.fields.pop("withdrawn", None)


class QuestionForm(PieceForm):
    """A question as the interview asks it. New ones come with files, since they need a page."""

    ask = LineField(label="Question", help_text="As the manager reads it.")
    help = LineField(limit=1_000, widget=_area(2))
    example = LineField(limit=1_000, widget=_area(2))
    when = ConditionField(
        label="Asked if", help_text="It can depend only on questions of earlier pages."
    )
    groups = GroupsField(
        widget=_area(4),
        help_text="One a line, as in “health: Health”. Ids stay as they are: clauses name them.",
    )
    minimum = NumberField(label="Smallest number")
    maximum = NumberField(label="Largest number")
    order = NumberField(help_text="Questions of a page are asked by this number.")

    class Meta:
        model = Question
        fields: Sequence[str] = ()

    def prepare(self) -> None:
        """Name the answers that can be asked for."""
        cast("ConditionPicker", self.fields["when"].widget).offered = self.offered


class OptionForm(PieceForm):
    """Something that can be ticked. Its group belongs to its question."""

    name = LineField(
        label="Id",
        limit=NAME_LIMIT,
        required=True,
        error_messages={"required": "Write an id."},
        help_text="Small letters, digits and hyphens, as in “palm-vein-scan”. It never changes: "
        "answers refer to it.",
    )
    group = forms.ChoiceField(
        required=False, error_messages={"required": "Choose where it stands."}
    )
    label = LineField(help_text="What the manager ticks.")
    help = LineField(
        limit=1_000,
        widget=_area(2),
        help_text="With the label, it must say all that clauses then assert.",
    )
    phrase = LineField(help_text=PHRASE_HELP)
    informative = forms.BooleanField(
        label="Informative",
        required=False,
        help_text="It may stand unused: ticking it prints nothing, and that is meant.",
    )
    order = NumberField(help_text="Options are shown and printed by this number.")

    class Meta:
        model = Option
        fields: Sequence[str] = ()

    def prepare(self) -> None:
        """Offer the groups of the question, or where something new could stand."""
        field = cast("forms.ChoiceField", self.fields["group"])
        questions = self.frame.vocabulary.questions if self.frame else ()
        if self.is_new:
            field.label, field.required = "Question and group", True
            places = (_places(question) for question in questions if question.kind in LISTED)
            field.choices = [("", "Choose where it stands"), *places]
            order = self.fields["order"]
            order.required = False
            order.help_text = f"{order.help_text} Leave it empty to put it last in its group."
            return
        mine = [q for q in questions if q.id == cast("Option", self.piece).question_id]
        field.choices = [pair for question in mine for pair in question.groups.items()]
        if not field.choices:
            del self.fields["group"]

    @property
    def piece_name(self) -> str:
        """The atom of the option."""
        if not self.is_new:
            return self.piece.name
        question = str(self._read("group")).partition(".")[0]
        return f"{question}:{self._read('name')}"

    def content(self) -> Content:
        """Return what was typed; a new option gets its place in its group."""
        content = super().content()
        if not self.is_new:
            return content
        question, _, group = str(content["group"]).partition(".")
        order = content["order"]
        if not order and order != 0:
            order = _place_at_the_end(question, group)
        return {**content, "group": group, "order": order}


def _places(question: QuestionValue) -> tuple[str, list[tuple[str, str]]]:
    """Return a question with its groups, as a part of a list to choose from."""
    groups = [(f"{question.id}.{group}", label) for group, label in question.groups.items()]
    return question.ask, groups or [(question.id, question.ask)]


def _place_at_the_end(question: str, group: str) -> int:
    options = Option.objects.filter(question_id=question)
    last = options.filter(group=group).order_by("-order").first()
    last = last or options.order_by("-order").first()
    return last.order + 1 if last else STEP
