"""Rules about whiteboard and shared documents."""

from collections.abc import Iterator

from plan.findings.rule import Found, Subject, rule


@rule("documents-not-kept", "info")
def documents_not_kept(subject: Subject) -> Iterator[Found]:
    """Shared documents end with a pod."""
    documents = subject.config.documents
    if documents and documents.storage is None:
        yield Found(
            "documents.storage",
            "none: what people write together is gone when Etherpad's pod restarts, for an update or a lost node",
            "set documents.storage: 1Gi, or tell people to export what they want to keep",
        )
