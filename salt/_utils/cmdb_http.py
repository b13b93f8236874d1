"""One request to the API. Standard library only, the same on every host.

No proxy from the environment, no redirect, a bounded wait and a bounded answer; the server's
certificate is always checked.
"""

import gzip
import http.client
import json
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request

MAX_ANSWER_BYTES = 16 * 1024 * 1024


class PostError(Exception):
    """The request did not reach an answer of the API; says what happened and where."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


def post(url, lines, *, version, timeout, ca_file=None, proxy=None):
    """
    Send lines of JSON (bytes, one a report), gzipped; returns (status, headers, body).

    Raises PostError for everything that is no whole HTTP answer.
    """
    headers = {
        "Content-Type": "application/x-ndjson",
        "Content-Encoding": "gzip",
        "Accept": "application/x-ndjson",
        "User-Agent": f"salt-cmdb/{version}",
    }
    body = gzip.compress(b"".join(line + b"\n" for line in lines), 6, mtime=0)
    return send("POST", url, body, headers, timeout=timeout, ca_file=ca_file, proxy=proxy)


def send(method, url, body, headers, *, timeout, ca_file=None, proxy=None):
    """Send one request; returns and raises as ``post`` does."""
    try:
        scheme = urllib.parse.urlsplit(url).scheme
    except ValueError as error:
        raise PostError(f"{url} is no address: {error}") from None
    if scheme not in ("http", "https"):
        raise PostError(f"{url} is no http:// or https:// address")
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with _opener(ca_file, proxy).open(request, timeout=timeout) as answer:
            return answer.status, answer.headers, _read(answer, time.monotonic() + timeout, url)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, _start(error)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise PostError(f"{url}: {_plainly(getattr(error, 'reason', None) or error)}") from error


def message(body):
    """Return the message of an error of the API, else the start of what came instead."""
    try:
        return json.loads(body)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return repr(body[:120].decode("utf-8", "replace"))


def _opener(ca_file, proxy):
    context = ssl.create_default_context(cafile=ca_file)
    proxies = {"http": proxy, "https": proxy} if proxy else {}
    return urllib.request.build_opener(
        urllib.request.ProxyHandler(proxies),
        urllib.request.HTTPSHandler(context=context),
        _NoRedirect(),
    )


def _read(answer, deadline, url):
    chunks, size = [], 0
    while chunk := answer.read1(65536):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise PostError(f"{url}: an answer of more than {MAX_ANSWER_BYTES} bytes")
        if time.monotonic() > deadline:
            raise PostError(f"{url}: the answer did not end in time")
    stated = answer.headers.get("Content-Length", "")
    if stated.isdigit() and int(stated) != size:
        raise PostError(f"{url}: the answer was cut after {size} of {stated} bytes")
    return b"".join(chunks)


def _start(answer):
    """Return the start of an error's body, which may be cut as well."""
    try:
        return answer.read(65536)
    except (http.client.HTTPException, OSError):
        return b""


def _plainly(error):
    if isinstance(error, socket.gaierror):
        return f"the name can't be resolved ({error.strerror})"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}; cmdb:ca_file names the CA"
    if isinstance(error, (socket.timeout, TimeoutError)):
        return "no answer in time"
    if isinstance(error, FileNotFoundError):
        return "cmdb:ca_file names a file that is not there"
    return str(error) or type(error).__name__
