"""A machine made of files, and the door to it."""

import cmdb_replay as replay
import cmdb_source as source
import pytest


@pytest.fixture
def machine(tmp_path):
    """Return a function that lays files and links out below a root; collectors then read there."""

    def lay(files=(), links=()):
        for path, content in dict(files).items():
            target = tmp_path / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        for path, goal in dict(links).items():
            place = tmp_path / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / goal.lstrip("/")).mkdir(parents=True, exist_ok=True)
            place.symlink_to(goal)

    with source.through(replay.Tree(str(tmp_path))):
        yield lay


@pytest.fixture
def problems():
    """Return the lines that the code under test notes."""
    task = source.Task()
    source.begin(task)
    yield task.problems
    source.begin(None)
