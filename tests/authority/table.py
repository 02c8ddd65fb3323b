"""Who may do what on which address: one row for each, and a test that fails where one is missing.

A new address needs a row here before anything else is green. `Own` takes the id of a tenant's thing and must be
404 for everybody else; `Cloud` takes the id of a thing of the cloud; `Listing` may show nothing of another tenant;
`Open` is for everybody and shows nothing of anybody.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Own:
    """An object of a tenant. Each method must answer others 404, with the body of an id that never was.

    `key` is the attribute that the address takes: things of libraries are known by numbers.
    """

    noun: str
    methods: tuple[str, ...] = ("get",)
    key: str = "uuid"


@dataclass(frozen=True, slots=True)
class Cloud:
    """An object of the cloud. Tenants see it or not; they may write none of it. Some addresses only write."""

    noun: str
    seen: bool
    writes: tuple[str, ...] = ()
    reads: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """Shows what the caller may see. `query` is what the address needs; `status` what it answers a tenant.

    `mighty` is what it answers who has the permission elsewhere, where a tenant has it nowhere.
    """

    query: str = ""
    status: int = 200
    mighty: int = 0


@dataclass(frozen=True, slots=True)
class Writing:
    """Makes something for the caller, or does something to several things named in the body."""


@dataclass(frozen=True, slots=True)
class Open:
    """For everybody. `status` is what it answers who is not signed in, `signed_in` what it answers who is.

    `values` is what the address takes that names nothing of anybody, such as a link from a mail.
    """

    query: str = ""
    status: int = 200
    signed_in: int = 200
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """Tells of changes, of one's own alone. `by_key`: who listens shows an API key, and not a session."""

    by_key: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """The screen of an instance, for the token that was given to who may see it."""


Rule = Own | Cloud | Listing | Writing | Open

_GET_DELETE, _POST = ("get", "delete"), ("post",)
_GET_PATCH_DELETE = ("get", "patch", "delete")

API: dict[str, Rule] = {
    "api:account-list": Listing(),
    "api:account-bulk": Writing(),
    "api:account-detail": Own("account", _GET_PATCH_DELETE),
    "api:account-enable": Own("account", _POST),
    "api:account-lock": Own("account", _POST),
    "api:account-disable": Own("account", _POST),
    "api:alert-list": Listing(),
    "api:alert-bulk": Writing(),
    "api:alert-detail": Cloud("alert", seen=False),
    "api:alert-acknowledge": Cloud("alert", seen=False, writes=("post",), reads=False),
    "api:api-key-list": Listing(),
    "api:api-key-bulk": Writing(),
    "api:api-key-detail": Own("api_key", _GET_PATCH_DELETE),
    "api:api-key-disable": Own("api_key", _POST),
    "api:api-key-enable": Own("api_key", _POST),
    "api:api-key-rotate": Own("api_key", _POST),
    "api:capacity-list": Listing(),
    "api:cluster-list": Listing(),
    "api:cluster-detail": Cloud("cluster", seen=False, writes=("patch",)),
    "api:disk-offering-list": Listing(),
    "api:disk-offering-detail": Cloud("disk_offering", seen=True, writes=("patch",)),
    "api:docs": Open(),
    "api:domain-list": Listing(),
    "api:domain-bulk": Writing(),
    "api:domain-detail": Own("domain", _GET_PATCH_DELETE),
    "api:domain-move": Own("domain", _POST),
    "api:domain-suspend": Own("domain", _POST),
    "api:domain-activate": Own("domain", _POST),
    "api:event-list": Listing(),
    "api:event-detail": Own("event"),
    "api:event-export": Listing(status=403, mighty=200),
    "api:explain-list": Listing(status=400),
    "api:grant-list": Listing(),
    "api:grant-bulk": Writing(),
    "api:grant-detail": Own("grant", _GET_DELETE),
    "api:group-list": Listing(),
    "api:group-bulk": Writing(),
    "api:group-detail": Own("group", _GET_PATCH_DELETE),
    "api:group-add-member": Own("group", _POST),
    "api:group-remove-member": Own("group", _POST),
    "api:host-list": Listing(),
    "api:host-bulk": Writing(),
    "api:host-detail": Cloud("host", seen=False, writes=("patch", "delete")),
    "api:identity-provider-list": Listing(),
    "api:identity-provider-bulk": Writing(),
    "api:identity-provider-detail": Own("identity_provider", ("get", "patch", "delete")),
    "api:identity-provider-try": Own("identity_provider", _POST),
    "api:instance-list": Listing(),
    "api:instance-bulk": Writing(),
    "api:instance-detail": Own("instance"),
    "api:instance-console": Own("instance", _POST),
    "api:instance-destroy": Own("instance", _POST),
    "api:instance-expunge": Own("instance", _POST),
    "api:instance-reboot": Own("instance", _POST),
    "api:instance-recover": Own("instance", _POST),
    "api:instance-start": Own("instance", _POST),
    "api:instance-stop": Own("instance", _POST),
    "api:instance-tags": Own("instance", _POST),
    "api:job-list": Listing(),
    "api:job-bulk": Writing(),
    "api:job-detail": Own("job"),
    "api:job-cancel": Own("job", _POST),
    "api:limit-list": Listing(),
    "api:account-limits": Own("account", ("get", "patch")),
    "api:domain-limits": Own("domain", ("get", "patch")),
    "api:me-list": Listing(),
    "api-missing": Open(status=404, signed_in=404),
    "api:missing": Open(status=404, signed_in=404),
    "api:network-list": Listing(),
    "api:network-bulk": Writing(),
    "api:network-detail": Own("network", _GET_DELETE),
    "api:network-tags": Own("network", _POST),
    "api:notification-list": Listing(),
    "api:notification-bulk": Writing(),
    "api:notification-detail": Own("notification"),
    "api:notification-read": Own("notification", _POST),
    "api:notification-read-all": Writing(),
    "api:notification-preference-list": Listing(),
    "api:notification-preference-detail": Cloud("notification_kind", seen=True, writes=("patch",)),
    "api:offering-list": Listing(),
    "api:offering-detail": Cloud("offering", seen=True, writes=("patch",)),
    "api:permission-list": Listing(),
    "api:pod-list": Listing(),
    "api:pod-detail": Cloud("pod", seen=False, writes=("patch",)),
    "api:pool-list": Listing(),
    "api:pool-detail": Cloud("pool", seen=False, writes=("patch",)),
    "api:project-list": Listing(),
    "api:project-bulk": Writing(),
    "api:project-detail": Own("project", _GET_PATCH_DELETE),
    "api:project-suspend": Own("project", _POST),
    "api:project-activate": Own("project", _POST),
    "api:project-leave": Own("project", _POST),
    "api:project-tags": Own("project", _POST),
    "api:project-limits": Own("project", ("get", "patch")),
    "api:project-member-list": Listing(),
    "api:project-member-bulk": Writing(),
    "api:project-member-detail": Own("project_member", _GET_PATCH_DELETE),
    "api:project-invitation-list": Listing(),
    "api:project-invitation-bulk": Writing(),
    "api:project-invitation-detail": Own("invitation"),
    "api:project-invitation-resend": Own("invitation", _POST),
    "api:project-invitation-revoke": Own("invitation", _POST),
    "api:project-invitation-accept": Own("invitation", _POST),
    "api:project-invitation-decline": Own("invitation", _POST),
    "api:public-address-list": Listing(),
    "api:public-address-bulk": Writing(),
    "api:public-address-detail": Own("public_address"),
    "api:public-address-tags": Own("public_address", _POST),
    "api:role-list": Listing(),
    "api:role-bulk": Writing(),
    "api:role-detail": Own("role", _GET_PATCH_DELETE),
    "api:role-clone": Own("role", _POST),
    "api:schema": Open(),
    "api:setting-list": Listing(),
    "api:setting-detail": Cloud("setting", seen=False, writes=("patch",)),
    "api:setting-reset": Cloud("setting", seen=False, writes=("post",), reads=False),
    "api:sign-in-policy-list": Listing(),
    "api:sign-in-policy-detail": Own("domain", ("get", "patch")),
    "api:ssh-key-list": Listing(),
    "api:ssh-key-bulk": Writing(),
    "api:ssh-key-detail": Own("ssh_key", _GET_DELETE),
    "api:ssh-key-tags": Own("ssh_key", _POST),
    "api:store-list": Listing(),
    # Where no balancer joins the processes it is somewhere else.
    "api:stream-list": Listing(status=421),
    "api:store-detail": Cloud("store", seen=False),
    "api:template-list": Listing(),
    "api:template-bulk": Writing(),
    "api:template-detail": Own("template", _GET_DELETE),
    "api:template-tags": Own("template", _POST),
    "api:template-upload": Writing(),
    "api:usage-list": Listing(),
    "api:usage-export": Listing(),
    "api:user-list": Listing(),
    "api:user-bulk": Writing(),
    "api:webhook-list": Listing(),
    "api:webhook-bulk": Writing(),
    "api:webhook-detail": Own("webhook", ("get", "patch", "delete")),
    "api:webhook-rotate-secret": Own("webhook", _POST),
    "api:webhook-test": Own("webhook", _POST),
    "api:webhook-delivery-list": Listing(),
    "api:webhook-delivery-detail": Own("webhook_delivery"),
    "api:webhook-delivery-redeliver": Own("webhook_delivery", _POST),
    "api:user-detail": Own("user", _GET_PATCH_DELETE),
    "api:user-enable": Own("user", _POST),
    "api:user-disable": Own("user", _POST),
    "api:user-set-password": Own("user", _POST),
    "api:user-reset-factors": Own("user", _POST),
    "api:user-sign-out": Own("user", _POST),
    "api:user-unlock": Own("user", _POST),
    "api:volume-list": Listing(),
    "api:volume-bulk": Writing(),
    "api:volume-detail": Own("volume"),
    "api:volume-tags": Own("volume", _POST),
    "api:zone-list": Listing(),
    "api:zone-detail": Cloud("zone", seen=True, writes=("patch",)),
}

_SHARED = ("network", "ssh-key", "template")
API |= {
    **{f"api:{noun}-shares": Own(noun.replace("-", "_")) for noun in _SHARED},
    **{
        f"api:{noun}-{verb}": Own(noun.replace("-", "_"), _POST)
        for noun in _SHARED
        for verb in ("share", "unshare", "leave")
    },
}

_TABS = ("console", "disks", "network", "jobs", "events")
_OPERATIONS = ("start", "stop", "reboot", "destroy", "recover", "expunge")
_OF_DOMAINS = ("rename", "move", "suspend", "activate", "delete", "grant")
_OF_ACCOUNTS = ("rename", "lock", "enable", "disable", "delete", "grant")
_OF_PROJECTS = ("edit", "suspend", "activate", "leave", "delete", "invite", "tags")
_OF_INVITATIONS = ("resend", "revoke", "accept", "decline")
_OF_USERS = (
    "edit", "enable", "disable", "password", "unlock", "sign-out", "reset-factors", "delete", "grant",
)  # fmt: skip
_OF_GROUPS = ("edit", "add-member", "remove-member", "delete", "grant")
_OF_ROLES = ("edit", "clone", "delete")

NO_PROVIDER = "00000000-0000-4000-8000-000000000000"

# A sign-in by force, as tests do it, proves nothing: pages that want a fresh proof lead to giving one.
_FRESH = Listing(status=302)
SIGN_IN: dict[str, Rule] = {
    "account_login": Open(signed_in=302),
    "account_logout": Writing(),
    "account_reauthenticate": Listing(),
    "account_change_password": Listing(),
    "account_reset_password": Open(),
    "account_reset_password_done": Open(),
    "account_reset_password_from_key": Open(values=("1", "x-y")),
    "account_reset_password_from_key_done": Open(),
    "mfa_authenticate": Open(status=302, signed_in=302),
    "mfa_reauthenticate": _FRESH,
    "mfa_reauthenticate_webauthn": _FRESH,
    "mfa_index": Listing(),
    "mfa_activate_totp": _FRESH,
    "mfa_deactivate_totp": _FRESH,
    "mfa_add_webauthn": _FRESH,
    "mfa_edit_webauthn": Own("security_key", ("get", "post"), key="pk"),
    "mfa_remove_webauthn": Own("security_key", ("get", "post"), key="pk"),
    "mfa_view_recovery_codes": _FRESH,
    "mfa_generate_recovery_codes": _FRESH,
    "mfa_download_recovery_codes": _FRESH,
    "openid_connect_login": Open(values=(NO_PROVIDER,), status=405, signed_in=405),
    "openid_connect_callback": Open(values=(NO_PROVIDER,), status=404, signed_in=404),
    "saml_login": Open(values=(NO_PROVIDER,), status=405, signed_in=405),
    "saml_back": Open(values=(NO_PROVIDER,), status=405, signed_in=405),
    "saml_metadata": Open(values=(NO_PROVIDER,), status=404, signed_in=404),
    "signin:find": Open(),
    "signin:at": Open(values=("nowhere",), signed_in=302),
    "signin:sessions": Listing(),
    "signin:sessions-end-others": Listing(),
    "signin:session-end": Own("session", ("get", "post"), key="pk"),
}

_TAGS = (
    "compute:instance-tags", "compute:ssh-key-tags", "network:network-tags", "storage:volume-tags",
    "storage:template-tags",
)  # fmt: skip

WEB: dict[str, Rule] = {
    "metrics": Open(status=401, signed_in=401),
    "web:dashboard": Listing(),
    "web:search": Listing("?q=sesame"),
    "web:jobs": Listing(),
    "web:job-drawer": Listing(),
    "web:job": Own("job"),
    "web:job-cancel": Own("job", _POST),
    "compute:instances": Listing(),
    "compute:deploy": Listing(),
    "compute:deploy-preview": Writing(),
    "compute:bulk": Writing(),
    "compute:instance": Own("instance"),
    "compute:screen": Own("instance"),
    **{f"compute:instance-{tab}": Own("instance") for tab in _TABS},
    **{f"compute:instance-{name}": Own("instance", ("get", "post")) for name in _OPERATIONS},
    **{name: Own(name.split(":")[1].removesuffix("-tags").replace("-", "_"), ("get", "post")) for name in _TAGS},
    "compute:ssh-keys": Listing(),
    "compute:ssh-key-new": Listing(),
    "compute:ssh-key": Own("ssh_key"),
    "compute:ssh-key-delete": Own("ssh_key", ("get", "post")),
    "network:networks": Listing(),
    "network:network": Own("network"),
    "network:network-new": Listing(),
    "network:network-delete": Own("network", ("get", "post")),
    "storage:volumes": Listing(),
    "storage:volume": Own("volume"),
    "storage:templates": Listing(),
    "storage:template": Own("template"),
    "storage:template-new": Listing(),
    "storage:template-delete": Own("template", ("get", "post")),
    "storage:pools": Listing(status=404),
    "storage:pool": Cloud("pool", seen=False),
    "infrastructure:alerts": Listing(status=404),
    "infrastructure:alerts-acknowledge": Writing(),
    "infrastructure:alert-badge": Listing(status=404),
    "infrastructure:alert": Cloud("alert", seen=False),
    "infrastructure:alert-acknowledge": Cloud("alert", seen=False, writes=("post",)),
    "infrastructure:zones": Listing(status=404),
    "infrastructure:zone": Cloud("zone", seen=False),
    "infrastructure:hosts": Listing(status=404),
    "infrastructure:host": Cloud("host", seen=False),
    "accounting:usage": Listing(),
    "tenants:profile": Listing(),
    "tenants:notification-preferences": Listing(),
    "tenants:notifications": Listing(),
    "tenants:notifications-read": Writing(),
    "tenants:bell": Listing(status=302),
    "tenants:notification-open": Own("notification", ("get", "post")),
    "tenants:api-keys": Listing(),
    **{f"tenants:api-key-{name}": Own("api_key", ("get", "post")) for name in ("delete", "edit", "rotate", "switch")},
    "tenants:events": Listing(),
    "tenants:event": Own("event"),
    "tenants:webhooks": Listing(),
    "tenants:webhook-new": Listing(),
    "tenants:webhook": Own("webhook"),
    "tenants:webhook-change": Own("webhook", ("get", "post")),
    "tenants:webhook-rotate": Own("webhook", ("get", "post")),
    "tenants:webhook-test": Own("webhook", ("get", "post")),
    "tenants:webhook-delete": Own("webhook", ("get", "post")),
    "tenants:webhook-redeliver": Own("webhook_delivery", ("get", "post")),
    "tenants:view-as": Listing(status=404),
    "tenants:view-as-start": Own("user", ("get", "post")),
    "tenants:view-as-end": Writing(),
    "web:settings": Listing(status=404),
    "web:setting": Cloud("setting", seen=False, writes=("post",), reads=False),
    "tenants:domains": Listing(status=404),
    "tenants:domain-new": Listing(status=404),
    "tenants:domain": Own("domain"),
    **{f"tenants:domain-{name}": Own("domain", ("get", "post")) for name in _OF_DOMAINS},
    "tenants:accounts": Listing(status=404),
    "tenants:account-new": Listing(status=404),
    "tenants:account": Own("account"),
    **{f"tenants:account-{name}": Own("account", ("get", "post")) for name in _OF_ACCOUNTS},
    "tenants:projects": Listing(),
    "tenants:project-new": Listing(status=404),
    "tenants:project": Own("project"),
    **{f"tenants:project-{name}": Own("project", ("get", "post")) for name in _OF_PROJECTS},
    **{f"tenants:project-member-{name}": Own("project_member", ("get", "post")) for name in ("role", "remove")},
    **{f"tenants:invitation-{name}": Own("invitation", ("get", "post")) for name in _OF_INVITATIONS},
    "tenants:invitation": Own("mailed", ("get", "post"), key="token"),
    "tenants:users": Listing(status=404),
    "tenants:user-new": Listing(status=404),
    "tenants:user": Own("user"),
    **{f"tenants:user-{name}": Own("user", ("get", "post")) for name in _OF_USERS},
    "tenants:groups": Listing(status=404),
    "tenants:group-new": Listing(status=404),
    "tenants:group": Own("group"),
    **{f"tenants:group-{name}": Own("group", ("get", "post")) for name in _OF_GROUPS},
    "tenants:roles": Listing(status=404),
    "tenants:role-new": Listing(status=404),
    "tenants:role": Own("role"),
    **{f"tenants:role-{name}": Own("role", ("get", "post")) for name in _OF_ROLES},
    "tenants:grants": Listing(status=404),
    "tenants:grant-revoke": Own("grant", ("get", "post")),
    "tenants:explain": Listing(),
    "tenants:limits": Listing(),
    "tenants:account-limits": Own("account"),
    "tenants:account-limits-edit": Own("account", ("get", "post")),
    "tenants:domain-limits": Own("domain"),
    "tenants:domain-limits-edit": Own("domain", ("get", "post")),
    "tenants:sign-in-domains": Listing(status=404),
    "tenants:sign-in-domain": Own("domain", ("get", "post")),
    "tenants:identity-provider": Own("identity_provider", ("get", "post")),
    "tenants:identity-provider-new": Own("domain", ("get", "post")),
    "tenants:identity-provider-try": Own("identity_provider", ("get", "post")),
    "tenants:identity-provider-delete": Own("identity_provider", ("get", "post")),
}

WEB |= {
    f"{app}:{noun}-{verb}": Own(noun.replace("-", "_"), ("get", "post"))
    for app, noun in zip(("network", "compute", "storage"), _SHARED, strict=True)
    for verb in ("share", "unshare", "leave")
}

TABLE: dict[str, Rule] = API | SIGN_IN | WEB

# What the live process answers, by the type of the request and its address.
LIVE: dict[tuple[str, str], Stream | Screen | Open] = {
    ("http", "/live/events"): Stream(by_key=False),
    ("http", "/api/v1/stream/"): Stream(by_key=True),
    ("http", "/healthz"): Open(),
    ("websocket", "/live/console/"): Screen(),
}
