"""A KVM host: Open vSwitch, ovn-controller and libvirtd, each as its package would run it."""

from cloudportal.lab.cables import is_plugged
from cloudportal.lab.layout import Layout, management_address, tunnel_address
from cloudportal.lab.node import libvirt
from cloudportal.lab.node.openvswitch import attach_uplinks, prepare_switch, start_controller, start_switch
from cloudportal.lab.node.system import make_devices, make_system, replace_directory
from cloudportal.lab.shell import run, wait_until


def boot(layout: Layout, name: str) -> None:
    own, runtime = layout.node(name), layout.run(name)
    make_system(layout, name)
    make_devices(runtime / "dev")
    for directory, target in (
        (runtime / "ovs", "/run/openvswitch"),
        (runtime / "ovn", "/run/ovn"),
        (runtime / "libvirt", "/run/libvirt"),
        (own / "log", "/var/log/libvirt"),
        (own / "libvirt-etc", "/etc/libvirt"),
        (own / "libvirt-lib", "/var/lib/libvirt"),
        (own / "libvirt-cache", "/var/cache/libvirt"),
    ):
        replace_directory(directory, target)
    prepare_switch(own, name, tunnel_address(name))
    wait_until("Cables", is_plugged)
    run(["ip", "addr", "add", f"{management_address(name)}/24", "dev", "mgmt0"])
    run(["ip", "link", "set", "mgmt0", "up"])
    attach_uplinks()
    start_switch(own)
    run(["ip", "addr", "add", f"{tunnel_address(name)}/24", "dev", "br-phys"])
    run(["ip", "link", "set", "br-phys", "up"])
    start_controller(own)
    libvirt.configure(name)
    libvirt.start(own)
