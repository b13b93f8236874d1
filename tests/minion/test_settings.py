"""The settings: three layers, merged key by key."""

import cmdb_settings as settings
import pytest


def test_pillar_lies_over_minion_config_key_by_key():
    merged = settings.merged(
        {"url": "http://a", "spool": {"max_reports": 5}, "collectors": {"disk": {"limit": 3}}},
        {"key": "k", "spool": {"max_bytes": 6}, "collectors": {"disk": {"path": "/x"}}},
    )
    assert (merged["url"], merged["key"]) == ("http://a", "k")
    assert (merged["spool"]["max_reports"], merged["spool"]["max_bytes"]) == (5, 6)
    assert merged["collectors"] == {"disk": {"limit": 3, "path": "/x"}}
    assert merged["timeout"] == settings.DEFAULTS["timeout"]


def test_no_layer_changes_the_defaults_or_another_layer():
    config = {"collectors": {"disk": {"limit": 3}}}
    settings.merged(config, {"collectors": {"disk": {"limit": 4}}, "spool": {"max_reports": 1}})
    assert config == {"collectors": {"disk": {"limit": 3}}}
    assert settings.DEFAULTS["spool"]["max_reports"] == 500
    assert settings.DEFAULTS["collectors"] == {}


@pytest.mark.parametrize("layer", [None, {}])
def test_an_empty_layer_changes_nothing(layer):
    assert settings.merged(layer) == settings.DEFAULTS


def test_true_and_false_are_short_for_enabled():
    merged = settings.merged({"collectors": {"disk": False, "smart": True, "cpu": None}})
    assert settings.collector(merged, "disk")["enabled"] is False
    assert settings.collector(merged, "smart")["enabled"] is True
    assert settings.collector(merged, "cpu") == {"enabled": None, "limit": 30}


def test_a_later_layer_turns_on_what_an_earlier_turned_off():
    merged = settings.merged({"collectors": {"disk": False}}, {"collectors": {"disk": True}})
    assert settings.collector(merged, "disk")["enabled"] is True


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ("text", "cmdb: must be a mapping, not str"),
        ({"spool": 5}, "cmdb:spool must be a mapping"),
        ({"collectors": ["disk"]}, "cmdb:collectors must be a mapping"),
        ({"collectors": {"disk": "off"}}, "cmdb:collectors:disk must be true, false or a mapping"),
    ],
)
def test_a_setting_of_the_wrong_shape_is_named(layer, says):
    with pytest.raises(settings.SettingsError, match=says):
        settings.merged(layer)


def test_a_mistyped_setting_is_named_with_the_nearest_known_one():
    merged = settings.merged({"colectors": {}, "spool": {"max_report": 1}})
    assert settings.unknown(merged) == [
        "unknown setting cmdb:colectors; did you mean collectors?",
        "unknown setting cmdb:spool:max_report; did you mean max_reports?",
    ]
