"""Take the reports of ``cmdb.collect`` from the master's event bus and deliver them to the API.

In the master's configuration, beside the settings (``cmdb_master``):

.. code-block:: yaml

    engines:
      - cmdb: {}

Minions need no route to the API. A report is checked against its host's key before it is kept:
the bus itself does not prove who speaks.

With ``events: NAME`` in these settings, what the API tells on its stream NAME is fired on the bus,
as ``cmdb/change/HOST/KIND``, for reactors.
"""

import contextlib
import logging
import threading
import time

import cmdb_client as client
import cmdb_hosts as hosts_
import cmdb_intake as intake_
import cmdb_master as master
import cmdb_relay as relay
import cmdb_stream as stream
import salt.utils.event

log = logging.getLogger(__name__)

__virtualname__ = "cmdb"

RETURNS = "salt/job/"
# Reports that came together go to the disk together.
GROUP_REPORTS = 50
GENERATIONS_EVERY = 300
# No return of a runner waits longer than that for it.
LONGEST_RUN_SECONDS = 600


def __virtual__():
    return __virtualname__


def start():
    """Run until the master ends."""
    settings, keys, spool = _ready()
    refusals = intake_.Refusals()
    delivery = relay.Delivery(spool, settings, refusals)
    intake = intake_.Intake(spool, keys, settings["trust_bus"], refusals)
    for work in (delivery.run, lambda: _learn(settings, keys)):
        threading.Thread(target=work, daemon=True, name="cmdb").start()
    if settings["events"]:
        told = stream.Stream(settings, _open_bus)
        threading.Thread(target=told.run, daemon=True, name="cmdb").start()
    hands = intake_.Hands(intake)
    with salt.utils.event.get_master_event(__opts__, __opts__["sock_dir"], listen=True) as bus:
        bus.subscribe(RETURNS)
        log.info("taking reports; %d wait in %s", len(spool.names()), spool.folder)
        while True:
            if hands.take(_reports(bus)):
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
    """Yield (minion id, report, when due): waits for the first, takes what is there."""
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
        if isinstance(data, dict) and data.get("fun") == "cmdb.collect" and "return" in data:
            report = data["return"]
            # The master's side of salt-ssh signs and delivers by itself.
            if not (isinstance(report, dict) and report.get("via") == "ssh"):
                yield str(data.get("id")), report, _due(data)


def _due(data):
    """
    Return from when on a report is to be sent, nanoseconds; 0: at once.

    Our runner delivers what it asked for, and tells what the API said. It may be killed, so the
    report is kept all the same, and sent again when the runner no longer listens.
    """
    metadata = data.get("metadata")
    until = metadata.get("until") if isinstance(metadata, dict) else None
    if not isinstance(until, (int, float)) or metadata.get("cmdb") != "runner":
        return 0
    now = time.time()
    return int(min(until, now + LONGEST_RUN_SECONDS) * 1e9) if now < until else 0


@contextlib.contextmanager
def _open_bus():
    """Give what fires an event on the master's bus."""
    with salt.utils.event.get_master_event(__opts__, __opts__["sock_dir"], listen=False) as bus:
        yield bus.fire_event


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
