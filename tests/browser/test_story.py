"""The main story: a tenant signs in and makes a machine that really boots."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

import libvirt
import libvirt_qemu
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE_MS, Picture, sign_in
from tests.browser.portal import Portal

pytestmark = [pytest.mark.browser, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(420)]

PASSWORD = "let-me-in-please"
USER_DATA = f"#cloud-config\npassword: {PASSWORD}\n"
BOOT_SECONDS = 120


def test_a_tenant_makes_and_uses_a_machine(page: Page, portal: Portal, picture: Picture) -> None:
    sign_in(page, portal, "tenant")
    create_instance(page, picture)
    uuid = watch_it_start(page, picture)

    guest = Guest(portal, uuid)
    guest.wait_for_text("login:")
    use_the_console(page, guest, picture)

    press(page, "Stop", then="Stopped")
    assert not guest.is_running()
    press(page, "Start", then="Running")
    assert guest.is_running()
    see_it_in_the_usage(page, picture)
    page.get_by_role("link", name="Instances").first.click()
    picture(page, "instances")
    page.get_by_role("link", name="story-1").first.click()
    press(page, "Destroy", then="Destroyed")
    assert not guest.is_running()
    expect(page.get_by_role("button", name="Recover")).to_be_visible()


def create_instance(page: Page, picture: Picture) -> None:
    page.get_by_role("link", name="Create instance").first.click()
    # The only template is chosen already; other stories may have added theirs.
    page.get_by_role("radio", name="Tiny Linux").check(force=True)
    page.get_by_role("checkbox", name="default").check(force=True)
    page.get_by_role("radio", name="Tiny", exact=False).last.check(force=True)
    page.get_by_text("User data for the first boot").click()
    page.get_by_label("User data").fill(USER_DATA)
    page.get_by_label("Name").fill("story-1")
    expect(page.get_by_label("Summary")).to_contain_text("0.004")
    picture(page, "deploy")
    page.get_by_role("button", name="Create instance").click()


def watch_it_start(page: Page, picture: Picture) -> str:
    """The state changes by itself: nothing here reloads the page."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("story-1")
    expect(page.locator("main")).to_contain_text("Create the root disk")
    expect(state_of(page)).to_contain_text("Running", timeout=PATIENCE_MS)
    picture(page, "instance")
    return re.search(r"/instances/([0-9a-f-]{36})/", page.url)[1]


def use_the_console(page: Page, guest: Guest, picture: Picture) -> None:
    with page.expect_popup() as opened:
        page.locator("#head").get_by_role("link", name="Console").click()
    console = opened.value
    expect(console.locator("#console-state")).to_have_text("Connected", timeout=PATIENCE_MS)
    console.locator("canvas").click()
    console.keyboard.type("root\n", delay=60)
    guest.wait_for_text("Password:")
    console.keyboard.type(f"{PASSWORD}\n", delay=60)
    guest.wait_for_text("#")
    console.keyboard.type("hostname\n", delay=60)
    console.keyboard.type("touch /run/typed-in-a-browser\n", delay=60)
    guest.wait_for_file("typed-in-a-browser")
    picture(console, "console")
    console.close()


def see_it_in_the_usage(page: Page, picture: Picture) -> None:
    page.get_by_role("link", name="Usage").first.click()
    row = page.get_by_role("row").filter(has_text="story-1").filter(has_text="running")
    for _ in range(20):
        if row.count():
            break
        time.sleep(1)
        page.reload()
    expect(row.first).to_be_visible()
    picture(page, "usage")


def press(page: Page, button: str, *, then: str) -> None:
    """Press a button of the instance's page, say yes, and wait for the state it leads to."""
    page.locator("main").get_by_role("link", name=button, exact=True).or_(
        page.locator("main").get_by_role("button", name=button, exact=True)
    ).first.click()
    dialog = page.get_by_role("dialog")
    page.wait_for_timeout(400)
    if dialog.is_visible():
        dialog.get_by_role("button", name=button).click()
    expect(state_of(page)).to_contain_text(then, timeout=2 * PATIENCE_MS)


def state_of(page: Page) -> Locator:
    """The line below the instance's name."""
    return page.locator("#head .page-lead")


class Guest:
    """The machine as its hypervisor and its guest agent see it, past everything of ours."""

    def __init__(self, portal: Portal, uuid: str) -> None:
        self._connections = [libvirt.open(host.libvirt_url) for host in portal.lab.hosts]
        self._uuid = uuid

    def is_running(self) -> bool:
        return any(domain.isActive() for domain in self._domains())

    def wait_for_text(self, text: str) -> None:
        """Until the first virtual terminal shows the text."""
        self._wait(lambda: text in self._screen(), f"{text!r} on the screen")

    def wait_for_file(self, name: str) -> None:
        """Until the guest has the file in /run."""
        self._wait(lambda: name in self._run("ls", "/run"), f"{name} in the guest", seconds=20)

    def _screen(self) -> str:
        return self._run("cat", "/dev/vcs1")

    def _domains(self) -> list[Any]:
        found = [domain for connection in self._connections for domain in connection.listAllDomains()]
        return [domain for domain in found if domain.UUIDString() == self._uuid]

    def _wait(self, look: Any, what: str, seconds: float = BOOT_SECONDS) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                if look():
                    return
            except libvirt.libvirtError as error:
                last = error
            else:
                last = None
            assert time.monotonic() < end, f"Waited for {what}: {last or self._screen().split()}"
            time.sleep(0.5)

    def _run(self, program: str, *arguments: str) -> str:
        pid = self._ask("guest-exec", path=f"/bin/{program}", arg=list(arguments), **{"capture-output": True})["pid"]
        while not (status := self._ask("guest-exec-status", pid=pid))["exited"]:
            time.sleep(0.1)
        return base64.b64decode(status.get("out-data", "")).decode(errors="replace")

    def _ask(self, command: str, **arguments: Any) -> Any:
        question = json.dumps({"execute": command, "arguments": arguments})
        (domain,) = [domain for domain in self._domains() if domain.isActive()] or self._domains()[:1]
        return json.loads(libvirt_qemu.qemuAgentCommand(domain, question, 10, 0))["return"]
