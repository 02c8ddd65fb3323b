"""Instances from POST to Running on the simulator, and how soon an idle worker starts."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from cloudportal.bench.client import API, Client
from cloudportal.bench.statistics import milliseconds, percentile
from cloudportal.bench.workbench import PartFailed, Workbench
from cloudportal.setup.steps import step

LONGEST_SECONDS = 900.0
LOOK_SECONDS = 0.02

_LEFT = """
SELECT count(*) FROM jobs_job WHERE kind = 'compute.deploy_instance' AND state IN ('queued', 'running', 'waiting')
"""
_DONE = """
SELECT count(*) FILTER (WHERE state = 'succeeded'), count(*), extract(epoch FROM max(finished_at) - min(created_at))
FROM jobs_job WHERE kind = 'compute.deploy_instance' AND id > %s
"""


def measure_jobs(bench: Workbench) -> dict[str, Any]:
    """With the web processes and one node of two workers, which is all that runs."""
    with bench.database("jobs") as url:
        with step("Jobs: seeding a simulated zone"):
            cloud = bench.run(url, "seed_simulated", tenants=bench.sizes.deploying_clients)
        with bench.portal(url) as port, bench.worker(url, "bench-jobs"):
            with step("Jobs: deploying one after the other"):
                alone = _one_by_one(port, cloud, bench.sizes.deploys_alone)
            with step("Jobs: starting on an idle system"):
                idle = bench.run(url, "measure_idle", jobs=bench.sizes.idle_jobs)
            with step("Jobs: deploying many at once"):
                crowd = _all_at_once(url, port, cloud, bench.sizes.deploys)
    return {
        **crowd,
        "single_create_p50_ms": milliseconds(percentile(alone, 50)),
        "single_create_max_ms": milliseconds(max(alone)),
        "enqueue_to_start_p50_ms": idle["p50_ms"],
        "enqueue_to_start_p99_ms": idle["p99_ms"],
    }


def _body(cloud: dict[str, Any], tenant: dict[str, str]) -> dict[str, Any]:
    return {name: cloud[name] for name in ("zone", "offering", "template")} | {"networks": [tenant["network"]]}


def _one_by_one(port: int, cloud: dict[str, Any], count: int) -> list[float]:
    """Seconds from the POST to the answer that the job is over. The first, which copies the template, is left out."""
    tenant = cloud["tenants"][0]
    client, took = Client(port, tenant["key"]), []
    for number in range(count + 1):
        begun = time.monotonic()
        job = client.post(f"{API}/instances/", name=f"alone-{number}", **_body(cloud, tenant))["job"]
        while (state := client.get_json(job["url"])["state"]) in {"queued", "running", "waiting"}:
            if time.monotonic() - begun > LONGEST_SECONDS:
                raise PartFailed(f"A deployment is {state} after {LONGEST_SECONDS:.0f} seconds.")
            time.sleep(LOOK_SECONDS)
        if state != "succeeded":
            raise PartFailed(f"A deployment ended as {state}.")
        took.append(time.monotonic() - begun)
    client.close()
    return took[1:]


def _all_at_once(url: str, port: int, cloud: dict[str, Any], count: int) -> dict[str, Any]:
    """Every client posts as fast as it is answered; counted from the first job's creation to the last one's end."""
    with psycopg.connect(url, autocommit=True) as connection:
        last = connection.execute("SELECT max(id) FROM jobs_job").fetchone()
        posts = _post_all(port, cloud, count)
        _wait_until_done(connection)
        done, made, seconds = connection.execute(_DONE, last).fetchone() or (0, 0, 0)
    if done != made:
        raise PartFailed(f"{made - done} of {made} deployments did not succeed.")
    return {
        "creates_per_second": round(done / float(seconds), 2),
        "create_answer_p50_ms": milliseconds(percentile(posts, 50)),
        "create_answer_p99_ms": milliseconds(percentile(posts, 99)),
    }


def _post_all(port: int, cloud: dict[str, Any], count: int) -> list[float]:
    tenants = cloud["tenants"]
    barrier = threading.Barrier(len(tenants))

    def post(tenant: dict[str, str]) -> list[float]:
        client, took = Client(port, tenant["key"]), []
        barrier.wait(LONGEST_SECONDS)
        for number in range(count // len(tenants)):
            begun = time.monotonic()
            client.post(f"{API}/instances/", name=f"crowd-{number}", **_body(cloud, tenant))
            took.append(time.monotonic() - begun)
        client.close()
        return took

    with ThreadPoolExecutor(len(tenants)) as threads:
        return [seconds for took in threads.map(post, tenants) for seconds in took]


def _wait_until_done(connection: psycopg.Connection[Any]) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while connection.execute(_LEFT).fetchone() != (0,):
        if time.monotonic() > end:
            raise PartFailed(f"Deployments are not over after {LONGEST_SECONDS:.0f} seconds.")
        time.sleep(0.2)
