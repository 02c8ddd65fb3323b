from tenants.models.account import Account
from tenants.models.api_key import ApiKey
from tenants.models.domain import Domain
from tenants.models.grants import (
    AccountGroupObjectPermission,
    AccountUserObjectPermission,
    DomainGroupObjectPermission,
    DomainUserObjectPermission,
    Grant,
)
from tenants.models.group import Group
from tenants.models.identity_provider import IdentityProvider
from tenants.models.known_browser import KnownBrowser
from tenants.models.limit import Counted, CountedUntilGivenUp, Limit, removed_is_not_counted
from tenants.models.mapped_grant import MappedGrant
from tenants.models.notification import MailBrake, Notification, NotificationPreference
from tenants.models.outgoing_mail import OutgoingMail
from tenants.models.project import Project
from tenants.models.project_invitation import ProjectInvitation
from tenants.models.resource import TenantResource
from tenants.models.role import Role
from tenants.models.share import Share, ShareTable, share_tables, shared_once, shares_of_account
from tenants.models.sign_in_policy import SignInPolicy
from tenants.models.sign_in_throttle import SignInThrottle
from tenants.models.tags import Tagged, tags_are_good, tags_index
from tenants.models.user import User
from tenants.models.view_as import ViewAs
from tenants.models.webhook import Webhook, WebhookDelivery

__all__ = [
    "Account",
    "AccountGroupObjectPermission",
    "AccountUserObjectPermission",
    "ApiKey",
    "Counted",
    "CountedUntilGivenUp",
    "Domain",
    "DomainGroupObjectPermission",
    "DomainUserObjectPermission",
    "Grant",
    "Group",
    "IdentityProvider",
    "KnownBrowser",
    "Limit",
    "MailBrake",
    "MappedGrant",
    "Notification",
    "NotificationPreference",
    "OutgoingMail",
    "Project",
    "ProjectInvitation",
    "Role",
    "Share",
    "ShareTable",
    "SignInPolicy",
    "SignInThrottle",
    "Tagged",
    "TenantResource",
    "User",
    "ViewAs",
    "Webhook",
    "WebhookDelivery",
    "removed_is_not_counted",
    "share_tables",
    "shared_once",
    "shares_of_account",
    "tags_are_good",
    "tags_index",
]
