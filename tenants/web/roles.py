"""Pages of roles: the matrix of what they allow, and making one's own."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.core.errors import Conflict
from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import BY_NAME
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.forms import FormPage
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.actor import Actor
from tenants.filters import RoleFilterSet
from tenants.models import Domain, Role
from tenants.permissions import OF_THE_CLOUD, PERMISSIONS
from tenants.services import roles as services
from tenants.web.choosing import Pick, Source, in_the_tree
from tenants.web.creating import CreatePage
from tenants.web.dialogs import Dialog, Removal
from tenants.web.grants import lines
from tenants.web.matrix import Row, columns, matrix
from tenants.web.within import within


class Roles(ListPage):
    template_name = "tenants/roles.html"
    parts = {"results": "tenants/_roles.html"}
    permission = "roles.view"
    selector = selectors.roles
    filterset_class = RoleFilterSet
    sorting = BY_NAME

    def context(self, **extra: Any) -> dict[str, Any]:
        may_create = self.actor.may_on_domains("roles.manage")
        return super().context(may_create=may_create, within=within(self.actor, self.params), **extra)


class RolePage(DetailPage):
    template_name = "tenants/role.html"
    permission = "roles.view"
    selector = selectors.roles
    noun = "role"
    list_route = "tenants:roles"

    def context(self, **extra: Any) -> dict[str, Any]:
        role: Role = self.thing
        actor = self.actor
        return super().context(
            columns=columns(),
            matrix=matrix(role.permissions),
            may_change=role.domain is not None
            and actor.may("roles.manage", role.domain)
            and not actor.lacks(role.permissions, role.domain),
            may_clone=actor.may_on_domains("roles.manage"),
            granted=lines(actor, selectors.grants(actor).filter(role=role)),
            **extra,
        )


class RoleForm(forms.Form):
    """A role in a domain: what its author has not there can't be ticked."""

    name = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(max_length=255, required=False)
    permissions = forms.MultipleChoiceField(
        choices=list(PERMISSIONS.items()), error_messages={"required": gettext_lazy("Tick at least one.")}
    )

    def __init__(self, *args: Any, actor: Actor, domain: Domain | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.actor = actor
        self.of_domain = domain

    def ticked(self) -> list[str]:
        if self.is_bound:
            return self.data.getlist("permissions")  # type: ignore[attr-defined]
        return list(self.initial.get("permissions", []))

    def matrix(self) -> list[Row]:
        return matrix(self.ticked(), self._is_open)

    def columns(self) -> list[Any]:
        return columns()

    def _is_open(self, name: str) -> bool:
        domain = self.of_domain
        if domain is None or (name in OF_THE_CLOUD and not domain.is_root):
            return False
        return self.actor.may(name, domain)


class NewRoleForm(RoleForm):
    """The domain comes first: what can be ticked follows from it."""

    def __init__(self, *args: Any, actor: Actor, chosen: Any, **options: Any) -> None:
        rows = selectors.domains_with(actor, "roles.manage")
        source = Source(_("Domains"), rows.order_by("path"), in_the_tree(actor))
        pick = Pick(source, chosen=chosen, label=_("Domain"), help_text=_("It can be granted there and below."))
        first = next(iter(pick.widget.choices), ("", ""))[0]
        domain = rows.filter(uuid=chosen or first).first() if chosen or first else None
        super().__init__(*args, actor=actor, domain=domain, **options)
        self.fields["domain"] = pick
        pick.widget.attrs |= {
            "hx-get": reverse("tenants:role-new"), "hx-include": "#matrix", "hx-target": "#matrix",
            "hx-swap": "outerHTML", "hx-trigger": "change",
        }  # fmt: skip
        self.order_fields(["domain", "name", "description"])


class CreateRole(CreatePage):
    template_name = "tenants/role_form.html"
    parts = {"matrix": "tenants/_matrix_form.html"}
    form_class = NewRoleForm
    permission = "roles.manage"
    belongs_to = "domain"
    heading = gettext_lazy("Create a role")
    verb = gettext_lazy("Create role")
    words = gettext_lazy("Role %(name)s created.")
    route = "tenants:role"
    list_route = "tenants:roles"
    list_label = gettext_lazy("Roles")

    def form_options(self) -> dict[str, Any]:
        chosen = self.request.POST.get("domain") or self.request.GET.get("domain") or self._usual()
        return {"actor": self.actor, "chosen": chosen}

    def _usual(self) -> str:
        """The highest domain that the actor manages roles of."""
        domain = selectors.domains_with(self.actor, "roles.manage").order_by("path").first()
        return str(domain.uuid) if domain else ""

    def initial(self) -> dict[str, Any]:
        return {**super().initial(), "permissions": self.request.GET.getlist("permissions")}

    def make(self, values: dict[str, Any]) -> Role:
        return services.create_role(self.actor, **values)


class EditRole(FormPage):
    template_name = "tenants/role_form.html"
    form_class = RoleForm
    permission = "roles.manage"

    @cached_property
    def role(self) -> Role:
        role = one(selectors.roles(self.actor), self.kwargs["uuid"])
        if role.domain is None:
            raise Conflict(_("Role %(name)s is built in and stays as it is; clone it.") % {"name": role})
        self.actor.require("roles.manage", role.domain)
        return role

    def form_options(self) -> dict[str, Any]:
        return {"actor": self.actor, "domain": self.role.domain}

    def initial(self) -> dict[str, Any]:
        role = self.role
        return {"name": role.name, "description": role.description, "permissions": role.permissions}

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            heading=_("Edit the role %(name)s") % {"name": self.role},
            lead=_("A change counts at once for whoever has the role."),
            verb=_("Save role"),
            back=reverse("tenants:role", args=[self.role.uuid]),
            back_label=str(self.role),
            **extra,
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        role = services.update_role(self.actor, role=self.role, **values)
        url = reverse("tenants:role", args=[role.uuid])
        return done(self.request, _("Role %(name)s saved.") % {"name": role}, url=url, follow=True)


class CloneForm(forms.Form):
    name = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = selectors.domains_with(actor, "roles.manage").order_by("path")
        self.fields["domain"] = Pick(Source(_("Domains"), rows, in_the_tree(actor)), label=_("For the domain"))
        self.order_fields(["domain", "name"])


class CloneRole(Dialog):
    selector = selectors.roles
    route = "tenants:role"
    permission = "roles.manage"
    form_class = CloneForm
    question = gettext_lazy("Make a role of your own from “%(name)s”?")
    consequences = (gettext_lazy("It starts with the same permissions; you can change them afterwards."),)
    verb = gettext_lazy("Clone the role")
    words = gettext_lazy("Cloned from %(name)s.")

    def form_options(self) -> dict[str, Any]:
        return {**super().form_options(), "actor": self.actor}

    def do(self, values: dict[str, Any]) -> None:
        self.made = services.clone_role(self.actor, role=self.thing, **values)

    def after(self) -> str:
        return reverse("tenants:role", args=[self.made.uuid])


class ForceForm(forms.Form):
    force = forms.BooleanField(
        required=False, label=gettext_lazy("Also take it from everybody who has it"),
        help_text=gettext_lazy("Without this, a role that is granted anywhere stays."),
    )  # fmt: skip


class DeleteRole(Removal):
    selector = selectors.roles
    route = "tenants:role"
    list_route = "tenants:roles"
    permission = "roles.manage"
    form_class = ForceForm
    question = gettext_lazy("Delete the role %(name)s?")
    consequences = (gettext_lazy("Whoever has it loses at once what only this role gave them."),)
    verb = gettext_lazy("Delete the role")
    words = gettext_lazy("Role %(name)s is deleted.")

    def do(self, values: dict[str, Any]) -> None:
        services.delete_role(self.actor, role=self.thing, force=values["force"])
