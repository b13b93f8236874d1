"""Graphics cards from sysfs and NVIDIA's driver."""

import cmdb_gpu as gpu
import cmdb_nvidia as nvidia
import cmdb_source as source
import pytest

XML = """\
<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
  <driver_version>535.86.05</driver_version>
  <attached_gpus>1</attached_gpus>
  <gpu id="00000000:3B:00.0">
    <product_name>Example T4</product_name>
    <mig_mode><current_mig>N/A</current_mig></mig_mode>
    <serial>1320000000001</serial>
    <uuid>GPU-00000000-1111-2222-3333-444444444444</uuid>
    <vbios_version>90.04.84.00.06</vbios_version>
    <board_part_number>N/A</board_part_number>
    <gpu_part_number>900-00001-0000-001</gpu_part_number>
    <pci><pci_bus_id>00000000:3B:00.0</pci_bus_id></pci>
    <fb_memory_usage><total>15360 MiB</total><used>2 MiB</used></fb_memory_usage>
    <utilization><gpu_util>7 %</gpu_util></utilization>
    <ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode>
    <temperature><gpu_temp>40 C</gpu_temp></temperature>
    <gpu_power_readings><power_draw>26.78 W</power_draw></gpu_power_readings>
  </gpu>
</nvidia_smi_log>
"""
INFORMATION = """\
Model: \t\t Example T4
IRQ:   \t\t 11
GPU UUID: \t GPU-00000000-1111-2222-3333-444444444444
Video BIOS: \t 90.04.84.00.06
Bus Type: \t PCIe
Bus Location: \t 0000:3b:00.0
"""
VERSION = (
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.86.05  Fri Jul 14 20:46:33 UTC 2023\n"
)


def card(address, driver, kind="30000", own="10DE:1EB8", **files):
    folder = f"/sys/bus/pci/devices/{address}"
    said = f"DRIVER={driver}\nPCI_CLASS={kind}\nPCI_ID={own}\n"
    return {f"{folder}/uevent": said} | {f"{folder}/{f}": text for f, text in files.items()}


def test_a_card_of_nvidia_s_driver(machine):
    machine({**card("0000:3b:00.0", "nvidia", "30200"), "/commands/nvidia-smi -q -x": XML})
    assert gpu.collect() == [
        {
            "slot": "0000:3b:00.0",
            "vendor": None,
            "model": "Example T4",
            "id": "10de:1eb8",
            "driver": "nvidia",
            "serial": "1320000000001",
            "uuid": "GPU-00000000-1111-2222-3333-444444444444",
            "part_number": "900-00001-0000-001",
            "memory_bytes": 15360 << 20,
            "vbios": "90.04.84.00.06",
            "driver_version": "535.86.05",
            "ecc": True,
            "mig": None,
            "temperature_celsius": 40,
            "utilisation_percent": 7,
            "memory_used_bytes": 2 << 20,
            "power_milliwatts": 26780,
        }
    ]


def test_without_the_tool_the_driver_s_files_tell_what_they_can(machine, problems):
    files = card("0000:3b:00.0", "nvidia", "30200")
    folder = "/proc/driver/nvidia"
    files[f"{folder}/gpus/0000:3b:00.0/information"] = INFORMATION
    machine({**files, f"{folder}/version": VERSION})
    (item,) = gpu.collect()
    assert (item["model"], item["vbios"]) == ("Example T4", "90.04.84.00.06")
    assert item["driver_version"] == "535.86.05"
    assert "nvidia-smi is not installed" in problems[0]


def test_a_driver_that_does_not_answer_is_a_failure_not_a_card_without_memory(machine):
    said = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n"
    machine({**card("0000:3b:00.0", "nvidia"), "/commands/nvidia-smi": said})
    with pytest.raises(source.Unavailable, match="couldn't communicate"):
        gpu.collect()


def test_no_tool_is_run_where_the_driver_has_no_card(machine):
    machine({**card("0000:3b:00.0", "nouveau"), "/commands/nvidia-smi": "boom"})
    (item,) = gpu.collect()
    assert (item["driver"], item["id"]) == ("nouveau", "10de:1eb8")


def test_a_card_of_amd(machine):
    told = {"mem_info_vram_total": "17163091968\n", "vbios_version": "113-EXAMPLE-1\n"}
    told.update(serial_number="0000000000000000\n", mem_info_vram_used="1048576\n")
    machine(card("0000:0a:00.0", "amdgpu", "38000", "1002:740F", **told))
    (item,) = gpu.collect()
    assert (item["memory_bytes"], item["vbios"]) == (17163091968, "113-EXAMPLE-1")
    assert (item["serial"], item["memory_used_bytes"]) == (None, 1048576)


def test_other_functions_are_no_cards(machine):
    machine({**card("0000:00:00.0", "x", "60000"), **card("0000:02:00.0", "", "20000")})
    assert gpu.collect() == []


@pytest.mark.parametrize(
    "said",
    ["", "<nvidia_smi_log>", XML[:600], XML.replace("</gpu>", ""), XML.replace("<serial>", "<&>")],
)
def test_a_report_that_broke_off_is_an_error(said):
    with pytest.raises(source.ParseError):
        nvidia.parse(said)


def test_entities_of_a_document_type_are_not_read():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + XML.partition("\n")[2].replace("Example T4", "&a;")
    with pytest.raises(source.ParseError, match="broken XML"):
        nvidia.parse(bomb)


@pytest.mark.parametrize("said", ["[GPU is lost]", "ERR!", "N/A", "[Unknown Error]", "many MiB"])
def test_what_a_lost_card_says_is_none(said):
    found = nvidia.parse(XML.replace("15360 MiB", said).replace("1320000000001", said))
    assert found["0000:3b:00.0"]["memory_bytes"] is None
    assert said == "many MiB" or found["0000:3b:00.0"]["serial"] is None


def test_an_address_is_as_sysfs_has_it():
    assert nvidia.address("00000000:84:00.0") == "0000:84:00.0"
    assert nvidia.address("00010000:84:00.0") == "10000:84:00.0"
    assert nvidia.address("84:00.0") is None


@pytest.mark.parametrize(
    "said", ["Unknown Error", "[Unknown Error]", "GPU is lost", "Insufficient Permissions", "ERR!"]
)
def test_what_stands_for_a_failed_read_is_none(said):
    told = XML.replace("1320000000001", said).replace("90.04.84.00.06", said)
    (of,) = nvidia.parse(told.replace("15360 MiB", said)).values()
    assert (of["serial"], of["vbios"], of["memory_bytes"]) == (None, None, None)
    assert of["model"] == "Example T4"


def test_the_memory_of_a_driver_of_the_first_years():
    (of,) = nvidia.parse(XML.replace("fb_memory_usage", "memory_usage")).values()
    assert (of["memory_bytes"], of["memory_used_bytes"]) == (15360 << 20, 2 << 20)


def test_an_instance_of_a_split_card_does_not_stand_for_the_card():
    instance = """<mig_devices><mig_device><fb_memory_usage><total>1 MiB</total></fb_memory_usage>
    <uuid>MIG-1</uuid></mig_device></mig_devices><serial>"""
    said = XML.replace("<serial>", instance).replace("<current_mig>N/A", "<current_mig>Enabled")
    (of,) = nvidia.parse(said).values()
    assert (of["mig"], of["memory_bytes"]) == (True, 15360 << 20)
    assert of["uuid"] == "GPU-00000000-1111-2222-3333-444444444444"
