"""Every kind and field that our collectors tell of has a label."""

from cmdb_api.models.asset import STANDINGS, STATES
from cmdb_api.models.change import ACTIONS
from cmdb_api.services.access.tokens import ALLOWS
from cmdb_api.services.quarantine import KINDS
from cmdb_api.views.console import labels
from cmdb_api.views.console.field_labels import FIELDS


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
