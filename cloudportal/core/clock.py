"""The database's clock: the only one that every node shares."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import DateTimeField, Func


class WallClock(Func):
    """The database's time now, also inside a transaction, where Now() stands still."""

    function = "clock_timestamp"
    output_field = DateTimeField()


def now() -> dt.datetime:
    """The database's time, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
    return moment
