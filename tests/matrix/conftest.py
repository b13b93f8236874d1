"""Environments with one Salt and one Python each, kept between runs in .venv-matrix/."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
CACHE = PROJECT / ".venv-matrix"
# No wheel on PyPI; timelib is optional, contextvars a part of every Python since 3.7.
WITHOUT_WHEEL = ("timelib", "contextvars")
REQUIRED = (
    "import importlib.metadata as m; print(*(r for r in m.requires('salt') or () "
    "if 'extra ==' not in r), sep='\\n')"
)


def python(version):
    """Return the interpreter of a version, None where this machine has none."""
    candidates = [shutil.which(f"python{version}")]
    candidates += sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python3"))
    for path in filter(None, candidates):
        said = subprocess.run([path, "-V"], capture_output=True, text=True)
        if said.returncode == 0 and f" {version}." in said.stdout:
            return path
    return None


@pytest.fixture(scope="session")
def environment():
    """Return a function that gives the bin folder of a Salt series under a Python."""

    def make(series, version):
        interpreter = python(version)
        if interpreter is None:
            pytest.skip(f"no Python {version} on this machine")
        folder = CACHE / f"salt-{series}-python-{version}"
        if not (folder / "ready").exists():
            run(interpreter, "-m", "venv", "--clear", folder)
            pip = (folder / "bin/python", "-m", "pip", "install", "-q")
            run(*pip, "--no-deps", f"salt=={series}.*")
            needed = run(folder / "bin/python", "-c", REQUIRED).splitlines()
            (folder / "needed.txt").write_text("\n".join(filter(None, map(_loosened, needed))))
            run(*pip, "--only-binary", ":all:", "-r", folder / "needed.txt")
            (folder / "ready").touch()
        return folder / "bin"

    return make


def run(*argv, **options):
    """Run a command and return its output."""
    ended = subprocess.run(argv, capture_output=True, text=True, **options)
    assert ended.returncode == 0, (argv, ended.stdout, ended.stderr)
    return ended.stdout


def _loosened(requirement):
    """Return a requirement without its floor, which a package mirror may not have reached."""
    spec, semicolon, marker = requirement.partition(";")
    if spec.strip().startswith(WITHOUT_WHEEL):
        return None
    return re.sub(r">=[^,;]*,?", "", spec).rstrip(", ") + semicolon + marker
