"""Accounts on the command line."""

import re

import pytest
from click.testing import CliRunner

from cmdb_api import cli
from tests.api import people
from tests.api.people import PASSWORD, on_sqlite
from tests.api.test_cli import cmdb, failed, run  # noqa: F401
from tests.reports import MASTER_SECRET


@pytest.fixture
def user(database_url):
    """Return a function that runs ``cmdb user``, with what stands on its standard input."""

    def user(*args, input=None):
        settings = {"SECRET_KEY": "an example secret key", "MASTER_SECRET": MASTER_SECRET}
        settings["SQLALCHEMY_DATABASE_URI"] = database_url
        env = {f"CMDB_{name}": value for name, value in settings.items()}
        return CliRunner().invoke(cli.cmdb, ["user", *args], env=env, input=input)

    return user


@pytest.fixture
def anna(user):
    result = user("create", "anna", "--role", "admin", "--password-stdin", input=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""


@on_sqlite
def test_the_first_admin_logs_in_with_the_password_that_was_read(anna, app):
    assert people.log_in(app).get("/api/v1/accounts").status_code == 200


@on_sqlite
def test_a_password_that_is_made_is_printed_alone(user, app):
    result = user("create", "anna", "--role", "viewer", "--generate")
    assert result.exit_code == 0
    assert re.fullmatch(r"\S{24}\n", result.stdout)
    people.log_in(app, password=result.stdout.strip())


@on_sqlite
def test_a_password_is_asked_for_twice(user, app):
    result = user("create", "anna", "--role", "viewer", input=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.stderr
    assert PASSWORD not in result.output
    people.log_in(app)


@on_sqlite
def test_what_can_not_be_is_told_in_a_line(anna, user):
    args = ("--role", "viewer", "--password-stdin")
    assert "named anna already" in failed(user("create", "Anna", *args, input=PASSWORD))
    assert "12 characters" in failed(user("create", "bert", *args, input="short\n"))
    assert failed(user("set", "ana", "--role", "viewer")) == (
        "Error: there is no account ana; did you mean anna?"
    )
    assert "last admin" in failed(user("disable", "anna"))
    assert "last admin" in failed(user("set", "anna", "--role", "viewer"))
    assert user("set", "anna").exit_code == 2
    assert user("create", "a b", *args).exit_code == 2


def test_an_account_is_changed_disabled_and_enabled(anna, user, app, make_client):
    make_client("admin").post("/api/v1/business-units", json={"name": "Shop"})
    given = ["bert", "--role", "operator", "--no-password", "--business-unit", "Shop"]
    assert user("create", *given).exit_code == 0
    assert user("set", "bert", "--full-name", "Bert Example", "--name", "bertram").exit_code == 0
    _, first, second = user("list").stdout.splitlines()
    assert re.fullmatch(r"anna +admin +yes +all +never", first)
    assert re.fullmatch(r"bertram +operator +yes +Shop +never +Bert Example", second)
    assert user("set", "bertram", "--not-limited", "--no-business-units").exit_code == 0
    assert user("disable", "bertram").exit_code == 0
    assert re.search(r"operator +no +all", user("list").stdout)
    assert user("disable", "bertram", "--undo").exit_code == 0


@on_sqlite
def test_another_password_ends_the_sessions(anna, user, app):
    session = people.log_in(app)
    assert user("password", "anna", "--generate").exit_code == 0
    assert session.get("/api/v1/assets").status_code == 401


@on_sqlite
def test_a_token_of_business_units_is_made_and_listed(anna, cmdb, make_client):  # noqa: F811
    make_client("admin").post("/api/v1/business-units", json={"name": "Shop"})
    made = ["token", "create", "--scope", "read", "--name", "shop", "--business-unit"]
    assert "did you mean Shop?" in failed(cmdb(*made, "Shops"))
    assert cmdb(*made, "shop").exit_code == 0
    assert re.search(r"read .* shop +Shop\n", cmdb("token", "list").stdout)


@on_sqlite
def test_sessions_are_listed_apart(anna, cmdb, app):  # noqa: F811
    people.log_in(app)
    assert len(cmdb("token", "list").stdout.splitlines()) == 1
    assert re.search(r"admin .* anna +anna +all\n", cmdb("token", "list", "--sessions").stdout)
