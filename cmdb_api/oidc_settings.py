"""The settings of OIDC, checked when the app starts."""

import ipaddress
from importlib.util import find_spec
from urllib.parse import urlsplit

from cmdb_api.errors import SettingsError
from cmdb_api.models.access import ROLES


def check(config):
    """Raise SettingsError where OIDC can't work with these settings."""
    if not config["OIDC_ISSUER"]:
        return
    if not config["OIDC_CLIENT_ID"]:
        raise SettingsError("OIDC_CLIENT_ID is not set, but OIDC_ISSUER is: the provider gives one")
    for name in ("OIDC_ISSUER", "OIDC_REDIRECT_URL"):
        _check_url(name, config[name])
    if "openid" not in config["OIDC_SCOPES"].split():
        raise SettingsError(f"OIDC_SCOPES must have openid in it, not {config['OIDC_SCOPES']}")
    for group, role in config["OIDC_ROLES"].items():
        if role not in ROLES:
            raise SettingsError(
                f"OIDC_ROLES: {group!r} has {role!r}; it must be one of {', '.join(ROLES)}"
            )
    if bool(config["OIDC_ROLES"]) != bool(config["OIDC_ROLE_CLAIM"]):
        raise SettingsError("OIDC_ROLES and OIDC_ROLE_CLAIM are needed together, or neither")
    if not (find_spec("authlib") and find_spec("requests")):
        raise SettingsError("OIDC needs more packages: pip install 'salt-cmdb[oidc]'")


def _check_url(name, url):
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and _is_local(parts.hostname or ""):
        return
    raise SettingsError(f"{name} must be an https:// URL, not {url}")


def _is_local(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
