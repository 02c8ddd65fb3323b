"""Notifications are a user's own: read, counted, chosen and forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from cloudportal.core import clock, origin
from cloudportal.core.errors import NotFound, PermissionDenied
from cloudportal.jobs.services import start
from tenants.actor import SYSTEM, Actor
from tenants.models import Notification, User
from tenants.notifying import notify
from tenants.notifying.kinds import LIMIT
from tenants.scope import KeyScope
from tenants.selectors import notifications, unread
from tenants.services.notifications import change_preference, mark_all_read, mark_read, preferences
from tenants.workflows import PRUNE_NOTIFICATIONS
from tests import factories
from tests.conftest import RunJobs


def test_read_ones_are_forgotten_after_their_time(owner: Actor, run_jobs: RunJobs) -> None:
    user = User.objects.get(pk=owner.user_id)
    for name in ("read long ago", "unread long ago", "read lately"):
        notify(users=[user], kind=LIMIT, message=name)
    old = Notification.objects.filter(message__endswith="long ago")
    old.update(created_at=clock.now() - timedelta(days=31))
    Notification.objects.filter(message__startswith="read").update(read_at=clock.now())

    start(SYSTEM, PRUNE_NOTIFICATIONS)
    run_jobs()

    left = Notification.objects.filter(kind="limit").values_list("message", flat=True)
    assert sorted(left) == ["read lately", "unread long ago"]


def test_reading_is_ones_own(owner: Actor, tenant: Actor) -> None:
    user = User.objects.get(pk=owner.user_id)
    before = unread(owner)
    found = [factories.notification(user, f"Told {number}.") for number in range(3)]
    assert unread(owner) == before + 3

    mark_read(owner, notification=found[0])
    mark_read(owner, notification=found[0])
    assert unread(owner) == before + 2
    assert not notifications(tenant).filter(pk=found[0].pk).exists()
    mark_read(tenant, notification=found[1])
    assert unread(owner) == before + 2
    mark_all_read(owner)
    assert unread(owner) == 0


def test_nobody_reads_them_in_anothers_name_or_with_a_narrow_key(owner: Actor, operator: Actor) -> None:
    factories.notification(User.objects.get(pk=owner.user_id))
    narrow = Actor(owner.name, owner.user_id, owner.account_id, owner.reach, KeyScope(1, frozenset({"compute.view"})))

    assert unread(narrow) == 0
    with pytest.raises(PermissionDenied):
        change_preference(narrow, kind="limit", mail=False)
    with origin.coming_from(origin.Origin(operator_id=operator.user_id, operator_name=operator.name)):
        assert unread(owner) == 0
        with pytest.raises(PermissionDenied):
            change_preference(owner, kind="limit", mail=False)
    assert unread(owner) > 0


def test_alerts_are_a_kind_for_those_alone_who_may_see_them(owner: Actor, operator: Actor) -> None:
    names = {each.kind.name for each in preferences(owner)}
    assert "limit" in names
    assert not {name for name in names if name.startswith("alert")}
    assert {"alert-error", "alert-warning"} <= {each.kind.name for each in preferences(operator)}
    with pytest.raises(NotFound):
        change_preference(owner, kind="alert-error", mail=False)


def test_the_count_of_unread_ones_is_read_from_its_index_and_ends_at_a_hundred(owner: Actor) -> None:
    long_ago = clock.now() - timedelta(days=1)
    Notification.objects.bulk_create(
        Notification(
            user_id=owner.user_id, kind="limit", message="x" * 200, key=f"k{number}",
            read_at=long_ago if number % 20 else None,
        )
        for number in range(3_000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tenants_notification")

    assert unread(owner) == 100
    assert "notification_unread" in notifications(owner).order_by().filter(read_at=None).explain()
