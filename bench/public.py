"""Published policies against a view that does nothing, on one server in one run.

Run it with ``make bench`` or ``python -m bench.public``. One gunicorn worker with one thread serves
all of them on loopback, through the same middleware. Two kept-open connections always have a
request under way, so that the server never waits for the client; the addresses take turns, so noise
hits all of them alike. *Processor* compares the time that the server computes for an answer; work
of others on the machine disturbs it less.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.pages import served

TURNS = 120
REQUESTS = 40
POLICY = "/p/bench/one"
MANY = "/p/bench/many"

TARGETS = {"page": 0.5, "page, 304": 0.8, "PDF": 0.8}


class Client:
    """One connection that asks the same again and again."""

    def __init__(self, port: int, address: str, etag: str = "") -> None:
        condition = f"If-None-Match: {etag}\r\n" if etag else ""
        self.request = f"GET {address} HTTP/1.1\r\nHost: localhost\r\n{condition}\r\n".encode()
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head, self.size = self._first()
        self.buffer = bytearray(self.size)

    def _first(self) -> tuple[bytes, int]:
        """Ask once, and return the head of the answer and the size of all of it."""
        self.socket.sendall(self.request)
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.socket.recv(65536)
        head = got.partition(b"\r\n\r\n")[0]
        length = re.search(rb"(?i)\ncontent-length: *([0-9]+)", head)
        size = len(head) + 4 + (int(length[1]) if length else 0)
        while len(got) < size:
            got += self.socket.recv(65536)
        return head, size

    def header(self, name: str) -> str:
        lines = self.head.decode().split("\r\n")
        return next(
            line.partition(":")[2].strip()
            for line in lines
            if line.lower().startswith(f"{name.lower()}:")
        )

    def ask(self) -> None:
        self.socket.sendall(self.request)

    def hear(self) -> None:
        view, got = memoryview(self.buffer), 0
        while got < self.size:
            got += self.socket.recv_into(view[got:])


class Way:
    """Two connections to one address."""

    def __init__(self, port: int, address: str, status: int = 200, etag: str = "") -> None:
        self.clients = [Client(port, address, etag) for _ in range(2)]
        got = self.clients[0].head.split()[1].decode()
        if got != str(status):
            raise SystemExit(f"{address} answered {got}")

    @property
    def etag(self) -> str:
        return self.clients[0].header("ETag")

    @property
    def size(self) -> int:
        return self.clients[0].size

    def timed(self, server: int) -> tuple[float, float]:
        """Return seconds for an answer, and of them those of the processor in the server."""
        first, second = self.clients
        computed, begun = computing(server), perf_counter()
        first.ask()
        for _ in range(REQUESTS // 2):
            second.ask()
            first.hear()
            first.ask()
            second.hear()
        first.hear()
        count = REQUESTS + 1
        return (perf_counter() - begun) / count, (computing(server) - computed) / count


def computing(server: int) -> float:
    """Return how many seconds the workers of a server have computed so far."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    tasks = [task for child in children for task in Path(f"/proc/{child}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _ways(port: int) -> dict[str, Way]:
    page, many = Way(port, f"{POLICY}/"), Way(port, f"{MANY}/")
    pdf = Way(port, f"{POLICY}.pdf")
    return {
        "a bare view": Way(port, "/bare/"),
        "page": page,
        "page, 304": Way(port, f"{POLICY}/", 304, page.etag),
        "page of 200 versions": many,
        "page of 200 versions, 304": Way(port, f"{MANY}/", 304, many.etag),
        "version 1 of 200, 304": Way(port, f"{MANY}/v/1/", 304, Way(port, f"{MANY}/v/1/").etag),
        "fragment": Way(port, f"{POLICY}/fragment/"),
        "PDF": pdf,
        "PDF, 304": Way(port, f"{POLICY}.pdf", 304, pdf.etag),
        "PDF of version 1": Way(port, f"{POLICY}/v/1.pdf"),
    }


def main() -> None:
    """Print the table."""
    with served(["-m", "bench.public_policies"]) as browser:
        ways = _ways(browser.port)
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for turn in range(TURNS + 2):
            for name, way in ways.items():
                taken = way.timed(browser.server)
                if turn >= 2:
                    times[name].append(taken)
    bare = times["a bare view"]
    print("| published | answers a second | kB each | ratio | processor | target |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, taken in times.items():
        rate = 1 / median(wall for wall, _ in taken)
        ratio, processor = (_ratio(bare, taken, which) for which in (0, 1))
        shown = f"{rate:,.0f} | {ways[name].size / 1000:.1f} | {ratio:.2f} | {processor:.2f}"
        print(f"| {name} | {shown} | {TARGETS.get(name, '')} |")


def _ratio(bare: list[tuple[float, float]], taken: list[tuple[float, float]], which: int) -> float:
    return median(one[which] / other[which] for one, other in zip(bare, taken, strict=True))


if __name__ == "__main__":
    main()
