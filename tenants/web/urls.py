"""Pages of tenancy, and of one's own account."""

from __future__ import annotations

from django.urls import path

from cloudportal.doors.web.tags import EditTags
from tenants import selectors
from tenants.web import accounts, domains, grants, groups, project_people, projects, roles, users
from tenants.web.api_keys import ApiKeys, DeleteApiKey, EditApiKey, RotateApiKey, SwitchApiKey
from tenants.web.explain import Explain
from tenants.web.limits import AccountLimits, DomainLimits, EditAccountLimits, EditDomainLimits, MyLimits
from tenants.web.notifications import Bell, NotificationPreferences, Notifications, OpenNotification, ReadAll
from tenants.web.sign_in import DeleteProvider, EditProvider, NewProvider, SignInDomains, SignInOfDomain, TryProvider
from tenants.web.view_as import EndViewAs, StartViewAs, UsersToActFor
from tenants.web.views import EventPage, Events, Profile
from tenants.web.webhooks import (
    ChangeWebhook,
    DeleteWebhook,
    NewWebhook,
    Redeliver,
    RotateWebhookSecret,
    TestWebhook,
    WebhookPage,
    Webhooks,
)

app_name = "tenants"

urlpatterns = [
    path("profile/", Profile.as_view(), name="profile"),
    path("profile/notifications/", NotificationPreferences.as_view(), name="notification-preferences"),
    path("notifications/", Notifications.as_view(), name="notifications"),
    path("notifications/bell/", Bell.as_view(), name="bell"),
    path("notifications/read/", ReadAll.as_view(), name="notifications-read"),
    path("notifications/<uuid:uuid>/open/", OpenNotification.as_view(), name="notification-open"),
    path("api-keys/", ApiKeys.as_view(), name="api-keys"),
    path("api-keys/<uuid:uuid>/delete/", DeleteApiKey.as_view(), name="api-key-delete"),
    path("api-keys/<uuid:uuid>/edit/", EditApiKey.as_view(), name="api-key-edit"),
    path("api-keys/<uuid:uuid>/rotate/", RotateApiKey.as_view(), name="api-key-rotate"),
    path("api-keys/<uuid:uuid>/switch/", SwitchApiKey.as_view(), name="api-key-switch"),
    path("limits/", MyLimits.as_view(), name="limits"),
    path("limits/accounts/<uuid:uuid>/", AccountLimits.as_view(), name="account-limits"),
    path("limits/accounts/<uuid:uuid>/edit/", EditAccountLimits.as_view(), name="account-limits-edit"),
    path("limits/domains/<uuid:uuid>/", DomainLimits.as_view(), name="domain-limits"),
    path("limits/domains/<uuid:uuid>/edit/", EditDomainLimits.as_view(), name="domain-limits-edit"),
    path("sign-in-settings/", SignInDomains.as_view(), name="sign-in-domains"),
    path("domains/<uuid:uuid>/sign-in/", SignInOfDomain.as_view(), name="sign-in-domain"),
    path("domains/<uuid:uuid>/providers/new/", NewProvider.as_view(), name="identity-provider-new"),
    path("providers/<uuid:uuid>/", EditProvider.as_view(), name="identity-provider"),
    path("providers/<uuid:uuid>/try/", TryProvider.as_view(), name="identity-provider-try"),
    path("providers/<uuid:uuid>/delete/", DeleteProvider.as_view(), name="identity-provider-delete"),
    path("events/", Events.as_view(), name="events"),
    path("events/<uuid:uuid>/", EventPage.as_view(), name="event"),
    path("webhooks/", Webhooks.as_view(), name="webhooks"),
    path("webhooks/new/", NewWebhook.as_view(), name="webhook-new"),
    path("webhooks/<uuid:uuid>/", WebhookPage.as_view(), name="webhook"),
    path("webhooks/<uuid:uuid>/change/", ChangeWebhook.as_view(), name="webhook-change"),
    path("webhooks/<uuid:uuid>/rotate/", RotateWebhookSecret.as_view(), name="webhook-rotate"),
    path("webhooks/<uuid:uuid>/test/", TestWebhook.as_view(), name="webhook-test"),
    path("webhooks/<uuid:uuid>/delete/", DeleteWebhook.as_view(), name="webhook-delete"),
    path("webhook-deliveries/<uuid:uuid>/redeliver/", Redeliver.as_view(), name="webhook-redeliver"),
    path("view-as/", UsersToActFor.as_view(), name="view-as"),
    path("view-as/end/", EndViewAs.as_view(), name="view-as-end"),
    path("view-as/<uuid:uuid>/", StartViewAs.as_view(), name="view-as-start"),
    path("domains/", domains.Domains.as_view(), name="domains"),
    path("domains/new/", domains.CreateDomain.as_view(), name="domain-new"),
    path("domains/<uuid:uuid>/", domains.DomainPage.as_view(), name="domain"),
    path("domains/<uuid:uuid>/rename/", domains.RenameDomain.as_view(), name="domain-rename"),
    path("domains/<uuid:uuid>/move/", domains.MoveDomain.as_view(), name="domain-move"),
    path("domains/<uuid:uuid>/suspend/", domains.SuspendDomain.as_view(), name="domain-suspend"),
    path("domains/<uuid:uuid>/activate/", domains.ActivateDomain.as_view(), name="domain-activate"),
    path("domains/<uuid:uuid>/delete/", domains.DeleteDomain.as_view(), name="domain-delete"),
    path("domains/<uuid:uuid>/grant/", grants.GrantOnDomain.as_view(), name="domain-grant"),
    path("accounts/", accounts.Accounts.as_view(), name="accounts"),
    path("accounts/new/", accounts.CreateAccount.as_view(), name="account-new"),
    path("accounts/<uuid:uuid>/", accounts.AccountPage.as_view(), name="account"),
    path("accounts/<uuid:uuid>/rename/", accounts.RenameAccount.as_view(), name="account-rename"),
    path("accounts/<uuid:uuid>/lock/", accounts.LockAccount.as_view(), name="account-lock"),
    path("accounts/<uuid:uuid>/enable/", accounts.EnableAccount.as_view(), name="account-enable"),
    path("accounts/<uuid:uuid>/disable/", accounts.DisableAccount.as_view(), name="account-disable"),
    path("accounts/<uuid:uuid>/delete/", accounts.DeleteAccount.as_view(), name="account-delete"),
    path("accounts/<uuid:uuid>/grant/", grants.GrantOnAccount.as_view(), name="account-grant"),
    path("projects/", projects.Projects.as_view(), name="projects"),
    path("projects/new/", projects.CreateProject.as_view(), name="project-new"),
    path("projects/<uuid:uuid>/", projects.ProjectPage.as_view(), name="project"),
    path("projects/<uuid:uuid>/edit/", projects.EditProject.as_view(), name="project-edit"),
    path("projects/<uuid:uuid>/suspend/", projects.SuspendProject.as_view(), name="project-suspend"),
    path("projects/<uuid:uuid>/activate/", projects.ActivateProject.as_view(), name="project-activate"),
    path("projects/<uuid:uuid>/leave/", projects.LeaveProject.as_view(), name="project-leave"),
    path("projects/<uuid:uuid>/delete/", projects.DeleteProject.as_view(), name="project-delete"),
    path("projects/<uuid:uuid>/invite/", project_people.InviteToProject.as_view(), name="project-invite"),
    path(
        "projects/<uuid:uuid>/tags/",
        EditTags.as_view(selector=selectors.projects, route="tenants:project"),
        name="project-tags",
    ),
    path("project-members/<uuid:uuid>/role/", project_people.ChangeMemberRole.as_view(), name="project-member-role"),
    path("project-members/<uuid:uuid>/remove/", project_people.RemoveMember.as_view(), name="project-member-remove"),
    path(
        "project-invitations/<uuid:uuid>/resend/", project_people.ResendInvitation.as_view(), name="invitation-resend"
    ),
    path(
        "project-invitations/<uuid:uuid>/revoke/", project_people.RevokeInvitation.as_view(), name="invitation-revoke"
    ),
    path(
        "project-invitations/<uuid:uuid>/accept/", project_people.AcceptInvitation.as_view(), name="invitation-accept"
    ),
    path(
        "project-invitations/<uuid:uuid>/decline/",
        project_people.DeclineInvitation.as_view(),
        name="invitation-decline",
    ),
    path("invitations/<str:token>/", project_people.InvitationPage.as_view(), name="invitation"),
    path("users/", users.Users.as_view(), name="users"),
    path("users/new/", users.CreateUser.as_view(), name="user-new"),
    path("users/<uuid:uuid>/", users.UserPage.as_view(), name="user"),
    path("users/<uuid:uuid>/edit/", users.EditUser.as_view(), name="user-edit"),
    path("users/<uuid:uuid>/enable/", users.EnableUser.as_view(), name="user-enable"),
    path("users/<uuid:uuid>/disable/", users.DisableUser.as_view(), name="user-disable"),
    path("users/<uuid:uuid>/password/", users.SetPassword.as_view(), name="user-password"),
    path("users/<uuid:uuid>/unlock/", users.UnlockUser.as_view(), name="user-unlock"),
    path("users/<uuid:uuid>/sign-out/", users.SignOutUser.as_view(), name="user-sign-out"),
    path("users/<uuid:uuid>/reset-factors/", users.ResetFactors.as_view(), name="user-reset-factors"),
    path("users/<uuid:uuid>/delete/", users.DeleteUser.as_view(), name="user-delete"),
    path("users/<uuid:uuid>/grant/", grants.GrantToUser.as_view(), name="user-grant"),
    path("groups/", groups.Groups.as_view(), name="groups"),
    path("groups/new/", groups.CreateGroup.as_view(), name="group-new"),
    path("groups/<uuid:uuid>/", groups.GroupPage.as_view(), name="group"),
    path("groups/<uuid:uuid>/edit/", groups.EditGroup.as_view(), name="group-edit"),
    path("groups/<uuid:uuid>/add-member/", groups.AddMember.as_view(), name="group-add-member"),
    path("groups/<uuid:uuid>/remove-member/", groups.RemoveMember.as_view(), name="group-remove-member"),
    path("groups/<uuid:uuid>/delete/", groups.DeleteGroup.as_view(), name="group-delete"),
    path("groups/<uuid:uuid>/grant/", grants.GrantToGroup.as_view(), name="group-grant"),
    path("roles/", roles.Roles.as_view(), name="roles"),
    path("roles/new/", roles.CreateRole.as_view(), name="role-new"),
    path("roles/<uuid:uuid>/", roles.RolePage.as_view(), name="role"),
    path("roles/<uuid:uuid>/edit/", roles.EditRole.as_view(), name="role-edit"),
    path("roles/<uuid:uuid>/clone/", roles.CloneRole.as_view(), name="role-clone"),
    path("roles/<uuid:uuid>/delete/", roles.DeleteRole.as_view(), name="role-delete"),
    path("grants/", grants.Grants.as_view(), name="grants"),
    path("grants/<uuid:uuid>/revoke/", grants.RevokeGrant.as_view(), name="grant-revoke"),
    path("explain/", Explain.as_view(), name="explain"),
]
