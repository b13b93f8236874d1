"""Examples that the OpenAPI document shows."""

from cmdb_api.services import canonical

_ITEM = {"slot": "0:1:3", "serial": "EXAMPLE-0001", "size_bytes": 960197124096}

REPORT = {
    "schema": 1,
    "id": "web01",
    "report_id": "5f0c2a7e9b3d4c61",
    "collected_at": "2026-11-22T08:00:00Z",
    "via": "salt",
    "seconds_ms": 21,
    "version": "1.0.0",
    "identity": {"hostname": "web01", "macs": ["02:00:00:00:00:01"]},
    "sections": {
        "disk": {
            "status": "ok",
            "digest": canonical.digest([_ITEM], ["slot"]),
            "key": ["slot"],
            "serial": "serial",
            "items": [_ITEM],
            "volatile": {"0:1:3": {"temperature_celsius": 31}},
        },
        "package": {"status": "ok", "digest": "0" * 64},
        "raid_disk": {"status": "unavailable", "reason": "storcli64 is not installed"},
    },
    "sig": "0" * 64,
    "age_ms": 1200,
}
