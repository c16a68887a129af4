"""Who comes to the interview in these tests, and the small library that they meet."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.test import Client

from policygen.core.answers import Answers, parse_answers
from policygen.core.library import Library
from policygen.core.vocabulary import Question
from policygen.library.files import read_folder
from policygen.library.strict_yaml import decode, read_yaml
from policygen.policies.models import Draft

FOLDER = Path(__file__).parent / "library"


@cache
def library() -> Library:
    return read_folder(FOLDER)


def question(name: str) -> Question:
    return library().vocabulary.by_id[name]


def elm() -> dict[str, Any]:
    """The answers of the example, in their raw form."""
    raw = read_yaml(decode((FOLDER / "examples" / "elm.yaml").read_bytes())).value["answers"]
    return answers(raw).to_raw()


def answers(raw: dict[str, Any]) -> Answers:
    return parse_answers(library().vocabulary, raw)


class Controls(HTMLParser):
    """What a browser would send from a page's form, and what stands on the page."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.ids: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._select = ""
        self._area: str | None = None
        self._form = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        if found.get("id"):
            self.ids.append(str(found["id"]))
        name = str(found.get("name", ""))
        match tag:
            case "form":
                self._form = str(found.get("id", ""))
            case "input" if found.get("type") in {"checkbox", "radio"}:
                if "checked" in found:
                    self.fields.append((name, str(found.get("value", "on"))))
            case "input" if found.get("type") != "file" and name:
                self.fields.append((name, str(found.get("value") or "")))
                if found.get("type") == "text":
                    self.texts.append(name)
            case "textarea":
                self._area = name
                self.texts.append(name)
                self.fields.append((name, ""))
            case "select":
                self._select = name
                self.fields.append((name, ""))
            case "option" if self._select and "selected" in found:
                self.fields[-1] = (self._select, str(found.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            name, before = self.fields[-1]
            self.fields[-1] = (name, before + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            name, text = self.fields[-1]
            self.fields[-1] = (name, text.removeprefix("\n"))
            self._area = None
        if tag == "select":
            self._select = ""

    def as_post(self) -> dict[str, list[str]]:
        data: dict[str, list[str]] = {}
        for name, value in self.fields:
            data.setdefault(name, []).append(value)
        return data


class Visitor:
    """One browser: it opens pages, fills in what it is told, and sends what a browser would."""

    def __init__(self, raw: dict[str, Any] | None = None) -> None:
        self.client = Client()
        where = self.client.post("/drafts/", {"blank": "1"})["Location"]
        self.base = where
        if raw is not None:
            Draft.objects.filter(pk=self.draft_id).update(answers=canonical(raw))

    @property
    def draft_id(self) -> str:
        return self.base.split("/")[2]

    @property
    def draft(self) -> Draft:
        return Draft.objects.get(pk=self.draft_id)

    def get(self, step: str, **query: str) -> Any:
        return self.client.get(f"{self.base}{step}/" if step else self.base, query)

    def form(self, step: str) -> dict[str, list[str]]:
        return Controls(self.get(step).content.decode()).as_post()

    def send(self, step: str, *, query: str = "", **inputs: Any) -> Any:
        """Send a page as it stands, with some inputs changed (None takes one out).

        The inputs are named by question and part: ``contact_points__0_value`` for
        ``contact_points-contact_points-0-value``.
        """
        data = self.form(step)
        for name, value in inputs.items():
            key = self.name(step, name)
            if value is None:
                data.pop(key, None)
            else:
                data[key] = value if isinstance(value, list) else [value]
        return self.client.post(f"{self.base}{step}/{query}", data)

    def name(self, step: str, name: str) -> str:
        if name in {"go", "seen"}:
            return name
        known, _, part = name.partition("__")
        return f"{step}-{known}" + (f"-{part.replace('_', '-')}" if part else "")


def canonical(raw: dict[str, Any]) -> str:
    return json.dumps(raw, ensure_ascii=False, separators=(",", ":"))


def text_of(response: Any) -> str:
    """What a reader sees of a page, blanks collapsed."""
    parser = _Text()
    parser.feed(response.content.decode())
    return " ".join("".join(parser.parts).split())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if not re.fullmatch(r"a|b|bdi|em|strong|span", tag):
            self.parts.append(" ")
