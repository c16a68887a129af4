"""Pages of the interview against a view that does nothing, on one server in one run.

Run it with ``make bench`` or ``python -m bench.pages``. A gunicorn worker with one thread serves
both on loopback, from an SQLite file of its own, over one kept-open connection; the requests take
turns, so noise hits both alike.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 200
PAGES = ("practice", "scope", "data", "purposes", "security", "contact_points", "contacts")


class Browser:
    """One connection that keeps its cookies."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.server = 0
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.cookies: dict[str, str] = {}

    def ask(
        self, method: str, address: str, form: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Return status, the Location header and the text."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = urlencode(form) if form else None
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, address, body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response.status, response.headers.get("Location", ""), text


@contextmanager
def served(*prepare: list[str]) -> Iterator[Browser]:
    """Serve the site from a folder of its own, and stop it at the end.

    ``prepare`` are what Python runs beforehand, such as ["-m", "bench.public_policies"].
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "bench.site",
            "POLICYGEN_DATA_DIR": folder,
            "POLICYGEN_DEBUG": "false",
        }
        environment.pop("DATABASE_URL", None)
        commands = (["migrate", "--verbosity", "0"], ["createcachetable"], ["load_library"])
        for command in [*(["manage.py", *command] for command in commands), *prepare]:
            subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "policygen.wsgi", "--bind", f"127.0.0.1:{port}",
             "--worker-class", "gthread", "--threads", "1",
             "--keep-alive", "60", "--log-level", "error"],
            cwd=ROOT,
            env=environment,
        )  # fmt: skip
        try:
            browser = _connected(port)
            browser.server = server.pid
            yield browser
        finally:
            server.terminate()
            server.wait(10)


def _connected(port: int) -> Browser:
    for _ in range(100):
        try:
            browser = Browser(port)
            browser.ask("GET", "/bare/")
        except OSError:
            time.sleep(0.1)
        else:
            return browser
    raise SystemExit("The server did not answer within ten seconds.")


def main() -> None:
    """Print the table."""
    with served() as browser:
        _, _, home = browser.ask("GET", "/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', home)
        form = {"csrfmiddlewaretoken": token[1] if token else "", "example": "two-location-dental"}
        _, there, _ = browser.ask("POST", "/drafts/", form)
        draft = there.split("/")[2]
        addresses = {"a bare view": "/bare/"} | {name: f"/drafts/{draft}/{name}/" for name in PAGES}
        times: dict[str, list[float]] = {name: [] for name in addresses}
        for turn in range(ROUNDS + 10):
            for name, address in addresses.items():
                begun = time.perf_counter()
                status, _, _ = browser.ask("GET", address)
                if status != 200:
                    raise SystemExit(f"{address} answered {status}")
                if turn >= 10:
                    times[name].append(time.perf_counter() - begun)
    bare = median(times["a bare view"])
    print("| page | p50, ms | ratio |\n| --- | --- | --- |")
    for name, taken in times.items():
        print(f"| {name} | {median(taken) * 1000:.2f} | {median(taken) / bare:.1f} |")


if __name__ == "__main__":
    main()
