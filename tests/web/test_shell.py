"""Signing in, the shell around every page, and refusals as pages."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client

from tenants.actor import Actor
from tenants.models import User
from tests import factories
from tests.factories import PASSWORD, Cloud
from tests.web.conftest import Visit, htmx, words


def test_a_stranger_is_led_to_the_sign_in_page_and_back(visit: Visit, tenant: Actor) -> None:
    client = Client()

    led = client.get("/instances/?state=Running")

    assert (led.status_code, led["Location"]) == (302, "/sign-in/?next=/instances/%3Fstate%3DRunning")
    user = User.objects.get(pk=tenant.user_id)
    form = {"login": user.username, "password": PASSWORD, "next": "/instances/?state=Running"}
    assert client.post("/sign-in/", form)["Location"] == "/instances/?state=Running"


def test_a_stranger_whose_page_refreshes_a_part_is_led_as_a_whole(db: None) -> None:
    answer = Client().get("/instances/", headers=htmx("results"))

    assert answer["HX-Redirect"] == "/sign-in/?next=/instances/"


def test_a_wrong_password_does_not_say_which_half_is_wrong(visit: Visit, tenant: Actor) -> None:
    user = User.objects.get(pk=tenant.user_id)

    wrong = Client().post("/sign-in/", {"login": user.username, "password": "nonsense"})
    unknown = Client().post("/sign-in/", {"login": "nobody", "password": "nonsense"})

    assert "do not match" in words(wrong)
    assert "do not match" in words(unknown)


def test_signing_out_takes_a_post(visit: Visit, tenant: Actor) -> None:
    client = visit(tenant)

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/").status_code == 302


def test_the_administration_is_offered_to_operators(visit: Visit, tenant: Actor, operator: Actor, cloud: Cloud) -> None:
    host, pool = cloud.hosts()[0], cloud.pool
    for page in ("/", "/hosts/", "/zones/", "/pools/", f"/hosts/{host.uuid}/", f"/pools/{pool.uuid}/"):
        assert 'href="/admin/"' in words(visit(operator).get(page)), page
    assert "/admin/" not in words(visit(tenant).get("/"))


def test_every_script_is_a_file_or_carries_the_nonce(visit: Visit, tenant: Actor) -> None:
    answer = visit(tenant).get("/")

    nonce = re.search(r"'nonce-([^']+)'", answer["Content-Security-Policy"])
    inline = [tag for tag in re.findall(r"<script[^>]*>", words(answer)) if "src=" not in tag]
    assert nonce
    assert inline
    assert all(f'nonce="{nonce[1]}"' in tag for tag in inline)
    assert not re.search(r"\son[a-z]+=", words(answer))


def test_the_live_port_is_let_through_the_policy(visit: Visit, tenant: Actor, settings: object) -> None:
    settings.LIVE_PORT = "8765"  # type: ignore[attr-defined]

    answer = visit(tenant).get("/")

    assert "connect-src 'self' http://testserver:8765 ws://testserver:8765" in answer["Content-Security-Policy"]
    assert 'content="http://testserver:8765/live/events"' in words(answer)


@pytest.mark.parametrize("path", ["/instances/{}/", "/networks/{}/", "/volumes/{}/", "/templates/{}/", "/jobs/{}/"])
def test_what_is_not_there_is_a_page_with_404(visit: Visit, tenant: Actor, path: str) -> None:
    answer = visit(tenant).get(path.format(uuid4()))

    assert answer.status_code == 404
    assert "<!doctype html>" in words(answer)
    assert "There is no such object" in words(answer)


def test_a_refusal_of_a_part_is_a_notice(visit: Visit, tenant: Actor) -> None:
    answer = visit(tenant).post(f"/instances/{uuid4()}/start/", headers=htmx("row"))

    assert (answer.status_code, answer["HX-Retarget"]) == (404, "#toasts")
    assert "<!doctype html>" not in words(answer)


def test_operators_pages_do_not_exist_for_tenants(visit: Visit, tenant: Actor, operator: Actor, cloud: Cloud) -> None:
    for path in ("/hosts/", "/zones/", "/pools/", f"/hosts/{cloud.hosts()[0].uuid}/"):
        assert visit(tenant).get(path).status_code == 404
        assert visit(operator).get(path).status_code == 200
    assert "Infrastructure" not in words(visit(tenant).get("/"))


def test_health_is_answered_to_any_host_without_a_session(db: None) -> None:
    answer = Client().get("/healthz", headers={"host": "10.0.0.9"})

    assert (answer.status_code, answer.cookies) == (200, {})


def test_search_finds_by_name_address_and_id(visit: Visit, tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud, name="needle")
    address = instance.nics.get().port.address

    for text in ("eedl", address, str(instance.uuid)):
        assert "needle" in words(visit(tenant).get("/search/", {"q": text}))
        assert "needle" not in words(visit(other_tenant).get("/search/", {"q": text})).replace(f'value="{text}"', "")
    part = visit(tenant).get("/search/", {"q": "eedl"}, headers=htmx("palette-results"))
    assert 'role="option"' in words(part)
    assert "<!doctype html>" not in words(part)


def test_search_takes_anything(visit: Visit, tenant: Actor) -> None:
    for text in ("", "%", "\x00", "a" * 5000, "1.2.3", "::::::", "'; drop table"):
        assert visit(tenant).get("/search/", {"q": text}).status_code == 200
