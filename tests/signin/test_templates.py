"""No page or mail of allauth's own is ever shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import allauth
import pytest
from django.conf import settings
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from cloudportal.signin.urls import urlpatterns

THEIRS = Path(allauth.__file__).parent / "templates"


def views() -> list[Any]:
    found = [getattr(pattern, "callback", None) for pattern in urlpatterns]
    return [view.view_class for view in found if hasattr(view, "view_class")]


def test_every_page_has_a_template_of_ours() -> None:
    names = {view.template_name for view in views() if getattr(view, "template_name", None)} - {"account/logout.html"}

    assert len(names) > 12
    for name in names:
        template = get_template(name)
        assert Path(template.origin.name).is_relative_to(settings.BASE_DIR / "templates"), name  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "name", ["account/signup.html", "account/email.html", "mfa/trust.html", "usersessions/usersession_list.html"]
)
def test_their_own_can_not_be_found(name: str) -> None:
    assert (THEIRS / name).exists()
    with pytest.raises(TemplateDoesNotExist):
        get_template(name)


def test_mail_that_we_cause_is_ours() -> None:
    ours = settings.BASE_DIR / "templates"
    for area in ("account", "mfa"):
        for subject in (ours / area / "email").glob("*_subject.txt"):
            assert subject.with_name(subject.name.replace("_subject", "_message")).exists(), subject.name
