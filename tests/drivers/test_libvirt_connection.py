"""Connections to libvirt: shared by a process, never by two, and honest about what went wrong."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("libvirt", reason="libvirt-python is not installed")

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound, Retryable
from cloudportal.infrastructure.drivers.libvirt_connection import LibvirtSession, unattended

TEST = "test:///default"

ROOT = Path(__file__).resolve().parents[2]
FORKS = """
import multiprocessing
from cloudportal.infrastructure.drivers.libvirt_connection import LibvirtSession

session = LibvirtSession("test:///default")
mine = session.call("connect", lambda connection: connection)
receiver, sender = multiprocessing.Pipe(duplex=False)

def work():
    theirs = session.call("connect", lambda connection: connection)
    sender.send((theirs is mine, theirs.getHostname()))

worker = multiprocessing.get_context("fork").Process(target=work)
worker.start()
worker.join(20)
assert worker.exitcode == 0
print(*receiver.recv(), bool(mine.isAlive()))
"""


def test_sessions_of_one_url_share_a_connection() -> None:
    first = LibvirtSession(TEST).call("connect", lambda connection: connection)
    second = LibvirtSession(TEST).call("connect", lambda connection: connection)

    assert first is second


def test_a_forked_worker_opens_its_own_connection() -> None:
    # In a process of its own: threads of other tests may be inside libvirt, and a fork keeps the locks that they hold.
    done = subprocess.run(
        [sys.executable, "-c", FORKS], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    is_mine, host, mine_lives = done.stdout.split()
    assert (is_mine, mine_lives) == ("False", "True")
    assert host


def test_an_error_says_what_was_attempted_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotFound, match=r"Start the instance: it is not there any more. \(Domain not found"):
        LibvirtSession(TEST).call("Start the instance", lambda connection: connection.lookupByName("none"))

    assert capfd.readouterr().err == ""


def test_a_host_that_refuses_is_worth_another_attempt() -> None:
    with pytest.raises(Retryable, match="Connection refused") as refusal:
        LibvirtSession("qemu+tcp://127.0.0.1:1/system").call("ping", lambda connection: connection.getHostname())

    assert "127.0.0.1" not in refusal.value.message, "tenants read it"
    assert refusal.value.engine.startswith("qemu+tcp://127.0.0.1:1/system: ")


def test_a_daemon_that_is_down_is_worth_another_attempt(tmp_path: Path) -> None:
    url = f"qemu+unix:///system?socket={tmp_path}/none"

    with pytest.raises(Retryable, match="No such file"):
        LibvirtSession(url).call("ping", lambda connection: connection.getHostname())


def test_a_host_that_takes_the_call_and_says_nothing_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"qemu+tcp://127.0.0.1:{silent.getsockname()[1]}/system"
        began = time.monotonic()

        with pytest.raises(Retryable, match=r"no answer within 0\.5 s"):
            LibvirtSession(url).call("Reach the host", lambda connection: connection.getHostname(), seconds=0.5)

    assert time.monotonic() - began < 2


def test_a_password_in_a_url_is_in_no_message() -> None:
    with pytest.raises(Retryable) as refusal:
        LibvirtSession("qemu+tcp://root:hunter2@127.0.0.1:1/system").call("ping", lambda connection: None)

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("qemu+ssh://root@kvm1/system", "qemu+ssh://root@kvm1/system?no_tty=1"),
        ("qemu+ssh://root@kvm1/system?keyfile=/k", "qemu+ssh://root@kvm1/system?no_tty=1&keyfile=%2Fk"),
        ("qemu+tls://kvm1/system", "qemu+tls://kvm1/system"),
    ],
)
def test_ssh_never_asks_a_question(url: str, expected: str) -> None:
    assert unattended(url) == expected


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("qemu:///system", True),
        ("qemu+unix:///system?socket=/x", True),
        ("qemu+tls://kvm1/system", False),
        ("qemu+ssh://kvm1/system", False),
    ],
)
def test_only_a_unix_socket_can_carry_screens(url: str, local: bool) -> None:
    assert LibvirtSession(url).is_local is local


@pytest.mark.parametrize(
    "query", ["command=/bin/true", "socket=/x;command=/bin/true", "netcat=/bin/true", "%63ommand=x"]
)
def test_a_url_can_not_name_a_program_to_run(query: str) -> None:
    session = LibvirtSession(f"qemu+ssh://127.0.0.1/system?{query}")

    with pytest.raises(Fatal, match="parameters that are not accepted"):
        session.call("Ask", lambda connection: connection.getVersion())
