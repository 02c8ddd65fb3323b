"""Where templates come from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from tests.storage.mirror import IMAGE, Mirror, handler


@pytest.fixture
def mirror(settings: Any) -> Iterator[Mirror]:
    settings.TEMPLATE_INTERNAL_NETWORKS = ["127.0.0.0/8"]
    mirror = Mirror(files={"/image.raw": IMAGE})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(mirror))
    mirror.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield mirror
    server.shutdown()
    thread.join()
    server.server_close()
