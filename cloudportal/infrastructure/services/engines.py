"""Which URLs suit a cluster: its hosts and its pools are driven by the same kind of engine."""

from __future__ import annotations

from cloudportal.core.errors import InvalidInput
from cloudportal.infrastructure.models import Cluster

# Without libvirt's own test driver, which the drivers know: it would count as a host and run nothing.
SCHEMES = {
    Cluster.Hypervisor.KVM: ("qemu:", "qemu+tls:", "qemu+ssh:", "qemu+unix:", "qemu+tcp:"),
    Cluster.Hypervisor.SIMULATOR: ("simulator:",),
}


def check_engine_url(cluster: Cluster, url: str, what: str) -> None:
    """Raises InvalidInput for the field `url` when no engine of the cluster's kind has such a URL."""
    kinds = SCHEMES[Cluster.Hypervisor(cluster.hypervisor)]
    if url.startswith(kinds):
        return
    pretence = " libvirt's test driver runs no machines." if url.startswith("test") else ""
    raise InvalidInput({"url": f"A {what} of this cluster has a URL that begins with {', '.join(kinds)}.{pretence}"})
