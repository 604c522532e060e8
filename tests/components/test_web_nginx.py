"""A real nginx serves the files as web pods mount them: at their paths, with their types, and says nothing of its own in them."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from components.signalling.web_content import CONFIG, LOCATIONS, ROOT, STATIC, WebContent, web_content
from config.meetings import Meetings
from config.web import Web

pytestmark = pytest.mark.tools

IMAGES_PAGES = {
    "index.html": '<head><!--#include virtual="title.html" --><script><!--#include virtual="/config.js" --></script></head>',
    "title.html": "<title>Jitsi Meet</title>",
    "images/watermark.svg": "<svg>jitsi</svg>",
}
"""What the image brings, in short."""
# The rules of the image's server that decide where a path leads: included locations first, folders of the page, pages of rooms,
# and everything below another folder without it, as that folder is a tenant.
SERVER = """
daemon off;
worker_processes 1;
pid {run}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {run}/body;
    proxy_temp_path {run}/proxy;
    fastcgi_temp_path {run}/fastcgi;
    uwsgi_temp_path {run}/uwsgi;
    scgi_temp_path {run}/scgi;
    server {{
        listen unix:{run}/http.sock;
        root {root};
        ssi on;
        ssi_types application/javascript;
        index index.html;
        include {config}/nginx-custom/*.conf;
        location = /config.js {{ alias {config}/config.js; }}
        location ~ ^/({static})/(.*)$ {{ alias {root}/$1/$2; }}
        location ~ ^/([^/?&:'"]+)$ {{ try_files $uri @page; }}
        location @page {{ rewrite ^/(.*)$ / break; }}
        location ~ ^/([^/?&:'"]+)/(.*)$ {{ rewrite ^/([^/?&:'"]+)/(.*)$ /$2; }}
    }}
}}
"""
OWN = {
    "title": "Lessons </title><!--# echo var='document_root' -->",
    "config": {"subject": "</script><!--# echo var='document_root' -->"},
    "files": {
        "images/watermark.svg": {"text": "<svg>own</svg>"},
        "images/logo.svg": {"text": "<svg>logo</svg>"},
        "robots.txt": {"text": "Disallow: /"},
        "forms/a/consent.html": {"text": "<p>Yes</p>"},
        ".well-known/security.txt": {"text": "Contact: x"},
    },
    "branding": {"data": {"backgroundColor": "#fff"}},
}


def served(content: WebContent, folder: Path) -> None:
    """Lay the files out as the pod has them after its start script: mounted ones over the image's, settings added to config.js."""
    root, config = folder / "html", folder / "config"
    for path, text in IMAGES_PAGES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (config / "nginx-custom").mkdir(parents=True)
    for path, data in content.files.items():
        inside = (
            root / path.removeprefix(f"{ROOT}/") if path.startswith(ROOT) else config / path.removeprefix("/config/")
        )
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_bytes(data)
    (config / "config.js").write_text("var config = {};\n" + (config / Path(CONFIG).name).read_text())


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    folder = tmp_path_factory.mktemp("web")
    content = web_content("meet.example.org", Web.model_validate(OWN), Meetings())
    assert LOCATIONS in content.files
    served(content, folder)
    run = tmp_path_factory.mktemp("n")
    user = "user root;" if os.geteuid() == 0 else ""  # pytest's folders are closed to others
    (run / "nginx.conf").write_text(
        user + SERVER.format(run=run, root=folder / "html", config=folder / "config", static="|".join(STATIC))
    )
    with subprocess.Popen([nginx, "-p", str(run), "-c", str(run / "nginx.conf")], stderr=subprocess.PIPE) as process:
        try:
            ends = time.monotonic() + 20
            while not (run / "http.sock").exists():
                assert process.poll() is None, process.stderr.read() if process.stderr else b""
                assert time.monotonic() < ends
                time.sleep(0.05)
            transport = httpx.HTTPTransport(uds=str(run / "http.sock"))
            with httpx.Client(transport=transport, base_url="http://meet.example.org", timeout=20) as client:
                yield client
        finally:
            process.terminate()
            process.wait(20)


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        ("/images/watermark.svg", "image/svg+xml", "<svg>own</svg>"),
        ("/images/logo.svg", "image/svg+xml", "<svg>logo</svg>"),
        ("/robots.txt", "text/plain", "Disallow: /"),
        ("/forms/a/consent.html", "text/html", "<p>Yes</p>"),
        ("/.well-known/security.txt", "text/plain", "Contact: x"),
        ("/static/branding.json", "application/json", "backgroundColor"),
    ],
)
def test_a_file_comes_from_its_path_with_its_type(browser: httpx.Client, path: str, kind: str, text: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind)
    assert text in answer.text


def test_rooms_of_a_folder_s_name_still_open_the_page(browser: httpx.Client) -> None:
    for room in ("/forms", "/forms/lesson", "/lesson"):
        assert "<title>Lessons &lt;/title&gt;" in browser.get(room).text


def test_nothing_in_a_setting_is_carried_out(browser: httpx.Client) -> None:
    for path in ("/", "/config.js"):
        text = browser.get(path).text
        assert "/html" not in text, "nginx told its root folder"
        assert text.count("</script>") == (1 if path == "/" else 0)
    assert "\\u003c/script\\u003e" in browser.get("/config.js").text
