"""What browsers meet at the edge: headers, limits, addresses, pages, maintenance, and what stays closed."""

import asyncio
import json
import socket
import ssl
import subprocess

import pytest
from edge.edge_world import Browser, World, edge, shard

from components.ingress.edge_settings import HTTP_BIND_PORT, HTTPS_BIND_PORT, STATS_PORT
from config.balancer import PROBE_ANSWER, PROBE_PATH

pytestmark = pytest.mark.tools

TWO = (shard(0), shard(1))


def test_the_real_address_reaches_prosody_and_a_claimed_one_does_not():
    async def run():
        async with World(edge(TWO, replicas=1, proxy_protocol=True)) as world:
            for double in world.shards.values():
                double.keep_requests = True
            await asyncio.to_thread(_through_balancer, world)
            (request,) = [r for double in world.shards.values() for r in double.requests]
            assert request.headers["x-forwarded-for"] == "203.0.113.7"
            assert request.headers["x-real-ip"] == "203.0.113.7"
            assert "forwarded" not in request.headers
            assert request.headers["host"] == "meet.jitsi"
            assert request.target == "/http-bind?prefix=Tenant&room=a"

    asyncio.run(run())


def _through_balancer(
    world: World, source: str = "", header: str = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n"
) -> None:
    with socket.create_connection(
        (world.proxies[0].address, HTTPS_BIND_PORT), timeout=5, source_address=(source, 0)
    ) as plain:
        plain.sendall(header.encode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(plain) as connection:
            claims = "X-Forwarded-For: 10.0.0.1\r\nForwarded: for=10.0.0.1\r\nX-Real-IP: 10.0.0.1\r\n"
            connection.sendall(f"GET /Tenant/http-bind?room=a HTTP/1.1\r\nHost: x\r\n{claims}\r\n".encode())
            assert b" 200 " in connection.recv(4096)


@pytest.mark.parametrize("turn_host", [None, "turn.example.org"])
def test_a_pod_cannot_claim_another_address_but_is_served_under_its_own(turn_host: str | None):
    async def run():
        async with World(
            edge(TWO, replicas=1, proxy_protocol=True, pods="127.77.0.0/16", turn_host=turn_host)
        ) as world:
            for double in world.shards.values():
                double.keep_requests = True
            with pytest.raises((ssl.SSLError, OSError)):
                await asyncio.to_thread(_through_balancer, world, "127.77.0.1")
            assert not any(double.requests for double in world.shards.values())
            await asyncio.to_thread(_through_balancer, world, "127.77.0.1", "")
            await asyncio.to_thread(_through_balancer, world, "127.78.0.1")
            seen = [r.headers["x-forwarded-for"] for double in world.shards.values() for r in double.requests]
            assert sorted(seen) == ["127.77.0.1", "203.0.113.7"]

    asyncio.run(run())


def test_every_answer_carries_the_security_headers_and_no_server_name():
    async def run():
        async with World(edge(TWO, replicas=1)) as world:
            browser = Browser(world, 0)
            for target in ("/page", "/http-bind?room=a"):
                _, headers, _ = await browser.get(target)
                assert headers["strict-transport-security"] == "max-age=31536000"
                assert headers["x-content-type-options"] == "nosniff"
                assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
                assert "server" not in headers
            status, headers, _ = await Browser(world, 0, tls=False).get("/page")
            assert (status, headers["location"]) == (301, "https://meet.example.org/page")

    asyncio.run(run())


def test_an_address_that_asks_too_much_gets_429():
    async def run():
        async with World(edge(TWO, replicas=1, requests_per_address=50)) as world:
            browser = Browser(world, 0)
            statuses = [(await browser.get("/page"))[0] for _ in range(60)]
            assert statuses[:50] == [200] * 50
            assert statuses[-1] == 429

    asyncio.run(run())


def test_maintenance_shows_a_page_and_lets_meetings_go_on():
    async def run():
        async with World(edge(TWO, replicas=1, maintenance=True)) as world:
            browser = Browser(world, 0)
            status, headers, body = await browser.get("/some-room")
            assert (status, headers["retry-after"]) == (503, "120")
            assert b"Back soon" in body
            assert (await browser.get("/http-bind?room=a"))[0] == 200

    asyncio.run(run())


def test_pages_come_from_active_shards_and_from_others_when_those_are_gone():
    async def run():
        async with World(edge((shard(0), shard(1, "draining")), replicas=1)) as world:
            browser = Browser(world, 0)
            assert {(await browser.get("/page"))[2] for _ in range(6)} == {b"s0"}
            world.shards["s0"].die()
            await asyncio.sleep(9)
            assert (await browser.get("/page"))[2] == b"s1"
            world.shards["s1"].die()
            await asyncio.sleep(9)
            status, _, body = await browser.get("/page")
            assert status == 503
            assert b"Back soon" in body

    asyncio.run(run())


def test_metrics_are_apart_from_what_is_public_and_no_statistics_page_answers():
    async def run():
        async with World(edge(TWO, replicas=1)) as world:
            address = world.proxies[0].address
            for port in (HTTP_BIND_PORT, HTTPS_BIND_PORT):
                assert b"haproxy_" not in await asyncio.to_thread(_plain, address, port, "/metrics")
            assert b"haproxy_process" in await asyncio.to_thread(_plain, address, STATS_PORT, "/metrics")
            for path in ("/stats", "/haproxy?stats", "/;csv", "/pulse/all", "/shards/s0"):
                assert b" 404 " in await asyncio.to_thread(_plain, address, STATS_PORT, path)

    asyncio.run(run())


def _plain(address: str, port: int, path: str) -> bytes:
    with socket.create_connection((address, port), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def test_browsers_get_http_2():
    async def run():
        async with World(edge(TWO, replicas=1)) as world:
            url = f"https://{world.proxies[0].address}:{HTTPS_BIND_PORT}/page"
            command = ["curl", "-sk", "--http2", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", url]
            done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
            assert done.stdout == "2 200"

    asyncio.run(run())


def test_requests_are_logged_as_json_where_logs_are_collected_whatever_a_client_asks_for():
    async def run():
        async with World(edge(TWO, replicas=1, json_logs=True)) as world:
            for path in ('/a"b\\c', "/page?room=secret", "/http-bind?room=secret"):
                await Browser(world, 0).get(path)
            await Browser(world, 0, tls=False).get("/plain")
            await asyncio.sleep(0.5)
            lines = [line for line in world.proxies[0].log.read_text().splitlines() if '"client"' in line]
        logged = [json.loads(line) for line in lines]
        assert [each["path"] for each in logged] == ['/a"b\\c', "/page", "/http-bind", "/plain"]
        assert {each["status"] for each in logged} <= {200, 301, 400, 404}
        assert all(each["ms"]["total"] >= 0 and each["method"] == "GET" for each in logged)
        assert "secret" not in "".join(lines)

    asyncio.run(run())


@pytest.mark.parametrize(("acme", "tls"), [(True, True), (True, False), (False, True)])
def test_a_further_host_name_leads_to_the_domain_with_path_and_query(acme: bool, tls: bool):
    async def run():
        async with World(edge(TWO, replicas=1, aliases=("video.example.org", "m.example.org"), acme=acme)) as world:
            browser = Browser(world, 0, tls=tls)
            for host in ("video.example.org", "M.example.org:443"):
                status, headers, _ = await browser.get("/school/lesson?jwt=abc", Host=host)
                assert (status, headers["location"]) == (307, "https://meet.example.org/school/lesson?jwt=abc")
            status, _, _ = await Browser(world, 0).get("/lesson", Host="meet.example.org")
            assert status == 200
            if acme and not tls:
                path = "/.well-known/acme-challenge/token"
                status, headers, _ = await browser.get(path, Host="video.example.org")
                assert "location" not in headers, "the certificate of the name is ordered here"

    asyncio.run(run())


def test_name_servers_are_answered_over_http_where_they_choose_among_load_balancers():
    async def run():
        for probed in (True, False):
            async with World(edge(TWO, replicas=1, probed=probed)) as world:
                status, _, body = await Browser(world, 0, tls=False).get(PROBE_PATH)
                assert (status, PROBE_ANSWER in body.decode()) == ((200, True) if probed else (301, False))
                status, _, _ = await Browser(world, 0, tls=False).get("/lesson")
                assert status == 301, "everything else goes to HTTPS"

    asyncio.run(run())
