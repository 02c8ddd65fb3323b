"""Logging in, out, and between portals."""

from __future__ import annotations

import os
from typing import Annotated
from urllib.parse import urlsplit

import typer

from cloudportal.cli import profiles
from cloudportal.cli.cells import visible
from cloudportal.cli.client import API, Client
from cloudportal.cli.commands import display
from cloudportal.cli.document import document_of
from cloudportal.cli.errors import UsageError
from cloudportal.cli.options import with_session
from cloudportal.cli.output import show_rows
from cloudportal.cli.profiles import DEFAULT, Profile
from cloudportal.cli.session import Session, warn

ME = f"{API}me/"


def login(
    url: Annotated[str, typer.Argument(help="The portal's address, as in a browser.")],
    profile: Annotated[str, typer.Option("--profile", "-p", help="A name for this portal and key.")] = DEFAULT,
    output: Annotated[str, typer.Option("--output", "-o", help="The form of answers when none is asked for.")] = "",
) -> None:
    """Keep a portal's address and an API key for the next commands.

    The key is asked for, or read from CLOUDPORTAL_API_KEY.
    """
    address = _address(url)
    key = os.environ.get("CLOUDPORTAL_API_KEY") or typer.prompt("API key", hide_input=True)
    new = Profile(profile, address, key.strip(), output)
    if new.is_in_clear:
        warn(f"{address} is not encrypted: whoever listens reads your key.")
    with Client(new) as client:
        me = client.get(ME)
    document_of(new, fresh=True)
    profiles.keep(new)
    typer.echo(f"Signed in to {address} as {visible(me['username'])} of {visible(me['account'])}.")


def logout(
    profile: Annotated[str, typer.Argument(help="Which profile; the current one when left out.")] = "",
) -> None:
    """Forget a profile with its key. The key stays valid: delete it in the portal to end it."""
    name = profile or profiles.load().current
    profiles.forget(name)
    typer.echo(f"The profile “{name}” is forgotten.")


@with_session
def whoami(session: Session) -> None:
    """Who you are at the portal, and what you may do."""
    display(session, session.client.get(ME))


app = typer.Typer(no_args_is_help=True, help="Portals and keys that this machine knows.")


@app.command("list")
@with_session
def list_profiles(session: Session) -> None:
    """All profiles; keys are not shown."""
    known = profiles.load()
    rows = [
        {"name": one.name, "url": one.url, "current": one.name == known.current, "key": bool(one.api_key)}
        for one in known.by_name.values()
    ]
    show_rows(rows, session.choices.output or "table", query=session.choices.query)  # type: ignore[arg-type]


@app.command()
def use(name: Annotated[str, typer.Argument(autocompletion=lambda: list(profiles.load().by_name))]) -> None:
    """Make a profile the current one."""
    known = profiles.load()
    if name not in known.by_name:
        raise UsageError(f"There is no profile “{name}”.", f"There are: {', '.join(known.by_name) or 'none'}.")
    profiles.save(profiles.Profiles(name, known.by_name))
    typer.echo(f"“{name}” is current: {known.by_name[name].url}")


def _address(url: str) -> str:
    """The origin of what was pasted; a path after it is the browser's business.

    Raises:
        UsageError: it is no HTTP address, or holds a password.
    """
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise UsageError(f"“{url}” is no address of a portal.", "It looks like https://portal.example")
    return f"{parts.scheme}://{parts.netloc}"
