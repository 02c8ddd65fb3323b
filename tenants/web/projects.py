"""Pages of projects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.doors.ordering import Sorting
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.limits import bars
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.actor import Actor
from tenants.filters import ProjectFilterSet
from tenants.holdings import contents
from tenants.limits.standing import of_account
from tenants.models import Grant, Project, User
from tenants.services import project_members
from tenants.services import projects as services
from tenants.services.limits import may_set_limits
from tenants.services.project_invitations import needs_link
from tenants.states import PROJECT
from tenants.web.accounts import held
from tenants.web.choosing import Pick, Source, with_domain
from tenants.web.creating import CreatePage
from tenants.web.dialogs import Dialog, RemovalWithContents
from tenants.web.grants import grants_above, lines

SHOWN = 50
BY_NAME = Sorting("name", name="account__name", created_at="pk")


def owners(actor: Actor) -> Any:
    """The accounts for which the actor may make projects."""
    return actor.accounts("projects.manage").filter(project=None).order_by("name")


class Projects(ListPage):
    """For everybody: who sees no project may be invited to one."""

    template_name = "tenants/projects.html"
    parts = {"results": "tenants/_projects.html"}
    selector = selectors.projects
    filterset_class = ProjectFilterSet
    sorting = BY_NAME
    bar = ("name", "state", "tag")

    def context(self, **extra: Any) -> dict[str, Any]:
        if self.part_template() == self.template_name:
            extra |= {"invitations": invitations_with_answers(self.actor)}
        may_create = self.actor.may("projects.manage") and owners(self.actor).exists()
        return super().context(may_create=may_create, **extra)


def invitations_with_answers(actor: Actor) -> list[dict[str, Any]]:
    """What the actor is invited to, and whether it takes the mail's link to answer."""
    found = list(selectors.own_invitations(actor)[:SHOWN])
    user = User.objects.filter(pk=actor.user_id or 0).first() if found else None
    return [{"invitation": row, "needs_link": needs_link(user, row)} for row in found if user is not None]


class ProjectPage(DetailPage):
    template_name = "tenants/project.html"
    parts = {"project": "tenants/_project.html", "row": "tenants/_project_row.html"}
    selector = selectors.projects
    noun = "project"
    list_route = "tenants:projects"

    def context(self, **extra: Any) -> dict[str, Any]:
        project: Project = self.thing
        actor, account = self.actor, project.account
        if self.part_template() == self.parts["row"]:
            return super().context(**extra)
        decides = actor.may("projects.manage", project.owner)
        invitations = selectors.project_invitations(actor).filter(project=project).exclude(state="Accepted")
        return super().context(
            account=account,
            offered=PROJECT.allowed(project.state) if decides else (),
            may_manage=actor.may("projects.manage", account),
            is_member=Grant.objects.filter(account=account, user=actor.user_id or 0).exists(),
            sees_owner=actor.may("tenancy.view", project.owner),
            members=list(selectors.project_members(actor).filter(account=account).order_by("id")[:SHOWN]),
            above=lines(actor, grants_above(actor, account)),
            invitations=list(invitations[:SHOWN]),
            held=[one for one in held(actor, account) if one.noun != "projects"],
            bars=[bar for bar in bars(of_account(account)) if bar.standing.resource.key != "projects"],
            may_set_limits=may_set_limits(actor, account),
            shows_usage=actor.may("accounting.view", account),
            **extra,
        )


class ProjectForm(forms.Form):
    name = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(max_length=255, required=False)


class NewProjectForm(ProjectForm):
    def __init__(self, *args: Any, actor: Actor, chosen: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offered = owners(actor)
        first = chosen or (offered.filter(pk=actor.account_id or 0).first() or offered.first())
        self.fields["owner"] = Pick(
            Source(_("Accounts"), offered, with_domain), chosen=getattr(first, "uuid", first), label=_("Owner"),
            help_text=_("The account that the project belongs to. Its managers work in it without an invitation."),
        )  # fmt: skip
        self.order_fields(["owner", "name", "description"])


class CreateProject(CreatePage):
    form_class = NewProjectForm
    permission = "projects.manage"
    belongs_to = "owner"
    of_domains = False
    heading = gettext_lazy("Create a project")
    verb = gettext_lazy("Create project")
    words = gettext_lazy("Project %(name)s created. Invite the others.")
    route = "tenants:project"
    list_route = "tenants:projects"
    list_label = gettext_lazy("Projects")

    def make(self, values: dict[str, Any]) -> Project:
        return services.create_project(self.actor, **values)


class _OfProject(Dialog):
    selector = selectors.projects
    route = "tenants:project"


class EditProject(_OfProject):
    form_class = ProjectForm
    question = gettext_lazy("Edit the project %(name)s")
    verb = gettext_lazy("Save")
    words = gettext_lazy("Project %(name)s is saved.")

    def initial(self) -> dict[str, Any]:
        return {"name": self.name, "description": self.thing.description}

    def do(self, values: dict[str, Any]) -> None:
        services.update_project(self.actor, project=self.thing, **values)


class SuspendProject(_OfProject):
    question = gettext_lazy("Suspend the project %(name)s?")
    consequences = (
        gettext_lazy("Nothing of it can be created or changed. Its members still see it."),
        gettext_lazy("A job stops every instance that runs. Disks and addresses stay, and are metered."),
    )
    tone = "danger"
    verb = gettext_lazy("Suspend the project")
    words = gettext_lazy("Project %(name)s is suspended; what runs is being stopped.")

    def do(self, values: dict[str, Any]) -> Any:
        return services.suspend_project(self.actor, project=self.thing)


class ActivateProject(_OfProject):
    question = gettext_lazy("Activate the project %(name)s?")
    consequences = (gettext_lazy("It may do everything again. What was stopped stays stopped."),)
    verb = gettext_lazy("Activate the project")
    words = gettext_lazy("Project %(name)s is active.")

    def do(self, values: dict[str, Any]) -> None:
        services.activate_project(self.actor, project=self.thing)


class LeaveProject(_OfProject):
    question = gettext_lazy("Leave the project %(name)s?")
    consequences = (
        gettext_lazy("You lose your roles on it at once. What you made in it stays."),
        gettext_lazy("To come back you have to be invited again."),
    )
    tone = "danger"
    verb = gettext_lazy("Leave the project")
    words = gettext_lazy("You are no longer in the project %(name)s.")

    def after(self) -> str:
        return reverse("tenants:projects")

    def do(self, values: dict[str, Any]) -> None:
        project_members.leave_project(self.actor, project=self.thing)


class DeleteProject(RemovalWithContents):
    selector = selectors.projects
    route = "tenants:project"
    list_route = "tenants:projects"
    question = gettext_lazy("Delete the project %(name)s?")
    consequences = (gettext_lazy("Its members lose it at once; usage and events keep its name."),)
    verb = gettext_lazy("Delete the project")
    words = gettext_lazy("Project %(name)s is being deleted.")

    def contents(self) -> dict[str, int]:
        services.require_on_owner(self.actor, self.thing)
        return contents([self.thing.account_id])

    def inside(self, counted: str) -> str:
        return _("Everything that it has is removed for good: %(counted)s.") % {"counted": counted}

    def nothing_inside(self) -> str:
        return _("It has nothing.")

    def do(self, values: dict[str, Any]) -> Any:
        return services.delete_project(self.actor, project=self.thing, confirm=values["typed_name"])
