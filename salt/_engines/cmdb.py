"""Take the reports of ``cmdb.collect`` from the master's event bus and deliver them to the API.

In the master's configuration, beside the settings (``cmdb_master``):

.. code-block:: yaml

    engines:
      - cmdb: {}

Minions need no route to the API. A report is checked against its host's key before it is kept:
the bus itself does not prove who speaks.
"""

import logging
import threading
import time

import cmdb_client as client
import cmdb_hosts as hosts_
import cmdb_master as master
import cmdb_relay as relay
import salt.utils.event

log = logging.getLogger(__name__)

__virtualname__ = "cmdb"

RETURNS = "salt/job/"
# Reports that came together go to the disk together.
GROUP_REPORTS = 50
GENERATIONS_EVERY = 300


def __virtual__():
    return __virtualname__


def start():
    """Run until the master ends."""
    settings, keys, spool = _ready()
    refusals = relay.Refusals()
    delivery = relay.Delivery(spool, settings, refusals)
    intake = relay.Intake(spool, keys, settings["trust_bus"], refusals)
    for work in (delivery.run, lambda: _learn(settings, keys)):
        threading.Thread(target=work, daemon=True, name="cmdb").start()
    with salt.utils.event.get_master_event(__opts__, __opts__["sock_dir"], listen=True) as bus:
        bus.subscribe(RETURNS)
        log.info("taking reports; %d wait in %s", len(spool.names()), spool.folder)
        while True:
            pairs = list(_reports(bus))
            if pairs:
                _take(intake, pairs)
                delivery.wake()


def _ready():
    """Return settings, keys and spool; where one can't be had, wait for it to be mended."""
    said = None
    while True:
        try:
            settings = master.settings(__opts__)
            for line in master.problems(settings):
                log.warning("the master's configuration: %s", line)
            return settings, master.Keys(settings, __opts__), master.open_spool(settings, __opts__)
        except (master.MasterError, OSError) as error:
            if str(error) != said:
                said = str(error)
                log.error("no report is taken from the bus: %s", said)
            time.sleep(10)


def _reports(bus):
    """Yield (minion id, report) of what has come: waits for the first, takes what is there."""
    for number in range(GROUP_REPORTS):
        event = bus.get_event(
            wait=0 if number else 1,
            tag=RETURNS,
            full=True,
            no_block=bool(number),
            auto_reconnect=True,
        )
        if event is None:
            return
        data = event.get("data")
        if not isinstance(data, dict) or data.get("fun") != "cmdb.collect" or _of_others(data):
            continue
        report = data.get("return")
        if isinstance(report, dict) and "sections" in report:
            yield str(data.get("id")), report
        elif "return" in data:
            log.warning("%s could not collect: %.500s", data.get("id"), report)


def _of_others(data):
    """Return whether somebody else delivers it: our runner, or the master's side of salt-ssh."""
    report, metadata = data.get("return"), data.get("metadata")
    if isinstance(metadata, dict) and metadata.get("cmdb") == "runner":
        # It has gone by then, and a slow minion's report would be lost.
        until = metadata.get("until")
        return isinstance(until, (int, float)) and time.time() < until
    return isinstance(report, dict) and report.get("via") == "ssh"


def _take(intake, pairs):
    """Spool the reports; on a full disk, try until it works: nothing is forgotten meanwhile."""
    said = None
    while True:
        try:
            intake.take(pairs)
            return
        except OSError as error:
            if str(error) != said:
                said = str(error)
                log.error("%d reports can't be spooled yet: %s", len(pairs), said)
            time.sleep(1)


def _learn(settings, keys):
    """Ask for generations of keys, again and again."""
    while True:
        try:
            if settings["token_file"] and settings["url"]:
                hosts_.renew_keys(__opts__, settings, keys)
        except (client.ClientError, master.MasterError, OSError) as error:
            log.warning("generations of keys: %s", error)
        except Exception:
            log.exception("generations of keys")
        time.sleep(GENERATIONS_EVERY)
