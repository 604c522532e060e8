"""The HTTP server: a Starlette application over the handlers, with authentication, error bodies and a request log."""

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

from scaleway_emulator import errors
from scaleway_emulator.api import clusters, fleet, zones
from scaleway_emulator.api.iam_applications import key_shown
from scaleway_emulator.api.routes import ROUTES
from scaleway_emulator.call import Call
from scaleway_emulator.kubeconfig import ControlPlane
from scaleway_emulator.object_storage import application as object_storage
from scaleway_emulator.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import Scope

    from scaleway_emulator.api.routes import Handler
    from scaleway_emulator.options import Options

LOG_LENGTH = 2000
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class StorageRoute(Route):
    """A route for all requests to Object Storage's host names."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match on the header Host."""
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else ""
        return super().matches(scope) if object_storage.is_for_storage(host) else (Match.NONE, {})


class Emulator:
    """The emulated cloud: its state, its clock and its last requests."""

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
        """Complete the changes that are due."""
        clusters.forget_deleted(self.store.state, self.clock())
        if self.options.kubeconfig is None:
            fleet.advance_without_control_plane(self.store.state, self.clock())
        fleet.forget_emptied_pools(self.store.state)

    async def answer(self, request: Request, handlers: dict[str, Handler]) -> Response:
        """Answer one API request; the state is on disk before the answer leaves."""
        content: Any = {}
        try:
            if not request.headers.get("x-auth-token"):
                raise errors.unauthenticated()
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
            zones.check(self.store.state, call.path.get("zone"))
            status, body = handlers[request.method](call)
        except errors.Refusal as refusal:
            status, body = refusal.status, refusal.body
        self.store.save()
        self.note(request, status, content)
        if body is None:
            return Response(status_code=status)
        headers = {"X-Total-Count": str(body["total_count"])} if "total_count" in body else {}
        return JSONResponse(body, status_code=status, headers=headers)

    def note(self, request: Request, status: int, content: Any) -> None:
        """Log a request, with the keys of its body and no values."""
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

        storage = StorageRoute("/{path:path}", self._store, methods=[*METHODS, "HEAD"])
        routes = [Route(path, _endpoint(self, handlers), methods=list(handlers)) for path, handlers in ROUTES.items()]
        admin = [
            Route("/healthz", _json(lambda: {"status": "ok"})),
            Route("/emulator/state", _json(self.resources)),
            Route("/emulator/log", _json(lambda: {"requests": list(self.log)})),
            Route("/emulator/lost-zones/{zone}", self._outage, methods=["PUT", "DELETE"]),
        ]
        unknown = Route("/{path:path}", self._unknown, methods=METHODS)
        return Starlette(routes=[storage, *routes, *admin, unknown], lifespan=lifespan)

    def resources(self) -> dict[str, Any]:
        """All resources, without secrets."""
        self.advance()
        state = self.store.state.model_dump(mode="json")
        for pool in self.store.state.pools.values():
            state["pools"][pool.id]["status"] = fleet.pool_status(self.store.state, pool, self.clock())
        state["api_keys"] = {name: key_shown(key) for name, key in self.store.state.api_keys.items()}
        return state

    async def _store(self, request: Request) -> Response:
        response = await object_storage.answer(self.store.state, self.clock(), request)
        self.store.save()
        location = f"{request.headers['host']}{request.url.path}{'?' if request.url.query else ''}{request.url.query}"
        self.log.append({"method": request.method, "path": location, "status": response.status_code, "body": []})
        self.say(f"{request.method} {location} {response.status_code}")
        return response

    async def _outage(self, request: Request) -> Response:
        """Take a zone away (PUT) or give it back (DELETE)."""
        zone = request.path_params["zone"]
        try:
            (zones.lose if request.method == "PUT" else zones.give_back)(self.store.state, zone)
        except errors.Refusal as refusal:
            return JSONResponse(refusal.body, status_code=refusal.status)
        self.store.save()
        self.say(f"zone {zone} {'is lost' if request.method == 'PUT' else 'is back'}")
        return JSONResponse({"lost_zones": self.store.state.lost_zones})

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
        raise errors.invalid("body", "is not JSON", "format") from None
    if not isinstance(content, dict):
        raise errors.invalid("body", "is not a JSON object", "format")
    return content


def _query(request: Request) -> dict[str, str]:
    """The query; a repeated parameter becomes a comma-separated list."""
    query: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        query[name] = f"{query[name]},{value}" if name in query else value
    return query
