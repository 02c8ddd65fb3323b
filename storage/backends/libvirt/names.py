"""What files of ours are called in a pool, and back.

libvirt can't rename a volume. So a template is uploaded under a name with the token of its import, and
becomes visible when an empty mark with the same token is made next to it: two imports of the same
template at once each finish a whole one, and one that broke off never gets its mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from uuid import UUID

from storage.backends.base import Format, ImportedPart

_VOLUME = re.compile(r"volume-([0-9a-f-]{36})\.(?:qcow2|raw)")
_TEMPLATE = re.compile(r"template-([0-9a-f-]{36})-([0-9a-z]+)\.(?:qcow2|raw)(?:\.ready)?")
_SEED = re.compile(r"seed-([0-9a-f-]{36})\.iso")
FORMATS: tuple[Format, ...] = ("qcow2", "raw")


def volume_name(uuid: UUID, format: Format) -> str:
    return f"volume-{uuid}.{format}"


def seed_name(uuid: UUID) -> str:
    return f"seed-{uuid}.iso"


def template_data_name(uuid: UUID, token: str, format: Format) -> str:
    return f"template-{uuid}-{token}.{format}"


def template_mark_name(data_name: str) -> str:
    return f"{data_name}.ready"


def template_files(uuid: UUID, names: Iterable[str]) -> list[str]:
    """Every file of a template in the order to delete them: marks first, so that half a template is none."""
    return sorted((name for name in names if name.startswith(f"template-{uuid}-")), key=lambda name: (-len(name), name))


def template_data(uuid: UUID, names: Iterable[str]) -> str | None:
    """The data of a complete template, the same for everybody who asks; None when there is none."""
    present = set(names)
    return min(
        (name for name in present if name.startswith(f"template-{uuid}-") and template_mark_name(name) in present),
        default=None,
    )


def import_files(part: ImportedPart, names: Iterable[str]) -> list[str]:
    """The files of one import in the order to delete them; none when it is finished."""
    present = set(names)
    data = (template_data_name(part.template, part.token, format) for format in FORMATS)
    halves = [[name for name in (template_mark_name(name), name) if name in present] for name in data]
    return [name for half in halves if len(half) == 1 for name in half]


def imports_among(names: Iterable[str]) -> frozenset[ImportedPart]:
    """Imports that are not finished: data without its mark, or a mark that came after the data was deleted."""
    present = set(names)
    parts = {ImportedPart(UUID(match[1]), match[2]) for name in present if (match := _TEMPLATE.fullmatch(name))}
    return frozenset(part for part in parts if import_files(part, present))


def volumes_among(names: Iterable[str]) -> Iterator[tuple[UUID, str]]:
    """Our volumes with their names; other files of the pool are nobody's business."""
    return ((UUID(match[1]), name) for name in names if (match := _VOLUME.fullmatch(name)))


def seeds_among(names: Iterable[str]) -> frozenset[UUID]:
    return frozenset(UUID(match[1]) for name in names if (match := _SEED.fullmatch(name)))
