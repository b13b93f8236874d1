"""The command line."""

import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from cmdb_api import cli
from cmdb_api.models import Asset, Change
from cmdb_api.services import canonical
from tests.reports import MASTER_SECRET, make_report


@pytest.fixture
def run():
    """Return a function that runs ``cmdb`` with these settings and gives its result."""

    def run(*args, **settings):
        settings = {
            "SECRET_KEY": "an example secret key",
            "MASTER_SECRET": MASTER_SECRET,
        } | settings
        env = {f"CMDB_{name}": value for name, value in settings.items()}
        return CliRunner().invoke(cli.cmdb, args, env=env)

    return run


@pytest.fixture
def cmdb(run, database_url):
    """Return a function that runs ``cmdb`` on a database with our tables."""
    return lambda *args: run(*args, SQLALCHEMY_DATABASE_URI=database_url)


def failed(result):
    """Return the one line that a failed command says; it is not a traceback."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    (line,) = result.stderr.strip().splitlines()
    return line


def test_a_token_alone_is_on_standard_output_and_works(cmdb, client):
    result = cmdb("token", "create", "--scope", "read", "--name", "Anna", "--expires", "90d")
    assert result.exit_code == 0
    assert re.fullmatch(r"cmdb_[\w-]{43}\n", result.stdout)
    assert "Anna" in result.stderr
    assert "valid until 20" in result.stderr
    header = {"Authorization": f"Bearer {result.stdout.strip()}"}
    assert client.get("/api/v1/assets", headers=header).status_code == 200


def test_tokens_are_listed_without_their_text_and_revoked(cmdb, client):
    text = cmdb("token", "create", "--scope", "admin").stdout.strip()
    cmdb("token", "create", "--scope", "relay", "--name", "a master")
    heads, first, second = cmdb("token", "list").stdout.splitlines()
    assert heads.split() == [
        "ID",
        "SCOPE",
        "CREATED",
        "EXPIRES",
        "LAST",
        "USED",
        "NAME",
        "ACCOUNT",
        "SEES",
    ]
    assert re.fullmatch(r"1 +admin +20\S+Z +never +never +admin token +all", first)
    assert re.search("a master +all$", second)
    assert text not in first
    revoked = cmdb("token", "revoke", "1")
    assert (revoked.exit_code, revoked.stdout) == (0, "Token 1 (admin token) is revoked.\n")
    header = {"Authorization": f"Bearer {text}"}
    assert client.get("/api/v1/assets", headers=header).status_code == 401
    assert failed(cmdb("token", "revoke", "1")) == "Error: there is no token 1"


@pytest.mark.parametrize(
    "args",
    [
        ["token", "create"],
        ["token", "create", "--scope", "all"],
        ["token", "create", "--scope", "read", "--expires", "soon"],
        ["token", "create", "--scope", "read", "--name", "x" * 256],
        ["token", "create", "--scope", "read", "--name", "\udcff"],
        ["token", "revoke", "x"],
        ["token", "revoke", "99999999999"],
        ["key"],
        ["key", "web 01"],
        ["serve", "--workers", "0"],
        ["nonsense"],
    ],
)
def test_wrong_arguments_are_told_with_the_usage(cmdb, args):
    result = cmdb(*args)
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage:")
    assert result.stdout == ""


def test_the_key_signs_what_the_api_accepts(cmdb, post):
    key = cmdb("key", "Web01").stdout.strip()
    assert key == canonical.host_key(MASTER_SECRET, "web01")
    assert post(make_report("web01", {"disk": []}, key=key))[0]["result"] == "recorded"


def test_the_key_is_of_the_generation_in_the_database(cmdb, session):
    session.add(Asset(hostname="Web01", hostname_key="web01", key_generation=3))
    session.commit()
    result = cmdb("key", "WEB01")
    assert result.stdout.strip() == canonical.host_key(MASTER_SECRET, "web01", 3)
    assert result.stderr == ""


def test_the_command_prints_the_new_key_and_says_that_the_old_one_is_revoked(
    cmdb,
    post,
    make_report,
    session,
):
    post(make_report("web01", {"disk": []}))
    result = cmdb("key", "WEB01", "--rotate")
    assert result.exit_code == 0
    assert result.stdout.strip() == canonical.host_key(MASTER_SECRET, "web01", 2)
    assert "revoked" in result.stderr
    assert cmdb("key", "web01").stdout == result.stdout
    (change,) = session.scalars(select(Change).where(Change.actor.is_not(None))).all()
    assert change.actor.endswith("(cmdb key)")
    assert change.fields == ["key_generation"]
    assert failed(cmdb("key", "web09", "--rotate")) == (
        "Error: there is no asset web09; there is web01"
    )


def test_the_key_is_told_without_a_database_too(run):
    result = run("key", "web01", SQLALCHEMY_DATABASE_URI="sqlite:////nowhere/cmdb.sqlite3")
    assert result.exit_code == 0
    assert result.stdout.strip() == canonical.host_key(MASTER_SECRET, "web01")
    assert "first key" in result.stderr


def test_the_database_is_made_by_upgrade(run, empty_database_url):
    def cmdb(*args):
        return run(*args, SQLALCHEMY_DATABASE_URI=empty_database_url)

    assert failed(cmdb("token", "list")).endswith("run: cmdb db upgrade")
    assert failed(cmdb("serve")).endswith("run: cmdb db upgrade")
    assert cmdb("db", "upgrade").exit_code == 0
    assert cmdb("db", "upgrade").exit_code == 0
    assert cmdb("token", "list").exit_code == 0


@pytest.mark.parametrize("command", [["token", "list"], ["db", "upgrade"], ["serve"]])
@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"MASTER_SECRET": ""}, "MASTER_SECRET not set"),
        ({"PAGE_SIZ": "5"}, "did you mean PAGE_SIZE?"),
        ({"SETTINGS": "/nowhere.py"}, "CMDB_SETTINGS names /nowhere.py: No such file"),
        ({"SQLALCHEMY_DATABASE_URI": "nonsense"}, "SQLALCHEMY_DATABASE_URI: Could not parse"),
        (
            {"SQLALCHEMY_DATABASE_URI": "sqlite:////nowhere/cmdb.sqlite3"},
            "the folder /nowhere does not exist",
        ),
        (
            {"SQLALCHEMY_DATABASE_URI": "postgresql+psycopg://cmdb:a-password@127.0.0.1:1/cmdb"},
            "postgresql+psycopg://cmdb:***@127.0.0.1:1/cmdb: connection failed",
        ),
    ],
)
def test_what_the_user_can_mend_is_one_line(run, command, settings, told):
    assert told in failed(run(*command, **settings))


def test_the_version_is_told(run):
    assert run("--version").stdout.startswith("cmdb, version ")
