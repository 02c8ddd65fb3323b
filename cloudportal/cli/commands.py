"""One command for each operation of the document."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import quote

import typer
from typer.core import TyperGroup

from cloudportal.cli.cells import visible
from cloudportal.cli.client import Body, Call
from cloudportal.cli.document import Document, Operation
from cloudportal.cli.errors import NOT_FOUND, Problem, UsageError
from cloudportal.cli.names import id_of
from cloudportal.cli.options import (
    Option,
    described,
    kind,
    options_of,
    parameters_of,
    read_body,
    read_text,
    session_for,
)
from cloudportal.cli.output import show, show_rows
from cloudportal.cli.raw import write_raw
from cloudportal.cli.session import Session, warn
from cloudportal.cli.waiting import wait_for


def commands_of(document: Document, noun: str) -> typer.Typer:
    """The verbs of a noun, each built when it is called: a portal has hundreds."""
    verbs = document.nouns[noun]

    class Verbs(TyperGroup):
        def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
            return list(verbs)

        def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
            return typer.main.get_command(_app(document, verbs[cmd_name])) if cmd_name in verbs else None

    app = typer.Typer(cls=Verbs, name=noun, no_args_is_help=True, add_completion=False)
    app.callback(help=document.help_of(noun) or None)(lambda: None)
    return app


def _app(document: Document, operation: Operation) -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command(operation.verb, help=operation.help, short_help=operation.help.partition("\n")[0])(
        _command(document, operation)
    )
    return app


def _command(document: Document, operation: Operation) -> Callable[..., None]:
    """A function whose signature is the operation's; typer makes the command of it."""
    options = options_of(document, operation)

    def command(*, context: typer.Context, **values: Any) -> None:
        run(session_for(context, values), operation, options, values)

    return described(command, parameters_of(operation, options))


def run(session: Session, operation: Operation, options: list[Option], values: dict[str, Any]) -> None:
    """Make the call that the options describe, and show what came of it."""
    call = call_for(session, operation, options, values)
    if values["dry_run"]:
        typer.echo(call.as_curl(session.profile.url))
        return
    if operation.is_list:
        rows = session.client.rows(call, values.get("limit"))
        show_rows(rows, session.format, query=session.choices.query, columns=session.columns)
    elif operation.answer is None and operation.method == "GET":
        write_raw(session.client, call)
    else:
        answer = session.client.send(call)
        wait, timeout = values.get("wait", False), values.get("timeout", 0.0)
        display(session, awaited(session, answer, wait=wait, timeout=timeout))


def call_for(session: Session, operation: Operation, options: list[Option], values: dict[str, Any]) -> Call:
    """The request: names made ids, text made numbers and lists.

    Raises:
        UsageError: something required is missing, or can't be read.
        CommandError: a name belongs to nothing.
    """
    in_query = {field.name for field in operation.query}
    body: Body = read_body(values.get("body", ""))
    params: list[tuple[str, str]] = []
    files: dict[str, Path] = {}
    for option in options:
        given = values[option.parameter]
        if given is None or given == []:
            continue
        if option.is_file:
            files[option.field.name] = given
        elif option.field.name in in_query:
            params += [(option.field.name, _text(one)) for one in _each(_meant(session, option, given))]
        else:
            body[option.field.name] = _meant(session, option, given)
    _refuse_missing(options, in_query, body, params, files)
    path = operation.path
    if operation.on_object:
        target = id_of(session.client, session.document, operation.noun, values["target"])
        path = path[: path.index("{")] + quote(target, safe="") + path[path.index("}") + 1 :]
    return Call(operation.method, path, tuple(params), body if operation.has_body else None, files)


def awaited(session: Session, answer: Any, *, wait: bool, timeout: float = 0.0) -> Any:
    """An answer; where a job goes on and that is wanted, what the job left of it."""
    job = answer.get("job") if isinstance(answer, dict) else None
    if not isinstance(job, dict) or "url" not in job:
        return answer
    if wait:
        return _after(session, answer, wait_for(session.client, job["url"], timeout_seconds=timeout))
    if session.format == "table":
        warn(f"it goes on as job {visible(job['id'])}; --wait would have watched it.")
    return answer


def display(session: Session, answer: Any) -> None:
    """Show an answer in the form that was chosen."""
    if answer is None:
        return
    if isinstance(answer, dict) and isinstance(answer.get("results"), list):
        # A list that comes whole, without pages.
        show_rows(answer["results"], session.format, query=session.choices.query, columns=session.columns)
        return
    show(answer, session.format, query=session.choices.query, columns=session.columns)


def _after(session: Session, answer: Body, job: Body) -> Body:
    """The resource as the job left it; what is gone is shown as it was last."""
    url = (job.get("resource") or {}).get("url")
    if not url:
        return answer
    try:
        found: Body = session.client.get(url)
    except Problem as problem:
        if problem.exit_code != NOT_FOUND:
            raise
        return answer
    return found


def _meant(session: Session, option: Option, given: Any) -> Any:
    """What was typed, as the portal takes it."""
    if option.noun:
        ids = [id_of(session.client, session.document, option.noun, one) for one in _each(given)]
        return ids if option.is_list else ids[0]
    inner = option.field.schema.get("items", {}) if option.is_list else option.field.schema
    values = [_value(option, inner, one) for one in _each(given)]
    return values if option.is_list else values[0]


def _value(option: Option, schema: dict[str, Any], given: Any) -> Any:
    if isinstance(given, Enum):
        return given.value
    if not isinstance(given, str):
        return given
    text = read_text(given)
    if kind(schema) != "object":
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"--{option.parameter.replace('_', '-')} takes JSON: {error}.") from error


def _refuse_missing(
    options: list[Option], in_query: set[str], body: Body, params: list[tuple[str, str]], files: dict[str, Path]
) -> None:
    """Said here for all fields at once; what the values must be is the portal's to say."""
    asked = {name for name, _value in params}
    missing = [
        f"--{option.parameter.replace('_', '-')}"
        for option in options
        if option.field.required
        and option.field.name not in (asked if option.field.name in in_query else body.keys() | files.keys())
    ]
    if missing:
        raise UsageError(f"Missing: {', '.join(missing)}.")


def _each(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _text(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
