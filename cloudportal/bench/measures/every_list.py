"""Every list of the REST API in a cloud of 25,000 accounts, as a tenant, a domain admin and a root admin."""

from __future__ import annotations

from typing import Any

from cloudportal.bench.client import API, Client
from cloudportal.bench.statistics import milliseconds, percentile, timed
from cloudportal.bench.workbench import Workbench
from cloudportal.setup.steps import step

PAGE = 50
WARM_UP = 3
# How a thousand instances are fetched: by pages as large as they get.
LARGEST_PAGE, THOUSAND = 200, 1_000


def measure_every_list(bench: Workbench) -> dict[str, Any]:
    """`every_list` maps each list to its callers, and these to p50 and p95 in milliseconds and the rows they got.

    Lists are found in the portal's own description of itself, so that a new one is measured from its first day.
    """
    sizes = bench.sizes
    with bench.database("shape") as url:
        with step(f"Every list: filling {sizes.shape_accounts} accounts"):
            keys = bench.run(
                url, "seed_shape", hosts=sizes.shape_hosts, accounts=sizes.shape_accounts,
                instances=sizes.shape_instances, tenant_instances=sizes.tenant_instances,
            )  # fmt: skip
        with bench.portal(url) as port:
            clients = {who: Client(port, key) for who, key in keys.items()}
            names = _lists(clients["root"])
            with step(f"Every list: asking for {len(names)}"):
                found = {
                    name: {who: _asked(client, name, sizes.shape_requests) for who, client in clients.items()}
                    for name in names
                }
            with step("Every list: a thousand instances"):
                thousand = [timed(lambda: _thousand(clients["tenant"])) for _ in range(sizes.shape_requests)]
    slowest = max(((found[name][who]["p95_ms"], f"{name}, {who}") for name in found for who in keys), default=(0, ""))
    return {
        "every_list": found,
        "every_list_slowest_p95_ms": slowest[0],
        "every_list_slowest": slowest[1],
        "list_1000_instances_p50_ms": milliseconds(percentile(thousand, 50)),
    }


def _lists(client: Client) -> list[str]:
    """The names of all lists that come in pages, without those inside another resource."""
    document = client.get_json(f"{API}/schema/")
    return sorted(
        path.removeprefix(f"{API}/").strip("/")
        for path, operations in document["paths"].items()
        if "{" not in path and _has_pages(operations.get("get", {}))
    )


def _has_pages(operation: dict[str, Any]) -> bool:
    return any(parameter.get("name") == "limit" for parameter in operation.get("parameters", []))


def _asked(client: Client, name: str, requests: int) -> dict[str, float]:
    page = f"{API}/{name}/?limit={PAGE}"
    rows = len(client.get_json(page)["results"])
    took = [timed(lambda: client.get(page)) for _ in range(requests + WARM_UP)][WARM_UP:]
    return {"rows": rows, "p50_ms": milliseconds(percentile(took, 50)), "p95_ms": milliseconds(percentile(took, 95))}


def _thousand(client: Client) -> int:
    """A thousand of a tenant's instances with all that a list tells, page by page."""
    found, page = 0, f"{API}/instances/?limit={LARGEST_PAGE}"
    while page and found < THOUSAND:
        answer = client.get_json(page)
        found, page = found + len(answer["results"]), answer["next"]
    return found
