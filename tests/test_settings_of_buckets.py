"""Where the bytes of versions lie is said by the settings, and a slip stops the start."""

import os
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

SETTINGS = Path(__file__).resolve().parent.parent / "policygen" / "settings.py"
BUCKET = {
    "POLICYGEN_S3_BUCKET": "policies.example.org",
    "POLICYGEN_S3_ENDPOINT": "https://s3.example.org/",
    "POLICYGEN_S3_REGION": "eu-central-1",
    "POLICYGEN_S3_PREFIX": "policygen/files",
    "POLICYGEN_S3_KEY_ID": "AKIA",
    "POLICYGEN_S3_SECRET": "open sesame",
}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the settings file with these variables and no others of ours."""
    for name in list(os.environ):
        if name.startswith("POLICYGEN_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)

    def run(**variables: str) -> dict[str, Any]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    return run


def test_without_a_bucket_the_files_lie_in_a_folder(load):
    found = load()["STORAGES"]["policies"]
    assert found == {"BACKEND": "policygen.policies.published.storages.LocalFiles"}


def test_a_bucket_is_reached_as_the_variables_say(load):
    found = load(**BUCKET)["STORAGES"]["policies"]
    assert found["BACKEND"] == "policygen.policies.published.bucket.BucketFiles"
    assert found["OPTIONS"] == {
        "bucket_name": "policies.example.org",
        "endpoint_url": "https://s3.example.org",
        "region_name": "eu-central-1",
        "location": "policygen/files",
        "access_key": "AKIA",
        "secret_key": "open sesame",
    }


def test_a_bucket_alone_is_enough_where_the_machine_has_a_role(load):
    options = load(POLICYGEN_S3_BUCKET="policies")["STORAGES"]["policies"]["OPTIONS"]
    assert options == {
        "bucket_name": "policies",
        "endpoint_url": None,
        "region_name": None,
        "location": "",
        "access_key": None,
        "secret_key": None,
    }


def test_the_secret_may_lie_in_a_file(load, tmp_path):
    file = tmp_path / "secret"
    file.write_text("open sesame\n")
    variables = {**BUCKET, "POLICYGEN_S3_SECRET": "", "POLICYGEN_S3_SECRET_FILE": str(file)}
    assert load(**variables)["STORAGES"]["policies"]["OPTIONS"]["secret_key"] == "open sesame"


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("BUCKET", "My Bucket", "the name of a bucket"),
        ("BUCKET", "s3://policies", "the name of a bucket"),
        ("ENDPOINT", "s3.example.org", "https://s3.example.org"),
        ("ENDPOINT", "https://s3.example.org/policies", "https://s3.example.org"),
        ("REGION", "Frankfurt am Main", "us-east-1"),
        ("PREFIX", "../elsewhere", "policygen/files"),
        ("PREFIX", "/policygen/", "policygen/files"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(load, name, value, right):
    with pytest.raises(ImproperlyConfigured) as caught:
        load(**{**BUCKET, f"POLICYGEN_S3_{name}": value})
    message = str(caught.value)
    assert message.startswith(f"POLICYGEN_S3_{name} is {value!r}, but must be ")
    assert right in message


@pytest.mark.parametrize("name", ["ENDPOINT", "REGION", "PREFIX", "KEY_ID", "SECRET"])
def test_what_belongs_to_a_bucket_is_refused_without_one(load, name):
    key = f"POLICYGEN_S3_{name}"
    with pytest.raises(ImproperlyConfigured, match="POLICYGEN_S3_BUCKET is not set") as caught:
        load(**{key: BUCKET[key]})
    assert key in str(caught.value)


@pytest.mark.parametrize("name", ["KEY_ID", "SECRET"])
def test_half_of_the_credentials_is_refused(load, name):
    with pytest.raises(ImproperlyConfigured, match=f"POLICYGEN_S3_{name} is not set"):
        load(**{**BUCKET, f"POLICYGEN_S3_{name}": ""})


def test_a_password_in_an_address_never_reaches_the_message(load):
    with pytest.raises(ImproperlyConfigured) as caught:
        load(**{**BUCKET, "POLICYGEN_S3_ENDPOINT": "https://me:sesame@s3.example.org"})
    assert "sesame" not in str(caught.value)
