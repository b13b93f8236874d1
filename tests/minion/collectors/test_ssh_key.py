"""SSH keys, made for the test."""

import base64
import hashlib

import cmdb_source as source
import cmdb_ssh_key as ssh_key
import pytest


def blob(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


ED25519 = blob(b"ssh-ed25519", bytes(range(32)))
RSA = blob(b"ssh-rsa", b"\1\0\1", b"\0" + b"\xc3" * 384)
ECDSA = blob(b"ecdsa-sha2-nistp384", b"nistp384", b"\4" + bytes(96))


def line(key, comment="root@made-up"):
    kind = key[4 : 4 + key[3]].decode()
    return f"{kind} {base64.b64encode(key).decode()} {comment}\n"


@pytest.mark.parametrize(
    ("key", "bits"), [(ED25519, 256), (RSA, 3072), (ECDSA, 384)], ids=["ed25519", "rsa", "ecdsa"]
)
def test_a_host_key_gives_its_fingerprint_and_size(key, bits):
    (item,) = ssh_key.parse(line(key), "/etc/ssh/ssh_host_x_key.pub")
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
    assert item["fingerprint"] == f"SHA256:{digest}"
    assert (item["bits"], item["comment"], item["use"]) == (bits, "root@made-up", "host")


@pytest.mark.parametrize("said", ["", "ssh-rsa AAAA x\n", line(ED25519)[:60], line(RSA)[4:]])
def test_a_file_without_a_whole_key_is_an_error_that_names_it(said):
    with pytest.raises(source.ParseError, match=r"/etc/ssh/x\.pub"):
        ssh_key.parse(said, "/etc/ssh/x.pub")


def test_authorised_keys_tell_names_of_options_and_no_more(problems):
    said = (
        "# a comment\n\n"
        + 'from="192.0.2.0/24,!192.0.2.9",no-pty,command="echo \\"a b\\" ssh-x" '
        + line(RSA, "alice laptop")
        + line(ED25519)
        + "garbage\n"
    )
    limited, free = ssh_key.parse_authorized(said, "alice")
    assert limited["options"] == ["command", "from", "no-pty"]
    assert (limited["comment"], limited["user"]) == ("alice laptop", "alice")
    assert limited["place"] == f"alice {limited['fingerprint']}"
    assert free["options"] == []
    assert problems == [".ssh/authorized_keys of alice, line 5: no public key"]


def test_authorised_keys_are_only_read_when_asked(machine):
    machine(
        {
            "/etc/ssh/ssh_host_rsa_key.pub": line(RSA),
            "/etc/ssh/ssh_host_rsa_key": "PRIVATE",
            "/etc/passwd": "alice:x:1000:1000::/home/alice:/bin/sh\n",
            "/home/alice/.ssh/authorized_keys": line(ED25519),
            "/home/alice/.ssh/authorized_keys2": line(ED25519),
        }
    )
    assert [item["use"] for item in ssh_key.collect()] == ["host"]
    source.begin(source.Task({"authorized": True}))
    assert [item["use"] for item in ssh_key.collect()] == ["host", "authorized"]
    source.begin(None)


def test_a_home_folder_that_is_no_path_has_no_keys(machine):
    passwd = "bob:x:1001:1001::/home/b\0b:/bin/sh\n"
    machine({"/etc/ssh/ssh_host_rsa_key.pub": line(RSA), "/etc/passwd": passwd})
    source.begin(source.Task({"authorized": True}))
    assert [item["use"] for item in ssh_key.collect()] == ["host"]
    source.begin(None)


def test_a_machine_without_a_server_of_ssh_is_unavailable(machine):
    with pytest.raises(source.Unavailable):
        ssh_key.collect()
