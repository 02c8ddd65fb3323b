"""Connections to libvirt: one for each process and url, opened when first used and again when it died."""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import libvirt

from cloudportal.infrastructure.drivers.deadline import within
from cloudportal.infrastructure.drivers.errors import DriverError, Fatal, Retryable
from cloudportal.infrastructure.drivers.libvirt_errors import translated
from cloudportal.infrastructure.drivers.libvirt_events import event_loop
from cloudportal.infrastructure.drivers.registry import redacted

if TYPE_CHECKING:
    from collections.abc import Iterable

CONNECT = "Connect to the engine"
CONNECT_SECONDS = 15.0
CALL_SECONDS = 60.0
KEEPALIVE_SECONDS = 5
KEEPALIVE_MISSES = 3
# A worker that tours thousands of hosts keeps the connections that it used last.
CONNECTIONS_KEPT = 128

Answer = TypeVar("Answer")
# https://libvirt.org/uri.html#transport-configuration, without `command`, `netcat` and whatever else starts something.
PARAMETERS = {"socket", "keyfile", "known_hosts", "known_hosts_verify", "no_tty", "pkipath"}


class LibvirtSession:
    """One libvirt daemon. Cheap to make; the connection behind it is shared by the whole process."""

    def __init__(self, url: str, username: str = "", password: str = "") -> None:
        self.url = url
        self._key = (url, username, password)

    @property
    def is_local(self) -> bool:
        """Whether the daemon is reached through a unix socket, which can carry file descriptors."""
        parts = urlsplit(self.url)
        return parts.scheme == "qemu+unix" or (parts.scheme == "qemu" and not parts.hostname)

    @property
    def is_test(self) -> bool:
        """Whether this is libvirt's own test driver, which has no guests, switches or screens."""
        return urlsplit(self.url).scheme == "test"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "localhost"

    def call(
        self,
        what: str,
        work: Callable[[libvirt.virConnect], Answer],
        *,
        seconds: float | None = CALL_SECONDS,
    ) -> Answer:
        """Run `work` with the connection and return what it returns; without `seconds` for as long as it takes.

        Raises:
            Retryable, Fatal, NotFound, Unsupported: in words that begin with `what`.
        """
        if seconds is None:
            return self._guarded(what, lambda: work(self._connection()))
        try:
            return within(seconds, what, lambda: self._guarded(what, lambda: work(self._connection())))
        except Retryable:
            _connections.drop_dead(self._key)
            raise

    def _connection(self) -> libvirt.virConnect:
        return _connections.get(self._key)

    def _guarded(self, what: str, work: Callable[[], Answer]) -> Answer:
        try:
            return work()
        except libvirt.libvirtError as error:
            if _connections.drop_dead(self._key):
                where = f"{redacted(self.url)}: {error}"
                raise Retryable(f"{what}: lost the connection to the engine.", where) from error
            raise translated(error, what) from error


_Key = tuple[str, str, str]


class _Connections:
    """The process's cache. After a fork the child starts with an empty one."""

    def __init__(self) -> None:
        self._inherited: list[Iterable[libvirt.virConnect]] = []
        self._empty()

    def _empty(self) -> None:
        self._lock = threading.Lock()
        self._opening: dict[_Key, threading.Lock] = {}
        self._open: OrderedDict[_Key, libvirt.virConnect] = OrderedDict()

    def after_fork(self) -> None:
        # Closing an inherited connection would say goodbye on the parent's socket: keep it unused for ever.
        self._inherited.append(self._open.values())
        self._empty()

    def get(self, key: _Key) -> libvirt.virConnect:
        with self._lock:
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:
            with self._lock:
                connection = self._open.get(key)
                if connection is not None and _is_alive(connection):
                    self._open.move_to_end(key)
                    return connection
            connection = _open(*key)
            with self._lock:
                self._open[key] = connection
                while len(self._open) > CONNECTIONS_KEPT:
                    self._open.popitem(last=False)
            return connection

    def drop_dead(self, key: _Key) -> bool:
        """Forget the connection if it is dead; whether it was."""
        with self._lock:
            connection = self._open.get(key)
            if connection is None or _is_alive(connection):
                return False
            del self._open[key]
            return True

    def close(self, key: _Key) -> None:
        with self._lock:
            self._open.pop(key, None)


def _is_alive(connection: libvirt.virConnect) -> bool:
    try:
        return bool(connection.isAlive())
    except libvirt.libvirtError:
        return False


def _open(url: str, username: str, password: str) -> libvirt.virConnect:
    """Raises Retryable or Fatal with the url in what is for operators, never with the password."""
    _refuse_parameters(url)
    try:
        keepalive = not url.startswith("test:") and event_loop.runs()
        connection = within(CONNECT_SECONDS, CONNECT, lambda: _open_engine(unattended(url), username, password))
        if keepalive:
            connection.setKeepAlive(KEEPALIVE_SECONDS, KEEPALIVE_MISSES)
    except libvirt.libvirtError as error:
        raise _refused(error, url) from error
    except Retryable as silence:
        raise Retryable(silence.message, redacted(url)) from silence
    return connection


def _refuse_parameters(url: str) -> None:
    """Some of libvirt's URL parameters name programs that run on this machine. It takes ; for & as well."""
    asked = {unquote(part.partition("=")[0]) for part in re.split("[&;]", urlsplit(url).query) if part}
    if strange := sorted(asked - PARAMETERS):
        raise Fatal(f"The URL has parameters that are not accepted: {', '.join(strange)}.")


def _open_engine(url: str, username: str, password: str) -> libvirt.virConnect:
    answers = {libvirt.VIR_CRED_AUTHNAME: username, libvirt.VIR_CRED_PASSPHRASE: password}

    def fill(credentials: list[list[object]], _opaque: None) -> int:
        for credential in credentials:
            credential[4] = answers.get(int(str(credential[0])), "")
        return 0

    return libvirt.openAuth(url, [list(answers), fill, None], 0)


def _refused(error: libvirt.libvirtError, url: str) -> DriverError:
    failure = translated(error, CONNECT)
    # A daemon that restarts looks like a missing socket or a refused connection, whose errno is final elsewhere.
    is_system = error.get_error_code() == libvirt.VIR_ERR_SYSTEM_ERROR
    return (Retryable if is_system else type(failure))(failure.message, f"{redacted(url)}: {failure.engine}")


def unattended(url: str) -> str:
    """The url such that ssh never stops to ask a question that nobody can answer."""
    parts = urlsplit(url)
    if not parts.scheme.endswith("+ssh"):
        return url
    return parts._replace(query=urlencode({"no_tty": "1"} | dict(parse_qsl(parts.query)))).geturl()


_connections = _Connections()
os.register_at_fork(after_in_child=_connections.after_fork)
# libvirt prints every error to stderr as well as raising it.
libvirt.registerErrorHandler(lambda _context, _error: None, None)
