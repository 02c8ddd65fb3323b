"""Pages of SSH keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import NAMED_NEWEST_FIRST
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.forms import ActionPage, FormPage
from cloudportal.doors.web.lists import ListPage
from cloudportal.doors.web.sharing import sharing_of
from compute import selectors
from compute.filters import SSHKeyFilterSet
from compute.models import SSHKey
from compute.services.ssh_keys import create_ssh_key, delete_ssh_key
from compute.web.forms import SSHKeyForm


class SSHKeys(ListPage):
    template_name = "compute/ssh_keys.html"
    parts = {"results": "compute/_ssh_keys.html"}
    permission = "compute.view"
    selector = selectors.ssh_keys
    filterset_class = SSHKeyFilterSet
    bar = ("name", "sharing", "account", "tag")
    sorting = NAMED_NEWEST_FIRST

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(may_manage=self.actor.may("compute.manage"), **extra)


class SSHKeyPage(DetailPage):
    template_name = "compute/ssh_key.html"
    permission = "compute.view"
    selector = selectors.ssh_keys
    noun = "key"
    list_route = "compute:ssh-keys"

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(**sharing_of(self.actor, self.thing), **extra)


class CreateSSHKey(FormPage):
    template_name = "compute/ssh_key_new.html"
    form_class = SSHKeyForm
    permission = "compute.manage"

    def form_options(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            heading=_("Add an SSH key"),
            verb=_("Add key"),
            back=reverse("compute:ssh-keys"),
            back_label=_("SSH keys"),
            **extra,
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        key = create_ssh_key(self.actor, **values)
        words = _("SSH key “%(name)s” added.") % {"name": key.name}
        return done(self.request, words, url=reverse("compute:ssh-keys"), follow=True)


class DeleteSSHKey(ActionPage):
    form_class = forms.Form
    permission = "compute.view"
    leaves = True

    def key(self) -> SSHKey:
        return one(selectors.ssh_keys(self.actor), self.kwargs["uuid"])

    def context(self, **extra: Any) -> dict[str, Any]:
        key = self.key()
        return super().context(
            question=_("Delete the SSH key “%(name)s”?") % {"name": key.name},
            consequences=[_("New instances can't be given it any more."), _("Instances that have it keep it.")],
            verb=_("Delete the key"),
            tone="danger",
            back=reverse("compute:ssh-keys"),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        key = self.key()
        delete_ssh_key(self.actor, ssh_key=key)
        return _("SSH key “%(name)s” deleted.") % {"name": key.name}, None, reverse("compute:ssh-keys")
