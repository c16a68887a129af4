"""compose.yaml, the Dockerfile and the Caddyfile hold to what docs/operating.md promises."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.composed import (
    HOST,
    REQUEST_BUFFERS,
    ROOT,
    SETTINGS,
    dockerfile,
    image_environment,
    read,
)

COMPOSE = read({"SITE_HOST": HOST})
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "beat")
MAIL = "smtps://user:word@mail.example.org\n"
EMPTY_AT_FIRST = ["s3_secret", "secret_key_old", "sentry_dsn"]
GOOD = {
    "secret_key": "".join(map(chr, range(48, 123))),
    "smtp_url": MAIL,
    "metrics_token": "abcdefghijklmnopqrstuvwxyz",
    "database_url": "postgresql://a:b@postgres:5432/c",
    "redis_url": "redis://:a@redis:6379/0",
}
KEPT = {"files", "database", "certificates", "metrics"}

each_service = pytest.mark.parametrize("name", SERVICES)


def known_to_settings() -> set[str]:
    """Return the variables that settings.py reads."""
    return set(runpy.run_path(str(ROOT / "policygen/settings.py"))["_names"])


def test_the_parts_are_those_that_the_document_names() -> None:
    assert set(SERVICES) == {*OURS, "proxy", "postgres", "redis"}


@each_service
def test_every_service_may_do_as_little_as_it_needs(name: str) -> None:
    said = SERVICES[name]
    assert said["read_only"] is True
    assert said["cap_drop"] == ["ALL"]
    assert "cap_add" not in said
    assert said["security_opt"] == ["no-new-privileges:true"]
    user = str(said["user"])
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", user), "a number that is not root’s"
    assert not {"privileged", "network_mode", "pid", "devices"} & set(said)
    assert said["mem_limit"]
    assert said["pids_limit"]
    assert said["logging"]["options"]["max-size"]


@each_service
def test_every_image_has_a_version_and_all_of_ours_are_one(name: str) -> None:
    image, _, tag = SERVICES[name]["image"].rpartition(":")
    assert image
    assert tag
    assert tag != "latest"
    if "build" in SERVICES[name]:
        assert SERVICES[name]["pull_policy"] == "never", "a registry may have that name, too"
    if name in OURS:
        assert SERVICES[name]["image"] == SERVICES["web"]["image"]
        assert SERVICES[name]["pull_policy"] == "never"
        assert ("build" in SERVICES[name]) is (name == "web"), "several at once of one tag collide"
        assert SERVICES["web"]["build"]["target"] == "app"
    elif "build" not in SERVICES[name]:
        assert re.match(r"[0-9]+\.[0-9]+", tag), "as exact as its makers number it"


def test_images_begin_from_exact_versions() -> None:
    lines = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(lines) == 3
    assert all(re.search(r":[0-9]+\.[0-9]+\.[0-9]+-", line) for line in lines), lines


@each_service
def test_every_service_is_asked_whether_it_is_well_and_starts_again(name: str) -> None:
    said = SERVICES[name]
    if name == "migrate":
        assert said["healthcheck"] == {"disable": True}
        assert said["restart"] == "no"
        return
    assert said["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "start_period"} <= set(said["healthcheck"])
    assert said["restart"] == "unless-stopped"


def test_nothing_serves_before_the_tables_are_there() -> None:
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker", "beat"):
        waits = {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
        assert waits["migrate"] == "service_completed_successfully"
        assert waits["postgres"] == waits["redis"] == "service_healthy"
    assert SERVICES["proxy"]["depends_on"] == {"web": {"condition": "service_healthy"}}


@each_service
def test_only_the_proxy_is_reached_from_outside(name: str) -> None:
    assert ("ports" in SERVICES[name]) is (name == "proxy")
    assert "expose" not in SERVICES[name]
    if name in {"postgres", "redis", "beat", "migrate"}:
        assert SERVICES[name]["networks"] == ["back"]


def test_the_networks_between_them_lead_nowhere() -> None:
    networks = COMPOSE["networks"]
    assert networks["front"] == networks["back"] == {"internal": True}
    assert "back" not in SERVICES["proxy"]["networks"], "the proxy sees the server alone"


@each_service
def test_secrets_are_files_and_stand_nowhere_else(name: str) -> None:
    said = SERVICES[name]
    for variable, value in said.get("environment", {}).items():
        if re.search(r"KEY|PASSWORD|TOKEN|SECRET|DSN|_URL", variable):
            assert variable.endswith("_FILE"), variable
            assert value == f"/run/secrets/{Path(value).name}"
            assert Path(value).name in said["secrets"]
    for secret in said.get("secrets", []):
        assert COMPOSE["secrets"][secret] == {"file": f"secrets/{secret}"}


def test_what_makes_the_secrets_makes_those_that_are_asked_for_and_only_once(
    tmp_path: Path,
) -> None:
    script, folder = ROOT / "setup/container/secrets.sh", tmp_path / "secrets"
    folder.mkdir(mode=0o755)
    subprocess.run([script, folder], input=MAIL.encode(), check=True, capture_output=True)
    found = {file.name: file.read_text().strip() for file in sorted(folder.iterdir())}
    assert set(found) == set(COMPOSE["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(found["secret_key"]) >= 50
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o644}
    assert found["smtp_url"] == MAIL.strip()
    assert [name for name, value in found.items() if not value] == EMPTY_AT_FIRST
    assert f":{found['database_password']}@postgres:5432/" in found["database_url"]
    assert found["redis_password.conf"].split()[1] in found["redis_url"]
    again = subprocess.run([script, folder], check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "holds secrets already" in again.stderr
    assert found["secret_key"] == (folder / "secret_key").read_text().strip()


@pytest.mark.parametrize(("words", "said"), [([MAIL.strip()], MAIL), ([], ""), ([], "\n")])
def test_what_makes_the_secrets_takes_the_mail_server_from_its_input_alone(
    words: list[str], said: str, tmp_path: Path
) -> None:
    script = ROOT / "setup/container/secrets.sh"
    done = subprocess.run(
        [script, *words], input=said, cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "or takes it from its standard input" in done.stderr
    assert "user:word@" not in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


def test_what_other_images_read_here_may_be_read_by_their_users_wherever_it_was_fetched(
    tmp_path: Path,
) -> None:
    mounts = [one for said in SERVICES.values() for one in said.get("volumes", []) if "./" in one]
    assert len(mounts) == 2
    shutil.copytree(ROOT / "setup/container", tmp_path / "setup/container")
    files = [tmp_path / one.split(":")[0] for one in mounts]
    for file in files:
        file.chmod(0o600)
    script = tmp_path / "setup/container/secrets.sh"
    subprocess.run([script, tmp_path / "s"], input=MAIL.encode(), check=True, capture_output=True)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o644}
    assert "chmod -R a+rX" in next(rest for _, rest in dockerfile("app") if "collectstatic" in rest)
    assert "COPY --chmod=644 setup/container/Caddyfile" in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", OURS)
def test_secrets_that_a_site_may_do_without_are_empty_at_first(name: str, tmp_path: Path) -> None:
    environment = {**image_environment("app"), **SERVICES[name]["environment"]}
    for secret in SERVICES[name]["secrets"]:
        (tmp_path / secret).write_text(
            "" if secret in EMPTY_AT_FIRST else GOOD.get(secret, "x" * 9)
        )
    environment = {
        variable: value.replace("/run/secrets", str(tmp_path))
        for variable, value in environment.items()
    }
    environment |= dict(line.split("=", 1) for line in SETTINGS.splitlines())
    environment |= {"POLICYGEN_DATA_DIR": str(tmp_path), "POLICYGEN_METRICS_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", "import policygen.settings"],
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", OURS)
def test_settings_know_every_variable_that_our_services_get(name: str) -> None:
    given = {*SERVICES[name]["environment"], *image_environment("app")}
    given |= {line.partition("=")[0] for line in SETTINGS.splitlines()}
    ours = {n for n in given if n.startswith(("POLICYGEN_", "DATABASE_", "REDIS_"))}
    assert ours <= known_to_settings()
    assert SERVICES[name]["environment"]["POLICYGEN_ENV"] == "production"


@each_service
def test_what_is_written_goes_to_volumes_or_to_memory(name: str) -> None:
    mounts = [volume.split(":") for volume in SERVICES[name].get("volumes", [])]
    for source, *_ in mounts:
        assert source in KEPT or source.startswith("./setup/container/")
    assert [m for m in mounts if m[0].startswith("./")] == [m for m in mounts if m[2:] == ["ro"]]
    assert set(COMPOSE["volumes"]) == KEPT
    tmpfs = [mount.partition(":") for mount in SERVICES[name]["tmpfs"]]
    assert "/tmp" in [target for target, _, _ in tmpfs]
    assert all("size=" in options for _, _, options in tmpfs), "memory has an end"


def test_the_worker_does_what_somebody_waits_for_first_and_leaves_the_processor_to_pages() -> None:
    worker = SERVICES["worker"]
    assert "--queues=interactive,bulk" in worker["command"]
    assert worker["command"][:3] == ["nice", "-n", "10"]
    assert worker["cpu_shares"] < 1024


def test_the_image_holds_no_secret_and_its_last_user_is_not_root() -> None:
    lines = dockerfile("app")
    assert [rest for name, rest in lines if name == "USER"] == ["policygen"]
    assert not {"ADD", "ARG"} & {name for name, _ in lines}
    copied = [rest.split()[0] for name, rest in lines if name == "COPY"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for source in copied:
        assert source.startswith("--from") or f"!{source}" in ignored
    assert "*" in ignored, "what is not named stays outside"
    for name in (".env", "secrets", "var", ".git"):
        assert f"!{name}" not in ignored


def test_the_caddyfile_is_good_and_says_what_the_proxy_refuses() -> None:
    adapted = subprocess.run(
        [
            "caddy",
            "adapt",
            "--config",
            ROOT / "setup/container/Caddyfile",
            "--adapter",
            "caddyfile",
        ],
        env={
            "SITE_HOST": HOST,
            "REQUEST_BUFFERS": REQUEST_BUFFERS,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        },
        capture_output=True,
        check=True,
    )
    said = json.loads(adapted.stdout)
    assert said["admin"] == {"disabled": True}
    text = json.dumps(said)
    assert '"max_size": 5000000' in text
    assert '"install_trust": false' in text
    assert '"dial": "web:8000"' in text
    assert '"buffer_requests": true' in text
    assert (
        "{$REQUEST_BUFFERS:request_buffers 5MB}" in (ROOT / "setup/container/Caddyfile").read_text()
    )
    assert '"listen": [":8443"]' in text
    fields = said["logging"]["logs"]["default"]["encoder"]["fields"]
    assert fields["request"] == {"filter": "delete"}
    assert "access" not in said["logging"]["logs"]
    ports = [port.split(":")[1] for port in SERVICES["proxy"]["ports"]]
    assert ports == ["8080", "8443"]
