"""Which portal, as whom: profiles in the user's configuration, readable by the user alone."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_config_path

from cloudportal.cli.errors import CommandError, UsageError

DEFAULT = "default"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Profile:
    """One portal and one key."""

    name: str
    url: str
    api_key: str = ""
    output: str = ""

    @property
    def is_in_clear(self) -> bool:
        """Whether keys cross a network unencrypted."""
        parts = urlsplit(self.url)
        return parts.scheme == "http" and parts.hostname not in LOOPBACK


@dataclass(frozen=True, slots=True)
class Profiles:
    """All profiles, and which one is used when none is named."""

    current: str
    by_name: Mapping[str, Profile]


def path() -> Path:
    """Where the profiles are kept."""
    return user_config_path("cloudportal") / "profiles.json"


def load() -> Profiles:
    """What is kept; nothing at all is no error.

    Raises:
        CommandError: the file is not what this command writes.
    """
    try:
        kept = json.loads(path().read_text(encoding="utf-8"))
        found = {name: Profile(name=name, **values) for name, values in kept["profiles"].items()}
        return Profiles(str(kept["current"]), found)
    except FileNotFoundError:
        return Profiles(DEFAULT, {})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{path()} can't be read: {error}.", "Remove it and log in again.") from error


def save(profiles: Profiles) -> None:
    """Write them all, in one go: a command that dies meanwhile leaves the old file."""
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {
        "current": profiles.current,
        "profiles": {name: _kept(profile) for name, profile in profiles.by_name.items()},
    }
    # Made with mode 0600, so that nobody else reads the keys at any moment.
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".profiles-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    Path(temporary).replace(target)


def keep(profile: Profile) -> None:
    """Add or replace a profile, and use it from now on."""
    known = load()
    save(Profiles(profile.name, {**known.by_name, profile.name: profile}))


def forget(name: str) -> None:
    """Remove a profile.

    Raises:
        UsageError: there is none of that name.
    """
    known = load()
    if name not in known.by_name:
        raise UsageError(f"There is no profile “{name}”.")
    rest = {key: profile for key, profile in known.by_name.items() if key != name}
    save(Profiles(known.current if known.current in rest else next(iter(rest), DEFAULT), rest))


def chosen(name: str = "") -> Profile:
    """The profile to use: the named one, else what the environment says, else the current one.

    ``CLOUDPORTAL_URL`` and ``CLOUDPORTAL_API_KEY`` replace what the profile says.

    Raises:
        UsageError: there is no such profile, or no portal is known at all.
    """
    known = load()
    wanted = name or os.environ.get("CLOUDPORTAL_PROFILE", "")
    if wanted and wanted not in known.by_name:
        raise UsageError(f"There is no profile “{wanted}”.", f"There are: {', '.join(known.by_name) or 'none'}.")
    found = known.by_name.get(wanted or known.current)
    url = os.environ.get("CLOUDPORTAL_URL") or (found.url if found else "")
    if not url:
        raise UsageError("Which portal?", "Log in first: cloudportal login https://portal.example")
    key = os.environ.get("CLOUDPORTAL_API_KEY") or (found.api_key if found and found.url == url else "")
    return Profile(found.name if found else "environment", url, key, found.output if found else "")


def _kept(profile: Profile) -> dict[str, Any]:
    values = asdict(profile)
    del values["name"]
    return values
