"""Every kind and field that our collectors tell of has a label."""

import pytest

from cmdb_api.models.asset import STANDINGS, STATES
from cmdb_api.models.change import ACTIONS
from cmdb_api.services.access.tokens import ALLOWS
from cmdb_api.services.quarantine import KINDS
from cmdb_api.views.console import formats, labels, messages
from cmdb_api.views.console.field_labels import FIELDS
from tests.console import fleet
from tests.console.conftest import Driver, dispose, log_in_client, make_site_app, posting


def test_every_kind_and_field_has_a_label():
    assert set(KINDS) - labels.KINDS.keys() == set()
    assert {field for kind in KINDS.values() for field in kind} - FIELDS.keys() == set()


def test_every_state_action_and_role_has_a_label():
    assert set(STATES) == labels.STATES.keys()
    assert set(STANDINGS) == labels.STANDINGS.keys()
    assert set(ACTIONS) == labels.ACTIONS.keys()
    assert ALLOWS.keys() == labels.ROLES.keys()


def test_a_word_without_a_label_is_shown_as_words(site):
    with site.app.test_request_context():
        assert labels.kind("my_own_kind") == "My own kind"
        assert labels.field("fan_speed_count") == "Fan speed"


@pytest.mark.parametrize("first", ["en", "zh"])
def test_a_page_speaks_its_own_language_whichever_was_asked_for_first(make_sqlite_database, first):
    app = make_site_app(make_sqlite_database())
    fleet.build(Driver(app, "admin"), Driver(app, "relay"), posting(Driver(app, "admin")))
    client, words = log_in_client(app, "vera"), {"en": "Warranty until", "zh": "维保到期日"}
    pages = {
        code: client.get("/assets/web01", headers={"Accept-Language": code}).text
        for code in (first, *words)
    }
    for code, text in words.items():
        assert text in pages[code]
        assert not any(other in pages[code] for other in words.values() if other != text)
    dispose(app)


def test_no_label_is_made_before_somebody_asks_for_the_page(site):
    """What a filter makes of a constant while a template is compiled would stay so for all."""
    ours = labels.FILTERS | formats.FILTERS | messages.FILTERS
    source = " ".join(f"{{{{ 'services' | {name} }}}}" for name in ours)
    compiled = site.app.jinja_env.compile(source, raw=True)
    assert "Services" not in compiled and "服务" not in compiled


@pytest.mark.parametrize(("language", "words"), [("en", "Position (U)"), ("zh", "起始U位")])
def test_a_declared_field_is_called_as_its_column(site, language, words):
    with site.app.test_request_context(headers={"Accept-Language": language}):
        assert labels.field("position_u") == words
