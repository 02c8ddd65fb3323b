"""Portals that are slow, wrong or hostile."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloudportal.cli.cells import visible
from cloudportal.cli.client import Call, Client
from cloudportal.cli.commands import commands_of
from cloudportal.cli.document import Document
from cloudportal.cli.errors import CommandError, Unavailable
from cloudportal.cli.output import show_rows
from cloudportal.cli.profiles import Profile
from tests.cli.conftest import Reply, Shell

Serve = Callable[[Reply], str]
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
ROWS = 10_000


@pytest.fixture(scope="module")
def document() -> Document:
    return Document(yaml.safe_load(DOCUMENT.read_text()))


def test_every_operation_of_the_api_is_a_command(document: Document) -> None:
    told = sum(len(methods) for path, methods in yaml.safe_load(DOCUMENT.read_text())["paths"].items())

    operations = [operation for verbs in document.nouns.values() for operation in verbs.values()]

    assert len(operations) == told
    for noun in document.nouns:
        _typer_builds(commands_of(document, noun))


def test_long_lists_begin_at_once(strange_portal: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def reply(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        asked.append(request.path)
        begin = int(request.path.rpartition("cursor=")[2].split("&")[0]) if "cursor=" in request.path else 0
        rows = [{"id": number, "name": f"row-{number}"} for number in range(begin, begin + 200)]
        after = f"/api/v1/things/?cursor={begin + 200}&limit=200" if begin + 200 < ROWS else None
        return 200, {}, json.dumps({"results": rows, "next": after, "previous": None}).encode()

    client = Client(Profile("test", strange_portal(reply)))
    rows = client.rows(Call("GET", "/api/v1/things/"))
    first = next(rows)
    assert first["name"] == "row-0"
    assert len(asked) == 1, "the second page is not asked for before the first is used up"

    show_rows(rows, "csv")

    assert len(capsys.readouterr().out.splitlines()) == ROWS - 1 + 1
    assert len(asked) == ROWS // 200


def test_a_busy_portal_is_asked_again_for_the_same_thing(strange_portal: Serve) -> None:
    keys: list[str] = []

    def reply(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        keys.append(request.headers["Idempotency-Key"])
        return (503, {"Retry-After": "0"}, b"{}") if len(keys) < 3 else (201, {}, b'{"id": "made"}')

    made = Client(Profile("test", strange_portal(reply))).send(Call("POST", "/api/v1/things/", body={}))

    assert made == {"id": "made"}
    assert len(keys) == 3
    assert len(set(keys)) == 1, "another key would make another thing"


def test_the_key_stays_at_its_portal(strange_portal: Serve) -> None:
    seen: list[Any] = []

    def thief(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        seen.append(request.headers["Authorization"])
        return 200, {}, b'{"results": [], "next": null}'

    elsewhere = strange_portal(thief)
    redirecting = strange_portal(lambda _request: (302, {"Location": f"{elsewhere}/api/v1/me/"}, b""))
    pointing = strange_portal(
        lambda _request: (200, {}, json.dumps({"results": [{}], "next": f"{elsewhere}/api/v1/x/"}).encode())
    )

    with pytest.raises(Unavailable):
        Client(Profile("test", redirecting, "cpk_secret")).get("/api/v1/me/")
    with pytest.raises(Unavailable):
        list(Client(Profile("test", pointing, "cpk_secret")).rows(Call("GET", "/api/v1/x/")))
    assert seen == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"paths": 3}', b"\xff"])
def test_what_is_no_portal_is_said_to_be_none(shell: Shell, strange_portal: Serve, body: bytes) -> None:
    url = strange_portal(lambda _request: (200, {"Content-Type": "text/html"}, body))

    answer = shell("instances", "list", CLOUDPORTAL_URL=url, CLOUDPORTAL_API_KEY="cpk_x")

    assert answer.code == 7
    assert "Is that a portal?" in answer.err
    assert "Traceback" not in answer.err


def test_names_can_not_drive_the_terminal() -> None:
    assert "\x1b" not in visible("\x1b]0;owned\x07\x1b[31mred")
    assert visible("Grüße 🌍") == "Grüße 🌍"


def test_names_can_not_run_in_a_spreadsheet(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([{"name": "=HYPERLINK(1)", "size": -3}], "csv")

    assert capsys.readouterr().out == "name,size\n'=HYPERLINK(1),-3\n"


def test_an_old_document_serves_while_the_portal_is_away(shell: Shell, strange_portal: Serve) -> None:
    gone = threading.Event()
    content = json.dumps(yaml.safe_load(DOCUMENT.read_text())).encode()

    def reply(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        return (503, {"Retry-After": "99"}, b"{}") if gone.is_set() else (200, {}, content)

    url = strange_portal(reply)
    assert shell("instances", "--help", CLOUDPORTAL_URL=url).code == 0
    gone.set()

    answer = shell("--refresh", "instances", "--help", CLOUDPORTAL_URL=url)

    assert answer.code == 0
    assert "destroy" in answer.out


def test_a_profile_file_of_somebody_else_is_refused_in_words(shell: Shell) -> None:
    kept = Path(shell.environment["XDG_CONFIG_HOME"]) / "cloudportal" / "profiles.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("[]")

    answer = shell("whoami")

    assert answer.code == 1
    assert "can't be read" in answer.err


def test_errors_carry_their_class() -> None:
    assert CommandError("x").exit_code == 1
    assert Unavailable("x").exit_code == 7


def _typer_builds(app: Any) -> None:
    import typer.main  # noqa: PLC0415 - the builder alone

    command: Any = typer.main.get_command(app)
    context = command.make_context("noun", [], resilient_parsing=True)
    for verb in command.list_commands(context):
        assert command.get_command(context, verb).params
