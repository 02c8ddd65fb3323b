"""Every address of the REST API."""

from __future__ import annotations

from typing import Any

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSetMixin

from accounting.api.usage import UsageViewSet
from cloudportal.api.capacity import CapacityViewSet
from cloudportal.api.missing import missing
from cloudportal.api.schema import SchemaView, docs
from cloudportal.api.settings import SettingViewSet
from cloudportal.api.stream import StreamViewSet
from cloudportal.infrastructure.api.alerts import AlertViewSet
from cloudportal.infrastructure.api.clusters import ClusterViewSet
from cloudportal.infrastructure.api.pods import PodViewSet
from cloudportal.infrastructure.api.zones import ZoneViewSet
from compute.api.hosts import HostViewSet
from compute.api.instances import InstanceViewSet
from compute.api.offerings import OfferingViewSet
from compute.api.ssh_keys import SSHKeyViewSet
from network.api.networks import NetworkViewSet
from network.api.public_addresses import PublicAddressViewSet
from storage.api.disk_offerings import DiskOfferingViewSet
from storage.api.pools import PoolViewSet
from storage.api.stores import StoreViewSet
from storage.api.templates import TemplateViewSet
from storage.api.volumes import VolumeViewSet
from tenants.api.accounts import AccountViewSet
from tenants.api.api_keys import ApiKeyViewSet
from tenants.api.domains import DomainViewSet
from tenants.api.events import EventViewSet
from tenants.api.explain import ExplainViewSet
from tenants.api.grants import GrantViewSet
from tenants.api.groups import GroupViewSet
from tenants.api.identity_providers import IdentityProviderViewSet
from tenants.api.jobs import JobViewSet
from tenants.api.limits import AccountLimitsViewSet, DomainLimitsViewSet, MyLimitsViewSet, ProjectLimitsViewSet
from tenants.api.me import MeViewSet
from tenants.api.notifications import NotificationPreferenceViewSet, NotificationViewSet
from tenants.api.project_invitations import ProjectInvitationViewSet
from tenants.api.project_members import ProjectMemberViewSet
from tenants.api.projects import ProjectViewSet
from tenants.api.roles import PermissionViewSet, RoleViewSet
from tenants.api.sign_in_policies import SignInPolicyViewSet
from tenants.api.users import UserViewSet
from tenants.api.webhooks import WebhookDeliveryViewSet, WebhookViewSet

app_name = "api"

RESOURCES: dict[str, tuple[type[ViewSetMixin], str]] = {
    "zones": (ZoneViewSet, "zone"),
    "pods": (PodViewSet, "pod"),
    "clusters": (ClusterViewSet, "cluster"),
    "hosts": (HostViewSet, "host"),
    "capacity": (CapacityViewSet, "capacity"),
    "offerings": (OfferingViewSet, "offering"),
    "disk-offerings": (DiskOfferingViewSet, "disk-offering"),
    "pools": (PoolViewSet, "pool"),
    "stores": (StoreViewSet, "store"),
    "templates": (TemplateViewSet, "template"),
    "volumes": (VolumeViewSet, "volume"),
    "networks": (NetworkViewSet, "network"),
    "public-addresses": (PublicAddressViewSet, "public-address"),
    "ssh-keys": (SSHKeyViewSet, "ssh-key"),
    "instances": (InstanceViewSet, "instance"),
    "jobs": (JobViewSet, "job"),
    "alerts": (AlertViewSet, "alert"),
    "events": (EventViewSet, "event"),
    "notifications": (NotificationViewSet, "notification"),
    "notification-preferences": (NotificationPreferenceViewSet, "notification-preference"),
    "accounts": (AccountViewSet, "account"),
    "projects": (ProjectViewSet, "project"),
    "project-members": (ProjectMemberViewSet, "project-member"),
    "project-invitations": (ProjectInvitationViewSet, "project-invitation"),
    "users": (UserViewSet, "user"),
    "domains": (DomainViewSet, "domain"),
    "groups": (GroupViewSet, "group"),
    "roles": (RoleViewSet, "role"),
    "permissions": (PermissionViewSet, "permission"),
    "grants": (GrantViewSet, "grant"),
    "explain": (ExplainViewSet, "explain"),
    "identity-providers": (IdentityProviderViewSet, "identity-provider"),
    "sign-in-policies": (SignInPolicyViewSet, "sign-in-policy"),
    "api-keys": (ApiKeyViewSet, "api-key"),
    "webhooks": (WebhookViewSet, "webhook"),
    "webhook-deliveries": (WebhookDeliveryViewSet, "webhook-delivery"),
    "usage": (UsageViewSet, "usage"),
    "settings": (SettingViewSet, "setting"),
    "limits": (MyLimitsViewSet, "limit"),
    "me": (MeViewSet, "me"),
    "stream": (StreamViewSet, "stream"),
}

router = SimpleRouter(use_regex_path=False)
for prefix, (view, name) in RESOURCES.items():
    router.register(prefix, view, basename=name)

LIMITS: dict[str, Any] = {"get": "show_limits", "patch": "set_limits"}

urlpatterns = [
    path("accounts/<uuid:uuid>/limits/", AccountLimitsViewSet.as_view(LIMITS), name="account-limits"),
    path("domains/<uuid:uuid>/limits/", DomainLimitsViewSet.as_view(LIMITS), name="domain-limits"),
    path("projects/<uuid:uuid>/limits/", ProjectLimitsViewSet.as_view(LIMITS), name="project-limits"),
    path("", include(router.urls)),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    re_path("", missing, name="missing"),
]
