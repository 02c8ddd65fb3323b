"""libvirt's error codes in our four words."""

from __future__ import annotations

import errno

import libvirt

from cloudportal.infrastructure.drivers.errors import DriverError, Fatal, NotFound, Retryable, Unsupported

MISSING = frozenset({libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_NO_STORAGE_POOL, libvirt.VIR_ERR_NO_STORAGE_VOL})
IMPOSSIBLE = frozenset(
    {
        libvirt.VIR_ERR_NO_SUPPORT,
        libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
        libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
        libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
    }
)
# Internal errors are whatever nobody classified: most that were seen pass (a pool busy with another
# job, a monitor lost, a switch that did not take a port in time), so they are worth another attempt.
PASSING = frozenset(
    {
        libvirt.VIR_ERR_INTERNAL_ERROR,
        libvirt.VIR_ERR_RPC,
        libvirt.VIR_ERR_NO_CONNECT,
        libvirt.VIR_ERR_GNUTLS_ERROR,
        libvirt.VIR_ERR_OPERATION_TIMEOUT,
        libvirt.VIR_ERR_OPERATION_ABORTED,
        libvirt.VIR_ERR_RESOURCE_BUSY,
        libvirt.VIR_ERR_NO_MEMORY,
    }
)
FINAL_SYSTEM_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS})


def translated(error: libvirt.libvirtError, what: str) -> DriverError:
    """The same failure as one of ours, with `what` was attempted in front."""
    code = error.get_error_code()
    message = f"{what}: {error.get_error_message() or error}"
    if code in MISSING:
        return NotFound(message)
    if code in IMPOSSIBLE:
        return Unsupported(message)
    if code == libvirt.VIR_ERR_SYSTEM_ERROR:
        return Fatal(message) if error.get_int1() in FINAL_SYSTEM_ERRORS else Retryable(message)
    return Retryable(message) if code in PASSING else Fatal(message)
