"""Measuring the portal on a database of its own: `python -m cloudportal.bench`.

`measures` run outside Django and see the portal as its users do; `parts` are what has to be done inside, each in a
process of its own on the database that it is given.
"""
