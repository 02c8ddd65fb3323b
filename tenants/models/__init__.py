from tenants.models.account import Account
from tenants.models.api_key import ApiKey
from tenants.models.domain import Domain
from tenants.models.grants import (
    AccountGroupObjectPermission,
    AccountUserObjectPermission,
    DomainGroupObjectPermission,
    DomainUserObjectPermission,
)
from tenants.models.identity_provider import IdentityProvider
from tenants.models.known_browser import KnownBrowser
from tenants.models.outgoing_mail import OutgoingMail
from tenants.models.resource import TenantResource
from tenants.models.sign_in_policy import SignInPolicy
from tenants.models.sign_in_throttle import SignInThrottle
from tenants.models.user import User

__all__ = [
    "Account",
    "AccountGroupObjectPermission",
    "AccountUserObjectPermission",
    "ApiKey",
    "Domain",
    "DomainGroupObjectPermission",
    "DomainUserObjectPermission",
    "IdentityProvider",
    "KnownBrowser",
    "OutgoingMail",
    "SignInPolicy",
    "SignInThrottle",
    "TenantResource",
    "User",
]
