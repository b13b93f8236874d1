"""What became of each host's report, also where the API is away or answers oddly."""

import importlib.util
import json
import os
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path

import cmdb_asking as asking
import cmdb_collecting as collecting
import cmdb_handover as handover_
import cmdb_master as master
import cmdb_spool
import pytest

from cmdb_api.services import canonical
from tests.minion.test_deliver import Server, answer, results
from tests.reports import MASTER_SECRET, digest_only, make_report, section

PILLAR = Path(__file__).parents[2] / "salt" / "_pillar" / "cmdb.py"


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


@pytest.fixture
def opts(tmp_path, server):
    """Return a master's configuration whose API is the server."""
    (tmp_path / "secret").write_text(MASTER_SECRET + "\n")
    settings = {"url": server.url, "timeout": 5, "secret_file": str(tmp_path / "secret")}
    return {"cachedir": str(tmp_path), "cmdb": settings}


@pytest.fixture
def open_handover(opts):
    """Return a function that begins a run; what is given replaces settings."""

    def open_handover(**settings):
        opts["cmdb"].update(settings)
        wanted = master.settings(opts)
        return handover_.Handover(
            master.open_spool(wanted, opts), wanted, master.Keys(wanted, opts)
        )

    return open_handover


def reports(count):
    return {f"web{n:02}": make_report(f"web{n:02}", {"disk": []}) for n in range(count)}


def deliver(handover, given):
    for host, report in given.items():
        handover.take(host, report)
    handover.finish()
    return handover.outcomes


def in_turn(*answers):
    """Answer each report of a batch with the next of these."""
    said = iter(answers)

    def act(handler, lines):
        body = b"".join(
            json.dumps({"report_id": line["report_id"], **next(said)}).encode() + b"\n"
            for line in lines
        )
        answer(200, body)(handler, lines)

    return act


def test_each_host_hears_of_its_own_report(open_handover, server):
    refused = {"code": "INVALID", "message": "seq: must be a number"}
    server.answers = [
        in_turn(
            {"result": "recorded", "changes": 2},
            {"result": "unchanged"},
            {"result": "refused", "error": refused},
        )
    ]
    handover = open_handover()
    assert deliver(handover, reports(3)) == {
        "web00": {"result": "recorded", "changes": 2},
        "web01": {"result": "unchanged"},
        "web02": {"result": "failed", "reason": "refused", "error": "seq: must be a number"},
    }
    assert handover.error is None
    assert handover.spool.counts()["rejected_count"] == 1


@pytest.mark.parametrize("key", [None, "another", "of another host"])
def test_what_is_not_its_hosts_own_word_is_not_spooled(open_handover, server, key):
    keys = {None: {"sig": None}, "another": {"key": "0" * 64}}
    other = {"key": canonical.host_key(MASTER_SECRET, "db01")}
    report = make_report("web01", {"disk": []}, **keys.get(key, other))
    outcome = deliver(open_handover(), {"web01": report})["web01"]
    assert (outcome["result"], outcome["reason"]) == ("failed", "unsigned")
    assert server.batches == []


def test_a_report_without_its_items_is_refused(open_handover, server):
    """The signature holds without them; the API would want them for ever."""
    report = make_report("web01", {"disk": digest_only(section([{"slot": "a"}]))})
    handover = open_handover()
    outcome = deliver(handover, {"web01": report})["web01"]
    assert "the items of disk are missing" in outcome["error"]
    assert (server.batches, handover.spool.names()) == ([], [])


def test_a_report_about_another_host_is_refused(open_handover):
    outcome = deliver(open_handover(), {"db01": make_report("web01", {"disk": []})})["db01"]
    assert outcome["error"] == "it is about web01"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b'{"error": {"message": "unknown token"}}', "answered 401: unknown token"),
        (403, b"<html>no</html>", "answered 403: '<html>no</html>'"),
        (413, b"", "answered 413: ''"),
        (500, b"oops", "answered 500: 'oops'"),
        (200, b"<html>please log in</html>", "answered no JSON: '<html>please log in</html>'"),
    ],
)
def test_an_odd_answer_leaves_all_in_the_spool_with_one_line(
    open_handover, server, status, body, said
):
    server.answers = [answer(status, body)] * 99
    handover = open_handover()
    outcomes = deliver(handover, reports(3))
    assert {each["result"] for each in outcomes.values()} == {"spooled"}
    assert handover.error == f"{server.url}/api/v1/reports {said}"
    assert handover.spool.counts()["spooled_count"] == 3
    assert handover.spool.state()["last_error"] == handover.error


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:{free}", "Connection refused"),
        ("http://cmdb.invalid", "the name can't be resolved"),
        ("ftp://127.0.0.1", "is no http:// or https:// address"),
        ("https://127.0.0.1:{served}", "SSL"),
        (None, "cmdb:url is not set"),
    ],
)
def test_an_api_out_of_reach_leaves_all_in_the_spool(open_handover, server, url, said):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    served = server.http.server_address[1]
    handover = open_handover(url=url and url.format(free=free, served=served))
    outcomes = deliver(handover, reports(2))
    assert [each["result"] for each in outcomes.values()] == ["spooled"] * 2
    assert said in handover.error


def test_an_api_that_fails_is_left_alone_until_the_end(open_handover, server):
    """So a run with many hosts does not wait for the same time limit again and again."""
    server.answers = [answer(503, b""), results("recorded")]
    handover = open_handover(batch_reports=200)
    outcomes = deliver(handover, reports(3 * handover_.GROUP_REPORTS))
    assert {each["result"] for each in outcomes.values()} == {"recorded"}
    assert [len(batch) for batch in server.batches] == [50, 150]
    assert handover.error is None


def test_an_api_that_asks_to_wait_is_not_asked_at_the_end(open_handover, server):
    server.answers = [answer(503, b"", Retry_After=600)]
    handover = open_handover()
    assert deliver(handover, reports(1)) == {"web00": {"result": "spooled"}}
    assert len(server.batches) == 1


def test_what_waited_before_goes_along_and_is_not_told_of(open_handover, server):
    server.answers = [answer(503, b"")] * 2
    deliver(open_handover(), reports(2))
    server.answers = [results("recorded")]
    outcomes = deliver(open_handover(), {"db01": make_report("db01", {"disk": []})})
    assert outcomes == {"db01": {"result": "recorded"}}
    assert len(server.batches[-1]) == 3


def test_an_unchanged_section_travels_as_its_digest_in_the_next_run(open_handover, server):
    items = [{"slot": "A", "size_bytes": 1}]
    for _ in range(2):
        server.answers.append(results("recorded"))
        deliver(open_handover(), {"web01": make_report("web01", {"disk": items})})
    first, second = (batch[0]["sections"]["disk"] for batch in server.batches)
    assert first["items"] == items
    assert "items" not in second


def test_while_the_engine_sends_reports_wait_for_it(open_handover, server, monkeypatch):
    monkeypatch.setattr(handover_, "LOCK_SECONDS", 0.1)
    handover = open_handover()
    with handover.spool.locked(1):
        outcomes = deliver(handover, reports(2))
    assert [each["result"] for each in outcomes.values()] == ["spooled"] * 2
    assert "another process" in handover.error
    assert server.batches == []


def test_what_the_engine_has_sent_meanwhile_is_told_as_delivered(
    open_handover, server, monkeypatch
):
    monkeypatch.setattr(handover_, "LOCK_SECONDS", 0.1)
    handover = open_handover()
    with handover.spool.locked(1):
        for host, report in reports(2).items():
            handover.take(host, report)
        handover.hand()
        settled, refused = (handover.spool.load(path) for path in handover.spool.names())
        handover.spool.settle(settled)
        handover.spool.reject(refused, {"message": "no"})
    handover.finish()
    assert handover.outcomes == {
        "web00": {"result": "delivered"},
        "web01": {"result": "failed", "reason": "refused", "error": "no"},
    }


def test_a_disk_that_takes_nothing_is_told_of_each_host(open_handover, server, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    handover = open_handover()
    monkeypatch.setattr(cmdb_spool.os, "fsync", full)
    outcome = deliver(handover, reports(1))["web00"]
    assert (outcome["result"], outcome["reason"]) == ("failed", "disk")
    assert "No space left on device" in outcome["error"]


def test_what_came_by_ssh_is_signed_for_the_rosters_name_only(opts):
    keys = master.Keys(master.settings(opts), opts)
    report = make_report("web01", {"disk": []}, sig=None, via="agent")
    signed = collecting.by_ssh(keys, "web01", report)
    assert signed == make_report(**_same(report), via="ssh")
    assert collecting.by_ssh(keys, "db01", report) == "it is about web01, and came from db01"
    assert collecting.by_ssh(keys, "web01", "Traceback") == "Traceback"
    broken = collecting.by_ssh(keys, "web01", {**report, "sections": {"disk": None}})
    assert broken.startswith("it is no report")


def _same(report):
    kept = ("sections", "report_id", "collected_at")
    return {"host": report["id"], **{name: report[name] for name in kept}}


def test_no_signature_is_given_to_who_just_calls_the_runner(opts, server):
    report = make_report("web01", {"disk": []}, sig=None)
    outcome = collecting.deliver(opts, report)
    assert (outcome["result"], outcome["reason"]) == ("failed", "unsigned")
    server.answers = [results("recorded")]
    outcome = collecting.deliver(opts, report, host="web01")
    assert (outcome["result"], outcome["spooled_count"]) == ("recorded", 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_what_root_delivers_is_the_masters_users(opts, server):
    """salt-ssh stays root; the engine must be able to read what waits."""
    answers = [answer(503, b"")] * 2
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        shutil.chown(folder, "nobody")
        shutil.copy(opts["cmdb"]["secret_file"], f"{folder}/secret")
        os.chmod(f"{folder}/secret", 0o644)
        opts["cmdb"]["secret_file"] = f"{folder}/secret"
        server.answers = answers
        report = make_report("web01", {"disk": []}, sig=None)
        told = collecting.deliver({**opts, "cachedir": folder, "user": "nobody"}, report, "web01")
        made = [Path(folder) / "cmdb", *(Path(folder) / "cmdb").rglob("*")]
        owners = {path.owner() for path in made}
    assert (told["result"], told["spooled_count"], owners) == ("spooled", 1, {"nobody"})
    assert os.geteuid() == 0


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("'cmdb.collect' is not available.", "modules_not_synced"),
        ("Traceback (most recent call last):\n  File\nValueError: no", "job_failed"),
        ("PermissionError: [Errno 13] Permission denied: '/proc'", "job_failed"),
        ({"stderr": "ssh: connect to host db01 port 22: No route to host", "retcode": 255},
         "unreachable"),
        ({"_error": "Permission denied", "stderr": "root@db01: Permission denied (publickey)."},
         "denied"),
        ({"stderr": "ERROR: Unable to locate appropriate python command"}, "no_python"),
        ("ERROR: no collector for memry; there are: cpu, memory", "bad_arguments"),
        (None, "job_failed"),
        ({"sections": {}, "report_id": "../../etc/passwd"}, "job_failed"),
    ],
)  # fmt: skip
def test_what_came_in_place_of_a_report_is_named(value, reason):
    assert not asking.is_report(value)
    failure = asking.failure(value)
    assert (failure["result"], failure["reason"]) == ("failed", reason)
    assert failure["error"]


def test_a_silent_host_holds_up_its_own_place_only():
    asked, answers = [], []

    def publish(hosts):
        asked.append(hosts)
        answers.extend({"id": host} for host in hosts if host != "h0")

    def receive():
        return answers.pop(0) if answers else None

    hosts = [f"h{n}" for n in range(9)]
    came = [
        (host, data is not None)
        for host, data in asking.ask(hosts, publish, receive, batch=4, timeout=0.2)
        if host
    ]
    assert sorted(came) == [("h0", False), *((host, True) for host in hosts[1:])]
    # All others were asked before the silent one was given up.
    assert came[-1] == ("h0", False)
    assert max(map(len, asked)) <= 4
    assert [host for group in asked for host in group] == hosts


def test_who_returns_late_is_heard_while_others_are_waited_for():
    began = time.monotonic()

    def receive():
        time.sleep(0.01)
        passed = time.monotonic() - began
        due = [host for host, at in (("slow", 0.6), ("slower", 0.9)) if at < passed]
        return {"id": heard.pop(0)} if due and heard and heard[0] in due else None

    heard = ["slow", "slower"]
    events = asking.ask(["slow", "slower"], lambda _: None, receive, batch=1, timeout=0.5)
    came = [(host, data is not None) for host, data in events if host]
    assert came == [("slow", False), ("slow", True), ("slower", True)]


@pytest.mark.parametrize("odd", [["web01"], {}, None, 1])
def test_a_return_with_an_odd_name_is_passed_by(odd):
    returns = iter([{"id": odd}, {"id": "web01", "return": 1}])
    heard = asking.ask(["web01"], lambda hosts: None, lambda: next(returns), batch=1, timeout=5)
    assert list(heard) == [("web01", {"id": "web01", "return": 1})]


def test_who_was_not_asked_is_not_heard():
    answers = [{"id": "db01", "return": 1}, {"id": "web01", "return": 2}]
    events = asking.ask(["web01"], lambda _: None, lambda: answers.pop(0), batch=1, timeout=5)
    assert [host for host, _ in events] == ["web01"]


def test_a_master_that_ends_in_the_middle_takes_no_result_with_it(opts, server):
    def events():
        yield "web01", {"return": make_report("web01", {"disk": []})}
        yield "web02", {"return": "\x1b[2Jno"}
        raise master.MasterError("the master is gone")

    server.answers = [results("recorded")]
    run = collecting.Run(opts, "salt", "master01", accepted=["web01", "web02", "web03"])
    assert run.through(events(), 3, 60) == {
        "counts": {"recorded": 1, "failed": 1},
        "hosts": {
            "web01": {"result": "recorded"},
            "web02": {"result": "failed", "reason": "job_failed", "error": " [2Jno"},
        },
        "error": "the master is gone",
        "retcode": 1,
    }


def test_nothing_secret_is_told_by_the_status(opts):
    import cmdb_standing as standing

    os.chmod(opts["cmdb"]["secret_file"], 0o600)
    told = standing.of(opts)
    assert told["spooled_count"] == told["not_taken_count"] == 0
    assert told["settings_problems"] == ["cmdb:token_file is not set"]
    assert MASTER_SECRET not in json.dumps(told)
    os.remove(opts["cmdb"]["secret_file"])
    assert "No such file" in standing.of(opts)["settings_problems"][0]


def test_generations_that_somebody_removed_are_written_again(opts):
    keys = master.Keys(master.settings(opts), opts)
    keys.learn({"web01": 2})
    os.unlink(keys.path)
    assert keys.learn({"web01": 2}) == []
    assert master.Keys(master.settings(opts), opts).generation("WEB01") == 2


def test_who_is_retired_is_known_to_every_process_of_the_master(opts):
    keys = master.Keys(master.settings(opts), opts)
    assert keys.learn({"web01": 2}, ["web01"]) == ["web01"]
    assert keys.learn({"web01": 2}, ["web01"]) == []
    other = master.Keys(master.settings(opts), opts)
    assert other.is_retired("WEB01")
    assert not other.is_retired("web02")
    assert other.generation("web01") == 2
    assert keys.learn({"web01": 3}, []) == ["web01"]
    assert not other.is_retired("web01")
    assert other.generation("web01") == 3


def test_generations_that_were_kept_before_hosts_could_be_retired_are_read(opts):
    keys = master.Keys(master.settings(opts), opts)
    os.makedirs(os.path.dirname(keys.path), exist_ok=True)
    with open(keys.path, "w") as file:
        json.dump({"web01": 2, "generations": 3}, file)
    assert keys.generation("web01") == 2
    assert keys.generation("generations") == 3
    assert not keys.is_retired("web01")
    assert keys.learn({"web01": 2, "generations": 3}) == []
    assert keys.learn({"web01": 2, "generations": 3}, ["db01"]) == ["db01"]


def test_the_pillar_gives_no_key_to_who_is_retired(opts):
    keys = master.Keys(master.settings(opts), opts)
    spec = importlib.util.spec_from_file_location("cmdb_pillar", PILLAR)
    cmdb_pillar = importlib.util.module_from_spec(spec)
    cmdb_pillar.__opts__ = opts
    spec.loader.exec_module(cmdb_pillar)
    assert cmdb_pillar.ext_pillar("web01", {}) == {"cmdb": {"key": keys.of("web01")}}
    keys.learn({"web01": 2}, ["web01"])
    assert cmdb_pillar.ext_pillar("Web01", {}) == {}
    assert cmdb_pillar.ext_pillar("web02", {}) == {"cmdb": {"key": keys.of("web02")}}


def test_the_api_is_told_who_still_reports_though_it_is_retired(opts):
    keys = master.Keys(master.settings(opts), opts)
    report = keys.sign(make_report("web01", {"disk": []}))
    keys.learn({"web01": 2})
    assert "is not web01's" in keys.fault(report)
    keys.learn({"web01": 2}, ["web01"])
    assert keys.fault(report) is None
    assert "is not web01's" in keys.fault({**report, "report_id": "another"})


def test_the_status_names_an_address_and_a_secret_that_are_not_as_they_should_be(opts):
    import cmdb_standing as standing

    path = opts["cmdb"]["secret_file"]
    os.chmod(path, 0o644)
    opts["cmdb"].update(url="http//cmdb", token_file=path)
    assert standing.of(opts)["settings_problems"] == [
        "cmdb:url is no http:// or https:// address: http//cmdb",
        f"cmdb:secret_file names {path}, which everybody can read (mode 0644): chmod o= {path}",
        f"cmdb:token_file names {path}, which everybody can read (mode 0644): chmod o= {path}",
    ]


def test_a_mistyped_kind_says_nothing_of_the_host_but_that_it_is_up(tmp_path):
    import cmdb_fleet as fleet

    source = fleet.Source({"cachedir": str(tmp_path)}, "salt01")
    failure = asking.failure("ERROR: no collector for memry; there are: cpu, memory")
    source.note("web01", failure)
    assert source.failures == {}
    source.note("web01", {"result": "silent", "error": "nothing came"})
    source.note("web01", failure)
    assert source.failures == {}
