"""Type tokens of resources, and what they tell."""

STACK_TYPE = "pulumi:pulumi:Stack"
SECRET_TYPE = "kubernetes:core/v1:Secret"  # noqa: S105 - a type token

_PACKAGED = ("helm.sh/", "yaml", "kustomize")  # what the provider expands by itself, not an object of the API


def is_kubernetes_object(type_: str) -> bool:
    """Whether the API server would get it as it is: `kubernetes:apps/v1:Deployment`, not a chart."""
    package, _, rest = type_.partition(":")
    return package == "kubernetes" and ":" in rest and not rest.startswith(_PACKAGED)


def is_scaleway_resource(type_: str) -> bool:
    """Whether Scaleway's API makes it."""
    return type_.startswith("scaleway:")
