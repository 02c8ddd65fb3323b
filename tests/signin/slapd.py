"""A real directory on loopback: Debian's slapd as a private process, with a certificate of its own."""

from __future__ import annotations

import importlib.util
import pkgutil
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.browser.portal import free_port
from tests.conftest import skip_real_thing
from tests.signin.certificates import certify

SLAPD, SCHEMA = "/usr/sbin/slapd", Path("/etc/ldap/schema")
START_SECONDS = 20
BASE = "dc=acme,dc=example"
PERSON_PASSWORD = "of-the-person"
READER, READER_PASSWORD = f"cn=reader,{BASE}", "of-the-reader"

_CONFIGURATION = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {place}/slapd.pid
TLSCertificateFile {place}/server.pem
TLSCertificateKeyFile {place}/server.key
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
rootpw of-the-root
directory {place}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
"""

_ENTRIES = """
dn: {base}
objectClass: dcObject
objectClass: organization
dc: acme
o: Acme

dn: {reader}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: reader
userPassword: {password}

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{base}
objectClass: organizationalUnit
ou: groups

dn: ou=elsewhere,{base}
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:9/ou=elsewhere,{base}
"""


@dataclass
class Slapd:
    """A directory that runs, and what may be done to it from outside."""

    place: Path
    port: int
    tls_port: int
    certificate: str
    process: Any = field(default=None)

    @property
    def start_tls(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ldaps(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def add(self, text: str) -> None:
        """Entries, from LDIF. The server sees them at once: the database is made for several processes."""
        command = [str(self.place / "slapd"), "-T", "add", "-f", str(self.place / "slapd.conf")]
        subprocess.run(command, input=text.encode(), check=True, capture_output=True)

    def person(self, uid: str, password: str = PERSON_PASSWORD, **more: str) -> None:
        facts = {"sn": uid.title(), "cn": uid.title(), "givenName": uid.title(), "mail": f"{uid}@acme.example"} | more
        lines = [f"dn: uid={uid},ou=people,{BASE}", "objectClass: inetOrgPerson", f"uid: {uid}"]
        lines += [f"{name}: {value}" for name, value in facts.items()] + [f"userPassword: {password}"]
        self.add("\n".join(lines) + "\n")

    def group(self, name: str, *members: str) -> None:
        lines = [f"dn: cn={name},ou=groups,{BASE}", "objectClass: groupOfNames", f"cn: {name}"]
        lines += [f"member: uid={uid},ou=people,{BASE}" for uid in members]
        self.add("\n".join(lines) + "\n")

    def rename(self, uid: str, new: str) -> None:
        self._root().rename_s(f"uid={uid},ou=people,{BASE}", f"uid={new}")

    def remove_group(self, name: str) -> None:
        self._root().delete_s(f"cn={name},ou=groups,{BASE}")

    def _root(self) -> Any:
        session = pkgutil.resolve_name("ldap").initialize(self.start_tls)
        session.simple_bind_s(f"cn=root,{BASE}", "of-the-root")
        return session

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def needs_bindings() -> None:
    if importlib.util.find_spec("ldap") is None:
        skip_real_thing("The extra ldap is not installed")


@contextmanager
def directory(place: Path, names: tuple[str, ...] = ("127.0.0.1",)) -> Iterator[Slapd]:
    """A directory with a reader and nobody else; `names`: whom its certificate is for."""
    needs_bindings()
    if not Path(SLAPD).exists() or not SCHEMA.exists():
        skip_real_thing("The package slapd is not installed")
    # A copy: where AppArmor confines the system's own, it may not read files of tests.
    shutil.copy(SLAPD, place / "slapd")
    (place / "data").mkdir()
    certificate = certify(place, names)
    text = _CONFIGURATION.format(schema=SCHEMA, place=place, base=BASE, reader=READER)
    (place / "slapd.conf").write_text(text)
    found = Slapd(place, free_port(), free_port(), certificate)
    found.add(_ENTRIES.format(base=BASE, reader=READER, password=READER_PASSWORD))
    command = [
        str(place / "slapd"), "-d", "0", "-f", str(place / "slapd.conf"), "-h", f"{found.start_tls}/ {found.ldaps}/",
    ]  # fmt: skip
    found.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(found)
        yield found
    finally:
        found.process.kill()
        found.process.wait()


def _wait_for(found: Slapd) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert found.process.poll() is None, "slapd ended"
        try:
            socket.create_connection(("127.0.0.1", found.tls_port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("slapd does not answer")
