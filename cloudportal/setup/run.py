"""`make run`: a whole portal in the foreground. Ctrl-C stops all of it."""

import os
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from cloudportal.lab import Lab, LabError, can_run
from cloudportal.lab.guest import build_guest
from cloudportal.lab.processes import kill_all
from cloudportal.setup.children import manage, python
from cloudportal.setup.cluster import MAIN
from cloudportal.setup.demo import set_address, welcome
from cloudportal.setup.environment import allowed_hosts, browser_address, django_environment, is_free
from cloudportal.setup.keeper import keep, marked
from cloudportal.setup.owner import MARK, Owner
from cloudportal.setup.places import LOCAL, LOGS
from cloudportal.setup.runlock import AlreadyRunning, run_lock
from cloudportal.setup.server import ClusterError
from cloudportal.setup.static_files import collect_if_changed
from cloudportal.setup.steps import StepFailed, run_step, say, step
from cloudportal.setup.supervisor import Supervisor
from cloudportal.setup.tables import migrate_if_needed

GUEST_IMAGE = LOCAL / "cache" / "guest.qcow2"
LAB_BASE = LOCAL / "lab"
_SERVING_SECONDS = 90.0


class Stop(BaseException):
    """Somebody wants the portal to end."""


def main() -> int:
    host, port = os.environ.get("HOST") or "127.0.0.1", int(os.environ.get("PORT") or "8000")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with run_lock(LOCAL / "run.lock", browser_address(host, port)), ExitStack() as cleanup:
            serve(host, port, cleanup)
    except Stop:
        say("  Everything is stopped.")
    except (AlreadyRunning, StepFailed, ClusterError, LabError) as error:
        say(f"\n{error}")
        return 1
    return 0


def serve(host: str, port: int, cleanup: ExitStack) -> None:
    """Bring everything up and keep it up; every part registers how it goes away again."""
    if not is_free(host, port):
        raise StepFailed(f"Port {port} is in use on {host}. Choose another one: make run PORT={port + 1000}")
    live_port = next(candidate for candidate in range(port + 1, port + 100) if is_free(host, candidate))
    environment = _environment(host, live_port, cleanup)
    migrate_if_needed(environment)
    collect_if_changed(environment)
    zone = _bring_up_zone(cleanup)
    supervisor = _supervisor(environment, host, port, live_port)
    cleanup.callback(_stop_children, supervisor)
    supervisor.tend()  # they take seconds to start, and so does the next step
    run_step("Filling the demonstration cloud", manage("seed_demo", *zone), environment)
    address = browser_address(host, port)
    set_address(LOCAL / "demo.json", address)
    supervisor.add("worker", manage("runworker"), LOGS / "worker.log")
    with step("Starting web, live and worker"):
        _wait_until_serving(supervisor, address)
    say(welcome(LOCAL / "demo.json"))
    while True:
        supervisor.tend()
        time.sleep(0.2)


def _environment(host: str, live_port: int, cleanup: ExitStack) -> dict[str, str]:
    environment = django_environment(os.environ, database_url=_database(cleanup))
    environment.setdefault("ALLOWED_HOSTS", allowed_hosts(host))
    return environment | {"LIVE_PORT": str(live_port), MARK: str(Owner.this_process())}


def _database(cleanup: ExitStack) -> str:
    """The URL of the user's own database, or of the embedded one, which goes away with us."""
    if url := os.environ.get("DATABASE_URL"):
        keep(None)
        return url
    with step("Starting PostgreSQL"):
        ours = MAIN.claim(Owner.this_process())
        keep(MAIN if ours else None)
        if ours:
            cleanup.callback(MAIN.stop)
        return MAIN.start()


def _bring_up_zone(cleanup: ExitStack) -> list[str]:
    """The lab, or what takes its place where the machine can't carry one; as arguments for the seed."""
    if refusal := can_run() or _guest_refusal():
        say(f"  {refusal}")
        say("  A simulated zone takes its place; everything else is the same.")
        return ["--simulated"]
    lab = Lab(LAB_BASE)
    with step("Bringing up OVN and two KVM hosts"):
        if lab.up():
            cleanup.callback(lab.down)
    return ["--lab-base", str(lab.base)]


def _guest_refusal() -> str:
    """Empty when there is a guest image, else why there can't be one: another distribution, no network."""
    try:
        with step("Guest image"):
            build_guest(GUEST_IMAGE)
    except LabError as error:
        return f"The small guest can't be built: {str(error).splitlines()[0]}"
    return ""


def _supervisor(environment: dict[str, str], host: str, port: int, live_port: int) -> Supervisor:
    bind = f"[{host}]" if ":" in host else host
    gunicorn = ["-m", "gunicorn", "cloudportal.wsgi", "--bind", f"{bind}:{port}", "--worker-class", "gthread"]
    gunicorn += ["--workers", "2", "--threads", "8", "--graceful-timeout", "5", "--no-control-socket"]
    uvicorn = ["-m", "uvicorn", "cloudportal.live.asgi:application", "--host", host, "--port", str(live_port)]
    # The addresses of consoles hold their tokens, which belong in no log.
    uvicorn += ["--timeout-graceful-shutdown", "3", "--no-access-log"]
    supervisor = Supervisor(environment | {"PROMETHEUS_MULTIPROC_DIR": str(_empty(LOCAL / "metrics"))}, say)
    supervisor.add("web", python(*gunicorn), LOGS / "web.log")
    supervisor.add("live", python(*uvicorn), LOGS / "live.log")
    return supervisor


def _empty(directory: Path) -> Path:
    """What processes of an earlier run counted is not what these do."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def _wait_until_serving(supervisor: Supervisor, address: str) -> None:
    deadline = time.monotonic() + _SERVING_SECONDS
    while not _serves(address):
        supervisor.tend()
        if time.monotonic() > deadline:
            raise StepFailed(f"The portal does not answer. Its logs are in {LOGS}.")
        time.sleep(0.1)


def _serves(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}healthz", timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _stop_children(supervisor: Supervisor) -> None:
    say("\n  Stopping …")
    supervisor.stop()
    # What outlives the worker that began it, such as the examination of a large image.
    kill_all(marked(Owner.this_process()))


def _stop(_number: int, _frame: FrameType | None) -> None:
    # Once is enough: a second Ctrl-C must not interrupt the cleaning up.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stop


if __name__ == "__main__":
    sys.exit(main())
