"""Copying a template from secondary to primary storage, for the first volume there that is cloned from it."""

from __future__ import annotations

from collections.abc import Iterator

from cloudportal.core.driver_errors import Fatal
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from storage.engines import backend_of, template_file, template_spec
from storage.models import TemplateCopy
from storage.states import TEMPLATE_COPY

COPY_TEMPLATE = Workflow("storage.copy_template", "Copy template", move=TEMPLATE_COPY.copy, cancellable=False)

BLOCK = 1 << 20


@COPY_TEMPLATE.step("Copy the image to primary storage")
def copy_image(run: Run[TemplateCopy]) -> None:
    copy = run.resource
    backend_of(copy.pool).import_template(template_spec(copy.template), _blocks(run))


def _blocks(run: Run[TemplateCopy]) -> Iterator[bytes]:
    template = run.resource.template
    path, sent = template_file(template), 0
    if not path.exists():
        raise Fatal(f"The image of template {template} is missing in secondary storage.")
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            run.checkpoint()
            yield block
            sent += len(block)
            run.progress(100 * sent // max(template.file_bytes, 1), f"{sent >> 20} of {template.file_bytes >> 20} MiB")


@copy_image.undo
def remove_copy(run: Run[TemplateCopy]) -> None:
    backend_of(run.resource.pool).delete_template(run.resource.template.uuid)
