"""Removing a template. Copies in primary storage stay while volumes lean on them; the reconciler removes the rest."""

from __future__ import annotations

from django.db.models.functions import Now

from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from storage.engines import backend_of, template_file
from storage.models import Template, TemplateCopy, TemplateShare
from storage.states import TEMPLATE
from storage.usage import emit_template
from tenants import limits

DELETE_TEMPLATE = Workflow("storage.delete_template", "Delete template", move=TEMPLATE.delete, cancellable=False)


@DELETE_TEMPLATE.step("Remove the copies that nothing leans on")
def remove_copies(run: Run[Template]) -> None:
    template = run.resource
    # One that is still being copied, for an instance that was cancelled, is the reconciler's when it is done.
    for copy in TemplateCopy.objects.filter(template=template).exclude(state="Copying").select_related("pool"):
        if not template.volumes.filter(pool=copy.pool).exists():
            backend_of(copy.pool).delete_template(template.uuid)
            copy.delete()


@DELETE_TEMPLATE.step("Remove the image")
def remove_image(run: Run[Template]) -> None:
    template_file(run.resource).unlink(missing_ok=True)


@DELETE_TEMPLATE.finish
def meter(run: Run[Template]) -> None:
    template = run.resource
    emit_template(template, held=False)
    limits.release(template.account_id, **limits.stop_counting(template))
    TemplateShare.objects.filter(resource=template).delete()
    Template.objects.filter(pk=template.pk).update(removed_at=Now())
