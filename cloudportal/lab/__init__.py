"""A whole cloud on one machine: OVN central and KVM hosts in private namespaces."""

from cloudportal.lab.lab import Lab
from cloudportal.lab.layout import LabHost
from cloudportal.lab.requirements import can_run
from cloudportal.lab.shell import LabError
from cloudportal.lab.status import LabStatus, NodeStatus

__all__ = ["Lab", "LabError", "LabHost", "LabStatus", "NodeStatus", "can_run"]
