"""The page of settings."""

from __future__ import annotations

from cloudportal.core.configuration import value_of
from compute.settings import EXPUNGE_DELAY
from tenants.actor import Actor
from tests.factories import Cloud
from tests.web.conftest import Visit, words

ADDRESS = f"/settings/{EXPUNGE_DELAY.name}/"


def test_an_operator_changes_one_for_a_zone(visit: Visit, operator: Actor, cloud: Cloud) -> None:
    browser = visit(operator)
    place = {"scope": "zone", "place": str(cloud.zone.uuid)}

    answer = browser.post(ADDRESS, {"value": "3600", **place}, follow=True)

    assert answer.status_code == 200
    assert "it holds everywhere within seconds" in words(answer)
    assert "Set for the zone." in words(answer)
    assert value_of(EXPUNGE_DELAY, cloud.zone) == 3600
    assert "1 exception" in words(browser.get("/settings/"))

    browser.post(ADDRESS, {"reset": "1", "value": "", **place})
    assert value_of(EXPUNGE_DELAY, cloud.zone) == 86_400


def test_what_is_wrong_stands_at_its_field(visit: Visit, operator: Actor) -> None:
    answer = visit(operator).post(ADDRESS, {"value": "for <ever>"})

    assert answer.status_code == 422
    assert "is a whole number" in words(answer)
    assert "for &lt;ever&gt;" in words(answer)


def test_tenants_find_no_such_page(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    browser = visit(tenant)

    assert browser.get("/settings/").status_code == 404
    assert browser.post(ADDRESS, {"value": "1"}).status_code == 404


def test_a_place_that_is_not_there(visit: Visit, operator: Actor) -> None:
    assert visit(operator).get("/settings/?scope=zone&place=nonsense").status_code == 404
    assert visit(operator).get("/settings/?scope=planet").status_code == 404
