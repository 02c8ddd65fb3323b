"""Settings: what holds where, and who may say so."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudportal.core import configuration
from cloudportal.core.configuration import SETTINGS, TENANCY, Setting, value_of, values_of, whole
from cloudportal.core.errors import InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import Event, SettingValue
from cloudportal.infrastructure.settings import CAPACITY_WARN
from compute.settings import EXPUNGE_DELAY, STOP_GRACE
from storage.settings import TEMPLATE_INTERNAL_NETWORKS
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.known_settings import known_setting, known_settings
from tenants.models import Account
from tenants.services.accounts import create_account
from tenants.services.domains import create_domain
from tenants.services.settings import change_setting, reset_setting
from tests import factories
from tests.factories import Cloud


@pytest.fixture
def patience(db: None) -> Iterator[Setting[int]]:
    """A setting of this test's own."""
    yield whole("test.patience_seconds", 10, "For tests.", scopes=TENANCY, most=1000)
    del SETTINGS["test.patience_seconds"]


def test_the_nearest_place_decides(patience: Setting[int]) -> None:
    account = factories.account()
    assert value_of(patience, account) == 10

    change_setting(SYSTEM, setting=patience, value=1)
    change_setting(SYSTEM, setting=patience, value=2, place=account.domain.parent)
    assert (value_of(patience), value_of(patience, account)) == (1, 2)
    change_setting(SYSTEM, setting=patience, value=3, place=account.domain)
    change_setting(SYSTEM, setting=patience, value=4, place=account)
    assert value_of(patience, account) == 4
    assert values_of(patience) == {1, 2, 3, 4}

    reset_setting(SYSTEM, setting=patience, place=account)
    reset_setting(SYSTEM, setting=patience, place=account.domain)
    assert value_of(patience, account) == 2
    assert value_of(patience, factories.account()) == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.dictionaries(st.sampled_from(["cloud", "root", "inner", "account"]), st.integers(0, 1000)))
def test_whatever_is_said_anywhere(patience: Setting[int], said: dict[str, int]) -> None:
    """Against the plain model: the last of the chain that says something."""
    SettingValue.objects.all().delete()
    configuration.forget()
    inner = create_domain(SYSTEM, name=factories.unique("inner"), parent=factories.root())
    account = create_account(SYSTEM, domain=inner, name="account")
    places: dict[str, Any] = {"cloud": None, "root": factories.root(), "inner": inner, "account": account}

    for name, value in said.items():
        change_setting(SYSTEM, setting=patience, value=value, place=places[name])

    expected = next((said[name] for name in ("account", "inner", "root", "cloud") if name in said), 10)
    assert value_of(patience, account) == expected


@pytest.mark.parametrize(
    ("setting", "given"),
    [
        (EXPUNGE_DELAY, -1), (EXPUNGE_DELAY, 10**9), (EXPUNGE_DELAY, "soon"), (EXPUNGE_DELAY, True),
        (EXPUNGE_DELAY, 1.5), (EXPUNGE_DELAY, None), (EXPUNGE_DELAY, []), (CAPACITY_WARN, "1.01"),
        (CAPACITY_WARN, "NaN"), (TEMPLATE_INTERNAL_NETWORKS, "10.0.0.0/33"), (TEMPLATE_INTERNAL_NETWORKS, 4),
        (SETTINGS["network.reconcile_removes"], "perhaps"),
    ],
)  # fmt: skip
def test_values_that_make_no_sense(db: None, setting: Setting[Any], given: Any) -> None:
    with pytest.raises(InvalidInput, match=setting.name.replace(".", r"\.")):
        change_setting(SYSTEM, setting=setting, value=given)

    assert not SettingValue.objects.exists()


def test_texts_are_understood(db: None) -> None:
    change_setting(SYSTEM, setting=EXPUNGE_DELAY, value="60")
    change_setting(SYSTEM, setting=CAPACITY_WARN, value="0.5")
    change_setting(SYSTEM, setting=TEMPLATE_INTERNAL_NETWORKS, value="10.0.0.0/8, 192.0.2.0/24")

    assert value_of(EXPUNGE_DELAY) == 60
    assert value_of(CAPACITY_WARN) == Decimal("0.5")
    assert value_of(TEMPLATE_INTERNAL_NETWORKS) == ["10.0.0.0/8", "192.0.2.0/24"]


def test_what_an_older_version_wrote_counts_as_unset(db: None) -> None:
    SettingValue.objects.create(name=EXPUNGE_DELAY.name, value="a fortnight")
    SettingValue.objects.create(name="gone.long_ago", value=1)

    assert value_of(EXPUNGE_DELAY) == EXPUNGE_DELAY.default_value()


def test_a_place_of_another_kind_is_refused(cloud: Cloud) -> None:
    with pytest.raises(InvalidInput, match="its places are: account, domain, zone"):
        change_setting(SYSTEM, setting=EXPUNGE_DELAY, value=1, place=cloud.cluster)


def test_operators_alone_change_what_is_theirs(tenant: Actor, operator: Actor) -> None:
    account = Account.objects.get(pk=tenant.account_id)
    owner = actor_of(factories.user("domain_admin", of=account, on=account.domain))

    for actor in (tenant, owner):
        with pytest.raises(PermissionDenied):
            change_setting(actor, setting=EXPUNGE_DELAY, value=0, place=account)
    change_setting(operator, setting=EXPUNGE_DELAY, value=0, place=account)

    assert value_of(EXPUNGE_DELAY, account) == 0


def test_what_is_delegated_is_changed_by_a_places_own_people(tenant: Actor) -> None:
    account = Account.objects.get(pk=tenant.account_id)
    owner = actor_of(factories.user("domain_admin", of=account, on=account.domain))

    change_setting(owner, setting=STOP_GRACE, value=30, place=account)

    assert value_of(STOP_GRACE, account) == 30
    with pytest.raises(PermissionDenied):
        change_setting(owner, setting=STOP_GRACE, value=30)
    with pytest.raises(NotFound):
        change_setting(owner, setting=STOP_GRACE, value=30, place=factories.account())
    with pytest.raises((NotFound, PermissionDenied)):
        change_setting(tenant, setting=STOP_GRACE, value=30, place=account)


def test_each_change_is_an_event_with_before_and_after(operator: Actor) -> None:
    change_setting(operator, setting=STOP_GRACE, value=30)
    change_setting(operator, setting=STOP_GRACE, value=40)
    reset_setting(operator, setting=STOP_GRACE)
    reset_setting(operator, setting=STOP_GRACE)

    name = STOP_GRACE.name
    told = [(event.before[name], event.after[name]) for event in Event.objects.filter(action="settings.change")]
    assert told == [(40, None), (30, 40), (None, 30)]


def test_people_see_no_values_of_places_that_they_do_not_see(tenant: Actor, operator: Actor) -> None:
    account, other = Account.objects.get(pk=tenant.account_id), factories.account()
    owner = actor_of(factories.user("domain_admin", of=account, on=account.domain))
    for place in (account, other):
        change_setting(SYSTEM, setting=STOP_GRACE, value=30, place=place)

    seen = known_setting(owner, STOP_GRACE.name, account)
    everything = known_setting(operator, STOP_GRACE.name)

    assert [override.place for override in seen.overrides] == [account]
    assert (seen.value, seen.source, seen.changeable) == (30, "account", True)
    assert {override.place for override in everything.overrides} == {account, other}
    delegated = [setting for _, setting in sorted(SETTINGS.items()) if setting.delegated]
    assert [shown.setting for shown in known_settings(owner)] == delegated
    assert known_settings(tenant) == []


def test_reading_costs_a_query_now_and_then(patience: Setting[int], django_assert_num_queries: Any) -> None:
    account = Account.objects.select_related("domain").get(pk=factories.account().pk)
    configuration.forget()

    with django_assert_num_queries(1):
        for _ in range(100):
            value_of(patience, account)


def test_every_setting_is_described() -> None:
    for setting in SETTINGS.values():
        assert setting.help.endswith(".")
        assert setting.parsed(setting.stored(setting.default_value())) == setting.default_value()
        assert not setting.delegated or {"account", "domain"} & set(setting.scopes)
