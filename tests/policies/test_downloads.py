"""What is made of a draft: downloads, their headers, and what happens when they cannot be made."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from policygen.policies import sending, views
from policygen.policies.models import Draft
from policygen.rendering import FORMATS, PdfBusy, PdfCrashed, PdfTooExpensive, RenderTooLarge
from policygen.tracing import HEADER
from tests.wizard.visitors import Controls, Visitor, elm, text_of


def rename(visitor: Visitor, name: str) -> None:
    raw = {**elm(), "practice_name": name, "short_name": "none"}
    Draft.objects.filter(pk=visitor.draft_id).update(answers=json.dumps(raw), title=name[:200])


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_downloaded_as_a_file(drafter, name):
    response = drafter.client.get(f"{drafter.base}policy.{name}")
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="elm-privacy-policy.{name}"'
    assert response["Content-Type"].startswith(("text/", "application/"))
    assert len(response.content) > 500
    again = drafter.client.get(f"{drafter.base}policy.{name}")
    assert again.content == response.content


@pytest.mark.parametrize("name", FORMATS)
def test_asking_for_the_headers_alone_gives_the_same_headers(drafter, name):
    if name == "pdf":
        return
    got, head = (
        getattr(drafter.client, m)(f"{drafter.base}policy.{name}") for m in ("get", "head")
    )
    for response in (head, got):
        del response.headers[HEADER]  # the number of the request
    assert head.headers == got.headers
    assert head.content == b""


def test_the_answers_are_downloaded_as_a_file(drafter):
    drafter.send("practice")
    response = drafter.client.get(f"{drafter.base}answers.yaml")
    assert response["Content-Type"] == "application/yaml; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="elm-dental-pllc-answers.yaml"'


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("A\r\nSet-Cookie: x=1", "a-set-cookie-x-1"),
        ('"; filename="evil.exe', "filename-evil-exe"),
        ("../../etc/passwd", "etc-passwd"),
        ("עיادة", ""),
        ("Zähne & Söhne", "zahne-sohne"),
        ("x" * 5_000, "x"),
        ("🦷", ""),
    ],
)
def test_h06_the_name_of_a_file_is_harmless_whatever_the_practice_is_called(drafter, name, stem):
    rename(drafter, name)
    for address in ("policy.txt", "answers.yaml"):
        response = drafter.client.get(drafter.base + address)
        if response.status_code == 302:
            assert len(name) > 200 or "\r" in name
            continue
        value = response["Content-Disposition"]
        assert value.count("filename") == 1 + stem.count("filename")
        assert value.startswith(f'attachment; filename="{stem}')
        assert value.isascii()
        assert len(value) < 200
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("format", [PdfBusy, PdfCrashed])
def test_a_busy_site_says_when_to_come_back(drafter, monkeypatch, format):
    def busy(document: object) -> None:
        raise format("All workers are busy.")

    monkeypatch.setitem(sending.FORMATS, "pdf", replace(FORMATS["pdf"], render=busy))
    response = drafter.client.get(f"{drafter.base}policy.pdf")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "Please try again in a moment" in text_of(response)
    assert drafter.client.get(f"{drafter.base}policy.txt").status_code == 200


@pytest.mark.parametrize("format", [PdfTooExpensive, RenderTooLarge])
def test_a_document_that_costs_too_much_says_what_to_shorten(drafter, monkeypatch, format):
    def refuse(document: object) -> None:
        raise format("This policy is <b>too long</b>.")

    monkeypatch.setitem(sending.FORMATS, "pdf", replace(FORMATS["pdf"], render=refuse))
    response = drafter.client.get(f"{drafter.base}policy.pdf")
    assert response.status_code == 422
    assert "This policy is <b>too long</b>." in text_of(response)


def addresses(drafter: Visitor) -> list[str]:
    pages = ["", "practice/", "contacts/", "review/", "why/", "delete/", "nope/", "answers.yaml"]
    files = [f"policy.{name}" for name in FORMATS] + ["policy.exe"]
    return ["/", "/nope", "/drafts/", *(drafter.base + page for page in [*pages, *files])]


def test_h02_h07_every_answer_carries_the_headers_and_stays_with_the_visitor(drafter):
    for address in addresses(drafter):
        response = drafter.client.get(address)
        assert response["X-Content-Type-Options"] == "nosniff", address
        assert response["X-Frame-Options"] == "DENY", address
        assert response["Referrer-Policy"] == "same-origin", address
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy, address
        assert "unsafe" not in policy, address
        if response.status_code != 404:
            control = {part.strip() for part in response["Cache-Control"].split(",")}
            assert {"private", "no-store"} <= control, address


@pytest.mark.parametrize(
    "page", ["/", "practice/", "review/", "why/", "delete/", "nope/", "contacts/"]
)
def test_no_page_holds_scripts_styles_or_anything_from_elsewhere(drafter, page):
    response = drafter.client.get(page if page == "/" else drafter.base + page)
    for tag, attributes in Controls(response.content.decode()).elements:
        assert tag not in {"style", "iframe", "object", "embed", "base"}
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag in {"script", "link", "img"}:
            address = str(attributes.get("src") or attributes.get("href"))
            assert address.startswith("/static/")
        if tag == "a":
            assert str(attributes["href"]).startswith(("/", "#", "https://elm.example", "tel:"))


def test_error_pages_need_neither_the_database_nor_a_request(rf):
    from django.template.loader import get_template  # noqa: PLC0415

    for name in ("400.html", "403.html", "404.html", "500.html", "403_csrf.html", "not_ready.html"):
        markup = get_template(name).render()
        assert markup.startswith("<!doctype html>")
        assert "site.css" in markup


def test_a_failure_is_a_page_and_tells_nothing(drafter, monkeypatch):
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(views, "document_in", fail)
    client = Client(raise_request_exception=False)
    client.cookies = drafter.client.cookies
    response = client.get(f"{drafter.base}policy.txt")
    assert response.status_code == 500
    assert "Something went wrong on our side" in text_of(response)
    assert "secret" not in response.content.decode()
    assert "Traceback" not in response.content.decode()


def test_h04_a_forged_host_is_refused_in_plain_words(client, release):
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "That could not be read" in text_of(response)
    assert "evil" not in response.content.decode()


def test_b01_error_pages_do_not_repeat_the_address(client, release):
    for address in (
        "/<script>alert(1)</script>",
        "/%3Csvg/onload=alert(1)%3E",
        "/drafts/'onfocus=x",
    ):
        response = client.get(address)
        assert response.status_code == 404
        assert b"alert" not in response.content
        assert b"onfocus" not in response.content
