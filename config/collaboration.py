"""Shared documents. The whiteboard has no settings of its own."""

from config.model import Model, Quantity


class Documents(Model):
    """Shared documents by one Etherpad for the whole stack."""

    storage: Quantity | None = None
    """Size of the volume that keeps documents; without one they are lost with Etherpad's pod. It may grow; `protect` prevents its
    deletion."""
    title: str = "Notes"
    """Page title of documents."""
