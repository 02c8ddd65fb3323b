from compute.models.attachments import Nic, VolumeAttachment
from compute.models.console_ticket import ConsoleTicket
from compute.models.instance import Instance
from compute.models.offering import ServiceOffering
from compute.models.ssh_key import SSHKey
from compute.models.ssh_key_share import SSHKeyShare

__all__ = ["ConsoleTicket", "Instance", "Nic", "SSHKey", "SSHKeyShare", "ServiceOffering", "VolumeAttachment"]
