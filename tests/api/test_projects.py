"""Projects, their members and invitations over REST."""

from __future__ import annotations

import re
from typing import Any

import pytest

from compute.models import SSHKey
from network.models import Network
from tenants.actor import SYSTEM, actor_of
from tenants.models import Account, OutgoingMail, Project, ProjectInvitation, User
from tenants.services.api_keys import create_api_key
from tenants.services.grants import grant_role
from tenants.services.key_holders import holder_of_key
from tenants.services.projects import create_project
from tests import factories
from tests.api.client import Api, messages
from tests.authority.estate import PUBLIC_KEY
from tests.conftest import RunJobs
from tests.factories import Cloud
from tests.keys import HERE

pytestmark = pytest.mark.django_db
ADDRESS = "ann@example.org"


@pytest.fixture
def home() -> Account:
    return factories.account()


@pytest.fixture
def project(home: Account) -> Project:
    return create_project(SYSTEM, owner=home, name="apollo")


@pytest.fixture
def boss(home: Account) -> Api:
    return Api(actor_of(factories.user("account_owner", of=home)))


@pytest.fixture
def ann() -> Api:
    person = factories.user("member")
    User.objects.filter(pk=person.pk).update(email=ADDRESS)
    return Api(actor_of(person))


def last_token() -> str:
    found = re.search(r"/invitations/([\w-]+)/", OutgoingMail.objects.latest("id").body)
    assert found
    return found[1]


def test_a_project_from_the_first_request_to_the_last(boss: Api, home: Account, run_jobs: RunJobs) -> None:
    made = boss.post("projects/", {"name": "apollo", "description": "To the moon", "tags": {"team": "space"}})

    assert made.status_code == 201
    shown = made.json()
    assert shown["owner"] == {"id": str(home.uuid), "name": home.name}
    assert (shown["state"], shown["allowed"]) == ("Active", ["suspend", "delete"])
    address = f"projects/{shown['id']}/"
    assert boss.get("projects/", tag="team:space", state="Active", owner=str(home.uuid)).json()["results"] == [shown]
    assert boss.get("projects/", state="Suspended").json()["results"] == []
    assert boss.get(f"accounts/{shown['id']}/").json()["owner"]["name"] == home.name
    stale = boss.ask("patch", address, {"name": "x"}, if_match='"stale"')
    assert stale.status_code == 412
    assert boss.ask("patch", address, {"name": "gemini"}, if_match=made["ETag"]).json()["name"] == "gemini"
    suspended = boss.post(f"{address}suspend/")
    assert (suspended.status_code, suspended.json()["state"]) == (202, "Suspended")
    run_jobs()
    refused = boss.post("ssh-keys/", {"name": "k", "public_key": PUBLIC_KEY, "account": shown["id"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "project-suspended")
    assert boss.post(f"{address}activate/").json()["state"] == "Active"
    boss.post("ssh-keys/", {"name": "k", "public_key": PUBLIC_KEY, "account": shown["id"]})
    assert boss.delete(address).status_code == 409
    assert "confirm" in messages(boss.delete(f"{address}?confirm=apollo"))
    gone = boss.delete(f"{address}?confirm=gemini")
    run_jobs()

    assert gone.status_code == 202
    assert boss.get(gone.json()["job"]["url"]).json()["state"] == "succeeded"
    assert boss.get(address).status_code == 404


def test_things_are_made_in_a_project_by_its_id(project: Project, cloud: Cloud) -> None:
    worker = factories.user("member")
    grant_role(SYSTEM, user=worker, role="project_member", on=project.account)
    api, chosen = Api(actor_of(worker)), {"account": str(project.uuid)}

    api.post("ssh-keys/", {"name": "k", "public_key": PUBLIC_KEY, **chosen})
    api.post("networks/", {"name": "n", "zone": str(cloud.zone.uuid), "cidr": "10.8.0.0/24", **chosen})

    assert SSHKey.objects.get(name="k").account == Network.objects.get(name="n").account == project.account
    assert [row["name"] for row in api.get("ssh-keys/", **chosen).json()["results"]] == ["k"]
    assert api.get("ssh-keys/", account=str(worker.account.uuid)).json()["results"] == []
    assert api.get(f"projects/{project.uuid}/limits/").json()["owner"]["name"] == "apollo"
    assert api.patch(f"projects/{project.uuid}/limits/", {"networks": 1}).status_code == 403
    foreign = Api(factories.member()).post("ssh-keys/", {"name": "k", "public_key": PUBLIC_KEY, **chosen})
    assert (foreign.status_code, messages(foreign)) == (400, {"account": ["There is no such account."]})


def test_an_invitation_is_sent_seen_and_accepted(boss: Api, ann: Api, project: Project) -> None:
    sent = boss.post("project-invitations/", {"project": str(project.uuid), "email": "Ann@Example.org"})

    assert sent.status_code == 201
    shown = sent.json()
    assert (shown["email"], shown["state"], shown["role"]["name"]) == (ADDRESS, "Pending", "Project member")
    token = last_token()
    assert token not in sent.content.decode()
    assert OutgoingMail.objects.latest("id").body.count(f"http://testserver/invitations/{token}/") == 1
    address = f"project-invitations/{shown['id']}/"
    assert [row["id"] for row in ann.get("project-invitations/", state="Pending").json()["results"]] == [shown["id"]]
    bare = ann.post(f"{address}accept/")
    assert (bare.status_code, list(messages(bare))) == (400, ["token"])
    accepted = ann.post(f"{address}accept/", {"token": token})
    assert (accepted.status_code, accepted.json()["state"]) == (200, "Accepted")
    assert ann.post(f"{address}accept/", {"token": token}).status_code == 409
    (member,) = boss.get("project-members/", project=str(project.uuid)).json()["results"]
    assert (member["user"]["name"], member["project"]["id"]) == (ann.actor.name, str(project.uuid))  # type: ignore[union-attr]
    assert ann.post(f"projects/{project.uuid}/leave/").status_code == 204
    assert ann.get(f"projects/{project.uuid}/").status_code == 404


def test_expired_and_foreign_invitations_are_refused(boss: Api, ann: Api, project: Project) -> None:
    shown = boss.post("project-invitations/", {"project": str(project.uuid), "email": ADDRESS}).json()
    token, address = last_token(), f"project-invitations/{shown['id']}/"
    stranger = Api(factories.member())

    for verb in ("accept", "decline", "revoke", "resend"):
        assert stranger.post(f"{address}{verb}/", {}).status_code == 404
    assert ann.post(f"{address}revoke/").status_code in (403, 404)
    ProjectInvitation.objects.update(expires_at="2020-01-01T00:00:00Z")
    late = ann.post(f"{address}accept/", {"token": token})

    assert (late.status_code, late.json()["code"]) == (409, "invitation-expired")
    assert not ann.get("projects/").json()["results"]


def test_members_change_one_by_one_and_many_at_once(boss: Api, project: Project) -> None:
    people = [factories.user("project_member", on=project.account) for _ in range(3)]
    rows = boss.get("project-members/", project=str(project.uuid)).json()["results"]
    role = boss.get("roles/", code="project_admin").json()["results"][0]["id"]

    changed = boss.patch(f"project-members/{rows[0]['id']}/", {"role": role}).json()
    assert (changed["id"], changed["role"]["name"]) == (rows[0]["id"], "Project admin")
    done = boss.post("project-members/bulk/", {"action": "delete", "ids": [row["id"] for row in rows]}).json()

    assert [result["status"] for result in done["results"]] == [204, 204, 204]
    assert not any(actor_of(person).may("projects.view", project.account) for person in people)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "apollo"}, "name"),
        ({"name": "x", "owner": "nonsense"}, "owner"),
        ({"name": "x", "tags": {"": "y"}}, "tags"),
        ({"name": "x", "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_project_stands_at_the_field(
    boss: Api, project: Project, body: dict[str, Any], field: str
) -> None:
    answer = boss.post("projects/", body)

    assert (answer.status_code, list(messages(answer))) == (400, [field])
    assert Project.objects.count() == 1


def test_a_key_for_the_owner_covers_its_projects(home: Account, project: Project) -> None:
    person = factories.user("account_owner", of=home)
    actor = actor_of(person)

    def reaches(**scope: Any) -> bool:
        _, text = create_api_key(actor, user=person, name=factories.unique("key"), **scope)
        holder = holder_of_key(text, address=HERE)
        assert holder is not None
        return holder.actor().may("compute.view", project.account)

    assert reaches(accounts=[home])
    assert reaches(accounts=[home], permissions=["compute.view", "projects.manage"])
    assert not reaches(accounts=[home], permissions=["compute.view"])
    assert reaches(accounts=[project.account], permissions=["compute.view"])


def test_lists_cost_the_same_whatever_is_in_them(
    boss: Api, home: Account, project: Project, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        factories.user("project_member", on=project.account)
        create_project(SYSTEM, owner=home, name=f"p{number}")
        boss.post("project-invitations/", {"project": str(project.uuid), "email": f"{number}@example.org"})

    for noun in ("projects", "project-members", "project-invitations"):
        boss.get(f"{noun}/")
        # The key with its user, the note of its use, the grants, the rows.
        with django_assert_max_num_queries(4):
            assert len(boss.get(f"{noun}/").json()["results"]) >= 5
