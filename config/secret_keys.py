"""Secrets under `jitsi:`, which never enter the models: what each is for, which stacks need it, and how to set it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from config.stack import StackConfig


def _long(digit: str) -> str:
    return digit * 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """One secret of a stack file."""

    name: str
    about: str
    """What it is for, as the reference and editors show it."""
    needed_with: str
    """The keys that require it, as the reference shows them."""
    is_needed: Callable[[StackConfig], bool]
    """Whether the program refuses to run without it."""
    generator: str = ""
    """Command that prints a value."""
    file: str = ""
    """File that holds a value of more than one line."""
    forbidden: str = ""
    """Characters that the configuration files of Jitsi's images cannot hold."""
    placeholder: Callable[[str], str] = _long
    """Makes a value that the program can read, of one digit."""

    @property
    def command(self) -> str:
        """The shell command that sets it."""
        pipe, redirect = f"{self.generator} | " if self.generator else "", f" < {self.file}" if self.file else ""
        return f"{pipe}pulumi config set --secret jitsi:{self.name}{redirect}"


def _service_account(digit: str) -> str:
    keys = ("project_id", "private_key_id", "private_key", "client_email", "client_id", "client_x509_cert_url")
    return json.dumps(dict.fromkeys(keys, digit))


def _transcribes_by_google(config: StackConfig) -> bool:
    transcription = config.jigasi and config.jigasi.transcription
    return bool(transcription and transcription.backend == "google")


def _signs_for_whisper(config: StackConfig) -> bool:
    transcription = config.jigasi and config.jigasi.transcription
    return bool(transcription and transcription.key_name)


def _has_own_bucket(config: StackConfig) -> bool:
    return config.recording is not None and config.recording.endpoint is not None


SECRETS = {
    secret.name: secret
    for secret in (
        Secret(
            name="secretSeed",
            about="Seed of every internal password.",
            needed_with="every stack",
            is_needed=lambda _: True,
            generator="openssl rand -hex 32",
        ),
        Secret(
            name="jwtSecret",
            about="Key that signs tokens (HS256), at least 32 bytes long.",
            needed_with="`auth.type: jwt` without `auth.jwt.keyServer`",
            is_needed=lambda config: "jwtSecret" in config.auth.secrets,
            forbidden='"\\\n\r\0',  # it ends up in a Lua string
        ),
        Secret(
            name="ldapPassword",
            about="Password of `auth.ldap.bindDn`.",
            needed_with="`auth.ldap.bindDn`",
            is_needed=lambda config: "ldapPassword" in config.auth.secrets,
            forbidden="\n\r\0",  # it ends up in a line of saslauthd.conf
        ),
        Secret(
            name="users",
            about="Accounts that may open meetings: a JSON object that maps names to passwords.",
            needed_with="`auth.type: internal`",
            is_needed=lambda config: "users" in config.auth.secrets,
            file="users.json",
            placeholder=lambda digit: json.dumps({"placeholder": _long(digit)}),
        ),
        Secret(
            name="turnSecret",
            about="Secret that `turn.servers` share with the stack (coturn: static-auth-secret).",
            needed_with="`turn.servers`",
            is_needed=lambda config: config.turn is not None and config.turn.servers is not None,
            forbidden='"\\\n\r\0',  # it ends up in a Lua string
        ),
        Secret(
            name="sipPassword",
            about="Password of `jigasi.sip.account`.",
            needed_with="`jigasi.sip`",
            is_needed=lambda config: config.jigasi is not None and config.jigasi.sip is not None,
        ),
        Secret(
            name="googleCredentials",
            about="Key file of a Google service account, JSON.",
            needed_with="`jigasi.transcription.backend: google`",
            is_needed=_transcribes_by_google,
            file="key.json",
            placeholder=_service_account,
        ),
        Secret(
            name="whisperKey",
            about="Private key (RSA, PKCS #8, DER in base64, one line) by which transcribers log in to whisper.",
            needed_with="`jigasi.transcription.keyName`",
            is_needed=_signs_for_whisper,
            generator="openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER | base64 -w0",
            forbidden='"\\\n\r\0',  # it ends up in a line of a properties file
        ),
        Secret(
            name="registryPassword",
            about="Password or token of `images.login.user`.",
            needed_with="`images.login`",
            is_needed=lambda config: config.images.login is not None,
        ),
        Secret(
            name="kubeconfig",
            about="Kubeconfig of the existing cluster, YAML.",
            needed_with="`cluster.kind: existing`",
            is_needed=lambda config: not config.cluster.creates_cluster,
            file="kubeconfig.yaml",
        ),
        Secret(
            name="recordingAccessKey",
            about="Access key of the bucket at `recording.endpoint`.",
            needed_with="`recording.endpoint`",
            is_needed=_has_own_bucket,
        ),
        Secret(
            name="recordingSecretKey",
            about="Secret key of the bucket at `recording.endpoint`.",
            needed_with="`recording.endpoint`",
            is_needed=_has_own_bucket,
        ),
        Secret(
            name="lokiPassword",
            about="Password of `monitoring.logs.user`.",
            needed_with="`monitoring.logs.user`",
            is_needed=lambda config: config.monitoring.logs.needs_password,
        ),
    )
}
"""Name -> secret."""


def needed_secrets(config: StackConfig) -> tuple[str, ...]:
    """Return the names of the secrets without which the program refuses to run."""
    return tuple(name for name, secret in SECRETS.items() if secret.is_needed(config))
