"""Questions to a gRPC service behind a socket of the file system: HTTP/2 as far as lists need it.

One question at a time, plain; headers are sent as literals and the peer is told to keep no table
of them, so that of HPACK there is only what an answer's last header takes: its status.
"""

import socket
import struct
import time

import cmdb_source as source

MAX_BYTES = 32 * 1024 * 1024
MAX_FRAME = 16384
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY, _WINDOW, _CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
_END, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_WIDEST = 2**31 - 1
# No table of headers, nothing pushed; the peer need not wait for us to make room.
_OURS = struct.pack(">HLHLHL", 1, 0, 2, 0, 4, _WIDEST)
# HPACK's Huffman code is canonical: by the length of their codes, the printable characters.
_BY_LENGTH = {
    5: "012aceiost",
    6: " %-./3456789=A_bdfghlmnpru",
    7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz",
    8: "&*,;XZ",
    10: '!"()?',
    11: "'+|",
    12: "#>",
    13: "\0$@[]~",
    14: "^}",
    15: "<`{",
}


class GrpcError(source.CollectorError):
    """The service did not answer, or with an error of its own."""


class Channel:
    """A connection to the service at ``path``; raises OSError where there is none."""

    def __init__(self, path, limit_seconds):
        self.path, self.deadline = path, time.monotonic() + limit_seconds
        self.stream, self.read_bytes = -1, 0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self.socket.settimeout(limit_seconds)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        window = struct.pack(">L", _WIDEST - 65535)
        self._send(_SETTINGS, 0, 0, _OURS, before=_PREFACE)
        self._send(_WINDOW, 0, 0, window)
        return self

    def __exit__(self, *_error):
        self.socket.close()

    def call(self, method, message=b"", headers=()):
        """Return the one message that ``method`` answers; raises GrpcError, OSError."""
        self.stream += 2
        block = b"".join(_literal(*pair) for pair in (*_request(method), *headers))
        self._send(_HEADERS, _END_HEADERS, self.stream, block)
        self._send(_DATA, _END, self.stream, struct.pack(">BL", 0, len(message)) + message)
        data, told = self._answer(method)
        status = told.get("grpc-status")
        if status != "0":
            why = told.get("grpc-message") or f"HTTP {told.get(':status')}"
            raise GrpcError(f"{self.path}, {method}: gRPC status {status}: {why[:200]}")
        if len(data) < 5 or data[0] or int.from_bytes(data[1:5], "big") != len(data) - 5:
            raise GrpcError(f"{self.path}, {method}: no one whole message")
        return data[5:]

    def _answer(self, method):
        """Return (data, headers) of the stream that was opened last."""
        chunks, block, told, ended = [], b"", {}, False
        while not ended or block:
            kind, flags, stream, payload = self._frame()
            if kind == _GOAWAY or (kind == _RESET and stream == self.stream):
                raise GrpcError(f"{self.path}, {method}: the service broke it off")
            if kind in (_SETTINGS, _PING) and not flags & _ACK:
                self._send(kind, _ACK, 0, payload if kind == _PING else b"")
            if stream != self.stream:
                continue
            if kind in (_DATA, _HEADERS):
                ended = bool(flags & _END)
                payload = _unpadded(payload, flags, kind)
            if kind == _DATA:
                chunks.append(payload)
            elif kind in (_HEADERS, _CONTINUATION):
                block += payload
                if flags & _END_HEADERS:
                    told.update(headers_of(block))
                    block = b""
        return b"".join(chunks), told

    def _frame(self):
        head = self._exactly(9)
        length = int.from_bytes(head[:3], "big")
        stream = int.from_bytes(head[5:], "big") & _WIDEST
        self.read_bytes += length
        if length > MAX_FRAME or self.read_bytes > MAX_BYTES:
            raise GrpcError(f"{self.path}: no HTTP/2, or too much of it: {length} bytes in a frame")
        return head[3], head[4], stream, self._exactly(length)

    def _exactly(self, count):
        chunks = []
        while count:
            self.socket.settimeout(max(0.001, self.deadline - time.monotonic()))
            chunk = self.socket.recv(count)
            if not chunk:
                raise GrpcError(f"{self.path}: the service hung up")
            chunks.append(chunk)
            count -= len(chunk)
        return b"".join(chunks)

    def _send(self, kind, flags, stream, payload, before=b""):
        head = struct.pack(">L", len(payload))[1:] + struct.pack(">BBL", kind, flags, stream)
        self.socket.sendall(before + head + payload)


def headers_of(block):
    """Return the headers of a block by name; raises GrpcError where it is cut short."""
    told, at = {}, 0
    while at < len(block):
        first = block[at]
        if first & 0x80 or first & 0xE0 == 0x20:
            # A whole header of the static table, or the size of the table that is not kept.
            index, at = _number(block, at, 7 if first & 0x80 else 5)
            if first & 0x80 and 8 <= index <= 14:
                told[":status"] = ("200", "204", "206", "304", "400", "404", "500")[index - 8]
            continue
        index, at = _number(block, at, 6 if first & 0x40 else 4)
        name, at = _string(block, at) if not index else (":status" if 8 <= index <= 14 else "", at)
        told[name], at = _string(block, at)
    return told


def _request(method):
    return (
        *((":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "localhost")),
        *(("content-type", "application/grpc"), ("te", "trailers")),
    )


def _literal(name, value):
    """Return one header, not indexed and as it is; both parts are shorter than 127 bytes."""
    parts = [part.encode("ascii", "replace")[:126] for part in (name, value)]
    return b"\0" + b"".join(bytes([len(part)]) + part for part in parts)


def _unpadded(payload, flags, kind):
    start, end = 0, len(payload)
    if flags & _PADDED:
        start, end = 1, end - (payload[0] if payload else 0)
    if kind == _HEADERS and flags & _PRIORITY:
        start += 5
    return payload[start:end]


def _number(block, at, bits):
    most = (1 << bits) - 1
    number, at = block[at] & most, at + 1
    shift = 0
    while number >= most:
        if at >= len(block) or shift > 28:
            raise GrpcError("a header is cut short")
        number += (block[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not block[at - 1] & 0x80:
            break
    return number, at


def _string(block, at):
    if at >= len(block):
        raise GrpcError("a header is cut short")
    packed = block[at] & 0x80
    length, at = _number(block, at, 7)
    said = block[at : at + length]
    if len(said) < length:
        raise GrpcError("a header is cut short")
    return unpacked(said) if packed else said.decode("ascii", "replace"), at + length


def unpacked(said):
    """Return a text from HPACK's Huffman code, as far as its characters are printable."""
    found, code, length, first, level = [], 0, 0, 0, ""
    for bit in "".join(f"{byte:08b}" for byte in said):
        code, length = code << 1 | (bit == "1"), length + 1
        # The first code of a length follows the last of the length before.
        first, level = (first + len(level)) << 1, _BY_LENGTH.get(length, "")
        if code - first < len(level):
            found.append(level[code - first])
            code, length, first, level = 0, 0, 0, ""
        elif length > max(_BY_LENGTH):
            break
    return "".join(found)
