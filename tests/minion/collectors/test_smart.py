"""What drives say of their own health, as both kinds of ``smartctl`` print it."""

import json

import cmdb_replay as replay
import cmdb_smart as smart
import cmdb_smartctl as smartctl
import cmdb_smartctl_scan as scan
import cmdb_smartctl_text as smartctl_text
import cmdb_source as source
import pytest

PCI = "/sys/devices/pci0000:00/0000:00:1f.2"
NVME = "/sys/devices/pci0000:00/0000:04:00.0/nvme/nvme0"
RAID = "/sys/devices/pci0000:00/0000:03:00.0"
ATA = {
    "smartctl": {"version": [7, 2], "exit_status": 0},
    "device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
    "model_name": "EXAMPLE SSD 480",
    "serial_number": "MADEUP-A1",
    "firmware_version": "X1",
    "wwn": {"naa": 5, "oui": 1, "id": 2},
    "user_capacity": {"blocks": 937703088, "bytes": 480103981056},
    "smart_status": {"passed": True},
    "temperature": {"current": 31},
    "power_on_time": {"hours": 4742},
    "power_cycle_count": 9,
    "ata_smart_attributes": {
        "table": [
            {"id": 5, "name": "Reallocated_Sector_Ct", "value": 100, "raw": {"value": 3}},
            {"id": 197, "name": "Pending", "value": 9, "raw": {"value": 4295, "string": "7 (1)"}},
            {"id": 233, "name": "Media_Wearout_Indicator", "value": 98, "raw": {"value": 0}},
            {"id": 241, "name": "Host_Writes_32MiB", "value": 100, "raw": {"value": 2}},
        ]
    },
}
NVME_HEALTH = {
    "smartctl": {"exit_status": 0},
    "device": {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
    "model_name": "EXAMPLE NVME",
    "serial_number": "MADEUP-N1",
    "nvme_total_capacity": 1920383410176,
    "smart_status": {"passed": False, "nvme": {"value": 4}},
    "nvme_smart_health_information_log": {
        "temperature": 40,
        "available_spare": 100,
        "percentage_used": 6,
        "data_units_written": 10,
        "power_on_hours": 28074,
        "media_errors": 1,
        "unsafe_shutdowns": 16,
    },
}
SCSI = {
    "smartctl": {"exit_status": 0},
    "device": {"name": "/dev/bus/0", "type": "megaraid,4", "protocol": "SCSI"},
    "scsi_vendor": "EXAMPLE",
    "scsi_product": "SAS600",
    "scsi_model_name": "EXAMPLE SAS600",
    "serial_number": "MADEUP-S1",
    "smart_status": {"passed": True},
    "scsi_grown_defect_list": 5,
    "scsi_error_counter_log": {
        "read": {"total_uncorrected_errors": 1},
        "write": {"total_uncorrected_errors": 2, "gigabytes_processed": "9378.908"},
    },
}
VOLUME = {
    "smartctl": {"exit_status": 4},
    "device": {"name": "/dev/sdb", "type": "scsi", "protocol": "SCSI"},
    "smart_support": {"available": False},
}
ATA_TEXT = """\
smartctl 6.6 2016-05-31 r4324 (local build)
=== START OF INFORMATION SECTION ===
Device Model:     EXAMPLE SSD 480
Serial Number:    MADEUP-A1
LU WWN Device Id: 5 000001 000000002
Firmware Version: X1
User Capacity:    480,103,981,056 bytes [480 GB]
SMART support is: Available - device has SMART capability.
=== START OF READ SMART DATA SECTION ===
SMART overall-health self-assessment test result: PASSED
ID# ATTRIBUTE_NAME          FLAG     VALUE WORST THRESH TYPE      UPDATED  WHEN_FAILED RAW_VALUE
  5 Reallocated_Sector_Ct   0x0033   100   100   010    Pre-fail  Always       -       3
  9 Power_On_Hours          0x0032   091   091   000    Old_age   Always       -       4742h+11m
 12 Power_Cycle_Count       0x0032   099   099   000    Old_age   Always       -       9
194 Temperature_Celsius     0x0022   069   056   000    Old_age   Always       -       31 (Min 1)
197 Current_Pending_Sector  0x0032   100   100   000    Old_age   Always       -       7
233 Media_Wearout_Indicator 0x0032   098   098   000    Old_age   Always       -       0
241 Host_Writes_32MiB       0x0032   100   100   000    Old_age   Always       -       2
"""
SCSI_TEXT = """\
smartctl 6.6 2016-05-31 r4324 (local build)
Vendor:               EXAMPLE
Product:              SAS600
Revision:             A1
User Capacity:        600,127,266,816 bytes [600 GB]
Logical Unit id:      0x5000000000000003
Serial number:        MADEUP-S1
SMART support is:     Available - device has SMART capability.
SMART Health Status: FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=10]
Current Drive Temperature:     42 C
Elements in grown defect list: 5
read:          0        0         0         0          0      27805.729           1
write:         0        0         0         0          0       9378.908           2
  number of hours powered up = 102880.02
"""


def told(item):
    return {name: value for name, value in item.items() if value is not None}


def test_both_ways_to_print_an_ata_drive_give_the_same():
    found = smartctl.parse(json.dumps(ATA))
    assert smartctl_text.parse(ATA_TEXT) == found
    assert told(found) == {
        "protocol": "ATA",
        "model": "EXAMPLE SSD 480",
        "serial": "MADEUP-A1",
        "firmware": "X1",
        "wwn": "5000001000000002",
        "size_bytes": 480103981056,
        "passed": True,
        "temperature_celsius": 31,
        "power_on_hours": 4742,
        "power_cycle_count": 9,
        "wear_percent": 2,
        "reallocated_count": 3,
        "pending_count": 7,
        "written_bytes": 64 << 20,
    }


def test_an_nvme_drive():
    found = smartctl.parse(json.dumps(NVME_HEALTH))
    assert (found["passed"], found["wear_percent"], found["spare_percent"]) == (False, 6, 100)
    assert (found["written_bytes"], found["size_bytes"]) == (5120000, 1920383410176)
    assert (found["media_error_count"], found["unsafe_shutdown_count"]) == (1, 16)


def test_a_scsi_drive_has_its_vendor_apart():
    found = smartctl.parse(json.dumps(SCSI))
    assert (found["vendor"], found["model"]) == ("EXAMPLE", "SAS600")
    assert (found["reallocated_count"], found["uncorrectable_count"]) == (5, 3)
    assert found["written_bytes"] == 9378908000000
    old = smartctl_text.parse(SCSI_TEXT)
    assert old["written_bytes"] == 9378908000000
    assert (old["vendor"], old["model"], old["passed"]) == ("EXAMPLE", "SAS600", False)
    assert (old["power_on_hours"], old["uncorrectable_count"]) == (102880, 3)


def test_a_scsi_drive_that_measures_elsewhere_has_its_temperature():
    reports = {"temperature_1": {"current": 38}, "temperature_2": {"current": 40}}
    said = {**SCSI, "temperature": {"current": 0}, "scsi_environmental_reports": reports}
    assert smartctl.parse(json.dumps(said))["temperature_celsius"] == 38
    assert smartctl.parse(json.dumps(SCSI))["temperature_celsius"] is None


def test_hours_that_only_an_attribute_tells_are_read():
    row = {"id": 9, "name": "Power_On_Hours", "raw": {"value": 1 << 40, "string": "2725 (15 2 0)"}}
    said = {**ATA, "power_on_time": None, "ata_smart_attributes": {"table": [row]}}
    assert smartctl.parse(json.dumps(said))["power_on_hours"] == 2725


def test_a_counter_that_no_drive_can_reach_is_none():
    text = ATA_TEXT.replace("-       2\n", "-       999999999999999999\n")
    assert smartctl_text.parse(text)["written_bytes"] is None


@pytest.mark.parametrize("said", ["", "1,5,5", "-1", "x", None, 5, "1" * 30])
def test_gigabytes_that_are_no_number_are_none(said):
    assert smartctl.gigabytes(said) is None


@pytest.mark.parametrize(
    ("line", "vendor", "model"),
    [
        ("Device: EXAMPLE  SAS146           Version: 0006", "EXAMPLE", "SAS146"),
        ("Device: EXAMPLE1 SAS 146          Version: 0006", "EXAMPLE1", "SAS 146"),
        ("Device: EXAMPLESAS146", None, "EXAMPLESAS146"),
    ],
)
def test_version_5_tells_vendor_and_model_in_one_line(line, vendor, model):
    found = smartctl_text.parse(f"{line}\nSerial number: MADEUP-S5\nSMART Health Status: OK\n")
    assert (found["vendor"], found["model"], found["serial"]) == (vendor, model, "MADEUP-S5")
    assert found["firmware"] == ("0006" if vendor else None)


def test_a_device_without_smart_is_none():
    assert smartctl.parse(json.dumps(VOLUME)) is None
    text = "Vendor: X\nProduct: MR1\nSMART support is:     Unavailable - device lacks SMART\n"
    assert smartctl_text.parse(text) is None


@pytest.mark.parametrize("mark", [",", ".", " ", "’", "�", "\u202f"])  # noqa: RUF001
def test_any_language_s_mark_between_digits(mark):
    text = ATA_TEXT.replace("480,103,981,056", mark.join(["480", "103", "981", "056"]))
    assert smartctl_text.parse(text)["size_bytes"] == 480103981056


def test_a_drive_that_can_t_be_opened_is_an_error_not_a_drive_without_smart():
    messages = [{"string": "Smartctl open device: /dev/sda failed", "severity": "error"}]
    said = json.dumps({"smartctl": {"exit_status": 2, "messages": messages}})
    with pytest.raises(source.ParseError, match="/dev/sda failed"):
        smartctl.parse(said)
    with pytest.raises(source.ParseError, match="open device"):
        smartctl_text.parse("smartctl 6.6\n\nSmartctl open device: /dev/sda failed: No medium\n")


def test_the_list_of_drives():
    said = "/dev/sda -d sat # /dev/sda [SAT], ATA device\n/dev/bus/0 -d megaraid,4 # x\n"
    assert scan.parse_text(said) == [("/dev/sda", "sat", None), ("/dev/bus/0", "megaraid,4", None)]
    devices = [{"name": "/dev/sda", "type": "sat"}, {"name": "/dev/x", "type": "scsi"}]
    devices[1]["open_error"] = "No such device"
    report = json.dumps({"smartctl": {"exit_status": 0}, "devices": devices})
    assert scan.parse(report) == [("/dev/sda", "sat", None), ("/dev/x", "scsi", "No such device")]


def test_no_right_to_open_any_drive_is_not_the_same_as_no_drives():
    line = "# /dev/sda -d scsi # /dev/sda, SCSI device open failed: Permission denied\n"
    with pytest.raises(source.Unavailable, match="run as root"):
        scan.parse_text(line)
    assert scan.parse_text("") == []


@pytest.mark.parametrize(
    ("kind", "behind"),
    [
        ("megaraid,4", "megaraid-4"),
        ("sat+megaraid,60", "megaraid-60"),
        ("cciss,1", "cciss-1"),
        ("sat", None),
        ("sat,12", None),
        ("nvme,1", None),
    ],
)
def test_what_is_behind_a_raid_controller(kind, behind):
    assert scan.behind(kind) == behind


@pytest.fixture
def server(machine):
    """Lay out a machine with a SATA disk, an NVMe drive and a RAID controller; returns a door."""
    sda = f"{PCI}/ata1/host1/target1:0:0/1:0:0:0/block/sda"
    sdb = f"{RAID}/host0/target0:2:0/0:2:0:0/block/sdb"
    machine(
        {f"{PCI}/ata1/ata_port/ata1/port_no": "1\n", f"{NVME}/nvme0n1/nsid": "1\n"},
        {
            "/sys/block/sda": sda,
            "/sys/block/sdb": sdb,
            "/sys/class/nvme/nvme0": NVME,
            "/sys/class/scsi_host/host0": f"{RAID}/host0/scsi_host/host0",
        },
    )

    def lay(**printed):
        machine({f"/commands/{name}": said for name, said in printed.items()})

    return lay


def command(kind, name):
    return f"smartctl -j -a -d {kind} {name}".replace("/", "_")


def test_places_are_those_of_the_disks(server):
    drives = [
        ("/dev/sda", "sat", ATA),
        ("/dev/sdb", "scsi", VOLUME),
        ("/dev/nvme0", "nvme", NVME_HEALTH),
        ("/dev/bus/0", "megaraid,4", SCSI),
    ]
    found = [{"name": name, "type": kind} for name, kind, _ in drives]
    server(**{command(kind, name): json.dumps(said) for name, kind, said in drives})
    server(**{"smartctl --scan-open -j": json.dumps({"smartctl": {}, "devices": found})})
    items = smart.collect()
    assert [(item["slot"], item["serial"]) for item in items] == [
        ("pci-0000:00:1f.2-ata-1", "MADEUP-A1"),
        ("pci-0000:03:00.0-megaraid-4", "MADEUP-S1"),
        ("pci-0000:04:00.0-nvme-1", "MADEUP-N1"),
    ]


def test_a_disk_that_its_controller_passes_through_is_one_item():
    fields = {"serial": "MADEUP-S1", "passed": True}
    bay = ("pci-0000:03:00.0-enclosure-1-bay-2", "/dev/sdd", fields)
    behind = ("pci-0000:03:00.0-megaraid-4", "/dev/bus/0", fields)
    assert [item["name"] for item in smart.parse([behind, bay])] == ["/dev/sdd"]


def test_a_drive_that_fails_keeps_its_item(server, problems):
    listed = {"smartctl": {}, "devices": [{"name": "/dev/sda", "type": "sat"}]}
    server(**{"smartctl --scan-open -j": json.dumps(listed), command("sat", "/dev/sda"): "{"})
    assert smart.collect() == [{"slot": "pci-0000:00:1f.2-ata-1", "name": "/dev/sda"}]
    assert "broken JSON" in problems[0]


def test_a_volume_of_a_raid_controller_is_no_drive(server, problems):
    said = "Smartctl open device: /dev/sdb failed: DELL or MegaRaid controller, please try adding"
    listed = [{"name": "/dev/sdb", "type": "scsi"}, {"name": "/dev/sdc", "type": "scsi"}]
    listed[1]["open_error"] = "AMCC/3ware controller, please try adding '-d 3ware,N'"
    report = {"smartctl": {"exit_status": 2, "messages": [{"string": f"{said} '-d megaraid,N'"}]}}
    server(**{"smartctl --scan-open -j": json.dumps({"smartctl": {}, "devices": listed})})
    server(**{command("scsi", "/dev/sdb"): json.dumps(report)})
    assert smart.collect() == []
    assert problems == []


def test_a_version_without_json_is_asked_for_its_text():
    runs = {
        ("smartctl", "--scan-open", "-j"): (1, b"=======> UNRECOGNIZED OPTION: j\n"),
        ("smartctl", "--scan-open"): (0, b"/dev/sda -d sat # x\n"),
        ("smartctl", "-a", "-d", "sat", "/dev/sda"): (64, ATA_TEXT.encode()),
    }
    answers = {
        json.dumps(argv): {"value": replay.to_json([code, said, b""])}
        for argv, (code, said) in runs.items()
    }
    bundle = {"read": {}, "glob": {}, "link": {}, "ask": {}, "run": answers}
    with source.through(replay.Bundle(bundle)):
        (item,) = smart.collect()
    assert (item["slot"], item["serial"]) == ("sda", "MADEUP-A1")


def test_it_is_off_unless_asked_for_and_only_health_is_recorded():
    assert smart.ENABLED is False
    assert "passed" not in smart.VOLATILE
    assert set(smartctl.COUNTERS) < set(smart.VOLATILE)


def test_without_the_tool_its_package_is_named(machine):
    with pytest.raises(source.Unavailable, match="smartmontools"):
        smart.collect()


@pytest.mark.parametrize("before", ["", "smartctl 7.2: a warning\n"])
def test_one_report_alone_in_a_folder_is_its_drive(machine, before):
    machine({"commands/smartctl": before + json.dumps(ATA)})
    (item,) = smart.collect()
    assert (item["name"], item["serial"]) == ("/dev/sda", "MADEUP-A1")


def test_one_text_alone_in_a_folder_is_its_drive(machine):
    machine({"commands/smartctl": ATA_TEXT})
    (item,) = smart.collect()
    assert item["serial"] == "MADEUP-A1"


def test_one_report_that_answers_for_all_is_of_its_own_drive_alone(server, problems):
    listed = [{"name": f"/dev/sd{letter}", "type": "sat"} for letter in "ab"]
    server(**{"smartctl --scan-open -j": json.dumps({"smartctl": {}, "devices": listed})})
    server(smartctl=json.dumps(ATA))
    assert [item.get("serial") for item in smart.collect()] == ["MADEUP-A1", None]
    assert problems == ["/dev/sdb -d sat: this is the report of /dev/sda -d sat"]
