"""Libraries that are loaded when they are first used: those that few machines need.

Salt has the folder of our libraries on the path only while it loads modules, and a job loads all
collectors: a decoder of a tool that is not here would cost each job as much as a small collector.
"""

import contextlib
import importlib
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
# Loading is two steps, a place in the path and the import; two threads must not mix them.
_lock = threading.RLock()


def library(name):
    """Return what stands for a library; its attributes are the library's."""
    return _Library(name)


class _Library:
    def __init__(self, name):
        self._name, self._module = name, None

    def __getattr__(self, attribute):
        if self._module is None:
            self._module = _load(self._name)
        return getattr(self._module, attribute)


def _load(name):
    with libraries_at_hand():
        return importlib.import_module(name)


@contextlib.contextmanager
def libraries_at_hand():
    """Let what is imported within the block find our libraries."""
    with _lock:
        sys.path.insert(0, HERE)
        try:
            yield
        finally:
            sys.path.remove(HERE)
