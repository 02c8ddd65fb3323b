"""People who sign in as browsers do, without a browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client

from cloudportal.core import secrets
from cloudportal.core.models import Event
from tenants.actor import SYSTEM
from tenants.models import Account, Domain, IdentityProvider, User
from tenants.services.identity_providers import create_identity_provider
from tests import factories
from tests.conftest import RunJobs
from tests.factories import PASSWORD
from tests.signin.providers import CLIENT_ID, SECRET, UUIDS, Liar, Make, lying
from tests.signin.slapd import Slapd, directory, needs_bindings

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HOME, ELSEWHERE = "192.0.2.1", "192.0.2.2"


@dataclass
class Browser:
    """A browser at an address."""

    address: str = HOME
    name: str = FIREFOX
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(REMOTE_ADDR=self.address, headers={"user-agent": self.name})

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        return self.client.post(path, data or {}, **options)

    def sign_in(self, user: User | str, password: str = PASSWORD) -> Any:
        login = user if isinstance(user, str) else user.username
        return self.post("/sign-in/", {"login": login, "password": password})

    @property
    def is_in(self) -> bool:
        return bool(self.get("/profile/").status_code == 200)


@pytest.fixture
def someone(db: None) -> User:
    """A member with an e-mail address."""
    return person()


@pytest.fixture
def on_commit(django_capture_on_commit_callbacks: Any) -> Any:
    """Run what waits for the end of a transaction, which in a test does not come by itself."""
    return django_capture_on_commit_callbacks


def person(role: str = "member", of: Account | None = None, email: str = "") -> User:
    user = factories.user(role, of)
    user.email = email or f"{user.username}@example.org"
    user.save(update_fields=["email"])
    return user


def words(answer: Any) -> str:
    return str(answer.content.decode())


def with_app(user: User) -> str:
    """Give the user an authenticator app; its secret."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": secrets.encrypt(secret)})
    return secret


def code_of(secret: str, later: int = 0) -> str:
    """What an app shows, so many half minutes from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def actions(user: User | None = None) -> list[str]:
    """What the trail says of a user, or of all, in order."""
    rows = Event.objects.filter(action__startswith="tenants.").order_by("pk")
    if user is not None:
        rows = rows.filter(resource_uuid=user.uuid)
    return list(rows.values_list("action", flat=True))


Mails = Callable[[], list[EmailMessage]]


@pytest.fixture
def mails(run_jobs: RunJobs) -> Mails:
    """The mail that has been sent since it was last asked for."""

    def sent() -> list[EmailMessage]:
        run_jobs()
        found, mail.outbox[:] = list(mail.outbox), []
        return found

    return sent


def link_in(message: EmailMessage) -> str:
    """The path of the link in a mail."""
    found = re.search(r"https?://[^/\s]+(/\S+)", str(message.body))
    assert found, message.body
    return found[1]


# Providers


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying() as provider:
        yield provider


@pytest.fixture
def bindings() -> None:
    """OpenLDAP's, which not every machine can compile."""
    needs_bindings()


@pytest.fixture
def slapd(tmp_path: Path) -> Iterator[Slapd]:
    """A real directory that knows Alice, and that she is in a group."""
    with directory(tmp_path) as running:
        running.person("alice")
        running.group("staff", "alice")
        yield running


@pytest.fixture
def loopback(settings: Any) -> None:
    settings.IDENTITY_INTERNAL_NETWORKS = ["127.0.0.0/8", "::1/128"]


@pytest.fixture
def account(db: None) -> Account:
    return factories.account("acme")


@pytest.fixture
def make(account: Account) -> Make:
    """Trust a provider, under an id that it knows."""

    def trust(issuer: str, number: int = 0, domain: Domain | None = None, **more: Any) -> IdentityProvider:
        values = {"name": f"Acme {number}", "issuer": issuer, "client_id": CLIENT_ID, "client_secret": SECRET} | more
        provider = create_identity_provider(SYSTEM, domain=domain or account.domain, **values)
        IdentityProvider.objects.filter(pk=provider.pk).update(uuid=UUIDS[number])
        return IdentityProvider.objects.get(pk=provider.pk)

    return trust
