"""What compose.yaml says, read as compose reads it, and started without containers.

Where a container would be, a process is: with the command and the environment of its service, the
files that the image copies, and as a user who may write only what the service's volumes and tmpfs
are. What differs is in one place: ``Site.places`` says where the paths, hosts and ports of the
containers lie on this machine.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import yaml

from setup import postgres_cluster
from setup.postgres_cluster import cluster, server_folder
from setup.servers import end_with_parent, free_port
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
HOST = "policies.example.org"
USER = 10001
SETTINGS = f"SITE_HOST={HOST}\nPOLICYGEN_MAIL_FROM=Policies <no-reply@{HOST}>\n"
REQUEST_BUFFERS = "buffer_requests"
"""What Debian’s Caddy 2.6 calls ``request_buffers``."""

PATH = f"{sys.prefix}/bin:{server_folder()}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
SAYS_FIRST = {"worker": " ready."}
"""What a service says before it answers: who asks a worker earlier waits in vain for seconds."""


def read(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return compose.yaml with its variables filled in."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    filled: dict[str, Any] = _filled(found, variables)
    return filled


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, variables) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, variables) for one in value]
    return _interpolated(value, variables) if isinstance(value, str) else value


def _interpolated(text: str, variables: Mapping[str, str]) -> str:
    def fill(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        value = variables.get(found["name"], "")
        assert value or found["how"] == ":-", f"{found['name']} is not set: {found['rest']}"
        return value or found["rest"]

    return re.sub(r"\$\$|\$\{(?P<name>\w+)(?P<how>:[-?])(?P<rest>[^}]*)\}", fill, text)


def dockerfile(target: str) -> list[tuple[str, str]]:
    """Return the instructions of one target of the Dockerfile, each with its words."""
    text = re.sub(
        r"\\\n\s*", "", re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M)
    )
    part = re.search(rf"^FROM \S+ AS {target}\n(.*?)(?=^FROM |\Z)", text, re.M | re.S)
    assert part is not None, target
    lines = [line.partition(" ") for line in part[1].splitlines() if line]
    return [(name, rest.strip()) for name, _, rest in lines]


def image_environment(target: str) -> dict[str, str]:
    """Return what the image sets for every process in it."""
    lines = [rest for name, rest in dockerfile(target) if name == "ENV"]
    return dict(word.split("=", 1) for line in lines for word in line.split())


def as_unprivileged(command: list[str]) -> list[str]:
    """Run a command as the user of the containers, where this one may become somebody else.

    Python may lie in a closed home folder here, so that user may read everything. It may write
    what is its own, and nothing else; new privileges are refused, as in compose.yaml.
    """
    if os.geteuid() != 0:
        return command
    kept = "-all,+dac_read_search"
    return [
        *("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs"),
        *(f"--inh-caps={kept}", f"--ambient-caps={kept}", f"--bounding-set={kept}"),
        *command,
    ]


def give(path: Path) -> Path:
    """Make a folder that belongs to the user of the containers."""
    path.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(path, USER, USER)
    return path


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, but not what another process is just compiling there."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.pyc.*"))
    else:
        shutil.copy2(source, target)


@cache
def image() -> Path:
    """Make what the image has at /app, once: what its COPY lines name, and nothing else.

    It lies there until this process ends, and nobody may write to it.
    """
    kept = ExitStack()
    atexit.register(kept.close)
    folder = kept.enter_context(folder_for("image"))
    app = folder / "app"
    app.mkdir()
    for name, rest in dockerfile("app"):
        if name == "COPY" and not rest.startswith("--from"):
            source, target = rest.split()
            (app / target).parent.mkdir(parents=True, exist_ok=True)
            _copy(ROOT / source, app / target)
    (app / ".venv").symlink_to(sys.prefix)
    built = next(rest for name, rest in dockerfile("app") if "collectstatic" in rest)
    environment = {**image_environment("app"), "POLICYGEN_DATA_DIR": str(folder), "PATH": PATH}
    subprocess.run(["sh", "-ec", built], cwd=app, env=environment, check=True)
    subprocess.run(["chmod", "-R", "a-w", app], check=True)
    return app


@dataclass
class Site:
    """The services of compose.yaml as processes on this machine."""

    folder: Path
    superuser: str
    compose: dict[str, Any]
    ports: dict[str, int]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    proc = Path("/proc")

    @property
    def app(self) -> Path:
        """The folder that the image has at /app."""
        return image()

    def places(self, service: str) -> dict[str, str]:
        """Say where the paths, hosts and ports of a container lie on this machine."""
        found = {
            "/run/secrets": str(self.folder / "secrets"),
            "/etc/caddy/Caddyfile": str(self.app / "setup/container/Caddyfile"),
            "/etc/redis.conf": str(self.folder / "redis.conf"),
            "bind * -::*": "bind 127.0.0.1",
            "127.0.0.1:8081": f"127.0.0.1:{self.ports['alive']}",
        }
        for name, inside in (("postgres", "5432"), ("redis", "6379")):
            found[f"{name}:{inside}"] = f"127.0.0.1:{self.ports[name]}"
            found[inside] = str(self.ports[name])
        for volume in self.compose["services"][service].get("volumes", []):
            source, target = volume.split(":")[:2]
            if source in self.compose["volumes"]:
                found[target] = str(give(self.folder / "volumes" / source))
        for mount in self.compose["services"][service].get("tmpfs", []):
            target = mount.partition(":")[0]
            found[target] = str(give(self.folder / "tmpfs" / (service + target.replace("/", "-"))))
        return found

    def moved(self, text: str, service: str) -> str:
        """Replace what is elsewhere on this machine."""
        places = self.places(service)
        keys = "|".join(map(re.escape, sorted(places, key=len, reverse=True)))
        return re.sub(rf"(?<!\w)({keys})(?!\w)", lambda found: places[found[1]], text)

    def environment(self, service: str) -> dict[str, str]:
        """Return what a process of a service finds in its environment, and nothing else."""
        said = self.compose["services"][service]
        image = said["image"].partition(":")[0]
        found = image_environment("app") if image == "policygen" else {}
        if "env_file" in said:
            found |= dict(line.split("=", 1) for line in SETTINGS.splitlines())
        found |= said.get("environment", {})
        found = {name: self.moved(str(value), service) for name, value in found.items()}
        temporary = self.places(service)["/tmp"]
        return {
            **found,
            "PATH": self.path,
            "HOME": "/nonexistent",
            "TMPDIR": temporary,
            "PORT": str(self.ports["web"]),
            **self._of_the_proxy(service),
        }

    def _of_the_proxy(self, service: str) -> dict[str, str]:
        if service != "proxy":
            return {}
        places, ports = self.places(service), self.ports
        return {
            "HTTP_PORT": str(ports["http"]),
            "HTTPS_PORT": str(ports["https"]),
            "ALIVE_PORT": str(ports["alive"]),
            "UPSTREAM": f"127.0.0.1:{ports['web']}",
            "REQUEST_BUFFERS": REQUEST_BUFFERS,
            "PATIENCE": f"{PATIENCE}s",
            "XDG_DATA_HOME": places["/data"],  # as in the image of Caddy
            "XDG_CONFIG_HOME": places["/config"],
        }

    @property
    def path(self) -> str:
        """Where programs are looked for."""
        return PATH

    # Before the first start

    def set_up(self) -> None:
        """Make the secrets, the role and the database, as the operator and postgres do it."""
        script = ROOT / "setup/container/secrets.sh"
        folder = self.folder / "secrets"
        subprocess.run([script, folder], input=b"console\n", check=True, capture_output=True)
        for file in folder.iterdir():
            file.chmod(0o644)
            file.write_text(self.moved(file.read_text(), "web"))
        conf = (ROOT / "setup/container/redis.conf").read_text()
        (self.folder / "redis.conf").write_text(self.moved(conf, "redis"))
        self._initialize_database()

    def _initialize_database(self) -> None:
        """Run what the image of PostgreSQL runs when its volume is new."""
        mounts = self.compose["services"]["postgres"]["volumes"]
        scripts = [one.split(":")[0] for one in mounts if "/docker-entrypoint-initdb.d/" in one]
        assert scripts
        for script in scripts:
            self._psql(self.moved((ROOT / script).read_text(), "postgres"))

    def _psql(self, sql: str) -> None:
        subprocess.run(
            ["psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", self.superuser],
            input=sql,
            text=True,
            env={"PATH": self.path},
            check=True,
        )

    def secret(self, name: str) -> str:
        """Return what is in the file of a secret."""
        return (self.folder / "secrets" / name).read_text().strip()

    # Processes

    def command(self, service: str) -> list[str]:
        """Return what a service runs."""
        return [self.moved(word, service) for word in self.compose["services"][service]["command"]]

    def run(self, service: str, command: list[str] | None = None, **more: str) -> str:
        """Run a service, or a command in its place, to its end, and return what it says."""
        done = subprocess.run(
            as_unprivileged(command or self.command(service)),
            cwd=self.app,
            env={**self.environment(service), **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def start(self, *services: str, wait: bool = True, **more: str) -> None:
        """Start services, and wait until the health check of each is well."""
        for service in services:
            with self.log(service).open("ab") as log:
                self.running[service] = subprocess.Popen(
                    as_unprivileged(self.command(service)),
                    cwd=self.app,
                    env={**self.environment(service), **more},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=end_with_parent,
                )
        for service in services if wait else ():
            self.wait_until_well(service)

    def wait_until_well(self, service: str) -> None:
        """Wait until the health check of a service is well, ``PATIENCE`` seconds at most."""
        end = time.monotonic() + PATIENCE
        while (wrong := self._still_wrong(service)) != "":
            gone = self.running[service].poll() is not None
            if gone or time.monotonic() > end:
                raise AssertionError(f"{service}: {wrong}\n{self.log(service).read_text()[-3000:]}")
            time.sleep(0.3)

    def _still_wrong(self, service: str) -> str:
        said = SAYS_FIRST.get(service, "")
        if said not in self.log(service).read_text():
            return f"it has not said {said!r}"
        return self.health(service)

    def health(self, service: str) -> str:
        """Run the health check of a service as it stands; return what is wrong, or nothing."""
        how, *words = self.compose["services"][service]["healthcheck"]["test"]
        words = [self.moved(word, service) for word in words]
        done = subprocess.run(
            as_unprivileged(["sh", "-c", words[0]] if how == "CMD-SHELL" else words),
            cwd=self.app,
            env=self.environment(service) | {"PGCONNECT_TIMEOUT": "5"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return "" if done.returncode == 0 else done.stdout or f"exit code {done.returncode}"

    def docker(self, lines: list[str]) -> str:
        """Run lines of docs/operating.md in the folder of the site, and return what they say.

        In them ``docker compose exec`` and ``run`` do in a process what they would do in a
        container; ``up`` is left to the test.
        """
        binaries = self.folder / "bin"
        binaries.mkdir(exist_ok=True)
        secret = urlsplit(self.superuser)
        inside = {
            "postgres": {
                "PATH": self.path,
                "PGHOST": secret.hostname,
                "PGPORT": str(secret.port),
                "PGPASSWORD": secret.password,
            },
            "web": self.environment("web"),
        }
        (binaries / "services.json").write_text(json.dumps(inside))
        command = [sys.executable, Path(__file__).parent / "docker.py", binaries / "services.json"]
        words = shlex.join(map(str, [*command, self.app, *as_unprivileged([])]))
        (binaries / "docker").write_text(f'#!/bin/sh\nexec {words} -- "$@"\n')
        (binaries / "docker").chmod(0o755)
        if os.geteuid() != 0:
            lines = [line.replace(f"--owner {USER} ", "") for line in lines]
        done = subprocess.run(
            ["sh", "-ec", "\n".join(lines)],
            cwd=self.folder,
            env={"PATH": f"{binaries}:{self.path}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def empty(self) -> None:
        """Take the volumes of the database and of the files away, and make them anew."""
        # By force: the server may not have noticed yet that the last visitor has left.
        for statement in ("DROP DATABASE policygen WITH (FORCE)", "DROP ROLE policygen"):
            self._psql(statement)
        self._initialize_database()
        shutil.rmtree(self.folder / "volumes/files")

    def log(self, service: str) -> Path:
        """Return where the output of a service is."""
        return self.folder / f"{service}.log"

    def stop(self, service: str) -> int:
        """End a service as ``docker stop`` does, and return its exit code."""
        process = self.running.pop(service)
        process.terminate()
        return process.wait(timeout=PATIENCE)

    def stop_all(self) -> None:
        """End what is still running, by force."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.running.clear()


@contextmanager
def folder_for(name: str) -> Iterator[Path]:
    """Give a folder that other users may enter, and that is gone in the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"policygen-{name}-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        subprocess.run(["chmod", "-R", "u+w", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def site() -> Iterator[Site]:
    """Give a site whose database server runs, and which has nothing else yet."""
    variables = dict(line.split("=", 1) for line in SETTINGS.splitlines())
    compose = read({**variables, "SITE_CERTIFICATES": "local_certs"})
    with ExitStack() as stack:
        folder = stack.enter_context(folder_for("composed"))
        # As in the image: the superuser is somebody else than the site.
        stack.enter_context(patch.object(postgres_cluster, "OWNER", "postgres"))
        superuser = stack.enter_context(cluster())
        ports = {name: free_port() for name in ("web", "redis", "http", "https", "alive")}
        ports["postgres"] = urlsplit(superuser).port or 5432
        made = Site(folder, superuser, compose, ports)
        stack.callback(made.stop_all)
        made.set_up()
        yield made
