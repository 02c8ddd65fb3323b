"""Judging the user data of an instance by its form, before anybody reads it in earnest."""

from __future__ import annotations

import yaml

MOST_BYTES = 32 * 1024
# What a cloud-config may grow to when its merge keys are expanded: far above any real one, far below harm.
MOST_PAIRS = 10_000
MERGE = "tag:yaml.org,2002:merge"


def problem_of(text: str) -> str:
    """What is wrong with it, or nothing."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "User data must be text; that holds half of a surrogate pair."
    if size > MOST_BYTES:
        return f"User data may have {MOST_BYTES // 1024} KiB at most."
    if "\x00" in text:
        return "User data can't hold null characters."
    return _problem_of_cloud_config(text) if text.lstrip().startswith("#cloud-config") else ""


def _problem_of_cloud_config(text: str) -> str:
    """Composing expands neither aliases nor merges, so that no bomb goes off here."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            return ""
        if not isinstance(root, yaml.MappingNode):
            return "That is no cloud-config: a mapping is expected."
        too_large = _pairs(root, {}) > MOST_PAIRS
    except yaml.YAMLError as error:
        return f"The cloud-config is not valid YAML: {error}"
    except RecursionError:
        return "The cloud-config is nested too deeply."
    return "The merge keys of the cloud-config make it too large." if too_large else ""


def _pairs(node: yaml.Node, known: dict[int, int]) -> int:
    """How many pairs the node holds once merges are expanded. One that merges itself counts as too many."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = MOST_PAIRS + 1
    if isinstance(node, yaml.MappingNode):
        count = sum(_pairs(value, known) if key.tag == MERGE else 1 + _pairs(value, known) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        count = sum(_pairs(item, known) for item in node.value)
    else:
        count = 0
    known[id(node)] = count
    return count
