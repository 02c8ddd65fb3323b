"""The OpenAPI document is true: it is what the code says, and answers are as it says."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from compute.models import SSHKey
from tenants.actor import Actor
from tests import factories
from tests.api.client import BASE, Api
from tests.api.test_lists import LISTS
from tests.factories import Cloud

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
TYPES = {"string": str, "integer": int, "boolean": bool, "number": int | float, "object": dict, "array": list}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return yaml.safe_load(DOCUMENT.read_text())


def test_the_document_is_what_the_code_says() -> None:
    """Renew it with ``manage.py spectacular --file docs/openapi.yaml``."""
    text = io.StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=text)

    assert text.getvalue().strip() == DOCUMENT.read_text().strip()


def test_it_is_served_as_yaml_and_json(db: None) -> None:
    client = Client()

    as_yaml = client.get(f"{BASE}/schema/")
    as_json = client.get(f"{BASE}/schema/?format=json")
    accepted = client.get(f"{BASE}/schema/", headers={"accept": "application/json"})

    assert as_yaml["Content-Type"].startswith("application/vnd.oai.openapi")
    assert yaml.safe_load(as_yaml.content) == json.loads(as_json.content) == json.loads(accepted.content)


def test_the_page_loads_nothing_from_elsewhere(db: None) -> None:
    page = Client().get(f"{BASE}/docs/")

    assert page.status_code == 200
    assert all(
        address.startswith("/") for address in re.findall(r'(?:src|href|data-url)="([^"]*)"', page.content.decode())
    )
    assert not re.search(rb"<script(?![^>]*src)", page.content), "a script in the page would need a nonce"


def test_answers_are_as_the_document_says(
    document: dict[str, Any], cloud: Cloud, operator: Actor, tenant: Actor
) -> None:
    instance = factories.instance(tenant, cloud)
    SSHKey.objects.create(account=instance.account, name="a", public_key="x", fingerprint="y")
    for api in (Api(operator), Api(tenant)):
        for noun in LISTS:
            page = api.get(f"{noun}/").json()
            _check(document, _answer(document, f"/api/v1/{noun}/", "200"), page, noun)
            if page["results"]:
                shown = api.get(f"{noun}/{page['results'][0]['id']}/").json()
                _check(document, _answer(document, f"/api/v1/{noun}/{{uuid}}/", "200"), shown, noun)
        for noun in ("me", "capacity", "usage"):
            _check(document, _answer(document, f"/api/v1/{noun}/", "200"), api.get(f"{noun}/").json(), noun)


def _answer(document: dict[str, Any], path: str, status: str) -> Any:
    return document["paths"][path]["get"]["responses"][status]["content"]["application/json"]["schema"]


def _check(document: dict[str, Any], schema: Any, value: Any, where: str) -> None:
    """As much of a validator as our own document needs."""
    if value is None:
        assert schema.get("nullable") or _is_nullable_union(schema), f"{where} is null"
        return
    for part in (schema, *schema.get("allOf", ())):
        if reference := part.get("$ref"):
            _check(document, document["components"]["schemas"][reference.rpartition("/")[2]], value, where)
    if kind := schema.get("type"):
        assert isinstance(value, TYPES[kind]), f"{where} is {value!r}, not {kind}"
    if "enum" in schema:
        assert value in schema["enum"], where
    if "properties" in schema:
        assert value.keys() <= schema["properties"].keys(), (where, value.keys() - schema["properties"].keys())
        assert set(schema.get("required", ())) <= value.keys(), (where, schema["required"], value.keys())
        for name, inner in value.items():
            _check(document, schema["properties"][name], inner, f"{where}.{name}")
    if schema.get("type") == "array":
        for item in value:
            _check(document, schema["items"], item, f"{where}[]")


def _is_nullable_union(schema: Any) -> bool:
    return any(part.get("nullable") or part.get("type") == "null" for part in schema.get("oneOf", ()))
