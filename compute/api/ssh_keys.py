"""SSH keys."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Owner, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref, shared
from cloudportal.doors.api.sharing import SharedViewSet
from cloudportal.doors.api.views import creates, on_object, removes
from cloudportal.doors.ordering import NAMED_NEWEST_FIRST
from compute import selectors
from compute.filters import SSHKeyFilterSet
from compute.models import SSHKey
from compute.services import ssh_keys


class SSHKeyRow(Row):
    """A public key that goes into instances."""

    id: UUID = column("uuid")
    name: str = column()
    account: Ref = ref()
    fingerprint: str = column(help="As ssh-keygen shows it.")
    public_key: str = column()
    shared: bool = shared("compute.view")
    tags: dict[str, str] = column(help="Key and value, as people wrote them.")
    created_at: dt.datetime = column()


class CreateSSHKey(Body):
    account = Owner("compute.view")
    name = text(63)
    public_key = text(16_384, help="One line, as in authorized_keys.")


class SSHKeyViewSet(SharedViewSet[SSHKey]):
    selector = selectors.ssh_keys
    filterset_class = SSHKeyFilterSet
    sorting = NAMED_NEWEST_FIRST
    row = SSHKeyRow

    @accepts(CreateSSHKey)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> SSHKey:
        """Keep a public key."""
        return ssh_keys.create_ssh_key(request.actor, **data)

    @on_object
    @removes
    def destroy(self, request: Request, ssh_key: SSHKey) -> None:
        """Forget a key; instances that have it keep it."""
        ssh_keys.delete_ssh_key(request.actor, ssh_key=ssh_key)
