"""What all tests stand on: which run where, one database per process, Chromium, and no skips."""

import gc
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, TransactionTestCase, override_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from policygen.library import strict_yaml
from policygen.rendering.limits import PdfLimits
from policygen.rendering.pdf import WORKERS
from tests.patience import PATIENCE
from tests.signing_in import sign_in

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}
TRANSACTIONAL_FIXTURES = DATABASE_FIXTURES - {"db"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BEGAN_ON = datetime.now(UTC).date()
TESTS = Path(__file__).parent
BROWSER_ROOM = TESTS / "browser"
ROOMS_WITH_BROWSER = {"browser", "rendering"}
ROOMS_WITHOUT_DATABASE = {"content", "core", "rendering"}
PAGE_PATIENCE = 1000 * PATIENCE
"""For how many milliseconds a browser is waited for: two of them may share two slow processors."""
UNHURRIED = PdfLimits(wall=PATIENCE, start=PATIENCE, wait=PATIENCE)
"""What a PDF may cost here: as much as ever, but a machine that stands still fails no test."""
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


# The same examples on every run: a test of this suite passes or fails, it does not flicker.
hypothesis.settings.register_profile(
    "policygen",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=False,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("policygen")


# Which tests run where


def uses_database(item: pytest.Item) -> bool:
    """Say whether a test touches the database, by its marker, its fixtures or its class."""
    return (
        item.get_closest_marker("django_db") is not None
        or not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        or issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    )


def is_transactional(item: pytest.Item) -> bool:
    """Say whether a test commits what it does, so that all tables are emptied after it."""
    marker = item.get_closest_marker("django_db")
    return (
        (marker is not None and bool(marker.kwargs.get("transaction")))
        or not TRANSACTIONAL_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        or issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    )


def room(path: Path) -> str:
    """Return the name of the folder in tests/ that a file or folder lies in, or of itself."""
    return path.relative_to(TESTS).parts[0] if TESTS in path.parents else ""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over rooms in which nothing has the marker that ``-m`` asks for: reading takes long."""
    asked, name = config.option.markexpr.split(" and "), room(collection_path)
    if not name or collection_path.name == "conftest.py":
        return None
    no_browser = "browser" in asked and name not in ROOMS_WITH_BROWSER
    no_database = "database" in asked and name in ROOMS_WITHOUT_DATABASE
    return True if no_browser or no_database else None


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Any:
    for item in items:
        if uses_database(item):
            item.add_marker("database")
        if "browser" in getattr(item, "fixturenames", ()) or BROWSER_ROOM in item.path.parents:
            item.add_marker("browser")
        stands_where_it_is_found(item)
    result = yield  # now -m has chosen by these markers, and -k
    here = [item for item in items if runs_here(item)]
    if connection.vendor == "postgresql":
        here = without_further_cases(here)
    kept = set(here)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = here
    return result


def stands_where_it_is_found(item: pytest.Item) -> None:
    """Refuse a test that a run by marker would pass over, because of the room that it is in."""
    name = room(item.path)
    if item.get_closest_marker("database") and name in ROOMS_WITHOUT_DATABASE:
        raise pytest.UsageError(f"{item.nodeid}: tests/{name} does without a database.")
    if item.get_closest_marker("browser") and name not in ROOMS_WITH_BROWSER:
        raise pytest.UsageError(f"{item.nodeid}: tests with a browser stand in tests/browser.")


def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> None:
    """Refuse a database that a test names only while it runs: a run by marker passes it over."""
    asked = fixturedef.argname in DATABASE_FIXTURES and isinstance(request.node, pytest.Item)
    if asked and request.node.get_closest_marker("database") is None:
        raise pytest.UsageError(
            f"{request.node.nodeid}: name the fixture “db” in what asks for it."
        )


def runs_here(item: pytest.Item) -> bool:
    """Say whether a test is not for another database alone."""
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"
    return item.get_closest_marker(other) is None


def without_further_cases(items: list[pytest.Item]) -> list[pytest.Item]:
    """Leave the first case of each parametrised test, and all of those that say ``every_case``.

    SQLite has seen every case. The others ask PostgreSQL the same with other words.
    """
    first: dict[str, pytest.Item] = {}
    for item in items:
        first.setdefault(item.nodeid.partition("[")[0], item)
    one_each = set(first.values())
    return [item for item in items if item in one_each or item.get_closest_marker("every_case")]


def pytest_collection_finish() -> None:
    """Spare the collector of garbage the thousands of things that live as long as this run."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say if midnight came in between: tests that look at the day twice may fail by that."""
    if datetime.now(UTC).date() != BEGAN_ON:
        terminalreporter.write_line("The day ended during this run (UTC). Run what failed again.")


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
def django_db_keepdb() -> bool:
    """Leave the databases of PostgreSQL to the end of their cluster, which is made for one run.

    Dropping them fails where a pool has just connected again, after a test that killed the server.
    """
    return connection.vendor == "postgresql"


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
        # A lock is waited for longer than a disk stands still: threads of a test take their turn.
        patient = {"init_command": quick, "timeout": PATIENCE}
        connection.settings_dict["OPTIONS"] = {**options, **patient}
    else:
        options = connection.settings_dict["OPTIONS"]
        limits = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        patient = {
            "connect_timeout": PATIENCE,
            "options": " ".join(f"-c {limit}={PATIENCE}s" for limit in limits),
            "pool": {**options["pool"], "timeout": PATIENCE},
        }
        connection.settings_dict["OPTIONS"] = {**options, **patient}


Unblocked = Callable[[], AbstractContextManager[None]]
"""Lets a fixture of a module use the database, for a block."""


@pytest.fixture(scope="module")
def module_db(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Unblocked]:
    """One transaction around all tests of a module, for what each of them begins with.

    What a fixture of the module stores in ``with module_db():`` is made once and is there for each
    test; what a test does to it is taken back after the test. No test of such a module may do
    without it, or be transactional: it would meet what it did not ask for.
    """
    for item in request.session.items:
        if item.path == request.path and uses_database(item):
            assert "module_db" in getattr(item, "fixturenames", ()), item
            assert not is_transactional(item), item
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # what is durable may stand in it
    with django_db_blocker.unblock():
        around.__enter__()
        if connection.vendor == "postgresql":  # some tests of the module may take their time
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")

    @contextmanager
    def stored() -> Iterator[None]:
        with django_db_blocker.unblock():
            yield
            connection.check_constraints()  # nothing is left to be checked during a test

    yield stored
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


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


class _RemembersWhatItRead(strict_yaml._Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text

    def read(self) -> strict_yaml.Source:
        """Give each caller values of its own, as the reader itself does."""
        try:
            found: strict_yaml.Source = pickle.loads(_read_once(self._text))
        except (ValueError, OverflowError):
            return super().read()  # it raises the same, and knows in which line
        return found


@lru_cache(maxsize=1000)
def _read_once(text: str) -> bytes:
    return pickle.dumps(READER(text).read())


READER = strict_yaml._Reader


def pytest_configure(config: pytest.Config) -> None:
    """Read the same text once per process: thousands of tests begin with the same few files.

    It begins before the tests are collected: some of them are told their cases by those files.
    """
    patch = pytest.MonkeyPatch()
    patch.setattr(strict_yaml, "_Reader", _RemembersWhatItRead)
    config.add_cleanup(patch.undo)


@pytest.fixture(scope="session", autouse=True)
def _each_pdf_is_made_once() -> Iterator[None]:
    """Print the same page once per process, except in tests/rendering, which is about printing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WORKERS, "_limits", UNHURRIED)
        patch.setattr(WORKERS, "make", lru_cache(maxsize=200)(WORKERS.make))
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
        chromium = playwright.chromium.launch(
            executable_path=found[0], args=arguments, timeout=PAGE_PATIENCE
        )
        expect.set_options(timeout=PAGE_PATIENCE)
        yield chromium
        chromium.close()


@contextmanager
def visitor(browser: Browser, address: str, **context_options: Any) -> Iterator[Page]:
    """Open a page for one test, which fails if the page breaks its own rules.

    The rules: no script fails, nothing violates the content security policy, and the site is
    never left, not even for a font.
    """
    context: BrowserContext = browser.new_context(base_url=address, **context_options)
    context.set_default_timeout(PAGE_PATIENCE)
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
