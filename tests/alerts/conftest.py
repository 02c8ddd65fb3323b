"""Browsers and scripts, as the tests of pages and of the API have them."""

from __future__ import annotations

from tests.api.conftest import api, nobody_api, operator_api, other_api
from tests.web.conftest import visit

__all__ = ["api", "nobody_api", "operator_api", "other_api", "visit"]
