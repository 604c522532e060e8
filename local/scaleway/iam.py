"""Applications and API keys (`/iam/v1alpha1`, for the whole organization)."""

from __future__ import annotations

import random
import string
import uuid
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from local.scaleway import refusals
from local.scaleway.call import Answer, Body, Call
from local.scaleway.record import stamp
from local.scaleway.records import ApiKey, Application

if TYPE_CHECKING:
    from local.scaleway.records import State

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


def application(state: State, wanted: str) -> Application:
    """The application with this id."""
    if wanted not in state.applications:
        raise refusals.not_found("application", wanted)
    return state.applications[wanted]


def _shown(state: State, made: Application) -> dict[str, Any]:
    keys = [key for key in state.api_keys.values() if key.application_id == made.id]
    return {**made.shown(), "nb_api_keys": len(keys)}


def create_application(call: Call) -> Answer:
    """POST applications."""
    body = call.body(ApplicationBody)
    made = Application(
        name=body.name, description=body.description, organization_id=body.organization_id, tags=body.tags or []
    )
    call.state.applications[made.id] = made
    return 200, _shown(call.state, made)


def read_application(call: Call) -> Answer:
    """GET applications/{id}."""
    return 200, _shown(call.state, application(call.state, call.path["id"]))


def list_applications(call: Call) -> Answer:
    """GET applications."""
    found = [_shown(call.state, one) for one in call.state.applications.values()]
    return call.page("applications", [one for one in found if call.matches(one, "name", "organization_id")])


def update_application(call: Call) -> Answer:
    """PATCH applications/{id}."""
    made = application(call.state, call.path["id"])
    for name, value in call.body(ApplicationChange).given().items():
        setattr(made, name, value)
    made.touched()
    return 200, _shown(call.state, made)


def delete_application(call: Call) -> Answer:
    """DELETE applications/{id}: its keys go as well, and its policies lose their principal."""
    made = application(call.state, call.path["id"])
    del call.state.applications[made.id]
    for access_key in [key.access_key for key in call.state.api_keys.values() if key.application_id == made.id]:
        del call.state.api_keys[access_key]
    for policy in call.state.policies.values():
        if policy.application_id == made.id:
            policy.application_id, policy.no_principal = None, True
    return 204, None


def _key(call: Call) -> ApiKey:
    wanted = call.path["id"]
    if wanted not in call.state.api_keys:
        raise refusals.not_found("access_key", wanted)
    return call.state.api_keys[wanted]


def key_shown(key: ApiKey) -> dict[str, Any]:
    """The key as the API answers it ever after its creation; a principal that it does not have is left out."""
    absent = {name for name in ("application_id", "user_id") if getattr(key, name) is None}
    return {**key.model_dump(mode="json", exclude=absent), "secret_key": None}


def create_key(call: Call) -> Answer:
    """POST api-keys: the one answer that has the secret."""
    body = call.body(KeyBody)
    if (body.application_id is None) == (body.user_id is None):
        raise refusals.invalid("bearer", "exactly one of application_id and user_id is required", "required")
    # A user is not emulated: only the account's owner has keys of its own.
    if body.application_id is None:
        raise refusals.not_found("user", str(body.user_id))
    owner = application(call.state, body.application_id)
    letters = random.choices(string.ascii_uppercase + string.digits, k=KEY_LENGTH)  # noqa: S311 - opens nothing
    key = ApiKey(
        access_key="SCW" + "".join(letters),
        secret_key=str(uuid.uuid4()),
        application_id=owner.id,
        description=body.description,
        default_project_id=body.default_project_id or owner.organization_id,
        expires_at=body.expires_at,
    )
    call.state.api_keys[key.access_key] = key
    return 200, {**key_shown(key), "secret_key": key.secret_key}


def read_key(call: Call) -> Answer:
    """GET api-keys/{access key}."""
    return 200, key_shown(_key(call))


def list_keys(call: Call) -> Answer:
    """GET api-keys."""
    wanted = call.query.get("application_id") or call.query.get("bearer_id")
    found = [key_shown(key) for key in call.state.api_keys.values() if wanted in (None, key.application_id)]
    return call.page("api_keys", found)


def update_key(call: Call) -> Answer:
    """PATCH api-keys/{access key}."""
    key = _key(call)
    for name, value in call.body(KeyChange).given().items():
        setattr(key, name, value)
    key.updated_at = stamp()
    return 200, key_shown(key)


def delete_key(call: Call) -> Answer:
    """DELETE api-keys/{access key}."""
    del call.state.api_keys[_key(call).access_key]
    return 204, None
