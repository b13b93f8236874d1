"""Disks behind RAID controllers: members of volumes, spares, foreign and unused ones.

Source: the controllers' tools as for raid_controller. Sizes are exact where the tool gives sectors
(storcli, MegaCli, sas2ircu), else rounded as the tool prints them. The members of md arrays are
of kind disk alone.

========================  ====  =============================================================
place                     str   controller, enclosure or port, and slot: "c0:252:4",
                                "slot0:1I:1:4"; the identity
controller                str   place of its controller
enclosure                 str   enclosure, port and box or connector; None without one
slot                      int   slot or bay
vendor                    str   None for SATA and NVMe disks, which have none
model                     str   as the disk says it
serial                    str   serial number
wwn                       str   world wide name: hex digits in lower case
firmware                  str   revision of the disk's firmware
size_bytes                int   capacity, bytes
media                     str   "hdd" or "ssd"
interface                 str   "sata", "sas", "nvme", "scsi" or "fc"
state                     str   "online", "spare", "unconfigured", "jbod", "foreign", "rebuilding",
                                "copying", "offline", "failed", "bad", "missing", or as the tool
                                words it
state_text                str   the tool's own words; volatile
smart_alert               bool  True where the disk or its controller predicts its failure
temperature_celsius       int   degrees Celsius; volatile
media_error_count         int   errors of the medium; volatile
other_error_count         int   other errors; volatile
predictive_failure_count  int   warnings of a failure to come; volatile
power_on_hours            int   hours in operation; volatile
========================  ====  =============================================================
"""

import cmdb_raid as raid

__load__ = ["collect"]

KEY = ["place"]
SERIAL = "serial"
VOLATILE = [
    "state_text",
    "temperature_celsius",
    "media_error_count",
    "other_error_count",
    "predictive_failure_count",
    "power_on_hours",
]
SLOW = True
TOOLS = raid.TOOLS


def collect():
    """
    Return the disks behind this machine's RAID controllers.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_raid_disk.collect
    """
    return raid.items("disks")
