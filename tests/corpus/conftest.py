"""Where the corpus is; its tests are skipped where it is not."""

import os
import pathlib
import re
import tarfile

import pytest

from tests.corpus import agreement

FOLDER = pathlib.Path(
    os.environ.get("CMDB_CORPUS") or pathlib.Path(__file__).parents[3] / "shared/corpus"
)


@pytest.fixture(scope="session")
def corpus():
    """Return the folder of real tool output."""
    if not (FOLDER / "INDEX.tsv").is_file():
        pytest.skip(f"no corpus in {FOLDER}; CMDB_CORPUS names another place")
    return FOLDER


@pytest.fixture(scope="session")
def trees(corpus, tmp_path_factory):
    """Return {name: folder} of the machines whose /proc and /sys the corpus has."""
    folder = tmp_path_factory.mktemp("trees")
    found = {}
    for archive in sorted((corpus / "sysfs-tree").glob("*.tar.*")):
        # Some files bear an archive's name, but hold what another tool said of it.
        if not tarfile.is_tarfile(archive):
            continue
        name = archive.name.partition(".tar")[0]
        with tarfile.open(archive) as tar:
            tar.extractall(folder / name, filter=_keep)
        inner = sorted(path for path in (folder / name).iterdir() if path.is_dir())
        is_root = any(path.name in ("proc", "sys") for path in inner)
        found[name] = str(folder / name if is_root else inner[0])
    return found


# Most of the files, and nothing that a collector reads.
READ_OF_A_CPU = (
    r"topology/(?:physical_package_id|core_cpus_list|thread_siblings|package_cpus_list"
    r"|core_siblings|book_id|drawer_id)|online|cpufreq$|cpufreq/(?:base_|cpuinfo_max_)"
)
UNREAD = re.compile(
    rf"/cpu\d+/(?!{READ_OF_A_CPU})."
    r"|/device-tree/cpus/|/node/|/memory\d|/bus/cpu/|/ACPI\d|/dmi/entries/|/virtual/|/ata_link/"
)


def _keep(member, folder):
    """Return the member as it is if it stays in the folder; sysfs is full of links."""
    if UNREAD.search(member.name):
        return None
    inside = not member.name.startswith("/") and ".." not in member.name.split("/")
    return member if inside and (member.isfile() or member.isdir() or member.issym()) else None


def pytest_terminal_summary(terminalreporter):
    """Print the agreement of each tool with each of its differences."""
    for seen in agreement.SEEN:
        terminalreporter.write_line(str(seen))
