from tenants.models.account import Account
from tenants.models.api_key import ApiKey
from tenants.models.domain import Domain
from tenants.models.grants import (
    AccountGroupObjectPermission,
    AccountUserObjectPermission,
    DomainGroupObjectPermission,
    DomainUserObjectPermission,
)
from tenants.models.resource import TenantResource
from tenants.models.user import User
from tenants.models.view_as import ViewAs
from tenants.models.webhook import Webhook, WebhookDelivery

__all__ = [
    "Account",
    "AccountGroupObjectPermission",
    "AccountUserObjectPermission",
    "ApiKey",
    "Domain",
    "DomainGroupObjectPermission",
    "DomainUserObjectPermission",
    "TenantResource",
    "User",
    "ViewAs",
    "Webhook",
    "WebhookDelivery",
]
