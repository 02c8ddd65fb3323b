"""KVM and QEMU hosts, driven through libvirt."""
