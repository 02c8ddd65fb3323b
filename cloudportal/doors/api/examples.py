"""Examples in the OpenAPI document, made of its schemas: none can show what the schema does not allow."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

# What a property of that name looks like, where its schema says no more than that it is a text or a number.
_NAMED: dict[str, Any] = {
    "name": "web-1", "username": "ada", "email": "ada@example.org", "password": "correct-horse-battery",
    "cidr": "10.1.0.0/24", "domain": "internal", "address": "203.0.113.17", "mac": "06:00:0a:01:00:05", "mtu": 1442,
    "cpus": 2, "memory_mib": 2048, "size_bytes": 10_737_418_240, "public_key": "ssh-ed25519 AAAAC3Nza… ada@laptop",
    "fingerprint": "SHA256:uEhX6vQ…", "key_id": "7604b6f84c2d", "key": "cpk_7604b6f84c2d_5dET9R04BsUAw…",
    "title": "Deploy instance web-1", "kind": "compute.deploy_instance", "progress": 40, "actor": "ada",
    "url": "/api/v1/jobs/5f0c4f6e-0000-5000-8000-000000000000/", "status": 202, "detail": "There is no such object.",
    "type": "compute.instance", "pointer": "/name", "field": "name", "message": "That name is taken.",
    "action": "compute.deploy_instance.requested", "network_name": "lan", "next": None, "previous": None,
    "error": "", "checksum": "sha256:" + "0" * 64, "os_type": "Debian 12", "user_data": "#cloud-config\n",
    "percent": 62.5, "used": 5, "total": 8, "unit": "CPUs", "public_cidr": "203.0.113.0/24",
    "public_gateway": "203.0.113.1", "network_url": "tcp:198.51.100.2:6641", "path": "/srv/pool",
    "permissions": ["compute.view", "network.view"],
    "request_id": "0b2f9a6c3f9d4b0e8d1c", "code": "conflict", "allowed": ["stop", "reboot", "destroy"],
}  # fmt: skip
_FORMATS: dict[str, Any] = {
    "date-time": "2026-11-27T10:15:00Z", "date": "2026-11-27", "decimal": "0.02", "binary": "(the file)",
    "email": "ada@example.org", "uri": "https://example.org/", "ipv4": "9.9.9.9", "ipv6": "2620:fe::9",
}  # fmt: skip
_BY_TYPE: dict[str, Any] = {"number": 1.0, "boolean": True, "string": "", "object": {}, "null": None}
_SPACE = uuid.UUID("5f0c4f6e-0000-4000-8000-000000000000")


def add_examples(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: one example for each body and each answer."""
    schemas = result.get("components", {}).get("schemas", {})
    for path in result["paths"].values():
        for operation in path.values():
            _illustrate(operation.get("requestBody", {}), Maker(schemas, optional=True))
            for answer in operation.get("responses", {}).values():
                _illustrate(answer, Maker(schemas, optional=False))
    return result


def _illustrate(body: dict[str, Any], maker: Maker) -> None:
    for media in body.get("content", {}).values():
        if "schema" in media:
            media["examples"] = {"typical": {"value": maker.example(media["schema"])}}


def say_null(result: Any, **_options: Any) -> Any:
    """A hook of drf-spectacular: what may be null, in the words of OpenAPI 3.1, where `nullable` is gone."""
    if isinstance(result, list):
        for item in result:
            say_null(item)
    elif isinstance(result, dict):
        for value in result.values():
            say_null(value)
        if result.get("nullable") is True:
            _allow_null(result)
    return result


def _allow_null(schema: dict[str, Any]) -> None:
    del schema["nullable"]
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        return
    words = schema.pop("description", None)
    inner = dict(schema)
    schema.clear()
    schema["anyOf"] = [inner, {"type": "null"}]
    if words:
        schema["description"] = words


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes examples. With `optional` they show what may be left out, too."""

    schemas: dict[str, Any]
    optional: bool

    def example(self, schema: dict[str, Any], name: str = "", parent: str = "") -> Any:
        """A value that the schema allows, and that looks like one."""
        if reference := schema.get("$ref"):
            return self.example(self.schemas[reference.rpartition("/")[2]], name, parent)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self.example(schema[word][0], name, parent)
        if "allOf" in schema:
            return _joined([self.example(part, name, parent) for part in schema["allOf"]])
        if "enum" in schema:
            return schema["enum"][0]
        kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", ["null"])
        if kinds[0] == "object" and "properties" in schema:
            return self._object(schema, name)
        if kinds[0] == "array" and not _fits(_NAMED.get(name), kinds):
            return [self.example(schema.get("items", {}), name.removesuffix("s"), parent)]
        return _plain(schema, kinds, name, parent)

    def _object(self, schema: dict[str, Any], name: str) -> dict[str, Any]:
        shown = [key for key in schema["properties"] if self.optional or key in schema.get("required", [key])]
        return {key: self.example(schema["properties"][key], key, name) for key in shown}


def _plain(schema: dict[str, Any], kinds: list[str], name: str, parent: str) -> Any:
    if schema.get("format") == "uuid":
        return str(uuid.uuid5(_SPACE, parent if name == "id" else name))
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if name == "name" and parent:
        return f"{parent}-1"
    if name in _NAMED and _fits(_NAMED[name], kinds):
        return _NAMED[name]
    return max(1, schema.get("minimum", 0)) if kinds[0] == "integer" else _BY_TYPE[kinds[0]]


def _joined(parts: list[Any]) -> Any:
    return {key: value for part in parts for key, value in part.items()} if isinstance(parts[0], dict) else parts[0]


def _fits(value: Any, kinds: list[str]) -> bool:
    types: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "array": list, "null": type(None)}
    return any(isinstance(value, types[kind]) for kind in kinds if kind in types)
