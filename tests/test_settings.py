"""The settings stop at a bad value, and production is strict."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

ROOT = Path(__file__).resolve().parent.parent
KEY = "kX9-v2LqPz7RmT4wYb8NcD1sFgH6jK3aQeU5iOoWxZyVtBnM0lS_r"
PRODUCTION = {
    "POLICYGEN_ENV": "production",
    "POLICYGEN_SECRET_KEY": KEY,
    "POLICYGEN_ALLOWED_HOSTS": "policies.example.org",
    "POLICYGEN_SMTP_URL": "smtp+tls://site:p%40ss@mail.example.org",
    "POLICYGEN_MAIL_FROM": "Policies <no-reply@example.org>",
}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the settings file with these variables and no others of ours."""
    for name in list(os.environ):
        if name.startswith("POLICYGEN_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)

    def run(variables: dict[str, str]) -> dict[str, Any]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "policygen" / "settings.py"))

    return run


def test_without_variables_it_is_a_development_site_on_sqlite(load):
    settings = load({})
    assert settings["DEBUG"] is True
    database = settings["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.sqlite3"
    assert database["NAME"] == ROOT / "var" / "policygen.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20


@pytest.mark.parametrize(
    ("variable", "value", "right"),
    [
        ("POLICYGEN_ENV", "prod", "development or production"),
        ("POLICYGEN_DEBUG", "maybe", "1, true, 0 or false"),
        ("POLICYGEN_TRUSTED_PROXY", "yes please", "1, true, 0 or false"),
        ("POLICYGEN_ALLOWED_HOSTS", "*", "policies.example.org"),
        ("POLICYGEN_ALLOWED_HOSTS", "https://policies.example.org", "policies.example.org"),
        ("POLICYGEN_ALLOWED_HOSTS", "policies.example.org:8000", "without ports"),
        ("POLICYGEN_ALLOWED_HOSTS", "a.example.org,,b.example.org", "policies.example.org"),
        ("POLICYGEN_CLAUSES_DIR", "/no/such/folder", "a folder that exists"),
        ("POLICYGEN_DATA_DIR", "/no/such/folder", "a folder that exists"),
        ("POLICYGEN_PDF_WORKERS", "0", "from 1 to 16"),
        ("POLICYGEN_PDF_WORKERS", "17", "from 1 to 16"),
        ("POLICYGEN_PDF_WORKERS", "two", "from 1 to 16"),
        ("POLICYGEN_PDF_WORKERS", "2.5", "from 1 to 16"),
        ("POLICYGEN_TIME_ZONE", "Springfield", "America/Chicago"),
        ("POLICYGEN_WORK_LEASE", "0", "seconds from 1 to 9999"),
        ("POLICYGEN_WORK_LEASE", "3 minutes", "seconds from 1 to 9999"),
        ("REDIS_URL", "localhost:6379", "redis://:password@host:6379/0"),
        ("POLICYGEN_SITE_URL", "policies.example.org", "https://policies.example.org"),
        ("POLICYGEN_SITE_URL", "https://policies.example.org/path", "without a path"),
        ("POLICYGEN_SITE_URL", "https://user@policies.example.org", "without a path"),
        ("POLICYGEN_SITE_URL", "javascript:alert(1)", "https://policies.example.org"),
        ("POLICYGEN_SMTP_URL", "mail.example.org:587", "smtp+tls://"),
        ("POLICYGEN_SMTP_URL", "smtp://", "smtp+tls://"),
        ("POLICYGEN_SMTP_URL", "smtp://mail.example.org:port", "smtp+tls://"),
        ("POLICYGEN_SMTP_URL", "smtp://mail.example.org:99999", "smtp+tls://"),
        ("POLICYGEN_SMTP_URL", "smtps://mail.example.org/?timeout=3", "smtp+tls://"),
        ("POLICYGEN_SMTP_URL", "imap://mail.example.org", "smtp+tls://"),
        ("POLICYGEN_MAIL_FROM", "somebody", "no-reply@example.org"),
        ("POLICYGEN_MAIL_FROM", "Policies <a@example.org>, b@example.org", "no-reply@example.org"),
        ("DATABASE_URL", "mysql://localhost/policygen", "postgresql://"),
        ("DATABASE_URL", "policygen.sqlite3", "sqlite:///"),
        ("DATABASE_URL", "postgresql://localhost:port/policygen", "postgresql://"),
        ("DATABASE_URL", "postgresql://localhost", "postgresql://"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(load, variable, value, right):
    with pytest.raises(ImproperlyConfigured) as stopped:
        load({variable: value})
    message = str(stopped.value)
    assert variable in message
    assert repr(value) in message
    assert right in message


def test_a_misspelt_variable_is_named_with_those_that_exist(load):
    with pytest.raises(ImproperlyConfigured, match=r"POLICYGEN_ALOWED.*POLICYGEN_ALLOWED"):
        load({"POLICYGEN_ALOWED_HOSTS": "policies.example.org"})


def test_a_password_never_reaches_the_message(load):
    with pytest.raises(ImproperlyConfigured) as stopped:
        load({"DATABASE_URL": "postgresql://owner:sesame@open@localhost:port/policygen"})
    assert "sesame" not in str(stopped.value)
    assert "***@localhost:port/policygen" in str(stopped.value)


def test_nor_does_the_password_of_the_mail_server(load):
    with pytest.raises(ImproperlyConfigured) as stopped:
        load({"POLICYGEN_SMTP_URL": "smtp+tls://site:sesame@mail.example.org:port"})
    assert "sesame" not in str(stopped.value)
    assert "smtp+tls://***@mail.example.org:port" in str(stopped.value)


def test_a_folder_that_cannot_be_written_to_is_named(load, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(ImproperlyConfigured, match=f"POLICYGEN_DATA_DIR is '{tmp_path}'"):
        load({"POLICYGEN_DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("POLICYGEN_DEBUG", "1"),
        ("POLICYGEN_SECRET_KEY", ""),
        ("POLICYGEN_SECRET_KEY", "django-insecure-" + KEY),
        ("POLICYGEN_SECRET_KEY", KEY[:49]),
        ("POLICYGEN_SECRET_KEY", "abcabcabc" * 10),
        ("POLICYGEN_ALLOWED_HOSTS", ""),
        ("POLICYGEN_SITE_URL", "http://policies.example.org"),
        ("POLICYGEN_SITE_URL", "https://other.example.org"),
        ("POLICYGEN_SMTP_URL", ""),
        ("POLICYGEN_MAIL_FROM", ""),
    ],
)
def test_production_refuses_to_start_unsafe(load, variable, value):
    with pytest.raises(ImproperlyConfigured, match=variable) as stopped:
        load({**PRODUCTION, variable: value})
    assert KEY[:40] not in str(stopped.value)


def test_production_refuses_the_key_of_development(load):
    key = load({})["DEVELOPMENT_KEY"]
    with pytest.raises(ImproperlyConfigured, match="POLICYGEN_SECRET_KEY is a default"):
        load({**PRODUCTION, "POLICYGEN_SECRET_KEY": key})


def test_production_sends_everything_over_https(load):
    settings = load({**PRODUCTION, "POLICYGEN_TRUSTED_PROXY": "1"})
    assert settings["DEBUG"] is False
    assert settings["SECURE_SSL_REDIRECT"] is True
    assert settings["SECURE_HSTS_SECONDS"] == 31_536_000
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    for cookie in ("SESSION", "CSRF"):
        assert settings[f"{cookie}_COOKIE_NAME"].startswith("__Host-")
        assert settings[f"{cookie}_COOKIE_SECURE"] is True


@pytest.mark.parametrize("address", ["/admin/login/", "/no-such-page", "/healthz"])
def test_in_production_every_answer_carries_the_headers(load, client, db, settings, address):
    for name, value in load(PRODUCTION).items():
        if name.startswith(("SECURE_", "SESSION_COOKIE_", "CSRF_COOKIE_")):
            setattr(settings, name, value)
    response = client.get(address, secure=True)
    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "default-src 'self'" in response["Content-Security-Policy"]
    for name, cookie in response.cookies.items():
        assert name.startswith("__Host-")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]


def test_in_production_http_leads_to_https_but_for_the_health_address(load, client, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = load(PRODUCTION)["SECURE_REDIRECT_EXEMPT"]
    assert client.get("/admin/login/")["Location"] == "https://testserver/admin/login/"
    assert client.get("/healthz").status_code in {200, 503}


def test_no_proxy_is_trusted_unless_told_so(load):
    assert "SECURE_PROXY_SSL_HEADER" not in load(PRODUCTION)


def test_the_policy_for_scripts_allows_nothing_unsafe(load):
    directives = load(PRODUCTION)["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert directives["default-src"] == ["'self'"]
    for nothing in ("object-src", "base-uri", "frame-ancestors"):
        assert directives[nothing] == ["'none'"]
    assert "unsafe" not in str(directives)


def test_postgresql_pools_connections_and_limits_what_a_statement_may_take(load):
    url = "postgresql://owner:p%40ss@db.example.org:5433/policygen?sslmode=require"
    database = load({"DATABASE_URL": url})["DATABASES"]["default"]
    assert database["PASSWORD"] == "p@ss"
    assert database["CONN_MAX_AGE"] == 0
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["OPTIONS"]["pool"]["max_size"] == 10
    for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        assert limit in database["OPTIONS"]["options"]


def test_sqlite_by_address_has_the_same_limits(load, tmp_path):
    database = load({"DATABASE_URL": f"sqlite:///{tmp_path}/here.sqlite3"})["DATABASES"]["default"]
    assert database["NAME"] == f"{tmp_path}/here.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_the_command_line_answers_with_one_sentence_instead_of_a_traceback():
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", "check"],
        env={**os.environ, "POLICYGEN_PDF_WORKERS": "many"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "POLICYGEN_PDF_WORKERS is 'many', but must be a whole number" in done.stderr


# ------------------------------------------------------------------ mails and accounts


def test_development_prints_mails_and_links_to_this_computer(load):
    settings = load({})
    assert settings["EMAIL_BACKEND"].endswith("console.EmailBackend")
    assert settings["SITE_URL"] == "http://localhost:8000"
    assert settings["DEFAULT_FROM_EMAIL"] == "policygen <policygen@localhost>"


def test_production_sends_mails_by_the_server_of_the_address(load):
    settings = load(PRODUCTION)
    assert settings["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert (settings["EMAIL_HOST_USER"], settings["EMAIL_HOST_PASSWORD"]) == ("site", "p@ss")
    assert (settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == (True, False)
    assert settings["EMAIL_TIMEOUT"] == 10
    assert settings["DEFAULT_FROM_EMAIL"] == "Policies <no-reply@example.org>"


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example.org", 25, False, False),
        ("smtps://mail.example.org", 465, False, True),
        ("smtp+tls://mail.example.org:2525", 2525, True, False),
    ],
)
def test_mails_go_in_each_of_three_ways(load, url, port, tls, ssl):
    settings = load({**PRODUCTION, "POLICYGEN_SMTP_URL": url})
    found = [settings[f"EMAIL_{name}"] for name in ("PORT", "USE_TLS", "USE_SSL")]
    assert found == [port, tls, ssl]


def test_links_in_mails_lead_to_the_first_host_unless_told_otherwise(load):
    assert load(PRODUCTION)["SITE_URL"] == "https://policies.example.org"
    with pytest.raises(ImproperlyConfigured, match="POLICYGEN_SITE_URL is not set"):
        load({**PRODUCTION, "POLICYGEN_ALLOWED_HOSTS": ".example.org"})
    chosen = {"POLICYGEN_SITE_URL": "https://p.example.org/"}
    settings = load({**PRODUCTION, "POLICYGEN_ALLOWED_HOSTS": ".example.org", **chosen})
    assert settings["SITE_URL"] == "https://p.example.org"


def test_accounts_are_strict_in_production_and_before(load):
    development, production = load({}), load(PRODUCTION)
    for settings in (development, production):
        assert settings["ACCOUNT_EMAIL_VERIFICATION"] == "mandatory"
        assert settings["ACCOUNT_REAUTHENTICATION_TIMEOUT"] == 15 * 60
        assert "TRUST_ENABLED" not in str([name for name in settings if name.startswith("MFA_")])
        assert "MFA_TOTP_INSECURE_BYPASS_CODE" not in settings
    assert development["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is True
    assert production["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is False


def test_the_address_of_a_visitor_comes_from_a_proxy_only_if_it_is_trusted(load):
    assert "ALLAUTH_TRUSTED_PROXY_COUNT" not in load(PRODUCTION)
    assert load({**PRODUCTION, "POLICYGEN_TRUSTED_PROXY": "1"})["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1


# ------------------------------------------------------------------ secrets in files


SECRETS = {
    "POLICYGEN_SECRET_KEY": ("SECRET_KEY", KEY),
    "POLICYGEN_SMTP_URL": ("EMAIL_HOST", "smtps://mail.example.org"),
    "REDIS_URL": ("REDIS_URL", "redis://:word@redis:6379/0"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_lie_in_a_file(load, tmp_path, name):
    setting, value = SECRETS[name]
    file = tmp_path / "secret"
    file.write_text(f"{value}\n")
    inline = {variable: kept for variable, kept in PRODUCTION.items() if variable != name}
    settings = load({**inline, f"{name}_FILE": str(file)})
    assert settings[setting] in value


def test_so_may_the_address_of_the_database(load, tmp_path):
    file = tmp_path / "secret"
    file.write_text("postgresql://owner:word@db.example.org/policygen\n")
    database = load({"DATABASE_URL_FILE": str(file)})["DATABASES"]["default"]
    assert (database["HOST"], database["PASSWORD"]) == ("db.example.org", "word")


def test_a_secret_that_is_given_twice_is_refused(load, tmp_path):
    file = tmp_path / "secret"
    file.write_text(KEY)
    with pytest.raises(ImproperlyConfigured, match="POLICYGEN_SECRET_KEY_FILE is set beside"):
        load({**PRODUCTION, "POLICYGEN_SECRET_KEY_FILE": str(file)})


@pytest.mark.parametrize("content", [None, "", "\n", b"\xff\xfe"])
def test_a_file_that_holds_no_secret_stops_the_start(load, tmp_path, content):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ImproperlyConfigured, match=r"DATABASE_URL_FILE is '/.*secret'"):
        load({"DATABASE_URL_FILE": str(file)})


def test_the_former_key_is_kept_beside_the_new_one_and_must_be_as_strong(load, tmp_path):
    file = tmp_path / "old"
    file.write_text(KEY[::-1])
    settings = load({**PRODUCTION, "POLICYGEN_SECRET_KEY_OLD_FILE": str(file)})
    assert (settings["SECRET_KEY"], settings["SECRET_KEY_FALLBACKS"]) == (KEY, [KEY[::-1]])
    file.write_text("")
    settings = load({**PRODUCTION, "POLICYGEN_SECRET_KEY_OLD_FILE": str(file)})
    assert settings["SECRET_KEY_FALLBACKS"] == []
    file.write_text("short")
    with pytest.raises(ImproperlyConfigured, match="POLICYGEN_SECRET_KEY_OLD is too weak"):
        load({**PRODUCTION, "POLICYGEN_SECRET_KEY_OLD_FILE": str(file)})
    with pytest.raises(ImproperlyConfigured, match="POLICYGEN_SECRET_KEY_OLD_FILE is"):
        load({**PRODUCTION, "POLICYGEN_SECRET_KEY_OLD_FILE": str(tmp_path / "missing")})


def test_a_session_outlives_a_change_of_the_key(client, django_user_model, db, settings):
    settings.SECRET_KEY = KEY
    owner = django_user_model.objects.create_user("owner")
    client.force_login(owner, settings.AUTHENTICATION_BACKENDS[0])
    request = HttpRequest()
    request.session = client.session
    settings.SECRET_KEY = KEY[::-1]
    settings.SECRET_KEY_FALLBACKS = [KEY]
    assert get_user(request) == owner
    request.session = client.session
    settings.SECRET_KEY = KEY.swapcase()
    settings.SECRET_KEY_FALLBACKS = []
    assert get_user(request).is_anonymous
