"""Templates: registered, checked, used and removed."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cloudportal.core.errors import Conflict, InvalidInput, PermissionDenied
from cloudportal.core.models import UsageEvent
from cloudportal.jobs.inline import run_once
from cloudportal.jobs.models import Job
from cloudportal.jobs.services import cancel, start
from compute.workflows import RECONCILE
from storage.engines import template_file
from storage.models import Template, TemplateCopy
from storage.services.templates import delete_template, register_template, upload_template
from tenants.actor import SYSTEM, Actor
from tenants.models import Account
from tests import factories
from tests.conftest import RunJobs
from tests.factories import MIB, Cloud
from tests.storage.mirror import IMAGE, SUM, Mirror, failed_without_a_trace, owner_of, register


def test_a_template_comes_from_a_url(tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs) -> None:
    job = register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
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

    job = register(tenant, cloud, mirror.url + path, **more)
    run_jobs()

    failed_without_a_trace(job, words)


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
            register(tenant, cloud, url)
        assert list(refusal.value.errors) == ["url"]
    assert Template.objects.count() == 1


def test_fields_of_a_template_are_checked(tenant: Actor, cloud: Cloud) -> None:
    url = "http://example.org/x"
    for wrong, value in {"checksum": "md5:1", "name": "", "format": "vmdk"}.items():
        with pytest.raises(InvalidInput) as refusal:
            register(tenant, cloud, url, **{wrong: value})
        assert list(refusal.value.errors) == [wrong]
    with pytest.raises(PermissionDenied, match="published by operators"):
        register(tenant, cloud, url, is_public=True)
    register(tenant, cloud, url, name="mine")
    with pytest.raises(InvalidInput, match="has that name"):
        register(tenant, cloud, url, name="mine")


def test_an_empty_upload_leaves_nothing(tenant: Actor, cloud: Cloud) -> None:
    for content, limit in ((b"", 1), (b"xx", 1)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.conf.settings.TEMPLATE_LARGEST_BYTES", limit)
            with pytest.raises(InvalidInput) as refusal:
                upload_template(
                    tenant, account=owner_of(tenant), zone=cloud.zone, name="mine", file=BytesIO(content), format="raw"
                )
        assert list(refusal.value.errors) == ["file"]
    assert Template.objects.count() == 1
    assert list((Path(cloud.store.path) / "incoming").iterdir()) == []


def test_a_template_in_use_goes_and_its_instances_stay(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    template = factories.template(cloud.zone, owner_of(tenant), is_public=False)
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
    template = factories.template(cloud.zone, owner_of(tenant), is_public=False)
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


def test_one_account_does_not_fetch_everything_at_once(tenant: Actor, cloud: Cloud) -> None:
    account = Account.objects.get(pk=tenant.account_id)
    for number in range(2):
        register_template(tenant, account=account, zone=cloud.zone, name=f"t-{number}", url="https://example.com/a.img")

    with pytest.raises(Conflict, match="being fetched already"):
        register_template(tenant, account=account, zone=cloud.zone, name="t-3", url="https://example.com/a.img")
