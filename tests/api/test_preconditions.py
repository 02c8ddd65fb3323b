"""Entity tags: what was read is what is changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from compute.models import SSHKey
from tenants.actor import actor_of
from tests import factories
from tests.api.client import Api
from tests.api.test_idempotency import key_body
from tests.api.test_problems import MISSING, assert_problem
from tests.factories import Cloud


def test_what_is_known_is_not_sent_again(api: Api) -> None:
    address = f"ssh-keys/{api.post('ssh-keys/', key_body()).json()['id']}/"
    shown = api.get(address)

    assert shown["ETag"].startswith('"')
    assert api.get(address)["ETag"] == shown["ETag"]
    for known in (shown["ETag"], f"W/{shown['ETag']}", f'"other", {shown["ETag"]}', "*"):
        answer = api.ask("get", address, if_none_match=known)
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", shown["ETag"])
    assert api.ask("get", address, if_none_match='"other"').status_code == 200
    assert api.get(address, fields="name")["ETag"] != shown["ETag"]


def test_writes_answer_with_the_new_tag(operator_api: Api, cloud: Cloud) -> None:
    address = f"offerings/{cloud.offering.uuid}/"
    before = operator_api.get(address)["ETag"]

    changed = operator_api.ask("patch", address, {"name": "renamed"}, if_match=before)

    assert changed.status_code == 200
    assert changed["ETag"] not in ("", before)
    assert operator_api.get(address)["ETag"] == changed["ETag"]


def test_a_change_of_what_was_changed_meanwhile_is_refused(operator_api: Api, cloud: Cloud) -> None:
    address = f"offerings/{cloud.offering.uuid}/"
    read = operator_api.get(address)["ETag"]
    operator_api.patch(address, {"name": "by-somebody-else"})

    refused = operator_api.ask("patch", address, {"name": "mine"}, if_match=read)

    problem = assert_problem(refused, 412, "precondition-failed")
    assert operator_api.get(address).json()["name"] == "by-somebody-else"
    assert operator_api.ask("patch", address, {"name": "mine"}, if_match=problem["etag"]).status_code == 200
    weak = f"W/{operator_api.get(address)['ETag']}"
    assert_problem(operator_api.ask("patch", address, {"name": "x"}, if_match=weak), 412, "precondition-failed")


def test_only_what_was_seen_is_deleted(api: Api) -> None:
    made = api.post("ssh-keys/", key_body())
    address = f"ssh-keys/{made.json()['id']}/"

    assert_problem(api.ask("delete", address, if_match='"other"'), 412, "precondition-failed")
    assert SSHKey.objects.exists()
    assert api.ask("delete", address, if_match=made["ETag"]).status_code == 204
    assert not SSHKey.objects.exists()


def test_conditions_on_what_is_not_there_are_not_found(api: Api) -> None:
    assert_problem(api.ask("delete", f"ssh-keys/{MISSING}/", if_match="*"), 404, "not-found")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_read_the_same_one_may_change_it() -> None:
    operator = actor_of(factories.user("root_admin", on=factories.root()))
    made = Api(operator).post("disk-offerings/", {"name": "fast"})
    address = f"disk-offerings/{made.json()['id']}/"
    apis = [Api(operator) for _ in range(8)]

    def change(number: int) -> int:
        try:
            return int(apis[number].ask("patch", address, {"name": f"n-{number}"}, if_match=made["ETag"]).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(change, range(8))) == [200, *[412] * 7]
