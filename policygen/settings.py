"""The whole configuration, and the only file that reads the environment.

It works right after a clone: without any variable this is a development site on SQLite. A variable
with a bad value stops the start with a message that names the variable, its value and what would
be right. docs/operating.md lists the variables.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import available_timezones

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent
DEVELOPMENT_KEY = "django-insecure-for-development-only-and-refused-in-production"
_names: set[str] = set()


def _stop(name: str, found: str, right: str) -> NoReturn:
    raise ImproperlyConfigured(f"{name} is {found}, but must be {right}.")


def _text(name: str, default: str = "") -> str:
    _names.add(name)
    return os.environ.get(name, "").strip() or default


def _flag(name: str, *, default: bool) -> bool:
    value = _text(name, str(default)).lower()
    if value not in {"0", "1", "false", "true"}:
        _stop(name, repr(value), "1, true, 0 or false")
    return value in {"1", "true"}


def _folder(name: str, default: Path) -> Path:
    value = _text(name)
    if value and not Path(value).is_dir():
        _stop(name, repr(value), "a folder that exists")
    return Path(value or default).resolve()


# This process -------------------------------------------------------------------------------------

ENV = _text("POLICYGEN_ENV", "development")
if ENV not in {"development", "production"}:
    _stop("POLICYGEN_ENV", repr(ENV), "development or production")
PRODUCTION = ENV == "production"
DEBUG = _flag("POLICYGEN_DEBUG", default=not PRODUCTION)
if PRODUCTION and DEBUG:
    _stop("POLICYGEN_DEBUG", "on", "off in production")

SECRET_KEY = _text("POLICYGEN_SECRET_KEY", DEVELOPMENT_KEY)
if PRODUCTION and ("insecure" in SECRET_KEY or len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10):
    _state = "a default" if "insecure" in SECRET_KEY else f"too weak ({len(SECRET_KEY)} characters)"
    _state = _state if _text("POLICYGEN_SECRET_KEY") else "not set"
    _stop("POLICYGEN_SECRET_KEY", _state, "random, 50 characters or more, and this site's alone")

_hosts = _text("POLICYGEN_ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
ALLOWED_HOSTS = [host.strip() for host in _hosts.split(",")]
_host = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\]", re.IGNORECASE)
if not all(map(_host.fullmatch, ALLOWED_HOSTS)):
    _right = "the site's host names without ports, such as policies.example.org,www.example.org"
    _stop("POLICYGEN_ALLOWED_HOSTS", repr(_hosts), _right)

_workers = _text("POLICYGEN_PDF_WORKERS", "2")
if _workers not in {str(count) for count in range(1, 17)}:
    _stop("POLICYGEN_PDF_WORKERS", repr(_workers), "a whole number from 1 to 16")
PDF_WORKERS = int(_workers)

CLAUSES_DIR = _folder("POLICYGEN_CLAUSES_DIR", ROOT / "clauses")
DATA_DIR = _folder("POLICYGEN_DATA_DIR", ROOT / "var")

# Database: SQLite in DATA_DIR unless DATABASE_URL names another -----------------------------------

SQLITE: dict[str, Any] = {  # Django itself turns foreign keys on
    "init_command": "PRAGMA journal_mode=WAL;",
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
}
POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 5,
    "options": "-c statement_timeout=10s -c lock_timeout=3s"
    " -c idle_in_transaction_session_timeout=30s",
    "pool": {"min_size": 1, "max_size": 10, "timeout": 5},
}


def _database(url: str) -> dict[str, Any]:
    shown = repr(re.sub(r"//.*@", "//***@", url))  # without the password
    right = "like postgresql://user:password@host:5432/name or sqlite:////folder/file.sqlite3"
    try:
        found: dict[str, Any] = {**dj_database_url.parse(url)}
    except ValueError:
        _stop("DATABASE_URL", shown, right)
    limits = {"sqlite3": SQLITE, "postgresql": POSTGRESQL}.get(found["ENGINE"].rpartition(".")[2])
    if limits is None or not found["NAME"]:
        _stop("DATABASE_URL", shown, right)
    # The pool needs connections that end with the request, and checks each before it lends it.
    checks = {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
    return {**found, **checks, "OPTIONS": {**limits, **found.get("OPTIONS", {})}}


if _text("DATABASE_URL"):
    DATABASES = {"default": _database(_text("DATABASE_URL"))}
else:
    _file = DATA_DIR / "policygen.sqlite3"
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _file,
            "OPTIONS": SQLITE,
            # Opening the file costs more than most queries. The development server starts a
            # thread for each request, and a connection kept in it would never be used again.
            "CONN_MAX_AGE": 0 if DEBUG else 600,
        }
    }
    with suppress(OSError):
        DATA_DIR.mkdir(exist_ok=True)
    if not os.access(DATA_DIR, os.W_OK):
        _stop("POLICYGEN_DATA_DIR", repr(str(DATA_DIR)), "a folder that this user may write to")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Parts --------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "policygen.library",  # before the admin: its templates override the admin's
    "policygen.policies",
    "policygen.wizard",
    "policygen.library.apps.DeskConfig",  # django.contrib.admin
    "policygen.library.apps.PeopleConfig",  # django.contrib.auth
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "formtools",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "policygen.urls"
WSGI_APPLICATION = "policygen.wsgi.application"
# Django's engine alone: a Jinja2 engine here would look for the admin's templates, and break it.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
_validators = ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"} for name in _validators
]
LOGIN_URL = "admin:login"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LANGUAGE_CODE = "en"
# Documents are dated by the calendar of the practice, and pages show its time.
TIME_ZONE = _text("POLICYGEN_TIME_ZONE", "UTC")
if TIME_ZONE not in available_timezones():
    _stop("POLICYGEN_TIME_ZONE", repr(TIME_ZONE), "a time zone such as America/Chicago or UTC")

STATIC_URL = "static/"
STATIC_ROOT = ROOT / "var" / "static"
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = not PRODUCTION
_storage = "whitenoise.storage.CompressedManifestStaticFilesStorage"
_plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _storage if PRODUCTION else _plain},
}

# What a visitor may do ----------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
SESSION_COOKIE_AGE = 90 * 24 * 60 * 60  # people come back to a draft
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
# Django's defaults do the rest: SameSite=Lax, HttpOnly and JSON sessions, X-Frame-Options DENY,
# nosniff, Referrer-Policy and Cross-Origin-Opener-Policy same-origin. tests/test_settings.py looks.
if PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked from inside the container, over plain http
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    # To enter the browsers' preload list is a decision for the owner of the domain.
    SILENCED_SYSTEM_CHECKS = ["security.W021"]
if _flag("POLICYGEN_TRUSTED_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

MIB = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MIB
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * MIB
# Uploads stay in memory: a request larger than the limit above brings no files, and fills no disk.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "policygen.logs.PlainFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django": {"handlers": []}, "fontTools": {"level": "WARNING"}},
}

_odd = sorted(n for n in os.environ if n.startswith("POLICYGEN_") and n not in _names)
if _odd:
    _right = f"one of {', '.join(sorted(_names - {'DATABASE_URL'}))}"
    _stop(f"The variable {_odd[0]}", "unknown", _right)
