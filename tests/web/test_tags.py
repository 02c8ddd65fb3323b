"""Tags on pages: a dialog with lines, chips that filter, and many at once."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudportal.doors.web.tags import line_of, tag_of
from compute.models import Instance
from tenants.actor import Actor
from tenants.services.tags import change_tags
from tests import factories
from tests.factories import Cloud
from tests.web.conftest import Visit, words

pytestmark = pytest.mark.django_db

printable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@given(printable, printable)
def test_a_line_is_its_tag_again(key: str, value: str) -> None:
    assert tag_of(line_of(key, value)) == (key, value)


def test_the_dialog_saves_and_the_list_filters(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    client = visit(tenant)
    address = f"/instances/{instance.uuid}/tags/"

    client.post(address, {"lines": "environment = test\r\nteam=blue\n\nalone", "before": "{}"})

    instance.refresh_from_db()
    assert instance.tags == {"environment": "test", "team": "blue", "alone": ""}
    assert "environment = test" in words(client.get(address))
    assert "?tag=environment:test" in words(client.get("/instances/"))
    assert instance.name in words(client.get("/instances/", {"tag": "environment:test"}))
    assert "Nothing matches" in words(client.get("/instances/", {"tag": "environment:live"}))
    assert "Edit tags" in words(client.get(f"/instances/{instance.uuid}/"))


def test_what_others_wrote_meanwhile_stays(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    change_tags(tenant, thing=instance, set={"a": "1", "b": "2", " odd = one": " x "})
    before = json.dumps(instance.tags)
    change_tags(tenant, thing=instance, set={"theirs": "3"})
    lines = "\n".join(line_of(key, value) for key, value in instance.tags.items() if key not in {"theirs", "a"})

    visit(tenant).post(f"/instances/{instance.uuid}/tags/", {"lines": lines, "before": before})

    instance.refresh_from_db()
    assert instance.tags == {"b": "2", " odd = one": " x ", "theirs": "3"}


@pytest.mark.parametrize("lines", ["= x", "a = 1\na = 2", "cloudportal:x = 1", "k" * 200])
def test_wrong_lines_stand_at_the_field(visit: Visit, tenant: Actor, cloud: Cloud, lines: str) -> None:
    instance = factories.instance(tenant, cloud)

    answer = visit(tenant).post(f"/instances/{instance.uuid}/tags/", {"lines": lines, "before": "{}"})

    assert answer.status_code == 422
    assert 'id="id_lines_error"' in words(answer)
    assert Instance.objects.get(pk=instance.pk).tags == {}


def test_many_are_tagged_and_untagged(visit: Visit, tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    mine, foreign = factories.instance(tenant, cloud), factories.instance(other_tenant, cloud)
    client = visit(tenant)
    picked = [str(mine.uuid), str(foreign.uuid)]

    answer = client.post("/instances/bulk/", {"action": "tag", "tag": "env = test", "instance": picked})

    assert "There is no such instance" in words(answer)
    assert [Instance.objects.get(pk=row.pk).tags for row in (mine, foreign)] == [{"env": "test"}, {}]
    client.post("/instances/bulk/", {"action": "untag", "tag": "env", "instance": picked})
    assert Instance.objects.get(pk=mine.pk).tags == {}
    assert client.post("/instances/bulk/", {"action": "tag", "tag": " ", "instance": picked}).status_code == 422


def test_chips_lead_where_they_say(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    change_tags(tenant, thing=instance, set={"a&b": "c/d <script>"})

    page = words(visit(tenant).get("/instances/"))

    assert f"?tag={quote('a&b', safe='')}:{quote('c/d <script>', safe='')}" in page
    assert "<script>&" not in page
