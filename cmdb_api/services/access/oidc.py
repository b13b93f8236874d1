"""Logins by an OpenID Connect provider: the authorization code flow, with PKCE, state and nonce.

Authlib is imported where OIDC is used only: it comes with the extra ``oidc``.
"""

import hmac
import logging
import secrets

from cmdb_api.errors import Busy, Forbidden, NotFound

WELL_KNOWN = "/.well-known/openid-configuration"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
# How far the provider's clock may be off, seconds; how long it may take to answer.
LEEWAY, TIMEOUT = 60, 10
# Characters of what the provider says that are told.
SHOWN = 200

log = logging.getLogger(__name__)


def start(config, redirect_url):
    """Return where to send who wants to log in, and what is to be kept until they come back."""
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    place = _metadata(config)["authorization_endpoint"]
    with _client(config, redirect_url) as client:
        more = {"state": kept["state"], "nonce": kept["nonce"]}
        url, _ = client.create_authorization_url(place, code_verifier=kept["verifier"], **more)
    return url, kept


def finish(config, redirect_url, kept, given):
    """Return the claims of who came back; raises Forbidden where that proves nothing, or Busy."""
    _check_state(config, kept, given)
    metadata = _metadata(config)
    with _client(config, redirect_url) as client:
        more = {"code": given["code"], "code_verifier": kept["verifier"], "timeout": TIMEOUT}
        tokens = _asked(client.fetch_token, metadata["token_endpoint"], **more)
        keys = _asked(_get, client, metadata["jwks_uri"])
    return _claims(config, tokens.get("id_token"), keys, kept["nonce"])


def _check_state(config, kept, given):
    if not kept or not hmac.compare_digest(kept["state"].encode(), given.get("state", "").encode()):
        raise Forbidden("this login was not begun here, or long ago: begin again")
    if error := given.get("error"):
        said = given.get("error_description") or error
        raise Forbidden(f"the provider refused the login: {said[:SHOWN]}")
    if given.get("iss", config["OIDC_ISSUER"]) != config["OIDC_ISSUER"]:
        raise Forbidden("another provider than that of OIDC_ISSUER answered")
    if not given.get("code"):
        raise Forbidden("the provider gave no code: begin again")


def _client(config, redirect_url):
    from authlib.integrations.requests_client import OAuth2Session

    secret = config["OIDC_CLIENT_SECRET"]
    client = OAuth2Session(
        config["OIDC_CLIENT_ID"],
        secret,
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        scope=config["OIDC_SCOPES"],
        redirect_uri=redirect_url,
        code_challenge_method="S256",
    )
    return _without_environment(client, config)


def _metadata(config):
    """Return what the provider tells of itself; raises Busy."""
    from requests import Session

    with _without_environment(Session(), config) as session:
        found = _asked(_get, session, config["OIDC_ISSUER"].rstrip("/") + WELL_KNOWN)
    wanted = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    if not all(isinstance(found.get(name), str) for name in wanted):
        raise _down("it does not tell of itself as OpenID Connect has it")
    if found["issuer"] != config["OIDC_ISSUER"]:
        raise _down(f"it calls itself {found['issuer'][:SHOWN]}, OIDC_ISSUER is another")
    return found


def _without_environment(session, config):
    """Take no proxy and no password from the environment; check by the CAs of the settings."""
    session.trust_env, session.verify = False, config["OIDC_CA_FILE"] or True
    return session


def _get(session, url):
    answer = session.request("GET", url, timeout=TIMEOUT, **_plain(session))
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError(f"{url} is no object")
    return found


def _plain(session):
    """Return what asks without the access token: a key is nobody's secret."""
    return {"withhold_token": True} if hasattr(session, "token_auth") else {}


def _asked(ask, *args, **more):
    """Ask the provider; raises Forbidden where it refuses, Busy where it does not answer."""
    from authlib.common.errors import AuthlibBaseError
    from requests import RequestException

    try:
        return ask(*args, **more)
    except AuthlibBaseError as error:
        log.warning("OIDC: the provider refused a code: %s", error)
        raise Forbidden("the provider does not take this login: begin again") from error
    except (RequestException, ValueError) as error:
        raise _down(error) from error


def _down(why):
    log.error("OIDC: %s", why)
    return Busy(
        "the OIDC provider does not answer as it should, the log of the API says more; try again "
        "later, or log in with a password",
        headers={"Retry-After": "30"},
    )


def _claims(config, text, keys, nonce):
    """Return the claims of an ID token that is signed, for us, of now and of this login."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    ours, issuer = config["OIDC_CLIENT_ID"], config["OIDC_ISSUER"]
    needed = {"iss": issuer, "aud": ours, "nonce": nonce}
    rules = {name: {"essential": True, "value": value} for name, value in needed.items()}
    rules |= {name: {"essential": True} for name in ("sub", "exp", "iat")}
    try:
        found = jwt.decode(text or "", KeySet.import_key_set(keys), algorithms=[*ALGORITHMS])
        jwt.JWTClaimsRegistry(leeway=LEEWAY, **rules).validate(found.claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        log.warning("OIDC: an ID token is not valid: %s: %s", type(error).__name__, error)
        raise Forbidden("the provider's word for this login is not valid: begin again") from error
    claims = found.claims
    if claims.get("azp", ours) != ours or (_several(claims["aud"]) and "azp" not in claims):
        raise Forbidden("the provider's word is for another program than this one")
    return claims


def _several(audience):
    return isinstance(audience, list) and len(audience) > 1


def check_on(config):
    """Raise NotFound where OIDC is not set up."""
    if not config["OIDC_ISSUER"]:
        raise NotFound("logins by OIDC are not set up here: OIDC_ISSUER of the settings")
