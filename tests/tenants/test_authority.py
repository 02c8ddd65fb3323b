"""Who may do what, and where: reach over the tree, grants, keys, and what does not exist for whom."""

from __future__ import annotations

import pytest
from django.db import connection

from cloudportal.core.errors import InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import Event
from tenants import selectors
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.keys import parse_key
from tenants.models import Account, ApiKey, Domain, DomainUserObjectPermission, User
from tenants.services.accounts import create_account
from tenants.services.api_keys import create_api_key, delete_api_key
from tenants.services.domains import create_domain
from tenants.services.grants import grant_role
from tenants.services.groups import add_member, create_group
from tenants.services.users import create_user
from tests import factories
from tests.keys import user_behind

pytestmark = pytest.mark.django_db


def test_a_role_on_a_domain_reaches_everything_below_and_nothing_beside() -> None:
    above, beside = _domain("above"), _domain("beside")
    below = _domain("below", above)
    admin = actor_of(factories.user("domain_admin", on=above))

    for domain, reached in ((above, True), (below, True), (beside, False), (factories.root(), False)):
        assert admin.may("compute.manage", _account(domain)) is reached
    assert {row.domain for row in admin.accounts("compute.view")} == {above, below}
    assert set(selectors.domains(admin)) == {above, below}


def test_a_domain_whose_number_begins_alike_is_not_below() -> None:
    """/1/1/ is no prefix of /1/11/."""
    near = Domain.objects.create(name="near", parent=factories.root(), path="/1/70001/")
    far = Domain.objects.create(name="far", parent=factories.root(), path="/1/700011/")
    admin = actor_of(factories.user("domain_admin", on=near))
    assert not admin.may("compute.view", _account(far))
    assert far not in selectors.domains(admin)


def test_a_role_on_an_account_reaches_that_account() -> None:
    home, other = factories.account(), factories.account()
    member = actor_of(factories.user("member", of=home, on=other))
    assert member.may("compute.manage", other)
    assert not member.may("compute.manage", home), "belonging to an account gives nothing by itself"


def test_a_group_shares_its_grants() -> None:
    person, shared = factories.user("member"), factories.account()
    crew = create_group(SYSTEM, domain=factories.root(), name="crew")
    add_member(SYSTEM, group=crew, user=person)
    grant_role(SYSTEM, group=crew, role="member", on=shared)
    grant_role(SYSTEM, group=crew, role="reader", on=shared.domain)

    actor = actor_of(person)

    assert actor.may("compute.manage", shared)
    assert actor.may("network.view", _account(shared.domain))
    assert not actor.may("compute.manage", _account(shared.domain))


def test_what_is_not_seen_does_not_exist_and_what_is_seen_may_be_forbidden() -> None:
    account = factories.account()
    reader, stranger = actor_of(factories.user("reader", of=account)), factories.member()
    with pytest.raises(PermissionDenied, match="it takes “Create, change and delete instances"):
        reader.require("compute.manage", account)
    with pytest.raises(NotFound):
        stranger.require("compute.manage", account)
    with pytest.raises(PermissionDenied, match="on the whole cloud"):
        stranger.require_everywhere("infrastructure.manage")


def test_actors_are_resolved_in_one_query(django_assert_num_queries: object) -> None:
    person = factories.user("member")
    for _ in range(5):
        grant_role(SYSTEM, user=person, role="reader", on=factories.account())
    with django_assert_num_queries(1):
        actor_of(person)


def test_nobody_grants_more_than_they_have() -> None:
    domain = _domain("acme")
    admin = actor_of(factories.user("domain_admin", on=domain))
    friend = factories.user("member")

    with pytest.raises(InvalidInput, match="granted on the root domain"):
        grant_role(admin, user=friend, role="root_admin", on=domain)
    with pytest.raises(NotFound):
        grant_role(admin, user=friend, role="reader", on=factories.account())
    with pytest.raises(NotFound):
        grant_role(admin, user=friend, role="reader", on=factories.root())
    of_one_account = actor_of(factories.user("domain_admin", on=_account(domain)))
    with pytest.raises(NotFound):
        grant_role(of_one_account, user=friend, role="reader", on=domain)
    grant_role(admin, user=friend, role="domain_admin", on=domain)
    assert actor_of(friend).may("tenancy.manage", _account(domain))


def test_granting_again_changes_nothing() -> None:
    domain, person = _domain("acme"), factories.user("member")
    for _ in range(2):
        grant_role(SYSTEM, user=person, role="reader", on=domain)
    assert DomainUserObjectPermission.objects.filter(user=person).count() == 1
    with pytest.raises(InvalidInput, match="There is no role “god”"):
        grant_role(SYSTEM, user=person, role="god", on=domain)


def test_the_tree_grows_where_one_may_grow_it() -> None:
    domain, foreign = _domain("acme"), _domain("foreign")
    admin = actor_of(factories.user("domain_admin", on=domain))

    child = create_domain(admin, name="child", parent=domain)

    assert child.path == f"{domain.path}{child.pk}/"
    with pytest.raises(NotFound):
        create_domain(admin, name="mine", parent=foreign)
    with pytest.raises(PermissionDenied):
        create_domain(admin, name="mine")
    with pytest.raises(InvalidInput) as refusal:
        create_domain(admin, name="child", parent=domain)
    assert refusal.value.errors == {"name": ["Another domain there has that name."]}


def test_there_is_one_root() -> None:
    """Whoever has a role on a root has it everywhere."""
    factories.root()
    with pytest.raises(InvalidInput) as refusal:
        create_domain(SYSTEM, name="second")
    assert list(refusal.value.errors) == ["parent"]


def test_accounts_and_users_are_checked() -> None:
    domain = _domain("acme")
    account = create_account(SYSTEM, domain=domain, name="web")
    for name in ("", "  ", "web", "n" * 65):
        with pytest.raises(InvalidInput) as refusal:
            create_account(SYSTEM, domain=domain, name=name)
        assert list(refusal.value.errors) == ["name"]
    create_user(SYSTEM, account=account, username="kim", password=factories.PASSWORD)
    wrong = {
        "username": {"username": "kim"},
        "password": {"username": "lee", "password": "short"},
        "email": {"username": "lee", "email": "nowhere"},
    }
    for field, values in wrong.items():
        with pytest.raises(InvalidInput) as refusal:
            create_user(SYSTEM, **({"account": account, "password": factories.PASSWORD} | values))
        assert list(refusal.value.errors) == [field]
    assert User.objects.filter(account=account).count() == 1
    for call in (
        lambda actor: create_account(actor, domain=domain, name="mine"),
        lambda actor: create_user(actor, account=account, username="me", password=factories.PASSWORD),
    ):
        with pytest.raises(NotFound):
            call(factories.member())


def test_a_key_acts_as_its_user_and_only_its_hash_is_kept() -> None:
    person = factories.user("member")
    key, text = create_api_key(actor_of(person), user=person, name="laptop")

    assert user_behind(text) == person
    secret = parse_key(text).secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenants_apikey::text FROM tenants_apikey")
        stored = cursor.fetchone()[0]
    assert secret not in stored
    assert key.key_id in stored
    assert not Event.objects.filter(message__contains=secret).exists()
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_a_wrong_key_is_nobody() -> None:
    person = factories.user("member")
    key, text = create_api_key(actor_of(person), user=person, name="laptop")
    for wrong in ("", "x", text[:-1], text + "x", f"cpk_{key.key_id}_", f"cpk_{'0' * 12}_x", "cpk_\x00_x", "cpk_é_ü"):
        assert user_behind(wrong) is None
    User.objects.update(is_active=False)
    assert user_behind(text) is None
    User.objects.update(is_active=True)
    delete_api_key(actor_of(person), key=key)
    assert user_behind(text) is None


def test_keys_are_made_for_oneself_or_for_whom_one_manages() -> None:
    domain = _domain("acme")
    account = create_account(SYSTEM, domain=domain, name="web")
    person = factories.user("member", of=account)
    admin = actor_of(factories.user("domain_admin", on=domain))

    with pytest.raises(PermissionDenied):
        create_api_key(factories.member(), user=person, name="stolen")
    key, _ = create_api_key(admin, user=person, name="deploy")
    with pytest.raises(PermissionDenied):
        delete_api_key(factories.member(), key=key)
    for name in ("", " ", "deploy"):
        with pytest.raises(InvalidInput) as refusal:
            create_api_key(admin, user=person, name=name)
        assert list(refusal.value.errors) == ["name"]


@pytest.mark.parametrize("where", ["root", "elsewhere"])
def test_no_key_makes_its_maker_mightier(where: str) -> None:
    """A domain's administrator must not borrow the rights of somebody in the domain who has more elsewhere."""
    domain = _domain("acme")
    account = create_account(SYSTEM, domain=domain, name="web")
    mighty = factories.user("member", of=account)
    place = factories.root() if where == "root" else factories.account()
    grant_role(SYSTEM, user=mighty, role="root_admin" if where == "root" else "member", on=place)
    admin = actor_of(factories.user("domain_admin", on=domain))

    with pytest.raises(PermissionDenied, match="who may do more than you"):
        create_api_key(admin, user=mighty, name="borrowed")

    assert not ApiKey.objects.exists()


def test_lists_hold_what_one_may_see(operator: Actor) -> None:
    mine, other = factories.user("domain_admin"), factories.user("member")
    actor = actor_of(mine)
    create_api_key(actor_of(other), user=other, name="theirs")

    assert set(selectors.users(actor)) == {mine}
    assert set(selectors.accounts(actor)) == {mine.account}
    assert not selectors.api_keys(actor).exists()
    assert set(selectors.users(operator)) >= {mine, other}
    assert set(selectors.events(actor).values_list("account_id", flat=True)) == {mine.account_id}
    assert selectors.events(operator).filter(account_id=None).exists()
    assert not selectors.events(Actor("nobody")).exists()


def test_every_change_of_tenancy_is_in_the_trail() -> None:
    Event.objects.all().delete()
    person = factories.user("member")
    key, _ = create_api_key(actor_of(person), user=person, name="laptop")
    delete_api_key(actor_of(person), key=key)
    told = list(Event.objects.order_by("id").values_list("action", flat=True))
    assert told[-5:] == [
        "tenants.create_account", "tenants.create_user", "tenants.grant_role",
        "tenants.create_api_key", "tenants.delete_api_key",
    ]  # fmt: skip


def _domain(name: str, parent: Domain | None = None) -> Domain:
    return create_domain(SYSTEM, name=factories.unique(name), parent=parent or factories.root())


def _account(domain: Domain) -> Account:
    return create_account(SYSTEM, domain=domain, name=factories.unique("account"))
