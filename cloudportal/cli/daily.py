"""The daily verbs: shorter ways to what is done most."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urljoin

import typer

from cloudportal.cli.cells import visible
from cloudportal.cli.client import Body, Call
from cloudportal.cli.commands import awaited, display
from cloudportal.cli.errors import CommandError, UsageError
from cloudportal.cli.names import id_of
from cloudportal.cli.options import completer, read_text, with_session
from cloudportal.cli.output import show_rows
from cloudportal.cli.session import Session

NOUN = "instances"
COLUMNS = ("name", "state", "addresses", "offering", "template", "zone", "created_at")

Names = Annotated[list[str], typer.Argument(metavar="NAME...", autocompletion=completer(NOUN))]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", "-w", help="Watch the job to its end.")]


@with_session
def ls(
    session: Session,
    name: Annotated[str, typer.Argument(help="Part of the name.")] = "",
    state: Annotated[str, typer.Option("--state", help="Only those in this state.")] = "",
) -> None:
    """Your instances, at a glance."""
    params = [(key, value) for key, value in (("name", name), ("state", state)) if value]
    rows = session.client.rows(Call("GET", _path(session, "list"), tuple(params)))
    if session.format == "table" and not session.choices.query and not session.columns:
        rows = (_glance(row) for row in rows)
    show_rows(rows, session.format, query=session.choices.query, columns=session.columns)


@with_session
def run(
    session: Session,
    name: Annotated[str, typer.Argument(help="What it is called, also on its networks.")],
    template: Annotated[str, typer.Option("--template", "-t", autocompletion=completer("templates"))] = "",
    offering: Annotated[str, typer.Option("--offering", "-s", autocompletion=completer("offerings"))] = "",
    network: Annotated[list[str] | None, typer.Option("--network", "-n", autocompletion=completer("networks"))] = None,
    zone: Annotated[str, typer.Option("--zone", "-z", autocompletion=completer("zones"))] = "",
    ssh_key: Annotated[list[str] | None, typer.Option("--ssh-key", "-k", autocompletion=completer("ssh-keys"))] = None,
    user_data: Annotated[str, typer.Option("--user-data", metavar="TEXT|@FILE", help="For cloud-init.")] = "",
    wait: Wait = True,
) -> None:
    """Create an instance and watch it start. What there is only one of need not be named."""
    networks = network or [_only(session, "networks")]
    body: Body = {
        "name": name,
        "zone": _chosen(session, "zones", zone),
        "offering": _chosen(session, "offerings", offering),
        "template": _chosen(session, "templates", template),
        "networks": [id_of(session.client, session.document, "networks", one) for one in networks],
    }
    if ssh_key:
        body["ssh_keys"] = [id_of(session.client, session.document, "ssh-keys", one) for one in ssh_key]
    if user_data:
        body["user_data"] = read_text(user_data)
    _do(session, Call("POST", _path(session, "create"), body=body), wait)


@with_session
def start(session: Session, names: Names, wait: Wait = True) -> None:
    """Start instances."""
    _each(session, "start", names, wait)


@with_session
def stop(
    session: Session,
    names: Names,
    force: Annotated[bool, typer.Option("--force", help="Do not ask the guest: switch it off.")] = False,
    wait: Wait = True,
) -> None:
    """Shut instances down."""
    _each(session, "stop", names, wait, {"force": True} if force else {})


@with_session
def reboot(session: Session, names: Names, wait: Wait = True) -> None:
    """Restart instances."""
    _each(session, "reboot", names, wait)


@with_session
def rm(
    session: Session,
    names: Names,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Wait = True,
) -> None:
    """Put instances into the recycle bin."""
    if not yes:
        typer.confirm(f"Destroy {', '.join(names)}?", abort=True)
    _each(session, "destroy", names, wait)


@with_session
def console(session: Session, name: Annotated[str, typer.Argument(autocompletion=completer(NOUN))]) -> None:
    """Open an instance's console in the browser."""
    address = urljoin(session.profile.url, f"/{NOUN}/{id_of(session.client, session.document, NOUN, name)}/console/")
    typer.echo(address)
    typer.launch(address)


def _each(session: Session, verb: str, names: list[str], wait: bool, body: Body | None = None) -> None:
    """Do something to several. One refusal does not hold up the others; the last one's code ends the command."""
    failed: CommandError | None = None
    for name in names:
        try:
            path = _path(session, verb).replace("{uuid}", id_of(session.client, session.document, NOUN, name))
            _do(session, Call("POST", path, body=body or {}), wait)
        except CommandError as error:
            typer.echo(f"cloudportal: {visible(name)}: {visible(error.message)}", err=True)
            failed = error
    if failed is not None:
        raise typer.Exit(failed.exit_code)


def _do(session: Session, call: Call, wait: bool) -> None:
    """Make a call that starts a job. People are told in a line what came of it, scripts are given all."""
    instance = awaited(session, session.client.send(call), wait=wait)
    if session.format != "table" or session.choices.query or session.columns:
        display(session, instance)
        return
    seen = _glance(instance)
    facts = (seen["name"], seen["state"], seen["addresses"], instance["id"])
    typer.echo(" · ".join(visible(fact) for fact in facts if fact))


def _path(session: Session, verb: str) -> str:
    try:
        return session.document.nouns[NOUN][verb].path
    except KeyError:
        raise UsageError(f"This portal can't “{verb}” {NOUN}.") from None


def _chosen(session: Session, noun: str, text: str) -> str:
    return id_of(session.client, session.document, noun, text) if text else _only(session, noun)


def _only(session: Session, noun: str) -> str:
    """The id of the only one there is.

    Raises:
        UsageError: there are none or several.
    """
    found = list(session.client.rows(Call("GET", session.document.nouns[noun]["list"].path), 11))
    if len(found) == 1:
        return str(found[0]["id"])
    option = noun.removesuffix("s")
    if not found:
        raise UsageError(f"There are no {noun}, and an instance needs one.")
    names = ", ".join(visible(row["name"]) for row in found[:10]) + (" …" if len(found) > 10 else "")
    raise UsageError(f"Which {option}? Say --{option}.", f"There are: {names}.")


def _glance(row: dict[str, Any]) -> dict[str, Any]:
    addresses = [network["address"] for network in row.get("networks", []) if network.get("address")]
    return {name: row.get(name) for name in COLUMNS if name != "addresses"} | {"addresses": ", ".join(addresses)}
