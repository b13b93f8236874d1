"""How long exports of 10 000 assets take, and how much memory the server needs, on PostgreSQL.

``python benchmarks/export.py [--keep FOLDER] [--rounds 5]``, in the environment of ``make``,
exports the fleet that ``fleet.py --keep FOLDER`` loaded; without one it loads a fleet first whose
hosts have reported once, which takes minutes. The API is served as ``cmdb serve`` does, by one
worker, whose highest memory (VmHWM) is taken anew for each export. Seconds are those of a client
until the last byte; medians of the rounds are printed beside the targets.

Then the same table is written by our writer and by openpyxl's write-only mode, the peer, a process
each and in turns: seconds and memory of the writing alone.
"""

import http.client
import io
import multiprocessing
import statistics
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import fleet
import openpyxl

from cmdb_api.services.exchange import sheet_writer
from cmdb_api.services.exchange.cells import to_cell
from cmdb_api.services.search.columns import Column

COLUMNS = (
    *("hostname", "state", "inventory_number", "tags", "os.name", "cpu.model"),
    *("memory.total_bytes", "disk.total_bytes", "board.serial", "reported_at"),
)
FORMS = {
    "xlsx, 10 columns": ("xlsx", {"columns": ",".join(COLUMNS)}),
    "csv, 10 columns": ("csv", {"columns": ",".join(COLUMNS)}),
    "jsonl, 10 columns": ("jsonl", {"columns": ",".join(COLUMNS)}),
    "jsonl, whole records": ("jsonl", {}),
    "jsonl, with components": ("jsonl", {"components": "true"}),
}
# Seconds, and MB of the server's process; of the first of FORMS.
SECONDS, MEGABYTES = 20, 300


def main():
    parser = fleet.parser(__doc__, 10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="a part of the exports' names")
    arguments = parser.parse_args()
    with fleet.database(arguments) as url, fleet.Api(url, workers=1) as api:
        token = api.cmdb("token", "create", "--scope", "read")
        if not hosts(api, token):
            print(f"loading {arguments.hosts} hosts", file=sys.stderr)
            fleet.load(api, range(arguments.hosts), int(time.time() * 1000), reported_once)
        print(f"{hosts(api, token)} assets, {arguments.rounds} rounds, one worker\n")
        measure(api, token, arguments)
    compare(arguments)


def reported_once(number, now_ms):
    """Return the one report of a host, without its packages."""
    teller = fleet.Teller(number, now_ms)
    sections = teller.sections(fleet.State(0, 0))
    return [teller.report({k: s for k, s in sections.items() if k != "package"}, 0)]


def hosts(api, token):
    return len(export(api, token, "csv", {"columns": "hostname"})[1].splitlines()) - 1


def export(api, token, form, query):
    """Return the seconds that an export took, and its bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=600)
    started = time.perf_counter()
    path = f"/api/v1/exports/assets.{form}?{urlencode(query)}"
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(body.decode())
    return time.perf_counter() - started, body


def workers(api):
    """Return the processes that answer, which are children of the server's."""
    task = Path(f"/proc/{api.process.pid}/task/{api.process.pid}/children")
    words = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in task.read_text().split()}
    return [int(pid) for pid in words if b"worker" not in words[pid].split(b"\0")]


def highest(pid):
    """Return the most memory that a process had since ``forget``, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0


def forget(pid):
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def measure(api, token, arguments):
    """Export so many times; print what it took."""
    before = max(map(highest, workers(api)))
    print(f"{'':<26} {'seconds':>8} {'MB file':>8} {'MB server':>10}   (at rest {before:.0f} MB)")
    for name, (form, query) in FORMS.items():
        if arguments.only not in name:
            continue
        took, peaks = [], []
        for _ in range(arguments.rounds):
            for pid in workers(api):
                forget(pid)
            seconds, body = export(api, token, form, query)
            took.append(seconds)
            peaks.append(max(map(highest, workers(api))))
        line = f"{statistics.median(took):8.2f} {len(body) / 1e6:8.1f} {max(peaks):10.0f}"
        wanted = f"   targets {SECONDS} s, {MEGABYTES} MB" if form == "xlsx" else ""
        print(f"{name:<26} {line}{wanted}")


def rows(count):
    """Yield the rows of a table like that of ``COLUMNS``."""
    for number in range(count):
        yield [
            *(f"host{number:05}.example.com", "online", f"IT-{number:06}", ["pci", "web"]),
            *("Debian GNU/Linux", "Example CPU 6330 @ 2.00GHz", 2**38, 960197124096 * 8),
            *(f"EXAMPLE-{number:08}", fleet.datetime.fromtimestamp(1.8e9 + number, fleet.UTC)),
        ]


def ours(count):
    columns = [Column(name, name, "text") for name in COLUMNS]
    about = {"name": "Assets", "about": lambda *_: ("About", [])}
    sheet_writer.write(io.BytesIO(), columns, COLUMNS, rows(count), **about)


def peer(count):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Assets")
    sheet.append(COLUMNS)
    for row in rows(count):
        sheet.append([to_cell(value) for value in row])
    book.save(io.BytesIO())


def compare(arguments):
    """Write the same table by both, in turns; print what it took."""
    took = {write: [] for write in (ours, peer)}
    for _ in range(arguments.rounds):
        for write in took:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                took[write].append(pool.apply(_timed, (write, arguments.hosts)))
    print(f"\n{'writing alone':<26} {'seconds':>8} {'':>8} {'MB process':>10}")
    for write, name in ((ours, "ours (xlsxwriter)"), (peer, "openpyxl, write-only")):
        seconds = statistics.median(seconds for seconds, _ in took[write])
        print(f"{name:<26} {seconds:8.2f} {'':>8} {max(peak for _, peak in took[write]):10.0f}")
    pairs = zip(took[peer], took[ours], strict=True)
    print(f"openpyxl / ours: {statistics.median(p[0] / o[0] for p, o in pairs):.2f} in seconds")


def _timed(write, count):
    started = time.perf_counter()
    write(count)
    seconds = time.perf_counter() - started
    return seconds, highest("self")


if __name__ == "__main__":
    main()
