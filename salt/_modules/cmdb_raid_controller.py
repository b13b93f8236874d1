"""RAID controllers and the batteries or capacitors of their caches.

Source: the controllers' own tools, those installed: storcli64, perccli64 or MegaCli64, storcli2 or
perccli2, ssacli, arcconf, sas2ircu and sas3ircu; they need root. Without the tool for a controller
that the kernel drives nothing is reported (``ignore_drivers`` lists drivers to leave aside). Disks
and volumes refer to a controller by its place.

===================  ====  ==================================================================
place                str   as its tool numbers it: "c0" (MegaRAID), "m0" (storcli2), "slot0"
                           (Smart Array), "controller1" (Adaptec), "sas3-0"; the identity
model                str   as the tool names it
serial               str   serial number of the board
firmware             str   firmware's version
firmware_package     str   version of the package that the vendor publishes
bios                 str   version of its BIOS
driver               str   kernel driver
driver_version       str   version of the driver
pci_address          str   "0000:3b:00.0"
sas_address          str   hex digits in lower case
state                str   "optimal", "degraded", "failed", or as the tool words it
mode                 str   "raid", "hba", "jbod", "mixed" … as the tool words it
cache_size_bytes     int   memory of the cache, bytes
battery_model        str   battery or capacitor of the cache
battery_state        str   "optimal", "charging", "learning", "degraded", "failed", "absent", or
                           as the tool words it
temperature_celsius  int   of the controller's chip, degrees Celsius; volatile
===================  ====  ==================================================================
"""

import cmdb_raid as raid

__load__ = ["collect"]

KEY = ["place"]
SERIAL = "serial"
VOLATILE = ["temperature_celsius"]
SLOW = True
TOOLS = raid.TOOLS


def collect():
    """
    Return this machine's RAID controllers.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_raid_controller.collect
    """
    return raid.items("controllers")
