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
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import available_timezones

import dj_database_url
from celery.schedules import crontab
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


def _secret(name: str, *, may_be_empty: bool = False) -> str:
    """Return a value that may also lie in a file, which the variable NAME_FILE names."""
    value, file = _text(name), _text(f"{name}_FILE")
    if not file:
        return value
    if value:
        _stop(f"{name}_FILE", "set beside " + name, "the only one of the two")
    try:
        found = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        found, may_be_empty = "", False
    if not found and not may_be_empty:
        _stop(f"{name}_FILE", repr(file), "a file that this user may read, with the value in it")
    return found


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


def _require_strong(name: str, key: str) -> None:
    if "insecure" in key or len(key) < 50 or len(set(key)) < 10:
        state = "a default" if "insecure" in key else f"too weak ({len(key)} characters)"
        _stop(name, state if key else "not set", "random, 50 characters or more, this site's alone")


SECRET_KEY = _secret("POLICYGEN_SECRET_KEY") or ("" if PRODUCTION else DEVELOPMENT_KEY)
# What the former key signed stays good while the new one is used: docs/operating.md, “Keys”.
_old = _secret("POLICYGEN_SECRET_KEY_OLD", may_be_empty=True)
SECRET_KEY_FALLBACKS = [_old] if _old else []
if PRODUCTION:
    _require_strong("POLICYGEN_SECRET_KEY", SECRET_KEY)
    if _old:
        _require_strong("POLICYGEN_SECRET_KEY_OLD", _old)

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
FILES_DIR = DATA_DIR / "files"  # the bytes of published versions, made by published/files.py

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
    # What a connection is asked again and again is planned once (docs/decisions/0078).
    "server_side_binding": True,
    "prepare_threshold": 5,
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


if _url := _secret("DATABASE_URL"):
    DATABASES = {"default": _database(_url)}
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
DATABASE_AT = _database  # for the command that moves everything to another database
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Parts --------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "policygen.library",  # before the admin: its templates override the admin's
    "policygen.practices",
    "policygen.policies",
    "policygen.accounts",
    "policygen.wizard",
    "policygen.monitoring",
    "policygen.library.apps.DeskConfig",  # django.contrib.admin
    "policygen.library.apps.PeopleConfig",  # django.contrib.auth
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "formtools",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "policygen.monitoring.access.access",
    "django.middleware.security.SecurityMiddleware",
    "policygen.policies.public.middleware.public_side",  # nobody is known there
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "policygen.accounts.views.account_pages",
    "allauth.account.middleware.AccountMiddleware",
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
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# Limits on how often somebody may try are counted here, so every process must see the same counts.
# Entries end by themselves; so many of them at once would be an attack by thousands of addresses.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "policygen_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

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


def _bucket() -> dict[str, Any]:
    """Return the options of the bucket for the bytes of versions, or nothing if there is none."""
    shapes = {
        "BUCKET": (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket"),
        "ENDPOINT": (r"https?://[^/\s@?#]+/?", "an address such as https://s3.example.org"),
        "REGION": (r"[a-z0-9-]{2,40}", "the name of a region, such as us-east-1"),
        "PREFIX": (r"[\w-]+(/[\w-]+)*", "a folder in the bucket, such as policygen/files"),
        "KEY_ID": (r"\S+", "the id of an access key"),
    }
    found = {name: _text(f"POLICYGEN_S3_{name}") for name in shapes}
    secret = _secret("POLICYGEN_S3_SECRET", may_be_empty=True)
    for name, (shape, right) in shapes.items():
        if found[name] and not re.fullmatch(shape, found[name], re.ASCII):
            shown = repr(re.sub(r"//.*@", "//***@", found[name]))
            _stop(f"POLICYGEN_S3_{name}", shown, right)
    given = [name for name, value in [*found.items(), ("SECRET", secret)] if value]
    if given and not found["BUCKET"]:
        _stop("POLICYGEN_S3_BUCKET", "not set", f"set beside POLICYGEN_S3_{given[0]}")
    if bool(found["KEY_ID"]) != bool(secret):
        missing = "POLICYGEN_S3_SECRET" if found["KEY_ID"] else "POLICYGEN_S3_KEY_ID"
        _stop(missing, "not set", "set where the other one is; without both, boto3 finds its own")
    return {
        "bucket_name": found["BUCKET"],
        "endpoint_url": found["ENDPOINT"].rstrip("/") or None,
        "region_name": found["REGION"] or None,
        "location": found["PREFIX"],
        "access_key": found["KEY_ID"] or None,
        "secret_key": secret or None,
    }


_published = "policygen.policies.published"
_options = _bucket()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _storage if PRODUCTION else _plain},
    "policies": (  # the bytes of versions: policies/published/files.py
        {"BACKEND": f"{_published}.bucket.BucketFiles", "OPTIONS": _options}
        if _options["bucket_name"]
        else {"BACKEND": f"{_published}.storages.LocalFiles"}
    ),
}

# Work on many policies (policies/tasks.py); without Redis manage.py work does it -----------------

REDIS_URL = _secret("REDIS_URL")
if REDIS_URL and not re.fullmatch(
    r"(rediss?://[^/\s]+(/[0-9]{1,2})?|unix:///\S+)(\?\S+)?", REDIS_URL
):
    _shown = repr(re.sub(r"//.*@", "//***@", REDIS_URL))
    _stop("REDIS_URL", _shown, "like redis://:password@host:6379/0, or rediss:// with TLS")
CELERY_BROKER_URL = re.sub("^unix:", "redis+socket:", REDIS_URL) or "memory://"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True  # what came of work is in its rows
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # with late acknowledgement: one message for each child
CELERY_TASK_SOFT_TIME_LIMIT = 240  # seconds: a minute, and then one document of the slowest kind
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KiB; a child that outgrows it is replaced
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_DB_REUSE_MAX = 1 << 62  # tasks give connections back themselves (policygen/celery.py)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # else children would write their lines to themselves
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_CREATE_MISSING_QUEUES = False
# No request waits for a broker that is away: it fails at once, or after two seconds where the
# broker keeps its connections and answers nothing. Workers look for it until it is back.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,  # seconds; longer than any task may take
    "queue_order_strategy": "priority",  # always the first queue first, where it has messages
    "max_retries": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
    "socket_keepalive": True,
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "policies.sweep", "schedule": 20, "options": {"expires": 20}},
    "remind": {"task": "policies.remind", "schedule": crontab(hour=6, minute=10)},
    "clean": {"task": "policies.clean", "schedule": crontab(hour=3, minute=10)},
}
_lease = _text("POLICYGEN_WORK_LEASE", "180")
if not re.fullmatch(r"[1-9][0-9]{0,3}", _lease):
    _stop("POLICYGEN_WORK_LEASE", repr(_lease), "a whole number of seconds from 1 to 9999")
WORK_LEASE = int(_lease)  # after how long the work of a process that died is taken up again
_practices = _text("POLICYGEN_PRACTICES_LIMIT", "20")
if not re.fullmatch(r"[1-9][0-9]{0,4}", _practices, re.ASCII):
    _stop("POLICYGEN_PRACTICES_LIMIT", repr(_practices), "a whole number from 1 to 99999")
PRACTICES_LIMIT = int(_practices)  # how many practices one person may found

# Where the site is, and its mails -----------------------------------------------------------------


def _site_url() -> str:
    """Return how the site is reached from outside, for links in mails and for passkeys."""
    if not PRODUCTION:
        default = "http://localhost:8000"
    elif ALLOWED_HOSTS[0][0] in ".[":
        default = ""  # names many hosts, or none that anybody would link to
    else:
        default = f"https://{ALLOWED_HOSTS[0]}"
    url = _text("POLICYGEN_SITE_URL", default).rstrip("/")
    shape = r"https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?"
    if not re.fullmatch(shape, url, re.IGNORECASE) or (PRODUCTION and url[:6] != "https:"):
        right = "the site's address without a path, such as https://policies.example.org"
        _stop("POLICYGEN_SITE_URL", repr(url) if url else "not set", right)
    host = urlsplit(url).hostname or ""
    served = [name.strip("[]") for name in ALLOWED_HOSTS]
    if PRODUCTION and not any(host == name.lower() or _below(host, name) for name in served):
        _stop("POLICYGEN_SITE_URL", repr(url), "at one of the hosts in POLICYGEN_ALLOWED_HOSTS")
    return url


def _below(host: str, name: str) -> bool:
    return name.startswith(".") and f".{host}".endswith(name.lower())


SMTP = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
"""The ways to send mails with their usual ports: unencrypted, STARTTLS, TLS from the start."""


def _smtp(url: str) -> SplitResult:
    shown = repr(re.sub(r"//.*@", "//***@", url)) if url else "not set"  # without the password
    right = "like smtp+tls://user:password@mail.example.org:587, or console to send nothing"
    try:
        found = urlsplit(url)
        usable = found.scheme in SMTP and found.hostname and (found.port is None or found.port > 0)
    except ValueError:
        _stop("POLICYGEN_SMTP_URL", shown, right)
    if not usable or found.path.strip("/") or found.query or found.fragment:
        _stop("POLICYGEN_SMTP_URL", shown, right)
    return found


SITE_URL = _site_url()
_mail = _secret("POLICYGEN_SMTP_URL") or ("" if PRODUCTION else "console")
if _mail == "console":
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
else:
    _server = _smtp(_mail)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _server.hostname
    EMAIL_PORT = _server.port or SMTP[_server.scheme]
    EMAIL_HOST_USER = unquote(_server.username or "")
    EMAIL_HOST_PASSWORD = unquote(_server.password or "")
    EMAIL_USE_TLS = _server.scheme == "smtp+tls"
    EMAIL_USE_SSL = _server.scheme == "smtps"
EMAIL_TIMEOUT = 10  # seconds
_from = _text("POLICYGEN_MAIL_FROM", "" if PRODUCTION else "policygen <policygen@localhost>")
if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+|[^<>@\r\n]+<[^\s<>@]+@[^\s<>@]+>", _from):
    _right = "an address such as no-reply@example.org or Policies <no-reply@example.org>"
    _stop("POLICYGEN_MAIL_FROM", repr(_from) if _from else "not set", _right)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _from

# Accounts (docs/decisions/0050) -------------------------------------------------------------------

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "practices"
LOGOUT_REDIRECT_URL = "home"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
_validators = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_validators}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_validators}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_validators}.CommonPasswordValidator"},
    {"NAME": f"{_validators}.NumericPasswordValidator"},
    {"NAME": "policygen.accounts.passwords.NotThePracticesName"},
]

ACCOUNT_ADAPTER = "policygen.accounts.adapters.Accounts"
_forms = "policygen.accounts.forms"
ACCOUNT_FORMS = {
    "login": f"{_forms}.SignIn",
    "signup": f"{_forms}.SignUp",
    "add_email": f"{_forms}.NewAddress",
    "confirm_email_verification_code": f"{_forms}.AddressCode",
    "change_password": f"{_forms}.NewPassword",
    "set_password": f"{_forms}.FirstPassword",
    "reset_password": f"{_forms}.Forgotten",
    "reset_password_from_key": f"{_forms}.PasswordByLink",
    "reauthenticate": f"{_forms}.PasswordAgain",
}
ACCOUNT_USER_DISPLAY = "policygen.identity.shown_as"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_SESSION_COOKIE_AGE = 30 * 24 * 60 * 60  # whoever asks to stay signed in
# "key" is the address that was typed, and for login_failed also the visitor's network address, so
# that nobody can lock somebody else out. The last one counts the failures of all visitors together.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "login_failed_anywhere": "300/h/key",
    "reset_password": "20/m/ip,5/h/key",
    "confirm_email": "1/10s/key,10/h/key",
}
MFA_ADAPTER = "policygen.accounts.adapters.SecondFactors"
MFA_FORMS = {
    "authenticate": f"{_forms}.Code",
    "reauthenticate": f"{_forms}.CodeAgain",
    "activate_totp": f"{_forms}.FirstCode",
    "authenticate_webauthn": f"{_forms}.Passkey",
    "reauthenticate_webauthn": f"{_forms}.PasskeyAgain",
    "add_webauthn": f"{_forms}.NewPasskey",
    "edit_webauthn": f"{_forms}.PasskeyName",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "policygen"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost

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
TRUSTED_PROXY = _flag("POLICYGEN_TRUSTED_PROXY", default=False)  # also for X-Request-ID
if TRUSTED_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # the visitor's address is the last one of X-Forwarded-For

MIB = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MIB
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * MIB
# Uploads stay in memory: a request larger than the limit above brings no files, and fills no disk.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# What is seen of it: logs, figures, errors (docs/decisions/0076) ----------------------------------

LOG_FORMAT = _text("POLICYGEN_LOG_FORMAT", "json" if PRODUCTION else "plain")
if LOG_FORMAT not in {"json", "plain"}:
    _stop("POLICYGEN_LOG_FORMAT", repr(LOG_FORMAT), "json or plain")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"discreet": {"()": "policygen.logs.Discreet"}},
    "formatters": {
        "plain": {
            "()": "policygen.logs.PlainFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "policygen.logs.JsonLines"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["discreet"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": []},
        # policygen.access says how each request was answered, without paths, which hold keys.
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
        "gunicorn.access": {"handlers": [], "level": "CRITICAL"},
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        # policygen.tasks says how each task ended, without what was handed to it.
        "celery.app.trace": {"level": "CRITICAL"},
        "celery.worker.strategy": {"level": "WARNING"},
        "multiprocessing": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
    },
}

METRICS_TOKEN = _secret("POLICYGEN_METRICS_TOKEN")
if METRICS_TOKEN and not re.fullmatch(r"[!-~]{20,}", METRICS_TOKEN):
    _right = "20 characters or more, random, without spaces"
    _stop("POLICYGEN_METRICS_TOKEN", f"too weak ({len(METRICS_TOKEN)} characters)", _right)
METRICS_DIR = None
if _text("POLICYGEN_METRICS_DIR"):
    METRICS_DIR = _folder("POLICYGEN_METRICS_DIR", DATA_DIR)
    if not os.access(METRICS_DIR, os.W_OK):
        _stop("POLICYGEN_METRICS_DIR", repr(str(METRICS_DIR)), "a folder this user may write to")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)  # the library asks for it there

SENTRY_DSN = _secret("POLICYGEN_SENTRY_DSN", may_be_empty=True)
if SENTRY_DSN and not re.fullmatch(r"https?://[^\s/@:]+@[^\s/@]+(/\S*)?/[0-9]+", SENTRY_DSN):
    _right = "like https://key@sentry.example.org/1"
    _stop("POLICYGEN_SENTRY_DSN", repr(re.sub(r"//.*@", "//***@", SENTRY_DSN)), _right)

_odd = sorted(n for n in os.environ if n.startswith("POLICYGEN_") and n not in _names)
if _odd:
    _right = f"one of {', '.join(sorted(n for n in _names if n.startswith('POLICYGEN_')))}"
    _stop(f"The variable {_odd[0]}", "unknown", _right)
