"""The outermost middleware: number, log line and figures of each request, and ``/metrics``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import cast

from django.conf import settings
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from policygen import metrics, tracing
from policygen.monitoring import exposition

logger = logging.getLogger("policygen.access")

View = Callable[[HttpRequest], HttpResponseBase]

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
QUIET = {"healthz", exposition.ROUTE}
"""The routes that machines ask for all day; their lines are for whoever looks for them."""


def access(get_response: View) -> View:
    """Give each request a number, and say how it was answered.

    The line names the route and not the path, since keys of invitations stand in paths. It says
    nothing of who asked: neither address, nor browser, nor account.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        trusted = settings.TRUSTED_PROXY
        number = tracing.number_for(request.headers.get(tracing.HEADER) if trusted else None)
        setattr(request, tracing.FIELD, number)  # also for lines that are written after this
        with tracing.bound(request_id=number):
            began = perf_counter()
            response = exposition.figures(request) or get_response(request)
            if not _may_be_kept(response):
                response.headers[tracing.HEADER] = number
            seconds = perf_counter() - began
            if _is_streamed(response):
                streamed = cast(StreamingHttpResponse, response)
                parts = cast(Iterable[bytes], streamed.streaming_content)
                streamed.streaming_content = _followed(parts, request, response, began)
            else:
                _say(request, response, seconds, _size(response))
        _count(request, response, seconds)
        return response

    return answer


def _may_be_kept(response: HttpResponseBase) -> bool:
    """Tell whether caches may hand an answer to others, who would read a number not theirs."""
    return "public" in response.headers.get("Cache-Control", "")


def _is_streamed(response: HttpResponseBase) -> bool:
    """Tell whether an answer is made while it is sent; a file of known size is not."""
    return response.streaming and not isinstance(response, FileResponse)


def _size(response: HttpResponseBase) -> int:
    if isinstance(response, FileResponse):
        return int(response.headers.get("Content-Length", 0))
    return len(getattr(response, "content", b""))


def _followed(
    parts: Iterable[bytes], request: HttpRequest, response: HttpResponseBase, began: float
) -> Iterator[bytes]:
    """Give the parts of an answer one by one, and write its line at their end."""
    size, number = 0, getattr(request, tracing.FIELD)
    source = iter(parts)
    try:
        while True:
            with tracing.bound(request_id=number):
                part = next(source, None)
            if part is None:
                return
            size += len(part)
            yield part
    finally:
        if close := getattr(source, "close", None):
            close()
        with tracing.bound(request_id=number):
            _say(request, response, perf_counter() - began, size)


def _say(request: HttpRequest, response: HttpResponseBase, seconds: float, size: int) -> None:
    method, route = _method(request), route_of(request)
    told = {
        "method": method,
        "route": route,
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
        "bytes": size,
    }
    level = logging.DEBUG if route in QUIET else logging.INFO
    logger.log(level, "request", extra=told)


def _count(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    route = route_of(request)
    metrics.REQUESTS.labels(_method(request), route, str(response.status_code)).inc()
    metrics.REQUEST_SECONDS.labels(route).observe(seconds)


def _method(request: HttpRequest) -> str:
    """Return the method, if it is one; anybody may send any word."""
    return request.method if request.method in METHODS else "OTHER"


def route_of(request: HttpRequest) -> str:
    """Return the name of the route that a request took, or its pattern if it has no name."""
    if request.path_info == exposition.PLACE:
        return exposition.ROUTE
    if request.path_info.startswith(settings.STATIC_URL) and request.resolver_match is None:
        return "static"
    return tracing.route_of(request)
