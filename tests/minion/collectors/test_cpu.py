"""Processors on every architecture; made-up chips in the kernel's own layouts."""

import cmdb_cpu as cpu
import cmdb_dmidecode as dmidecode
import cmdb_smbios as smbios
import cmdb_source as source
import pytest

from tests.minion.collectors import make


def x86(number, socket, core, cores=2):
    return (
        f"processor\t: {number}\nvendor_id\t: ExampleChips\ncpu family\t: 6\nmodel\t\t: 85\n"
        f"model name\t: Example(R) CPU  8180 @ 2.50GHz\nstepping\t: 4\nmicrocode\t: 0x2006e05\n"
        f"cpu MHz\t\t: {1000 + number}.1\nphysical id\t: {socket}\ncore id\t\t: {core}\n"
        f"cpu cores\t: {cores}\n\n"
    )


def topology(number, socket, core, siblings, online="1"):
    base = f"/sys/devices/system/cpu/cpu{number}/"
    return {
        f"{base}topology/physical_package_id": f"{socket}\n",
        f"{base}topology/core_cpus_list": f"{core}\n",
        f"{base}topology/package_cpus_list": f"{siblings}\n",
        f"{base}online": f"{online}\n",
    }


ARM = """processor\t: {}
CPU implementer\t: 0x41
CPU architecture: 8
CPU part\t: {}
CPU revision\t: 1

"""
ALPHA = "cpu : Alpha\ncpu model : EV0\ncycle frequency [Hz] : 1250000000 est.\ncpus active : 3\n"
SPARC = (
    "cpu : Example Sparc\nncpus probed : 4\nncpus active : 2\nCpu2ClkTck : 000000003bb94e80\n"
    "State:\nCPU0: online\nCPU2: online\n"
)
IA64 = (
    "processor : 0\nfamily : Example 2\narch : IA-64\ncpu number : 0\ncpu MHz : 1600.000009\n\n"
    "processor : 1\nfamily : Example 2\narch : IA-64\ncpu number : 0\ncpu MHz : 1600.000009\n"
)
LOONGARCH = "processor : 0\nCPU Family : Loongson-64bit\nModel Name : L-5\nCPU MHz : 2500.00\n"
MIPS = "processor : 0\ncpu model : E V0.1\nmodel name : E R3 @ 1449MHz\n"


def test_x86_tells_sockets_and_cores_itself(machine):
    said = "".join(x86(n, n % 2, n // 2 % 2) for n in range(8))
    machine({"/proc/cpuinfo": said})
    first, second = cpu.collect()
    assert first == {
        "socket": "P0",
        "model": "Example(R) CPU 8180 @ 2.50GHz",
        "vendor": "ExampleChips",
        "base_hz": 2_500_000_000,
        "max_hz": None,
        "family": "6",
        "model_number": "85",
        "stepping": "4",
        "microcode": "0x2006e05",
        "core_count": 2,
        "thread_count": 4,
    }
    assert second["socket"] == "P1"


def test_the_clock_of_the_moment_changes_nothing():
    before = cpu.parse(x86(0, 0, 0, cores=1))
    after = cpu.parse(x86(0, 0, 0, cores=1).replace("1000.1", "3999.9"))
    assert before == after


def test_cores_that_two_dies_number_alike_are_told_apart_by_sysfs(machine):
    files = {"/proc/cpuinfo": "".join(x86(n, 0, n % 2, cores=4) for n in range(4))}
    for number in range(4):
        files |= topology(number, 0, number, "0-3")
    machine(files)
    assert cpu.collect()[0]["core_count"] == 4


def test_a_cpu_that_is_offline_is_not_counted(machine):
    files = {"/proc/cpuinfo": ARM.format(0, "0xd0c"), "/sys/devices/system/cpu/online": "0\n"}
    files["/sys/devices/system/cpu/offline"] = "1-3\n"
    machine({**files, **topology(0, 0, 0, "0"), **topology(1, 0, 1, "0", online="0")})
    (item,) = cpu.collect()
    assert item["thread_count"] == 1
    assert item["model"] == "Neoverse-N1"
    assert item["vendor"] == "ARM"


def test_a_chip_with_two_kinds_of_cores_names_both(machine):
    said = ARM.format(0, "0xd03") + ARM.format(1, "0xd08")
    machine({"/proc/cpuinfo": said, **topology(0, 0, 0, "0-1"), **topology(1, 0, 1, "0-1")})
    assert cpu.collect()[0]["model"] == "Cortex-A53 + Cortex-A72"


def test_clusters_of_unlike_cores_are_no_sockets_of_their_own(machine):
    files = {"/proc/cpuinfo": ARM.format(0, "0xd03") + ARM.format(1, "0xd08")}
    machine({**files, **topology(0, 0, 0, "0"), **topology(1, 1, 1, "1")})
    (item,) = cpu.collect()
    assert (item["socket"], item["core_count"]) == ("P0", 2)


def test_sockets_without_a_number_are_told_apart_by_their_cpus(machine):
    files = {"/proc/cpuinfo": ARM.format(0, "0xd0c") + ARM.format(1, "0xd0c")}
    machine({**files, **topology(0, -1, 0, "0"), **topology(1, -1, 1, "1")})
    assert [item["socket"] for item in cpu.collect()] == ["P0", "P1"]


def test_a_mainframe_s_sockets_are_told_apart_by_book(machine):
    said = (
        "vendor_id       : IBM/S390\n# processors    : 2\n"
        "processor 0: version = FF,  identification = 0,  machine = 2964\n"
        "processor 1: version = FF,  identification = 0,  machine = 2964\n"
    )
    files = {"/proc/cpuinfo": said, **topology(0, 0, 0, "0"), **topology(1, 0, 1, "1")}
    for number in (0, 1):
        files[f"/sys/devices/system/cpu/cpu{number}/topology/book_id"] = f"{number}\n"
    machine(files)
    items = cpu.collect()
    assert [item["socket"] for item in items] == ["P0.0", "P1.0"]
    assert items[0]["model_number"] == "2964"


def test_frequencies_come_from_cpufreq(machine):
    files = {"/proc/cpuinfo": ARM.format(0, "0xd0c"), **topology(0, 0, 0, "0")}
    files["/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"] = "3000000\n"
    machine(files)
    assert cpu.collect()[0]["max_hz"] == 3_000_000_000


def test_a_power_machine_states_its_clock():
    said = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 3800.000000MHz\n"
    (item,) = cpu.parse(said)
    assert item["base_hz"] == 3_800_000_000
    assert item["vendor"] == "IBM"


def test_on_power_cpus_in_a_row_may_be_threads_of_one_core():
    one = "processor\t: {}\ncpu\t\t: POWER9\nclock\t\t: 3800.0MHz\n\n"
    end = "timebase\t: 512000000\n"
    assert cpu.parse(one.format(0) + one.format(1) + end)[0]["core_count"] is None
    assert cpu.parse(one.format(0) + one.format(4) + end)[0]["core_count"] == 2
    assert cpu.parse(SPARC)[0]["core_count"] == 2
    assert cpu.parse("type : sun4v\n" + SPARC)[0]["core_count"] is None


@pytest.mark.parametrize(
    ("said", "count", "model", "hertz"),
    [
        (ALPHA, 3, "EV0", 1_250_000_000),
        (SPARC, 2, "Example Sparc", 1_002_000_000),
        (IA64, 2, "Example 2", 1_600_000_000),
        (LOONGARCH, 1, "L-5", 2_500_000_000),
        (MIPS, 1, "E R3 @ 1449MHz", 1_449_000_000),
    ],
)
def test_rarer_architectures_tell_cpus_model_and_clock(said, count, model, hertz):
    (item,) = cpu.parse(said)
    assert item["thread_count"] == count
    assert item["model"] == model
    assert item["base_hz"] == hertz


def test_mips_and_loongarch_tell_sockets_as_packages():
    one = "processor : {}\ncpu model : E\npackage : {}\ncore : {}\n\n"
    items = cpu.parse(one.format(0, 0, 0) + one.format(1, 0, 0) + one.format(2, 1, 0))
    assert [(i["socket"], i["core_count"], i["thread_count"]) for i in items] == [
        ("P0", 1, 2),
        ("P1", 1, 1),
    ]


def test_a_mainframe_s_own_lines_tell_book_and_drawer_as_sysfs_does():
    one = "cpu number : {}\nphysical id : 2\ncore id : 0\nbook id : {}\ndrawer id : 1\n"
    one += "cpu cores : 1\n\n"
    items = cpu.parse("vendor_id : IBM/S390\n\n" + one.format(0, 3) + one.format(1, 4))
    assert [item["socket"] for item in items] == ["P1.3.2", "P1.4.2"]


def test_sockets_are_told_apart_where_some_cpus_are_missing():
    items = cpu.parse(x86(0, 0, 0, cores=4) + x86(9, 1, 0, cores=4))
    assert [(item["socket"], item["core_count"]) for item in items] == [("P0", 1), ("P1", 1)]


def test_threads_of_a_kernel_that_knew_no_cores_are_not_taken_for_cores():
    one = "processor : {}\nmodel name : Example\nphysical id : 0\nsiblings : 2\n\n"
    (item,) = cpu.parse(one.format(0) + one.format(1))
    assert item["core_count"] is None
    assert item["thread_count"] == 2


def test_an_arm_chip_that_the_kernel_names_keeps_that_name():
    said = ARM.format(0, "0x131").replace("0x41", "0x56")
    assert cpu.parse("Processor\t: Example 88 rev 1 (v5l)\n" + said)[0]["model"] == (
        "Example 88 rev 1 (v5l)"
    )
    assert cpu.parse(ARM.format(0, "0xd8e"))[0]["model"] == "Neoverse-N3"
    assert cpu.parse(ARM.format(0, "0xfff") + "Model : Example Board 3\n")[0]["model"] is None


@pytest.mark.parametrize(("said", "vendor"), [("0x9", "0x9"), ("0x0", None)])
def test_a_riscv_chip_has_its_vendor_s_number(said, vendor):
    assert cpu.parse(f"processor : 0\nisa : rv64\nmvendorid : {said}\n")[0]["vendor"] == vendor


def test_a_processor_without_a_name_has_its_family_s():
    text = "Handle 0x4, DMI type 4, 32 bytes\nProcessor Information\n\tSocket Designation: A\n"
    text += "\tFamily: Pentium 4\n\tVersion: Not Specified\n\tStatus: Populated, Enabled\n"
    assert cpu.parse_smbios(dmidecode.parse(text))[0]["model"] == "Pentium 4"


def test_a_dump_without_processors_never_looks_like_removed_ones(machine):
    machine({"commands/dmidecode": "Handle 0x1, DMI type 1, 27 bytes\nSystem Information\n"})
    with pytest.raises(source.Unavailable, match="no processor"):
        cpu.collect()


def test_a_dump_of_smbios_alone_gives_its_working_processors(machine):
    def socket(handle, status, name):
        body = bytearray(0x30 - 4)
        make.put(body, 0x04, "<BB", 1, 3)
        make.put(body, 0x10, "<B", 2)
        make.put(body, 0x18, "<B", status)
        make.put(body, 0x23, "<BBB", 16, 12, 24)
        return make.structure(4, handle, bytes(body), name, "Example 8180")

    table = socket(1, 0x41, "CPU1") + socket(2, 0x00, "CPU2") + socket(3, 0x42, "CPU3")
    machine({smbios.TABLE: table})
    (item,) = cpu.collect()
    assert item["socket"] == "CPU1"
    assert item["core_count"] == 12
    assert item["thread_count"] == 24


def test_a_cpuinfo_without_processors_is_an_error():
    with pytest.raises(source.ParseError):
        cpu.parse("nothing of use\n")
