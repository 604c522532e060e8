"""Whiteboard and shared documents of the stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.children import child_options
from components.collaboration import etherpad, whiteboard
from components.collaboration.places import (
    ETHERPAD,
    ETHERPAD_PORT,
    WHITEBOARD,
    WHITEBOARD_METRICS_PORT,
    WHITEBOARD_PORT,
)
from components.kubernetes_object import KubernetesObject
from components.network_policies import Document, allowed, pods_named
from components.stack_objects import StackObjects
from config.collaboration import Documents
from config.images import Images
from config.passwords import DOCUMENT_KEYS, fingerprint, password


@dataclass(frozen=True, kw_only=True, slots=True)
class CollaborationArgs:
    """Inputs of `Collaboration`."""

    namespace: str
    instance: str
    domain: str
    images: Images
    whiteboard: bool
    documents: Documents | None
    keep_data: bool
    reader: Document
    """Peer of a network policy that reads metrics."""
    seed: pulumi.Output[str]
    secret_generations: Mapping[str, int]


class Collaboration(pulumi.ComponentResource):
    """What of the two is set, each behind a Service that web proxies to."""

    def __init__(self, name: str, args: CollaborationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:collaboration:Collaboration", name, None, opts)
        self._name, self._opts = name, opts
        web = pods_named("web")
        if args.whiteboard:
            objects = StackObjects(namespace=args.namespace, instance=args.instance, images=args.images)
            rules = [allowed(web, tcp=[WHITEBOARD_PORT]), allowed(args.reader, tcp=[WHITEBOARD_METRICS_PORT])]
            self._make("whiteboard-policy", objects.policy(WHITEBOARD, rules))
            self._make("whiteboard-service", objects.service(WHITEBOARD, WHITEBOARD_PORT))
            self._make("whiteboard", whiteboard.workload(objects, args.domain))
        if args.documents:
            self._etherpad(args, args.documents, web)
        self.register_outputs({"whiteboard": args.whiteboard, "documents": args.documents is not None})

    def _etherpad(self, args: CollaborationArgs, documents: Documents, web: Document) -> None:
        names = tuple(DOCUMENT_KEYS.values())
        mark = args.seed.apply(lambda seed: fingerprint(seed, names, args.secret_generations))
        objects = StackObjects(
            namespace=args.namespace,
            instance=args.instance,
            images=args.images,
            marks={"jitsi.org/passwords": pulumi.Output.unsecret(mark)},
        )
        keys = {
            file: args.seed.apply(lambda seed, of=of: password(seed, of, args.secret_generations))
            for file, of in DOCUMENT_KEYS.items()
        }
        secret = self._make("etherpad-keys", etherpad.secret(objects, keys))
        self._make("etherpad-policy", objects.policy(ETHERPAD, [allowed(web, tcp=[ETHERPAD_PORT])]))
        self._make("etherpad-service", objects.service(ETHERPAD, ETHERPAD_PORT))
        needs: list[pulumi.Resource] = [secret]
        if documents.storage:
            claim = etherpad.claim(objects, documents.storage)
            kept = child_options(self, self._opts, protect=args.keep_data)
            needs.append(KubernetesObject(f"{self._name}-etherpad-volume", claim, kept))
        self._make("etherpad", etherpad.workload(objects, documents), needs)

    def _make(
        self, part: str, document: dict[str, Any], needs: list[pulumi.Resource] | None = None
    ) -> KubernetesObject:
        return KubernetesObject(f"{self._name}-{part}", document, child_options(self, self._opts, *(needs or [])))
