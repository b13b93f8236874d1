"""Accounts in tests, and clients of their sessions."""

import pytest

PASSWORD = "correct horse battery"
# Of what no database has a part in.
on_sqlite = pytest.mark.parametrize("make_database", ["sqlite"], indirect=True)


def add(admin, name="anna", role="operator", **more):
    """Add an account by the API; return what is told of it."""
    given = {"name": name, "role": role, "password": PASSWORD} | more
    answer = admin.post("/api/v1/accounts", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json


def log_in(app, name="anna", password=PASSWORD, **more):
    """Log in; return a client of the session."""
    client = app.test_client()
    given = {"name": name, "password": password}
    answer = client.post("/api/v1/sessions", json=given, **more)
    assert answer.status_code == 201, answer.text
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {answer.json['token']}"
    return client
