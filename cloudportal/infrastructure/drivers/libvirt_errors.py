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
FAILED = "the engine failed or could not be reached."
NO_ROOM = "there is no room left."
FINAL_SYSTEM_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS})


def translated(error: libvirt.libvirtError, what: str) -> DriverError:
    """The same failure as one of ours: `what` was attempted in front, and libvirt's own words apart."""
    code, said = error.get_error_code(), error.get_error_message() or str(error)
    if code in MISSING:
        return NotFound(f"{what}: it is not there any more.", said)
    if code in IMPOSSIBLE:
        return Unsupported(f"{what}: the engine has no way to do that.", said)
    if code == libvirt.VIR_ERR_SYSTEM_ERROR:
        number = error.get_int1()
        words = NO_ROOM if number in {errno.ENOSPC, errno.EDQUOT} else FAILED
        return (Fatal if number in FINAL_SYSTEM_ERRORS else Retryable)(f"{what}: {words}", said)
    if code in PASSING:
        return Retryable(f"{what}: {FAILED}", said)
    return Fatal(f"{what}: the engine refused.", said)
