"""Applications and API keys (`/iam/v1alpha1`, for the whole organization)."""

from __future__ import annotations

import random
import string
import uuid
from typing import Annotated, Any

from pydantic import Field

from scaleway_emulator import errors
from scaleway_emulator.call import Answer, Body, Call
from scaleway_emulator.collection import Collection
from scaleway_emulator.state import ApiKey, Application

Name = Annotated[str, Field(min_length=1, max_length=64)]
KEY_LENGTH = 17  # after SCW, capitals and digits


class ApplicationBody(Body):
    """Create an application."""

    name: Name
    organization_id: str
    description: Annotated[str, Field(max_length=200)] = ""
    tags: list[str] | None = None


class ApplicationChange(Body):
    """Update an application."""

    name: Name | None = None
    description: Annotated[str, Field(max_length=200)] | None = None
    tags: list[str] | None = None


class KeyBody(Body):
    """Create a key."""

    application_id: str | None = None
    user_id: str | None = None
    description: Annotated[str, Field(max_length=200)] = ""
    default_project_id: str | None = None
    expires_at: str | None = None


class KeyChange(Body):
    """Update a key."""

    description: Annotated[str, Field(max_length=200)] | None = None
    default_project_id: str | None = None


def _shown(call: Call, application: Application) -> dict[str, Any]:
    keys = [key for key in call.state.api_keys.values() if key.application_id == application.id]
    return {**application.shown(), "nb_api_keys": len(keys)}


def _with_keys(call: Call, application: Application) -> None:
    """Delete the application's keys as well; its policies lose their principal."""
    for access_key in [key.access_key for key in call.state.api_keys.values() if key.application_id == application.id]:
        del call.state.api_keys[access_key]
    for policy in call.state.policies.values():
        if policy.application_id == application.id:
            policy.application_id, policy.no_principal = None, True


def key_shown(key: ApiKey) -> dict[str, Any]:
    """The key as the API answers it after its creation: without the secret, and without a principal it does not have."""
    absent = {name for name in ("application_id", "user_id") if getattr(key, name) is None}
    return {**{name: value for name, value in key.shown().items() if name not in absent}, "secret_key": None}


APPLICATIONS = Collection[Application](
    records=lambda state: state.applications,
    name="application",
    key="applications",
    scope=None,
    filters=("name", "organization_id"),
    shown=_shown,
    change=ApplicationChange,
    release=_with_keys,
)
KEYS = Collection[ApiKey](
    records=lambda state: state.api_keys,
    name="access_key",
    key="api_keys",
    scope=None,
    shown=lambda _, key: key_shown(key),
    change=KeyChange,
)


def create_application(call: Call) -> Answer:
    """POST applications."""
    body = call.body(ApplicationBody)
    application = Application(
        name=body.name, description=body.description, organization_id=body.organization_id, tags=body.tags or []
    )
    return APPLICATIONS.add(call, application)


def create_key(call: Call) -> Answer:
    """POST api-keys; the only answer that holds the secret key."""
    body = call.body(KeyBody)
    if (body.application_id is None) == (body.user_id is None):
        raise errors.invalid("bearer", "exactly one of application_id and user_id is required", "required")
    # Users are not emulated: only the account's owner is one.
    if body.application_id is None:
        raise errors.not_found("user", str(body.user_id))
    owner = APPLICATIONS.get(call, body.application_id)
    letters = random.choices(string.ascii_uppercase + string.digits, k=KEY_LENGTH)  # noqa: S311 - opens nothing
    access_key = "SCW" + "".join(letters)
    key = ApiKey(
        id=access_key,
        access_key=access_key,
        secret_key=str(uuid.uuid4()),
        application_id=owner.id,
        description=body.description,
        default_project_id=body.default_project_id or owner.organization_id,
        expires_at=body.expires_at,
    )
    status, shown = KEYS.add(call, key)
    return status, shown | {"secret_key": key.secret_key}


def list_keys(call: Call) -> Answer:
    """GET api-keys, of one application or of all."""
    application_id = call.query.get("application_id") or call.query.get("bearer_id")
    return KEYS.page(
        call, [key for key in call.state.api_keys.values() if application_id in (None, key.application_id)]
    )
