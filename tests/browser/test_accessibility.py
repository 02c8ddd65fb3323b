"""Lists, forms and dashboards, light on a desk and dark on a phone: axe has nothing to complain about (WCAG 2.2 AA)."""

from __future__ import annotations

import time

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import sign_in
from tests.browser.portal import ROOT, Portal

pytestmark = [pytest.mark.browser, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(420)]

AXE = ROOT / "static" / "vendor" / "axe-core" / "axe.min.js"
ALERT_SECONDS = 150
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = [("light", 1440, 900), ("dark", 390, 844)]
PAGES = {
    "tenant": [
        "/",
        "/instances/",
        "/instances/deploy/",
        "/ssh-keys/",
        "/ssh-keys/new/",
        "/volumes/",
        "/templates/",
        "/templates/new/",
        "/networks/",
        "/networks/new/",
        "/networks/{network}/",
        "/networks/{network}/share/",
        "/usage/",
        "/jobs/",
        "/events/",
        "/api-keys/",
        "/webhooks/",
        "/webhooks/new/",
        "/projects/",
        "/profile/",
        "/profile/notifications/",
        "/notifications/",
        "/search/?q=default",
    ],
    "operator": [
        "/",
        "/alerts/",
        "/alerts/{alert}/",
        "/alerts/{alert}/acknowledge/",
        "/notifications/",
        "/hosts/",
        "/pools/",
        "/zones/",
        "/jobs/",
        "/usage/",
        "/domains/",
        "/domains/?name=o",
        "/domains/new/",
        "/domains/{domain}/",
        "/domains/{domain}/grant/",
        "/accounts/",
        "/accounts/new/",
        "/accounts/{account}/",
        "/accounts/{account}/delete/",
        "/projects/",
        "/projects/new/",
        "/users/",
        "/users/new/",
        "/users/{user}/",
        "/groups/",
        "/groups/new/",
        "/roles/",
        "/roles/new/",
        "/roles/{role}/",
        "/grants/",
        "/explain/?user={username}&permission=compute.manage&place={account}",
    ],
}


@pytest.mark.parametrize("who", PAGES)
@pytest.mark.parametrize(("scheme", "width", "height"), LOOKS, ids=["light-desk", "dark-phone"])
def test_pages_are_accessible(
    chromium: Browser, portal: Portal, who: str, scheme: str, width: int, height: int
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, base_url=portal.url, bypass_csp=True
    )
    page = context.new_page()
    sign_in(page, portal, who)
    found = {}
    things = things_of(portal)
    for path in PAGES[who]:
        response = page.goto(path.format(**things))
        assert response is not None
        assert response.status == httpx.codes.OK, path
        if problems := complaints_of_axe(page):
            found[path] = problems
    context.close()

    assert found == {}


def things_of(portal: Portal) -> dict[str, str]:
    """Ids for the addresses: the network of the demonstration, and what tenancy begins with."""
    first = {noun: _first(portal, noun) for noun in ("domain", "account", "user", "role")}
    ids = {noun: str(row["id"]) for noun, row in first.items()}
    facts = {"username": str(first["user"]["username"]), "network": a_shared_network(portal)}
    return {**ids, **facts, "alert": an_alert(portal)}


def a_shared_network(portal: Portal) -> str:
    """The network of the demonstration's tenant, which the other tenant may use."""
    network = str(portal.facts["network"])
    other = httpx.get(f"{portal.url}/api/v1/me/", headers=portal.api("other_tenant")).raise_for_status().json()
    shares = f"{portal.url}/api/v1/networks/{network}/"
    if not httpx.get(f"{shares}shares/", headers=portal.api("tenant")).raise_for_status().json()["results"]:
        body = {"account": other["account"]["id"]}
        httpx.post(f"{shares}share/", headers=portal.api("tenant"), json=body).raise_for_status()
    return network


def an_alert(portal: Portal) -> str:
    """The id of an alert, be it over: some of the disk is always in use."""
    headers = portal.api("operator")
    alerts, kind = f"{portal.url}/api/v1/alerts/", {"kind": "storage-full"}
    if rows := httpx.get(alerts, headers=headers, params=kind).raise_for_status().json()["results"]:
        return str(rows[0]["id"])
    setting = f"{portal.url}/api/v1/settings/alerts.storage_notify_share/"
    httpx.patch(setting, headers=headers, json={"value": "0.0001"}).raise_for_status()
    end = time.monotonic() + ALERT_SECONDS
    while time.monotonic() < end:
        answer = httpx.get(alerts, headers=headers, params=kind)
        if rows := answer.raise_for_status().json()["results"]:
            httpx.post(f"{setting}reset/", headers=headers, json={}).raise_for_status()
            return str(rows[0]["id"])
        time.sleep(1)
    raise AssertionError("the check of every minute found nothing")


def _first(portal: Portal, noun: str) -> dict[str, object]:
    answer = httpx.get(f"{portal.url}/api/v1/{noun}s/?limit=1", headers=portal.api("operator"))
    row: dict[str, object] = answer.raise_for_status().json()["results"][0]
    return row


def complaints_of_axe(page: Page) -> list[str]:
    page.wait_for_load_state()
    # Colours are judged as they are at rest, not in the middle of fading in.
    page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running')")
    page.add_script_tag(path=AXE)
    answer = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
    return [
        f"{violation['id']}: {violation['help']} ({violation['nodes'][0]['html'][:120]})"
        for violation in answer["violations"]
    ]


def test_axe_notices_a_button_without_a_name(chromium: Browser) -> None:
    """The control: the check can fail."""
    context = chromium.new_context(bypass_csp=True)
    page = context.new_page()
    page.set_content("<html lang='en'><title>Bad</title><main><h1>Bad</h1><button></button></main></html>")

    assert any("button-name" in problem for problem in complaints_of_axe(page))
    context.close()
