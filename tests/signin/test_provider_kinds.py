"""Keeping SAML providers and directories: on the pages, by the API, and where an extra is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cloudportal.core.models import Event
from cloudportal.setup.places import REPOSITORY
from tenants.models import Account, IdentityProvider
from tests import factories
from tests.signin.certificates import certify
from tests.signin.conftest import Browser, words
from tests.signin.slapd import BASE, READER, READER_PASSWORD, Slapd

pytestmark = pytest.mark.usefixtures("loopback", "bindings")

API = "/api/v1/identity-providers/"


@pytest.fixture
def admin(account: Account) -> Client:
    client = Browser().client
    client.force_login(factories.user("domain_admin", on=account.domain))
    return client


@pytest.fixture
def pem(tmp_path: Path) -> str:
    return certify(tmp_path, ("idp.acme.example",))


def ldap(account: Account, **more: Any) -> dict[str, Any]:
    return {
        "kind": "ldap", "domain": str(account.domain.uuid), "name": "Directory", "servers": ["ldaps://127.0.0.1:9"],
        "bind_dn": READER, "bind_password": "very-hush", "user_base": f"ou=people,{BASE}",
        "user_filter": "(uid={name})",
    } | more  # fmt: skip


def saml(account: Account, pem: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "saml", "domain": str(account.domain.uuid), "name": "Acme ID", "issuer": "urn:acme:idp",
        "sso_url": "https://idp.acme.example/sso", "certificates": pem,
    } | more  # fmt: skip


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, body, content_type="application/json")


def test_a_directory_is_kept_by_the_api(account: Account, admin: Client) -> None:
    made = post(admin, API, ldap(account, attributes={"id": "objectGUID"}))

    assert made.status_code == 201, made.content
    assert "very-hush" not in words(made)
    assert made.json()["attributes"] == {"id": "objectGUID"}
    assert IdentityProvider.objects.get().bind_password == "very-hush"
    assert "very-hush" not in str(list(Event.objects.values_list("before", "after", "details", "message")))
    assert [one["name"] for one in admin.get(f"{API}?kind=ldap").json()["results"]] == ["Directory"]
    assert admin.get(f"{API}?kind=saml").json()["results"] == []


def test_a_saml_provider_is_kept_by_the_api(account: Account, admin: Client, pem: str) -> None:
    made = post(admin, API, saml(account, pem)).json()

    changed = admin.patch(f"{API}{made['id']}/", {"certificates": pem + pem}, content_type="application/json").json()

    assert (changed["kind"], changed["issuer"], changed["certificates"]) == ("saml", "urn:acme:idp", pem + pem)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("servers", []),
        ("servers", ["http://127.0.0.1"]),
        ("servers", ["ldaps://127.0.0.1/dc=acme"]),
        ("servers", ["ldaps://reader@127.0.0.1"]),
        ("servers", ["ldaps://10.0.0.1"]),
        ("servers", ["ldaps://169.254.169.254"]),
        ("servers", ["ldaps://no-such-host.invalid"]),
        ("servers", ["ldaps://["]),
        ("servers", ["ldaps://127.0.0.1:99999"]),
        ("servers", ["ldaps://127.0.0.1"] * 4),
        ("servers", "ldaps://127.0.0.1"),
        ("user_base", ""),
        ("user_filter", "(uid=alice)"),
        ("user_filter", "uid={name}"),
        ("user_filter", "(uid={name}))(|(uid=*)"),
        ("user_filter", "(a)(uid={name})"),
        ("group_base", "ou=groups,dc=acme"),
        ("group_filter", "(member=*)"),
        ("certificates", "nonsense"),
        ("attributes", {"shoe_size": "x"}),
        ("attributes", {"id": ""}),
        ("attributes", {"email": "mail)(uid=*"}),
        ("attributes", "x"),
        ("issuer", "https://1.1.1.1"),
        ("client_secret", "x"),
        ("sso_url", "https://1.1.1.1"),
        ("kind", "kerberos"),
    ],
)
def test_what_is_wrong_with_a_directory_is_said_at_the_field(
    account: Account, admin: Client, field: str, value: Any
) -> None:
    answer = post(admin, API, ldap(account, **{field: value}))

    assert answer.status_code == 400
    named = "group_filter" if field == "group_base" else field
    assert named in str(answer.json()["errors"])
    assert not IdentityProvider.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", ""), ("sso_url", ""), ("certificates", ""), ("sso_url", "javascript:alert(1)"),
        ("sso_url", "ftp://idp"), ("sso_url", "https://a@idp/sso"), ("sso_url", "https://idp/#x"),
        ("certificates", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
        ("attributes", {"id": "x" * 256}), ("servers", ["ldaps://127.0.0.1"]), ("bind_password", "x"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_saml_provider_is_said_at_the_field(
    account: Account, admin: Client, pem: str, field: str, value: Any
) -> None:
    answer = post(admin, API, saml(account, pem, **{field: value}))

    assert answer.status_code == 400
    assert field in str(answer.json()["errors"])
    assert not IdentityProvider.objects.exists()


def test_a_provider_stays_of_its_kind(account: Account, admin: Client) -> None:
    made = post(admin, API, ldap(account)).json()

    answer = admin.patch(f"{API}{made['id']}/", {"kind": "saml"}, content_type="application/json")

    assert answer.status_code == 400
    assert "kind" in answer.json()["errors"][0]["pointer"]


def test_a_password_does_not_follow_to_servers_that_do_not_know_it(account: Account, admin: Client) -> None:
    made = post(admin, API, ldap(account)).json()
    address = f"{API}{made['id']}/"

    other = admin.patch(address, {"servers": ["ldaps://127.0.0.2"]}, content_type="application/json")
    again = {"servers": ["ldaps://127.0.0.2"], "bind_password": "another"}

    assert other.status_code == 400
    assert "bind_password" in str(other.json()["errors"])
    assert admin.patch(address, again, content_type="application/json").status_code == 200


def test_a_trial_tells_each_step(account: Account, admin: Client, slapd: Slapd) -> None:
    groups = {"group_base": f"ou=groups,{BASE}", "group_filter": "(member={dn})"}
    more = {"servers": [slapd.ldaps], "certificates": slapd.certificate, "bind_password": READER_PASSWORD}
    made = post(admin, API, ldap(account, **more, **groups)).json()
    address = f"{API}{made['id']}/"

    good = post(admin, f"{address}try/", {"username": "alice"}).json()
    admin.patch(address, {"bind_password": "wrong"}, content_type="application/json")
    bad = post(admin, f"{address}try/", {}).json()

    assert good["is_good"]
    assert [step["step"] for step in good["steps"]] == ["connect", "encrypt", "bind", "search", "groups"]
    assert "staff" in good["steps"][-1]["message"]
    assert [step["result"] for step in bad["steps"]] == ["good", "good", "failed"]
    assert bad["steps"][-1] == {
        "step": "bind", "result": "failed", "message": f"The portal can't sign in as {READER}: Invalid credentials.",
    }  # fmt: skip
    assert Event.objects.filter(action="tenants.try_identity_provider").count() == 2


def test_only_directories_are_tried(account: Account, admin: Client, pem: str) -> None:
    made = post(admin, API, saml(account, pem)).json()

    answer = post(admin, f"{API}{made['id']}/try/", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


# Pages


def test_a_directory_is_added_tried_and_changed(account: Account, admin: Client, slapd: Slapd) -> None:
    values = {
        "name": "Directory", "servers": slapd.ldaps, "certificates": slapd.certificate, "bind_dn": READER,
        "bind_password": READER_PASSWORD, "user_base": f"ou=people,{BASE}", "user_filter": "(uid={name})",
        "group_base": f"ou=groups,{BASE}", "group_filter": "(member={dn})", "is_enabled": "on",
        "attributes": "email = rfc822Mailbox", "role_mapping": "staff = member on account",
    }  # fmt: skip

    added = admin.post(f"/domains/{account.domain.uuid}/providers/new/?kind=ldap", values)

    assert added.status_code == 302, words(added)
    provider = IdentityProvider.objects.get()
    assert provider.attributes == {"email": "rfc822Mailbox"}
    page = words(admin.get(f"/providers/{provider.uuid}/"))
    assert READER_PASSWORD not in page
    assert "email = rfc822Mailbox" in page
    trial = words(admin.post(f"/providers/{provider.uuid}/try/", {"username": "alice"}))
    assert "Found uid=alice" in trial
    assert "fails here" not in trial
    missing = words(admin.post(f"/providers/{provider.uuid}/try/", {"username": "nobody"}))
    assert "fails here" in missing
    changed = admin.post(f"/providers/{provider.uuid}/", values | {"name": "Renamed", "bind_password": ""})
    assert changed.status_code == 302, words(changed)
    provider.refresh_from_db()
    assert (provider.name, provider.bind_password) == ("Renamed", READER_PASSWORD)
    assert "Your name and password of Renamed count here" in words(Browser().get(f"/sign-in/at/{account.domain.uuid}/"))


def test_a_saml_provider_is_added(account: Account, admin: Client, pem: str) -> None:
    values = {
        "name": "Acme ID", "issuer": "urn:acme:idp", "sso_url": "https://idp.acme.example/sso", "certificates": pem,
        "attributes": "id = employeeNumber\ngroups = memberOf", "is_enabled": "on",
    }  # fmt: skip

    added = admin.post(f"/domains/{account.domain.uuid}/providers/new/?kind=saml", values)

    assert added.status_code == 302, words(added)
    provider = IdentityProvider.objects.get()
    page = words(admin.get(f"/providers/{provider.uuid}/"))
    assert f"/sign-in/with/{provider.uuid}/saml/metadata/" in page
    assert f"/sign-in/with/{provider.uuid}/saml/back/" in page
    entry = words(Browser().get(f"/sign-in/at/{account.domain.uuid}/"))
    assert f'action="/sign-in/with/{provider.uuid}/saml/"' in entry


# Without the extras


@pytest.mark.parametrize(("kind", "module"), [("ldap", "ldap"), ("saml", "onelogin")])
def test_the_page_says_which_extra_is_missing(
    account: Account, admin: Client, pem: str, monkeypatch: pytest.MonkeyPatch, kind: str, module: str
) -> None:
    made = post(admin, API, ldap(account) if kind == "ldap" else saml(account, pem)).json()
    monkeypatch.setitem(sys.modules, module, None)
    new = f"/domains/{account.domain.uuid}/providers/new/"

    assert f"without the extra “{kind}”" in words(admin.get(f"{new}?kind={kind}"))
    assert "without the extra" not in words(admin.get(new))
    body = ldap(account, name="Second") if kind == "ldap" else saml(account, pem, name="Second")
    refused = post(admin, API, body)
    assert refused.status_code == 400
    assert f"the extra “{kind}”" in str(refused.json()["errors"])
    if kind == "ldap":
        assert post(admin, f"{API}{made['id']}/try/", {}).status_code == 409
        page = Browser().post(f"/sign-in/at/{account.domain.uuid}/", {"login": "alice", "password": "x"})
        assert "at present" in words(page)
    else:
        assert Browser().post(f"/sign-in/with/{made['id']}/saml/").status_code == 302
        assert Browser().get(f"/sign-in/with/{made['id']}/saml/metadata/").status_code == 404


def test_the_portal_starts_without_them() -> None:
    blocked = "('ldap', 'onelogin', 'xmlsec', 'lxml', 'pyasn1', 'pyasn1_modules', 'saml2')"
    program = (
        f"import sys; [sys.modules.__setitem__(name, None) for name in {blocked}]\n"
        "import django; django.setup()\n"
        "from django.core.management import call_command; call_command('check')\n"
        "import cloudportal.urls\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
