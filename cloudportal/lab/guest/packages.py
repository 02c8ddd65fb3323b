"""The packages that the guest is made of: unpacked, never installed."""

import re
from dataclasses import dataclass
from pathlib import Path

from cloudportal.lab.shell import LabError, run, succeeds

_KERNEL = "linux-image-cloud-amd64"
_AGENT = "qemu-guest-agent"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the unpacked kernel and guest agent are."""

    kernel: Path
    agent: Path

    @property
    def kernel_version(self) -> str:
        return next((self.kernel / "lib" / "modules").iterdir()).name

    @property
    def kernel_image(self) -> Path:
        return self.kernel / "boot" / f"vmlinuz-{self.kernel_version}"

    @property
    def modules(self) -> Path:
        return self.kernel / "lib" / "modules" / self.kernel_version


def fetch_sources(cache: Path) -> Sources:
    """Download and unpack what is not in `cache` yet.

    Raises:
        LabError: this distribution has no such package, or it can't be downloaded.
    """
    sources = Sources(cache / "kernel", cache / "agent")
    for directory, pattern in ((sources.kernel, "linux-image-*.deb"), (sources.agent, f"{_AGENT}_*.deb")):
        if not directory.exists():
            _unpack(_download(cache, pattern), directory)
    if not (sources.modules / "modules.dep").exists():
        run(["depmod", "-b", str(sources.kernel), sources.kernel_version])
    return sources


def _download(cache: Path, pattern: str) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    if not any(cache.glob(pattern)):
        package = _AGENT if pattern.startswith(_AGENT) else _newest_kernel()
        script = 'cd "$1" && apt-get download -q "$2"'
        if not succeeds(["sh", "-c", script, "sh", str(cache), package], timeout=300):
            run(["apt-get", "update", "-q"], timeout=300)  # the lists can be older than the archive
            run(["sh", "-c", script, "sh", str(cache), package], timeout=300)
    return next(cache.glob(pattern))


def _newest_kernel() -> str:
    found = re.search(r"Depends: (linux-image-\S+)", run(["apt-cache", "depends", _KERNEL]))
    if not found:
        raise LabError(f"There is no package {_KERNEL} here; the guest image needs Debian's.")
    return found[1]


def _unpack(package: Path, directory: Path) -> None:
    partial = directory.with_suffix(".partial")
    run(["rm", "-rf", str(partial)])
    run(["dpkg-deb", "-x", str(package), str(partial)], timeout=120)
    partial.rename(directory)
