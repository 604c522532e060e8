"""Jigasi of the stack: telephones and transcription for the meetings of all shards."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.children import child_options
from components.gateway.pods import JIGASI, TRANSCRIBING, GatewayPods, not_waited_for
from components.kubernetes_object import KubernetesObject
from components.signalling.addresses import ShardNames
from components.stack_objects import StackObjects
from config.jigasi import Jigasi
from config.passwords import JIGASI_USERS, fingerprint, mark_of, password
from config.stack import StackConfig

GOOGLE = {
    "GC_PROJECT_ID": "project_id",
    "GC_PRIVATE_KEY_ID": "private_key_id",
    "GC_PRIVATE_KEY": "private_key",
    "GC_CLIENT_EMAIL": "client_email",
    "GC_CLIENT_ID": "client_id",
    "GC_CLIENT_CERT_URL": "client_x509_cert_url",
}
"""The image's variable -> key of the file that Google gives for a service account."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayArgs:
    """Inputs of `Gateway`."""

    config: StackConfig
    jigasi: Jigasi
    instance: str
    seed: pulumi.Output[str]
    sip_password: pulumi.Output[str] | None
    google_credentials: pulumi.Output[str] | None


class Gateway(pulumi.ComponentResource):
    """One gateway pool and one set of transcribers, which wait for jicofo of every shard."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:gateway:Gateway", name, None, opts)
        config, jigasi = args.config, args.jigasi
        child = child_options(self, opts)
        pods = self._pods(args)
        secrets = self._secrets(args, config.secret_generations)
        needs = [
            KubernetesObject(f"{name}-passwords", pods.secret(secrets), child),
            KubernetesObject(f"{name}-scripts", pods.scripts(), child),
        ]
        for part, document in pods.policies().items():
            KubernetesObject(f"{name}-{part}-policy", document, child)
        after = child_options(self, opts, *needs)
        if jigasi.sip:
            document = pods.gateway(jigasi.sip, "JIGASI_XMPP_PASSWORD", "JIGASI_SIP_PASSWORD")
            KubernetesObject(f"{name}-{JIGASI}", not_waited_for(document), after)
        if jigasi.transcription:
            google = GOOGLE if jigasi.transcription.backend == "google" else ()
            document = pods.transcriber(
                jigasi.transcription, "JIGASI_XMPP_PASSWORD", "JIGASI_TRANSCRIBER_PASSWORD", *google
            )
            KubernetesObject(f"{name}-{TRANSCRIBING}", not_waited_for(document), after)
        self.register_outputs({"telephones": jigasi.sip is not None, "transcription": jigasi.transcription is not None})

    @staticmethod
    def _pods(args: GatewayArgs) -> GatewayPods:
        config = args.config
        names = tuple(JIGASI_USERS.values())
        mark = args.seed.apply(lambda seed: fingerprint(seed, names, config.secret_generations))
        read = {JIGASI: args.sip_password, TRANSCRIBING: args.google_credentials}
        return GatewayPods(
            objects=StackObjects(
                namespace=config.namespace,
                instance=args.instance,
                images=config.images,
                marks={"jitsi.org/passwords": pulumi.Output.unsecret(mark)},
            ),
            image=config.images.jitsi("jigasi", config.images.tag),
            domain=config.domain,
            shards=tuple(ShardNames(shard.name, config.namespace) for shard in config.resolved),
            auth=config.auth,
            jigasi=args.jigasi,
            marks={part: _marks(args.seed, secret) for part, secret in read.items()},
            visitors=config.visitors is not None,
            on_kapsule=config.cluster.kind == "kapsule",
        )

    @staticmethod
    def _secrets(args: GatewayArgs, generations: Mapping[str, int]) -> dict[str, pulumi.Input[str]]:
        values: dict[str, pulumi.Input[str]] = {
            key: args.seed.apply(lambda seed, of=of: password(seed, of, generations))
            for key, of in JIGASI_USERS.items()
        }
        if args.sip_password is not None:
            values["JIGASI_SIP_PASSWORD"] = args.sip_password
        if args.google_credentials is not None:
            for variable, key in GOOGLE.items():
                values[variable] = args.google_credentials.apply(lambda text, key=key: google_part(text, key))
        return values


def _marks(seed: pulumi.Output[str], secret: pulumi.Output[str] | None) -> dict[str, pulumi.Output[str]]:
    """The annotation that changes with a secret from elsewhere: pods read it when they start, and never again."""
    if secret is None:
        return {}
    mark = pulumi.Output.all(seed, secret).apply(lambda known: mark_of(known[0], known[1:]))
    return {"jitsi.org/secrets": pulumi.Output.unsecret(mark)}


def google_part(text: str, key: str) -> str:
    """One value of a service account's file.

    Raises:
        pulumi.RunError: the secret is not such a file; nothing of it is told.
    """
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError):
        raise pulumi.RunError(
            f"jitsi:googleCredentials is not the JSON file of a Google service account: no {key} in it; download the key again and run: "
            "pulumi config set --secret jitsi:googleCredentials < key.json"
        ) from None
