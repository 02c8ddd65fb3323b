"""What people give: names, and accounts where a project is none."""

from __future__ import annotations

from cloudportal.core.errors import InvalidInput
from tenants.models import Account, Project


def given_name(noun: str, name: str) -> str:
    """The name without blanks around it.

    Raises:
        InvalidInput: nothing is left.
    """
    stripped = name.strip()
    if not stripped:
        raise InvalidInput({"name": f"{noun} needs a name."})
    return stripped


def refuse_project(account: Account, field: str, words: str) -> None:
    """Insist that an account is no project's.

    Raises:
        InvalidInput: at the field, in those words.
    """
    if Project.objects.filter(account=account).exists():
        raise InvalidInput({field: words})
