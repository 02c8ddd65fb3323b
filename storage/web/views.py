"""Pages of volumes, templates and pools."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import BY_NAME, NAMED_NEWEST_FIRST
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.forms import ActionPage, FormPage
from cloudportal.doors.web.limits import bars_for
from cloudportal.doors.web.lists import ListPage
from cloudportal.doors.web.sharing import sharing_of
from storage import selectors
from storage.filters import PoolFilterSet, TemplateFilterSet, VolumeFilterSet
from storage.models import Template, Volume
from storage.services.templates import delete_template, register_template, upload_template
from storage.web.forms import TemplateForm
from tenants import selectors as tenants
from tenants.actor import Actor

RECENT = 10


def volumes_with_instances(actor: Actor) -> QuerySet[Volume]:
    # The attachment belongs to an app above; the reverse relation leads there by name.
    return selectors.volumes(actor).select_related("attachment__instance", "zone", "account", "offering", "template")


class Volumes(ListPage):
    template_name = "storage/volumes.html"
    parts = {"results": "storage/_volumes.html"}
    permission = "storage.view"
    selector = volumes_with_instances
    filterset_class = VolumeFilterSet
    sorting = NAMED_NEWEST_FIRST
    bar = ("name", "state", "kind", "zone", "account", "tag")


class VolumePage(DetailPage):
    template_name = "storage/volume.html"
    parts = {"row": "storage/_volume_row.html"}
    permission = "storage.view"
    selector = volumes_with_instances
    noun = "volume"
    list_route = "storage:volumes"

    def context(self, **extra: Any) -> dict[str, Any]:
        pool = selectors.pools(self.actor).filter(pk=self.thing.pool_id).first()
        return super().context(pool=pool, **extra)


class Templates(ListPage):
    template_name = "storage/templates.html"
    parts = {"results": "storage/_templates.html"}
    permission = "storage.view"
    selector = selectors.templates
    filterset_class = TemplateFilterSet
    sorting = NAMED_NEWEST_FIRST
    bar = ("name", "state", "sharing", "is_public", "zone", "account", "tag")


class TemplatePage(DetailPage):
    template_name = "storage/template.html"
    parts = {"template": "storage/_template.html", "row": "storage/_template_row.html"}
    permission = "storage.view"
    selector = selectors.templates
    noun = "template"
    list_route = "storage:templates"

    def context(self, **extra: Any) -> dict[str, Any]:
        template: Template = self.thing
        return super().context(
            deletable="delete" in template.lifecycle.allowed(template.state)
            and self.actor.may("storage.manage", template.account),
            jobs=list(tenants.jobs(self.actor).filter(resource_uuid=template.uuid)[:RECENT]),
            **sharing_of(self.actor, template),
            **extra,
        )


class AddTemplate(FormPage):
    template_name = "partials/form_page.html"
    form_class = TemplateForm
    permission = "storage.manage"

    def form_options(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def initial(self) -> dict[str, Any]:
        return {"format": Template.Format.QCOW2, "os_type": "Linux", **super().initial()}

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            bars=bars_for(extra["form"].made_for, templates=1, secondary_bytes=0),
            bars_of=extra["form"].made_for,
            heading=_("Add a template"),
            verb=_("Add template"),
            back=reverse("storage:templates"),
            back_label=_("Templates"),
            **extra,
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        url, file = values.pop("url"), values.pop("file")
        if url:
            job = register_template(self.actor, url=url, **values)
        else:
            job = upload_template(self.actor, file=file, **values)
        words = _("%(name)s is being fetched and checked.") % {"name": values["name"]}
        url = reverse("storage:template", args=[job.resource_uuid])
        return done(self.request, words, url=url, job=job, follow=True)


class DeleteTemplate(ActionPage):
    form_class = forms.Form
    permission = "storage.view"
    leaves = True

    def template(self) -> Template:
        return one(selectors.templates(self.actor), self.kwargs["uuid"])

    def context(self, **extra: Any) -> dict[str, Any]:
        template = self.template()
        return super().context(
            question=_("Delete the template %(name)s?") % {"name": template.name},
            consequences=[_("Its file is removed. Instances made from it go on.")],
            verb=_("Delete the template"),
            tone="danger",
            back=reverse("storage:template", args=[template.uuid]),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        template = self.template()
        job = delete_template(self.actor, template=template)
        return _("%(name)s is being deleted.") % {"name": template.name}, job, reverse("storage:templates")


class Pools(ListPage):
    template_name = "storage/pools.html"
    parts = {"results": "storage/_pools.html"}
    permission = "infrastructure.view"
    selector = selectors.pools
    filterset_class = PoolFilterSet
    sorting = BY_NAME
    bar = ("name", "zone")


class PoolPage(DetailPage):
    template_name = "storage/pool.html"
    permission = "infrastructure.view"
    selector = selectors.pools
    noun = "pool"
    list_route = "storage:pools"
