"""Exit 0 if the Celery worker of this machine answers through Redis; without Django."""

import os
import socket
import sys
from pathlib import Path

from celery import Celery


def worker() -> str:
    """Return what is wrong with the worker, or nothing."""
    file = os.environ.get("REDIS_URL_FILE", "")
    url = Path(file).read_text(encoding="utf-8").strip() if file else os.environ["REDIS_URL"]
    app = Celery(broker=url)
    app.conf.update(accept_content=["json"], broker_transport_options={"socket_connect_timeout": 3})
    name = f"celery@{socket.gethostname()}"
    try:
        answers = app.control.inspect(destination=[name], timeout=5, limit=1).ping()
    except Exception as error:  # noqa: BLE001  # whatever the broker's client may raise
        return f"the broker does not answer: {type(error).__name__}"
    return "" if answers else f"{name} does not answer"


if __name__ == "__main__":
    sys.exit(worker() or None)
