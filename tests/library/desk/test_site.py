"""The desk's first page, its order, its panels, and pages without anything inline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template import Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import path

from policygen.library.desk.site import FIRST_PAGE_PANELS, Desk, Panel, first_page_panel
from policygen.library.models import Release
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


class Page(HTMLParser):
    """The headings of a page, and what of it is inline."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.inline: list[str] = []
        self._in_heading = False
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.inline += [f"{tag} {name}" for name in names if name == "style" or name[:2] == "on"]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.inline.append(tag)
        if tag in {"h1", "h2"}:
            self._in_heading = True
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"h1", "h2"}:
            self._in_heading = False

    def handle_data(self, text: str) -> None:
        if self._in_heading:
            self.headings[-1] += text.strip()


def shown(client: Any, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


@pytest.fixture
def desk(settings: Any) -> Desk:
    """A desk of the test's own, with a model of the library and of another app at least."""
    site = Desk()
    for model, kind in admin.site._registry.items():
        site.register(model, type(kind))
    for model in (Release, LogEntry):
        if not site.is_registered(model):
            site.register(model)
    addresses = ModuleType("addresses")
    addresses.urlpatterns = [path("admin/", site.urls)]
    settings.ROOT_URLCONF = addresses
    return site


@pytest.fixture
def boss_request(admin_user: User) -> Any:
    request = RequestFactory().get("/admin/")
    request.user, request.session = admin_user, sign_in(Client(), admin_user).session
    return request


@pytest.fixture
def panels() -> Iterator[None]:
    """The registry of panels, empty for one test."""
    found = FIRST_PAGE_PANELS.copy()
    FIRST_PAGE_PANELS.clear()
    yield
    FIRST_PAGE_PANELS.clear()
    FIRST_PAGE_PANELS.update(found)


def test_the_admin_is_the_desk():
    assert isinstance(admin.site, Desk)
    assert admin.site.final_catch_all_view
    assert not admin.site.enable_nav_sidebar


def test_the_first_page_answers_staff_in_plain_words(admin_client):
    markup = shown(admin_client, "/admin/")
    assert "<title>The desk – policygen</title>" in markup
    assert Page(markup).headings[0] == "The desk"
    assert "Django" not in markup


def test_the_library_stands_first_and_people_last(desk, boss_request):
    groups = [(group["app_label"], group["name"]) for group in desk.get_app_list(boss_request)]
    assert groups[0] == ("library", "Clause library")
    assert [label for label, _ in groups[1:]] == ["policies", "admin", "auth"]
    assert groups[-1][1] == "People"


def test_a_model_can_choose_its_place_in_its_group(desk, boss_request):
    names = [model["name"] for model in desk.get_app_list(boss_request, "auth")[0]["models"]]
    assert names == ["Groups", "Users"]
    desk._registry[User].desk_order = 1
    names = [model["name"] for model in desk.get_app_list(boss_request, "auth")[0]["models"]]
    assert names == ["Users", "Groups"]


def test_the_page_of_a_group_is_headed_by_its_name_and_has_no_panels(admin_client, panels):
    first_page_panel(order=1)(lambda request: pytest.fail("a panel was made"))
    assert Page(shown(admin_client, "/admin/auth/")).headings[0] == "People"


def test_panels_appear_in_their_order_and_those_without_anything_do_not(admin_client, panels):
    template = Template("<h2>{{ panel.heading }}</h2>")

    @first_page_panel(order=20)
    def second(request: HttpRequest) -> Panel | None:
        return {"template": template, "heading": "Second"}

    @first_page_panel(order=10)
    def first(request: HttpRequest) -> Panel | None:
        return {"template": template, "heading": f"First, for <{request.user}>"}

    @first_page_panel(order=5)
    def nothing(request: HttpRequest) -> Panel | None:
        return None

    assert Page(shown(admin_client, "/admin/")).headings[:3] == [
        "The desk",
        "First, for <admin>",
        "Second",
    ]


@pytest.mark.parametrize("address", ["/admin/", "/admin/auth/user/", "/admin/nowhere/"])
def test_a_stranger_is_sent_to_the_login(client, address):
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"] == f"/admin/login/?next={address}"


def test_somebody_who_is_not_staff_is_sent_to_the_login(client, django_user_model):
    sign_in(client, django_user_model.objects.create_user("outsider"))
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/", follow=True).status_code == 403


def test_staff_without_a_role_read_who_can_give_them_one(client, django_user_model):
    sign_in(client, django_user_model.objects.create_user("drafter", is_staff=True))
    assert "can give you a role" in shown(client, "/admin/")


def test_the_header_links_to_what_a_person_may_see_of_the_library(desk, boss_request):
    outsider = User.objects.create_user("outsider", is_staff=True)
    for person, seen in ((boss_request.user, True), (outsider, False)):
        boss_request.user = person
        links = render_to_string("admin/base_site.html", desk.each_context(boss_request))
        assert ('href="/admin/library/release/"' in links) is seen


def test_a_list_is_headed_by_what_it_holds_and_a_pop_up_by_what_to_do(admin_client):
    assert Page(shown(admin_client, "/admin/auth/user/")).headings[0] == "Users"
    popup = shown(admin_client, "/admin/auth/user/?_popup=1")
    assert Page(popup).headings[0] == "Select user"
    assert "<title>Users – policygen</title>" in shown(admin_client, "/admin/auth/user/")


@pytest.mark.parametrize(
    "address",
    [
        "/admin/",
        "/admin/auth/",
        "/admin/auth/user/",
        "/admin/auth/user/?q=admin",
        "/admin/auth/user/add/",
        "/admin/auth/user/{pk}/change/",
        "/admin/auth/user/{pk}/history/",
        "/admin/auth/group/add/?_popup=1",
        "/admin/policies/draft/",
    ],
)
def test_no_page_has_anything_inline(admin_client, admin_user, address):
    page = Page(shown(admin_client, address.format(pk=admin_user.pk)))
    assert page.headings[0]
    assert page.inline == []


def test_no_list_makes_django_write_an_inline_style():
    """It does where actions stand neither on top nor at the bottom; ``actions = None`` is right."""
    for model, kind in admin.site._registry.items():
        assert kind.actions_on_top or kind.actions_on_bottom, model


def test_the_look_is_linked_after_all_of_the_admins_own(admin_client):
    for address in ("/admin/", "/admin/auth/user/", "/admin/auth/user/add/"):
        links = re.findall(
            r'<link rel="stylesheet" href="/static/([^"]+)"', shown(admin_client, address)
        )
        assert links[-1] == "desk.css"
        assert "tokens.css" in links
        assert "admin/css/dark_mode.css" not in links


def test_a_page_of_the_desk_has_crumbs_a_lead_and_its_title(boss_request):
    markup = render_to_string(
        "admin/desk/page.html",
        {
            **admin.site.each_context(boss_request),
            "title": "Compare <two>",
            "breadcrumbs": [("Releases", "/admin/library/release/"), ("2026-05", None)],
            "lead": "What the two say differently.",
        },
    )
    crumbs = markup.partition('"breadcrumbs">')[2].partition("</div>")[0]
    words = " ".join(re.sub("<[^>]+>", " ", crumbs).split())
    assert words == "Home › Releases › 2026-05 › Compare &lt;two&gt;"
    assert '<p class="lead">What the two say differently.</p>' in markup
    assert Page(markup).headings == ["Compare <two>"]
    assert Page(markup).inline == []


def test_the_reader_of_inline_code_would_find_some():
    found = Page("<style></style><script>x</script><a style='' onclick=''>a</a><script src='a'>")
    assert found.inline == ["style", "script", "a style", "a onclick"]
