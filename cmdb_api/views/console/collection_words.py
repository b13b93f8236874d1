"""What is told of collection: how a kind stands, and why no report is expected."""

from flask_babel import lazy_gettext as _l

STATUSES = {
    "ok": _l("collected"),
    "error": _l("fails"),
    "unavailable": _l("can't run here"),
    "disabled": _l("turned off"),
    None: _l("never came"),
}
NOT_EXPECTED = {
    "planned": _l("It is planned: no report is expected."),
    "racked": _l("It is built in, not in use: no report is expected."),
    "offline": _l("It is offline: no report is expected."),
    "retired": _l("It is retired: no report is expected."),
    "review": _l("It waits for a decision, and does not count yet."),
    "ignored": _l("It is ignored: no report is expected."),
}
