"""What can be done with an instance: the words and the services behind the buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from compute.models import Instance
from compute.services import instances as services
from tenants.actor import Actor


@dataclass(frozen=True, slots=True)
class Action:
    """One button. `asks` says whether a question comes first; `typed` wants the name of the instance in it."""

    name: str
    label: str | Promise
    icon: str
    service: Callable[..., Any]
    words: str | Promise
    tone: str = "primary"
    asks: bool = True
    typed: bool = False
    force: bool = False
    question: str | Promise = ""
    consequences: tuple[str | Promise, ...] = ()


ACTIONS = {
    action.name: action
    for action in (
        Action("start", _("Start"), "player-play", services.start_instance, _("%(name)s is starting."), asks=False),
        Action(
            "stop",
            _("Stop"),
            "player-stop",
            services.stop_instance,
            _("%(name)s is stopping."),
            force=True,
            question=_("Stop %(name)s?"),
            consequences=(
                _("The guest is asked to shut down; its power is cut if it does not in time."),
                _("Disks and addresses stay. While it is stopped you pay for its disks, not for its running."),
            ),
        ),
        Action(
            "reboot",
            _("Reboot"),
            "refresh",
            services.reboot_instance,
            _("%(name)s is rebooting."),
            question=_("Reboot %(name)s?"),
            consequences=(_("It is reset as by its button: what the guest has not written to disk is lost."),),
        ),
        Action(
            "destroy",
            _("Destroy"),
            "trash",
            services.destroy_instance,
            _("%(name)s goes to the recycle bin."),
            tone="danger",
            question=_("Destroy %(name)s?"),
            consequences=(
                _("It is stopped and goes to the recycle bin."),
                _("Until the bin is emptied it can be recovered, with its disks and addresses."),
            ),
        ),
        Action(
            "recover",
            _("Recover"),
            "restore",
            services.recover_instance,
            _("%(name)s is out of the recycle bin, stopped."),
            asks=False,
        ),
        Action(
            "expunge",
            _("Expunge"),
            "flame",
            services.expunge_instance,
            _("%(name)s is being removed for good."),
            tone="danger",
            typed=True,
            question=_("Remove %(name)s for good?"),
            consequences=(
                _("Its disks and all data on them are deleted. Nobody can bring them back."),
                _("Its addresses are given back and may go to others."),
                _("Metering ends when the job is done."),
            ),
        ),
    )
}


def offered(actor: Actor, instance: Instance) -> list[dict[str, Any]]:
    """Every action with whether the state table allows it now; none to those who may only look."""
    if not actor.may("compute.manage", instance.account):
        return []
    allowed = instance.lifecycle.allowed(instance.state)
    return [{"action": action, "allowed": name in allowed} for name, action in ACTIONS.items()]


class StopForm(forms.Form):
    force = forms.BooleanField(
        required=False, label=_("Cut the power at once"), help_text=_("Like pulling the plug: unsaved data is lost.")
    )
