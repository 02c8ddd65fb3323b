from network.models.network import Network
from network.models.network_share import NetworkShare
from network.models.port import Port
from network.models.public_address import PublicAddress

__all__ = ["Network", "NetworkShare", "Port", "PublicAddress"]
