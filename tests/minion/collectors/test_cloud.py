"""What a cloud calls a machine, by hand-made files."""

import json

import cmdb_cloud as cloud
import cmdb_source as source
import pytest

AWS = {
    "v1": {
        "cloud_name": "aws",
        "platform": "ec2",
        "instance_id": "i-0123456789abcdef0",
        "region": "eu-central-1",
        "availability_zone": "eu-central-1a",
        "local_hostname": "ip-192-0-2-1",
    },
    "ds": {"meta_data": {"instance-type": "m5.large", "ami-id": "ami-0madeup"}},
    "userdata": "secret",
}


def test_cloud_init_s_file_is_read():
    assert cloud.parse(json.dumps(AWS)) == [
        {
            "place": "instance",
            "provider": "aws",
            "instance_id": "i-0123456789abcdef0",
            "instance_type": "m5.large",
            "region": "eu-central-1",
            "zone": "eu-central-1a",
            "image": "ami-0madeup",
            "hostname": "ip-192-0-2-1",
            "source": "cloud-init",
        }
    ]


def test_azure_s_size_lies_deeper():
    said = {"v1": {"cloud-name": "azure"}, "ds": {"meta_data": {"imds": {"compute": {}}}}}
    said["ds"]["meta_data"]["imds"]["compute"] = {"vmSize": "Standard_D2s_v3"}
    assert cloud.parse(json.dumps(said))[0]["instance_type"] == "Standard_D2s_v3"


def test_a_machine_of_one_s_own_that_uses_cloud_init_is_in_no_cloud():
    assert cloud.parse('{"v1": {"cloud_name": "unknown", "platform": "nocloud"}}') == []


@pytest.mark.parametrize("said", ["", "[]", '{"v1": ', "1"])
def test_a_file_that_is_cut_short_is_an_error(said):
    with pytest.raises(source.ParseError):
        cloud.parse(said)


@pytest.mark.parametrize(
    ("dmi", "provider", "kind"),
    [
        ({"sys_vendor": "Amazon EC2", "product_name": "m5.large"}, "aws", "m5.large"),
        ({"bios_version": "4.11.amazon", "product_name": "HVM domU"}, "aws", None),
        ({"sys_vendor": "Hetzner", "product_name": "vServer"}, "hetzner", None),
        ({"chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77"}, "azure", None),
    ],
)
def test_the_firmware_names_the_provider(dmi, provider, kind):
    (item,) = cloud.parse_dmi(dmi)
    assert (item["provider"], item["instance_type"]) == (provider, kind)


def test_firmware_tells_the_instance_where_there_is_no_cloud_init(machine):
    machine(
        {
            cloud.DMI + "sys_vendor": "Amazon EC2\n",
            cloud.DMI + "board_asset_tag": "i-0123456789abcdef0\n",
        }
    )
    (item,) = cloud.collect()
    assert (item["instance_id"], item["source"]) == ("i-0123456789abcdef0", "firmware")


def test_a_machine_of_one_s_own_is_unavailable(machine):
    machine({cloud.DMI + "sys_vendor": "Dell Inc.\n"})
    with pytest.raises(source.Unavailable):
        cloud.collect()
