"""XML read piece by piece: memory does not grow with it, and no entity is ever expanded."""

from xml.parsers import expat

from cmdb_api.errors import Malformed

CHUNK = 64 * 1024
# The longest piece of markup: expat keeps it whole.
LONGEST = 1024 * 1024


def read(stream, reader, what):
    """
    Give a stream's elements to a reader; yield after each piece, when it may be emptied.

    The reader has ``start(name, attributes)``, ``text(data)`` and ``end(name)``; names are without
    namespace. Raises Malformed, which tells ``what`` it was.
    """
    parser = _parser(reader, what)
    size = 0
    try:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            parser.Parse(chunk)
            if size - parser.CurrentByteIndex > LONGEST:
                raise Malformed(f"{what} has a piece of markup longer than any spreadsheet's")
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise Malformed(f"{what} is damaged: {error}") from error


def whole(stream, reader, what):
    """Give all of a stream's elements to a reader; return it."""
    for _ in read(stream, reader, what):
        pass
    return reader


def _parser(reader, what):
    def refuse(*_):
        raise Malformed(f"{what} has a document type, which no spreadsheet has; it is not read")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, given: reader.start(name.rpartition(":")[2], given)
    parser.EndElementHandler = lambda name: reader.end(name.rpartition(":")[2])
    parser.CharacterDataHandler = reader.text
    return parser
