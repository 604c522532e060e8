"""Jigasi: telephony and transcription for all shards."""

import json
from dataclasses import dataclass

import pulumi

from components.gateway.pods import JIGASI, TRANSCRIBING, GatewayPods, not_waited_for
from components.kubernetes.component import Component
from components.kubernetes.site import Site
from config.jigasi import Jigasi
from config.passwords import JIGASI_USERS
from sizing.addresses import ShardNames

GOOGLE = {
    "GC_PROJECT_ID": "project_id",
    "GC_PRIVATE_KEY_ID": "private_key_id",
    "GC_PRIVATE_KEY": "private_key",
    "GC_CLIENT_EMAIL": "client_email",
    "GC_CLIENT_ID": "client_id",
    "GC_CLIENT_CERT_URL": "client_x509_cert_url",
}
"""Environment variable -> key in a Google service account's JSON file."""
WHISPER = "JIGASI_TRANSCRIBER_WHISPER_PRIVATE_KEY"
"""Environment variable of the key that signs tokens for whisper."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayArgs:
    """Inputs of `Gateway`."""

    site: Site
    jigasi: Jigasi
    sip_password: pulumi.Output[str] | None
    google_credentials: pulumi.Output[str] | None
    whisper_key: pulumi.Output[str] | None


class Gateway(Component):
    """SIP gateways and transcribers, which register with the jicofo of every shard."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:gateway:Gateway", name, opts)
        jigasi = args.jigasi
        pods = self._pods(args)
        needs = [self.add("passwords", pods.secret(self._secrets(args))), self.add("scripts", pods.scripts())]
        for part, document in pods.policies().items():
            self.add(f"{part}-policy", document)
        if jigasi.sip:
            document = pods.gateway(jigasi.sip, "JIGASI_XMPP_PASSWORD", "JIGASI_SIP_PASSWORD")
            self.add(JIGASI, not_waited_for(document), *needs)
        if jigasi.transcription:
            google = GOOGLE if jigasi.transcription.backend == "google" else ()
            whisper = (WHISPER,) if jigasi.transcription.key_name else ()
            document = pods.transcriber(
                jigasi.transcription, "JIGASI_XMPP_PASSWORD", "JIGASI_TRANSCRIBER_PASSWORD", *google, *whisper
            )
            self.add(TRANSCRIBING, not_waited_for(document), *needs)
        self.register_outputs({"telephones": jigasi.sip is not None, "transcription": jigasi.transcription is not None})

    @staticmethod
    def _pods(args: GatewayArgs) -> GatewayPods:
        site, config = args.site, args.site.config
        secrets = {JIGASI: args.sip_password, TRANSCRIBING: args.google_credentials or args.whisper_key}
        return GatewayPods(
            objects=site.objects(site.passwords.mark(*JIGASI_USERS.values())),
            image=config.images.jitsi("jigasi", config.images.tag),
            domain=config.domain,
            shards=tuple(ShardNames(shard.name, config.namespace, config.cluster.domain) for shard in config.resolved),
            auth=config.auth,
            jigasi=args.jigasi,
            marks={part: site.passwords.mark_secrets("jitsi.org/secrets", secret) for part, secret in secrets.items()},
            visitors=config.visitors is not None,
            own_pools=site.place.own_pools,
        )

    @staticmethod
    def _secrets(args: GatewayArgs) -> dict[str, pulumi.Input[str]]:
        values: dict[str, pulumi.Input[str]] = {**args.site.passwords.each(JIGASI_USERS)}
        if args.sip_password is not None:
            values["JIGASI_SIP_PASSWORD"] = args.sip_password
        if args.google_credentials is not None:
            for variable, key in GOOGLE.items():
                values[variable] = args.google_credentials.apply(lambda text, key=key: google_part(text, key))
        if args.whisper_key is not None:
            values[WHISPER] = args.whisper_key
        return values


def google_part(text: str, key: str) -> str:
    """Return one value of a service account's file.

    Raises:
        pulumi.RunError: the secret is not such a file; the message reveals nothing of it.
    """
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError):
        raise pulumi.RunError(
            f"jitsi:googleCredentials is not the JSON file of a Google service account: no {key} in it; download the key again and run: "
            "pulumi config set --secret jitsi:googleCredentials < key.json"
        ) from None
