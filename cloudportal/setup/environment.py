"""The environment that Django is started with."""

import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from cloudportal.setup.places import LOCAL

_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not bound


def django_environment(environ: Mapping[str, str], *, database_url: str) -> dict[str, str]:
    """What settings need. What the caller's environment says comes first."""
    defaults = {
        "DJANGO_SETTINGS_MODULE": "cloudportal.settings",
        "CLOUDPORTAL_STATE_DIR": str(LOCAL),
        "DEBUG": "off",
        # Mail becomes files that one can look into.
        "EMAIL_URL": f"filemail:///{LOCAL / 'mail'}",
        **load_secrets(LOCAL / "secrets.env"),
    }
    return {**defaults, **environ, "DATABASE_URL": database_url}


def allowed_hosts(host: str) -> str:
    """Names under which the portal answers when it listens on `host`."""
    if host in _WILDCARDS:
        return "*"
    return ",".join(dict.fromkeys(["localhost", "127.0.0.1", "[::1]", f"[{host}]" if ":" in host else host]))


def browser_address(host: str, port: int) -> str:
    """The address to open: a wildcard is nothing that a browser can go to."""
    name = "localhost" if host in _WILDCARDS else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


def load_secrets(file: Path) -> dict[str, str]:
    """The keys of this checkout, made once. Losing the file makes stored credentials unreadable."""
    if not file.exists():
        _write_private(file, f"SECRET_KEY={secrets.token_urlsafe(50)}\nFIELD_KEYS={Fernet.generate_key().decode()}\n")
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)


def _write_private(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
        target.write(text)
    try:
        os.link(fresh, file)  # whoever comes first decides
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
