"""NoCloud seeds: the small image from which an instance learns its name, its keys and what to run.

Format: https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pycdlib
import yaml

from cloudportal.infrastructure.drivers.errors import Fatal

CLOUD_CONFIG = "#cloud-config"


def nocloud_image(instance_id: str, hostname: str, user_data: str, ssh_keys: Sequence[str]) -> bytes:
    """The bytes of an ISO 9660 image labelled ``cidata``.

    Keys go where the user data can't lose them: into it when it is empty or a cloud-config, where
    they come before the user's own; otherwise into the meta-data, which cloud-init reads for any user data.

    Raises:
        Fatal: the user data claims to be a cloud-config and is not YAML of that kind.
    """
    meta: dict[str, Any] = {"instance-id": instance_id, "local-hostname": hostname}
    keys = [key.strip() for key in ssh_keys if key.strip()]
    if _is_cloud_config(user_data):
        user_data = _with_keys(user_data, keys)
    elif keys:
        meta["public-keys"] = keys
    return _image({"meta-data": _yaml(meta), "user-data": user_data})


def _is_cloud_config(user_data: str) -> bool:
    return not user_data.strip() or user_data.lstrip().split("\n", 1)[0].strip() == CLOUD_CONFIG


def _with_keys(user_data: str, keys: Sequence[str]) -> str:
    """The user's own text stays as it is when there is nothing to merge: YAML in and out loses comments."""
    try:
        config = yaml.safe_load(user_data) or {}
    except (yaml.YAMLError, ValueError) as error:  # a date in the 13th month is a ValueError
        raise Fatal(f"The user data is not valid YAML: {error}") from error
    if not isinstance(config, dict):
        raise Fatal("The user data is no cloud-config: a mapping is expected.")
    if not keys and config:
        return user_data
    own = config.pop("ssh_authorized_keys", None) or []
    own = [own] if isinstance(own, str) else own
    if not isinstance(own, list) or not all(isinstance(key, str) for key in own):
        raise Fatal("The ssh_authorized_keys of the user data must be a list of keys.")
    merged = list(dict.fromkeys([*keys, *own]))
    return f"{CLOUD_CONFIG}\n{_yaml({**config, 'ssh_authorized_keys': merged})}"


def _yaml(value: dict[str, Any]) -> str:
    """One line for each value, and lists indented as every reader of cloud-config expects."""
    return yaml.dump(value, Dumper=_Indented, sort_keys=False, allow_unicode=True, width=1 << 20)


class _Indented(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def _image(files: dict[str, str]) -> bytes:
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident="cidata")
    for name, text in files.items():
        data = text.encode()
        short = f"/{name.replace('-', '').upper()}.;1"
        iso.add_fp(io.BytesIO(data), len(data), short, rr_name=name, joliet_path=f"/{name}")
    image = io.BytesIO()
    iso.write_fp(image)
    iso.close()
    return image.getvalue()
