"""The processors of the corpus: /proc/cpuinfo of many architectures, and whole topologies."""

import re

import cmdb_cpu as cpu
import cmdb_cpuinfo as cpuinfo
import cmdb_replay as replay
import cmdb_source as source

from tests.corpus.agreement import Agreement, facts_of

# Sockets, cores and CPUs as hwloc's own reading of these machines has them.
TOPOLOGIES = {
    "hwloc-128arm-2pa2n8cluster4co": (2, 128, 128),
    "hwloc-16em64t-4s2c2t-offlines": (4, 7, 12),
    "hwloc-20em64t-hybrid-1p6c2t+2ca4co1t": (1, 14, 20),
    "hwloc-256ppc-8n8s4t": (64, 64, 256),
    "hwloc-32em64t-2n8c+dax+nvme+mic+dimms": (2, 16, 16),
    "hwloc-64amd64-4s2n4ca2co": (4, 32, 64),
    "hwloc-96em64t-4no4pa3ca2co": (16, 96, 96),
    "ghw-linux-amd64-415ee03b8c4d1c4f07ae2e9d8b3d3d6d": (1, 12, 16),
    "ghw-linux-amd64-accel-nvidia": (1, 8, 8),
}


def totals(items):
    cores = sum(item["core_count"] for item in items)
    return len(items), cores, sum(item["thread_count"] for item in items)


def read(path):
    said = path.read_bytes().decode("utf-8", "replace")
    return cpu.parse(said), cpuinfo.tells_topology(cpuinfo.parse(said))


def compare_cpuinfo(seen, name, facts, items, known):
    first = items[0]
    for fact, field in {"family": "family", "stepping": "stepping", "vendor": "vendor"}.items():
        if fact in facts:
            seen.compare(name, fact, facts[fact], first[field])
    # Where a kernel names the architecture only, we name the part.
    if facts.get("model") and not facts["model"].startswith("ARMv"):
        seen.compare(name, "model", facts["model"], first["model"])
    hertz = facts.get("hz_advertised")
    if hertz and re.search(r"@ \d", facts.get("model") or ""):
        seen.compare(name, "base_hz", hertz[0], first["base_hz"])
    if known and "sockets" in facts:
        cores, threads = facts["cores_per_socket"], facts.get("vcpus", facts.get("cpus"))
        seen.compare(
            name, "topology", (facts["sockets"], cores * facts["sockets"], threads), totals(items)
        )
    for expected in facts.get("cpus", []) if isinstance(facts.get("cpus"), list) else []:
        if "model" in expected and not expected["model"].startswith("ARMv"):
            seen.compare(name, "model", expected["model"], first["model"])
        if "cores" in expected and known:
            seen.compare(name, "cores", expected["cores"], first["core_count"])


def test_cpuinfo_of_every_architecture_agrees_with_what_others_read(corpus):
    seen = Agreement("cpuinfo", "asserted, reference-parser, filename")
    for path, facts in facts_of(corpus, "cpuinfo", ("asserted", "reference-parser", "filename")):
        try:
            items, known = read(path)
        except source.ParseError:
            seen.differences.append(f"{path.name}: no processor in it")
            continue
        compare_cpuinfo(seen, path.name, facts, items, known)
    assert seen.ratio >= 0.98, str(seen)


def test_topologies_agree_with_lscpu_on_the_same_machine(corpus, trees):
    seen = Agreement("lscpu", "reference-parser")
    for path, facts in facts_of(corpus, "lscpu", ("reference-parser",)):
        name = path.stem.removeprefix("utillinux-").removesuffix("-plain")
        with source.through(replay.Tree(trees[f"utillinux-lscpu-{name}"])):
            items = cpu.collect()
        sockets, cores, threads = totals(items)
        seen.compare(name, "CPUs", facts["CPU(s)"], threads)
        levels = ("Socket(s)", "Socket(s) per book", "Book(s) per drawer", "Drawer(s)")
        if "Socket(s)" in facts or "Drawer(s)" in facts:
            expected = 1
            for level in levels:
                expected *= int(facts.get(level, 1))
            seen.compare(name, "sockets", expected, sockets)
        if "Core(s) per socket" in facts:
            seen.compare(name, "cores", int(facts["Core(s) per socket"]) * sockets, cores)
        for fact, field in (("Model name", "model"), ("Vendor ID", "vendor")):
            if facts.get(fact, "-") != "-":
                seen.compare(name, field, facts[fact], items[0][field])
    assert seen.ratio >= 0.98, str(seen)


def test_topologies_agree_with_hwloc(trees):
    seen = Agreement("hwloc", "reference-parser")
    for name, expected in TOPOLOGIES.items():
        with source.through(replay.Tree(trees[name])):
            seen.compare(name, "sockets, cores, CPUs", expected, totals(cpu.collect()))
    assert seen.ratio == 1, str(seen)
