"""Who is told what: once, as they want it, and only what they may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from cloudportal.core import clock, events
from cloudportal.core.alerts import resolve
from cloudportal.core.errors import LimitExceeded
from cloudportal.core.models import Event, EventNotice
from cloudportal.infrastructure.alerts import HOST_DISCONNECTED
from cloudportal.jobs.models import Job
from cloudportal.jobs.periodic import start_due
from cloudportal.jobs.services import start
from compute.models import Instance
from compute.services.instances import start_instance, stop_instance
from tenants import limits
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, ApiKey, Grant, MailBrake, OutgoingMail, User, Webhook
from tenants.notifying import notify, tell_of
from tenants.notifying.kinds import KEY_EXPIRES, LIMIT, ROLE
from tenants.selectors import notifications
from tenants.services.api_keys import create_api_key
from tenants.services.grants import grant_role, revoke_grant
from tenants.services.groups import add_member, create_group
from tenants.services.limits import set_account_limits, set_domain_limits
from tenants.services.notifications import change_preference
from tenants.services.project_invitations import invite_to_project
from tenants.services.projects import create_project
from tenants.services.shares import share, unshare
from tenants.services.users import disable_user
from tenants.workflows import DISPATCH_EVENTS, WARN_OF_EXPIRY
from tests import factories
from tests.alerts.telling import PORTAL, dispatch, told, with_mail
from tests.api.client import Api
from tests.conftest import RunJobs
from tests.crashes import crash_points, dying_at
from tests.factories import Cloud
from tests.threads import at_once

# On a busy machine they may be old enough to be read again.
SETTINGS_READ = 1


def test_whose_job_failed_is_told_and_nobody_else(
    tenant: Actor, other_tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    instance = factories.instance(tenant, cloud, name="web-1")
    stop_instance(tenant, instance=instance, force=True)
    run_jobs()
    cloud.world.inject("start_instance", "fatal")
    job = start_instance(tenant, instance=Instance.objects.get(pk=instance.pk))
    run_jobs()

    dispatch(run_jobs)
    dispatch(run_jobs)

    (found,) = told(tenant.user_id, "job-failed")
    assert found.message.startswith("Start instance web-1: failed.")
    assert (found.url, found.level) == (f"/jobs/{job.uuid}/", "error")
    assert told(other_tenant.user_id, "job-failed") == []


def test_who_lost_the_right_to_see_it_meanwhile_is_not_told(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    stop_instance(tenant, instance=instance, force=True)
    run_jobs()
    cloud.world.inject("start_instance", "fatal")
    start_instance(tenant, instance=Instance.objects.get(pk=instance.pk))
    run_jobs()
    revoke_grant(SYSTEM, grant=Grant.objects.get(user=tenant.user_id))

    dispatch(run_jobs)

    assert told(tenant.user_id, "job-failed") == []
    assert [row.kind for row in told(tenant.user_id)][-1] == "role"


def test_operators_are_told_of_alerts_with_a_mail_for_errors_alone(
    operator: Actor, tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    watcher = with_mail(operator.user_id)
    alert = factories.alert(cloud.hosts()[0], "Host one is silent.")
    events.record(SYSTEM, "alerts.open", "Running short.", resource=alert, level="warning", about="x")

    dispatch(run_jobs)

    assert {row.kind: row.url for row in told(operator.user_id) if row.kind.startswith("alert")} == {
        "alert-error": f"/alerts/{alert.uuid}/",
        "alert-warning": f"/alerts/{alert.uuid}/",
    }
    (sent,) = [one for one in mail.outbox if "Alert" in one.subject]
    assert sent.to == [watcher.email]
    assert sent.subject == "[CloudPortal] Alert: error: Host one is silent."
    assert f"{PORTAL}/alerts/{alert.uuid}/" in sent.body
    assert not OutgoingMail.objects.exists()
    assert not [row for row in told(tenant.user_id) if row.kind.startswith("alert")]


def test_one_mail_an_hour_about_the_same_host_however_often_it_falls_silent(
    operator: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    with_mail(operator.user_id)
    host = cloud.hosts()[0]
    for _ in range(4):
        factories.alert(host)
        dispatch(run_jobs)
        resolve(HOST_DISCONNECTED, [f"infrastructure.host:{host.uuid}"])

    assert len(told(operator.user_id, "alert-error")) == 4
    assert len([one for one in mail.outbox if "Alert" in one.subject]) == 1

    MailBrake.objects.update(mailed_at=clock.now() - timedelta(minutes=61))
    factories.alert(host)
    dispatch(run_jobs)

    assert len([one for one in mail.outbox if "Alert" in one.subject]) == 2


def test_a_storm_of_alerts_is_no_storm_of_mails(operator: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    with_mail(operator.user_id)
    alert = factories.alert(cloud.hosts()[0])
    for number in range(50):
        events.record(SYSTEM, "alerts.open", f"{number}.", resource=alert, level="error", about=f"host-{number}")

    dispatch(run_jobs)

    assert len(told(operator.user_id, "alert-error")) == 51
    assert len(mail.outbox) == 30


def test_roles_are_told_to_whom_they_concern_also_through_groups(
    owner: Actor, tenant: Actor, run_jobs: RunJobs
) -> None:
    home = Account.objects.get(pk=tenant.account_id)
    crew = create_group(SYSTEM, domain=home.domain, name="crew")
    add_member(SYSTEM, group=crew, user=User.objects.get(pk=tenant.user_id))
    grant = grant_role(SYSTEM, group=crew, role="account_owner", on=home)
    revoke_grant(SYSTEM, grant=grant)

    dispatch(run_jobs)

    assert [row.message for row in told(tenant.user_id)][-2:] == [
        f"You are now Account owner on {home}, as a member of crew.",
        f"You are no longer Account owner on {home}, as a member of crew.",
    ]
    assert not [row for row in told(owner.user_id) if str(home) in row.message]


def test_owners_are_told_once_when_most_of_a_limit_is_used(owner: Actor, run_jobs: RunJobs) -> None:
    home = Account.objects.get(pk=owner.account_id)
    set_account_limits(SYSTEM, account=home, limits={"instances": 10})
    for _ in range(9):
        limits.reserve(home, instances=1)

    dispatch(run_jobs)

    (found,) = told(owner.user_id, "limit")
    assert found.message == f"Account {home} uses 8 of 10 instances."
    assert found.url == f"/limits/accounts/{home.uuid}/"


def test_of_a_domain_those_are_told_who_decide_about_it(run_jobs: RunJobs, db: None) -> None:
    home = factories.account()
    chief = actor_of(factories.user("domain_admin", on=home.domain))
    deputy = actor_of(factories.user("account_owner", of=home))
    set_domain_limits(SYSTEM, domain=home.domain, limits={"instances": 10})
    limits.reserve(home, instances=8)

    dispatch(run_jobs)

    assert [row.message for row in told(chief.user_id, "limit")] == [f"Domain {home.domain} uses 8 of 10 instances."]
    assert told(deputy.user_id, "limit") == []
    assert Event.objects.get(action="tenants.limit_nearly_reached").account_id is None


def test_a_refusal_is_told_to_the_owners_in_words_that_are_for_them(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    home = Account.objects.get(pk=tenant.account_id)
    deputy = actor_of(factories.user("account_owner", of=home))
    set_domain_limits(SYSTEM, domain=home.domain, limits={"networks": 0})

    answer = Api(tenant).post("networks/", {"name": "backend", "zone": str(cloud.zone.uuid), "cidr": "10.9.0.0/24"})
    dispatch(run_jobs)

    assert answer.json()["code"] == "limit-exceeded"
    (found,) = told(deputy.user_id, "limit")
    assert found.message.startswith("Refused: A domain above leaves 0 networks")
    assert str(home.domain) not in found.message
    assert told(tenant.user_id, "limit") == []
    event = Event.objects.get(action="tenants.limit_refused")
    assert (event.outcome, event.actor_name, event.account_id) == ("refused", tenant.name, home.pk)


def test_a_refusal_says_what_it_said_before(tenant: Actor) -> None:
    home = Account.objects.get(pk=tenant.account_id)
    set_account_limits(SYSTEM, account=home, limits={"instances": 0})

    with pytest.raises(LimitExceeded, match=f"Account {home} may have 0 instances"):
        limits.reserve(home, by=tenant, instances=1)


def test_keys_that_end_soon_are_told_once_for_each_end(owner: Actor, run_jobs: RunJobs) -> None:
    user = User.objects.get(pk=owner.user_id)
    key, _ = create_api_key(owner, user=user, name="backup")
    later, _ = create_api_key(owner, user=user, name="later")
    ApiKey.objects.filter(pk=key.pk).update(expires_at=clock.now() + timedelta(days=6))
    ApiKey.objects.filter(pk=later.pk).update(expires_at=clock.now() + timedelta(days=8))

    for _ in range(3):
        start(SYSTEM, WARN_OF_EXPIRY)
        run_jobs()

    (found,) = told(owner.user_id, "key-expires")
    assert "API key backup ends at" in found.message
    ApiKey.objects.filter(pk=key.pk).update(expires_at=clock.now() + timedelta(days=5))
    start(SYSTEM, WARN_OF_EXPIRY)
    run_jobs()
    assert len(told(owner.user_id, "key-expires")) == 2


def test_who_manages_a_webhook_is_told_that_it_is_disabled(owner: Actor, run_jobs: RunJobs) -> None:
    home = Account.objects.get(pk=owner.account_id)
    member = factories.member(home)
    hook = Webhook.objects.create(account=home, name="ours", url="http://127.0.0.1/none", secret="s", is_enabled=False)
    events.record(SYSTEM, "tenants.disable_webhook", "Webhook ours is disabled.", resource=hook, level="error")

    dispatch(run_jobs)

    assert [row.url for row in told(owner.user_id, "webhook-disabled")] == [f"/webhooks/{hook.uuid}/"]
    assert told(member.user_id, "webhook-disabled") == []


def test_each_is_told_as_they_want_it(owner: Actor, run_jobs: RunJobs) -> None:
    user = with_mail(owner.user_id)
    ways = {"both": (True, True), "page": (True, False), "mail": (False, True), "neither": (False, False)}
    for name, (page, by_mail) in ways.items():
        change_preference(owner, kind="limit", page=page, mail=by_mail)
        notify(users=[user], kind=LIMIT, message=f"{name}.", url="/limits/")
    run_jobs()

    assert [row.message for row in notifications(owner).order_by("pk")] == ["both.", "page."]
    assert [one.subject for one in mail.outbox] == ["[CloudPortal] Limit: both.", "[CloudPortal] Limit: mail."]
    changes = Event.objects.filter(action="tenants.change_notification_preference")
    assert changes.latest("pk").after == {"page": False, "mail": False}


def test_mails_have_no_secrets_and_one_line_of_subject(owner: Actor, run_jobs: RunJobs) -> None:
    user = with_mail(owner.user_id)
    notify(users=[user], kind=LIMIT, message="Failed at https://bob:hunter2@example.org\nBcc: all@example.org")
    run_jobs()

    (sent,) = mail.outbox
    assert "hunter2" not in sent.body + sent.subject + told(owner.user_id)[-1].message
    assert "\n" not in sent.subject
    assert sent.to == [user.email]


def test_disabled_users_are_told_nothing(owner: Actor) -> None:
    user = with_mail(owner.user_id)
    disable_user(SYSTEM, user=user)

    notify(users=[User.objects.get(pk=user.pk)], kind=LIMIT, message="Nothing.")

    assert told(owner.user_id, "limit") == []
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("point", [*crash_points(DISPATCH_EVENTS), "tenants.dispatch_events/told"])
def test_a_dispatch_that_dies_anywhere_tells_once(operator: Actor, cloud: Cloud, run_jobs: RunJobs, point: str) -> None:
    with_mail(operator.user_id)
    factories.alert(cloud.hosts()[0])

    with dying_at(point) as deaths:
        dispatch(run_jobs)
    dispatch(run_jobs)

    assert deaths == [point]
    assert len(told(operator.user_id, "alert-error")) == 1
    assert len([one for one in mail.outbox if "Alert" in one.subject]) == 1
    assert not EventNotice.objects.exists()


def test_an_event_that_is_handed_on_twice_is_told_once(operator: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    with_mail(operator.user_id)
    alert = factories.alert(cloud.hosts()[0])
    event = Event.objects.get(action="alerts.open", resource_uuid=alert.uuid)

    tell_of([event])
    MailBrake.objects.all().delete()
    tell_of([event, event])
    dispatch(run_jobs)

    assert len(told(operator.user_id, "alert-error")) == 1
    assert len([one for one in mail.outbox if "Alert" in one.subject]) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_that_tell_the_same_at_once_one_does() -> None:
    users = [with_mail(factories.user("member").pk) for _ in range(3)]
    MailBrake.objects.all().delete()

    def work(number: int) -> str:
        order = users if number % 2 else users[::-1]
        notify(users=order, kind=KEY_EXPIRES, message="Once.", key="the-same", about="the-same")
        return "told"

    at_once(work, 24)

    assert [len(told(user.pk, "key-expires")) for user in users] == [1, 1, 1]
    assert Job.objects.filter(kind="tenants.send_mail").count() == 3


def test_telling_many_costs_no_more_than_telling_one(
    db: None, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    users = [factories.user("member") for _ in range(30)]
    notify(users=users[:1], kind=ROLE, message="The settings are read by now.")
    with django_assert_max_num_queries(7 + SETTINGS_READ) as few:
        notify(users=users[:1], kind=ROLE, message="To one.")
    with django_assert_max_num_queries(len(few) + 29 + SETTINGS_READ):
        # One NOTIFY for each of them more.
        notify(users=users, kind=ROLE, message="To all.")


def test_they_are_told_within_a_second_or_two(db: None, tenant: Actor) -> None:
    """What waits is handed on in the next second, not in the next period."""
    now = clock.now().replace(second=0, microsecond=0)
    assert EventNotice.objects.exists()

    def started(seconds: float) -> set[str]:
        count = start_due(now + timedelta(seconds=seconds))
        kinds = {job.kind for job in Job.objects.filter(state="queued")}
        assert len(kinds) == count
        Job.objects.update(state="succeeded")
        return kinds

    assert DISPATCH_EVENTS.kind in started(0.1)
    assert started(1.1) == {DISPATCH_EVENTS.kind}
    assert started(1.9) == set()
    assert started(2.1) == {DISPATCH_EVENTS.kind}
    EventNotice.objects.all().delete()
    assert started(3.1) == set()


def test_who_is_invited_to_a_project_sees_it_at_the_bell(owner: Actor, run_jobs: RunJobs) -> None:
    guest = with_mail(factories.user("member").pk)
    home = Account.objects.get(pk=owner.account_id)
    project = create_project(owner, owner=home, name="shop")

    boss = actor_of(User.objects.get(pk=owner.user_id))
    invite_to_project(boss, project=project, email=guest.email.upper(), link_to=str)
    dispatch(run_jobs)

    (notification,) = told(guest.pk, "invitation")
    assert notification.message == f"{owner.name} invites you to project shop as Project member."
    assert notification.url == "/projects/"


def test_what_is_shared_is_told_to_the_receiver_alone(
    tenant: Actor, other_tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    receiver = Account.objects.get(pk=other_tenant.account_id)
    giver = Account.objects.get(pk=tenant.account_id)
    template = factories.template(cloud.zone, giver, is_public=False)

    share(tenant, thing=template, account=receiver)
    unshare(tenant, thing=template, account=receiver)
    dispatch(run_jobs)

    words = [notification.message for notification in told(other_tenant.user_id, "share")]
    assert words == [
        f"Template {template} shared with you by account {giver}.",
        f"Template {template} is no longer shared with you by account {giver}.",
    ]
    assert told(tenant.user_id, "share") == []
