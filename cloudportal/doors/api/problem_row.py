"""What a problem looks like outside, for the OpenAPI document."""

from __future__ import annotations

from typing import TypedDict

from cloudportal.doors.api.rows import Row, column


class FieldProblem(TypedDict):
    pointer: str
    field: str
    message: str


class ProblemRow(Row):
    """An error, as RFC 9457 has it. There may be more members, such as what the object's state was."""

    type: str = column(help="A name of the problem, as a URN.")
    title: str = column()
    status: int = column()
    detail: str = column(help="What is wrong, for a person.")
    code: str = column(help="What is wrong, for a script; never changes.")
    errors: list[FieldProblem] = column(optional=True, help="What is wrong with which part of the input.")
    request_id: str = column(optional=True, help="What the logs call the request.")
