"""The deploy wizard: one page, whose summary is computed as you choose."""

from __future__ import annotations

import json
import shlex
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.web.answers import done
from cloudportal.doors.web.forms import FormPage
from cloudportal.doors.web.limits import bars_for
from compute.services.instances import deploy_instance
from compute.web import estimate
from compute.web.forms import MANY, DeployForm


class Deploy(FormPage):
    template_name = "compute/deploy.html"
    parts = {"deploy-form": "compute/_deploy_form.html", "summary": "compute/_deploy_summary.html"}
    form_class = DeployForm
    permission = "compute.manage"

    def form_options(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def initial(self) -> dict[str, Any]:
        return as_initial(self.request.GET)

    def context(self, **extra: Any) -> dict[str, Any]:
        form: DeployForm = extra["form"]
        templates, offerings = form.choices("template"), form.choices("offering")
        networks = form.choices("networks")
        if self.request.method == "GET":
            _choose_the_only(templates)
            _choose_the_only(networks)
        template, offering = _chosen(templates), _chosen(offerings)
        for choice in offerings:
            choice["price"] = estimate.price(choice["row"], template)
        return super().context(
            templates=templates,
            offerings=offerings,
            networks=networks,
            ssh_keys=form.choices("ssh_keys"),
            summary=self._summary(form, template, offering, networks),
            **extra,
        )

    def _summary(self, form: DeployForm, template: Any, offering: Any, networks: Any) -> dict[str, Any]:
        zone = form.chosen_zone
        return {
            "name": "".join(form.raw("name")),
            "account": form.made_for,
            "zone": zone,
            "template": template,
            "offering": offering,
            "networks": [choice["row"] for choice in networks if choice["chosen"]],
            "price": estimate.price(offering, template) if offering else None,
            "bars": bars_for(
                form.made_for,
                instances=1,
                cpus=offering.cpus if offering else 0,
                memory_mib=offering.memory_mib if offering else 0,
                volumes=1,
                primary_bytes=template.size_bytes if template else 0,
            ),
            "room": estimate.room(zone, offering, template) if offering and zone else None,
            "call": self._call(form, template, offering, networks),
        }

    def _call(self, form: DeployForm, template: Any, offering: Any, networks: Any) -> str:
        """The same by the API, for a script."""
        wanted = {
            "account": str(form.made_for.uuid) if form.made_for.pk != self.actor.account_id else "",
            "name": "".join(form.raw("name")) or "web-1",
            "zone": str(form.chosen_zone.uuid) if form.chosen_zone else "",
            "template": str(template.uuid) if template else "",
            "offering": str(offering.uuid) if offering else "",
            "networks": [str(choice["row"].uuid) for choice in networks if choice["chosen"]],
            "ssh_keys": form.raw("ssh_keys"),
            "user_data": "".join(form.raw("user_data")),
        }
        body = json.dumps({name: value for name, value in wanted.items() if value}, indent=2)
        url = self.request.build_absolute_uri("/api/v1/instances/")
        return (
            f'curl -X POST {url} \\\n  -H "Authorization: Bearer $CLOUDPORTAL_API_KEY" \\\n'
            f"  -H 'Content-Type: application/json' \\\n  -d {shlex.quote(body)}"
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        job = deploy_instance(
            self.actor,
            account=values["account"],
            zone=values["zone"],
            name=values["name"],
            offering=values["offering"],
            template=values["template"],
            networks=list(values["networks"]),
            ssh_keys=list(values["ssh_keys"]),
            user_data=values["user_data"],
        )
        words = _("%(name)s is on its way. Watch its steps below.") % {"name": values["name"]}
        url = reverse("compute:instance", args=[job.resource_uuid])
        return done(self.request, words, url=url, job=job, follow=True)


class DeployPreview(Deploy):
    """The form again as it is being filled in, without judging it. By POST, since user data may be long and secret."""

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return redirect("compute:deploy")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        form = DeployForm(initial=as_initial(request.POST), actor=self.actor)
        return self.render(form=form)


def _choose_the_only(choices: list[dict[str, Any]]) -> None:
    """Where there is one thing to choose, it is chosen."""
    if len(choices) == 1:
        choices[0]["chosen"] = True


def _chosen(choices: list[dict[str, Any]]) -> Any:
    return next((choice["row"] for choice in choices if choice["chosen"]), None)


def as_initial(data: QueryDict) -> dict[str, Any]:
    """Parameters as a form's first values; several of those fields that take several."""
    return {name: data.getlist(name) if name in MANY else data[name] for name in data}
