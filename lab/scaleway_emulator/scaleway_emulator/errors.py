"""Scaleway's error answers: one exception, and one function for each kind of body that the SDK understands.

Source: scaleway-sdk-go `scw/errors.go`, which turns each `type` into its own Go error.
"""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - the API refuses
    """An error answer: HTTP status and JSON body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body.get("message", ""))
        self.status = status
        self.body = body


def not_found(resource: str, resource_id: str) -> Refusal:
    """404: there is no such resource."""
    body = {"type": "not_found", "resource": resource, "resource_id": resource_id, "message": "resource is not found"}
    return Refusal(404, body)


def invalid(argument: str, help_message: str, reason: str = "constraint") -> Refusal:
    """400: an argument is wrong; `reason` is `constraint`, `format`, `required` or `unknown`."""
    return invalid_all([(argument, reason, help_message)])


def invalid_all(details: list[tuple[str, str, str]]) -> Refusal:
    """400: several arguments are wrong, each as (argument, reason, help message)."""
    body = {
        "type": "invalid_arguments",
        "message": "invalid argument(s)",
        "details": [{"argument_name": name, "reason": why, "help_message": text} for name, why, text in details],
    }
    return Refusal(400, body)


def unauthenticated() -> Refusal:
    """401: no `X-Auth-Token` header."""
    body = {
        "type": "denied_authentication",
        "method": "api_key",
        "reason": "not_found",
        "message": "authentication is denied",
    }
    return Refusal(401, body)


def unavailable(message: str) -> Refusal:
    """503 without a standard type: nothing behind the API's gateway answers."""
    return Refusal(503, {"message": message})


def in_use(resource: str, resource_id: str, help_message: str) -> Refusal:
    """412: another resource still refers to this one."""
    body = {
        "type": "precondition_failed",
        "precondition": "resource_still_in_use",
        "help_message": help_message,
        "message": "precondition failed: resource is still in use",
        "resource": resource,
        "resource_id": resource_id,
    }
    return Refusal(412, body)


def precondition(name: str, help_message: str) -> Refusal:
    """412: the state of the resource does not allow the request."""
    body = {"type": "precondition_failed", "precondition": name, "help_message": help_message, "message": help_message}
    return Refusal(412, body)


def conflict(resource: str, help_message: str) -> Refusal:
    """409: another resource has this name."""
    return Refusal(409, {"type": "conflict", "resource": resource, "message": help_message})


def quota(resource: str, allowed: int, current: int) -> Refusal:
    """403: the organization's quota is used up."""
    details = [{"resource": resource, "quota": allowed, "current": current}]
    return Refusal(403, {"type": "quotas_exceeded", "message": "quota(s) exceeded", "details": details})


def transient(resource: str, resource_id: str, state: str) -> Refusal:
    """409: the resource is changing its state."""
    body = {
        "type": "transient_state",
        "resource": resource,
        "resource_id": resource_id,
        "current_state": state,
        "message": "resource is in a transient state",
    }
    return Refusal(409, body)


def forbidden(message: str) -> Refusal:
    """403 without a standard type, as the domain API answers for a zone of another account."""
    return Refusal(403, {"message": message})
