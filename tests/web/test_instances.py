"""The pages of instances."""

from __future__ import annotations

from typing import Any

import pytest

from cloudportal.infrastructure.models import Host
from cloudportal.jobs.models import Job
from compute.models import Instance
from tenants.actor import Actor, actor_of
from tests import factories
from tests.factories import Cloud
from tests.web.conftest import Visit, htmx, words

TABS = ("", "console/", "disks/", "network/", "jobs/", "events/")


def filled(cloud: Cloud, network: Any, **changes: Any) -> dict[str, Any]:
    """What the wizard sends."""
    return {
        "name": "web-1",
        "zone": cloud.zone.uuid,
        "template": cloud.template.uuid,
        "offering": cloud.offering.uuid,
        "networks": [network.uuid],
        "user_data": "",
        **changes,
    }


def test_an_empty_list_says_what_to_do(visit: Visit, tenant: Actor) -> None:
    page = words(visit(tenant).get("/instances/"))

    assert "No instances yet" in page
    assert "/instances/deploy/" in page


def test_the_list_answers_whole_or_in_part(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    factories.instance(tenant, cloud, name="web-1")
    client = visit(tenant)

    assert "<!doctype html>" in words(client.get("/instances/"))
    part = client.get("/instances/", headers=htmx("results"))
    assert "<!doctype html>" not in words(part)
    assert "web-1" in words(part)
    assert "HX-Target" in part["Vary"]
    restored = client.get("/instances/", headers=htmx("results") | {"HX-History-Restore-Request": "true"})
    assert "<!doctype html>" in words(restored)


def test_the_list_is_filtered_and_sorted_by_its_address(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    for name in ("beta", "alpha"):
        factories.instance(tenant, cloud, name=name)
    client = visit(tenant)

    sorted_page = words(client.get("/instances/?sort=name"))
    assert sorted_page.index("alpha") < sorted_page.index("beta")
    filtered = words(client.get("/instances/?name=alph&state=Running&zone="))
    assert "alpha" in filtered
    assert "beta" not in filtered
    assert "Nothing matches" in words(client.get("/instances/?state=Stopped"))


@pytest.mark.parametrize("query", ["sort=nonsense", "state=Flying", "zone=none", "cursor=abc", "limit=0"])
def test_a_bad_filter_is_answered_with_words(visit: Visit, tenant: Actor, query: str) -> None:
    answer = visit(tenant).get(f"/instances/?{query}")

    assert answer.status_code == 200
    assert 'role="alert"' in words(answer)


def test_pages_cost_no_query_for_each_row(
    visit: Visit, tenant: Actor, cloud: Cloud, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        factories.instance(tenant, cloud, name=f"web-{number}")
    client = visit(tenant)
    # The first request of a browser writes down that its session is in use.
    client.get("/profile/")

    for path, most in (
        ("/instances/", 9),
        ("/", 15),
        ("/volumes/", 7),
        ("/networks/", 7),
        ("/jobs/", 7),
        ("/events/", 5),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_is_a_page_and_a_part(
    visit: Visit, tenant: Actor, other_tenant: Actor, cloud: Cloud, tab: str
) -> None:
    instance = factories.instance(tenant, cloud)
    path = f"/instances/{instance.uuid}/{tab}"

    assert "<!doctype html>" in words(visit(tenant).get(path))
    part = words(visit(tenant).get(path, headers=htmx("tab")))
    assert part.strip().startswith('<div id="tab"')
    assert visit(other_tenant).get(path).status_code == 404


def test_only_what_the_state_allows_can_be_pressed(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)

    head = words(visit(tenant).get(f"/instances/{instance.uuid}/", headers=htmx("head")))

    assert f"/instances/{instance.uuid}/stop/" in head
    assert f"/instances/{instance.uuid}/start/" not in head


def test_a_reader_sees_and_can_press_nothing(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    reader = actor_of(factories.user("reader", of=instance.account))
    client = visit(reader)

    page = words(client.get(f"/instances/{instance.uuid}/"))

    assert instance.name in page
    assert "/stop/" not in page
    assert client.post(f"/instances/{instance.uuid}/stop/").status_code == 403
    assert client.get("/instances/deploy/").status_code == 404


def test_a_row_that_is_gone_leaves_the_list(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    Instance.objects.filter(pk=instance.pk).update(
        state="Expunged", host=None, removed_at=instance.created_at, is_counted=False
    )

    row = visit(tenant).get(f"/instances/{instance.uuid}/", headers=htmx(f"row--{instance.uuid}"))
    head = visit(tenant).get(f"/instances/{instance.uuid}/", headers=htmx("head"))

    assert (row.status_code, row["HX-Reswap"]) == (404, "delete")
    assert (head.status_code, head["HX-Redirect"]) == (404, "/instances/")


def test_stopping_asks_first_and_then_starts_a_job(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    client = visit(tenant)
    path = f"/instances/{instance.uuid}/stop/"

    assert "Stop" in words(client.get(path, headers=htmx("dialog-body")))
    answer = client.post(path, headers=htmx("dialog-body"))

    job = Job.objects.filter(resource_uuid=instance.uuid).first()
    assert answer.status_code == 204
    assert str(job.uuid) in answer["HX-Trigger"]
    again = client.post(path, headers=htmx("dialog-body"))
    assert again.status_code == 409
    assert "under way" in words(again)


def test_without_scripts_an_action_leads_back_to_the_page(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    path = f"/instances/{instance.uuid}/stop/"

    answer = visit(tenant).post(path, {"next": "/instances/?state=Running"})
    elsewhere = visit(tenant).post(f"/instances/{instance.uuid}/reboot/", {"next": "https://evil.example/"})

    assert answer["Location"] == "/instances/?state=Running"
    assert "evil" not in elsewhere.headers.get("Location", "")


def test_expunging_wants_the_name(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    Instance.objects.filter(pk=instance.pk).update(state="Stopped")
    path = f"/instances/{instance.uuid}/expunge/"

    wrong = visit(tenant).post(path, {"typed_name": "something"})
    assert wrong.status_code == 422
    assert "That is not the name." in words(wrong)
    right = visit(tenant).post(path, {"typed_name": instance.name}, headers=htmx("dialog-body"))
    assert right["HX-Redirect"] == "/instances/"


def test_bulk_says_for_each_what_happened(visit: Visit, tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    runs, stopped = factories.instance(tenant, cloud), factories.instance(tenant, cloud)
    foreign = factories.instance(other_tenant, cloud)
    Instance.objects.filter(pk=stopped.pk).update(state="Stopped")
    chosen = [runs.uuid, stopped.uuid, foreign.uuid, "nonsense"]

    answer = visit(tenant).post("/instances/bulk/", {"action": "stop", "instance": chosen}, headers=htmx("dialog-body"))

    page = words(answer)
    assert page.count("is-done") == 1
    assert page.count("is-failed") == 3
    assert page.count("There is no such instance.") == 2
    assert foreign.name not in page


def test_the_wizard_deploys(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone)

    answer = visit(tenant).post("/instances/deploy/", filled(cloud, network))

    instance = Instance.objects.get(name="web-1")
    assert answer["Location"] == f"/instances/{instance.uuid}/"


@pytest.mark.parametrize(
    ("changes", "words_beside"),
    [
        ({"name": "Bad Name"}, "lower-case letters"),
        ({"name": ""}, "required"),
        ({"offering": ""}, "Choose a size."),
        ({"template": "nonsense"}, "not a valid"),
        ({"networks": []}, "Choose at least one network."),
        ({"user_data": "x" * 40_000}, "32 KiB at most"),
    ],
)
def test_bad_input_stands_beside_its_field_and_nothing_is_lost(
    visit: Visit, tenant: Actor, cloud: Cloud, changes: dict[str, Any], words_beside: str
) -> None:
    network = factories.network(tenant, cloud.zone)
    field = next(iter(changes))

    answer = visit(tenant).post("/instances/deploy/", filled(cloud, network, **changes))

    page = words(answer)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in page
    assert words_beside in page.split(f'id="id_{field}_error"')[1][:1200]
    assert not Instance.objects.exists()
    if field != "name":
        assert 'value="web-1"' in page


def test_what_others_have_can_not_be_chosen(visit: Visit, tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    foreign = factories.network(other_tenant, cloud.zone)

    answer = visit(tenant).post("/instances/deploy/", filled(cloud, foreign))

    assert answer.status_code == 422
    assert foreign.name not in words(answer)


def test_full_capacity_says_which_filter_refused(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone)
    cloud.offering.__class__.objects.filter(pk=cloud.offering.pk).update(cpus=500)

    answer = visit(tenant).post("/instances/deploy/", filled(cloud, network))

    assert answer.status_code == 409
    assert "with enough CPUs" in words(answer)
    assert 'value="web-1"' in words(answer)


def test_the_summary_knows_price_room_and_call(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone)

    answer = visit(tenant).post("/instances/deploy/preview/", filled(cloud, network), headers=htmx("summary"))

    page = words(answer)
    assert "per month" in page
    assert "There is room for 16 of this size." in page
    assert "curl -X POST http://testserver/api/v1/instances/" in page
    assert str(cloud.offering.uuid) in page
    assert not Instance.objects.exists()


def test_the_summary_says_why_nothing_fits(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone)
    Host.objects.all().delete()

    answer = visit(tenant).post("/instances/deploy/preview/", filled(cloud, network), headers=htmx("summary"))

    assert "no host is left in the zone." in words(answer)


def test_a_console_takes_a_token_by_post(visit: Visit, tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    path = f"/instances/{instance.uuid}/screen/"

    answer = visit(tenant).post(path)

    assert answer.json()["url"].startswith("ws://testserver/live/console/")
    assert answer["Cache-Control"] == "no-store"
    assert visit(other_tenant).post(path).status_code == 404
    Instance.objects.filter(pk=instance.pk).update(state="Stopped")
    assert visit(tenant).post(path).status_code == 409
