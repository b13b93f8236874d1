"""Providers of clouds: what gives each away, and the names that they go by."""

# The file that gives a provider away, and what it says there; the first that fits.
FIRMWARE = (
    ("aws", "sys_vendor", r"Amazon EC2"),
    ("aws", "bios_version", r".*amazon"),
    ("gce", "product_name", r"Google Compute Engine|Google$"),
    ("azure", "chassis_asset_tag", r"7783-7084-3265-9085-8269-3286-77"),
    ("oracle", "chassis_asset_tag", r"OracleCloud\.com"),
    ("openstack", "product_name", r"OpenStack"),
    ("openstack", "chassis_asset_tag", r"OpenStack|OpenTelekomCloud|HUAWEICLOUD|SAP CCloud"),
    ("digitalocean", "sys_vendor", r"DigitalOcean"),
    ("hetzner", "sys_vendor", r"Hetzner"),
    ("aliyun", "product_name", r"Alibaba Cloud ECS"),
    ("tencent", "sys_vendor", r"Tencent Cloud|CVM"),
    ("vultr", "sys_vendor", r"Vultr"),
    ("scaleway", "sys_vendor", r"Scaleway"),
    ("akamai", "sys_vendor", r"Linode|Akamai"),
    ("upcloud", "sys_vendor", r"UpCloud"),
    ("exoscale", "product_name", r"Exoscale"),
    ("cloudstack", "sys_vendor", r"Apache Software Foundation"),
    ("ibmcloud", "chassis_vendor", r"IBM:Cloud Compute"),
    ("brightbox", "product_serial", r".*\.brightbox\.com$"),
    ("e24cloud", "sys_vendor", r"e24cloud"),
)
# Where the firmware holds the provider's name of the machine, and of its size.
FIRMWARE_ID = {
    "aws": "board_asset_tag",
    **dict.fromkeys(("digitalocean", "hetzner", "vultr", "aliyun", "upcloud"), "product_serial"),
    **dict.fromkeys(("openstack", "scaleway", "exoscale", "cloudstack", "oracle"), "product_uuid"),
}
FIRMWARE_TYPE = ("aws",)
# What cloud-init calls a source of settings that no provider stands behind.
NO_CLOUD = {
    None,
    "none",
    "nocloud",
    "unknown",
    "configdrive",
    "lxd",
    "ovf",
    "vmware",
    "maas",
    "wsl",
}
OTHER_NAMES = {"ec2": "aws", "amazon": "aws", "google": "gce", "gcp": "gce", "linode": "akamai"}
