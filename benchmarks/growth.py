"""How much room a fleet takes: bytes a host by table, and what a day without changes adds.

``python benchmarks/growth.py [--hosts 10000]``, in the environment of ``make``. Hosts of 40
hardware components and 400 packages report through the real API into PostgreSQL; then 1000 of them
report each hour of two days, unchanged but for temperatures, as minions do: digests, and a number
that counts up. The growth is that of the whole database. What hosts have in common is kept once, so
that the bytes a host are fewer the more of them there are: they are told for 1000 as well.
"""

import functools
import random
import time

import fleet
import sqlalchemy as sa

SIZES = """
SELECT c.relname AS name, pg_relation_size(c.oid) AS heap, pg_indexes_size(c.oid) AS indexes,
    coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0) AS toast,
    pg_total_relation_size(c.oid) AS total
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY total DESC
"""
HOURS, HOURLY = 24, 1000


def main():
    arguments = fleet.parser(__doc__, 10_000).parse_args()
    hosts, now_ms = arguments.hosts, int(time.time() * 1000)
    few = min(hosts, HOURLY)
    with fleet.database(arguments) as url, fleet.Api(url) as api:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        empty = size(engine)
        for start, count in ((0, few), (few, hosts)):
            if start < count:
                seconds = fleet.load(api, range(start, count), now_ms, only_first)
                settle(engine)
                show(engine, count, empty)
                print(f"{count - start} hosts in {seconds:.0f} s\n", flush=True)
        # The first day fills what is reused from then on.
        for day in range(2):
            before, tables = size(engine), totals(engine)
            for hour in range(HOURS):
                make = functools.partial(hourly, number=day * HOURS + hour)
                # Each minion has its own moment in the hour: neighbours don't come together.
                order = random.Random(hour).sample(range(few), few)
                fleet.load(api, order, now_ms, make)
            grown = size(engine) - before
            print(f"day {day + 1}, {few} hosts, {HOURS} reports each: {grown / 1e6:+.2f} MB")
            for name, total in totals(engine).items():
                if total != tables[name]:
                    print(f"    {name:<24} {(total - tables[name]) / 1e6:+.2f} MB")
        settle(engine)
        show(engine, hosts, empty)


def only_first(number, now_ms):
    """A first report of two days ago."""
    teller = fleet.Teller(number, now_ms)
    return [teller.report(teller.sections(fleet.State(number % 3, 0)), 2 * fleet.DAY_MS)]


def hourly(host, now_ms, number):
    age_ms = 2 * fleet.DAY_MS - (number + 1) * fleet.HOUR_MS
    return [fleet.Teller(host, now_ms).unchanged(fleet.State(host % 3, 0), age_ms, number)]


def settle(engine):
    """Take dead rows away, as autovacuum does in time, and write out what waits in memory."""
    with engine.connect() as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
        connection.execute(sa.text("CHECKPOINT"))


def size(engine):
    with engine.connect() as connection:
        return connection.scalar(sa.text("SELECT pg_database_size(current_database())"))


def totals(engine):
    with engine.connect() as connection:
        return {row.name: row.total for row in connection.execute(sa.text(SIZES))}


def show(engine, count, empty):
    """Print bytes a host, by table."""
    print(f"{'bytes a host':<24} {'heap':>8} {'indexes':>8} {'TOAST':>8} {'total':>8} {'rows':>8}")
    with engine.connect() as connection:
        for name, *sizes in connection.execute(sa.text(SIZES)):
            rows = connection.scalar(sa.text(f'SELECT count(*) FROM "{name}"'))
            if rows:
                told = " ".join(f"{one / count:8.0f}" for one in sizes)
                print(f"{name:<24} {told} {rows / count:8.1f}")
    print(f"{'database, less an empty':<24} {(size(engine) - empty) / count:35.0f}")


if __name__ == "__main__":
    main()
