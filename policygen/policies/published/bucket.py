"""The files of published versions in a bucket that speaks S3, by django-storages.

A request to S3 is done wholly or not at all, so nothing is renamed there: to move is to copy and
then to delete. Whatever goes wrong is an ``OSError`` that says it in words, as with a disk.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

from policygen.policies.published.storages import FileStore

MISSING = {"NoSuchKey", "404"}
"""What S3 calls an object that is not there. A bucket that is not there is another matter."""

LIMITS: dict[str, Any] = {
    "connect_timeout": 3,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 2},
    "max_pool_connections": 16,
    "request_checksum_calculation": "when_required",  # every write brings its MD5 instead,
    "response_checksum_validation": "when_required",  # and every read is compared with its SHA-256
}
"""How long a request may take, in seconds, and how often it is tried.

A reader waits for one request that fails, so both together stay far below what proxies wait.
"""


class BucketFiles(S3Storage, FileStore):  # type: ignore[misc]
    """A bucket. Its options are those of django-storages, such as ``bucket_name``."""

    is_far = True

    def __init__(self, **options: Any) -> None:
        style = "path" if options.get("endpoint_url") else "auto"
        limits = Config(**LIMITS, s3={"addressing_style": style})
        super().__init__(file_overwrite=True, client_config=limits, **options)
        self._lock = Lock()
        self._client: tuple[int, Any] = (0, None)

    @property
    def client(self) -> Any:
        """The client of this process. Threads share it, and forked processes do not."""
        with self._lock:
            if self._client[0] != os.getpid():
                session = self._create_session()
                made = session.client(
                    "s3",
                    region_name=self.region_name,
                    endpoint_url=self.endpoint_url,
                    config=self.client_config,
                    verify=self.verify,
                )
                self._client = (os.getpid(), made)
            return self._client[1]

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name as it is: what has the same name is written over."""
        return name

    def _key(self, name: str) -> str:
        return f"{self.location.strip('/')}/{name}".lstrip("/")

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        with self._in_words(name):
            answer = self.client.get_object(Bucket=self.bucket_name, Key=self._key(name))
            return ContentFile(answer["Body"].read(), name=name)

    def _save(self, name: str, content: File[Any]) -> str:
        body = content.read()
        md5 = hashlib.md5(body, usedforsecurity=False).digest()
        with self._in_words(name):
            self.client.put_object(
                Bucket=self.bucket_name,
                Key=self._key(name),
                Body=body,
                ContentMD5=base64.b64encode(md5).decode(),
                ContentType=self.default_content_type,
            )
        return name

    def move(self, old: str, new: str) -> None:
        """Copy an object, then delete it under its old name. Cut off between, both are there."""
        source = {"Bucket": self.bucket_name, "Key": self._key(old)}
        with self._in_words(old):
            self.client.copy_object(Bucket=self.bucket_name, Key=self._key(new), CopySource=source)
        self.delete(old)

    def delete(self, name: str) -> None:
        """Delete an object if it is there."""
        with self._in_words(name):
            self.client.delete_object(Bucket=self.bucket_name, Key=self._key(name))

    def exists(self, name: str) -> bool:
        """Tell whether an object is there."""
        return next(self._listed(name), None) == name

    def get_modified_time(self, name: str) -> datetime:
        """Return when an object was written. Raises ``FileNotFoundError``."""
        with self._in_words(name):
            told = self.client.head_object(Bucket=self.bucket_name, Key=self._key(name))
        written: datetime = told["LastModified"]
        return written

    def each(self, folder: str = "") -> Iterator[str]:
        """Give the names of all objects below a folder, in alphabetical order."""
        yield from self._listed(f"{folder}/" if folder else "")

    def _listed(self, beginning: str) -> Iterator[str]:
        pages = self.client.get_paginator("list_objects_v2")
        before = len(self._key(""))
        with self._in_words(beginning):
            for page in pages.paginate(Bucket=self.bucket_name, Prefix=self._key(beginning)):
                for one in page.get("Contents", ()):
                    yield one["Key"][before:]

    @contextmanager
    def _in_words(self, name: str) -> Iterator[None]:
        """Say as ``OSError`` what S3 or the network says."""
        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in MISSING:
                raise FileNotFoundError(errno.ENOENT, "No such object", name) from error
            if code == "NoSuchBucket":
                said = f"There is no bucket {self.bucket_name}"
            else:
                said = f"The bucket {self.bucket_name} refused: {code}"
            raise OSError(errno.EIO, said, name) from error
        except BotoCoreError as error:
            said = f"The bucket {self.bucket_name} cannot be reached: {type(error).__name__}"
            raise OSError(errno.EIO, said, name) from error
