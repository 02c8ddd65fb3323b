from cloudportal.jobs.models.job import Job
from cloudportal.jobs.models.log import JobLog
from cloudportal.jobs.models.node import WorkerNode
from cloudportal.jobs.models.step import JobStep

__all__ = ["Job", "JobLog", "JobStep", "WorkerNode"]
