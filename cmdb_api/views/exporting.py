"""Assets as a file, for the API and the console: whole before its first byte is sent."""

from contextlib import ExitStack, nullcontext
from gzip import GzipFile
from os import SEEK_END
from tempfile import TemporaryFile

from flask import g, request, send_file

from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.services.exchange import exporting

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV, JSON_LINES = "text/csv", "application/x-ndjson"
TYPES = {"xlsx": XLSX, "csv": CSV, "jsonl": JSON_LINES}
# Of gzip: what is past it takes longer and saves little.
LEVEL = 4


def answer(form, wanted):
    """Answer with a file of a form in TYPES, which has no name on disk; raises what is wrong."""
    packed = form != "xlsx" and request.accept_encodings["gzip"] > 0
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        with GzipFile("", "wb", LEVEL, file) if packed else nullcontext(file) as target:
            exporting.write(db.session, target, form, actor=g.bearer.name, **wanted)
        db.session.commit()
        size = file.seek(0, SEEK_END)
        file.seek(0)
        name = f"assets-{now():%Y-%m-%d}.{form}"
        told = {"as_attachment": True, "download_name": name, "conditional": False}
        sent = send_file(file, TYPES[form], **told)
        sent.content_length = size
        sent.cache_control.no_store = True
        sent.vary.add("Accept-Encoding")
        if packed:
            sent.content_encoding = "gzip"
        sent.call_on_close(stack.pop_all().close)
        return sent
