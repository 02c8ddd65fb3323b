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
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from compute.models import SSHKey
from tenants.actor import Actor
from tests import factories
from tests.api.client import BASE, Api
from tests.api.test_lists import LISTS
from tests.factories import Cloud

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


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


def test_every_operation_has_words_and_examples_that_its_schema_allows(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    operations = [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    names = [operation["operationId"] for _, operation in operations]

    assert len(names) == len(set(names)) > 60
    for name, operation in operations:
        assert operation.get("summary"), name
        assert operation.get("tags"), name
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in (media for body in bodies for media in body.get("content", {}).values()):
            validate(document, media["schema"], media["examples"]["typical"]["value"], name)


def test_control_a_wrong_example_is_caught(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Instance"]

    for wrong in ({}, {"id": "x"}, []):
        with pytest.raises(ValidationError):
            validate(document, schema, wrong, "control")


def test_answers_are_as_the_document_says(
    document: dict[str, Any], cloud: Cloud, operator: Actor, tenant: Actor
) -> None:
    instance = factories.instance(tenant, cloud)
    SSHKey.objects.create(account=instance.account, name="a", public_key="x", fingerprint="y")
    for api in (Api(operator), Api(tenant)):
        for noun in LISTS:
            page = api.get(f"{noun}/").json()
            validate(document, _answer(document, f"/api/v1/{noun}/"), page, noun)
            for row in page["results"][:1]:
                shown = api.get(f"{noun}/{row['id']}/").json()
                schema = _answer(document, f"/api/v1/{noun}/{{uuid}}/")
                validate(document, schema, shown, noun)
                known = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
                assert shown.keys() <= known.keys(), noun
        for noun in ("me", "capacity", "usage"):
            validate(document, _answer(document, f"/api/v1/{noun}/"), api.get(f"{noun}/").json(), noun)


def test_writes_and_refusals_are_as_the_document_says(document: dict[str, Any], cloud: Cloud, tenant: Actor) -> None:
    instance = factories.instance(tenant, cloud)
    api = Api(tenant)
    stop, bulk = "/api/v1/instances/{uuid}/stop/", "/api/v1/instances/bulk/"

    stopping = api.post(f"instances/{instance.uuid}/stop/", {})
    refused = api.post(f"instances/{instance.uuid}/stop/", {"force": "maybe"})
    results = api.post("instances/bulk/", {"action": "start", "ids": [str(instance.uuid), str(cloud.zone.uuid)]})

    validate(document, _answer(document, stop, "post", "202"), stopping.json(), "stop")
    validate(document, _answer(document, stop, "post", "4XX", "application/problem+json"), refused.json(), "refusal")
    validate(document, _answer(document, bulk, "post"), results.json(), "bulk")


def _answer(
    document: dict[str, Any], path: str, method: str = "get", status: str = "200", media: str = "application/json"
) -> Any:
    return document["paths"][path][method]["responses"][status]["content"][media]["schema"]


def validate(document: dict[str, Any], schema: Any, value: Any, where: str) -> None:
    """JSON Schema as OpenAPI 3.1 has it, formats included."""
    whole = {**schema, "components": document["components"]}
    errors = list(Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value))
    if errors:
        raise ValidationError(f"{where}: {errors[0].json_path}: {errors[0].message}")
