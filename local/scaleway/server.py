"""HTTP: one Starlette application over the handlers, with authentication, error bodies, a request log and saving."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from local.scaleway import clusters, fleet, refusals
from local.scaleway.call import Call
from local.scaleway.iam import key_shown
from local.scaleway.kubeconfig import ControlPlane
from local.scaleway.object_storage import application as object_storage
from local.scaleway.routes import ROUTES
from local.scaleway.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import Scope

    from local.scaleway.options import Options
    from local.scaleway.routes import Handler

LOG_LENGTH = 2000


class StorageRoute(Route):
    """Everything that is asked of Object Storage's own host names, and nothing else."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """By the header Host."""
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else ""
        return super().matches(scope) if object_storage.is_for_storage(host) else (Match.NONE, {})


class Emulator:
    """The emulated cloud: its state, its clock and what happened last."""

    def __init__(
        self, options: Options, clock: Callable[[], float] = time.time, say: Callable[[str], None] = print
    ) -> None:
        self.options = options
        self.clock = clock
        self.say = say
        self.store = Store(options.state)
        self.control_plane = ControlPlane(options.kubeconfig)
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)

    def advance(self) -> None:
        """Let time pass: what was to be over by now is over."""
        clusters.forget_deleted(self.store.state, self.clock())
        if self.options.kubeconfig is None:
            fleet.advance_without_control_plane(self.store.state, self.clock())
        fleet.forget_emptied_pools(self.store.state)

    async def answer(self, request: Request, handlers: dict[str, Handler]) -> Response:
        """Answer one API request; whatever it changed is on disk before the answer leaves."""
        content: Any = {}
        try:
            if not request.headers.get("x-auth-token"):
                raise refusals.unauthenticated()
            content = await _content(request)
            self.advance()
            call = Call(
                state=self.store.state,
                options=self.options,
                control_plane=self.control_plane,
                path=request.path_params,
                query=_query(request),
                content=content,
                clock=self.clock,
            )
            status, body = handlers[request.method](call)
        except refusals.Refusal as refusal:
            status, body = refusal.status, refusal.body
        self.store.save()
        self.note(request, status, content)
        if body is None:
            return Response(status_code=status)
        headers = {"X-Total-Count": str(body["total_count"])} if "total_count" in body else {}
        return JSONResponse(body, status_code=status, headers=headers)

    def note(self, request: Request, status: int, content: Any) -> None:
        """Log a request: keys of the body, never its values."""
        keys = sorted(content) if isinstance(content, dict) else []
        self.log.append({"method": request.method, "path": request.url.path, "status": status, "body": keys})
        self.say(f"{request.method} {request.url.path} {status}")

    def application(self, *loops: Callable[[], Awaitable[None]]) -> Starlette:
        """The ASGI application; `loops` run beside it from start to shutdown."""

        @contextlib.asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            tasks = [asyncio.ensure_future(loop()) for loop in loops]
            yield
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.store.save()

        everything = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
        storage = StorageRoute("/{path:path}", self._store, methods=everything)
        routes = [Route(path, _endpoint(self, handlers), methods=list(handlers)) for path, handlers in ROUTES.items()]
        admin = [
            Route("/healthz", _json(lambda: {"status": "ok"})),
            Route("/emulator/state", _json(self.everything)),
            Route("/emulator/log", _json(lambda: {"requests": list(self.log)})),
        ]
        unknown = Route("/{path:path}", self._unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        return Starlette(routes=[storage, *routes, *admin, unknown], lifespan=lifespan)

    def everything(self) -> dict[str, Any]:
        """All resources, for tests; there are no secrets among them."""
        self.advance()
        state = self.store.state.model_dump(mode="json")
        for pool in self.store.state.pools.values():
            state["pools"][pool.id]["status"] = fleet.pool_status(self.store.state, pool, self.clock())
        state["api_keys"] = {name: key_shown(key) for name, key in self.store.state.api_keys.items()}
        return state

    async def _store(self, request: Request) -> Response:
        response = await object_storage.answer(self.store.state, self.clock(), request)
        self.store.save()
        place = f"{request.headers['host']}{request.url.path}{'?' if request.url.query else ''}{request.url.query}"
        self.log.append({"method": request.method, "path": place, "status": response.status_code, "body": []})
        self.say(f"{request.method} {place} {response.status_code}")
        return response

    async def _unknown(self, request: Request) -> Response:
        self.note(request, 501, {})
        return JSONResponse({"message": f"not emulated: {request.method} {request.url.path}"}, status_code=501)


def _endpoint(emulator: Emulator, handlers: dict[str, Handler]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await emulator.answer(request, handlers)

    return endpoint


def _json(read: Callable[[], dict[str, Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(read())

    return endpoint


async def _content(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if not raw:
        return {}
    try:
        content = json.loads(raw)
    except ValueError:
        raise refusals.invalid("body", "is not JSON", "format") from None
    if not isinstance(content, dict):
        raise refusals.invalid("body", "is not a JSON object", "format")
    return content


def _query(request: Request) -> dict[str, str]:
    """The query; a parameter that is repeated becomes a comma-separated list."""
    query: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        query[name] = f"{query[name]},{value}" if name in query else value
    return query
