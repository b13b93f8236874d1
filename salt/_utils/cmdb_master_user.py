"""Do something as the user that the master runs as.

``salt-run`` becomes that user by itself, ``salt-ssh`` stays root. What root writes into the spool
the engine could not read, and so never send.
"""

import contextlib
import os
import pwd

import cmdb_master as master


@contextlib.contextmanager
def become(opts):
    """Be the master's user within the block, where root runs us and that is another one."""
    name = opts.get("user") or "root"
    if os.geteuid() != 0 or name == "root":
        yield
        return
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise master.MasterError(f"the master's configuration: there is no user {name}") from None
    groups, group = os.getgroups(), os.getegid()
    os.initgroups(name, user.pw_gid)
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)
