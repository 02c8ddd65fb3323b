"""The `cloudportal` command: a client of the REST API, which needs nothing of the portal's own packages.

Nouns and verbs come from the OpenAPI document that the portal serves, so the command can't fall behind it.
"""
