"""Users and accounts: changed by who manages them and is no less mighty; states say who acts and what may grow."""

from __future__ import annotations

import pytest

from cloudportal.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import Event
from cloudportal.signin.backend import PortalBackend
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, ApiKey, Grant, User
from tenants.services.accounts import create_account, enable_account, lock_account, rename_account
from tenants.services.api_keys import create_api_key
from tenants.services.grants import grant_role
from tenants.services.users import create_user, delete_user, disable_user, enable_user, set_password, update_user
from tenants.standing import AccountDisabled, AccountLocked
from tests import factories
from tests.keys import user_behind

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Account:
    return factories.account()


@pytest.fixture
def admin(home: Account) -> Actor:
    return actor_of(factories.user("domain_admin", of=home, on=home.domain))


@pytest.fixture
def person(home: Account) -> User:
    return factories.user("member", of=home)


def test_an_administrator_changes_users(admin: Actor, person: User) -> None:
    update_user(admin, user=person, email="a@b.example", first_name="Ann", last_name="Bee")
    set_password(admin, user=person, password="another-long-one")

    person.refresh_from_db()
    assert (person.email, person.get_full_name()) == ("a@b.example", "Ann Bee")
    assert person.check_password("another-long-one")
    assert "another-long-one" not in "".join(map(str, Event.objects.values_list("details", "message")))


@pytest.mark.parametrize(
    ("values", "field"),
    [({"email": "nowhere"}, "email"), ({"username": "taken"}, "username"), ({"username": ""}, "username")],
)
def test_changes_are_checked(admin: Actor, home: Account, person: User, values: dict[str, str], field: str) -> None:
    create_user(SYSTEM, account=home, username="taken", password=factories.PASSWORD)

    with pytest.raises(InvalidInput) as refusal:
        update_user(admin, user=person, **values)

    assert list(refusal.value.errors) == [field]
    assert User.objects.get(pk=person.pk).username != "taken"


def test_a_disabled_user_is_out_and_comes_back_with_everything(admin: Actor, home: Account, person: User) -> None:
    _, key = create_api_key(actor_of(person), user=person, name="laptop")

    disable_user(admin, user=person)

    assert actor_of(person).reach == {}
    assert user_behind(key) is None
    assert PortalBackend().get_user(person.pk) is None
    enable_user(admin, user=person)
    assert actor_of(person).may("compute.manage", home)
    assert user_behind(key) == person


def test_a_deleted_user_leaves_a_name_and_nothing_else(admin: Actor, person: User) -> None:
    create_api_key(actor_of(person), user=person, name="laptop")
    name, key = person.username, person.pk

    delete_user(admin, user=person)

    assert not User.objects.filter(pk=key).exists()
    assert not Grant.objects.filter(user=key).exists()
    assert not ApiKey.objects.filter(user=key).exists()
    assert Event.objects.filter(action="tenants.delete_user", resource_name=name).exists()
    with pytest.raises(NotFound):
        delete_user(admin, user=person)


def test_nobody_shuts_themselves_out(admin: Actor) -> None:
    oneself = User.objects.get(pk=admin.user_id)

    for change in (disable_user, delete_user):
        with pytest.raises(Conflict, match="yourself"):
            change(admin, user=oneself)


def test_nobody_changes_the_mightier(admin: Actor, person: User) -> None:
    """A password set, or an address that a forgotten one is sent to, is as good as the account."""
    grant_role(SYSTEM, user=person, role="auditor", on=factories.root())

    for change in (
        lambda: set_password(admin, user=person, password="another-long-one"),
        lambda: update_user(admin, user=person, email="mine@evil.example"),
        lambda: disable_user(admin, user=person),
        lambda: delete_user(admin, user=person),
    ):
        with pytest.raises(PermissionDenied, match="may do more than you"):
            change()
    disable_user(SYSTEM, user=person)
    with pytest.raises(PermissionDenied):
        set_password(admin, user=person, password="another-long-one")


def test_users_of_others_do_not_exist(person: User) -> None:
    for stranger in (factories.member(), actor_of(factories.user("domain_admin"))):
        with pytest.raises(NotFound):
            disable_user(stranger, user=person)
    with pytest.raises(NotFound):
        update_user(actor_of(factories.user("reader", of=person.account)), user=person, email="x@y.example")


def test_an_account_owner_lets_people_in_and_decides_nothing_about_the_account(home: Account) -> None:
    owner = actor_of(factories.user("account_owner", of=home))

    friend = create_user(owner, account=home, username="friend", password=factories.PASSWORD)
    grant_role(owner, user=friend, role="member", on=home)

    assert actor_of(friend).may("compute.manage", home)
    for change in (lock_account, enable_account):
        with pytest.raises(PermissionDenied, match="decided on domain"):
            change(owner, account=home)
    with pytest.raises(PermissionDenied):
        rename_account(owner, account=home, name="mine")


def test_a_locked_account_keeps_what_it_has(admin: Actor, home: Account, person: User) -> None:
    lock_account(admin, account=home)

    actor = actor_of(person)
    assert actor.may("compute.manage", home), "they are still let in"
    with pytest.raises(AccountLocked, match="stopping and deleting stay possible") as refusal:
        actor.require("compute.manage", home)
    assert (refusal.value.code, refusal.value.status) == ("account-locked", 409)
    actor.require("compute.view", home)
    actor.require("compute.manage", home, even_locked=True)
    with pytest.raises(AccountLocked):
        create_user(admin, account=home, username="new", password=factories.PASSWORD)
    with pytest.raises(Conflict, match="is Locked; to lock"):
        lock_account(admin, account=home)
    enable_account(admin, account=home)
    actor.require("compute.manage", home)


def test_a_state_is_as_the_database_has_it_now(home: Account, person: User) -> None:
    """Nobody slips through with a row read a moment before."""
    stale = Account.objects.select_related("domain").get(pk=home.pk)
    Account.objects.filter(pk=home.pk).update(state="Disabled")

    with pytest.raises(AccountDisabled):
        SYSTEM.require("compute.manage", stale)
    assert actor_of(person).reach == {}


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "taken"])
def test_renaming_an_account_is_checked(admin: Actor, home: Account, name: str) -> None:
    create_account(SYSTEM, domain=home.domain, name="taken")

    with pytest.raises(InvalidInput) as refusal:
        rename_account(admin, account=home, name=name)

    assert list(refusal.value.errors) == ["name"]
    assert rename_account(admin, account=home, name="better").name == "better"
