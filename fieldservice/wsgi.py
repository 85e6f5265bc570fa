"""Pages and API, for a WSGI server."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from core.uploads import measured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fieldservice.settings")
application = measured(get_wsgi_application())
