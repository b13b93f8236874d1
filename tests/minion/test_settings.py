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
        ("text", "cmdb: must be a mapping, not a text"),
        ([], "cmdb: must be a mapping, not a list"),
        ({"plugins": "x.y"}, "cmdb:plugins must be a list of texts, not a text"),
        ({"plugins": [1]}, "cmdb:plugins must be a list of texts, not a list"),
        ({"key": 12345}, "cmdb:key must be a text, not a number"),
        ({"url": ["x"]}, "cmdb:url must be a text, not a list"),
        ({"timeout": "x"}, "cmdb:timeout must be a number above 0, not a text"),
        ({"limit": 0}, "cmdb:limit must be a number above 0, not 0"),
        ({"limit": -1}, "cmdb:limit must be a number above 0, not -1"),
        ({"timeout": float("inf")}, "cmdb:timeout must be a number above 0, not inf"),
        ({"limit": True}, "cmdb:limit must be a number above 0, not a boolean"),
        ({"spool": {"max_reports": "x"}}, "cmdb:spool:max_reports must be a whole number above 0"),
        ({"spool": {"max_bytes": 1.5}}, "cmdb:spool:max_bytes must be a whole number above 0"),
        ({"url": "http://u:secret@cmdb"}, "cmdb:url holds a user name or password"),
        ({"spool": 5}, "cmdb:spool must be a mapping"),
        ({"collectors": ["disk"]}, "cmdb:collectors must be a mapping"),
        ({"collectors": {"disk": "off"}}, "cmdb:collectors:disk must be true, false or a mapping"),
    ],
)
def test_a_setting_of_the_wrong_shape_is_named(layer, says):
    with pytest.raises(settings.SettingsError, match=says):
        settings.merged(layer)


def test_a_mistyped_setting_is_named_with_the_nearest_known_one():
    merged = settings.merged(
        {"colectors": {}, "schedule": {}, "spool": {"max_report": 1}, "collectors": {"dsk": True}}
    )
    assert settings.unknown(merged, {"disk", "cpu"}) == [
        "unknown setting cmdb:colectors; did you mean collectors?",
        "unknown setting cmdb:spool:max_report; did you mean max_reports?",
        "unknown setting cmdb:collectors:dsk; did you mean disk?",
    ]


def test_a_time_limit_and_an_address_that_cannot_be_used_are_named_without_a_failure():
    merged = settings.merged(
        {"url": "http//cmdb", "proxy": "proxy:3128", "collectors": {"cpu": {"limit": "abc"}}}
    )
    assert settings.unknown(merged, {"cpu"}) == [
        "cmdb:url must be an http:// or https:// address, not 'http//cmdb'",
        "cmdb:proxy must be an http:// or https:// address, not 'proxy:3128'",
        "cmdb:collectors:cpu:limit must be a number of seconds, not 'abc'",
    ]
    good = {"url": "HTTPS://cmdb", "collectors": {"cpu": {"limit": 1.5}}}
    assert settings.unknown(settings.merged(good), {"cpu"}) == []


def test_a_url_may_have_a_path_with_an_at_sign():
    assert settings.merged({"url": "http://cmdb/@x"})["url"] == "http://cmdb/@x"
