"""Tags of events on Salt's bus."""

import cmdb_stream as stream


def test_a_tag_names_host_and_kind():
    event = {"type": "cmdb.change", "host": "web01.example.com", "kind": "raid_disk"}
    assert stream.tag(event) == "cmdb/change/web01.example.com/raid_disk"


def test_no_host_can_make_a_tag_of_another_form():
    event = {"type": "cmdb.change", "host": "a/b c*?", "kind": ""}
    assert stream.tag(event) == "cmdb/change/a_b_c__/_"
    assert stream.tag({"type": "cmdb.test"}) == "cmdb/test/_/_"
