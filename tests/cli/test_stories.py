"""What somebody does at a terminal, against a real server, by a process that has nothing of the portal's."""

from __future__ import annotations

import csv
import io
import json
import stat
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from compute.models import Instance
from network.models import Network
from tenants.actor import Actor
from tests import factories
from tests.cli.conftest import Shell, key_of
from tests.conftest import RunJobs
from tests.factories import Cloud

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_newcomer_logs_in_and_sees_who_they_are(signed_in: Shell, tenant: Actor) -> None:
    answer = signed_in("whoami", "-o", "json")

    assert answer.code == 0
    assert json.loads(answer.out)["username"] == tenant.name


def test_keys_are_kept_where_nobody_else_reads(signed_in: Shell) -> None:
    (kept,) = Path(signed_in.environment["HOME"]).rglob("profiles.json")

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "cpk_" in kept.read_text()
    assert "cpk_" not in signed_in("profiles", "list", "-o", "json").out


def test_a_wrong_key_is_not_kept(shell: Shell, live_server: object) -> None:
    answer = shell("login", str(live_server.url), CLOUDPORTAL_API_KEY="cpk_000000000000_wrong")  # type: ignore[attr-defined]

    assert answer.code == 3
    assert "not valid" in answer.err
    assert not list(Path(shell.environment["HOME"]).rglob("profiles.json"))


def test_a_machine_is_made_by_names_and_watched(
    signed_in: Shell, cloud: Cloud, tenant: Actor, run_jobs: RunJobs
) -> None:
    network = factories.network(tenant, cloud.zone)
    run_jobs()

    process = signed_in.begin(
        "instances", "create", "--name", "web", "--zone", cloud.zone.name, "--offering", cloud.offering.name,
        "--template", cloud.template.name, "--networks", network.name, "--wait", "--output", "json",
    )  # fmt: skip
    out, err = _watched(process, run_jobs)

    assert process.returncode == 0, err
    assert json.loads(out)["state"] == "Running"
    assert "Power on" in err, "the steps are told as they happen"
    assert Instance.objects.get(name="web").state == "Running"


def test_the_daily_verbs(signed_in: Shell, cloud: Cloud, tenant: Actor, run_jobs: RunJobs) -> None:
    factories.network(tenant, cloud.zone)
    run_jobs()

    process = signed_in.begin("run", "web")
    out, err = _watched(process, run_jobs)
    assert process.returncode == 0, err
    assert out.startswith("web · Running · 10.1.0.")

    listed = signed_in("ls")
    assert "web" in listed.out
    assert "Running" in listed.out

    process = signed_in.begin("rm", "web", "--yes")
    out, err = _watched(process, run_jobs)
    assert process.returncode == 0, err
    assert Instance.objects.get(name="web").state == "Destroyed"


def test_a_job_that_fails_ends_the_command_with_its_words(
    signed_in: Shell, cloud: Cloud, tenant: Actor, run_jobs: RunJobs
) -> None:
    factories.network(tenant, cloud.zone)
    run_jobs()
    cloud.world.inject("start_instance", "fatal")

    process = signed_in.begin("run", "web")
    _out, err = _watched(process, run_jobs)

    assert process.returncode == 8
    assert "Deploy instance web: failed." in err


def test_a_dry_run_prints_the_call_and_makes_none(signed_in: Shell, cloud: Cloud) -> None:
    words = ("networks", "create", "--name", "lan", "--zone", cloud.zone.name, "--cidr", "10.9.0.0/24")

    answer = signed_in(*words, "--dry-run")

    assert answer.code == 0
    assert answer.out.startswith(f"curl -X POST {signed_in.url}/api/v1/networks/")
    assert str(cloud.zone.uuid) in answer.out
    assert "cpk_" not in answer.out
    assert not Network.objects.exists()


def test_lists_in_every_form(signed_in: Shell, cloud: Cloud, tenant: Actor, run_jobs: RunJobs) -> None:
    factories.network(tenant, cloud.zone, name="lan")
    run_jobs()

    as_json = json.loads(signed_in("networks", "list", "-o", "json").out)
    as_yaml = yaml.safe_load(signed_in("networks", "list", "-o", "yaml").out)
    as_csv = list(csv.DictReader(io.StringIO(signed_in("networks", "list", "-o", "csv").out)))
    as_table = signed_in("network", "list").out.splitlines()
    asked = signed_in("networks", "list", "-q", "[?state=='Implemented'].name").out
    chosen = signed_in("networks", "list", "--columns", "name,zone.name", "-o", "csv").out

    assert as_json == as_yaml
    assert [row["name"] for row in as_csv] == ["lan"]
    assert as_table[0].startswith("NAME")
    assert as_table[1].startswith("lan")
    assert asked == "lan\n"
    assert chosen == f"name,zone.name\nlan,{cloud.zone.name}\n"


REFUSED = [
    (("instances", "show", "nobody"), 4, "called “nobody”"),
    (("instances", "show", "00000000-0000-4000-8000-000000000000"), 4, "There is no such object."),
    (("instances", "create", "--name", "x"), 2, "--offering"),
    (("networks", "list", "-q", "[?"), 2, "JMESPath"),
    (("networks", "list", "--columns", "nonsense"), 2, "no column"),
    (("disk-offerings", "create", "--name", "z"), 3, "on the whole cloud"),
    (("networks", "create", "--name", "x", "--zone", "{zone}", "--cidr", "8.8.8.0/24"), 6, "cidr"),
    (("networks", "create", "--body", "[]"), 2, "JSON object"),
    (("nonsense",), 2, "No such command"),
    (("whoami", "--profile", "nobody"), 2, "profile"),
]


def test_exit_codes_tell_what_was_wrong(signed_in: Shell, cloud: Cloud, tenant: Actor, run_jobs: RunJobs) -> None:
    factories.network(tenant, cloud.zone)
    run_jobs()

    for words, code, says in REFUSED:
        answer = signed_in(*(word.format(zone=cloud.zone.uuid) for word in words))

        assert answer.code == code, answer
        assert says in answer.err
        assert "Traceback" not in answer.err


def test_a_portal_that_is_gone(shell: Shell) -> None:
    answer = shell("login", "http://127.0.0.1:9", CLOUDPORTAL_API_KEY="cpk_000000000000_any")

    assert answer.code == 7
    assert "does not answer" in answer.err


def test_names_complete_in_every_shell(signed_in: Shell, cloud: Cloud, tenant: Actor, run_jobs: RunJobs) -> None:
    factories.network(tenant, cloud.zone, name="frontend")
    run_jobs()
    words = "cloudportal networks show fro"

    bash = signed_in(_CLOUDPORTAL_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD="3")
    zsh = signed_in(_CLOUDPORTAL_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=words)
    fish = signed_in(
        _CLOUDPORTAL_COMPLETE="complete_fish", _TYPER_COMPLETE_ARGS=words, _TYPER_COMPLETE_FISH_ACTION="get-args"
    )

    assert [answer.out.count("frontend") for answer in (bash, zsh, fish)] == [1, 1, 1]


def test_another_tenants_names_do_not_complete(
    shell: Shell, signed_in: Shell, cloud: Cloud, other_tenant: Actor, run_jobs: RunJobs
) -> None:
    factories.network(other_tenant, cloud.zone, name="frontend")
    run_jobs()

    answer = signed_in(
        _CLOUDPORTAL_COMPLETE="complete_bash", COMP_WORDS="cloudportal networks show fro", COMP_CWORD="3"
    )

    assert "frontend" not in answer.out


def test_the_environment_goes_before_the_profile(signed_in: Shell, other_tenant: Actor) -> None:
    answer = signed_in("whoami", "-o", "json", CLOUDPORTAL_URL=signed_in.url, CLOUDPORTAL_API_KEY=key_of(other_tenant))

    assert json.loads(answer.out)["username"] == other_tenant.name


def _watched(process: subprocess.Popen[str], run_jobs: RunJobs) -> tuple[str, str]:
    """Works on jobs until the command has seen the end of its own."""
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        run_jobs()
        time.sleep(0.05)
    return process.communicate(timeout=5)
