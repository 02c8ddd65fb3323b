"""The checks behind `make lint` and `make test`: `python -m cloudportal.setup.check lint|test [pytest arguments]`."""

import os
import subprocess
import sys
import time

from cloudportal.setup.children import manage, python
from cloudportal.setup.places import REPOSITORY
from cloudportal.setup.steps import say

# The real engines, browsers and killed processes have the machine to themselves: their patience is in seconds.
ROUNDS = [
    ["-n", "auto", "--dist", "loadgroup", "-m", "not (lab or browser or slow)"],
    ["-m", "lab or browser or slow"],
]
CODE = ["cloudportal", "tenants", "compute", "network", "storage", "accounting", "tests", "manage.py"]


def main(arguments: list[str]) -> int:
    what, *others = arguments
    if failed := lint():
        say(f"\nLint found something: {', '.join(failed)}.")
        return 1
    if what == "lint":
        return 0
    rounds = [others] if others else ROUNDS
    return max(_pytest(each) for each in rounds)


def _pytest(arguments: list[str]) -> int:
    # Pages under test name static files by their plain names, so that nothing has to be collected first.
    environment = os.environ | {"STATIC_MANIFEST": "off"}
    return subprocess.run(python("-m", "pytest", *arguments), cwd=REPOSITORY, env=environment, check=False).returncode


def lint() -> list[str]:
    """Run every check, print what the failing ones say, and return their names."""
    return [name for name, argv in _checks().items() if not _passes(name, argv)]


def _checks() -> dict[str, list[str]]:
    code = [path for path in CODE if (REPOSITORY / path).exists()]
    templates = sorted(str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "templates").rglob("*.html"))
    checks = {
        "ruff check": python("-m", "ruff", "check", "--quiet", *code),
        "ruff format": python("-m", "ruff", "format", "--check", "--quiet", *code),
        "mypy": python("-m", "mypy", "--no-error-summary"),
        "import-linter": [_tool("lint-imports"), "--no-cache"],
        "migrations": manage("makemigrations", "--check", "--dry-run"),
    }
    if templates:
        checks["djade"] = [_tool("djade"), "--check", "--target-version", "5.2", *templates]
    return checks


def _tool(name: str) -> str:
    return os.path.join(os.path.dirname(sys.executable), name)


def _passes(name: str, argv: list[str]) -> bool:
    begun = time.monotonic()
    done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    verdict = "" if done.returncode == 0 else "  FAILED"
    say(f"  {name:<50}{time.monotonic() - begun:6.1f} s{verdict}")
    if done.returncode:
        say((done.stdout + done.stderr).rstrip())
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
