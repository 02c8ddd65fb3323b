"""Durable jobs: nothing is lost, nothing is done twice. docs/jobs.md tells the whole story."""
