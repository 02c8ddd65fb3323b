"""Directories of hosts, their NFS mounts included, driven as libvirt storage pools."""
