"""Make this host known to the CMDB before its first report, with a token of scope ``write``."""

import http.client
import json
import ssl
import urllib.error
import urllib.request

from cmdb_agent.errors import AgentError

TIMEOUT_SECONDS = 30


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to wherever it points."""

    def redirect_request(self, *_args):
        return None


def register(cmdb, id_, token):
    """Register the host at the API; returns whether it was new there."""
    url = f"{cmdb['url']}/api/v1/assets"
    request = urllib.request.Request(
        url,
        data=json.dumps({"hostname": id_}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    proxy = cmdb.get("proxy")
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": proxy, "https": proxy} if proxy else {}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=cmdb.get("ca_file"))),
        _NoRedirect(),
    )
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            status, body = answer.status, answer.read(65536)
    except urllib.error.HTTPError as error:
        with error:
            status, body = error.code, error.read(65536)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        # A header that can't be sent is quoted by the error, and this one is the token.
        reason = getattr(error, "reason", None) or (
            "the token has characters that no token has" if isinstance(error, ValueError) else error
        )
        raise AgentError(f"{id_} could not be registered: {url}: {reason}") from None
    if status not in (201, 409):
        raise AgentError(f"{id_} could not be registered: {url} answered {status}: {_said(body)}")
    return status == 201


def _said(body):
    try:
        return json.loads(body)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return repr(body[:120].decode("utf-8", "replace"))
