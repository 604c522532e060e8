"""Authentication variables of web, prosody and jicofo. If one of the three differs, everyone gets in or no one does."""

from collections.abc import Mapping

from config.access import Auth, Jwt, Ldap

Values = Mapping[str, str | int | bool]

SECRET_VARIABLES = {"jwtSecret": "JWT_APP_SECRET", "ldapPassword": "LDAP_BINDPW", "turnSecret": "TURN_CREDENTIALS"}
"""Secret under `jitsi:` -> prosody's variable, which the image's templates write to its config files."""
ACCOUNTS_DRIVER = "jitsi_accounts"
"""Name of the storage driver mod_storage_jitsi_accounts.lua in prosody's configuration."""
LDAP_CA_PATH = "/ldap/ca.crt"


def on_all(auth: Auth) -> dict[str, str | int | bool]:
    """Variables that web, prosody and jicofo share."""
    values: dict[str, str | int | bool] = {"ENABLE_LOBBY": auth.lobby, "ENABLE_AUTH": auth.type != "none"}
    if auth.type != "none":
        values |= {"AUTH_TYPE": auth.type, "ENABLE_GUESTS": auth.guests}
    if auth.jwt:
        values |= _jwt(auth.jwt)
    return values


def _jwt(jwt: Jwt) -> Values:
    values: dict[str, str | int | bool] = {
        "JWT_APP_ID": jwt.app_id,
        "JWT_ALLOW_EMPTY": jwt.allow_empty,
        "JWT_ACCEPTED_ISSUERS": ",".join(jwt.issuers) or jwt.app_id,
        "JWT_ACCEPTED_AUDIENCES": ",".join(jwt.audiences) or jwt.app_id,
    }
    if jwt.key_server:
        values["JWT_ASAP_KEYSERVER"] = jwt.key_server
    return values


def on_prosody(auth: Auth) -> dict[str, str | int | bool]:
    """Prosody's modules for guests and moderators, its account storage and its directory."""
    values: dict[str, str | int | bool] = {}
    muc_modules = []
    if auth.hosts_are_awaited:
        values["XMPP_MODULES"] = "persistent_lobby"  # keeps the lobby of a meeting that has no participant yet
        muc_modules.append("muc_wait_for_host")
    if auth.moderators == "claim":
        muc_modules.append("token_affiliation")
        values["WAIT_FOR_HOST_DISABLE_AUTO_OWNERS"] = True
    if muc_modules:
        values["XMPP_MUC_MODULES"] = ",".join(muc_modules)
    if auth.type == "internal":
        values["XMPP_CONFIGURATION"] = f'storage = {{ accounts = "{ACCOUNTS_DRIVER}" }}'
    if auth.ldap:
        values |= _ldap(auth.ldap)
    if auth.jwt and auth.jwt.tenants:
        values["JWT_ENABLE_DOMAIN_VERIFICATION"] = True
    return values


def _ldap(ldap: Ldap) -> Values:
    """Settings of Cyrus saslauthd, which queries the directory; `ldap_filter` alone decides who may log in.

    The image writes TLS settings only with LDAP_USE_TLS.
    """
    values: dict[str, str | int | bool] = {
        "LDAP_URL": " ".join(ldap.servers),
        "LDAP_BASE": ldap.base,
        "LDAP_FILTER": ldap.filter,
        "LDAP_AUTH_METHOD": "bind",
        "LDAP_VERSION": 3,
        "LDAP_USE_TLS": ldap.encrypted,
        "LDAP_TLS_CHECK_PEER": ldap.encrypted and ldap.verify,
    }
    if ldap.bind_dn:
        values["LDAP_BINDDN"] = ldap.bind_dn
    if ldap.start_tls:
        values["LDAP_START_TLS"] = True
    if ldap.ca:
        values["LDAP_TLS_CACERT_FILE"] = LDAP_CA_PATH
    return values


def on_jicofo(auth: Auth) -> dict[str, str | int | bool]:
    """Jicofo authenticates users and appoints moderators, unless prosody's modules do both.

    It must then appoint no moderator itself, because it would choose the first guest.
    """
    values: dict[str, str | int | bool] = {}
    if auth.type != "none" and not auth.jicofo_decides:
        values |= {"JICOFO_ENABLE_AUTH": False, "ENABLE_AUTO_OWNER": False}
    if auth.login_lifetime is not None:
        values["JICOFO_AUTH_LIFETIME"] = f"{auth.login_lifetime} seconds"
    return values


def on_web(auth: Auth) -> dict[str, str | int | bool]:
    """Login page to which web redirects users."""
    if auth.jwt and auth.jwt.login_url:
        return {"TOKEN_AUTH_URL": auth.jwt.login_url}
    return {}
