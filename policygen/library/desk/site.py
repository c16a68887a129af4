"""The desk itself: what its first page shows, and in which order its groups stand.

Another module of the desk puts a panel on the first page with

    @first_page_panel(order=10)
    def waiting_for_you(request: HttpRequest) -> Panel | None:
        return {"template": "admin/desk/panels/waiting.html", "versions": ...}

The template is included with the dict as ``panel``. A panel that returns None is not shown.

A page of its own, below the desk's address and for people of the desk only, is added with

    @desk_page("review/", "review")
    def review(request: HttpRequest) -> HttpResponse: ...

and is called ``admin:review``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from policygen.identity import ask_for_second_factor, confirm_it_is_you, needs_second_factor

Panel = dict[str, Any]
"""``template``, the name of a template, and whatever that template reads from ``panel``."""

PanelFunction = Callable[[HttpRequest], Panel | None]

FIRST_PAGE_PANELS: dict[PanelFunction, int] = {}
"""The panels of the first page, each with its place: lower numbers stand first."""

Page = Callable[..., HttpResponseBase]
View = TypeVar("View", bound=Page)

PAGES: list[tuple[str, str, Page]] = []
"""The desk's own pages: route, name and view."""

FIRST_GROUPS = ("library", "policies")
LAST_GROUPS = ("auth",)
"""Labels of apps: the library comes first, people last, and any other app between them."""

NOT_HERE = ("account", "mfa")
"""Labels of apps whose rows are changed by their owners alone: addresses and second factors."""

GRAVE = frozenset(
    {
        *("piece_approve", "release_publish", "release_cancel"),
        *("auth_user_add", "auth_user_change", "auth_user_changelist"),
        *("auth_group_add", "auth_group_change", "auth_group_changelist", "auth_group_delete"),
        "auth_user_password_change",
    }
)
"""Names of addresses whose changes need a sign-in, or its like, within the last minutes."""


def first_page_panel(*, order: int) -> Callable[[PanelFunction], PanelFunction]:
    """Put the decorated function on the desk's first page, in the place that ``order`` says."""

    def register(make: PanelFunction) -> PanelFunction:
        FIRST_PAGE_PANELS[make] = order
        return make

    return register


def desk_page(route: str, name: str) -> Callable[[Page], Page]:
    """Put the decorated view at an address of the desk."""

    def register(view: Page) -> Page:
        PAGES.append((route, name, view))
        return view

    return register


def panels_for(request: HttpRequest) -> list[Panel]:
    """Give the panels that have something to show to this person, in their order."""
    makers = sorted(FIRST_PAGE_PANELS, key=FIRST_PAGE_PANELS.__getitem__)
    return [panel for make in makers if (panel := make(request)) is not None]


def _group_place(label: str) -> int:
    if label in FIRST_GROUPS:
        return FIRST_GROUPS.index(label)
    others = len(FIRST_GROUPS)
    return others + 1 + LAST_GROUPS.index(label) if label in LAST_GROUPS else others


class Desk(admin.AdminSite):
    """Django's admin site in the words and the order of legal staff.

    A ModelAdmin with a ``desk_order`` (a number; lower stands first, 100 without) chooses its
    place within its group.
    """

    site_title = "policygen"
    site_header = "The desk"
    index_title = "The desk"
    enable_nav_sidebar = False  # one line of links in the header does, and leaves the width to work

    def register(self, model_or_iterable: Any, *args: Any, **kwargs: Any) -> None:
        """Take a model in, unless it belongs to an app that has no place here."""
        models: list[Any] = (
            [model_or_iterable] if isinstance(model_or_iterable, type) else [*model_or_iterable]
        )
        shown = [model for model in models if model._meta.app_label not in NOT_HERE]
        super().register(shown, *args, **kwargs)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in whoever is staff and has used a second factor in this session."""
        return super().has_permission(request) and not needs_second_factor(request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the site's sign-in, or to what somebody who is signed in lacks, and then back.

        The desk looks at no password itself, so the site's limits on wrong ones hold here, too.
        """
        asked = request.GET.get("next", "")
        back = asked if url_has_allowed_host_and_scheme(asked, None) else reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(back)
        if not super().has_permission(request):
            raise PermissionDenied
        return (
            ask_for_second_factor(request, back) if needs_second_factor(request) else redirect(back)
        )

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the page where everybody changes their password."""
        return redirect("account_change_password")

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Guard a view; whoever changes people, or what is in force, must prove who they are."""
        sure = confirm_it_is_you(view)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            match = request.resolver_match
            grave = match is not None and match.url_name in GRAVE
            return (sure if grave else view)(request, *args, **kwargs)

        return super().admin_view(cast(View, guarded), cacheable)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Give the desk's own pages before those of the admin."""
        own = [path(route, self.admin_view(view), name=name) for route, name, view in PAGES]
        return [*own, *super().get_urls()]

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Give the groups of the first page and of the header: the library first, people last."""
        groups: list[dict[str, Any]] = super().get_app_list(request, app_label)  # by name
        for group in groups:
            group["models"].sort(key=lambda shown: self._model_place(shown["model"]))
        return sorted(groups, key=lambda group: _group_place(group["app_label"]))

    def _model_place(self, model: Any) -> int:
        return int(getattr(self._registry[model], "desk_order", 100))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the first page: the panels, then the groups."""
        return super().index(request, {"panels": panels_for(request), **(extra_context or {})})

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show one group, under its own name."""
        title = apps.get_app_config(app_label).verbose_name
        return super().app_index(request, app_label, {"title": title, **(extra_context or {})})
