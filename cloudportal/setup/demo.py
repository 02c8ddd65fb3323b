"""What a newcomer needs to know about the demonstration cloud."""

import json
import os
from pathlib import Path

_PEOPLE = {"operator": "Operator", "tenant": "Tenant", "other_tenant": "Other tenant"}


def set_address(file: Path, address: str) -> None:
    """Note under which address this run serves."""
    facts = json.loads(file.read_text())
    facts["url"] = address
    fresh = file.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
        json.dump(facts, target, indent=2)
    fresh.replace(file)


def welcome(file: Path) -> str:
    """The address and the logins, in a box."""
    facts = json.loads(file.read_text())
    lines = [f"CloudPortal is serving at  {facts['url']}", ""]
    for key, title in _PEOPLE.items():
        lines.append(f"{title:<13}  {facts[key]['username']:<12}  {facts[key]['password']}")
    lines += ["", f"API keys and ids: {file}", "Ctrl-C stops everything; your data stays."]
    width = max(len(line) for line in lines)
    rows = [f"  │ {line:<{width}} │" for line in lines]
    return "\n".join(["", f"  ╭─{'─' * width}─╮", *rows, f"  ╰─{'─' * width}─╯", ""])
