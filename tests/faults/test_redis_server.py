"""The Redis server that tests start for themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import redis as client

from setup.redis_server import RedisServer, redis
from tests.faults.site import ROOT


def test_it_asks_for_a_password_and_is_there_for_this_machine_alone(
    redis_server: RedisServer,
) -> None:
    with client.Redis.from_url(redis_server.url) as inside:
        assert inside.ping()
        assert inside.config_get("bind") == {"bind": "127.0.0.1"}
    with client.Redis(port=redis_server.port) as stranger, pytest.raises(client.RedisError):
        stranger.ping()
    programs = Path(f"/proc/{redis_server.pid}/cmdline").read_text()
    assert redis_server.password not in programs


@pytest.mark.parametrize("keeps", [False, True])
def test_it_starts_again_at_the_same_address(keeps: bool) -> None:
    with redis(keeps=keeps) as server:
        before = server.url
        with client.Redis.from_url(before) as inside:
            inside.set("word", "there")
        server.stop()
        server.start()
        assert server.url == before
        with client.Redis.from_url(before) as inside:
            assert inside.get("word") == (b"there" if keeps else None)
        folder = server.folder
    assert not folder.exists()
    assert server.pid is None


def test_a_command_finds_its_address_and_gives_its_exit_code() -> None:
    code = "import os, sys; sys.exit(7 if os.environ['REDIS_URL'].startswith('redis://:') else 1)"
    done = subprocess.run(
        [sys.executable, "setup/redis_server.py", sys.executable, "-c", code], cwd=ROOT, check=False
    )
    assert done.returncode == 7
