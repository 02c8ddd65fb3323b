"""A connection to a directory's server, always encrypted, that goes to the very address that was judged.

libldap connects to names by itself, and would resolve them again. So the connection is made here, with TLS of Python's
`ssl`, and libldap gets one end of a pair of sockets; a thread carries what comes out of it.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1_modules import rfc2251

from cloudportal.core.addresses import Internal, Unknown, allowed_address
from tenants.directory.base import Directory, DirectoryProblem, Progress

SECONDS, SECONDS_IN_ALL = 5, 30
PORTS = {"ldap": 389, "ldaps": 636}
PIECE = 65_536
# RFC 4511, 4.14.
START_TLS = "1.3.6.1.4.1.1466.20037"
LONGEST_ANSWER = 4096


@contextmanager
def linked(directory: Directory, progress: Progress) -> Iterator[tuple[str, socket.socket]]:
    """The first server that answers, and a socket that speaks LDAP with it, for libldap to have and to close.

    Raises:
        DirectoryProblem: none does; with what is wrong with the last of them.
    """
    problem = DirectoryProblem("connect", "There is no server.")
    for server in directory.servers:
        try:
            far = _connected(server, directory, progress)
        except DirectoryProblem as error:
            problem = error
            continue
        near, other = socket.socketpair()
        carrier = threading.Thread(target=_carry, args=(other, far), daemon=True, name="directory")
        carrier.start()
        try:
            yield server, near
        finally:
            near.close()
            with suppress(OSError):
                other.shutdown(socket.SHUT_RDWR)
            carrier.join(SECONDS)
        return
    raise problem


def _connected(server: str, directory: Directory, progress: Progress) -> ssl.SSLSocket:
    parts = urlsplit(server)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    try:
        address = allowed_address(host, port, directory.internal)
        plain = socket.create_connection((address, port), timeout=SECONDS)
    except Unknown as error:
        raise DirectoryProblem("connect", f"There is no host called {host}.") from error
    except Internal as error:
        raise DirectoryProblem("connect", f"{host} is an internal address.") from error
    except OSError as error:
        raise DirectoryProblem("connect", f"{server} does not answer: {error.strerror or error}.") from error
    progress("connect", f"Connected to {server}.")
    try:
        if parts.scheme == "ldap":
            _start_tls(plain, server)
        far = _trust(directory.certificates).wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise DirectoryProblem("encrypt", f"The certificate of {server} is refused: {error.verify_message}.") from error
    except (OSError, DirectoryProblem) as error:
        plain.close()
        if isinstance(error, DirectoryProblem):
            raise
        raise DirectoryProblem("encrypt", f"{server} does not speak TLS as it should: {error}.") from error
    progress("encrypt", f"The certificate is good; {far.version()}.")
    return far


def _trust(certificates: str) -> ssl.SSLContext:
    """Certificate and name are checked, always."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificates:
        context.load_verify_locations(cadata=certificates)
    else:
        context.load_default_certs()
    return context


def _start_tls(plain: socket.socket, server: str) -> None:
    request = rfc2251.LDAPMessage()
    request["messageID"] = 1
    request["protocolOp"]["extendedReq"]["requestName"] = START_TLS
    plain.sendall(encoder.encode(request))
    answer, rest = b"", _rest_of(b"")
    while rest is None:
        piece = plain.recv(LONGEST_ANSWER)
        answer += piece
        if not piece or len(answer) > LONGEST_ANSWER:
            raise DirectoryProblem("encrypt", f"{server} does not answer StartTLS.")
        rest = _rest_of(answer)
    message, _ = decoder.decode(answer, asn1Spec=rfc2251.LDAPMessage())
    operation = message["protocolOp"]
    if operation.getName() != "extendedResp" or int(operation["extendedResp"]["resultCode"]) != 0:
        raise DirectoryProblem("encrypt", f"{server} refuses StartTLS, and is not asked without.")
    if rest:
        # Whatever stands behind the answer was sent before there was a key, by anybody.
        raise DirectoryProblem("encrypt", f"{server} sends more than an answer to StartTLS.")


def _rest_of(answer: bytes) -> bytes | None:
    """What stands behind the first message; None while that is not whole."""
    try:
        rest: bytes = decoder.decode(answer, asn1Spec=rfc2251.LDAPMessage())[1]
    except PyAsn1Error:
        return None
    return rest


def _carry(near: socket.socket, far: ssl.SSLSocket) -> None:
    """Carry bytes both ways until one end closes, or for as long as a sign-in may take."""
    end = time.monotonic() + SECONDS_IN_ALL
    with near, far, selectors.DefaultSelector() as ready, suppress(OSError):
        near.settimeout(SECONDS)
        ready.register(near, selectors.EVENT_READ)
        ready.register(far, selectors.EVENT_READ)
        while time.monotonic() < end:
            for key, _ in ready.select(1):
                if not (_out(near, far) if key.fileobj is near else _in(near, far)):
                    return


def _out(near: socket.socket, far: ssl.SSLSocket) -> bool:
    piece = near.recv(PIECE)
    if piece:
        far.settimeout(SECONDS)
        far.sendall(piece)
    return bool(piece)


def _in(near: socket.socket, far: ssl.SSLSocket) -> bool:
    """Everything that TLS has ready: the selector sees the socket, not what is decrypted already."""
    far.setblocking(False)
    while True:
        try:
            piece = far.recv(PIECE)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        if not piece:
            return False
        near.sendall(piece)
