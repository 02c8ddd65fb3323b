"""The command: daily verbs that stand here, and nouns that come from the portal."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cloudportal.cli import account, daily
from cloudportal.cli.commands import commands_of
from cloudportal.cli.errors import FAILED, INTERRUPTED, CommandError
from cloudportal.cli.options import COLUMNS, PROFILE, QUERY, OutputChoice
from cloudportal.cli.session import Choices, Session

HELP = """Machines, disks and networks of a CloudPortal, from a terminal.

`cloudportal login https://portal.example` first; then the verbs below, or NOUN VERB for everything that the
portal's API can do: `cloudportal networks create --name web --zone Amsterdam --cidr 10.1.0.0/24`.
"""


class Nouns(TyperGroup):
    """The commands that stand here, and one for each noun of the portal, built when it is called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        own = super().list_commands(ctx)
        try:
            return [*own, *sorted(set(_session(ctx).document.nouns) - set(own))]
        except CommandError:
            # Without a portal there is still help for logging in.
            return own

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        if (own := super().get_command(ctx, cmd_name)) is not None:
            return own
        session = _session(ctx)
        noun = _noun(session, cmd_name)
        if noun is None:
            return None
        command = typer.main.get_command(commands_of(session.document, noun))
        command.name = noun
        return command


app = typer.Typer(
    cls=Nouns, help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="markdown"
)


ENV_OUTPUT = typer.Option("--output", "-o", envvar="CLOUDPORTAL_OUTPUT", help="The form of answers.")
REFRESH = typer.Option("--refresh", help="Ask the portal anew what it can do.")


@app.callback()
def choose(
    context: typer.Context,
    profile: Annotated[str, PROFILE] = "",
    output: Annotated[OutputChoice | None, ENV_OUTPUT] = None,
    query: Annotated[str, QUERY] = "",
    columns: Annotated[str, COLUMNS] = "",
    refresh: Annotated[bool, REFRESH] = False,
) -> None:
    context.obj = Session(Choices(profile, output or "", query, columns, refresh))


app.command()(account.login)
app.command()(account.logout)
app.command()(account.whoami)
app.add_typer(account.app, name="profiles")
app.command()(daily.ls)
app.command("run")(daily.run)
app.command()(daily.start)
app.command()(daily.stop)
app.command()(daily.reboot)
app.command()(daily.rm)
app.command()(daily.console)


def main() -> None:
    """Run the command line and exit with the code of its error class; docs/cli.md lists them."""
    try:
        app(prog_name="cloudportal")
    except CommandError as error:
        _tell(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has seen enough. What the interpreter still flushes goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)


def _tell(error: CommandError) -> None:
    sys.stderr.write(f"cloudportal: {error.message}\n")
    for hint in error.hints:
        sys.stderr.write(f"  {hint}\n")


def _session(ctx: typer.Context) -> Session:
    """The root's session; while completing, the root's callback has not run."""
    root = ctx.find_root()
    if root.obj is None:
        root.obj = Session(Choices(profile=root.params.get("profile") or ""))
    session: Session = root.obj
    return session


def _noun(session: Session, name: str) -> str | None:
    """The noun of a name, its singular included; asked anew when a cached document does not know it."""
    for document in (session.document, None):
        if document is None:
            if session.choices.refresh:
                return None
            session = Session(Choices(profile=session.choices.profile, refresh=True))
            document = session.document
        for noun in (name, f"{name}s", f"{name}es"):
            if noun in document.nouns:
                return noun
    return None
