"""Exit 0 if what this container runs is well; without Django, so that asking costs little.

    python setup/container/healthcheck.py              the server answers, and is ready
    python setup/container/healthcheck.py beat FILE    beat has written this file lately

Whether a worker is well is asked by worker_healthcheck.py.
"""

import http.client
import os
import sys
import time
from pathlib import Path

LATELY = 600
"""Seconds. Beat writes down what it has sent every three minutes."""


def server() -> str:
    """Return what is wrong with the server in this container, or nothing."""
    host = os.environ["POLICYGEN_ALLOWED_HOSTS"].split(",")[0].strip().removeprefix(".")
    port = int(os.environ.get("PORT", "8000"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        status = connection.getresponse().status
    except OSError as error:
        return f"no answer: {error}"
    return "" if status == 200 else f"/healthz answers {status}"


def beat(file: str) -> str:
    """Return what is wrong with beat, or nothing. ``file`` is its schedule, without an ending."""
    path = Path(file)
    written = [found.stat().st_mtime for found in path.parent.glob(f"{path.name}*")]
    if not written:
        return "beat has written nothing yet"
    age = time.time() - max(written)
    return "" if age < LATELY else f"beat has written nothing for {age:.0f} seconds"


if __name__ == "__main__":
    sys.exit((beat(sys.argv[2]) if sys.argv[1:2] == ["beat"] else server()) or None)
