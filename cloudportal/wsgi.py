"""Pages and REST, served by threads: ordinary views lose a factor of three under ASGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudportal.settings")
application = get_wsgi_application()
