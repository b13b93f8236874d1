"""What a cloud calls a machine, by hand-made files."""

import http.server
import json
import threading

import cmdb_cloud as cloud
import cmdb_metadata as metadata
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


@pytest.mark.parametrize("said", ["redacted for non-root user", "ci-b64:AAEC", "", None, [], 1.5])
def test_what_cloud_init_hides_is_none(said):
    meta = {"ami-id": said, "instance-type": "m5.large"}
    (item,) = cloud.parse(json.dumps({**AWS, "ds": {"meta_data": meta}}))
    assert (item["image"], item["instance_type"]) == (None, "m5.large")


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


DOCUMENT = {
    "instanceId": "i-1",
    "instanceType": "m5.large",
    "region": "eu-1",
    "accountId": "secret",
}
ANSWERS = {
    "/latest/api/token": "made-up-token",
    "/latest/dynamic/instance-identity/document": json.dumps(DOCUMENT),
    "/computeMetadata/v1/instance/id": "42",
    "/computeMetadata/v1/instance/machine-type": "projects/1/machineTypes/e2-small",
    "/computeMetadata/v1/instance/zone": "projects/1/zones/europe-west3-a",
    "/computeMetadata/v1/instance/image": "projects/made-up/global/images/os-1",
    "/computeMetadata/v1/instance/hostname": "web01.example.internal",
}


@pytest.fixture
def service():
    """Return the port where a small metadata service answers, and what it was asked."""
    asked = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.command, self.path, dict(self.headers)))
            said = ANSWERS.get(self.path)
            self.send_response(200 if said else 404)
            self.end_headers()
            self.wfile.write((said or "").encode())

        do_PUT = do_GET

        def log_message(self, *words):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


def test_amazon_s_service_is_asked_with_a_token_and_only_what_is_wanted_is_kept(service):
    port, asked = service
    told = metadata.ask("aws", address="127.0.0.1", port=port)
    assert told == {"instance_id": "i-1", "instance_type": "m5.large", "region": "eu-1"}
    assert [method for method, _, _ in asked] == ["PUT", "GET"]
    sent = {name.lower(): value for name, value in asked[1][2].items()}
    assert sent["x-aws-ec2-metadata-token"] == "made-up-token"


def test_google_s_paths_are_shortened_and_the_region_is_that_of_the_zone(service):
    item = cloud.parse_metadata(metadata.ask("gce", address="127.0.0.1", port=service[0]), "gce")
    assert (item["instance_type"], item["zone"]) == ("e2-small", "europe-west3-a")
    assert (item["region"], item["instance_id"]) == ("europe-west3", "42")
    assert item["image"] == "projects/made-up/global/images/os-1"


def test_a_service_that_does_not_know_the_question_is_an_error(service):
    with pytest.raises(OSError, match="HTTP 404"):
        metadata.ask("azure", address="127.0.0.1", port=service[0])


@pytest.mark.parametrize("said", ["", "<html>", "[]", "{", "1"])
def test_what_is_no_answer_of_a_metadata_service_is_an_error(said):
    with pytest.raises(source.ParseError):
        metadata.parse(said, {"instance_id": "vmId"})


def test_a_page_in_place_of_a_value_is_an_error():
    with pytest.raises(source.ParseError, match="not one line"):
        metadata.parse("<html>\n</html>", "instance_id")


class Asked(source.Machine):
    """A machine in Azure whose metadata service says this; it keeps the questions."""

    def __init__(self, told):
        self.told, self.questions = told, []

    def read_bytes(self, path):
        if path.endswith("chassis_asset_tag"):
            return b"7783-7084-3265-9085-8269-3286-77"
        raise FileNotFoundError(2, "no such file")

    def glob(self, pattern):
        return [pattern] if pattern.endswith("chassis_asset_tag") else []

    def ask(self, name, function, args):
        self.questions.append((name, args))
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


def collected(told, **options):
    door = Asked(told)
    source.begin(source.Task(options))
    try:
        with source.through(door):
            return cloud.collect(), door.questions
    finally:
        source.begin(None)


def test_without_the_option_no_service_is_asked():
    items, questions = collected({})
    assert (items[0]["source"], questions) == ("firmware", [])


def test_with_the_option_what_the_service_says_is_laid_over_the_rest():
    items, questions = collected({"instance_id": "1-2", "zone": "1", "image": ""}, metadata=True)
    assert items[0] == {
        "place": "instance",
        "provider": "azure",
        "instance_id": "1-2",
        "instance_type": None,
        "zone": "1",
        "source": "metadata",
    }
    assert questions == [("metadata", ("azure",))]


def test_the_option_may_name_the_provider():
    assert collected({"zone": "a"}, metadata="openstack")[0][0]["provider"] == "openstack"


def test_a_service_that_does_not_answer_is_an_error_and_removes_nothing():
    with pytest.raises(source.CollectorError, match="metadata service of azure"):
        collected(OSError(113, "no route to host"), metadata=True)


def test_a_provider_without_a_known_service_is_a_problem():
    items, questions = collected({}, metadata="made-up")
    assert (items[0]["source"], questions) == ("firmware", [])
