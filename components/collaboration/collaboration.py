"""Whiteboard and shared documents of the stack."""

from dataclasses import dataclass

import pulumi

from components.collaboration import etherpad, whiteboard
from components.collaboration.addresses import (
    ETHERPAD,
    ETHERPAD_PORT,
    WHITEBOARD,
    WHITEBOARD_PORT,
)
from components.kubernetes.component import Component
from components.kubernetes.network_policies import ingress
from components.kubernetes.site import Site
from config.collaboration import Documents
from config.passwords import DOCUMENT_KEYS
from sizing import parts


@dataclass(frozen=True, kw_only=True, slots=True)
class CollaborationArgs:
    """Inputs of `Collaboration`."""

    site: Site


class Collaboration(Component):
    """The whiteboard and Etherpad, each only if it is configured, behind a Service that web proxies to.

    TCP 3002 and 9001 in from web; the whiteboard's metrics, TCP 9090, in from the metrics reader.
    """

    def __init__(self, name: str, args: CollaborationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:collaboration:Collaboration", name, opts)
        config = args.site.config
        if config.whiteboard:
            self._whiteboard(args.site)
        if config.documents:
            self._etherpad(args.site, config.documents)
        self.register_outputs({"whiteboard": config.whiteboard, "documents": config.documents is not None})

    def _whiteboard(self, site: Site) -> None:
        objects = site.objects()
        rules = ingress(parts.WHITEBOARD, site.instance, site.reader)
        self.add("whiteboard-policy", objects.policy(WHITEBOARD, rules))
        self.add("whiteboard-service", objects.service(WHITEBOARD, WHITEBOARD_PORT))
        self.add("whiteboard", whiteboard.workload(objects, site.config.domain))

    def _etherpad(self, site: Site, documents: Documents) -> None:
        objects = site.objects(site.passwords.mark(*DOCUMENT_KEYS.values()))
        needs = [self.add("etherpad-keys", etherpad.secret(objects, site.passwords.each(DOCUMENT_KEYS)))]
        rules = ingress(parts.ETHERPAD, site.instance, site.reader)
        self.add("etherpad-policy", objects.policy(ETHERPAD, rules))
        self.add("etherpad-service", objects.service(ETHERPAD, ETHERPAD_PORT))
        if documents.storage:
            claim = etherpad.claim(objects, documents.storage)
            needs.append(self.add("etherpad-volume", claim, protect=site.config.protect))
        self.add("etherpad", etherpad.workload(objects, documents), *needs)
