"""Watching a job until it is over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cloudportal.cli.cells import visible
from cloudportal.cli.client import Client
from cloudportal.cli.errors import JOB_FAILED, CommandError

LOOK_SECONDS = 0.4
OVER = ("succeeded", "failed", "cancelled")
_MARKS = {"done": ("✓", "green"), "running": ("…", "yellow"), "failed": ("✗", "red"), "undone": ("↺", "yellow")}

Job = dict[str, Any]


def wait_for(client: Client, address: str, *, timeout_seconds: float = 0, quiet: bool = False) -> Job:
    """Show a job's steps as they happen; returns it when it succeeded. Interrupted, the job goes on.

    Raises:
        CommandError: it failed or was cancelled, in its own words; or it took longer than the timeout.
    """
    console = Console(stderr=True, quiet=quiet)
    last: Job = {}
    if console.is_terminal:
        with Live(console=console, transient=False, auto_refresh=False) as live:
            for last in _looks(client, address, timeout_seconds):
                live.update(_drawn(last), refresh=True)
    else:
        said: set[str] = set()
        for last in _looks(client, address, timeout_seconds):
            for line in _news(last, said):
                console.print(line, highlight=False, markup=False, soft_wrap=True)
    if last["state"] not in OVER:
        raise CommandError(
            f"“{visible(last['title'])}” is still {last['state']} after {timeout_seconds:g} seconds; it goes on.",
            f"cloudportal jobs show {last['id']}",
            exit_code=JOB_FAILED,
        )
    if last["state"] != "succeeded":
        error = last.get("error") or {}
        raise CommandError(
            f"{visible(last['title'])}: {last['state']}. {visible(error.get('message', ''))}".strip(),
            exit_code=JOB_FAILED,
        )
    return last


def _looks(client: Client, address: str, timeout_seconds: float) -> Iterator[Job]:
    """The job, again and again until it is over or the time is."""
    end = time.monotonic() + timeout_seconds if timeout_seconds else float("inf")
    while True:
        job = client.get(address)
        yield job
        if job["state"] in OVER or time.monotonic() > end:
            return
        time.sleep(LOOK_SECONDS)


def _drawn(job: Job) -> Group:
    steps = Table.grid(padding=(0, 1))
    for step in job.get("steps", []):
        mark, colour = _MARKS.get(step["state"], ("·", "dim"))
        words = visible(job.get("message") or "") if step["state"] == "running" else ""
        steps.add_row(Text(mark, style=colour), Text(visible(step["title"])), Text(words, style="dim"))
    progress = 100 if job["state"] == "succeeded" else job["progress"]
    colour = "red" if job["state"] in ("failed", "cancelled") else "green"
    bar = ProgressBar(total=100, completed=progress, width=32, complete_style=colour, finished_style=colour)
    head = Table.grid(padding=(0, 1))
    head.add_row(Text(visible(job["title"]), style="bold"), bar, Text(f"{progress} %"), Text(job["state"]))
    return Group(head, steps)


def _news(job: Job, said: set[str]) -> Iterator[str]:
    """One line for each thing that happened since the last look, for logs."""
    for step in job.get("steps", []):
        key = f"{step['name']}:{step['state']}"
        if step["state"] in ("done", "failed", "undone") and key not in said:
            said.add(key)
            yield f"{step['state']:>7}  {visible(step['title'])}"
