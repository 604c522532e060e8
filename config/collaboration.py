"""What people of a meeting work on together: shared documents. The whiteboard has no settings of its own."""

from config.model import Model, Quantity


class Documents(Model):
    """Shared documents by Etherpad, one for the whole stack."""

    storage: Quantity | None = None
    """Volume that keeps them; none: they last as long as Etherpad's pod. It may be enlarged; `protect` keeps it from being deleted."""
    title: str = "Notes"
    """Title of the page of a document."""
