"""Everything that one tenant has, each thing under a name that nobody else would have."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from cloudportal.core.models import Event
from cloudportal.jobs.models import Job
from compute.models import Instance
from compute.services.ssh_keys import create_ssh_key
from compute.settings import EXPUNGE_DELAY
from storage.models import Volume
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, ApiKey, User
from tenants.notifying.kinds import KEY_EXPIRES
from tenants.services.api_keys import create_api_key
from tenants.services.grants import grant_role
from tenants.services.groups import create_group
from tenants.services.project_invitations import invite_to_project
from tenants.services.projects import create_project
from tenants.services.roles import create_role
from tenants.services.webhooks import create_webhook
from tenants.services.webhooks import test_webhook as post_test
from tests import factories
from tests.factories import Cloud

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPEqvJ+QCKdFAQCUM3bHqvqZr1eR0jjBYHNVLwTb4f8q sesame@home"


@dataclass(frozen=True, slots=True)
class Estate:
    """`things` maps a noun of the table to the object; `shared` are those of the cloud that everybody may see."""

    actor: Actor
    things: dict[str, Any]
    shared: dict[str, Any]

    def words(self) -> set[str]:
        """Ids and names that no answer to anybody else may hold."""
        found = {self.actor.name}
        for thing in self.things.values():
            if hasattr(thing, "uuid"):
                found |= {str(thing.uuid), thing.uuid.hex}
            found |= {word for word in (getattr(thing, "name", ""), getattr(thing, "address", "")) if word}
        return found - {""}


def estate(cloud: Cloud) -> Estate:
    """One of each noun, made by a new tenant."""
    person = factories.user("member", factories.account("sesame-account"))
    actor = actor_of(person)
    home = Account.objects.get(pk=person.account_id)
    network = factories.network(actor, cloud.zone, name="sesame-network")
    template = factories.template(cloud.zone, home, is_public=False)
    key = create_ssh_key(actor, account=home, name="sesame-key", public_key=PUBLIC_KEY)
    instance = factories.instance(actor, cloud, on=network, name="sesame-vm", ssh_keys=[key])
    api_key, _ = create_api_key(actor, user=person, name="sesame-api-key")
    # Nothing is posted: no job runs here.
    webhook, _ = create_webhook(SYSTEM, account=home, name="sesame-webhook", url="http://93.184.215.14/sesame")
    crew = create_group(SYSTEM, domain=home.domain, name="sesame-crew")
    own_role = create_role(SYSTEM, domain=home.domain, name="sesame-role", permissions=["compute.view"])
    project = create_project(SYSTEM, owner=home, name="sesame-project")
    tokens: list[str] = []
    invitation = invite_to_project(
        SYSTEM, project=project, email="sesame@example.org", link_to=lambda token: tokens.append(token) or token
    )
    things = {
        "network": network,
        "template": template,
        "ssh_key": key,
        "instance": instance,
        "volume": Volume.objects.get(attachment__instance=instance),
        "api_key": ApiKey.objects.get(pk=api_key.pk),
        "public_address": network.public_addresses.get(),
        "job": Job.objects.filter(resource_uuid=instance.uuid).latest("id"),
        "event": Event.objects.filter(resource_uuid=instance.uuid).latest("id"),
        "webhook": webhook,
        "webhook_delivery": post_test(SYSTEM, webhook=webhook),
        "account": home,
        "domain": home.domain,
        "user": User.objects.get(pk=person.pk),
        "group": crew,
        "role": own_role,
        "grant": grant_role(SYSTEM, group=crew, role=own_role, on=home),
        "project": project,
        "project_member": grant_role(SYSTEM, user=person, role="project_member", on=project.account),
        "invitation": invitation,
        "mailed": SimpleNamespace(token=tokens[0]),
        "notification": factories.notification(person),
        "identity_provider": factories.identity_provider(home.domain),
        "session": factories.session(person),
        "security_key": factories.security_key(person),
    }
    return Estate(Actor(actor.name, actor.user_id, actor.account_id, actor.reach), things, _shared(cloud))


def _shared(cloud: Cloud) -> dict[str, Any]:
    host = cloud.hosts()[0]
    return {
        "zone": cloud.zone,
        "offering": cloud.offering,
        "disk_offering": cloud.offering.root_disk,
        "pod": cloud.cluster.pod,
        "cluster": cloud.cluster,
        "host": host,
        "pool": cloud.pool,
        "store": cloud.store,
        "alert": factories.alert(host),
        "notification_kind": SimpleNamespace(uuid=KEY_EXPIRES.name),
        # Settings are called by their names.
        "setting": SimpleNamespace(uuid=EXPUNGE_DELAY.name),
    }


def is_still_there(estate: Estate) -> bool:
    """Whether the instance runs as before and has lost nothing."""
    return Instance.objects.filter(pk=estate.things["instance"].pk, state="Running").exists()
