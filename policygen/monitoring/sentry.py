"""Errors to Sentry, for sites that have one; nothing about people goes with them.

Sentry's own scrubber looks for names of fields that sound secret. Here it is the other way round:
what is known to be harmless stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.integrations.logging import ignore_logger

from policygen import __version__, discretion, tracing

if TYPE_CHECKING:
    from sentry_sdk._types import DataCollectionUserOptions
    from sentry_sdk.transport import Transport
    from sentry_sdk.types import Event, Hint

KEPT = {
    "contexts",
    "environment",
    "event_id",
    "exception",
    "level",
    "logentry",
    "logger",
    "platform",
    "release",
    "sdk",
    "timestamp",
    "transaction",
    "type",
}
"""What of an event goes to Sentry."""

NAMED = {"route", "task"}
"""What may name a transaction. Where no route was found yet, its path would."""

NOTHING: DataCollectionUserOptions = {
    "user_info": False,
    "cookies": {"mode": "off"},
    "http_headers": {"request": {"mode": "off"}},
    "http_bodies": [],
    "url_query_params": {"mode": "off"},
    "graphql": {"document": False, "variables": False},
    "gen_ai": {"inputs": False, "outputs": False},
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
}
"""What Sentry gathers by itself. What it adds to this list one day is left out by ``KEPT``."""

CONTEXTS = {"runtime", "trace"}
ABOUT_CODE = {kind.__name__ for kind in discretion.ABOUT_CODE}
FRAME = {
    "abs_path",
    "context_line",
    "filename",
    "function",
    "in_app",
    "lineno",
    "module",
    "post_context",
    "pre_context",
}


def start(dsn: str, *, environment: str, transport: type[Transport] | None = None) -> None:
    """Report errors of this process from now on. Raises ``BadDsn``."""
    sentry_sdk.init(
        dsn=dsn,
        release=f"policygen@{__version__}",
        environment=environment,
        data_collection=NOTHING,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        server_name="",
        before_send=discreet,
        transport=transport,
    )
    ignore_logger("django.security.DisallowedHost")  # what anybody can cause, thousands of times


def discreet(event: Event, _hint: Hint) -> Event:
    """Return what of an event may leave the site."""
    kept: dict[str, Any] = {name: value for name, value in event.items() if name in KEPT}
    if (event.get("transaction_info") or {}).get("source") not in NAMED:
        kept.pop("transaction", None)
    kept["tags"] = dict(tracing.fields())
    contexts = kept.get("contexts") or {}
    kept["contexts"] = {name: contexts[name] for name in CONTEXTS if name in contexts}
    for context in kept["contexts"].values():
        context.pop("data", None)
    if entry := kept.pop("logentry", None):
        said = entry.get("formatted") or entry.get("message") or ""
        kept["logentry"] = {"message": discretion.without_words(said)}
    for one in (kept.get("exception") or {}).get("values") or []:
        kind = str(one.get("type"))
        one["value"] = discretion.without_words(
            str(one.get("value") or ""), about_code=kind in ABOUT_CODE
        )
        trace = one.get("stacktrace") or {}
        trace["frames"] = [
            {name: value for name, value in frame.items() if name in FRAME}
            for frame in trace.get("frames") or []
        ]
    return kept  # type: ignore[return-value]  # the same shape, with less in it
