"""Options that are no longer offered: read where they were ticked, and never said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policygen.policies.models import Draft
from tests.library.folders import change
from tests.releases import release_changes
from tests.wizard.visitors import Controls, Visitor, elm, text_of

GONE = {
    "data": "      - {id: records, group: health, label: Records, help: Charts., "
    "phrase: your records}\n",
    "organization": "      - {id: dental, group: care, label: A dental practice, help: Teeth., "
    "phrase: a dental practice}\n",
    "contacts": "      - {id: fax-opt-out, label: Stopping faxes, help: For those who want none., "
    "phrase: stop faxes}\n",
}
UNTICK = "No longer offered: the policy says nothing of it. Untick it."


@pytest.fixture
def retired(release: None, folder: Path) -> Any:
    """Retire the option that stands on a line of the vocabulary, and move to that release."""
    raw = {**elm(), "contacts": {"fax-opt-out": ["desk"], "questions": ["desk"]}}

    def of(question: str, **changes: Any) -> Visitor:
        visitor = Visitor({**raw, **changes})
        change(folder, "vocabulary.yaml", GONE[question], "")
        change(folder, "examples/elm.yaml", "  data: [name, records]\n", "  data: [name]\n")
        change(folder, "examples/elm.yaml", "  organization: dental\n", "")
        if question == "data":
            change(folder, "about/no-health.md", "{none: [data.health]}", "{none: [data]}")
        if question == "contacts":
            (folder / "contact" / "faxes.md").unlink()
        release = release_changes(folder)
        Draft.objects.filter(pk=visitor.draft_id).update(release=release.digest)
        return visitor

    return of


def stored(visitor: Visitor) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(visitor.draft.answers)
    return found


def values(visitor: Visitor, page: str, name: str) -> list[str]:
    """The values of all inputs of a name on a page."""
    controls = Controls(visitor.get(page).content.decode())
    return [
        str(found.get("value"))
        for tag, found in controls.elements
        if tag == "input" and found.get("name") == name
    ]


def test_it_is_offered_to_nobody_else(retired):
    visitor = retired("data", data=["name"])
    assert values(visitor, "data", "data-data") == ["name", "birth-date", "none", "dont-know"]
    text = text_of(visitor.get("data"))
    assert "No longer offered" not in text
    assert "Health" not in text  # a group of which nothing is left


def test_where_it_was_ticked_it_stands_there_ticked_and_says_so(retired):
    visitor = retired("data")
    assert visitor.form("data")["data-data"] == ["name", "records"]
    text = text_of(visitor.get("data"))
    assert f"Records{UNTICK}" in text
    assert "Charts." not in text


def test_it_says_nothing_and_what_it_leaves_open_is_asked_for(retired):
    visitor = retired("data")
    policy = visitor.client.get(f"{visitor.base}policy.txt").content.decode()
    assert "your name" in policy
    assert "your records" not in policy
    text = text_of(visitor.get("review"))
    assert "What data do you keep? You chose something that is no longer offered." in text
    assert "Records (no longer" in text
    assert visitor.get("")["Location"] == f"{visitor.base}data/"


def test_where_nothing_else_was_ticked_nothing_is_said_or_denied(retired):
    visitor = retired("data", data=["records"])
    policy = visitor.client.get(f"{visitor.base}policy.txt").content.decode()
    assert "We keep the following" not in policy
    assert "No records about your health" not in policy


def test_it_stays_as_long_as_it_is_ticked_and_other_options_can_change(retired):
    visitor = retired("data")
    assert visitor.send("data", data=["birth-date", "records"]).status_code == 302
    assert stored(visitor)["data"] == ["birth-date", "records"]
    assert visitor.form("data")["data-data"] == ["birth-date", "records"]


def test_once_unticked_and_saved_it_is_gone(retired):
    visitor = retired("data")
    assert visitor.send("data", data=["name"]).status_code == 302
    assert stored(visitor)["data"] == ["name"]
    assert "records" not in values(visitor, "data", "data-data")
    response = visitor.send("data", data=["name", "records"])
    assert response.status_code == 200
    assert "“Records” is no longer offered. Untick it." in text_of(response)
    assert stored(visitor)["data"] == ["name"]
    again = Controls(response.content.decode()).as_post()
    assert again["data-data"] == ["name", "records"]  # there to be unticked


def test_who_never_had_it_cannot_send_it(retired):
    visitor = retired("data", data=["name"])
    assert visitor.send("data", data=["records"]).status_code == 200
    assert stored(visitor)["data"] == ["name"]


def test_of_one_choice_it_stands_chosen_until_another_is(retired):
    visitor = retired("organization")
    assert visitor.form("practice")["practice-organization"] == ["dental"]
    text = text_of(visitor.get("practice"))
    assert "A dental practiceNo longer offered: the policy says nothing of it. Choose" in text
    policy = visitor.client.get(f"{visitor.base}policy.txt").content.decode()
    assert "Our house is" not in policy
    assert visitor.send("practice").status_code == 302
    assert stored(visitor)["organization"] == ["dental"]
    assert visitor.send("practice", organization="legal").status_code == 302
    assert stored(visitor)["organization"] == ["legal"]
    offered = values(visitor, "practice", "practice-organization")
    assert offered == ["medical", "legal", "dont-know"]
    assert visitor.send("practice", organization="dental").status_code == 200
    assert stored(visitor)["organization"] == ["legal"]


def test_a_mistake_points_to_an_option_that_is_on_the_page(retired):
    visitor = retired("organization", organization="legal")
    page = visitor.send("practice", organization=None).content.decode()
    assert 'href="#id_practice-organization-medical"' in page
    assert "id_practice-organization-medical" in Controls(page).ids


def test_a_purpose_of_contact_is_kept_until_it_is_unticked(retired):
    visitor = retired("contacts")
    page = text_of(visitor.get("contacts"))
    assert f"Stopping faxes {UNTICK}" in page
    assert visitor.send("contacts").status_code == 302
    assert set(stored(visitor)["contacts"]) == {"questions", "fax-opt-out"}
    assert visitor.send("contacts", **{"contacts__fax-opt-out": None}).status_code == 302
    assert set(stored(visitor)["contacts"]) == {"questions"}
    assert "Stopping faxes" not in text_of(visitor.get("contacts"))
    visitor.send("contacts", **{"contacts__fax-opt-out": "desk"})
    assert set(stored(visitor)["contacts"]) == {"questions"}


def test_before_moving_the_draft_hears_what_is_no_longer_offered(drafter, folder):
    change(folder, "vocabulary.yaml", GONE["data"], "")
    change(folder, "examples/elm.yaml", "  data: [name, records]\n", "  data: [name]\n")
    change(folder, "about/no-health.md", "{none: [data.health]}", "{none: [data]}")
    release_changes(folder)
    text = text_of(drafter.get("release"))
    assert (
        "What data do you keep? Name Records “Records” is no longer offered, "
        "and the policy says nothing of it." in text
    )
