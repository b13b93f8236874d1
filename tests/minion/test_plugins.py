"""What a collector says about itself, and the settings about it."""

import sys
import textwrap

import cmdb_plugins as plugins
import cmdb_role
import cmdb_run as run
import cmdb_settings as settings_
import pytest


@pytest.fixture
def settings():
    return settings_.merged(
        {"collectors": {"role": {"limit": 3, "path": "/x"}, "off": False, "odd": {"limit": "3s"}}}
    )


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make a package of classes importable within the test."""
    folder = tmp_path / "mycompany"
    folder.mkdir()
    (folder / "cmdb.py").write_text(
        textwrap.dedent(
            """
            class Licence:
                KEY = ["name"]
                VOLATILE = ["seats_used_count"]
                text = None

                @classmethod
                def initial(cls):
                    cls.text = "editor 5"

                def process(self, source):
                    name, used = self.text.split()
                    path = source.option("path")
                    return [{"name": name, "seats_used_count": int(used), "path": path}]

            class Misnamed(Licence):
                KIND = "My Kind"

            class Named(Licence):
                KIND = "contract"
                initial = None

                def process(self, source):
                    raise source.Unavailable("no contract")
            """
        )
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("mycompany.cmdb", None)


def test_a_module_is_described_by_the_constants_beside_collect(settings):
    found = plugins.from_function("role", cmdb_role.collect, settings, "/srv/cmdb_role.py")
    assert (found.key, found.serial, found.bulk, found.slow) == (("role",), None, False, False)
    assert (found.limit_seconds, found.options) == (3.0, {"path": "/x"})
    assert (found.enabled, found.origin) == (True, "/srv/cmdb_role.py")


def test_a_collector_that_waits_to_be_asked_for_is_off_until_it_is(settings):
    source = "ENABLED = False\nKEY = ['a']\ndef collect(): return []"
    namespace = {}
    exec(source, namespace)
    assert not plugins.from_function("smart", namespace["collect"], settings).enabled
    settings["collectors"]["smart"] = {"enabled": True}
    assert plugins.from_function("smart", namespace["collect"], settings).enabled


def test_a_time_limit_that_is_no_number_is_an_error_of_that_collector(settings):
    found = plugins.from_function("odd", cmdb_role.collect, settings)
    made = run.section(found)
    assert made["error"] == "cmdb:collectors:odd:limit must be a number of seconds, not '3s'"


def test_a_class_is_a_collector_too(settings, package):
    settings["collectors"]["licence"] = {"path": "/srv"}
    found = plugins.from_class("mycompany.cmdb.Licence", settings)
    made = run.section(found)
    assert found.kind == "licence"
    assert made["items"] == [{"name": "editor", "path": "/srv"}]
    assert made["volatile"] == {"editor": {"seats_used_count": 5}}


def test_a_class_can_name_its_kind_and_be_unavailable(settings, package):
    found = plugins.from_class("mycompany.cmdb.Named", settings)
    assert found.kind == "contract"
    assert run.section(found)["status"] == "unavailable"


@pytest.mark.parametrize("name", ["Web", "1st", "my kind", "_x", "", "a" * 65, "asset", "web\n"])
def test_a_name_that_the_api_refuses_is_no_kind(name):
    assert not plugins.is_kind(name)
    assert plugins.is_kind("a" * 64) and plugins.is_kind("web_2")


def test_a_collector_under_a_name_that_the_api_refuses_is_broken_and_says_why(
    tmp_path, settings, package
):
    path = tmp_path / "cmdb_Web.py"
    path.write_text(PLAIN)
    for found, kind in (
        (plugins.from_file("Web", str(path), settings), "Web"),
        (plugins.from_class("mycompany.cmdb.Misnamed", settings), "My Kind"),
    ):
        made = run.section(found)
        assert (found.kind, made["status"]) == (kind, "error")
        assert made["error"].startswith(f"{kind!r} is no name of a kind, and no report holds it")


@pytest.mark.parametrize(
    ("dotted", "says"),
    [
        ("mycompany.cmdb.Nothing", "has no attribute 'Nothing'"),
        ("no_such_package.Thing", "No module named 'no_such_package'"),
        ("Thing", "no dotted path of a class"),
    ],
)
def test_a_class_that_cannot_be_loaded_is_an_error_that_says_why(settings, package, dotted, says):
    made = run.section(plugins.from_class(dotted, settings))
    assert made["status"] == "error"
    assert says in made["error"]
    assert "Traceback" in made["traceback"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def collect(:\n", "SyntaxError"),
        ("import no_such_library\n", "No module named 'no_such_library'"),
        ("KEY = ['a']\n", "has no function collect()"),
    ],
)
def test_a_file_that_does_not_load_says_why(tmp_path, settings, text, says):
    path = tmp_path / "cmdb_bad.py"
    path.write_text(text)
    made = run.section(plugins.not_loaded("bad", str(path), settings))
    assert made["status"] == "error"
    assert says in made["error"]


@pytest.mark.parametrize(
    ("virtual", "reason"),
    [
        ("return False, 'not here'", "not here"),
        ("return False", "its __virtual__() says that it is not for this host"),
        ("return __grains__['x']", "its __virtual__() says that it is not for this host"),
    ],
)
def test_a_file_that_is_not_for_this_host_is_unavailable(tmp_path, settings, virtual, reason):
    path = tmp_path / "cmdb_virt.py"
    path.write_text(f"KEY = ['a']\ndef __virtual__():\n    {virtual}\ndef collect(): return []\n")
    made = run.section(plugins.not_loaded("virt", str(path), settings))
    assert (made["status"], made["reason"]) == ("unavailable", reason)


PLAIN = """
import cmdb_source as source

KEY = ["a"]


def collect():
    return [{"a": "%s"}]
"""


def test_a_file_that_asks_for_nothing_of_salts_is_loaded_without_salt(tmp_path):
    path = tmp_path / "cmdb_plain.py"
    for said in ("one", "another"):
        path.write_text(PLAIN % said)
        found = plugins.from_file("plain", str(path), settings_.merged())
        assert (found.kind, found.key, found.origin) == ("plain", ("a",), str(path))
        assert found.collect() == [{"a": said}]


@pytest.mark.parametrize(
    "text",
    [
        "KEY = ['a']\ndef collect():\n    return [{'a': __grains__['id']}]\n",
        "KEY = ['a']\ndef collect():\n    return [{'a': __salt__['test.ping']()}]\n",
        "def __virtual__():\n    return False\ndef collect():\n    return []\n",
        "import salt.utils.files\ndef collect():\n    return []\n",
        "import no_such_library\ndef collect():\n    return []\n",
        "def collect(:\n",
        "x = 1\n",
    ],
)
def test_a_file_that_needs_salt_or_is_wrong_is_left_to_salt(tmp_path, text):
    path = tmp_path / "cmdb_odd.py"
    path.write_text(text)
    assert plugins.from_file("odd", str(path), settings_.merged()) is None
    assert plugins.from_file("odd", str(tmp_path / "gone"), settings_.merged()) is None
