"""The job kinds of compute. Importing this registers them."""

from compute.workflows.deploy_instance import DEPLOY_INSTANCE
from compute.workflows.destroy_instance import DESTROY_INSTANCE
from compute.workflows.empty_recycle_bin import EMPTY_RECYCLE_BIN
from compute.workflows.expunge_instance import EXPUNGE_INSTANCE
from compute.workflows.probe_hosts import PROBE_HOSTS
from compute.workflows.reboot_instance import REBOOT_INSTANCE
from compute.workflows.reconcile import RECONCILE
from compute.workflows.repair_instance import REPAIR_INSTANCE
from compute.workflows.start_instance import START_INSTANCE
from compute.workflows.stop_instance import STOP_INSTANCE

__all__ = [
    "DEPLOY_INSTANCE",
    "DESTROY_INSTANCE",
    "EMPTY_RECYCLE_BIN",
    "EXPUNGE_INSTANCE",
    "PROBE_HOSTS",
    "REBOOT_INSTANCE",
    "RECONCILE",
    "REPAIR_INSTANCE",
    "START_INSTANCE",
    "STOP_INSTANCE",
]
