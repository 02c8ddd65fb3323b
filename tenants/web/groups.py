"""Pages of groups."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import BY_NAME
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.actor import Actor
from tenants.filters import GroupFilterSet
from tenants.models import Group, User
from tenants.services import groups as services
from tenants.web.choosing import Pick, Source, UserName, in_the_tree
from tenants.web.creating import CreatePage
from tenants.web.dialogs import Dialog, Removal
from tenants.web.grants import lines
from tenants.web.within import within

SHOWN = 100


class Groups(ListPage):
    template_name = "tenants/groups.html"
    parts = {"results": "tenants/_groups.html"}
    permission = "users.view"
    selector = selectors.groups
    filterset_class = GroupFilterSet
    sorting = BY_NAME

    def context(self, **extra: Any) -> dict[str, Any]:
        may_create = self.actor.may_on_domains("users.manage")
        return super().context(may_create=may_create, within=within(self.actor, self.params), **extra)


class GroupPage(DetailPage):
    template_name = "tenants/group.html"
    permission = "users.view"
    selector = selectors.groups
    noun = "group"
    list_route = "tenants:groups"

    def context(self, **extra: Any) -> dict[str, Any]:
        group: Group = self.thing
        actor = self.actor
        return super().context(
            may_manage=actor.may("users.manage", group.domain),
            shows_domain=actor.may("tenancy.view", group.domain),
            members=list(selectors.members(actor, group).order_by("username")[:SHOWN]),
            may_grant=actor.may("roles.manage"),
            granted=lines(actor, selectors.grants(actor).filter(group=group)),
            **extra,
        )


class GroupForm(forms.Form):
    name = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(max_length=255, required=False)


class NewGroupForm(GroupForm):
    def __init__(self, *args: Any, actor: Actor, chosen: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = selectors.domains_with(actor, "users.manage").order_by("path")
        self.fields["domain"] = Pick(
            Source(_("Domains"), rows, in_the_tree(actor)), chosen=chosen, label=_("Domain"),
            help_text=_("Its members belong to this domain, or to one below it."),
        )  # fmt: skip
        self.order_fields(["domain", "name"])


class CreateGroup(CreatePage):
    form_class = NewGroupForm
    permission = "users.manage"
    belongs_to = "domain"
    heading = gettext_lazy("Create a group")
    verb = gettext_lazy("Create group")
    words = gettext_lazy("Group %(name)s created.")
    route = "tenants:group"
    list_route = "tenants:groups"
    list_label = gettext_lazy("Groups")

    def make(self, values: dict[str, Any]) -> Group:
        return services.create_group(self.actor, **values)


class _OfGroup(Dialog):
    selector = selectors.groups
    route = "tenants:group"


class EditGroup(_OfGroup):
    form_class = GroupForm
    question = gettext_lazy("Change the group %(name)s?")
    verb = gettext_lazy("Save")
    words = gettext_lazy("Group %(name)s saved.")

    def initial(self) -> dict[str, Any]:
        return {"name": self.thing.name, "description": self.thing.description}

    def do(self, values: dict[str, Any]) -> None:
        services.update_group(self.actor, group=self.thing, **values)


class MemberForm(forms.Form):
    def __init__(self, *args: Any, group: Group, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        of_domain = selectors.users(actor).filter(account__domain__path__startswith=group.domain.path)
        self.fields["user"] = UserName(of_domain)


class AddMember(_OfGroup):
    form_class = MemberForm
    question = gettext_lazy("Who joins %(name)s?")
    consequences = (gettext_lazy("They may at once do all that the group may."),)
    verb = gettext_lazy("Add to the group")
    words = gettext_lazy("Added to %(name)s.")

    def form_options(self) -> dict[str, Any]:
        return {"group": self.thing, "actor": self.actor}

    def do(self, values: dict[str, Any]) -> None:
        services.add_member(self.actor, group=self.thing, **values)


class RemoveMember(_OfGroup):
    """Whom, the address says: ``?user=``."""

    question = gettext_lazy("Take somebody out of %(name)s?")
    consequences = (gettext_lazy("They lose at once what only this group gave them."),)
    tone = "danger"
    verb = gettext_lazy("Take out")
    words = gettext_lazy("Taken out of %(name)s.")

    @cached_property
    def member(self) -> User:
        return one(selectors.members(self.actor, self.thing), self.request.GET.get("user", ""))

    def lines(self) -> list[str]:
        return [_("%(user)s is in the group now.") % {"user": self.member}, *super().lines()]

    def do(self, values: dict[str, Any]) -> None:
        services.remove_member(self.actor, group=self.thing, user=self.member)


class DeleteGroup(Removal):
    selector = selectors.groups
    route = "tenants:group"
    list_route = "tenants:groups"
    question = gettext_lazy("Delete the group %(name)s?")
    consequences = (gettext_lazy("Its members stay, and lose at once what only this group gave them."),)
    verb = gettext_lazy("Delete the group")
    words = gettext_lazy("Group %(name)s is deleted.")

    def do(self, values: dict[str, Any]) -> None:
        services.delete_group(self.actor, group=self.thing)
