"""Subscriptions are made, edited and removed by admins; what can't work is told at once."""

import pytest

PATH = "/api/v1/subscriptions"


@pytest.fixture
def hook(receiver):
    return {"name": "tickets", "type": "webhook", "url": receiver.url}


def fields(answer, status=422):
    assert answer.status_code == status, answer.text
    return answer.json["error"]["fields"]


def test_a_webhook_is_made_listed_changed_and_removed(admin, hook):
    made = admin.post(PATH, json=hook | {"query": "hostname:web*", "kinds": ["disk", "asset"]})
    assert made.status_code == 201
    assert made.json["secret"].startswith("whsec_")
    assert made.json["created_by"] == "anna"
    assert made.json["enabled"] is True
    assert made.headers["Location"] == f"{PATH}/1"
    one = admin.get(f"{PATH}/1")
    assert one.headers["ETag"] == made.headers["ETag"]
    assert one.json == {n: v for n, v in made.json.items() if n != "secret"}
    page = admin.get(PATH).json
    assert (page["items"], page["total"]) == ([one.json], 1)
    changed = admin.patch(
        f"{PATH}/1",
        json={"query": None, "kinds": [], "name": "Tickets"},
        headers={"If-Match": one.headers["ETag"]},
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json["query"], changed.json["kinds"]) == (None, None)
    assert changed.json["url"] == hook["url"]
    stale = admin.patch(f"{PATH}/1", json={}, headers={"If-Match": one.headers["ETag"]})
    assert stale.status_code == 412
    assert admin.delete(f"{PATH}/1").status_code == 204
    assert admin.get(f"{PATH}/1").status_code == 404


def test_no_secret_is_told_again(admin, hook):
    secret = admin.post(PATH, json=hook).json["secret"]
    for path in (PATH, f"{PATH}/1", f"{PATH}/1/deliveries"):
        assert secret not in admin.get(path).text


def test_pages_go_through_all_by_name(admin):
    names = [f"stream{n}" for n in range(5)]
    for name in reversed(names):
        admin.post(PATH, json={"name": name, "type": "stream"})
    first = admin.get(f"{PATH}?limit=3").json
    rest = admin.get(f"{PATH}?limit=3&cursor={first['next_cursor']}").json
    assert [one["name"] for one in [*first["items"], *rest["items"]]] == names


def test_a_name_is_unique_in_any_case(admin, hook):
    admin.post(PATH, json=hook)
    answer = admin.post(PATH, json=hook | {"name": "TICKETS"})
    assert fields(answer, 409)["name"] == ["a subscription is named TICKETS already"]
    admin.post(PATH, json={"name": "salt", "type": "stream"})
    assert "name" in fields(admin.patch(f"{PATH}/2", json={"name": "Tickets"}), 409)


WRONG = (
    ({"url": None}, "url", "a webhook needs one"),
    ({"type": "stream"}, "url", "a stream has none"),
    ({"type": "mail"}, "type", "Must be one of"),
    ({"name": "a/b"}, "name", "letters, digits"),
    ({"name": ""}, "name", "letters, digits"),
    ({"query": "rack:(A"}, "query", "not closed"),
    ({"query": "disk.modell:x"}, "query", "disk.model"),
    ({"kinds": ["dsik"]}, "kinds", "did you mean disk?"),
    ({"actions": ["baseline"]}, "actions.0", "Must be one of"),
    ({"enabled": "yes"}, "enabled", "Not a valid boolean"),
    ({"url": "ftp://hooks.example.com/"}, "url", "https://hooks.example.com/cmdb"),
    ({"url": "hooks.example.com"}, "url", "https://hooks.example.com/cmdb"),
    ({"url": "http://anna:secret@127.0.0.1/"}, "url", "no user and password"),
    ({"url": "http://127.0.0.1/#x"}, "url", "no # part"),
    ({"url": "http://127.0.0.1:99999/"}, "url", "no such host and port"),
    ({"url": "http://[::1"}, "url", "URL"),
    ({"url": "http://a b/"}, "url", "printable ASCII"),
    ({"url": "http://nowhere.invalid/"}, "url", "nowhere.invalid can't be resolved"),
)


def test_what_can_not_work_is_told_at_once(admin, hook):
    for given, field, said in WRONG:
        told = fields(admin.post(PATH, json=hook | given))
        assert said in told[field][0], given
    assert admin.get(PATH).json["total"] == 0


NOT_PUBLIC = (
    *("10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "0.0.0.0"),
    *("168.63.129.16", "224.0.0.1", "255.255.255.255", "2130706434", "0x7f.2", "198.18.0.1"),
    *("[::1]", "[fe80::1]", "[fd00:ec2::254]", "[ff02::1]", "[::]", "[::ffff:10.0.0.1]"),
    *("[64:ff9b::10.0.0.1]", "[2002:a00:1::]", "[::ffff:169.254.169.254]", "[2001:db8::1]"),
    *("[64:ff9b:1::a00:1]", "[::a00:1]", "[::ffff:0:10.0.0.1]", "[fec0::1]", "[4000::1]"),
)


def test_no_webhook_goes_to_an_address_that_is_not_public(app, admin, hook):
    app.config["WEBHOOK_ALLOWED_NETWORKS"] = ["127.0.0.1/32"]
    for address in NOT_PUBLIC:
        answer = admin.post(PATH, json=hook | {"url": f"http://{address}/latest/meta-data"})
        assert "WEBHOOK_ALLOWED_NETWORKS" in fields(answer)["url"][0], address


def test_networks_can_be_allowed(app, admin, hook):
    for address, network in (
        ("10.1.2.3", "10.0.0.0/8"),
        ("[::ffff:10.0.0.1]", "10.0.0.0/8"),
        ("[fd00::1]", "fd00::/8"),
    ):
        app.config["WEBHOOK_ALLOWED_NETWORKS"] = ["192.0.2.0/24", network]
        more = {"url": f"https://{address}/", "name": f"to-{len(address)}"}
        assert admin.post(PATH, json=hook | more).status_code == 201


def test_admins_alone_see_and_make_them(make_client, writer, client, hook):
    make_client("admin").post(PATH, json=hook)
    for method, path in (
        ("get", PATH),
        ("post", PATH),
        ("get", f"{PATH}/1"),
        ("patch", f"{PATH}/1"),
        ("delete", f"{PATH}/1"),
        ("post", f"{PATH}/1/secret"),
        ("post", f"{PATH}/1/test"),
        ("get", f"{PATH}/1/deliveries"),
        ("post", f"{PATH}/1/deliveries/resend-all"),
        ("post", f"{PATH}/1/deliveries/1/resend"),
        ("delete", f"{PATH}/1/deliveries/1"),
    ):
        assert client.open(path, method=method).status_code == 401
        assert writer.open(path, method=method, json=hook).status_code == 403


def test_what_is_not_there_is_told(admin):
    admin.post(PATH, json={"name": "salt", "type": "stream"})
    huge = 2**70
    for method, path in (
        ("get", f"{PATH}/9"),
        ("get", f"{PATH}/{huge}"),
        ("patch", f"{PATH}/{huge}"),
        ("delete", f"{PATH}/9"),
        ("post", f"{PATH}/9/secret"),
        ("post", f"{PATH}/9/test"),
        ("get", f"{PATH}/9/deliveries"),
        ("post", f"{PATH}/9/deliveries/resend-all"),
        ("post", f"{PATH}/1/deliveries/1/resend"),
        ("delete", f"{PATH}/1/deliveries/{huge}"),
    ):
        assert admin.open(path, method=method, json={}).status_code == 404, path
    for path in (f"{PATH}/1/test", f"{PATH}/1/secret"):
        answer = admin.post(path, json={})
        assert answer.status_code == 409
        assert "is a stream" in answer.json["error"]["message"]


def test_a_disabled_one_is_told_nothing_and_goes_on_where_it_was(
    admin, subscribe, receiver, worker, change
):
    change("web01")
    subscribe(kinds=["disk"])
    first = change("web01")
    receiver.answer = lambda event: 500
    worker.once()
    admin.patch(f"{PATH}/1", json={"enabled": False})
    change("web01")
    worker.once()
    assert len(receiver.requests) == 1
    receiver.answer = lambda event: 204
    # An edit lets it be tried at once.
    admin.patch(f"{PATH}/1", json={"enabled": True})
    second = change("web01")
    worker.once()
    assert receiver.of("web01") == [first, second]


def test_what_waits_can_be_dropped(admin, subscribe, receiver, worker, change, told):
    change("web01")
    subscribe(kinds=["disk"])
    change("web01")
    second = change("web01")
    receiver.answer = lambda event: 400
    worker.once()
    (first, _) = admin.get(f"{PATH}/1/deliveries").json["items"]
    assert admin.delete(f"{PATH}/1/deliveries/{first['id']}").status_code == 204
    receiver.answer = lambda event: 204
    worker.once()
    assert receiver.of("web01") == [second]


def test_deliveries_are_listed_page_by_page(admin, change, worker):
    change("web01")
    admin.post(PATH, json={"name": "salt", "type": "stream", "kinds": ["disk"]})
    numbers = [change("web01") for _ in range(5)]
    worker.once()
    first = admin.get(f"{PATH}/1/deliveries?limit=3").json
    rest = admin.get(f"{PATH}/1/deliveries?limit=3&cursor={first['next_cursor']}").json
    found = [one["event"]["after"]["firmware"] for one in [*first["items"], *rest["items"]]]
    assert found == numbers
    assert rest["next_cursor"] is None
    assert admin.get(f"{PATH}/1/deliveries?status=dead").json["items"] == []
