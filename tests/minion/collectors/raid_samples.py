"""Small outputs of each RAID tool, made by hand; no serial number in them is a real one."""

import json


def storcli(data, number=0, status="Success", description="None"):
    """Return what storcli prints of one controller."""
    state = {"CLI Version": "007.1", "Status": status, "Description": description}
    if number is not None:
        state["Controller"] = number
    answer = {"Command Status": state}
    if data is not None:
        answer["Response Data"] = data
    return json.dumps({"Controllers": [answer]})


def drive(slot, state="Onln", group=0, model="MADEUP 1"):
    return {"EID:Slt": slot, "DID": 1, "State": state, "DG": group, "Size": "893.750 GB"} | {
        "Intf": "SATA",
        "Med": "SSD",
        "SeSz": "512B",
        "Model": f"{model}   ",
        "Sp": "U",
    }


DRIVES = [
    drive("252:0"),
    drive("252:1"),
    drive("252:2", "GHS", "-"),
    drive(" :3", "UGood", "F"),
    drive("252:4", "Rbld"),
]
STORCLI = storcli(
    {
        "Basics": {"Model": "RAID 9000", "Serial Number": "MADEUPC1", "PCI Address": "00:3b:00:00"},
        "Version": {
            "Firmware Version": "4.1",
            "Firmware Package Build": "24.1",
            "Driver Name": "d",
        },
        "Status": {"Controller Status": "Optimal", "Current Personality": "RAID-Mode "},
        "HwCfg": {"On Board Memory Size": "1024MB", "ROC temperature(Degree Celsius)": 60},
        "TOPOLOGY": [
            {"DG": 0, "EID:Slot": "-", "Type": "RAID1", "State": "Dgrd"},
            {"DG": 0, "EID:Slot": "252:0", "Type": "DRIVE", "State": "Onln"},
            {"DG": 0, "EID:Slot": "-", "Type": "DRIVE", "State": "Msng"},
        ],
        "Virtual Drives": 1,
        "VD LIST": [
            {"DG/VD": "0/3", "TYPE": "RAID1", "State": "Dgrd", "Cache": "RWBD"}
            | {"Size": "893.750 GB", "Name": "root"}
        ],
        "Physical Drives": len(DRIVES),
        "PD LIST": DRIVES,
        "Cachevault_Info": [{"Model": "CVPM02", "State": "Optimal", "Temp": "31C"}],
    }
)
STORCLI_DRIVES = storcli(
    {
        "Drive /c0/e252/s0": [DRIVES[0]],
        "Drive /c0/e252/s0 - Detailed Information": {
            "Drive /c0/e252/s0 State": {
                "Media Error Count": 2,
                "Drive Temperature": " 21C (69.80 F)",
                "S.M.A.R.T alert flagged by drive": "No",
            },
            "Drive /c0/e252/s0 Device attributes": {
                "SN": "  MADEUPD1 ",
                "Manufacturer Id": "ATA     ",
                "Model Number": "MADEUP 1 LONG",
                "WWN": "500A07510000D641",
                "Firmware Revision": " D1MU004",
                "Raw size": "894.252 GB [0x6fc81ab0 Sectors]",
            },
        },
    }
)
STORCLI_VOLUMES = storcli(
    {
        "/c0/v3": [{"DG/VD": "0/3", "TYPE": "RAID1", "State": "Dgrd", "Size": "893.750 GB"}],
        "PDs for VD 3": [DRIVES[0], DRIVES[1]],
        "VD3 Properties": {"Strip Size": "256 KB", "Number of Blocks": 1874329600}
        | {"OS Drive Name": "/dev/sda", "SCSI NAA Id": "6a0042bb0fccfec02c14e04218ae0000"},
    }
)
STORCLI2 = storcli(
    {
        "Drives List": [
            {
                "Drive Information": {"EID:Slt": "306:4", "State": "Conf", "Status": "Missing"}
                | {"Size": "9.094 TiB", "Med": "HDD", "Intf": "SAS", "Model": "M"},
                "Drive Detailed Information": {"Vendor": "MAKER", "Serial Number": "MADEUPD2"},
            }
        ],
        "Virtual Drives": [
            {
                "VD Info": {"DG/VD": "0/1", "TYPE": "RAID10", "State": "Optl", "Size": "1.000 TiB"}
                | {"CurrentCache": "NR,WB"},
                "PDs": [{"EID:Slt": "306:4"}],
                "VD Properties": {"Strip Size": "64 KiB"},
            }
        ],
    }
)
MEGACLI = """
Adapter #0

==============================================================================
                    Versions
                ================
Product Name    : RAID 8000
Serial No       : MADEUPC2
FW Package Build: 21.1
FW Version         : 1.12
BBU             : Present
Memory Size      : 512MB

PCI information for Controller 0
--------------------------------
Bus Number      : 3b
Device Number   : 0
Function Number : 0

BBU status for Adapter: 0

BatteryType: iBBU08
Battery State: Optimal

Adapter #0

Number of Virtual Disks: 1
Virtual Drive: 0 (Target Id: 2)
Name                :data
RAID Level          : Primary-1, Secondary-0, RAID Level Qualifier-0
Size                : 837.258 GB
State               : Degraded
Strip Size          : 64 KB
Number Of Drives    : 2
Span Depth          : 1
Current Cache Policy: WriteBack, ReadAdaptive, Direct, No Write Cache if Bad BBU
PD: 0 Information
Enclosure Device ID: 252
Slot Number: 0
PD Type: SAS

Raw Size: 838.362 GB [0x68cb9e30 Sectors]
Firmware state: Online, Spun Up
Inquiry Data: MAKER   MADEUPMODEL     A001MADEUPD3
Foreign State: None
Media Type: Hard Disk Device
Drive Temperature :35C (95.00 F)
Drive has flagged a S.M.A.R.T alert : No
PD: 1 Information
Enclosure Device ID: N/A
Slot Number: 7
PD Type: SATA
Raw Size: 894.252 GB [0x6fc81ab0 Sectors]
Firmware state: Unconfigured(good), Spun down
Inquiry Data:             MADEUPD4MAKER MADEUP MODEL LONG                 GXT3003Q
Foreign State: Foreign

Exit Code: 0x00
"""
SSACLI = """
Smart Array P999 in Slot 2 (Embedded)
   Serial Number: MADEUPC3
   Controller Status: OK
   Firmware Version: 3.56-0
   Total Cache Size: 2.0 GB
   Battery/Capacitor Count: 1
   Battery/Capacitor Status: OK
   PCI Address (Domain:Bus:Device.Function): 0000:03:00.0

   Internal Drive Cage at Port 1I, Box 1, OK
      Drive Bays: 4

   Physical Drives
      physicaldrive 1I:1:1 (port 1I:box 1:bay 1, SATA SSD, 960 GB, OK)
      physicaldrive 1I:1:2 (port 1I:box 1:bay 2, SATA SSD, 960 GB, OK)

   Array: A
      Interface Type: Solid State SATA
      Status: OK

      Logical Drive: 1
         Size: 93.1  GB
         Fault Tolerance: 1+0
         Heads: 255
         Sectors Per Track: 32
         Cylinders: 23934
         Strip Size: 256 KB
         Status: Recovering, 12% complete
         Caching:  Enabled
         Unique Identifier: 600508B1001C158B69C0104DA29E0000
         Disk Name: /dev/sda
         Mirror Group 1:
            physicaldrive 1I:1:1 (port 1I:box 1:bay 1, SATA SSD, 960 GB, OK)
         Drive Type: Data

      physicaldrive 1I:1:1
         Bay: 1
         Status: Predictive Failure
         Drive Type: Data Drive
         Interface Type: Solid State SATA
         Size: 960 GB
         Serial Number: MADEUPD5
         Model: ATA     MADEUP MODEL
         Current Temperature (C): 27

      physicaldrive 1I:1:2
         Bay: 2
         Status: OK
         Drive Type: Spare Drive
         Interface Type: Solid State SATA
         Size: 960 GB
         Serial Number: MADEUPD6
         Model: HP      EG0300MADEUP

   Unassigned

      physicaldrive 2I:1:9
         Bay: 9
         Status: OK
         Drive Type: Unassigned Drive
         Interface Type: SAS
         Size: 300 GB
         Rotational Speed: 10000
"""
ARCCONF = """Controllers found: 1
----------------------------------------------------------------------
Controller information
----------------------------------------------------------------------
   Controller Status                        : Optimal
   Controller Model                         : Adaptec 9999
   Controller Serial Number                 : MADEUPC4
   PCI Address (Domain:Bus:Device:Function) : 0:4b:0:0
   Temperature                              : 71 C/ 159 F (Normal)
   Installed memory                         : 512 MB
   --------------------------------------------------------
   Controller Battery Information
   --------------------------------------------------------
   Status                                   : Not Installed

----------------------------------------------------------------------
Logical device information
----------------------------------------------------------------------
Logical device number 0
   Logical device name                      : data
   RAID level                               : 6 Reed-Solomon
   Status of logical device                 : Degraded
   Size                                     : 70006 MB
   Write-cache mode                         : Enabled (write-back)
   --------------------------------------------------------
   Logical device segment information
   --------------------------------------------------------
   Segment 0                                : Present (Controller:1,Enclosure:0,Slot:2) MADEUPD7
   Segment 1                                : Missing

----------------------------------------------------------------------
Physical Device information
----------------------------------------------------------------------
      Device #0
         Device is a Hard drive
         State                              : Online
         Transfer Speed                     : SATA 3.0 Gb/s
         Reported Channel,Device(T:L)       : 0,0(0:0)
         Reported Location                  : Enclosure 0, Slot 2(Connector 0)
         Vendor                             :
         Model                              : MADEUP
         Serial number                      : MADEUPD7
         Total Size                         : 1907729 MB
         S.M.A.R.T.                         : No
         SSD                                : No
      Device #1
         Device is a Hard drive
         State                              : Global Hot-Spare
         Reported Channel,Device(T:L)       : 0,1(1:0)
         Size                               : 0 MB
      Device #2
         Device is an Enclosure services device
         Reported Channel,Device(T:L)       : 2,0(0:0)

Command completed successfully.
"""
SASIRCU_LIST = """LSI Corporation SAS2 IR Configuration Utility.

         Adapter      Vendor  Device                       SubSys  SubSys
 Index    Type          ID      ID    Pci Address          Ven ID  Dev ID
 -----  ------------  ------  ------  -----------------    ------  ------
   0     SAS3008     1000h    97h   00h:3bh:00h:00h      1000h   3090h
SAS3IRCU: Utility Completed Successfully.
"""
SASIRCU = """Read configuration has been initiated for controller 0
------------------------------------------------------------------------
Controller information
------------------------------------------------------------------------
  Controller type                         : SAS3008
  Firmware version                        : 16.00
  Segment                                 : 0
  Bus                                     : 59
  Device                                  : 0
  Function                                : 0
------------------------------------------------------------------------
IR Volume information
------------------------------------------------------------------------
IR volume 1
  Volume ID                               : 286
  Status of volume                        : Okay (OKY)
  RAID level                              : RAID1
  Size (in MB)                            : 139236
  Physical hard disks                     :
  PHY[0] Enclosure#/Slot#                 : 1:0
------------------------------------------------------------------------
Physical device information
------------------------------------------------------------------------
Device is a Hard disk
  Enclosure #                             : 1
  Slot #                                  : 0
  State                                   : Ready (RDY)
  Size (in MB)/(in sectors)               : 457862/937703087
  Manufacturer                            : ATA
  Model Number                            : MADEUP
  Serial No                               : MADEUPD8
  GUID                                    : 5000c50000000001
  Protocol                                : SATA
  Drive Type                              : SATA_SSD

Device is a Enclosure services device
  Enclosure #                             : 1
  Slot #                                  : 9
------------------------------------------------------------------------
Enclosure information
------------------------------------------------------------------------
SAS3IRCU: Command DISPLAY Completed Successfully.
"""
MDSTAT = """Personalities : [raid1] [raid6]
md0 : active raid1 sdb1[1] sda1[0] sdc1[2](S)
      104320 blocks super 1.2 [2/2] [UU]
      [=>...................]  check =  5.7% (114176/1993728) finish=0.2min speed=114176K/sec

md5 : active raid6 sdb2[0] sde1[3] sdd1[2] sdc2[1](F)
      7813735424 blocks super 1.2 level 6, 512k chunk, algorithm 2 [4/3] [U_UU]

unused devices: <none>
"""
MDADM = """/dev/md127:
           Version : 1.2
        Raid Level : raid1
        Array Size : 101376 (99.00 MiB 103.81 MB)
      Raid Devices : 2
             State : clean, degraded, recovering
    Active Devices : 1
    Failed Devices : 1
              Name : box:data  (local to host box)
              UUID : e054553a:fbccdcfe:0ae80bc8:9379377a

    Number   Major   Minor   RaidDevice State
       0     254        1        0      active sync   /dev/vda1
       2     254        2        1      spare rebuilding   /dev/vda2

       3     254        4        -      faulty   /dev/vda4
"""

# What newer and other versions, or other questions to the same tools, look like.
STORCLI_OVERVIEW = storcli(
    {
        "Number of Controllers": 1,
        "System Overview": [{"Ctl": 0, "Model": "RAID9000", "PDs": 2, "BBU": "Opt", "Hlth": "Opt"}],
        "ASO": [{"Ctl": 0, "R6": "X"}],
    },
    None,
)
STORCLI_ADAPTER = storcli(
    {
        "Basics": {"Model": "HBA 9000", "Serial Number": "MADEUPC6", "PCI Address": "00:01:00:00"},
        "Physical Device Information": {
            "Drive /c0/e23/s0": [drive("23:0", "JBOD", "-")],
            "Drive /c0/e23/s0 - Detailed Information": {
                "Drive /c0/e23/s0 State": {"Media Error Count": "N/A"},
                "Drive /c0/e23/s0 Device attributes": {"SN": " MADEUPD9"},
            },
        },
    }
)
STORCLI_ONE_DRIVE = storcli({"Drive Information": [drive("35:12", "Offln", 2)]})
STORCLI_ONE_VOLUME = storcli(
    {
        "Virtual Drives": [
            {"DG/VD": "2/1", "TYPE": "RAID0", "State": "Optl", "Cache": "RWTD", "Size": "7.275 TB"}
        ]
    }
)
STORCLI2_CONTROLLER = storcli(
    {
        "Basics": {"Product Name": "MegaRAID 9999", "Serial Number": "MADEUPC7"},
        "Version": {"Package Version": "8.12", "Firmware Version": "8.11"},
        "HostInterface": {"PCI Address": "00:16:00:0"},
        "Status": {"Controller Status": "Optimal", "Controller Personality": "RAID"},
        "HwCfg": {"DDR Memory Size(MiB)": 4096, "Chip temperature(C)": 62},
        "TOPOLOGY": [
            {"DG": 0, "EID:Slot": "306:0", "Type": "DRIVE", "State": "Conf", "Status": "Online"},
            {"DG": 0, "EID:Slot": "306:1", "Type": "DRIVE", "State": "Conf", "Status": "Missing"},
        ],
        "Virtual Drives": 1,
        "VD LIST": [{"DG/VD": "0/1", "TYPE": "RAID1", "State": "Dgrd", "Size": "9.094 TiB"}],
    },
    "0",
)
SSACLI_STATES = """
Smart Array P999 in Slot 2

   logicaldrive 1 (931.48 GB, RAID 1): Interim Recovery Mode

   physicaldrive 2I:0:1 (port 2I:box 0:bay 1, 1 TB): OK
   physicaldrive 2I:0:2 (port 2I:box 0:bay 2, 1 TB): Failed

"""
