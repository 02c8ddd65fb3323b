"""How django-q2 delivers job ids. Why each value is what it is stands in docs/jobs.md."""

from __future__ import annotations

from cloudportal.settings.base import env

JOB_WORKERS = env.int("JOB_WORKERS", default=2)
JOB_QUEUE = env("JOB_QUEUE", default="default")
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=45)
JOB_HEARTBEAT_SECONDS = env.int("JOB_HEARTBEAT_SECONDS", default=10)
# A job whose worker died this often is taken back instead of tried again.
JOB_CRASH_LIMIT = env.int("JOB_CRASH_LIMIT", default=4)
JOB_CANARY_SECONDS = env.int("JOB_CANARY_SECONDS", default=5)

# Events are deleted after so many days; 30 is the least.
EVENT_RETENTION_DAYS = env.int("EVENT_RETENTION_DAYS", default=400)

Q_CLUSTER = {
    "name": JOB_QUEUE,
    "orm": "default",
    "workers": JOB_WORKERS,
    "queue_limit": JOB_WORKERS,
    "bulk": 1,
    "timeout": 900,
    "retry": 1000,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    "scheduler": False,
    "poll": 0.02,
    "recycle": 500,
    "max_rss": 500_000,
    "label": "Delivery",
}
