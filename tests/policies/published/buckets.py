"""A bucket in this process, for tests. Nothing of it leaves the process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3
from django.test import override_settings
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

NAME = "policies"
OPTIONS = {
    "bucket_name": NAME,
    "region_name": "us-east-1",
    "location": "site/files",
    "access_key": "somebody",
    "secret_key": "nothing secret",
}
BACKEND = "policygen.policies.published.bucket.BucketFiles"


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let the bucket answer one request after the other.

    A real one replaces an object whole; the one in this process closes what another thread reads.
    """
    answer, turn = BotocoreStubber.process_request, threading.Lock()

    def in_turn(stub: BotocoreStubber, request: Any) -> Any:
        with turn:
            return answer(stub, request)

    with patch.object(BotocoreStubber, "process_request", in_turn):
        yield


@contextmanager
def bucket(**options: Any) -> Iterator[Any]:
    """Keep the files of versions in a bucket meanwhile, and give a client that reaches it."""
    with _one_at_a_time(), mock_aws():
        client = boto3.client(
            "s3",
            region_name="us-east-1",
            aws_access_key_id="somebody",
            aws_secret_access_key="nothing secret",
        )
        client.create_bucket(Bucket=NAME)
        with override_settings(STORAGES=stored_in(**options)):
            yield client


def stored_in(**options: Any) -> dict[str, Any]:
    """Return the setting ``STORAGES`` with a bucket for the files of versions."""
    plain = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    found = {"BACKEND": BACKEND, "OPTIONS": {**OPTIONS, **options}}
    return {"default": plain, "staticfiles": static, "policies": found}


def keys(client: Any) -> set[str]:
    """Return the keys of all objects in the bucket."""
    listed = client.list_objects_v2(Bucket=NAME)
    return {one["Key"] for one in listed.get("Contents", ())}
