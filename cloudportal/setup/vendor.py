"""Copies the third-party files that pages load from static/node_modules to static/vendor."""

import re
import shutil
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "static"
MODULES = STATIC / "node_modules"
VENDOR = STATIC / "vendor"

# Library -> file or directory in its package -> name below static/vendor/<library>/. Pages rely on these names.
FILES: dict[str, tuple[str, dict[str, str]]] = {
    "tabler": (
        "@tabler/core/dist",
        {"css/tabler.min.css": "tabler.min.css", "js/tabler.min.js": "tabler.min.js"},
    ),
    "icons": (
        "@tabler/icons-sprite/dist",
        {"tabler-sprite.svg": "sprite.svg", "tabler-sprite-filled.svg": "sprite-filled.svg"},
    ),
    "inter": ("@fontsource-variable/inter", {"index.css": "inter.css", "files": "files"}),
    "htmx": ("htmx.org/dist", {"htmx.min.js": "htmx.min.js"}),
    "idiomorph": ("idiomorph/dist", {"idiomorph-ext.min.js": "idiomorph-ext.min.js"}),
    "htmx-ext-preload": ("htmx-ext-preload/dist", {"preload.min.js": "preload.min.js"}),
    "novnc": ("@novnc/novnc", {"core": "core", "vendor": "vendor"}),
    "axe-core": ("axe-core", {"axe.min.js": "axe.min.js"}),
}
# Only the upright variable faces are named by the style sheet that we copy.
_UNUSED = shutil.ignore_patterns("*italic*", "*opsz*", "*standard*", "*.map")
_SOURCE_MAP = re.compile(r"^(//#|/\*#) sourceMappingURL=.*$", re.MULTILINE)


def copy_vendor_files() -> int:
    """Make static/vendor anew; the number of files in it.

    Raises:
        FileNotFoundError: a package is not installed, or no longer has a file that pages need.
    """
    fresh = VENDOR.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for library, (package, files) in FILES.items():
        for source, target in files.items():
            _copy(MODULES / package / source, fresh / library / target)
    _drop_source_maps(fresh)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    return sum(1 for path in VENDOR.rglob("*") if path.is_file())


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=_UNUSED)
    else:
        shutil.copyfile(source, target)


def _drop_source_maps(directory: Path) -> None:
    """The maps are not shipped, and a reference to a missing file stops the hashing of static files."""
    for path in directory.rglob("*"):
        if path.suffix in {".js", ".mjs", ".css"}:
            path.write_text(_SOURCE_MAP.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    print(f"{copy_vendor_files()} files in {VENDOR}")
