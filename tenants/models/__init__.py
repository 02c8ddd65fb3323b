from tenants.models.account import Account
from tenants.models.api_key import ApiKey
from tenants.models.domain import Domain
from tenants.models.grants import (
    AccountGroupObjectPermission,
    AccountUserObjectPermission,
    DomainGroupObjectPermission,
    DomainUserObjectPermission,
)
from tenants.models.limit import Counted, CountedUntilGivenUp, Limit, removed_is_not_counted
from tenants.models.resource import TenantResource
from tenants.models.user import User

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
    "Limit",
    "TenantResource",
    "User",
    "removed_is_not_counted",
]
