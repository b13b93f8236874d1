"""Posts to one receiver, over a connection that is kept while it serves."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from typing import NamedTuple

from cmdb_api.services.events import reach

# Of an answer's body so much is read, bytes; where there is more, the connection is not kept.
SHOWN = 500
LONGEST_RETRY_SECONDS = 3600


class Answer(NamedTuple):
    """What a receiver answered, or why there is no answer."""

    status: int | None
    error: str | None
    body: str
    took_ms: int
    # How long the receiver asks to wait, seconds.
    retry_after: int = 0

    @property
    def is_taken(self):
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def fault(self):
        """What was wrong, in words; None where nothing was."""
        if self.is_taken:
            return None
        if self.status is None:
            return self.error
        told = " ".join(self.body.split())[:200]
        return f"answered {self.status}" + (f": {told}" if told else "")


class Receiver:
    """Where a webhook posts to; to be closed."""

    def __init__(self, url, *, networks, timeout, ca_file=None):
        self.target, self.networks = reach.parse(url), networks
        self.timeout, self.ca_file = timeout, ca_file
        self.connection, self.socket = None, None

    def post(self, headers, content):
        """Post and return the Answer; raises nothing. It takes no longer than the timeout."""
        started = time.monotonic()
        is_fresh = self.connection is None
        answer = self._within_time(headers, content)
        if answer is None and not is_fresh:
            # It was closed while nothing was sent.
            answer = self._within_time(headers, content)
        took_ms = round((time.monotonic() - started) * 1000)
        answer = answer or Answer(None, "the connection was closed without an answer", "", 0)
        return answer._replace(took_ms=took_ms)

    def abort(self):
        """Let a post under way fail at once; from another thread."""
        opened = self.socket
        if opened is not None:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def close(self):
        """End the connection."""
        if self.connection is not None:
            self.connection.close()
        if self.socket is not None:
            self.socket.close()
        self.connection, self.socket = None, None

    def _within_time(self, headers, content):
        # A timeout of the socket begins anew with every byte.
        late = threading.Event()
        timer = threading.Timer(self.timeout, lambda: (late.set(), self.abort()))
        timer.daemon = True
        timer.start()
        try:
            return self._post(headers, content)
        except reach.Refused as error:
            told = str(error)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            closed = isinstance(error, (http.client.RemoteDisconnected, ConnectionError))
            if closed and not late.is_set() and not isinstance(error, ConnectionRefusedError):
                return None
            told = self._in_words(error, late.is_set())
        finally:
            timer.cancel()
        self.close()
        return Answer(None, told, "", 0)

    def _post(self, headers, content):
        if self.connection is None:
            self.connection = self._connect()
        target = self.target
        headers = {"Host": target.host_header, "Accept": "*/*", **headers}
        self.connection.request("POST", target.path, content, headers)
        answer = self.connection.getresponse()
        start = answer.read(SHOWN)
        whole = answer.isclosed() or not answer.read(1)
        if not whole or answer.will_close:
            self.close()
        text = start.decode("utf-8", "replace").replace("\0", "\ufffd")
        return Answer(answer.status, None, text, 0, _seconds(answer.headers.get("Retry-After")))

    def _connect(self):
        target = self.target
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.auto_open = 0
        more = {"timeout": self.timeout, "ca_file": self.ca_file, "opened": self._opened}
        connection.sock = reach.connect(target, self.networks, **more)
        return connection

    def _opened(self, opened):
        self.socket = opened

    def _in_words(self, error, is_late):
        if is_late or isinstance(error, TimeoutError):
            return f"no answer within {self.timeout} s"
        if isinstance(error, socket.gaierror):
            return f"{self.target.host} can't be resolved: {error.strerror}"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted: {error.verify_message}"
        if isinstance(error, ConnectionError) and error.strerror:
            return f"no connection: {error.strerror}"
        return f"{type(error).__name__}: {error}"


def _seconds(text):
    number = int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
    return min(number, LONGEST_RETRY_SECONDS)
