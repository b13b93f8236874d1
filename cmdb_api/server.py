"""gunicorn, run inside this process."""

import gc
import os

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter as PlainArbiter

# A worker that says nothing for so long is replaced, seconds; a request may take as long.
TIMEOUT = 120
# How long requests under way may take once the server was told to stop, seconds.
GRACE = 15
THREADS = 4


class Server(BaseApplication):
    """Serves the app that ``make_app`` makes, anew in each worker."""

    def __init__(self, make_app, *, bind, workers, access_log=False, companion=None):
        self.make_app, self.companion = make_app, companion
        self.options = {
            "bind": [bind],
            "workers": workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": TIMEOUT,
            "graceful_timeout": GRACE,
            "keepalive": 5,
            # A search may be long; gunicorn takes no more.
            "limit_request_line": 8190,
            "accesslog": "-" if access_log else None,
            "proc_name": "cmdb",
            # No file is left behind, and nothing but the settings says how it runs.
            "control_socket_disable": True,
            "forwarded_allow_ips": "127.0.0.1,::1",
        }
        super().__init__()

    def load_config(self):
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self):
        app = self.make_app()
        gc.freeze()
        gc.callbacks.append(Settling())
        return app

    def run(self):
        Arbiter(self).run()


class Arbiter(PlainArbiter):
    """gunicorn's own, which keeps the worker beside the server too."""

    def murder_workers(self):
        """Look after all children; called about once a second."""
        super().murder_workers()
        if self.app.companion:
            self.app.companion.look()

    def stop(self, graceful=True):
        if self.app.companion:
            self.app.companion.stop()
        super().stop(graceful)


class Settling:
    """
    Has the garbage collector look no more through what stays: templates, statements, mappers.

    As one of ``gc.callbacks``. Most of it is made by the first requests, and a full collection that
    looks through it takes longer than a page does. So what full collections leave is frozen: after
    the first, the second, the fourth, the eighth ..., since what is just in use then stays as well.
    """

    def __init__(self):
        self.seen, self.next = 0, 1

    def __call__(self, phase, info):
        if phase != "stop" or info["generation"] < 2:
            return
        self.seen += 1
        if self.seen == self.next:
            self.next *= 2
            gc.freeze()


def default_workers():
    """Return how many workers suit this machine."""
    return min(2 * len(os.sched_getaffinity(0)) + 1, 8)
