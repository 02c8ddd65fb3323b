"""A real guest in the lab, beside bare calls that make the same one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cloudportal.bench.workbench import Workbench
from cloudportal.lab import Lab, LabError, can_run
from cloudportal.lab.guest import build_guest
from cloudportal.setup.places import LOCAL
from cloudportal.setup.steps import step

IMAGE = LOCAL / "cache" / "guest.qcow2"


def measure_real_guest(bench: Workbench) -> dict[str, Any]:
    """Null, with the reason, where the machine can't carry a lab."""
    if reason := _refusal():
        return {"real_guest_overhead_ratio": None, "real_guest_reason": reason}
    with _lab() as lab, bench.database("guests") as url:
        with step("Guests: seeding the lab's zone"):
            bench.manage(url, "seed_demo", "--lab-base", str(lab.base), "--image", str(IMAGE))
        with bench.worker(url, "bench-guests"), step("Guests: by the portal and by bare calls"):
            done = bench.run(url, "measure_guests", guests=bench.sizes.guests)
    return {
        "real_guest_overhead_ratio": done["ratio"],
        "real_guest_portal_ms": done["portal_ms"],
        "real_guest_bare_ms": done["bare_ms"],
        "real_guest_steps_ms": done["steps_ms"],
    }


def _refusal() -> str:
    """Why there can be no real guest; empty when there can."""
    if refusal := can_run():
        return refusal
    if find_spec("libvirt") is None:
        return "libvirt's Python binding is not installed (extra: libvirt)."
    try:
        build_guest(IMAGE)
    except LabError as error:
        return f"The small guest can't be built: {str(error).splitlines()[0]}"
    return ""


@contextmanager
def _lab() -> Iterator[Lab]:
    """A lab of our own in a short path, since its sockets' names are long; nothing is left of it."""
    with tempfile.TemporaryDirectory(prefix="cloudportal-bench-") as directory:
        lab = Lab(Path(directory) / "lab")
        with step("Guests: bringing up OVN and two KVM hosts"):
            lab.up()
        try:
            yield lab
        finally:
            lab.down(wipe=True)
