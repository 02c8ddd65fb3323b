"""Templates: fetched from a stranger's address or uploaded, and trusted with nothing."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cloudportal.core.driver_errors import Fatal
from cloudportal.core.errors import Conflict, InvalidInput, PermissionDenied
from cloudportal.core.models import UsageEvent
from cloudportal.jobs.inline import run_once
from cloudportal.jobs.models import Job
from cloudportal.jobs.services import cancel, start
from compute.workflows import RECONCILE
from storage import fetching
from storage.engines import incoming_file, template_file
from storage.images import inspect
from storage.models import Template, TemplateCopy
from storage.services.templates import delete_template, register_template, upload_template
from storage.workflows import register_template as workflow
from tenants.actor import SYSTEM, Actor
from tenants.models import Account
from tests import factories
from tests.conftest import RunJobs
from tests.crashes import dying_at
from tests.factories import MIB, Cloud

IMAGE = factories.raw_image(3 * MIB).getvalue()
SUM = f"sha256:{hashlib.sha256(IMAGE).hexdigest()}"


@dataclass
class Mirror:
    """A web server on the loopback interface, which may behave badly."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    cut_after: int = 0
    ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def mirror(settings: Any) -> Iterator[Mirror]:
    settings.TEMPLATE_INTERNAL_NETWORKS = ["127.0.0.0/8"]
    mirror = Mirror(files={"/image.raw": IMAGE})
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(mirror))
    mirror.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield mirror
    server.shutdown()
    thread.join()
    server.server_close()


def _handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            mirror.asked.append((self.path, asked))
            if self.path in mirror.redirects:
                self.send_response(302)
                self.send_header("Location", mirror.redirects[self.path])
                self.end_headers()
                return
            if self.path not in mirror.files:
                self.send_error(404)
                return
            self._send(
                mirror.files[self.path], int(asked.removeprefix("bytes=").rstrip("-") or 0) if mirror.ranges else 0
            )

        def _send(self, body: bytes, offset: int) -> None:
            if offset >= len(body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.end_headers()
                return
            self.send_response(206 if offset else 200)
            if mirror.ranges:
                self.send_header("Accept-Ranges", "bytes")
            if offset:
                self.send_header("Content-Range", f"bytes {offset}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - offset))
            self.end_headers()
            end = len(body)
            if mirror.cut_after:
                end, mirror.cut_after = offset + mirror.cut_after, 0
            self.wfile.write(body[offset:end])

        def log_message(self, *_args: object) -> None:
            """Nobody reads it."""

    return Handler


def test_a_template_comes_from_a_url(tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs) -> None:
    job = _register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
    assert job.resource.state == "Downloading"

    run_jobs()

    template = job.resource
    assert (template.state, template.size_bytes, template.file_bytes, template.checksum) == (
        "Ready",
        3 * MIB,
        3 * MIB,
        SUM,
    )
    assert template_file(template).read_bytes() == IMAGE
    assert UsageEvent.objects.get(resource_uuid=template.uuid).meters["template"]["quantity"] == "0.002930"
    factories.instance(tenant, cloud, template=template)


@pytest.mark.parametrize(
    ("path", "more", "words"),
    [
        ("/image.raw", {"checksum": f"sha256:{'0' * 64}"}, f"The checksum is {SUM}, not sha256:000"),
        ("/page.html", {}, "no boot signature"),
        ("/page.html", {"format": "qcow2"}, "not in qcow2 format"),
        ("/missing", {}, "The server answered 404."),
        ("/large", {}, "The image is larger than"),
        ("/loop", {}, "redirects more than 5 times"),
        ("/to-ftp", {}, "must begin with http:// or https://"),
        ("/to-nowhere", {}, "There is no host called no-such-host.invalid"),
    ],
)
def test_what_is_no_good_is_refused_in_words(
    tenant: Actor,
    cloud: Cloud,
    mirror: Mirror,
    run_jobs: RunJobs,
    settings: Any,
    path: str,
    more: dict[str, str],
    words: str,
) -> None:  # fmt: skip
    settings.TEMPLATE_LARGEST_BYTES = 4 * MIB
    mirror.files |= {"/page.html": b"<html>" + b"x" * 2000, "/large": IMAGE + IMAGE}
    mirror.redirects |= {
        "/loop": "/loop",
        "/to-ftp": "ftp://example.org/",
        "/to-nowhere": "http://no-such-host.invalid/",
    }

    job = _register(tenant, cloud, mirror.url + path, **more)
    run_jobs()

    _failed_without_a_trace(job, words)


def test_a_transfer_that_breaks_off_goes_on_where_it_was(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs
) -> None:
    mirror.cut_after = MIB
    job = _register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
    run_jobs()
    assert job.resource.state == "Ready"
    assert mirror.asked[0][1] == ""
    assert mirror.asked[1][1].startswith("bytes=")


def test_a_server_that_can_not_resume_begins_again(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs
) -> None:
    mirror.cut_after, mirror.ranges = MIB, False
    job = _register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
    run_jobs()
    assert job.resource.state == "Ready"


@pytest.mark.parametrize("point", ["fetch/acted", "fetch/done", "check/acted"])
def test_a_worker_that_dies_fetches_nothing_twice(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs, point: str
) -> None:
    """The file may be here in full already: then the server has nothing more to send, and that is success."""
    with dying_at(f"storage.register_template/{point}") as deaths:
        job = _register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
        run_jobs()

    assert deaths
    assert job.resource.state == "Ready", Job.objects.get(pk=job.pk).error
    assert mirror.asked[1:] in ([], [("/image.raw", f"bytes={len(IMAGE)}-")])


def test_a_file_that_became_shorter_meanwhile_is_fetched_anew(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs
) -> None:
    job = _register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
    part = incoming_file(job.resource.store, job.resource)
    part.write_bytes(IMAGE + b"of an older file")
    run_jobs()
    assert job.resource.state == "Ready"


def test_a_server_that_is_slow_and_can_not_resume_loses(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "WHOLE_SECONDS", -1)
    monkeypatch.setattr(workflow, "LOOK_SECONDS", 0)
    mirror.ranges = False
    job = _register(tenant, cloud, f"{mirror.url}/image.raw")
    run_jobs()
    _failed_without_a_trace(job, "can't resume")


def test_a_large_file_comes_in_several_turns(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "TURN_SECONDS", -1)
    monkeypatch.setattr(workflow, "LOOK_SECONDS", 0)
    job = _register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
    run_jobs()
    assert job.resource.state == "Ready"
    assert len(mirror.asked) > 3


INTERNAL = [
    "127.0.0.1",
    "127.8.9.1",
    "127.1",
    "localhost",
    "0.0.0.0",  # noqa: S104 - nothing is bound
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[::127.0.0.1]",
]


@pytest.mark.parametrize("host", INTERNAL)
def test_no_url_leads_into_our_own_networks(db: None, host: str) -> None:
    with pytest.raises(Fatal, match=r"internal address|no host called"), fetching.opened(f"http://{host}:9/image", 0):
        pass


def test_a_name_that_leads_inside_is_refused_by_its_address(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One good answer among them does not help: each is judged."""
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: answers)
    job = _register(tenant, cloud, "http://images.example.org/image.raw")
    run_jobs()
    _failed_without_a_trace(job, "internal address")


def test_a_redirect_is_judged_like_a_first_url(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs, settings: Any
) -> None:
    settings.TEMPLATE_INTERNAL_NETWORKS = ["127.0.0.1/32"]
    mirror.redirects |= {"/away": "http://169.254.169.254/latest/meta-data/", "/near": "//127.0.0.2:80/"}
    for path in mirror.redirects:
        job = _register(tenant, cloud, mirror.url + path, name=factories.unique("template"))
        run_jobs()
        _failed_without_a_trace(job, "internal address")


def test_a_redirect_to_no_url_is_refused_in_words(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs
) -> None:
    mirror.redirects |= {"/bracket": "http://[127.0.0.1/", "/control": "http://127.0.0.1/\x7f"}
    for path in mirror.redirects:
        job = _register(tenant, cloud, mirror.url + path, name=factories.unique("template"))
        run_jobs()
        _failed_without_a_trace(job, "URL")


def test_a_url_must_be_one(tenant: Actor, cloud: Cloud) -> None:
    for url in [
        "image.raw",
        "ftp://e.org/x",
        "file:///etc/passwd",
        "http://",
        "http://u:p@e.org/",
        "http://e:0/",
        "http://e:x/",
    ]:
        with pytest.raises(InvalidInput) as refusal:
            _register(tenant, cloud, url)
        assert list(refusal.value.errors) == ["url"]
    assert Template.objects.count() == 1


def test_fields_of_a_template_are_checked(tenant: Actor, cloud: Cloud) -> None:
    url = "http://example.org/x"
    for wrong, value in {"checksum": "md5:1", "name": "", "format": "vmdk"}.items():
        with pytest.raises(InvalidInput) as refusal:
            _register(tenant, cloud, url, **{wrong: value})
        assert list(refusal.value.errors) == [wrong]
    with pytest.raises(PermissionDenied, match="published by operators"):
        _register(tenant, cloud, url, is_public=True)
    _register(tenant, cloud, url, name="mine")
    with pytest.raises(InvalidInput, match="has that name"):
        _register(tenant, cloud, url, name="mine")


def test_an_image_that_leans_on_another_file_is_refused(tmp_path: Path) -> None:
    decoy = tmp_path / "decoy"
    decoy.write_bytes(b"secret" * 1000)
    image = tmp_path / "leaning.qcow2"
    _qemu_img("create", "-q", "-f", "qcow2", "-F", "raw", "-b", decoy, image)
    with pytest.raises(Fatal, match="backing file"):
        inspect(image, "qcow2")


def test_an_image_that_keeps_its_data_elsewhere_is_refused(tmp_path: Path) -> None:
    image = tmp_path / "outside.qcow2"
    _qemu_img("create", "-q", "-f", "qcow2", "-o", f"data_file={tmp_path / 'decoy'},data_file_raw=on", image, "1M")
    for path in (tmp_path / "decoy", None):
        with pytest.raises(Fatal, match="data in another file"):
            inspect(image, "qcow2")
        if path is not None:
            path.unlink()


def test_an_image_without_a_disk_is_refused(tmp_path: Path) -> None:
    for size, words in (("0", "is empty"), ("3T", "at most 2 are accepted")):
        image = tmp_path / f"{size}.qcow2"
        _qemu_img("create", "-q", "-f", "qcow2", image, size)
        with pytest.raises(Fatal, match=words):
            inspect(image, "qcow2")


def test_a_good_image_is_measured(tmp_path: Path) -> None:
    image = tmp_path / "good.qcow2"
    _qemu_img("create", "-q", "-f", "qcow2", image, "5M")
    assert inspect(image, "qcow2").size_bytes == 5 * MIB


def test_an_empty_upload_leaves_nothing(tenant: Actor, cloud: Cloud) -> None:
    for content, limit in ((b"", 1), (b"xx", 1)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.conf.settings.TEMPLATE_LARGEST_BYTES", limit)
            with pytest.raises(InvalidInput) as refusal:
                upload_template(
                    tenant, account=_owner(tenant), zone=cloud.zone, name="mine", file=BytesIO(content), format="raw"
                )
        assert list(refusal.value.errors) == ["file"]
    assert Template.objects.count() == 1
    assert list((Path(cloud.store.path) / "incoming").iterdir()) == []


def test_a_template_in_use_goes_and_its_instances_stay(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    template = factories.template(cloud.zone, _owner(tenant), is_public=False)
    instance = factories.instance(tenant, cloud, template=template)

    delete_template(tenant, template=template)
    run_jobs()

    template.refresh_from_db()
    assert (template.state, template.removed_at is not None) == ("Removed", True)
    assert not template_file(template).exists()
    assert UsageEvent.objects.filter(resource_uuid=template.uuid).latest("id").meters == {}
    assert template.uuid in cloud.world.templates(cloud.pool.uuid), "the root disk leans on it"
    instance.refresh_from_db()
    assert instance.state == "Running"
    with pytest.raises(Conflict):
        delete_template(tenant, template=template)


def test_a_template_that_is_being_copied_for_nobody_any_more_goes_when_that_is_done(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    template = factories.template(cloud.zone, _owner(tenant), is_public=False)
    deployment = factories.deployment(tenant, cloud, template=template)
    run_once(deployment, hurry=True)
    copying = Job.objects.get(parent=deployment)
    cancel(tenant, deployment)
    run_once(deployment, hurry=True)
    run_once(delete_template(tenant, template=template))
    assert TemplateCopy.objects.get(template=template).state == "Copying"

    run_jobs()
    start(SYSTEM, RECONCILE)
    run_jobs()

    copying.refresh_from_db()
    assert copying.is_over
    assert not TemplateCopy.objects.filter(template=template).exists()
    assert template.uuid not in cloud.world.templates(cloud.pool.uuid)


def _owner(actor: Actor) -> Account:
    return Account.objects.get(pk=actor.account_id)


def _register(actor: Actor, cloud: Cloud, url: str, **more: Any) -> Job:
    fields = {"name": "fetched", "format": "raw"} | more
    return register_template(actor, account=_owner(actor), zone=cloud.zone, url=url, **fields)


def _failed_without_a_trace(job: Job, words: str) -> None:
    job.refresh_from_db()
    assert job.state == "failed"
    assert words in job.error
    template = job.resource
    assert template.state == "Error"
    assert not template_file(template).exists()
    assert not incoming_file(template.store, template).exists()
    assert not UsageEvent.objects.filter(resource_uuid=template.uuid).exists()


def _qemu_img(*arguments: object) -> None:
    subprocess.run(["qemu-img", *map(str, arguments)], check=True)


def test_one_account_does_not_fetch_everything_at_once(tenant: Actor, cloud: Cloud) -> None:
    account = Account.objects.get(pk=tenant.account_id)
    for number in range(2):
        register_template(tenant, account=account, zone=cloud.zone, name=f"t-{number}", url="https://example.com/a.img")

    with pytest.raises(Conflict, match="being fetched already"):
        register_template(tenant, account=account, zone=cloud.zone, name="t-3", url="https://example.com/a.img")
