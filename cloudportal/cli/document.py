"""The portal's OpenAPI document: fetched, kept for an hour, and read into nouns and verbs."""

from __future__ import annotations

import functools
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from cloudportal.cli.client import API, Client
from cloudportal.cli.errors import CommandError, Unavailable
from cloudportal.cli.profiles import Profile

KEPT_SECONDS = 3600
SCHEMA = f"{API}schema/"
METHODS = ("get", "post", "patch", "put", "delete")

# What the document calls them, and what people call them.
_VERBS = {"retrieve": "show", "partial_update": "update"}

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of the query or a member of the body."""

    name: str
    schema: Schema
    required: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb of a noun. `answer` is the schema of the answer when it is JSON; `is_form`: the body is multipart."""

    noun: str
    verb: str
    method: str
    path: str
    help: str
    query: tuple[Field, ...]
    body: tuple[Field, ...]
    has_body: bool
    is_form: bool
    answer: Schema | None
    starts_job: bool

    @property
    def on_object(self) -> bool:
        return "{" in self.path

    @property
    def is_list(self) -> bool:
        """Whether the answer comes in pages."""
        return any(field.name == "cursor" for field in self.query)


class Document:
    """All operations of a portal."""

    def __init__(self, content: Schema) -> None:
        self._content = content

    @functools.cached_property
    def nouns(self) -> Mapping[str, Mapping[str, Operation]]:
        """Operations by noun and verb, in the document's order."""
        found: dict[str, dict[str, Operation]] = {}
        for path, methods in self._content["paths"].items():
            for method in METHODS:
                if method in methods and path.startswith(API) and path != SCHEMA:
                    operation = self._operation(path, method, methods[method])
                    found.setdefault(operation.noun, {})[operation.verb] = operation
        return found

    def help_of(self, noun: str) -> str:
        """What the noun is, in the words of the document."""
        tags = {tag["name"]: tag.get("description", "") for tag in self._content.get("tags", [])}
        if tags.get(noun):
            return str(tags[noun])
        show = self.nouns[noun].get("show")
        description = str((show.answer or {}).get("description", "")) if show else ""
        return description.partition("\n")[0]

    def resolved(self, schema: Schema) -> Schema:
        """The schema with its references followed and its parts joined, one level deep."""
        if "$ref" in schema:
            target: Any = self._content
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return self.resolved(target)
        parts = [self.resolved(part) for part in schema.get("allOf", [])]
        if not parts:
            return schema
        joined: Schema = {}
        for part in [*parts, {key: value for key, value in schema.items() if key != "allOf"}]:
            properties = {**joined.get("properties", {}), **part.get("properties", {})}
            required = [*joined.get("required", []), *part.get("required", [])]
            joined |= part
            if properties:
                joined |= {"properties": properties, "required": required}
        return joined

    def _operation(self, path: str, method: str, told: Schema) -> Operation:
        noun = path.removeprefix(API).split("/")[0]
        action = told["operationId"].removeprefix(noun.replace("-", "_")).strip("_")
        verb = _VERBS.get(action, action).replace("_", "-") or method
        if action == "destroy" and method == "delete":
            verb = "delete"
        media, body = self._body(told)
        answers = told.get("responses", {})
        return Operation(
            noun=noun, verb=verb, method=method.upper(), path=path,
            help=str(told.get("description") or told.get("summary") or ""),
            query=tuple(self._parameter(one) for one in told.get("parameters", []) if one["in"] == "query"),
            body=body, has_body=bool(media), is_form=media == "multipart/form-data",
            answer=self._answer(answers), starts_job="202" in answers,
        )  # fmt: skip

    def _parameter(self, told: Schema) -> Field:
        return Field(told["name"], self.resolved(told.get("schema", {})), bool(told.get("required")),
                     str(told.get("description", "")))  # fmt: skip

    def _body(self, told: Schema) -> tuple[str, tuple[Field, ...]]:
        contents = told.get("requestBody", {}).get("content", {})
        for media in ("application/json", "multipart/form-data"):
            if media in contents:
                schema = self.resolved(contents[media].get("schema", {}))
                required = schema.get("required", [])
                fields = (
                    Field(name, self.resolved(one), name in required, str(one.get("description", "")))
                    for name, one in schema.get("properties", {}).items()
                )
                return media, tuple(fields)
        return "", ()

    def _answer(self, answers: Schema) -> Schema | None:
        for status, answer in answers.items():
            if status.startswith("2") and "application/json" in answer.get("content", {}):
                return self.resolved(answer["content"]["application/json"].get("schema", {}))
        return None


def document_of(profile: Profile, *, fresh: bool = False) -> Document:
    """The portal's document, from the cache where that is young enough.

    An old copy serves when the portal does not answer: what is asked of it will fail with better words.
    """
    kept = _cache_file(profile)
    known = _read(kept)
    if known and not fresh and time.time() - known["at"] < KEPT_SECONDS:
        return Document(known["document"])
    try:
        with Client(profile) as client:
            response = client.fetch(SCHEMA, known["etag"] if known else "", format="json")
    except CommandError:
        if known is None:
            raise
        return Document(known["document"])
    if response.status_code == 304 and known:
        content, etag = known["document"], known["etag"]
    else:
        content, etag = _content(response), response.headers.get("etag", "")
    _write(kept, {"at": time.time(), "etag": etag, "document": content})
    return Document(content)


def _content(response: Any) -> Schema:
    try:
        content = response.json()
        content["paths"].items()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(f"{response.url} is no OpenAPI document. Is that a portal?") from error
    return dict(content)


def _cache_file(profile: Profile) -> Path:
    name = hashlib.sha256(profile.url.encode()).hexdigest()[:16]
    return user_cache_path("cloudportal") / f"openapi-{name}.json"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return kept if {"at", "etag", "document"} <= kept.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def _write(path: Path, kept: dict[str, Any]) -> None:
    """A cache that can't be written costs time and nothing else."""
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(kept), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
