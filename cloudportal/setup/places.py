"""Where a checkout keeps what it makes."""

import hashlib
import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOCAL = Path(os.environ.get("CLOUDPORTAL_STATE_DIR") or REPOSITORY / ".local").absolute()
LOGS = LOCAL / "log"

# Not $TMPDIR: whoever asks later must find the same place.
_SHORT = Path("/tmp")  # noqa: S108 - whose the directory is gets checked
_SOCKET_PATH_BYTES = 107


def socket_directory(preferred: Path, longest_name: str) -> Path:
    """`preferred`, or a short directory in its stead when a unix socket's path below it would be too long."""
    if len(os.fsencode(preferred / longest_name)) <= _SOCKET_PATH_BYTES:
        return preferred
    digest = hashlib.sha256(os.fsencode(preferred)).hexdigest()[:12]
    return _SHORT / f"cloudportal-{digest}"
