"""The short form of ``benchmarks/loss.py``: a fleet reports while all on the way is broken."""

import subprocess
import sys

import pytest

from tests.salt.conftest import PROJECT


@pytest.mark.slow
def test_no_report_is_lost():
    ended = subprocess.run(
        [sys.executable, PROJECT / "benchmarks/loss.py", "--seconds", "25", "--minions", "80"],
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert "no report was lost" in ended.stdout
