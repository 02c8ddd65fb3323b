"""Pages of projects: from the invitation to what is made in them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compute.models import SSHKey
from network.models import Network
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Grant, OutgoingMail, Project, ProjectInvitation, User
from tenants.services.project_invitations import invite_to_project
from tenants.services.projects import create_project
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.conftest import RunJobs
from tests.factories import Cloud
from tests.web.conftest import Visit, htmx, words

pytestmark = pytest.mark.django_db
DIALOG = htmx("dialog-body")
ADDRESS = "ann@example.org"


@pytest.fixture
def home() -> Account:
    return factories.account()


@pytest.fixture
def boss(home: Account) -> User:
    return factories.user("account_owner", of=home)


@pytest.fixture
def project(home: Account) -> Project:
    return create_project(SYSTEM, owner=home, name="apollo", description="To the moon")


def known_as(address: str, of: Account | None = None) -> User:
    person = factories.user("member", of)
    User.objects.filter(pk=person.pk).update(email=address)
    return User.objects.get(pk=person.pk)


def state_of(project: Project) -> str:
    return Project.objects.select_related("account").get(pk=project.pk).state


def mailed() -> str:
    """The address in the last mail, without the host."""
    found = re.search(r"(/invitations/[\w-]+/)", OutgoingMail.objects.latest("id").body)
    assert found
    return found[1]


def test_a_project_from_the_first_form_to_the_last(visit: Visit, home: Account, boss: User, run_jobs: RunJobs) -> None:
    client = visit(actor_of(boss))
    assert "No projects yet" in words(client.get("/projects/"))

    made = client.post("/projects/new/", {"owner": home.uuid, "name": "apollo", "description": "To the moon"})
    project = Project.objects.get(account__name="apollo", owner=home)
    address = f"/projects/{project.uuid}/"
    assert made["Location"] == address
    page = words(client.get(address))
    assert "To the moon" in page
    assert "Nobody is in it yet" in page
    client.post(f"{address}edit/", {"name": "gemini", "description": "Around it"}, headers=DIALOG)
    client.post(f"{address}tags/", {"lines": "team = space", "before": "{}"}, headers=DIALOG)
    listed = words(client.get("/projects/?tag=team:space"))
    assert (">gemini</a>" in listed, "Around it" in listed) == (True, True)
    client.post(f"{address}suspend/", headers=DIALOG)
    run_jobs()
    assert state_of(project) == "Suspended"
    assert "Suspended" in words(client.get(address))
    client.post(f"{address}activate/", headers=DIALOG)
    assert state_of(project) == "Active"
    wrong = client.post(f"{address}delete/", {"typed_name": "apollo"}, headers=DIALOG)
    assert (wrong.status_code, state_of(project)) == (422, "Active")
    gone = client.post(f"{address}delete/", {"typed_name": "gemini"}, headers=DIALOG)

    assert gone["HX-Redirect"] == "/projects/"
    assert state_of(project) == "Removing"


def test_who_is_invited_follows_the_link_and_joins(visit: Visit, boss: User, project: Project) -> None:
    ann = known_as(ADDRESS)
    inviting = visit(actor_of(boss))
    dialog = words(inviting.get(f"/projects/{project.uuid}/invite/", headers=DIALOG))
    role = re.search(r'value="([0-9a-f-]{36})" selected>Project member', dialog)
    assert role
    inviting.post(f"/projects/{project.uuid}/invite/", {"email": "Ann@Example.org", "role": role[1]}, headers=DIALOG)
    assert ADDRESS in words(inviting.get(f"/projects/{project.uuid}/"))

    link = mailed()
    away = Client().get(link)
    assert (away.status_code, away["Location"]) == (302, f"/sign-in/?next={link}")
    client = visit(actor_of(ann))
    listed = words(client.get("/projects/"))
    assert "You are invited to the project apollo" in listed
    assert f"Open the link in the mail to {ADDRESS}" in listed
    assert boss.username in words(client.get(link))
    joined = client.post(link)

    assert joined["Location"] == f"/projects/{project.uuid}/"
    page = words(client.get(joined["Location"]))
    assert "You are in the project apollo now." in page
    assert "Leave" in page
    assert "/suspend/" not in page
    assert "You are invited" not in words(client.get("/projects/"))
    assert "Open the project" in words(client.get(link))
    again = client.post(link)
    assert again.status_code == 409


def test_users_of_the_owner_answer_on_the_page(visit: Visit, home: Account, project: Project) -> None:
    person = known_as(ADDRESS, of=home)
    invitation = invite_to_project(SYSTEM, project=project, email=ADDRESS, link_to=str)
    client = visit(actor_of(person))

    assert "Open the link" not in words(client.get("/projects/"))
    client.post(f"/project-invitations/{invitation.uuid}/accept/", headers=DIALOG)

    assert actor_of(person).may("compute.view", project.account)


def test_an_expired_link_says_so(visit: Visit, project: Project) -> None:
    ann = known_as(ADDRESS)
    invite_to_project(SYSTEM, project=project, email=ADDRESS, link_to=lambda token: f"/invitations/{token}/")
    ProjectInvitation.objects.update(expires_at="2020-01-01T00:00:00Z")

    for answer in (visit(actor_of(ann)).get(mailed()), visit(actor_of(ann)).post(mailed())):
        assert answer.status_code == 409
        assert "has expired. Ask for another" in words(answer)
    assert visit(factories.member()).get(mailed()).status_code == 404


def test_members_are_given_another_role_and_taken_out(visit: Visit, boss: User, project: Project) -> None:
    person = factories.user("project_member", on=project.account)
    member = Grant.objects.get(account=project.account, user=person)
    client = visit(actor_of(boss))

    dialog = words(client.get(f"/project-members/{member.uuid}/role/", headers=DIALOG))
    role = re.search(r'value="([0-9a-f-]{36})">Project admin', dialog)
    assert role
    client.post(f"/project-members/{member.uuid}/role/", {"role": role[1]}, headers=DIALOG)
    assert actor_of(person).may("projects.manage", project.account)
    removed = client.post(f"/project-members/{member.uuid}/remove/", headers=DIALOG)

    assert removed["HX-Redirect"] == f"/projects/{project.uuid}/"
    assert not actor_of(person).may("projects.view", project.account)


def test_a_member_leaves(visit: Visit, project: Project) -> None:
    person = factories.user("project_member", on=project.account)

    left = visit(actor_of(person)).post(f"/projects/{project.uuid}/leave/", headers=DIALOG)

    assert left["HX-Redirect"] == "/projects/"
    assert visit(actor_of(person)).get(f"/projects/{project.uuid}/").status_code == 404


@pytest.fixture
def worker(project: Project) -> User:
    """Somebody with an account of their own, and a project of another's."""
    person = factories.user("member")
    factories.grant_role(SYSTEM, user=person, role="project_member", on=project.account)
    return person


def test_each_form_makes_things_in_the_project(visit: Visit, cloud: Cloud, worker: User, project: Project) -> None:
    client, chosen = visit(actor_of(worker)), {"account": project.uuid}

    for address in ("/ssh-keys/new/", "/networks/new/", "/templates/new/", "/instances/deploy/"):
        page = words(client.get(f"{address}?account={project.uuid}"))
        assert f'value="{project.uuid}" selected>apollo (' in page, address
        assert "Account or project" in page
    client.post("/ssh-keys/new/", {"name": "laptop", "public_key": PUBLIC_KEY, **chosen})
    client.post("/networks/new/", {"zone": cloud.zone.uuid, "name": "n", "cidr": "10.9.0.0/24", **chosen})
    assert SSHKey.objects.get(name="laptop").account == project.account
    assert Network.objects.get(name="n").account == project.account
    client.post("/ssh-keys/new/", {"name": "own", "public_key": PUBLIC_KEY})

    assert SSHKey.objects.get(name="own").account == worker.account


def test_the_wizard_deploys_into_the_project(visit: Visit, cloud: Cloud, worker: User, project: Project) -> None:
    at_work = Actor(worker.username, worker.pk, project.account_id, actor_of(worker).reach)
    network = factories.network(at_work, cloud.zone, name="of-apollo")
    client = visit(actor_of(worker))

    shown = words(client.post("/instances/deploy/preview/", {"account": project.uuid, "zone": cloud.zone.uuid}))
    assert "of-apollo" in shown
    assert "What apollo has left" in shown
    made = client.post(
        "/instances/deploy/",
        {
            "account": project.uuid, "zone": cloud.zone.uuid, "template": cloud.template.uuid,
            "offering": cloud.offering.uuid, "networks": network.uuid, "name": "lander",
        },
    )  # fmt: skip

    assert made.status_code == 302
    assert cloud.zone.instances.get(name="lander").account == project.account


@pytest.mark.parametrize("address", ["/ssh-keys/new/", "/networks/new/"])
def test_nothing_is_made_for_an_account_that_is_none_of_theirs(
    visit: Visit, cloud: Cloud, worker: User, home: Account, address: str
) -> None:
    values = {"name": "x", "public_key": PUBLIC_KEY, "zone": cloud.zone.uuid, "cidr": "10.9.0.0/24"}

    for person in (worker, factories.user("member")):
        answer = visit(actor_of(person)).post(address, {**values, "account": home.uuid})
        assert answer.status_code == 422
    assert not SSHKey.objects.exists()
    assert not Network.objects.filter(account=home).exists()


def test_lists_are_narrowed_to_a_project_by_whoever_has_several(
    visit: Visit, worker: User, project: Project, tenant: Actor
) -> None:
    SSHKey.objects.create(account=project.account, name="shared", public_key="x", fingerprint="y")
    SSHKey.objects.create(account=worker.account, name="own", public_key="x", fingerprint="y")
    client = visit(actor_of(worker))

    page = words(client.get("/ssh-keys/"))
    assert ("shared" in page, ">own</a>" in page, "Any owner" in page) == (True, True, True)
    narrowed = words(client.get(f"/ssh-keys/?account={project.uuid}"))
    assert ("shared" in narrowed, ">own</a>" in narrowed) == (True, False)
    assert f'value="{project.uuid}" selected' in narrowed
    for address in ("/instances/", "/networks/", "/volumes/", "/templates/"):
        assert "Any owner" in words(client.get(address)), address
    assert "Any owner" not in words(visit(tenant).get("/ssh-keys/"))


def test_a_page_costs_the_same_whatever_is_on_it(visit: Visit, boss: User, project: Project) -> None:
    client = visit(actor_of(boss))

    def cost(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            client.get(address)
        return len(found)

    def fill(number: int) -> None:
        factories.user("project_member", on=project.account)
        invite_to_project(SYSTEM, project=project, email=f"{number}@example.org", link_to=str)
        create_project(SYSTEM, owner=project.owner, name=f"p{number}")

    fill(0)
    few: dict[str, Any] = {address: cost(address) for address in ("/projects/", f"/projects/{project.uuid}/")}
    for number in range(1, 6):
        fill(number)

    assert {address: cost(address) for address in few} == few
