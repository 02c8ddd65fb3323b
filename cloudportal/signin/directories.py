"""Signing in with a directory's password, in the form that takes the portal's own: a domain's sign-in page."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cloudportal.core.errors import Refusal
from cloudportal.signin.locks import refuse_locked
from cloudportal.signin.providers import note_failure
from cloudportal.signin.requests import address_of
from tenants.directory.base import DirectoryProblem
from tenants.models import Domain, User
from tenants.services import lockouts
from tenants.services.directories import ask_directory, directories_of


def by_directory(request: HttpRequest, domain: Domain, name: str, password: str) -> User | None:
    """The user whom one of the domain's directories proves; the nearest is asked first.

    Raises:
        ValidationError: too many failures; or nobody proves them, and a directory could not be asked or knows
            somebody whom it must not sign in.
    """
    problem: ValidationError | None = None
    for provider in directories_of(domain):
        attempt = lockouts.directory_attempt(provider, name, address_of(request))
        refuse_locked(attempt)
        try:
            user = ask_directory(provider, name=name, password=password)
        except DirectoryProblem as error:
            note_failure(request, provider, error)
            words = _("%(provider)s can't be asked at present. Try again later.") % {"provider": provider}
            problem = problem or ValidationError(words, code="unreachable")
            continue
        except Refusal as refusal:
            note_failure(request, provider, refusal)
            problem = ValidationError(refusal.message, code=refusal.code)
            continue
        if user is not None:
            lockouts.succeeded(attempt)
            return user
    if problem is not None:
        raise problem
    return None
