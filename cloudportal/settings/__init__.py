"""One set of settings; the environment decides the rest."""

from cloudportal.settings.base import *  # noqa: F403
from cloudportal.settings.doors import *  # noqa: F403
from cloudportal.settings.jobs import *  # noqa: F403
from cloudportal.settings.logs import *  # noqa: F403
from cloudportal.settings.signing_in import *  # noqa: F403
