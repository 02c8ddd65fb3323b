"""Templates: register by URL, upload, delete."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from django.db import transaction

from cloudportal.core.configuration import value_of
from cloudportal.core.errors import Conflict, InvalidInput, PermissionDenied
from cloudportal.core.outside import check_url
from cloudportal.core.writing import insert
from cloudportal.infrastructure.models import Zone
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from storage.engines import incoming_file
from storage.locks import lock_template
from storage.models import SecondaryStore, Template
from storage.settings import TEMPLATE_FETCHES, TEMPLATE_LARGEST_BYTES
from storage.workflows import DELETE_TEMPLATE, REGISTER_TEMPLATE
from tenants import limits
from tenants.actor import Actor
from tenants.models import Account
from tenants.sharing import require_on
from tenants.tagging import checked_tags

CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}")
BLOCK = 1 << 20


def register_template(
    actor: Actor, *, account: Account, zone: Zone, name: str, url: str,
    format: str = "qcow2", checksum: str = "", os_type: str = "Linux", is_public: bool = False,
    tags: Mapping[str, str] | None = None,
) -> Job:  # fmt: skip
    """Fetch a template from a URL.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the account's templates, or publish to everybody.
        InvalidInput: a field is wrong, or the name is taken. What the URL leads to is judged by the job.
        LimitExceeded: the account, or a domain above it, may not have another template.
        Conflict: the zone has no secondary storage.
    """
    check_url(url)
    with transaction.atomic():
        _refuse_too_many(account)
        template = _insert(actor, account, zone, name, format, checksum, os_type, is_public, url, tags)
        limits.reserve(account, by=actor, templates=1)
        return jobs.start(actor, REGISTER_TEMPLATE, template)


def upload_template(
    actor: Actor, *, account: Account, zone: Zone, name: str, file: IO[bytes],
    format: str = "qcow2", checksum: str = "", os_type: str = "Linux", is_public: bool = False,
) -> Job:  # fmt: skip
    """Take a template from a file; the refusals of `register_template`.

    The file is on secondary storage before the row commits, so a crash leaves at most a stray part file.
    """
    with transaction.atomic():
        template = _insert(actor, account, zone, name, format, checksum, os_type, is_public, "")
        with _kept_if_accepted(template):
            size = _store(template, file)
            # Not before: whoever uploads slowly would hold up all others of the account.
            limits.reserve(account, by=actor, templates=1, secondary_bytes=size)
            Template.objects.filter(pk=template.pk).update(file_bytes=size)
        return jobs.start(actor, REGISTER_TEMPLATE, template)


def delete_template(actor: Actor, *, template: Template) -> Job:
    """Remove a template; instances made from it stay.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the account's templates.
        Conflict: its state does not allow it, or a job is changing it.
    """
    require_on(actor, "storage.manage", template, even_locked=True)
    with transaction.atomic():
        # What is being made from it right now is seen by the job then, and its copy kept.
        lock_template(template)
        return jobs.start(actor, DELETE_TEMPLATE, template)


def _refuse_too_many(account: Account) -> None:
    """One account's slow servers must not keep the workers from everybody else's jobs."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    most = value_of(TEMPLATE_FETCHES, account)
    if Template.objects.filter(account=account, state="Downloading").exclude(source_url="").count() >= most:
        raise Conflict(f"{most} templates are being fetched already; wait until one of them is there.")


def _insert(
    actor: Actor, account: Account, zone: Zone, name: str,
    image_format: str, checksum: str, os_type: str, is_public: bool, url: str,
    tags: Mapping[str, str] | None = None,
) -> Template:  # fmt: skip
    actor.require("storage.manage", account)
    if is_public and not actor.reach["storage.manage"].everywhere:
        raise PermissionDenied("Templates for everybody are published by operators.")
    if checksum and not CHECKSUM.fullmatch(checksum):
        raise InvalidInput({"checksum": "Write it as sha256: and 64 hexadecimal digits."})
    store = SecondaryStore.objects.filter(zone=zone).order_by("-available_bytes").first()
    if store is None:
        raise Conflict(f"Zone {zone} has no secondary storage for templates.")
    return insert(
        Template(
            account=account,
            store=store,
            name=name.strip(),
            os_type=os_type,
            format=image_format,
            source_url=url,
            checksum=checksum,
            is_public=is_public,
            tags=checked_tags(tags or {}),
        )
    )


@contextmanager
def _kept_if_accepted(template: Template) -> Iterator[None]:
    """The file of a template that is refused goes with it."""
    try:
        yield
    except BaseException:
        incoming_file(template.store, template).unlink(missing_ok=True)
        raise


def _store(template: Template, file: IO[bytes]) -> int:
    """Write the file into secondary storage; returns its length."""
    target = incoming_file(template.store, template)
    target.parent.mkdir(parents=True, exist_ok=True)
    size, largest = 0, value_of(TEMPLATE_LARGEST_BYTES, template.account, template.store.zone)
    with target.open("wb") as out:
        while block := file.read(BLOCK):
            size += len(block)
            if size > largest:
                raise InvalidInput({"file": f"At most {largest >> 30} GiB are accepted."})
            out.write(block)
    if not size:
        raise InvalidInput({"file": "The file is empty."})
    return size
