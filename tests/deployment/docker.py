"""What ``docker compose`` does to the lines of docs/operating.md, without containers.

    python docker.py SERVICES APP [WORD ...] -- compose exec|run [OPTION ...] SERVICE COMMAND ...

``SERVICES`` names a file with the environment of each service; ``WORD``s come before what a service
of ours runs in the folder ``APP``. ``composed.Site.docker`` makes a program of this.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(words: list[str]) -> None:
    """Become the process that the container would have."""
    at = words.index("--")
    (services, app, *before), (compose, how, *rest) = words[:at], words[at + 1 :]
    assert compose == "compose"
    if how == "up":
        return
    assert how in {"exec", "run"}
    mounts: dict[str, str] = {}
    while rest[0].startswith("-"):
        option = rest.pop(0)
        if option == "--volume":
            source, target, *_ = rest.pop(0).split(":")
            mounts[target] = source
        else:
            assert option in {"--no-TTY", "--rm", "--no-deps"}, option
    service, *command = rest
    environment: dict[str, str] = json.loads(Path(services).read_text())[service]
    if service == "web":
        os.chdir(app)
        command = [*before, *(mounts.get(word, word) for word in command)]
    os.execvpe(command[0], command, environment)


if __name__ == "__main__":
    main(sys.argv[1:])
