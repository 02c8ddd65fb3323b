"""Operators act for users: with the users' rights and never more than their own, for a while, under both names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudportal.core.models import Event
from cloudportal.live.sessions import listener_of
from compute.models import ConsoleTicket, Instance
from compute.services.consoles import may_stay_open
from tenants.acting import intersection
from tenants.actor import Actor, Reach, actor_of
from tenants.models import Account, ApiKey, Domain, DomainUserObjectPermission, User, ViewAs
from tests import factories
from tests.api.client import Api
from tests.authority.estate import PUBLIC_KEY
from tests.factories import Cloud
from tests.web.conftest import Visit, words


def user_of(actor: Actor) -> User:
    return User.objects.get(pk=actor.user_id)


def begin(client: Client, actor: Actor, reason: str = "") -> Any:
    return client.post(f"/view-as/{user_of(actor).uuid}/", {"reason": reason})


@pytest.fixture
def acting(visit: Visit, operator: Actor, tenant: Actor) -> Client:
    """The operator's browser, acting for the tenant."""
    client = visit(operator)
    assert begin(client, tenant, "Ticket 7").status_code == 302
    return client


def test_an_operator_sees_what_the_user_sees_under_a_banner(
    acting: Client, operator: Actor, tenant: Actor, cloud: Cloud
) -> None:
    factories.instance(tenant, cloud, name="tenants-own")
    foreign = factories.instance(factories.member(), cloud, name="somebody-elses")

    page = words(acting.get("/instances/"))

    assert "tenants-own" in page
    assert "somebody-elses" not in page
    assert f"<strong>{operator.name}</strong> acts for <strong>{tenant.name}</strong>" in page
    assert acting.get(f"/instances/{foreign.uuid}/").status_code == 404
    assert acting.get("/hosts/").status_code == 404
    assert acting.get("/admin/").status_code == 404


def test_the_trail_has_both_names_and_the_tenant_reads_it(
    acting: Client, operator: Actor, tenant: Actor, cloud: Cloud, run_jobs: Any, api: Api
) -> None:
    instance = factories.instance(tenant, cloud)

    acting.post(f"/instances/{instance.uuid}/stop/")
    run_jobs()

    for action in ("compute.stop_instance.requested", "compute.stop_instance"):
        event = Event.objects.filter(action=action).latest("id")
        assert (event.actor_name, event.on_behalf_of_name) == (operator.name, tenant.name)
        assert (event.actor_id, event.on_behalf_of_id) == (operator.user_id, tenant.user_id)
    (told,) = api.get("events/", action="tenants.start_view_as").json()["results"]
    assert (told["actor"], told["on_behalf_of"], told["details"]["reason"]) == (operator.name, None, "Ticket 7")


def test_it_ends_by_the_button_and_what_follows_is_ones_own(acting: Client, operator: Actor, cloud: Cloud) -> None:
    assert acting.post("/view-as/end/").status_code == 302

    page = words(acting.get("/hosts/"))
    assert 'class="view-as"' not in page
    event = Event.objects.filter(action="tenants.end_view_as").latest("id")
    assert (event.actor_name, event.on_behalf_of_name) == (operator.name, "")
    assert event.details["why"] == "ended"
    assert ViewAs.objects.get().ended_at


def test_it_runs_out_and_then_nothing_is_done_as_the_operator(acting: Client, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    ViewAs.objects.update(expires_at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))

    answer = acting.post(f"/instances/{instance.uuid}/stop/")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert Instance.objects.get(pk=instance.pk).state == "Running"
    assert "do not act for anybody any more" in words(acting.get("/"))
    assert Event.objects.get(action="tenants.end_view_as").details["why"] == "expired"
    # The next press is the operator's own.
    acting.post(f"/instances/{instance.uuid}/stop/")
    assert Event.objects.get(action="compute.stop_instance.requested").on_behalf_of_name == ""


def test_what_htmx_asks_for_after_the_end_leads_to_the_front_page(acting: Client) -> None:
    ViewAs.objects.update(ended_at=dt.datetime.now(dt.UTC))

    assert acting.get("/instances/", headers={"HX-Request": "true"})["HX-Redirect"] == "/"


def test_the_api_in_a_browser_says_that_it_is_over(acting: Client) -> None:
    ViewAs.objects.update(ended_at=dt.datetime.now(dt.UTC))

    answer = acting.get("/api/v1/instances/")

    assert (answer.status_code, answer.json()["code"]) == (403, "view-ended")


def test_it_ends_with_the_session(acting: Client, operator: Actor) -> None:
    acting.post("/sign-out/")

    assert ViewAs.objects.get().ended_at
    acting.force_login(user_of(operator))
    assert 'class="view-as"' not in words(acting.get("/"))


def test_a_right_that_is_taken_away_ends_it_at_once(acting: Client, operator: Actor) -> None:
    DomainUserObjectPermission.objects.filter(user=operator.user_id).delete()

    assert acting.get("/instances/")["Location"] == "/"
    assert Event.objects.get(action="tenants.end_view_as").details["why"] == "refused"


def test_a_user_who_is_disabled_can_not_be_acted_for(acting: Client, tenant: Actor) -> None:
    User.objects.filter(pk=tenant.user_id).update(is_active=False)

    assert acting.get("/instances/").status_code == 302


def test_secrets_stay_out_of_reach(acting: Client, operator: Actor, tenant: Actor) -> None:
    theirs = ApiKey.objects.filter(user_id=tenant.user_id)
    Api(tenant)

    made = acting.post("/api-keys/", {"name": "back-door"})
    removed = acting.post(f"/api-keys/{theirs.get().uuid}/delete/")

    assert "out of reach" in words(made)
    assert removed.status_code == 403
    assert theirs.count() == 1
    assert not ApiKey.objects.filter(name="back-door").exists()


def test_nobody_acts_for_a_second_user_through_the_first(acting: Client, other_tenant: Actor) -> None:
    assert begin(acting, other_tenant).status_code == 404
    assert ViewAs.objects.count() == 1


def test_an_operator_who_acts_for_another_has_no_more_than_before(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    """A domain admin acts for a user of the own branch who is a root admin elsewhere: that opens nothing."""
    home = Account.objects.get(pk=tenant.account_id)
    mighty = factories.user("root_admin", of=home, on=factories.root())
    foreign = factories.instance(factories.member(), cloud)
    client = visit(actor_of(factories.user("domain_admin", on=home.domain)))

    assert client.post(f"/view-as/{mighty.uuid}/").status_code == 302

    assert client.get("/hosts/").status_code == 404
    assert client.get(f"/instances/{foreign.uuid}/").status_code == 404
    assert client.get("/instances/").status_code == 200


def test_a_reader_acted_for_stays_a_reader(visit: Visit, operator: Actor, cloud: Cloud) -> None:
    home = factories.account()
    instance = factories.instance(factories.member(home), cloud)
    client = visit(operator)
    begin(client, actor_of(factories.user("reader", of=home)))

    assert client.get(f"/instances/{instance.uuid}/").status_code == 200
    assert client.post(f"/instances/{instance.uuid}/stop/").status_code == 403
    event = Event.objects.filter(action="access.refused").latest("id")
    assert (event.actor_name, event.account_id) == (operator.name, home.pk)


@pytest.mark.parametrize("role", ["member", "reader", "domain_admin"])
def test_who_may_not_act_for_a_user_does_not_find_one(role: str, visit: Visit, tenant: Actor) -> None:
    client = visit(actor_of(factories.user(role)))

    assert begin(client, tenant).status_code == 404
    assert not ViewAs.objects.exists()


def test_the_list_holds_whom_one_may_act_for(visit: Visit, tenant: Actor, other_tenant: Actor) -> None:
    home = Account.objects.get(pk=tenant.account_id)
    admin = actor_of(factories.user("domain_admin", on=home.domain))

    page = words(visit(admin).get("/view-as/"))

    assert tenant.name in page
    assert other_tenant.name not in page
    assert f"/view-as/{user_of(admin).uuid}/" not in page


@pytest.mark.django_db(transaction=True)
def test_live_updates_follow(acting: Client, tenant: Actor, other_tenant: Actor) -> None:
    key = acting.session.session_key

    listener = listener_of(key)
    assert listener is not None
    assert listener.may_hear(tenant.account_id)
    assert not listener.may_hear(other_tenant.account_id)

    ViewAs.objects.update(ended_at=dt.datetime.now(dt.UTC))
    assert listener_of(key) is None


def test_a_console_closes_when_it_is_over(acting: Client, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    assert acting.post(f"/instances/{instance.uuid}/screen/").status_code == 200
    ticket = ConsoleTicket.objects.get()
    assert ticket.view == ViewAs.objects.get()
    assert may_stay_open(ticket)

    acting.post("/view-as/end/")

    assert not may_stay_open(ticket)


def test_a_script_acts_for_a_user_by_a_header(operator_api: Api, operator: Actor, tenant: Actor) -> None:
    home = Account.objects.get(pk=tenant.account_id)
    headers = {**operator_api._headers, "X-On-Behalf-Of": str(user_of(tenant).uuid)}
    body = {"account": str(home.uuid), "name": "helped", "public_key": PUBLIC_KEY}

    made = operator_api.post("ssh-keys/", body, headers=headers)
    secret = operator_api.post("api-keys/", {"name": "back-door"}, headers=headers)

    assert made.status_code == 201, made.content
    event = Event.objects.get(action="compute.create_ssh_key")
    assert (event.actor_name, event.on_behalf_of_name) == (operator.name, tenant.name)
    assert event.key_id
    assert secret.status_code == 403


@pytest.mark.parametrize("who", ["unknown", "nonsense", "foreign", "oneself"])
def test_a_header_that_may_not_be_is_refused(who: str, other_api: Api, tenant: Actor, other_tenant: Actor) -> None:
    named = {
        "unknown": "00000000-0000-4000-8000-000000000000",
        "nonsense": "me' OR 1=1",
        "foreign": str(user_of(tenant).uuid),
        "oneself": str(user_of(other_tenant).uuid),
    }[who]
    headers = {**other_api._headers, "X-On-Behalf-Of": named}

    answer = other_api._client.get("/api/v1/instances/", headers=headers)

    assert answer.status_code == (403 if who == "oneself" else 404)
    assert "request_id" in answer.json()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda user: User.objects.filter(pk=user.pk).update(is_active=False), "user-disabled"),
        (lambda user: Account.objects.filter(pk=user.account_id).update(state="Disabled"), "account-disabled"),
        (lambda user: Domain.objects.filter(accounts=user.account_id).update(state="Suspended"), "domain-suspended"),
    ],
)
def test_the_refusal_says_why_a_user_may_not_act(
    change: Callable[[User], Any], code: str, operator_api: Api, tenant: Actor
) -> None:
    change(user_of(tenant))
    headers = {**operator_api._headers, "X-On-Behalf-Of": str(user_of(tenant).uuid)}

    answer = operator_api._client.get("/api/v1/instances/", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_a_locked_account_is_seen_and_nothing_grows_in_it(operator_api: Api, tenant: Actor) -> None:
    home = Account.objects.get(pk=tenant.account_id)
    Account.objects.filter(pk=home.pk).update(state="Locked")
    headers = {**operator_api._headers, "X-On-Behalf-Of": str(user_of(tenant).uuid)}
    body = {"account": str(home.uuid), "name": "late", "public_key": PUBLIC_KEY}

    assert operator_api._client.get("/api/v1/instances/", headers=headers).status_code == 200
    assert operator_api.post("ssh-keys/", body, headers=headers).json()["code"] == "account-locked"


def test_a_console_that_a_script_opened_for_a_user_closes_with_the_operators_right(
    operator_api: Api, operator: Actor, tenant: Actor, cloud: Cloud
) -> None:
    instance = factories.instance(tenant, cloud)
    headers = {**operator_api._headers, "X-On-Behalf-Of": str(user_of(tenant).uuid)}
    assert operator_api.post(f"instances/{instance.uuid}/console/", {}, headers=headers).status_code == 201
    ticket = ConsoleTicket.objects.get()
    assert (ticket.user_id, ticket.operator_id) == (tenant.user_id, operator.user_id)
    assert may_stay_open(ticket)

    DomainUserObjectPermission.objects.filter(user=operator.user_id).delete()

    assert not may_stay_open(ticket)


def test_a_key_of_idempotency_belongs_to_one_user_acted_for(
    operator_api: Api, tenant: Actor, other_tenant: Actor, cloud: Cloud
) -> None:
    mine = {**operator_api._headers, "Idempotency-Key": "once"}
    instance = factories.instance(tenant, cloud)
    path = f"instances/{instance.uuid}/console/"

    first = operator_api.post(path, {}, headers={**mine, "X-On-Behalf-Of": str(user_of(tenant).uuid)})
    again = operator_api.post(path, {}, headers={**mine, "X-On-Behalf-Of": str(user_of(tenant).uuid)})
    other = operator_api.post(path, {}, headers={**mine, "X-On-Behalf-Of": str(user_of(other_tenant).uuid)})

    assert (first.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_a_header_of_a_balancer_does_not_end_the_view(acting: Client, tenant: Actor) -> None:
    shown = acting.get("/api/v1/me/", headers={"Authorization": "Basic b3BzOnB3"})

    assert shown.json()["username"] == tenant.name


PATHS = st.lists(st.integers(1, 3), min_size=1, max_size=3).map(lambda ids: "/" + "".join(f"{one}/" for one in ids))
ACCOUNTS = {1: "/1/", 2: "/1/2/", 3: "/2/", 4: "/2/3/1/", 5: "/3/"}
REACHES = st.builds(
    Reach,
    st.frozensets(PATHS, max_size=3),
    st.frozensets(st.sampled_from(sorted(ACCOUNTS)), max_size=3),
    st.sampled_from([False, False, False, True]),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(REACHES, REACHES)
def test_common_ground_is_where_both_hold(one: Reach, other: Reach) -> None:
    both = intersection(one, other, ACCOUNTS)

    for key, path in ACCOUNTS.items():
        assert _covers(both, key, path) == (_covers(one, key, path) and _covers(other, key, path))


def _covers(reach: Reach, key: int, path: str) -> bool:
    return reach.everywhere or key in reach.accounts or any(path.startswith(above) for above in reach.paths)
