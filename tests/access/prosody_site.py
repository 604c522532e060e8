"""The configuration that docker-jitsi-meet's prosody makes of its variables, written anew from what its template is known to do.

The image cannot be had here, and with it neither its template language nor Jitsi's own modules. So this is a rendering of the
facts (stable-11146, conf.d/jitsi-meet.cfg.lua and prosody.cfg.lua): which variable stands where, and under which condition. Modules
that no package has are left out and counted; where one decides who gets in, what stands in for it is named in STAND_INS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MODULES = Path("/usr/lib/prosody/modules")
OWN_PLUGINS = Path(__file__).parent / "plugins"
STAND_INS = {
    "auth_jitsi-anonymous": "prosody's own mod_auth_anonymous",
    "auth_token": "tests/access/plugins/mod_auth_token.lua",
    "token_verification": "tests/access/plugins/mod_token_verification.lua",
}
"""Jitsi's modules that decide who gets in, and what decides in their place here."""

DOMAIN, AUTH, GUEST = "meet.jitsi", "auth.meet.jitsi", "guest.meet.jitsi"
MUC, INTERNAL_MUC, LOBBY = "muc.meet.jitsi", "internal-muc.meet.jitsi", "lobby.meet.jitsi"
HIBERNATION_SECONDS = 15  # of every account of the domain where bridges log in
BOTH_ENDS = ("localhost", "127.0.0.1")


@dataclass
class Site:
    """What became of the variables."""

    text: str
    wanted: set[str] = field(default_factory=set)
    """Every module that the image would load for these variables, beyond prosody's defaults."""
    absent: set[str] = field(default_factory=set)
    """Those of them that no package has."""


@dataclass(frozen=True)
class Places:
    """Where this prosody keeps its files and listens."""

    folder: Path
    c2s: int
    http: int
    plugins: tuple[Path, ...] = ()


def _true(env: Mapping[str, str], name: str, default: str = "0") -> bool:
    return (env.get(name) or default) in ("1", "true")


def _listed(env: Mapping[str, str], name: str) -> list[str]:
    return [part for part in env.get(name, "").split(",") if part]


def _quoted(names: list[str]) -> str:
    return "{ " + "".join(f'"{name}"; ' for name in names) + "}"


class _Writer:
    def __init__(self, places: Places) -> None:
        self.lines: list[str] = []
        self.site = Site("")
        self.folders = (MODULES, *places.plugins)

    def has(self, module: str) -> bool:
        return any(
            (folder / f"mod_{module}.lua").exists() or (folder / f"mod_{module}").is_dir() for folder in self.folders
        )

    def modules(self, *names: str) -> None:
        """`modules_enabled`, without what is absent."""
        self.lines.append(f"  modules_enabled = {_quoted([name for name in names if self.wants(name)])}")

    def wants(self, name: str) -> bool:
        self.site.wanted.add(name)
        if name in STAND_INS or not self.has(name):
            self.site.absent.add(name)
        return self.has(name)

    def component(self, host: str, module: str, *more: str) -> None:
        if self.wants(module):
            self.lines += [f'Component "{host}" "{module}"', *more]

    def text(self, *lines: str) -> None:
        self.lines += lines


def site(env: Mapping[str, str], places: Places) -> Site:
    """The configuration of prosody for the variables of its pod."""
    out = _Writer(places)
    auth, kind = _true(env, "ENABLE_AUTH"), env.get("PROSODY_AUTH_TYPE") or env.get("AUTH_TYPE") or "internal"
    lobby, websocket = _true(env, "ENABLE_LOBBY", "1"), _true(env, "ENABLE_XMPP_WEBSOCKET", "1")
    _process(out, env, places)
    if auth and kind == "jwt":
        for option, name in (("issuers", "JWT_ACCEPTED_ISSUERS"), ("audiences", "JWT_ACCEPTED_AUDIENCES")):
            if names := _listed(env, name):
                out.text(f"asap_accepted_{option} = {_quoted(names)}")
    out.text("consider_bosh_secure = true;", "consider_websocket_secure = true;")

    out.text(f'VirtualHost "{DOMAIN}"')
    _authentication(out, env, kind if auth else "none")
    _host(out, env, lobby)
    out.modules(
        "bosh",
        "features_identity",
        *(["websocket", "smacks"] if websocket else []),
        "conference_duration",
        *(["muc_lobby_rooms"] if lobby else []),
        *(["muc_breakout_rooms"] if _true(env, "ENABLE_BREAKOUT_ROOMS", "1") else []),
        *_listed(env, "XMPP_MODULES"),
        *(["auth_cyrus"] if auth and kind == "ldap" else []),
    )
    if auth and _true(env, "ENABLE_GUESTS"):
        out.text(f'VirtualHost "{GUEST}"')
        _anonymous(out)
        _host(out, env, lobby)
        out.modules("smacks", *_listed(env, "XMPP_MODULES"))
    out.text(f'VirtualHost "{AUTH}"', '  authentication = "internal_hashed"')
    out.modules("limits_exception", "smacks")
    out.text(f"  smacks_hibernation_time = {HIBERNATION_SECONDS}")
    out.text(f'Component "{INTERNAL_MUC}" "muc"', '  storage = "memory"', "  restrict_room_creation = true")
    out.modules("muc_hide_all", "muc_filter_access")
    out.text("  muc_room_locking = false", "  muc_room_default_public_jids = true")
    out.text(f'Component "{MUC}" "muc"', '  storage = "memory"', "  restrict_room_creation = true")
    out.modules(
        "muc_hide_all",
        "muc_meeting_id",
        *_listed(env, "XMPP_MUC_MODULES"),
        *(["token_verification"] if auth and kind == "jwt" else []),
        "muc_domain_mapper",
        "muc_password_whitelist",
    )
    out.text(
        "  muc_room_locking = false", "  muc_room_default_public_jids = true", *_listed(env, "XMPP_MUC_CONFIGURATION")
    )
    if env.get("WAIT_FOR_HOST_DISABLE_AUTO_OWNERS"):
        disabled = str(_true(env, "WAIT_FOR_HOST_DISABLE_AUTO_OWNERS")).lower()
        out.text(f"  wait_for_host_disable_auto_owners = {disabled}")
    if lobby:
        out.text(f'Component "{LOBBY}" "muc"', '  storage = "memory"', "  restrict_room_creation = true")
        out.text("  muc_room_locking = false", "  muc_room_default_public_jids = true")
        out.modules("muc_hide_all")
    for name, module in (
        ("focus", "client_proxy"),
        ("speakerstats", "speakerstats_component"),
        ("endconference", "end_conference"),
        ("avmoderation", "av_moderation_component"),
        ("metadata", "room_metadata_component"),
        ("polls", "polls_component"),
    ):
        out.component(f"{name}.{DOMAIN}", module)
    out.site.text = "\n".join(out.lines) + "\n"
    return out.site


def _process(out: _Writer, env: Mapping[str, str], places: Places) -> None:
    """What prosody.cfg.lua sets for the whole process, with this machine's ports and files."""
    folders = ", ".join(f'"{folder}"' for folder in places.plugins)
    out.text(
        "run_as_root = true",
        f'data_path = "{places.folder}/data"',
        f'pidfile = "{places.folder}/prosody.pid"',
        f'certificates = "{places.folder}/certs"',
        f'log = {{ {{ levels = {{ min = "debug" }}, to = "file", filename = "{places.folder}/prosody.log" }} }}',
        f"plugin_paths = {{ {folders} }}",
        f'admins = {{ "focus@{AUTH}", "jvb@{AUTH}" }}',
        f'muc_mapper_domain_base = "{DOMAIN}"',
        'muc_mapper_domain_prefix = "muc"',
        f'http_default_host = "{DOMAIN}"',
        f"c2s_ports = {{ {places.c2s} }}",
        'c2s_interfaces = { "127.0.0.1" }',
        f"http_ports = {{ {places.http} }}",
        'http_interfaces = { "127.0.0.1" }',
        "https_ports = { }",
        "allow_registration = false",
        f'limits = {{ c2s = {{ rate = "{env["PROSODY_C2S_LIMIT"]}" }} }}',
        *env.get("GLOBAL_CONFIG", "").split(r"\n"),
    )
    out.modules(
        *("roster", "saslauth", "tls", "disco", "private", "limits", "version", "ping", "register", "posix"),
        *("admin_shell", "http_health", "http_openmetrics"),
        *_listed(env, "GLOBAL_MODULES"),
    )
    out.text('modules_disabled = { "s2s" }')


def _authentication(out: _Writer, env: Mapping[str, str], kind: str) -> None:
    if kind == "jwt":
        out.wants(f"auth_{env.get('JWT_AUTH_TYPE') or 'token'}")
        out.text('  authentication = "token"', f'  app_id = "{env["JWT_APP_ID"]}"')
        if "JWT_APP_SECRET" in env:
            out.text(f'  app_secret = "{env["JWT_APP_SECRET"]}"')
        out.text(f"  allow_empty_token = {str(_true(env, 'JWT_ALLOW_EMPTY')).lower()}")
        if "JWT_ASAP_KEYSERVER" in env:
            out.text(f'  asap_key_server = "{env["JWT_ASAP_KEYSERVER"]}"')
    elif kind == "ldap":
        out.text(
            '  authentication = "cyrus"', '  cyrus_application_name = "xmpp"', "  allow_unencrypted_plain_auth = true"
        )
    elif kind == "internal":
        out.text('  authentication = "internal_hashed"', '  disable_sasl_mechanisms = { "DIGEST-MD5", "OAUTHBEARER" }')
    else:
        _anonymous(out)


def _anonymous(out: _Writer) -> None:
    out.wants("auth_jitsi-anonymous")
    out.text('  authentication = "anonymous"')


def _host(out: _Writer, env: Mapping[str, str], lobby: bool) -> None:
    out.text(f'  main_muc = "{MUC}"', "  c2s_require_encryption = true", *_listed(env, "XMPP_CONFIGURATION"))
    if lobby:
        out.text(f'  lobby_muc = "{LOBBY}"')


def saslauthd(env: Mapping[str, str]) -> str:
    """Saslauthd's file for the same variables (the image's defaults/saslauthd.conf)."""
    lines = {"servers": env["LDAP_URL"], "search_base": env["LDAP_BASE"]}
    if "LDAP_BINDDN" in env:
        lines |= {"bind_dn": env["LDAP_BINDDN"], "bind_pw": env["LDAP_BINDPW"]}
    lines |= {
        "filter": env.get("LDAP_FILTER") or "uid=%u",
        "version": env.get("LDAP_VERSION") or "3",
        "auth_method": env.get("LDAP_AUTH_METHOD") or "bind",
    }
    if _true(env, "LDAP_USE_TLS") and _true(env, "LDAP_TLS_CHECK_PEER"):
        # The image also names prosody's own certificate for the connection, which no directory here asks for.
        lines |= {
            "tls_check_peer": "yes",
            "tls_cacert_file": env.get("LDAP_TLS_CACERT_FILE") or "/etc/ssl/certs/ca-certificates.crt",
            "tls_cacert_dir": "/etc/ssl/certs",
        }
    if _true(env, "LDAP_START_TLS"):
        lines["start_tls"] = "yes"
    return "".join(f"ldap_{name}: {value}\n" for name, value in lines.items())
