"""What may be promised of an address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Own:
    """An object of a tenant. Each method must answer others 404, with the body of an id that never was.

    `key` is the attribute that the address takes: things of libraries are known by numbers.
    """

    noun: str
    methods: tuple[str, ...] = ("get",)
    key: str = "uuid"


@dataclass(frozen=True, slots=True)
class Cloud:
    """An object of the cloud. Tenants see it or not; they may write none of it. Some addresses only write."""

    noun: str
    seen: bool
    writes: tuple[str, ...] = ()
    reads: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """Shows what the caller may see. `query` is what the address needs; `status` what it answers a tenant.

    `mighty` is what it answers who has the permission elsewhere, where a tenant has it nowhere.
    """

    query: str = ""
    status: int = 200
    mighty: int = 0


@dataclass(frozen=True, slots=True)
class Writing:
    """Makes something for the caller, or does something to several things named in the body."""


@dataclass(frozen=True, slots=True)
class Open:
    """For everybody. `status` is what it answers who is not signed in, `signed_in` what it answers who is.

    `values` is what the address takes that names nothing of anybody, such as a link from a mail.
    """

    query: str = ""
    status: int = 200
    signed_in: int = 200
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """Tells of changes, of one's own alone. `by_key`: who listens shows an API key, and not a session."""

    by_key: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """The screen of an instance, for the token that was given to who may see it."""


Rule = Own | Cloud | Listing | Writing | Open
