"""Who visits the site in ``bench.load``: readers, people who download, and people who answer.

Locust runs this file. What came of each request is written to the file that ``BENCH_RESULT`` names.
"""

from __future__ import annotations

import json
import os
import random
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from locust import HttpUser, between, events, task

POLICIES: list[str] = json.loads(os.environ["BENCH_POLICIES"])
PAGES = ("practice", "scope", "data", "purposes", "security", "contact_points", "contacts")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
TIMES: dict[str, list[float]] = {}
STATUSES: dict[str, int] = {}


def filled_in(page: str) -> list[tuple[str, str]]:
    """Return what a browser sends if somebody presses the button of a page of the interview."""
    form = Form()
    form.feed(page)
    return form.fields


class Form(HTMLParser):
    """What stands in the fields of a page, other than those of files and buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._name, self._text = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field."""
        said = dict(attrs)
        name, kind = said.get("name") or "", said.get("type") or "text"
        chosen = kind not in {"checkbox", "radio"} or "checked" in said
        if tag == "textarea":
            self._name, self._text = name, ""
        elif tag == "select":
            self._name = name
        elif tag == "option" and "selected" in said:
            self.fields.append((self._name, said.get("value") or ""))
        elif tag == "input" and name and chosen and kind not in {"submit", "file", "button"}:
            self.fields.append((name, said.get("value") or ""))

    def handle_data(self, data: str) -> None:
        """Note what stands in a field of several lines."""
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        """Note a field of several lines."""
        if tag == "textarea":
            self.fields.append((self._name, self._text))


@events.request.add_listener
def count(name: str, response_time: float, response: Any, **_more: Any) -> None:
    """Count an answer and keep how many milliseconds it took."""
    TIMES.setdefault(name, []).append(response_time)
    status = str(getattr(response, "status_code", 0))
    STATUSES[status] = STATUSES.get(status, 0) + 1


@events.quitting.add_listener
def write(**_more: Any) -> None:
    """Write down what was counted."""
    result = json.dumps({"times": TIMES, "statuses": STATUSES})
    Path(os.environ["BENCH_RESULT"]).write_text(result)


class Reader(HttpUser):
    """Reads published policies, and comes back to what they have read."""

    weight = 5
    wait_time = between(0.2, 0.6)

    def on_start(self) -> None:
        """Begin without having read anything."""
        self.known: dict[str, str] = {}

    @task
    def read(self) -> None:
        """Open a policy; one seen before is asked for as browsers do."""
        address = random.choice(POLICIES)
        tag = self.known.get(address)
        headers = {"If-None-Match": tag} if tag else {}
        answer = self.client.get(f"{address}/", headers=headers, name="public page")
        self.known[address] = answer.headers.get("ETag", "")


class Downloader(HttpUser):
    """Downloads a policy in one of its formats."""

    weight = 2
    wait_time = between(0.2, 0.6)

    @task
    def download(self) -> None:
        """Download one file."""
        ending = random.choice(("pdf", "txt", "json"))
        self.client.get(f"{random.choice(POLICIES)}.{ending}", name="download")


class Visitor(HttpUser):
    """Answers questions without an account."""

    weight = 3
    wait_time = between(0.2, 0.6)

    def on_start(self) -> None:
        """Begin with the answers of an example."""
        found = TOKEN.search(self.client.get("/", name="home").text)
        form = {"csrfmiddlewaretoken": found[1] if found else "", "example": "two-location-dental"}
        answer = self.client.post("/drafts/", form, name="begin an interview")
        self.draft = urlsplit(answer.url or "").path.split("/")[2:3] if answer.ok else []

    @task(2)
    def turn(self) -> None:
        """Open a page of the interview."""
        if self.draft:
            page = random.choice(PAGES)
            self.client.get(f"/drafts/{self.draft[0]}/{page}/", name="interview")

    @task
    def answer(self) -> None:
        """Send a page of the interview as it stands, which saves the draft."""
        if self.draft:
            where = f"/drafts/{self.draft[0]}/{random.choice(PAGES)}/"
            page = self.client.get(where, name="interview").text
            self.client.post(where, filled_in(page), name="answer")
