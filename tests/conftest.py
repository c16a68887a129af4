"""What all tests stand on: which run where, one database per process, Chromium, and no skips."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, TransactionTestCase, override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.signing_in import sign_in

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


if not os.environ.get("CI"):  # there Hypothesis has a profile of its own: repeatable, no deadline
    hypothesis.settings.register_profile("policygen", deadline=None)
    hypothesis.settings.load_profile("policygen")


# Which tests run where


def uses_database(item: pytest.Item) -> bool:
    """Say whether a test touches the database, by its marker, its fixtures or its class."""
    return (
        item.get_closest_marker("django_db") is not None
        or not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        or issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    )


@pytest.hookimpl(tryfirst=True)  # before -m chooses by these markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if uses_database(item):
            item.add_marker("database")
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"
    elsewhere = [item for item in items if item.get_closest_marker(other)]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Turn a skip into a failure: a test that cannot run here says so loudly."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which this suite refuses: {call.excinfo}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, which this suite refuses"
    return report


# Database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Test on a SQLite file as in production, not in memory, so that threads meet real locks."""
    if connection.vendor == "sqlite":
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(file)
        options = connection.settings_dict["OPTIONS"]
        quick = f"{options['init_command']} PRAGMA synchronous=OFF;"
        connection.settings_dict["OPTIONS"] = {**options, "init_command": quick}


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_emptied() -> Iterator[None]:
    """Let a transactional test's end empty even the tables whose triggers refuse deletions.

    It is the class that is patched: beside a browser, the connection is another one.
    """
    operations = type(connection.ops)
    flush: Callable[[Any, Any], None] = operations.execute_sql_flush

    def flush_without_triggers(self: Any, statements: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            triggers: list[tuple[str, str]] = []
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL session_replication_role = replica")
            else:
                cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            flush(self, statements)
            for _, sql in triggers:
                cursor.execute(sql)
        cache.clear()  # its table belongs to no model, so the flush leaves it alone

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", flush_without_triggers)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=hashers):
        yield


@pytest.fixture
def admin_client(admin_user: User) -> Client:
    """A superuser who signed in with a second factor, as the desk demands it."""
    return sign_in(Client(), admin_user)


@pytest.fixture(scope="session", autouse=True)
def _files_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the files of published versions out of var/, which is a person's own."""
    with override_settings(FILES_DIR=tmp_path_factory.mktemp("files")):
        yield


# Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium once; a machine without one fails these tests."""
    found = [path for name in BROWSERS if (path := shutil.which(name))]
    if not found:
        pytest.fail(f"No browser: none of {', '.join(BROWSERS)} is on the PATH.", pytrace=False)
    # Playwright's event loop runs in this thread, so Django would refuse the database here.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    arguments = QUIET + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found[0], args=arguments)
        yield chromium
        chromium.close()


@contextmanager
def visitor(browser: Browser, address: str, **context_options: Any) -> Iterator[Page]:
    """Open a page for one test, which fails if the page breaks its own rules.

    The rules: no script fails, nothing violates the content security policy, and the site is
    never left, not even for a font.
    """
    context: BrowserContext = browser.new_context(base_url=address, **context_options)
    context.set_default_timeout(15_000)
    problems: list[str] = []
    note = problems.append

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: note(f"script error: {error}"))
        page.on("console", lambda line: "Content Security" in line.text and note(line.text))

    def leave(route: Any) -> None:
        note(f"request to another site: {route.request.url}")
        route.abort()

    context.on("page", watch)
    context.route(lambda url: not url.startswith((address, "data:", "blob:", "about:")), leave)
    try:
        yield context.new_page()
    finally:
        context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A visitor at a desk. Addresses are relative: page.goto("/")."""
    with visitor(browser, live_server.url, viewport={"width": 1280, "height": 900}) as page:
        yield page


@pytest.fixture
def page_without_javascript(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A visitor whose browser runs no scripts."""
    with visitor(browser, live_server.url, java_script_enabled=False) as page:
        yield page


@pytest.fixture
def phone_page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A visitor with a small phone."""
    phone = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2}
    with visitor(browser, live_server.url, **phone, is_mobile=True, has_touch=True) as page:
        yield page
