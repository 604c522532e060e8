"""Auth type ldap with real parts: prosody, Cyrus' saslauthd with the file that the image would make, and OpenLDAP's slapd."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from access.access_stacks import document_of, values_of
from access.prosody_site import DOMAIN, saslauthd
from access.prosody_world import (
    Prosody,
    RefusedError,
    TcpClient,
    certificate,
    free_port,
    prosody,
    running,
    tool,
    wait_for_port,
)

from plan.evaluate import evaluate

pytestmark = pytest.mark.tools

BASE = "dc=example,dc=org"
SEARCHER, SEARCHER_PASSWORD = f"cn=jitsi,{BASE}", "may search # only"
PEOPLE = {"anna": ("correct horse", "teacher"), "ben": ("battery staple", "pupil")}
TEACHERS = "(&(uid=%u)(employeeType=teacher))"


@dataclass(frozen=True)
class Directory:
    """A running slapd."""

    plain: str
    encrypted: str
    ca: Path


def _ldif() -> str:
    entries = [
        f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: example\ndc: example\n",
        f"dn: {SEARCHER}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: jitsi\n"
        f"userPassword: {SEARCHER_PASSWORD}\n",
    ]
    for name, (password, kind) in PEOPLE.items():
        entries.append(
            f"dn: uid={name},{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n"
            f"employeeType: {kind}\nuserPassword: {password}\n"
        )
    return "\n".join(entries)


@pytest.fixture(scope="module")
def directory(tmp_path_factory) -> Iterator[Directory]:
    """People, and a searcher who may read what they are but not their passwords; nobody else reads anything."""
    folder = tmp_path_factory.mktemp("slapd")
    ca = certificate(folder / "tls", "localhost")
    (folder / "data").mkdir()
    schemas = "".join(f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
    (folder / "slapd.conf").write_text(
        f"{schemas}modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {folder}/slapd.pid\n"
        f"TLSCertificateFile {ca}\nTLSCertificateKeyFile {folder}/tls/localhost.key\n"
        f'database mdb\nsuffix "{BASE}"\nrootdn "cn=admin,{BASE}"\nrootpw root-of-the-test\ndirectory {folder}/data\n'
        f'access to attrs=userPassword by anonymous auth by * none\naccess to * by dn.exact="{SEARCHER}" read by * none\n'
    )
    (folder / "people.ldif").write_text(_ldif())
    slapd = tool("slapd", "slapd")
    added = subprocess.run(
        [tool("slapadd", "slapd"), "-f", folder / "slapd.conf", "-l", folder / "people.ldif"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert added.returncode == 0, added.stderr
    plain, encrypted = free_port(), free_port()
    addresses = f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{encrypted}"
    with running([slapd, "-d", "0", "-h", addresses, "-f", folder / "slapd.conf"]) as process:
        wait_for_port(plain, process)
        yield Directory(f"ldap://127.0.0.1:{plain}", f"ldaps://127.0.0.1:{encrypted}", ca)


@contextmanager
def asked(
    folder: Path, ldap: Mapping[str, Any], password: str = SEARCHER_PASSWORD, ca: Path | None = None
) -> Iterator[Prosody]:
    """Prosody and saslauthd as the image starts both for a stack with this `auth.ldap`."""
    made = evaluate(values_of({"type": "ldap", "ldap": {"base": BASE, **ldap}}), "test")
    pod = document_of(made, "Deployment", "prosody-s0")["spec"]["template"]["spec"]
    env = {variable["name"]: variable["value"] for variable in pod["containers"][0]["env"] if "value" in variable}
    held = {variable["name"] for variable in pod["containers"][0]["env"] if "valueFrom" in variable}
    if "LDAP_BINDPW" in held:
        env["LDAP_BINDPW"] = password
    if "LDAP_TLS_CACERT_FILE" in env:
        mounted = document_of(made, "ConfigMap", "prosody-s0")["data"]["ca.crt"]
        (folder / "ca.crt").write_text(ca.read_text() if ca else mounted)
        env["LDAP_TLS_CACERT_FILE"] = str(folder / "ca.crt")
    with prosody(env, folder) as server:
        config = folder / "saslauthd.conf"
        config.write_text(saslauthd(env))
        command = [
            tool("saslauthd", "sasl2-bin"),
            "-a",
            "ldap",
            "-O",
            config,
            "-c",
            "-m",
            folder / "sasl",
            "-n",
            "5",
            "-d",
        ]
        with running(command, start_new_session=True) as daemon:
            try:
                for _ in range(200):
                    if (folder / "sasl" / "mux").exists():
                        break
                    daemon.poll()
                    asyncio.run(asyncio.sleep(0.05))
                yield server
            finally:
                os.killpg(daemon.pid, signal.SIGTERM)  # the parent and its five


def login(server: Prosody, name: str, password: str) -> str:
    async def attempt() -> str:
        client = await TcpClient(server, f"{name}@{DOMAIN}", password).enter()
        jid = client.boundjid.bare
        await client.leave()
        return jid

    return asyncio.run(attempt())


@pytest.fixture(scope="module")
def server(directory, tmp_path_factory) -> Iterator[Prosody]:
    """Over TLS, by a searcher, teachers only."""
    ldap = {
        "servers": [directory.encrypted],
        "bindDn": SEARCHER,
        "filter": TEACHERS,
        "ca": directory.ca.read_text(),
    }
    with asked(tmp_path_factory.mktemp("ldap"), ldap) as made:
        yield made


def test_who_the_directory_knows_logs_in(server):
    assert login(server, "anna", "correct horse") == f"anna@{DOMAIN}"


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", "wrong horse"), ("nobody", "correct horse"), ("jitsi", SEARCHER_PASSWORD), ("an*", "correct horse")],
)
def test_who_the_directory_does_not_know_is_refused(name, password, server):
    with pytest.raises(RefusedError, match="not-authorized"):
        login(server, name, password)


def test_whom_the_filter_leaves_out_is_refused_with_the_right_password(server):
    with pytest.raises(RefusedError, match="not-authorized"):
        login(server, "ben", PEOPLE["ben"][0])


def test_a_connection_that_begins_in_the_clear_is_encrypted_before_a_password_travels(directory, tmp_path):
    ldap = {"servers": [directory.plain], "bindDn": SEARCHER, "startTls": True, "ca": directory.ca.read_text()}
    with asked(tmp_path, ldap) as server:
        assert login(server, "ben", "battery staple") == f"ben@{DOMAIN}"


def test_a_directory_with_a_certificate_of_somebody_else_lets_nobody_in(directory, tmp_path):
    ldap = {"servers": [directory.encrypted], "bindDn": SEARCHER, "ca": directory.ca.read_text()}
    other = certificate(tmp_path / "other", "localhost")
    with asked(tmp_path, ldap, ca=other) as server, pytest.raises(RefusedError, match="not-authorized"):
        login(server, "anna", "correct horse")


def test_without_the_searchers_password_nobody_is_found(directory, tmp_path):
    ldap = {"servers": [directory.encrypted], "bindDn": SEARCHER, "ca": directory.ca.read_text()}
    with asked(tmp_path, ldap, password="another") as server, pytest.raises(RefusedError, match="not-authorized"):
        login(server, "anna", "correct horse")
