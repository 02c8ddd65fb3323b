"""The small guest: a disk image that boots to a login in seconds, made of the distribution's packages alone."""

from cloudportal.lab.guest.build import DEFAULT_IMAGE, build_guest

__all__ = ["DEFAULT_IMAGE", "build_guest"]
