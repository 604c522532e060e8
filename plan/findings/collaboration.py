"""Rules about the whiteboard and shared documents."""

from collections.abc import Iterator

from plan.findings.rule import Hit, Subject, rule


@rule("documents-not-kept", "info")
def documents_not_kept(subject: Subject) -> Iterator[Hit]:
    """Shared documents are lost when a pod restarts."""
    documents = subject.config.documents
    if documents and documents.storage is None:
        yield Hit(
            "documents.storage",
            "not set: shared documents are lost when Etherpad's pod restarts, after an update or a node failure",
            "set documents.storage: 1Gi, or tell users to export what they want to keep",
        )
