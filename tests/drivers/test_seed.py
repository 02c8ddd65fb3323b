"""The seed that an instance reads at its first boot."""

from __future__ import annotations

import io

import pycdlib
import pytest
import yaml

from cloudportal.infrastructure.drivers.errors import Fatal
from storage.backends.seed import nocloud_image

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHNo alice@example"
OTHER_KEY = "ssh-rsa AAAAB3NzaC1yc2E bob"


def files_of(image: bytes) -> dict[str, str]:
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(image))
    try:
        assert iso.pvd.volume_identifier.decode().strip() == "cidata"
        return {name: read_file(iso, name) for name in ("meta-data", "user-data")}
    finally:
        iso.close()


def read_file(iso: pycdlib.PyCdlib, name: str) -> str:
    data = io.BytesIO()
    iso.get_file_from_iso_fp(data, rr_path=f"/{name}")
    return data.getvalue().decode()


def test_without_user_data_the_keys_come_in_a_cloud_config() -> None:
    files = files_of(nocloud_image("i-1", "web-1", "", [KEY, OTHER_KEY]))

    assert yaml.safe_load(files["meta-data"]) == {"instance-id": "i-1", "local-hostname": "web-1"}
    assert files["user-data"] == f"#cloud-config\nssh_authorized_keys:\n  - {KEY}\n  - {OTHER_KEY}\n"


def test_keys_are_merged_into_the_users_cloud_config_without_doubles() -> None:
    user_data = f"#cloud-config\npackages: [nginx]\nssh_authorized_keys:\n  - {OTHER_KEY}\n  - {KEY}\n"

    merged = files_of(nocloud_image("i-1", "web-1", user_data, [KEY]))["user-data"]

    assert merged.startswith("#cloud-config\n")
    assert yaml.safe_load(merged) == {"packages": ["nginx"], "ssh_authorized_keys": [KEY, OTHER_KEY]}


def test_a_cloud_config_without_keys_to_merge_stays_as_it_was_typed() -> None:
    user_data = "#cloud-config\n# my comment\npackages: [nginx]\n"

    assert files_of(nocloud_image("i-1", "web-1", user_data, []))["user-data"] == user_data


def test_with_a_script_the_keys_come_in_the_meta_data() -> None:
    files = files_of(nocloud_image("i-1", "web-1", "#!/bin/sh\ndate\n", [KEY]))

    assert files["user-data"] == "#!/bin/sh\ndate\n"
    assert yaml.safe_load(files["meta-data"])["public-keys"] == [KEY]


def test_a_host_name_can_not_add_lines_to_the_meta_data() -> None:
    files = files_of(nocloud_image("i-1", "web\ninstance-id: other", "", []))

    assert yaml.safe_load(files["meta-data"])["instance-id"] == "i-1"


@pytest.mark.parametrize(
    "user_data",
    [
        "#cloud-config\n- a list\n",
        "#cloud-config\na: [\n",
        "#cloud-config\na: 2024-13-45\n",
        "#cloud-config\nssh_authorized_keys: 5\n",
        "#cloud-config\nssh_authorized_keys: [{a: b}]\n",
    ],
)
def test_a_broken_cloud_config_is_refused_with_words(user_data: str) -> None:
    with pytest.raises(Fatal, match="user data"):
        nocloud_image("i-1", "web-1", user_data, [KEY])
