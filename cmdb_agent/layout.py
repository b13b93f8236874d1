"""Where things lie: one tree, below / for the system, below a folder of one's own for a user."""

import os
from dataclasses import dataclass
from pathlib import Path

SYSTEM, USER, TRIAL = "system", "user", "trial"


@dataclass(frozen=True)
class Layout:
    """The tree of one installation, and where its timer goes."""

    mode: str
    root: Path
    units: Path

    @property
    def config(self):
        """Salt's configuration folder: Salt looks for minion_id here, below its root_dir."""
        return self.root / "etc/salt"

    @property
    def settings(self):
        return self.config / "minion.d/cmdb-agent.conf"

    @property
    def minion_id(self):
        return self.config / "minion_id"

    @property
    def library(self):
        """The collectors' files."""
        return self.root / "usr/local/lib/salt-cmdb"

    @property
    def plugins(self):
        """Collectors of one's own go to _modules/ in here; only their owner writes there."""
        return self.config / "cmdb"

    @property
    def cache(self):
        """What our functions keep between runs, the spool with it, where Salt is not told else."""
        return self.root / "var/cache/salt/minion/cmdb"

    @property
    def cron(self):
        return self.root / "etc/cron.d/salt-cmdb"


def choose(*, user=False, root=None, environment=os.environ):
    """Return the layout for the whole system, for this user, or below a folder for a trial."""
    if root is not None:
        root = Path(os.path.abspath(root))
        return Layout(TRIAL, root, root / "etc/systemd/system")
    if not user:
        return Layout(SYSTEM, Path("/"), Path("/etc/systemd/system"))
    home = Path(environment.get("HOME") or os.path.expanduser("~"))
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local/share")
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return Layout(USER, data / "salt-cmdb", config / "systemd/user")
