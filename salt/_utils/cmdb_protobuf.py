"""Messages of protocol buffers, without their schema: the numbers of fields and what is in them."""

import cmdb_source as source


def fields(message):
    """
    Return {number: [values]} of a message: int, or bytes for all that has a length.

    Raises ParseError where it is cut short or none.
    """
    found, at = {}, 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(message, at)
        elif kind in (1, 2, 5):
            length, at = _varint(message, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
            value, at = message[at : at + length], at + length
            value = value if kind == 2 else int.from_bytes(value, "little")
        else:
            raise source.ParseError(f"protobuf: no field of a known type before byte {at}")
        if at > len(message):
            raise source.ParseError(f"protobuf: field {number} is cut short")
        found.setdefault(number, []).append(value)
    return found


def messages(said, number):
    """Return the fields of each message in field ``number``."""
    return [fields(each) for each in said.get(number, ()) if isinstance(each, bytes)]


def text(said, number):
    """Return the text in field ``number``, the last if it is there twice; blank where none is."""
    value = said.get(number, [b""])[-1]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def integer(said, number):
    """Return the number in field ``number``; 0, which is not sent, where none is."""
    value = said.get(number, [0])[-1]
    return value if isinstance(value, int) else 0


def pairs(said, number):
    """Return the map of texts in field ``number``."""
    return {text(pair, 1): text(pair, 2) for pair in messages(said, number)}


def _varint(message, at):
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte, at = message[at], at + 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise source.ParseError(f"protobuf: a number is cut short or too long at byte {at}")
