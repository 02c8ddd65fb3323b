"""Options of a command from the fields of its operation."""

from __future__ import annotations

import functools
import inspect
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cloudportal.cli.document import Document, Field, Operation
from cloudportal.cli.errors import CommandError, UsageError
from cloudportal.cli.names import names_like, noun_of
from cloudportal.cli.output import FORMATS
from cloudportal.cli.session import Choices, Session, session_of

# A completion that takes longer than a breath is worse than none.
Completer = Callable[..., list[tuple[str, str]]]

COMMON = ("profile", "output", "query", "columns", "wait", "timeout", "dry_run", "body", "refresh", "help")
# Paging is the command's own business.
PAGING = ("cursor", "limit")
LARGEST_FILE = 8 << 20


@dataclass(frozen=True, slots=True)
class Option:
    """A field with the parameter of the command that sets it."""

    field: Field
    parameter: str
    noun: str | None
    is_file: bool = False

    @property
    def is_list(self) -> bool:
        return kind(self.field.schema) == "array"


def options_of(document: Document, operation: Operation) -> list[Option]:
    """One option for each field of the query and the body."""
    fields = [field for field in (*operation.query, *operation.body) if field.name not in PAGING]
    return [
        Option(field, _parameter(field.name), _noun(document, operation, field), field.schema.get("format") == "binary")
        for field in fields
    ]


def _noun(document: Document, operation: Operation, field: Field) -> str | None:
    """Ids without another name are of the noun itself, as those of a bulk action."""
    return operation.noun if field.name in ("id", "ids") else noun_of(document, field)


def kind(schema: dict[str, Any]) -> str:
    """The type of a schema; of several the first that is not null."""
    told = schema.get("type", "string")
    kinds = [one for one in told if one != "null"] if isinstance(told, list) else [told]
    return str(kinds[0]) if kinds else "string"


OutputChoice = Literal["table", "json", "yaml", "csv"]

LIMIT = typer.Option("--limit", min=1, help="So many rows at most; all of them otherwise.")
BODY = typer.Option("--body", metavar="JSON|@FILE|-", help="The whole body; options replace its members.")
WAIT = typer.Option("--wait", "-w", help="Watch the job to its end.")
TIMEOUT = typer.Option(
    "--timeout", min=0, metavar="SECONDS", show_default=False, help="How long to watch; without it as long as it takes."
)
DRY_RUN = typer.Option("--dry-run", help="Print the HTTP call instead of making it.")
PROFILE = typer.Option("--profile", "-p", help="Which portal, as whom.")
OUTPUT = typer.Option("--output", "-o", help="The form of the answer.")
QUERY = typer.Option("--query", "-q", metavar="JMESPATH", help="A part of the answer.")
COLUMNS = typer.Option("--columns", help="These columns, between commas; parts as in zone.id.")


def parameters_of(operation: Operation, options: Iterable[Option]) -> list[inspect.Parameter]:
    """The parameters of the command's function, as typer reads them."""
    found = [_keyword("context", typer.Context)]
    if operation.on_object:
        what = typer.Argument(metavar="ID-OR-NAME", autocompletion=completer(operation.noun))
        found.append(_keyword("target", Annotated[str, what]))
    found += [_keyword(option.parameter, _annotation(option), None) for option in options]
    if operation.is_list:
        found.append(_keyword("limit", Annotated[int | None, LIMIT], None))
    if operation.has_body:
        found.append(_keyword("body", Annotated[str, BODY], ""))
    if operation.starts_job:
        found.append(_keyword("wait", Annotated[bool, WAIT], False))
        found.append(_keyword("timeout", Annotated[float, TIMEOUT], 0.0))
    found.append(_keyword("dry_run", Annotated[bool, DRY_RUN], False))
    return [*found, *common_parameters()]


def common_parameters() -> list[inspect.Parameter]:
    """What every command takes after its verb, as it may stand before the noun too."""
    return [
        _keyword("profile", Annotated[str, PROFILE], ""),
        _keyword("output", Annotated[OutputChoice | None, OUTPUT], None),
        _keyword("query", Annotated[str, QUERY], ""),
        _keyword("columns", Annotated[str, COLUMNS], ""),
    ]


def choices_from(values: dict[str, Any]) -> Choices:
    """The common options, taken out of a command's values."""
    taken: dict[str, Any] = {name: values.pop(name, None) or "" for name in ("profile", "output", "query", "columns")}
    if taken["output"] and taken["output"] not in FORMATS:
        raise UsageError(f"There is no form “{taken['output']}”; there are {', '.join(FORMATS)}.")
    return Choices(**taken)


def completer(noun: str) -> Completer:
    """Completes names of a noun by asking the portal; whatever goes wrong completes nothing."""

    def complete(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
        given = ctx.find_root().params.get("profile") or ctx.params.get("profile") or ""
        session = Session(Choices(profile=given))
        try:
            return names_like(session.client, session.document, noun, incomplete)
        except CommandError:
            return []

    return complete


def with_session(function: Callable[..., None]) -> Callable[..., None]:
    """Decorator of a command's function: its first argument is the session that the common options describe."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    parameters = [_keyword("context", typer.Context), *(one.replace(kind=one.KEYWORD_ONLY) for one in own)]
    parameters += [one for one in common_parameters() if one.name not in {other.name for other in own}]

    @functools.wraps(function)
    def command(*, context: typer.Context, **values: Any) -> None:
        session = session_for(context, values)
        function(session, **values)

    return described(command, parameters)


def described(command: Callable[..., None], parameters: list[inspect.Parameter]) -> Callable[..., None]:
    """The function with the parameters that typer shall see."""
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def session_for(context: typer.Context, values: dict[str, Any]) -> Session:
    return session_of(context, choices_from(values))


def read_text(text: str) -> str:
    """A value, or the content of a file when it begins with @; @@ is a plain @, and @- standard input.

    Raises:
        UsageError: there is no such file, or it is too large for a field.
    """
    if not text.startswith("@"):
        return text
    if text.startswith("@@"):
        return text[1:]
    try:
        content = sys.stdin.read(LARGEST_FILE + 1) if text == "@-" else _file(Path(text[1:]))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{text[1:]} can't be read: {error}.") from error
    if len(content) > LARGEST_FILE:
        raise UsageError(f"{text[1:]} is too large for a field.")
    return content


def read_body(text: str) -> dict[str, Any]:
    """The body that was given as a whole.

    Raises:
        UsageError: it is no JSON object.
    """
    if not text:
        return {}
    try:
        body = json.loads(read_text("@-" if text == "-" else text))
    except ValueError as error:
        raise UsageError(f"The body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise UsageError("The body must be a JSON object.")
    return body


def _file(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.read(LARGEST_FILE + 1)


def _keyword(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _parameter(name: str) -> str:
    """A field that is called like one of our own options gets a longer name."""
    plain = name.replace("-", "_")
    return f"field_{plain}" if plain in COMMON or plain in ("context", "target") else plain


def _annotation(option: Option) -> Any:
    schema = option.field.schema
    flag = "--" + option.parameter.replace("_", "-")
    words = option.field.help
    if option.noun:
        words = f"{words} Its id or name.".strip()
    if option.field.required:
        words = f"{words} \\[required]".strip()
    settings: dict[str, Any] = {"help": words, "show_default": False}
    if option.noun:
        settings["autocompletion"] = completer(option.noun)
    inner = schema.get("items", {}) if option.is_list else schema
    one = Path if option.is_file else _type(inner)
    if one is Path:
        settings |= {"exists": True, "dir_okay": False}
    if one is bool and not option.is_list:
        return Annotated[bool | None, typer.Option(f"{flag}/--no-{flag[2:]}", **settings)]
    # typing takes no computed alternatives other than through Optional's own form.
    return Annotated[(list[one] if option.is_list else one) | None, typer.Option(flag, **settings)]  # type: ignore[valid-type]


def _type(schema: dict[str, Any]) -> Any:
    choices = schema.get("enum")
    if choices and all(isinstance(choice, str) for choice in choices):
        return Enum("Choice", {choice: choice for choice in choices})
    return {"integer": int, "number": float, "boolean": bool}.get(kind(schema), str)
