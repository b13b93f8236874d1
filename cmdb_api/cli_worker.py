"""``cmdb worker``: what is done beside requests, as a process of its own."""

import logging
import os
import signal
import threading

import click

from cmdb_api.worker import Worker

# How often it is looked whether the parent is still there, seconds.
LOOK_EVERY = 1


@click.command()
@click.option("--parent", type=int, hidden=True, help="End when this is not the parent any more.")
@click.pass_obj
def worker(script, parent):
    """
    Hand out events, deliver webhooks and tidy up, until told to stop.

    `cmdb serve` does so beside itself. Where that runs with --no-worker, run at least one of
    these; several, on several machines, share the work.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("cmdb_api").setLevel(logging.INFO)
    running = Worker(script.load_app())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, running.stop)
    if parent:
        threading.Thread(target=_watch, args=(running, parent), daemon=True).start()
    running.run()


def _watch(running, parent):
    """Stop when the process that started this one was killed."""
    while os.getppid() == parent and not running.stopped.wait(LOOK_EVERY):
        pass
    running.stop()
