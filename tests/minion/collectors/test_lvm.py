"""LVM's reports: JSON, with a separator, and tables for people."""

import json

import cmdb_lvm as lvm
import cmdb_lvmreport as report
import cmdb_source as source
import pytest

JSON = """  WARNING: Device /dev/sdz not found.
  {
      "report": [
          {"lv": [
              {"lv_name":"root", "vg_name":"vg0", "lv_attr":"-wi-ao----",
               "lv_size":"21474836480", "segtype":"linear", "stripes":"1", "data_percent":""},
              {"lv_name":"pool", "vg_name":"vg0", "lv_attr":"twi-aotz--",
               "lv_size":"1073741824", "data_percent":"12.34", "metadata_percent":"3.00"}
          ]}
      ]
  }
"""
TABLE = """\
  PV         VG  Fmt  Attr PSize    PFree
  /dev/sda2  vg0 lvm2 a--  <931.01g 4.00m
  /dev/sdb1      lvm2 ---   465.76g 465.76g
"""
USED, FREE = (f"MadeUp-0000-1111-2222-3333-4444-55555{end}" for end in "56")
PV = f"/dev/sda2\t{USED}\tvg0\ta--\t1000\t0\n  /dev/sdb\t{FREE}\t\t---\t5\t5\n"


def test_json_gives_items_whatever_stands_before_it():
    root, pool = lvm.parse(JSON, "lv")
    assert (root["place"], root["size_bytes"], root["segment_type"]) == (
        *("lv/vg0/root", 21474836480),
        "linear",
    )
    # Whether a volume is open or active now is no property of it.
    assert (root["attributes"], root["data_percent"]) == ("-wi-", None)
    assert (pool["data_percent"], pool["metadata_percent"]) == (12, 3)


def test_a_table_for_people_is_read_by_its_headings():
    used, free = lvm.parse(TABLE, "pv")
    assert (used["device"], used["vg"], used["attributes"]) == ("/dev/sda2", "vg0", "a--")
    assert (used["size_bytes"], used["free_bytes"]) == (report.size("931.01g"), 4 * 2**20)
    assert (free["device"], free["vg"]) == ("/dev/sdb1", None)


AMID = """\
Configuration setting "activation/thin_check_executable" unknown.
  Using volume group(s) on command line.
No PV label found on /dev/loop0.
WARNING: Inconsistent metadata found for VG vg0 - updating to use version 26
VG    Attr   Ext   #PV #LV #SN VSize  VFree VG UUID                                VProfile VG Tags
vg0   wz--n- 4.00m   1   7   0 1.00t  5.00g MadeUp-0000-1111-2222-3333-4444-555555
  Reloading config files
  Wiping internal VG cache
"""


def test_what_lvm_says_to_people_is_no_group():
    (group,) = lvm.parse(AMID, "vg")
    assert (group["place"], group["attributes"], group["lv_count"]) == ("vg/vg0", "wz--n-", 7)
    assert (group["size_bytes"], group["extent_bytes"]) == (2**40, 4 * 2**20)


def test_a_table_may_have_lost_the_indent_of_its_headings():
    assert lvm.parse(TABLE.strip(), "pv") == lvm.parse(TABLE, "pv")


def test_a_device_that_is_no_physical_volume_is_left_out():
    lines = "  /dev/sdc            ---         0      0\n  Wiping internal VG cache\n"
    assert lvm.parse(TABLE + lines, "pv") == lvm.parse(TABLE, "pv")


def test_a_line_of_a_table_that_is_cut_off_is_an_error():
    with pytest.raises(source.ParseError, match="no row of the table:   /dev/sdc"):
        lvm.parse(TABLE + "  /dev/sdc  vg0 lvm2\n", "pv")


def test_lines_that_name_each_value_are_read():
    named = "LVM2_VG_NAME='vg0'|LVM2_VG_SIZE='<29.00g'|LVM2_LV_COUNT='2'\n"
    (group,) = lvm.parse("Reading VG x without a lock.\n" + named, "vg")
    assert (group["place"], group["size_bytes"], group["lv_count"]) == ("vg/vg0", 29 * 2**30, 2)


def test_lines_without_headings_are_read_by_the_columns_asked_for():
    used, free = lvm.parse(PV, "pv", lvm.COLUMNS["pv"])
    assert (used["place"], used["device"], used["size_bytes"]) == (
        *(f"pv/{USED}", "/dev/sda2"),
        1000,
    )
    assert free["vg"] is None


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("lv", f"  home   {USED} -wi-ao 5901.39 {FREE}    1\n"),
        ("vg", f"  vg0    1   6   wz--n- 15846.08       0 {USED} 4.19\n"),
        ("pv", f"  /dev/sda2  lvm2 {USED} a--  931.01 4.00\n"),
    ],
)
def test_lines_of_other_columns_than_asked_for_are_an_error(kind, line):
    with pytest.raises(source.ParseError, match=f"LVM, no {kind}_"):
        lvm.parse(line, kind, lvm.COLUMNS[kind])


@pytest.mark.parametrize(
    ("said", "expected"),
    [("10", 10), ("1.50k", 1536), ("1.50K", 1500), ("<2g", 2 * 2**30), ("8s", 4096), ("", None)],
)
def test_sizes_become_bytes(said, expected):
    assert report.size(said) == expected


def test_a_machine_without_groups_has_none_of_them():
    assert lvm.parse('{"report": [{"vg": []}]}', "vg") == []


@pytest.mark.parametrize(
    "said", ['{"report": [', '{"report": []}', '{"report": 5}', "No such command.\n", JSON[:-90]]
)
def test_anything_else_is_an_error_not_none(said):
    with pytest.raises(source.ParseError):
        lvm.parse(said, "lv")


class Tools(source.Machine):
    """pvs, vgs and lvs as a version of LVM has them."""

    def __init__(self, code, stderr):
        self.code, self.stderr = code, stderr

    def run(self, argv, limit_seconds):
        if "--reportformat" in argv:
            return self.code, b"", self.stderr
        kind = argv[0][:-1]
        row = {"pv": PV, "vg": "", "lv": ""}[kind]
        return 0, row.encode(), b""


def test_an_old_version_is_asked_without_json():
    stderr = b"  pvs: unrecognized option '--reportformat'\n  Error during parsing of command line."
    with source.through(Tools(3, stderr)):
        assert [item["item_type"] for item in lvm.collect()] == ["pv", "pv"]


def test_a_lack_of_rights_is_unavailable():
    with (
        source.through(Tools(5, b"WARNING: Running as a non-root user.")),
        pytest.raises(source.Unavailable, match="run as root"),
    ):
        lvm.collect()


def test_a_tool_that_fails_is_an_error_with_what_it_said():
    with (
        source.through(Tools(5, b"Locking type 1 initialisation failed.")),
        pytest.raises(source.CommandError, match="initialisation failed"),
    ):
        lvm.collect()


def test_a_machine_without_lvm_is_unavailable(machine):
    with pytest.raises(source.Unavailable, match="pvs is not installed: install the package lvm2"):
        lvm.collect()


def test_json_of_all_three_is_one_list(machine):
    machine(
        {
            "commands/pvs": json.dumps({"report": [{"pv": [{"pv_name": "/dev/sda"}]}]}),
            "commands/vgs": json.dumps({"report": [{"vg": [{"vg_name": "a", "vg_size": "9"}]}]}),
            "commands/lvs": json.dumps(
                {"report": [{"lv": [{"lv_name": "[b_tdata]", "vg_name": "a"}]}]}
            ),
        }
    )
    assert [item["place"] for item in lvm.collect()] == ["pv//dev/sda", "vg/a", "lv/a/b_tdata"]
