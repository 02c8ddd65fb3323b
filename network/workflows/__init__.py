"""The job kinds of networking. Importing this registers them."""

from network.workflows.create_network import CREATE_NETWORK
from network.workflows.delete_network import DELETE_NETWORK

__all__ = ["CREATE_NETWORK", "DELETE_NETWORK"]
