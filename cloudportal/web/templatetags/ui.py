"""Small things that pages say often."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from django import forms, template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from cloudportal.core.lifecycle import State
from cloudportal.doors.web.accounts import acts_for_several
from cloudportal.web.icons import icon as draw_icon
from tenants.services.tags import permission_on
from tenants.sharing import sees_by_share

register = template.Library()

HOURS_OF_MONTH = 730
JOB_STATES = {
    "queued": State("queued", "secondary", transient=True),
    "running": State("running", "azure", transient=True),
    "waiting": State("waiting", "azure", transient=True),
    "succeeded": State("succeeded", "green"),
    "failed": State("failed", "red"),
    "cancelled": State("cancelled", "secondary"),
    "pending": State("pending", "secondary"),
    "done": State("done", "green"),
    "undone": State("undone", "orange"),
}
PLAIN_STATES = {
    "Up": State("Up", "green"),
    "Connecting": State("Connecting", "azure", transient=True),
    "Disconnected": State("Disconnected", "red"),
    "Enabled": State("Enabled", "green"),
    "Failing": State("Failing", "red"),
    "Disabled": State("Disabled", "secondary"),
    "Active": State("Active", "green"),
    "Expiring": State("Expiring", "yellow"),
    "Expired": State("Expired", "red"),
    "Maintenance": State("Maintenance", "yellow"),
    "started": State("started", "azure"),
    "refused": State("refused", "orange"),
    "delivered": State("delivered", "green"),
    "info": State("info", "azure"),
    "warning": State("warning", "yellow"),
    "error": State("error", "red"),
}


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    return draw_icon(name, css)


@register.simple_tag
def state(thing: Any) -> SafeString:
    """The state of a resource or job as a coloured dot with its word."""
    name = thing.state
    lifecycle = getattr(thing, "lifecycle", None)
    return _badge(lifecycle.states[name] if lifecycle else JOB_STATES.get(name, State(name, "secondary")))


@register.simple_tag
def badge(name: str) -> SafeString:
    """A state that no lifecycle table has, such as a host's."""
    return _badge(PLAIN_STATES.get(name) or JOB_STATES.get(name) or State(name, "secondary"))


def _badge(state: State) -> SafeString:
    return format_html(
        '<span class="state state-{}{}"><span class="state-dot" aria-hidden="true"></span>{}</span>',
        state.colour,
        " state-moving" if state.transient else "",
        capfirst(_(state.name)),
    )


@register.filter
def is_moving(thing: Any) -> bool:
    """Whether the resource is on its way from one state to another."""
    return bool(thing.lifecycle.states[thing.state].transient)


@register.simple_tag
def ago(moment: dt.datetime | None, missing: str = "never") -> SafeString | str:
    """How long ago, with the moment itself in the title; the browser keeps it fresh."""
    if moment is None:
        return missing
    moment = moment.astimezone(dt.UTC)
    seconds = (timezone.now() - moment).total_seconds()
    words = _("just now") if seconds < 45 else _("%(time)s ago") % {"time": timesince(moment, depth=1)}
    return format_html(
        '<time datetime="{}" title="{} UTC" data-ago>{}</time>',
        moment.isoformat(timespec="seconds"),
        moment.strftime("%Y-%m-%d %H:%M:%S"),
        words,
    )


@register.simple_tag
def took(start: dt.datetime | None, end: dt.datetime | None) -> str:
    """A duration in seconds or minutes."""
    if start is None or end is None:
        return ""
    seconds = (end - start).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


@register.filter
def size(value: int | None) -> str:
    """Bytes in the binary unit that reads best."""
    number = float(value or 0)
    units = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
    unit = 0
    while number >= 1024 and unit < len(units) - 1:
        number /= 1024
        unit += 1
    return f"{number:.0f} {units[unit]}" if number >= 100 or unit == 0 else f"{number:.3g} {units[unit]}"


@register.filter
def setting_text(value: Any) -> str:
    """A setting's value as a person types it."""
    if isinstance(value, bool):
        return str(_("on") if value else _("off"))
    return ", ".join(value) if isinstance(value, list) else str(value)


@register.filter
def mib(value: int | None) -> str:
    return size((value or 0) * 1024 * 1024)


@register.simple_tag
def amount(value: int | None, unit: str = "") -> str:
    """A number of bytes or MiB in the unit that reads best; any other, and nothing, as it is."""
    if not value:
        return "0"
    if unit == "bytes":
        return size(value)
    return mib(value) if unit == "MiB" else str(value)


@register.filter
def money(value: Decimal | float | None, digits: int = 2) -> str:
    """An amount in the currency of this cloud."""
    amount = Decimal(value or 0)
    return f"{amount:,.{digits}f} {settings.CURRENCY}"


@register.filter
def per_month(value: Decimal | None) -> Decimal:
    """What a price an hour is in an average month."""
    return Decimal(value or 0) * HOURS_OF_MONTH


@register.filter
def percent(part: float | Decimal, whole: float | Decimal) -> int:
    return round(100 * float(part) / float(whole)) if whole else 0


@register.filter
def short_type(label: str) -> str:
    """``compute.instance`` in words."""
    words = {
        "compute.serviceoffering": _("offering"),
        "compute.sshkey": _("SSH key"),
        "storage.diskoffering": _("disk offering"),
        "storage.secondarystore": _("secondary storage"),
        "storage.storagepool": _("storage pool"),
        "tenants.apikey": _("API key"),
    }
    return words.get(label, label.rsplit(".", 1)[-1])


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The address's parameters with some changed; a cursor does not outlive any other change."""
    params = context["request"].GET.copy()
    for name in ("cursor", "after", "before"):
        params.pop(name, None)
    for name, value in changes.items():
        if value in (None, ""):
            params.pop(name, None)
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}"


@register.simple_tag(takes_context=True)
def sort_by(context: template.Context, label: str, name: str) -> SafeString:
    """A heading that sorts by its column, and by the other direction the second time."""
    now = context.get("sort", "")
    rising, falling = now == name, now == f"-{name}"
    return format_html(
        '<th scope="col"{}><a class="sort" href="{}">{}{}</a></th>',
        mark_safe(' aria-sort="ascending"' if rising else ' aria-sort="descending"' if falling else ""),  # noqa: S308
        query(context, sort=f"-{name}" if rising else name),
        label,
        draw_icon("chevron-up" if rising else "chevron-down", "sort-on" if rising or falling else "sort-off"),
    )


_CLASSES = ((forms.CheckboxInput, "form-check-input"), (forms.Select, "form-select"))


def _css(widget: forms.Widget) -> str:
    return next((css for kind, css in _CLASSES if isinstance(widget, kind)), "form-control")


@register.filter
def styled(field: forms.BoundField) -> SafeString:
    """The control of a form's field in the portal's looks."""
    css = f"{_css(field.field.widget)} {'is-invalid' if field.errors else ''}"
    return field.as_widget(attrs={"class": f"{field.field.widget.attrs.get('class', '')} {css}".strip()})


@register.filter
def filter_control(field: forms.BoundField) -> SafeString:
    """A control of a filter bar: its label is inside it."""
    attrs: dict[str, str | bool] = {"class": _css(field.field.widget), "aria-label": str(field.label)}
    if isinstance(field.field.widget, forms.Select):
        blank = _("Any %(what)s") % {"what": str(field.label).lower()}
        offered = getattr(field.field, "choices", None) or [("true", _("Yes")), ("false", _("No"))]
        choices = [("", blank), *(choice for choice in offered if choice[0])]
        control = forms.Select(choices=choices)
        value = field.value()
        chosen = value[0] if isinstance(value, list) and value else value or ""
        drawn = control.render(field.html_name, chosen, {**attrs, "id": field.auto_id})
        return format_html('<span class="filter filter-select">{}</span>', drawn)
    attrs |= {"placeholder": str(field.label), "autocomplete": "off"}
    return format_html('<span class="filter">{}</span>', field.as_widget(attrs=attrs))


@register.filter
def is_checkbox(field: forms.BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


_PAGES = {
    "compute.instance": "compute:instance",
    "network.network": "network:network",
    "storage.volume": "storage:volume",
    "storage.template": "storage:template",
    "compute.sshkey": "compute:ssh-key",
    "infrastructure.host": "infrastructure:host",
    "infrastructure.zone": "infrastructure:zone",
    "storage.storagepool": "storage:pool",
    "tenants.domain": "tenants:domain",
    "tenants.account": "tenants:account",
    "tenants.project": "tenants:project",
    "tenants.user": "tenants:user",
    "tenants.group": "tenants:group",
    "tenants.role": "tenants:role",
    "core.alert": "infrastructure:alert",
    "jobs.job": "web:job",
}


@register.simple_tag
def resource_link(kind: str, uuid: Any, name: str) -> SafeString | str:
    """The name of a resource, as a link where it has a page. What is gone answers there with 404."""
    route = _PAGES.get(kind)
    if not route or not uuid:
        return name
    return format_html('<a href="{}">{}</a>', reverse(route, args=[uuid]), name)


@register.filter
def may(actor: Any, permission: str) -> bool:
    """Whether the actor has the permission anywhere."""
    return bool(actor.may(permission))


@register.filter
def may_manage(actor: Any, thing: Any) -> bool:
    """Whether the actor may change that thing of a tenant's."""
    return bool(actor.may(permission_on(thing), thing.account))


@register.filter
def of_several(actor: Any, permission: str) -> bool:
    """Whether a list says whose its rows are: the actor sees things of several accounts and projects."""
    return acts_for_several(actor, permission)


@register.filter
def shared_by(actor: Any, thing: Any) -> str:
    """The account that shares the thing with the actor; nothing of what is the actor's own, or for everybody."""
    return str(thing.account) if sees_by_share(actor, thing) else ""


@register.filter
def sorted_tags(tags: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(tags.items())


@register.filter
def os_icon(os_type: str) -> str:
    """The mark of an operating system where the icon set has one."""
    known = ("debian", "ubuntu", "fedora", "redhat", "windows", "android", "apple")
    return next((f"brand-{name}" for name in known if name in os_type.lower()), "terminal-2")


@register.filter
def shown_value(value: Any) -> str:
    """A value of an event's fields: booleans and nothing in words, lists and objects as JSON."""
    if value is None or value == "":
        return _("empty")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


@register.filter
def humanise(name: str) -> str:
    """``instance_running`` in words."""
    return name.replace("_", " ").capitalize()
