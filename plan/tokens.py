"""Type tokens of resources, and predicates on them."""

STACK_TYPE = "pulumi:pulumi:Stack"
SECRET_TYPE = "kubernetes:core/v1:Secret"  # noqa: S105 - a type token

_PACKAGED = ("helm.sh/", "yaml", "kustomize")  # expanded by the provider; not objects of the API


def is_kubernetes_object(type_: str) -> bool:
    """Whether it is an object of the Kubernetes API, such as `kubernetes:apps/v1:Deployment`, not a chart."""
    package, _, rest = type_.partition(":")
    return package == "kubernetes" and ":" in rest and not rest.startswith(_PACKAGED)


def is_scaleway_resource(type_: str) -> bool:
    """Whether it is a resource of Scaleway."""
    return type_.startswith("scaleway:")
