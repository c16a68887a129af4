"""The start page: blank, from an example, from a file; and the end of a draft."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from policygen.policies.drafting import drafts
from policygen.policies.models import Draft
from tests.wizard.visitors import FOLDER, elm, text_of

EXAMPLE = (FOLDER / "examples" / "elm.yaml").read_bytes()


def send(client: Client, content: bytes, name: str = "answers.yaml") -> Any:
    upload = SimpleUploadedFile(name, content, "application/yaml")
    return client.post("/drafts/", {"file": "1", "answers": upload})


def refused(response: Any) -> str:
    assert response.status_code == 400
    assert Draft.objects.count() == 0
    return text_of(response)


def test_a_first_visit_offers_three_ways_to_start_and_leaves_no_trace(release, client):
    response = client.get("/")
    text = text_of(response)
    assert response.status_code == 200
    for way in ("Start from blank", "Start from an example", "Start from a file"):
        assert way in text
    assert "Elm Dental" in text
    assert "A dental practice that never was." in text
    assert "This site gives no legal advice." in text
    assert "Your drafts" not in text
    assert "sessionid" not in response.cookies


def test_from_blank(release, client):
    response = client.post("/drafts/", {"blank": "1"})
    assert client.get(response["Location"])["Location"].endswith("/practice/")
    assert json.loads(Draft.objects.get().answers) == {}
    assert "Untitled draft" in text_of(client.get("/"))


def test_the_token_of_a_visitor_is_long_random_and_kept_for_ninety_days(release):
    tokens = set()
    for _ in range(5):
        client = Client()
        cookie = client.post("/drafts/", {"blank": "1"}).cookies["sessionid"]
        assert cookie["max-age"] == 90 * 24 * 60 * 60
        assert cookie["httponly"]
        tokens.add(client.session["visitor"])
    assert len(tokens) == 5
    assert all(len(token) >= 22 for token in tokens)


def test_saving_a_page_lets_the_cookie_live_on(drafter):
    assert "sessionid" in drafter.send("data").cookies
    assert "sessionid" not in drafter.get("data").cookies


def test_from_an_example(release, client):
    response = client.post("/drafts/", {"example": "elm"})
    assert response["Location"].endswith("/practice/")
    assert json.loads(Draft.objects.get().answers) == elm()
    page = client.get(response["Location"])
    assert "You started from the example “Elm Dental”." in text_of(page)
    assert 'value="Elm Dental, PLLC"' in page.content.decode()


@pytest.mark.parametrize("name", ["nope", "", "../vocabulary", "elm.yaml", "\x00"])
def test_an_example_that_does_not_exist_is_named_as_such(release, client, name):
    assert "There is no such example." in refused(client.post("/drafts/", {"example": name}))


def test_an_example_that_does_not_fit_the_release_is_left_out(
    release, client, settings, tmp_path, caplog
):
    from policygen.policies.drafting.examples import _examples  # noqa: PLC0415

    folder = tmp_path / "clauses"
    shutil.copytree(FOLDER, folder)
    (folder / "examples" / "odd.yaml").write_text("title: Odd one\nanswers: {nonsense: 1}\n")
    settings.CLAUSES_DIR = folder
    _examples.cache_clear()
    text = text_of(client.get("/"))
    _examples.cache_clear()
    assert "Elm Dental" in text
    assert "Odd one" not in text
    assert "odd.yaml does not fit" in caplog.text


def test_from_a_file_that_was_downloaded_here(drafter):
    content = drafter.client.get(f"{drafter.base}answers.yaml").content
    assert yaml.safe_load(content)["answers"] == elm()
    other = Client()
    response = send(other, content)
    assert response["Location"].endswith("/review/")
    assert json.loads(Draft.objects.first().answers) == elm()
    assert "Your file was read." in text_of(other.get(response["Location"]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Begin the file with “answers:”"),
        (b"just text", "Begin the file with “answers:”"),
        (b"answers: [a", "Line 1: This is not YAML"),
        (
            b"answers:\n  data: [name, nose]\n",
            "Line 2, data: “nose” is no option of “What data do you keep?”",
        ),
        (
            b"answers:\n  dota: [name]\n",
            "Line 2, “dota”: There is no such question. Did you mean “data”?",
        ),
        (b"answers:\n  retention_years: many\n", "Line 2, retention_years: “many” will not do."),
        (
            b"answers:\n  effective_date: 2026-02-30\n",
            "Line 2, effective_date: “2026-02-30” is no date.",
        ),
        (b"answers:\n  data: {name: yes}\n", "Write a list of options."),
        (b"answers:\n  contacts: {questions: [gone]}\n", "There is no contact point “gone”."),
        (
            b"answers:\n  short_name: &a [x]\n  data: *a\n",
            "Anchors (&) and aliases (*) are not allowed.",
        ),
        (b"answers:\n  short_name: !!python/object:os.system x\n", "Tags (!) are not allowed."),
        (b"answers: {}\nanswers: {}\n", "stands twice"),
        (b"answers: {}\n---\nanswers: {}\n", "second document"),
        (b'answers:\n  short_name: "a\\0b"\n', "control character (U+0000)"),
        (b"answers:\n  short_name: a\x00b\n", "Line 2: "),
        (b"answers:\n  short_name: \xff\xfe\n", "The file is not UTF-8 text."),
        (b"\x89PNG\r\n\x1a\n", "The file is not UTF-8 text."),
        (b"answers:\n  practice_name: " + b"x" * 10_000, "Shorten it to 200 or fewer."),
        (b"title: [x]\nanswers: {}\n", "title"),
        (b"nonsense: 1\nanswers: {}\n", "This has no meaning here."),
        (b"answers: " + b"[" * 5_000, "nested too deeply"),
        (b"answers:\n" + b"".join(b"  q%d: 1\n" % i for i in range(40)), "… and 1 more."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_line_and_reason(
    release, client, content, message
):
    text = refused(send(client, content))
    assert "There is a problem" in text
    assert message in text


def test_hostile_text_in_a_file_is_shown_literally(release, client):
    response = send(client, b"answers:\n  '<script>alert(1)</script>': 1\n")
    assert "<script>alert" not in response.content.decode()
    assert "<script>alert(1)</script>" in refused(response)


def test_a_file_of_twenty_megabytes_is_refused_with_the_limit(release, client):
    text = refused(send(client, b"answers: {}\n" + b"#" * 20_000_000))
    assert "larger than 256 KiB. Shorten it." in text


def test_a_file_just_over_the_limit_is_refused_and_one_at_the_limit_is_read(release, client):
    head = b"answers: {}\n#"
    assert "larger than 256 KiB" in refused(send(client, head + b"x" * (262_145 - len(head))))
    assert send(client, head + b"x" * (262_144 - len(head))).status_code == 302


def test_sending_no_file_says_what_to_do(release, client):
    assert "Choose a file first" in refused(client.post("/drafts/", {"file": "1"}))
    assert "Choose a file first" in refused(
        client.post("/drafts/", {"file": "1", "answers": "text"})
    )


def test_the_name_of_an_uploaded_file_does_not_matter(release, client):
    for name in ("../../etc/passwd", "x" * 300, "a\r\nb", "\u202egpj", ""):
        assert send(client, EXAMPLE, name or "x").status_code == 302


def test_too_many_drafts_say_what_to_do(release, client, monkeypatch):
    monkeypatch.setattr(drafts, "DRAFTS_LIMIT", 1)
    client.post("/drafts/", {"blank": "1"})
    for response in (
        client.post("/drafts/", {"blank": "1"}),
        client.post("/drafts/", {"example": "elm"}),
        send(client, EXAMPLE),
    ):
        assert response.status_code == 400
        assert "Delete one that you no longer need" in text_of(response)
    assert Draft.objects.count() == 1


def test_opening_the_address_of_a_refused_file_again_leads_to_the_start(client, release):
    assert client.get("/drafts/")["Location"] == "/"


def test_deleting_asks_first(drafter):
    page = drafter.get("delete")
    assert "Delete this draft?" in text_of(page)
    assert Draft.objects.count() == 1
    response = drafter.client.post(f"{drafter.base}delete/")
    assert response["Location"] == "/"
    assert Draft.objects.count() == 0
    assert "is deleted." in text_of(drafter.client.get("/"))
    assert drafter.client.post(f"{drafter.base}delete/").status_code == 404


def test_before_a_release_is_in_force_every_page_says_what_is_missing(drafter, client, monkeypatch):
    yesterday = timezone.localdate() - timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda: yesterday)
    for response in (
        client.get("/"),
        client.post("/drafts/", {"example": "elm"}),
        client.post("/drafts/", {"blank": "1"}),
        send(client, EXAMPLE),
        drafter.get("practice"),
        drafter.get("review"),
        drafter.client.get(f"{drafter.base}policy.txt"),
    ):
        assert response.status_code == 503
        assert "manage.py load_library" in text_of(response)
    assert Draft.objects.count() == 1


def test_without_any_release_there_is_nothing_to_start_from(db, client):
    for response in (client.get("/"), client.post("/drafts/", {"blank": "1"})):
        assert response.status_code == 503
    assert not Draft.objects.exists()
