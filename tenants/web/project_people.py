"""Pages of those who work in projects, and of those who are invited."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.doors.links import link_to
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.base import Page
from tenants import selectors
from tenants.actor import Actor
from tenants.models import Role
from tenants.reach import Place
from tenants.services import project_invitations, project_members
from tenants.web.choosing import Pick, Source
from tenants.web.dialogs import Dialog, Removal
from tenants.web.grants import role_words, roles_for


class RoleForm(forms.Form):
    def __init__(self, *args: Any, actor: Actor, place: Place, chosen: Any = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"] = Pick(
            Source(_("Roles"), roles_for(actor, place), role_words), chosen=chosen, label=_("Role")
        )


class InviteForm(RoleForm):
    email = forms.EmailField(
        max_length=254, label=gettext_lazy("E-mail address"),
        help_text=gettext_lazy("Whoever has it gets a mail with a link, and accepts after signing in."),
    )  # fmt: skip


class InviteToProject(Dialog):
    form_class = InviteForm
    selector = selectors.projects
    route = "tenants:project"
    question = gettext_lazy("Invite somebody to %(name)s")
    verb = gettext_lazy("Send the invitation")
    words = gettext_lazy("The invitation to %(name)s is on its way.")

    def form_options(self) -> dict[str, Any]:
        usual = Role.objects.filter(code="project_member").values_list("uuid", flat=True).first()
        return {**super().form_options(), "actor": self.actor, "place": self.thing.account, "chosen": usual}

    def do(self, values: dict[str, Any]) -> None:
        link = link_to(self.request, "tenants:invitation")
        project_invitations.invite_to_project(self.actor, project=self.thing, link_to=link, **values)


class _OfMember(Dialog):
    selector = selectors.project_members

    @cached_property
    def name(self) -> str:
        return str(self.thing.grantee)

    def page(self) -> str:
        return reverse("tenants:project", args=[self.thing.place.uuid])


class ChangeMemberRole(_OfMember):
    form_class = RoleForm
    question = gettext_lazy("Which role does %(name)s have?")
    verb = gettext_lazy("Change the role")
    words = gettext_lazy("%(name)s has another role now.")

    def form_options(self) -> dict[str, Any]:
        member = self.thing
        return {**super().form_options(), "actor": self.actor, "place": member.place, "chosen": member.role.uuid}

    def do(self, values: dict[str, Any]) -> None:
        project_members.change_member_role(self.actor, member=self.thing, **values)


class RemoveMember(_OfMember, Removal):
    question = gettext_lazy("Take %(name)s out of the project?")
    consequences = (gettext_lazy("They lose the role at once, in open pages and consoles too."),)
    verb = gettext_lazy("Take out")
    words = gettext_lazy("%(name)s is no longer in the project with that role.")

    def after(self) -> str:
        return self.page()

    def do(self, values: dict[str, Any]) -> None:
        project_members.remove_member(self.actor, member=self.thing)


class _OfInvitation(Dialog):
    selector = selectors.project_invitations

    def page(self) -> str:
        return reverse("tenants:project", args=[self.thing.project.uuid])


class ResendInvitation(_OfInvitation):
    question = gettext_lazy("Send the invitation of %(name)s again?")
    consequences = (gettext_lazy("The link that was sent before opens nothing any more."),)
    verb = gettext_lazy("Send again")
    words = gettext_lazy("The invitation of %(name)s was sent again.")

    def do(self, values: dict[str, Any]) -> None:
        link = link_to(self.request, "tenants:invitation")
        project_invitations.resend_invitation(self.actor, invitation=self.thing, link_to=link)


class RevokeInvitation(_OfInvitation):
    question = gettext_lazy("Revoke the invitation of %(name)s?")
    tone = "danger"
    verb = gettext_lazy("Revoke")
    words = gettext_lazy("The invitation of %(name)s is revoked.")

    def do(self, values: dict[str, Any]) -> None:
        project_invitations.revoke_invitation(self.actor, invitation=self.thing)


class _Answer(_OfInvitation):
    """Of one's own; `name` is the project's."""

    @cached_property
    def name(self) -> str:
        return str(self.thing.project)

    def page(self) -> str:
        return reverse("tenants:projects")


class AcceptInvitation(_Answer):
    question = gettext_lazy("Join the project %(name)s?")
    verb = gettext_lazy("Join")
    words = gettext_lazy("You are in the project %(name)s now.")

    def do(self, values: dict[str, Any]) -> None:
        project_invitations.accept_invitation(self.actor, invitation=self.thing)


class DeclineInvitation(_Answer):
    question = gettext_lazy("Decline the invitation to %(name)s?")
    tone = "danger"
    verb = gettext_lazy("Decline")
    words = gettext_lazy("You declined the invitation to %(name)s.")

    def do(self, values: dict[str, Any]) -> None:
        project_invitations.decline_invitation(self.actor, invitation=self.thing)


class InvitationPage(Page):
    """Where the link of the mail leads. For others than the invited there is nothing."""

    template_name = "tenants/invitation.html"

    def context(self, **extra: Any) -> dict[str, Any]:
        invitation = project_invitations.invitation_of(self.actor, self.kwargs["token"])
        joined = selectors.projects(self.actor).filter(pk=invitation.project_id).exists()
        return super().context(invitation=invitation, joined=joined, **extra)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        token = self.kwargs["token"]
        invitation = project_invitations.invitation_of(self.actor, token)
        if "decline" in request.POST:
            project_invitations.decline_invitation(self.actor, invitation=invitation, token=token)
            words, url = _("You declined the invitation to %(name)s."), reverse("tenants:projects")
        else:
            project_invitations.accept_invitation(self.actor, invitation=invitation, token=token)
            words = _("You are in the project %(name)s now.")
            url = reverse("tenants:project", args=[invitation.project.uuid])
        return done(request, words % {"name": invitation.project}, url=url)
