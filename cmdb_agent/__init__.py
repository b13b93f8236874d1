"""The agent mode: a host without a Salt master reports by a timer that runs ``salt-call --local``.

``install`` puts collectors, settings, key, ``minion_id`` and timer in place, ``status`` shows how
it goes, ``uninstall`` takes it all back. Standard library only; it runs under Salt's own Python.
"""
