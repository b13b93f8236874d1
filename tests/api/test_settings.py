"""The settings: their layers, and what stops the start."""

import pytest
from flask import Config, Flask

from cmdb_api import settings
from cmdb_api.errors import SettingsError
from cmdb_api.extensions import db

SECRETS = {"SECRET_KEY": "an example secret key", "MASTER_SECRET": "an example master secret"}


@pytest.fixture
def load(tmp_path):
    """Return a function that loads the settings from these layers."""

    def load(file=None, env=None, **overrides):
        environ = {f"CMDB_{name}": value for name, value in (env or {}).items()}
        if file is not None:
            path = tmp_path / "settings.py"
            path.write_text(file)
            environ["CMDB_SETTINGS"] = str(path)
        app = Flask("settings")
        settings.load(app.config, SECRETS | overrides, environ)
        return app.config

    return load


def test_each_layer_overrides_the_one_before(load):
    assert load()["PAGE_SIZE"] == 50
    assert load(file="PAGE_SIZE = 1")["PAGE_SIZE"] == 1
    assert load(file="PAGE_SIZE = 1", env={"PAGE_SIZE": "2"})["PAGE_SIZE"] == 2
    assert load(file="PAGE_SIZE = 1", env={"PAGE_SIZE": "2"}, PAGE_SIZE=3)["PAGE_SIZE"] == 3


def test_a_secret_of_digits_stays_text(load):
    config = load(env={"MASTER_SECRET_PREVIOUS": "12345678901234567890"})
    assert config["MASTER_SECRET_PREVIOUS"] == "12345678901234567890"


def test_settings_of_flask_and_the_database_driver_can_be_given(load):
    config = load(env={"SQLALCHEMY_ENGINE_OPTIONS": '{"pool_size": 3}', "TESTING": "true"})
    assert config["SQLALCHEMY_ENGINE_OPTIONS"] == {"pool_size": 3}
    assert config["TESTING"] is True


def test_debug_is_not_taken_from_the_environment(load, monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert load()["DEBUG"] is False


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ({"env": {"PAGE_SIZ": "3"}}, "CMDB_PAGE_SIZ in the environment; did you mean PAGE_SIZE?"),
        ({"file": "PAGE_SIZ = 3"}, "PAGE_SIZ (CMDB_SETTINGS); did you mean PAGE_SIZE?"),
        ({"env": {"PAGE_SIZE": "many"}}, "must be a whole number, not a text"),
        ({"file": "PAGE_SIZE = True"}, "must be a whole number, not true or false"),
        ({"file": "PAGE_SIZE = 1.5"}, "must be a whole number, not float"),
        ({"file": "PAGE_SIZE = None"}, "must be a whole number, not NoneType"),
        ({"env": {"PAGE_SIZE": "-1"}}, "must be more than 0, not -1"),
        ({"env": {"HISTORY_DAYS": "-1"}}, "must be 0 or more, not -1"),
        ({"file": "SECRET_KEY = b'0123456789abcdef'"}, "SECRET_KEY (CMDB_SETTINGS) must be a text"),
        ({"file": "PAGE_SIZE = = 3"}, "SyntaxError"),
        ({"file": "PAGE_SIZE = os"}, "NameError"),
        ({"SECRET_KEY": None}, "SECRET_KEY not set: set CMDB_SECRET_KEY in the environment"),
        ({"MASTER_SECRET": ""}, "MASTER_SECRET not set"),
        ({"MASTER_SECRET": "short"}, "MASTER_SECRET is shorter than 16 characters"),
        ({"MASTER_SECRET_PREVIOUS": "short"}, "MASTER_SECRET_PREVIOUS is shorter"),
    ],
)
def test_a_wrong_setting_stops_the_start_in_one_line(load, layers, told):
    with pytest.raises(SettingsError) as caught:
        load(**layers)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mistyped_settings_path_stops_the_start():
    with pytest.raises(SettingsError, match=r"CMDB_SETTINGS names /nowhere.py: No such file"):
        settings.load(Config("."), SECRETS, {"CMDB_SETTINGS": "/nowhere.py"})


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "Could not parse"),
        ("mysql://localhost/cmdb", "mysql is not a database this runs on"),
        ("sqlite:///cmdb.sqlite3", "give the whole path"),
        ("postgresql+nodriver://localhost/cmdb", "nodriver"),
    ],
)
def test_a_wrong_database_url_stops_the_start(make_app, url, told):
    with pytest.raises(SettingsError, match=told):
        make_app(url)


def test_only_its_owner_can_read_a_new_sqlite_file(make_app, tmp_path):
    app = make_app(f"sqlite:///{tmp_path}/cmdb.sqlite3")
    with app.app_context():
        db.create_all()
        files = list(tmp_path.glob("cmdb.sqlite3*"))
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


@pytest.mark.parametrize(
    ("windows", "told"),
    [
        ({"package": "daily"}, "package has 'daily'; write a number and s, m, h, d or w, like 1d"),
        ({"package": 5}, "package has 5; write a number"),
        ({"Package": "1d"}, "'Package' is no kind; write it like package or raid_disk"),
        (["package"], "must be a dictionary, not list"),
    ],
)
def test_a_window_that_is_none_stops_the_start(load, windows, told):
    with pytest.raises(SettingsError) as caught:
        load(COVERAGE_WINDOWS=windows)
    assert told in str(caught.value)


def test_windows_come_from_the_environment_as_json(load):
    found = load(env={"COVERAGE_WINDOWS": '{"package": "1d"}'})
    assert found["COVERAGE_WINDOWS"] == {"package": "1d"}
