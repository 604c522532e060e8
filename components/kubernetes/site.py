"""Context that components inside the cluster share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.kubernetes.document import Document
from components.kubernetes.network_policies import metrics_reader, scraping_pods
from components.kubernetes.passwords import Passwords
from components.kubernetes.stack_objects import StackObjects
from components.place.place import Place
from config.images import Images
from config.stack import StackConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Config, passwords and place of a stack. `instance` is the stack's name."""

    config: StackConfig
    instance: str
    passwords: Passwords
    place: Place

    @property
    def namespace(self) -> str:
        """Namespace of every object."""
        return self.config.namespace

    @property
    def images(self) -> Images:
        """Images and their tags."""
        return self.config.images

    @property
    def scraper(self) -> str | None:
        """Name label of the pods that scrape metrics. None if any pod of the cluster may."""
        return None if self.config.scraped_by_others else scraping_pods(self.config.metrics)

    @property
    def reader(self) -> Document:
        """NetworkPolicy peer that reads metrics."""
        return metrics_reader(self.scraper)

    def objects(self, marks: Mapping[str, Any] | None = None) -> StackObjects:
        """Factory of objects that all shards share. `marks` are annotations of their pods."""
        return StackObjects(namespace=self.namespace, instance=self.instance, images=self.images, marks=marks or {})
