"""Who works in a project, and how it stands."""

from __future__ import annotations

from tenants.models import Project, User
from tests import factories


def member_of(project: Project, role: str = "project_member") -> User:
    return factories.user(role, on=project.account)


def state_of(project: Project) -> str:
    return Project.objects.select_related("account").get(pk=project.pk).state
