"""What providers of each kind must have, may have, and can't have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import SplitResult, urlsplit

from cryptography import x509

from cloudportal.core.addresses import Internal, Unknown, allowed_address
from cloudportal.core.configuration import value_of
from cloudportal.core.errors import InvalidInput
from tenants.directory.base import DN, NAME
from tenants.models import IdentityProvider
from tenants.models.identity_provider import ATTRIBUTES, Kind
from tenants.settings import IDENTITY_INTERNAL_NETWORKS

MOST_SERVERS, MOST_CERTIFICATES = 3, 5
LONGEST_ATTRIBUTE = 255
LONGEST_CERTIFICATES = 20_000
PORTS = {"http": 80, "https": 443, "ldap": 389, "ldaps": 636}
_LDAP_ATTRIBUTE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.;-]*")

NEEDED: Mapping[str, tuple[str, ...]] = {
    Kind.OPENID_CONNECT: ("issuer", "client_id"),
    Kind.SAML: ("issuer", "sso_url", "certificates"),
    Kind.LDAP: ("servers", "user_base", "user_filter"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    Kind.OPENID_CONNECT: ("client_secret", "groups_claim"),
    Kind.SAML: ("attributes",),
    Kind.LDAP: ("certificates", "attributes", "bind_dn", "bind_password", "group_base", "group_filter"),
}
OF_KINDS = {name for names in (*NEEDED.values(), *OPTIONAL.values()) for name in names}
# Of the kinds that need one: the extra, and the module by which it is known to be there.
EXTRAS: Mapping[str, tuple[str, str]] = {Kind.SAML: ("saml", "onelogin"), Kind.LDAP: ("ldap", "ldap")}


def missing_extra(kind: str) -> str:
    """The extra that this machine lacks for providers of the kind; empty when nothing is missing."""
    extra, module = EXTRAS.get(kind, ("", ""))
    return extra if module and find_spec(module) is None else ""


def check_kind(provider: IdentityProvider, changed: set[str]) -> None:
    """Judge what a provider has against what its kind is.

    Raises:
        InvalidInput: something is missing, is not the kind's, or makes no sense.
    """
    kind = provider.kind
    if kind not in NEEDED:
        raise InvalidInput({"kind": f"There is no kind “{kind}”; there are {', '.join(NEEDED)}."})
    if extra := missing_extra(kind):
        raise InvalidInput({"kind": f"Providers of this kind need the extra “{extra}”, which is not installed here."})
    label = Kind(kind).label
    foreign = {name for name in changed & OF_KINDS if name not in NEEDED[kind] + OPTIONAL[kind]}
    errors = {name: f"A provider of {label} has none." for name in foreign if getattr(provider, name)}
    errors |= {name: f"A provider of {label} needs this." for name in NEEDED[kind] if not getattr(provider, name)}
    if errors:
        raise InvalidInput(errors)
    for name in changed & _JUDGES.keys() & set(NEEDED[kind] + OPTIONAL[kind]):
        _JUDGES[name](provider)


def check_issuer(issuer: str) -> None:
    """Judge the address that the portal will ask for keys and tokens.

    Raises:
        InvalidInput: it is no HTTPS URL, or leads to an address that the operator did not allow.
    """
    parts = _parts("issuer", issuer, {"https", "http"})
    if parts.query or parts.fragment:
        raise InvalidInput({"issuer": "The issuer must be a URL with a host, without user name, query and fragment."})
    _judge_address("issuer", parts)
    if parts.scheme == "http" and not value_of(IDENTITY_INTERNAL_NETWORKS):
        raise InvalidInput({"issuer": "The issuer must begin with https://."})


def _judge_issuer(provider: IdentityProvider) -> None:
    if provider.kind == Kind.OPENID_CONNECT:
        check_issuer(provider.issuer)


def _judge_sso_url(provider: IdentityProvider) -> None:
    """The portal itself never goes there; browsers do, and they are not to be sent in the clear."""
    parts = _parts("sso_url", provider.sso_url, {"https", "http"})
    if parts.fragment or (parts.scheme == "http" and not value_of(IDENTITY_INTERNAL_NETWORKS)):
        raise InvalidInput({"sso_url": "This must be a URL that begins with https://, without a fragment."})


def _judge_servers(provider: IdentityProvider) -> None:
    servers = provider.servers
    if not isinstance(servers, list) or len(servers) > MOST_SERVERS or not all(isinstance(one, str) for one in servers):
        raise InvalidInput({"servers": f"This must be a list of at most {MOST_SERVERS} URLs."})
    for server in servers:
        parts = _parts("servers", server, {"ldaps", "ldap"})
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise InvalidInput({"servers": "A server is a URL such as ldaps://ldap.example.org, with nothing behind."})
        _judge_address("servers", parts)


def _judge_certificates(provider: IdentityProvider) -> None:
    text = provider.certificates
    if not text:
        return
    try:
        found = x509.load_pem_x509_certificates(text.encode()) if len(text) <= LONGEST_CERTIFICATES else []
    except ValueError as error:
        raise InvalidInput({"certificates": "These are no certificates in PEM."}) from error
    if not 0 < len(found) <= MOST_CERTIFICATES:
        raise InvalidInput({"certificates": f"This must be one to {MOST_CERTIFICATES} certificates in PEM."})


def _judge_attributes(provider: IdentityProvider) -> None:
    known, given = ATTRIBUTES[provider.kind], provider.attributes
    if not isinstance(given, dict) or not set(given) <= set(known):
        raise InvalidInput({"attributes": f"There are {', '.join(known)}."})
    for name, attribute in given.items():
        if not isinstance(attribute, str) or len(attribute) > LONGEST_ATTRIBUTE:
            raise InvalidInput({"attributes": f"The attribute of {name} must be a text."})
        if provider.kind == Kind.LDAP and attribute and not _LDAP_ATTRIBUTE.fullmatch(attribute):
            raise InvalidInput({"attributes": f"“{attribute}” is no attribute of a directory."})
    if provider.kind == Kind.LDAP and not (provider.names["id"] and provider.names["groups"]):
        raise InvalidInput({"attributes": "In a directory the id and the groups have an attribute."})


def _judge_user_filter(provider: IdentityProvider) -> None:
    if NAME not in provider.user_filter or not _is_filter(provider.user_filter):
        raise InvalidInput({"user_filter": f"This must be a filter with {NAME} in it, such as (uid={NAME})."})


def _judge_group_filter(provider: IdentityProvider) -> None:
    text = provider.group_filter
    if text and not (_is_filter(text) and (DN in text or NAME in text)):
        raise InvalidInput({"group_filter": f"This must be a filter with {DN} or {NAME} in it, such as (member={DN})."})


def _judge_group_base(provider: IdentityProvider) -> None:
    if provider.group_base and not provider.group_filter:
        raise InvalidInput({"group_filter": "Where groups are searched, there must be a filter for them."})


def _is_filter(text: str) -> bool:
    """The outer form alone; what is in it the server judges when it is tried."""
    depth = 0
    for position, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0 or (depth == 0 and position < len(text) - 1):
            return False
    return text.startswith("(") and depth == 0


def _parts(field: str, url: str, schemes: set[str]) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidInput({field: "That is no URL."}) from error
    if parts.scheme not in schemes or not host or parts.username:
        words = " or ".join(f"{scheme}://" for scheme in sorted(schemes, reverse=True))
        raise InvalidInput({field: f"This must be a URL with {words} and a host, and without a user name."})
    return parts


def _judge_address(field: str, parts: SplitResult) -> None:
    host, internal = parts.hostname or "", value_of(IDENTITY_INTERNAL_NETWORKS)
    try:
        allowed_address(host, parts.port or PORTS[parts.scheme], internal)
    except Unknown as error:
        raise InvalidInput({field: f"There is no host called {host}."}) from error
    except Internal as error:
        raise InvalidInput({field: f"{host} is an internal address, which is not accepted."}) from error


_JUDGES: dict[str, Callable[[IdentityProvider], Any]] = {
    "issuer": _judge_issuer,
    "sso_url": _judge_sso_url,
    "servers": _judge_servers,
    "certificates": _judge_certificates,
    "attributes": _judge_attributes,
    "user_filter": _judge_user_filter,
    "group_filter": _judge_group_filter,
    "group_base": _judge_group_base,
}
