"""What authentication sets on web, prosody and jicofo. Where one of the three differs, everybody gets in or nobody does."""

from collections.abc import Mapping

from config.access import Auth, Jwt, Ldap

Values = Mapping[str, str | int | bool]

SECRET_VARIABLES = {"jwtSecret": "JWT_APP_SECRET", "ldapPassword": "LDAP_BINDPW"}
"""Secret under `jitsi:` -> prosody's variable, which its templates write into its own files."""
ACCOUNTS_DRIVER = "jitsi_accounts"
"""Prosody's name for storage driver mod_storage_jitsi_accounts.lua."""
LDAP_CA_PATH = "/ldap/ca.crt"


def on_all(auth: Auth) -> dict[str, str | int | bool]:
    """Variables that are alike on all three."""
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
    """Which of Jitsi's modules hold guests back and tell moderators, where accounts lie, and which directory is asked."""
    values: dict[str, str | int | bool] = {}
    in_rooms = []
    if auth.hosts_are_awaited:
        values["XMPP_MODULES"] = "persistent_lobby"  # keeps a lobby whose meeting nobody is in yet
        in_rooms.append("muc_wait_for_host")
    if auth.moderators == "claim":
        in_rooms.append("token_affiliation")
        values["WAIT_FOR_HOST_DISABLE_AUTO_OWNERS"] = True
    if in_rooms:
        values["XMPP_MUC_MODULES"] = ",".join(in_rooms)
    if auth.type == "internal":
        values["XMPP_CONFIGURATION"] = f'storage = {{ accounts = "{ACCOUNTS_DRIVER}" }}'
    if auth.ldap:
        values |= _ldap(auth.ldap)
    return values


def _ldap(ldap: Ldap) -> Values:
    """Cyrus' saslauthd asks the directory; its `ldap_filter` alone decides who is let in.

    The image writes what concerns TLS only with LDAP_USE_TLS.
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
    """Jicofo lets in and makes moderators who has logged in, unless prosody's modules do both.

    It must then elect no moderator of its own: it would take the first guest.
    """
    values: dict[str, str | int | bool] = {}
    if auth.type != "none" and not auth.jicofo_decides:
        values |= {"JICOFO_ENABLE_AUTH": False, "ENABLE_AUTO_OWNER": False}
    if auth.login_lifetime is not None:
        values["JICOFO_AUTH_LIFETIME"] = f"{auth.login_lifetime} seconds"
    return values


def on_web(auth: Auth) -> dict[str, str | int | bool]:
    """Where web sends those who must log in."""
    if auth.jwt and auth.jwt.login_url:
        return {"TOKEN_AUTH_URL": auth.jwt.login_url}
    return {}
