"""A visitor who comes over HTTPS through the proxy, and trusts its own authority alone."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from tests.patience import PATIENCE


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode()


class _Connection(http.client.HTTPSConnection):
    """A connection to this machine, for whatever host the address names."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(host, timeout=PATIENCE)
        self._there, self._tls = ("127.0.0.1", port), context

    def connect(self) -> None:
        plain = socket.create_connection(self._there, timeout=PATIENCE)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


@dataclass
class Visitor:
    """Somebody with cookies."""

    host: str
    port: int
    context: ssl.SSLContext
    cookies: dict[str, str] = field(default_factory=dict)

    def connected(self) -> ssl.SSLSocket:
        """Return a connection on which nothing has been said yet."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        return self.context.wrap_socket(plain, server_hostname=self.host)

    def get(self, address: str, **headers: str) -> Answer:
        """Read a page."""
        return self.ask(
            "GET", address, headers={n.replace("_", "-"): v for n, v in headers.items()}
        )

    def follow(self, address: str) -> Answer:
        """Read a page, wherever it is."""
        for _ in range(5):
            answer = self.get(address)
            if answer.status not in {301, 302}:
                break
            address = answer.headers["Location"]
        return answer

    def send(self, address: str, headers: Mapping[str, str] | None = None, **fields: str) -> Answer:
        """Fill in the form of a page, and send it."""
        page = self.get(address).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None, page
        body = urlencode({"csrfmiddlewaretoken": token[1], **fields})
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.ask("POST", address, body=body, headers=form)

    def ask(
        self, method: str, address: str, *, body: str | None = None, headers: dict[str, str]
    ) -> Answer:
        """Send one request, and keep the cookies of its answer."""
        connection = _Connection(self.host, self.port, self.context)
        origin = {"Origin": f"https://{self.host}"} if method == "POST" else {}
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**origin, **({"Cookie": cookies} if cookies else {}), **headers}
        try:
            connection.request(
                method, urlsplit(address)._replace(scheme="", netloc="").geturl(), body, sent
            )
            response = connection.getresponse()
            for line in response.headers.get_all("Set-Cookie") or []:
                self.cookies |= {name: one.value for name, one in SimpleCookie(line).items()}
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def announce(self, method: str, address: str, *, size: int) -> Answer:
        """Say how many bytes will come, send none of them, and read what is said to that."""
        with closing(_Connection(self.host, self.port, self.context)) as connection:
            connection.request(method, address, headers={"Content-Length": str(size)})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
