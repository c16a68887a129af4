"""The address that a container or a monitor asks."""

from django.core.management import call_command
from django.db import OperationalError, connection


def test_it_is_ready_with_a_database_and_a_release(client, db):
    call_command("load_library")
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_it_is_not_ready_without_a_release(client, db, caplog):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (503, b"not ready\n")
    assert "no release is loaded" in caplog.text


def test_it_is_not_ready_without_a_database_and_keeps_the_reason_for_the_log(client, db, caplog):
    def refuse(*_):
        raise OperationalError("no route to db.internal")

    with connection.execute_wrapper(refuse):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (503, b"not ready\n")
    assert "no route to db.internal" in caplog.text


def test_asking_costs_one_query_and_leaves_nothing_behind(client, db, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = client.get("/healthz")
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert not response.has_header("Vary")


def test_only_reading_is_allowed(client):
    assert client.post("/healthz").status_code == 405
