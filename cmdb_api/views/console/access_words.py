"""What roles, scopes and deeds of the audit log are, in words."""

from flask_babel import lazy_gettext as _l

ROLES = {
    "viewer": _l("Reads everything, exports, keeps searches of their own."),
    "operator": _l("Also registers and edits assets, imports, decides on findings."),
    "admin": _l("Also manages users, tokens, webhooks, and reads the audit log and the settings."),
}
SCOPES = {
    "read": _l("Reads everything: dashboards, reports."),
    "write": _l("Also registers and edits assets: scripts, provisioning."),
    "admin": _l("Everything, also users and tokens."),
    "relay": _l("Only hands in reports of hosts: for Salt masters."),
}
DEEDS = {
    "write": _l("write"),
    "export": _l("export"),
    "login": _l("login"),
    "login_failed": _l("failed login"),
    "logout": _l("logout"),
    "refused": _l("refused"),
    "token_failed": _l("unknown token"),
}
LASTS = {
    "30d": _l("30 days"),
    "90d": _l("90 days"),
    "365d": _l("a year"),
    "": _l("for ever"),
}
EVENT_ACTIONS = {
    "added": _l("added"),
    "removed": _l("removed"),
    "changed": _l("changed"),
    "replaced": _l("replaced"),
    "reported": _l("a host reports for the first time"),
}
