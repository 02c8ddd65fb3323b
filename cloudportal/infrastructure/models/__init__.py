from cloudportal.infrastructure.models.cluster import Cluster
from cloudportal.infrastructure.models.host import Host
from cloudportal.infrastructure.models.pod import Pod
from cloudportal.infrastructure.models.zone import Zone

__all__ = ["Cluster", "Host", "Pod", "Zone"]
