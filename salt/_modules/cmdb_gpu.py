"""Graphics cards and other display controllers, the management controller's own among them.

Source: PCI functions of class 03 (and accelerators of amdgpu) from sysfs, with what the driver
tells there; for NVIDIA's driver ``nvidia-smi -q -x``, else /proc/driver/nvidia. No process is run
where that driver has no card.

===================  ====  ===================================================================
slot                 str   PCI address, "0000:3b:00.0"; the identity
vendor               str   name
model                str   name
id                   str   vendor and device, hex digits, "10de:1eb8"
serial               str   of the board; consumer cards have none
uuid                 str   of the chip, "GPU-…", as NVIDIA's driver gives it
part_number          str   of the board
memory_bytes         int   memory on the card, bytes
vbios                str   version of its firmware
driver               str   kernel driver
driver_version       str   of NVIDIA's driver
ecc                  bool  error correction of its memory is on
mig                  bool  split into instances (MIG)
temperature_celsius  int   temperature, degrees Celsius; volatile
utilisation_percent  int   share of time it was at work; volatile
memory_used_bytes    int   memory in use, bytes; volatile
power_milliwatts     int   power drawn, milliwatts; volatile
===================  ====  ===================================================================
"""

import re

import cmdb_later as later
import cmdb_pcibus as pci
import cmdb_source as source
import cmdb_text as text

nvidia = later.library("cmdb_nvidia")

__load__ = ["collect"]

KEY = ["slot"]
SERIAL = "serial"
SLOW = True
TOOLS = {"nvidia-smi": "NVIDIA's driver, package nvidia-utils or nvidia-smi"}
VOLATILE = [
    *("temperature_celsius", "utilisation_percent", "memory_used_bytes", "power_milliwatts"),
]

# Of a card whose infoROM is damaged; all is printed all the same.
WARNED = 14
# What the driver amdgpu keeps beside the device, and drivers of Intel.
MEMORY_FILES = ("mem_info_vram_total", "tile0/physical_vram_size_bytes", "lmem_total_bytes")
AMD_FILES = {"serial": "serial_number", "vbios": "vbios_version", "part_number": "product_number"}


def collect():
    """
    Return this machine's graphics cards.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_gpu.collect
    """
    try:
        functions = pci.functions()
    except source.Unavailable:
        if not source.is_partial():
            raise
        return _alone(_nvidia())
    found = {address: said for address, said in functions.items() if is_card(said)}
    told = {address: _amd(address) for address, said in found.items() if said["driver"] == "amdgpu"}
    for address, said in found.items():
        if said["driver"] in ("i915", "xe"):
            told[address] = {"memory_bytes": _memory(address)}
    if any(said["driver"] == "nvidia" for said in found.values()):
        told.update(_nvidia())
    return parse(found, pci.names(pci.names_file(found), found), told)


def is_card(said):
    """Tell whether a PCI function is a display controller or an accelerator of amdgpu."""
    return said["class"][:2] == "03" or (said["class"][:2] == "12" and said["driver"] == "amdgpu")


def parse(functions, names, told):
    """Turn PCI functions, their names and what drivers told by address, into items."""
    items = []
    for address in sorted(functions):
        said, of = functions[address], dict(told.get(address, ()))
        named = names.get(address, {})
        items.append(
            {
                "slot": address,
                "vendor": named.get("vendor"),
                "model": of.pop("model", None) or named.get("device"),
                "id": said["id"],
                "driver": said["driver"],
                **of,
            }
        )
    return items


def _alone(told):
    """Return the cards of which only nvidia-smi's words were kept."""
    if not told:
        raise source.Unavailable("neither PCI devices nor nvidia-smi's answer are in it")
    return [{"slot": address, "driver": "nvidia", **told[address]} for address in sorted(told)]


def _nvidia():
    try:
        said = source.run(["nvidia-smi", "-q", "-x"], ok=(0, WARNED))
    except source.Unavailable as error:
        source.problem(
            f"{error}: memory and serial numbers of NVIDIA cards are not known; it comes with the"
            " driver, in the package nvidia-utils or nvidia-smi"
        )
    else:
        return nvidia.parse(said)
    version = nvidia.parse_version(source.read("/proc/driver/nvidia/version"))
    paths = source.glob("/proc/driver/nvidia/gpus/*/information")
    told = {}
    for path in paths:
        told.update(nvidia.parse_information(source.read(path), version))
    return told


def _amd(address):
    folder = f"{pci.DEVICES}/{address}"
    found = {name: text.serial(source.read(f"{folder}/{file}")) for name, file in AMD_FILES.items()}
    model = text.value(source.read(f"{folder}/product_name"))
    used = text.integer(source.read(f"{folder}/mem_info_vram_used"))
    busy = text.integer(source.read(f"{folder}/gpu_busy_percent"))
    found.update(model=model, memory_bytes=_memory(address))
    return {**found, "memory_used_bytes": used, "utilisation_percent": busy}


def _memory(address):
    folder = f"{pci.DEVICES}/{address}"
    places = [f"{folder}/{file}" for file in MEMORY_FILES]
    places += source.glob(f"{folder}/drm/card[0-9]*/lmem_total_bytes")
    for path in places:
        said = source.read(path)
        size = text.integer(said, 16 if re.match(r"\s*0x", said or "") else 10)
        if size and size > 0:
            return size
    return None
