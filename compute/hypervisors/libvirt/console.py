"""Screens of instances: a file descriptor where libvirt can pass one, else TCP with a one-time password."""

from __future__ import annotations

import secrets
import socket
import string
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, tostring

import libvirt
from defusedxml import ElementTree

from cloudportal.infrastructure.drivers.errors import NotFound, Retryable, Unsupported
from compute.hypervisors.base import Console

CONNECT_SECONDS = 5.0
PASSWORD_SECONDS = 30
# VNC authentication uses the first eight characters and no more (RFC 6143, 7.2.2).
PASSWORD_LENGTH = 8


def local_console(domain: libvirt.virDomain) -> Console:
    """A descriptor that libvirtd passes over its unix socket, so it works into any network namespace."""
    descriptor = domain.openGraphicsFD(0, libvirt.VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH)
    return Console(socket.socket(fileno=descriptor))


def remote_console(domain: libvirt.virDomain, host: str) -> Console:
    """A TCP connection to the host, with a password that is valid for this half minute."""
    graphics = _graphics(domain)
    password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(PASSWORD_LENGTH))
    graphics.set("passwd", password)
    graphics.set("passwdValidTo", _expiry())
    domain.updateDeviceFlags(tostring(graphics, encoding="unicode"), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    try:
        stream = socket.create_connection((host, int(graphics.get("port", "-1"))), timeout=CONNECT_SECONDS)
    except OSError as error:
        raise Retryable("The screen did not take the connection.", f"{host}: {error}") from error
    stream.settimeout(None)
    return Console(stream, password)


def _graphics(domain: libvirt.virDomain) -> Element:
    if not domain.isActive():
        raise NotFound("The instance does not run, so it has no screen.")
    tree: Element = ElementTree.fromstring(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE))
    graphics = tree.find("./devices/graphics[@type='vnc']")
    if graphics is None:
        raise Unsupported("The instance has no VNC screen.")
    return graphics


def _expiry() -> str:
    """libvirt reads it as UTC, without an offset."""
    return (datetime.now(UTC) + timedelta(seconds=PASSWORD_SECONDS)).strftime("%Y-%m-%dT%H:%M:%S")
