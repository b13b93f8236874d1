"""A request's body, read within bounds: never more in memory than the settings allow.

A body that is refused is read to its end all the same (within a bound), because a client that
sends everything before it reads would otherwise see a broken connection and no reason.
"""

import contextlib
import time
import zlib

from gunicorn.http.errors import NoMoreData, ParseException

from cmdb_api.errors import Malformed, TooLarge, Unsupported

CHUNK = 64 * 1024
# How much and how long a refused body is read for its sender's sake.
DRAIN_BYTES = 256 * 1024 * 1024
DRAIN_SECONDS = 20
# What reading a chunked body raises where its chunks are not as HTTP has them.
BROKEN = (ParseException, NoMoreData)
PLAIN, GZIP = ("", "identity"), ("gzip", "x-gzip")


def read(stream, *, declared, encoding, limit, inflated_limit):
    """
    Return the body, inflated; ``declared`` is its Content-Length or None.

    Raises TooLarge past a limit, Unsupported on an unknown encoding, Malformed on broken gzip.
    """
    try:
        if declared is not None and declared > limit:
            raise _too_large(limit)
        encoding = encoding.strip().lower()
        if encoding in PLAIN:
            return b"".join(_chunks(stream, limit))
        if encoding in GZIP:
            return b"".join(_inflated(_chunks(stream, limit), inflated_limit))
        raise Unsupported(
            f"Content-Encoding {encoding!r} is not known; send gzip, or no such header",
            headers={"Accept-Encoding": "gzip"},
        )
    except (TooLarge, Unsupported, Malformed):
        drain(stream)
        raise


def drain(stream):
    """Read and forget what is left of a body, within bounds."""
    deadline = time.monotonic() + DRAIN_SECONDS
    left = DRAIN_BYTES
    with contextlib.suppress(*BROKEN):
        while left > 0 and time.monotonic() < deadline and (chunk := stream.read(CHUNK)):
            left -= len(chunk)


def _chunks(stream, limit):
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        yield chunk


def _inflated(chunks, limit):
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    size = 0
    for part in _parts(inflater, chunks):
        size += len(part)
        if size > limit:
            raise TooLarge(f"the body is larger than {limit} bytes once inflated")
        yield part
    if not inflater.eof:
        raise Malformed("the gzip body ends too early")


def _parts(inflater, chunks):
    for chunk in chunks:
        if inflater.eof:
            raise _trailing()
        while chunk:
            yield _inflate(inflater, chunk)
            chunk = inflater.unconsumed_tail
    # What was inflated but did not fit into a part yet.
    while not inflater.eof and (part := _inflate(inflater, b"")):
        yield part


def _inflate(inflater, chunk):
    try:
        part = inflater.decompress(chunk, CHUNK)
    except zlib.error as error:
        raise Malformed(f"the body is not gzip, or damaged: {error}") from error
    if inflater.unused_data:
        raise _trailing()
    return part


def _trailing():
    return Malformed("something follows the end of the gzip body")


def _too_large(limit):
    return TooLarge(f"the body is larger than {limit} bytes; send fewer reports at once")
