"""By which columns a list may be sorted."""

from __future__ import annotations

from dataclasses import dataclass

from cloudportal.core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort: `name` as the client wrote it, ``-name`` for descending; `column` is a path of the model."""

    name: str
    column: str
    descending: bool

    @property
    def fields(self) -> tuple[str, ...]:
        """What a queryset is ordered by. The id makes the order total, so that no row is shown twice or never."""
        sign = "-" if self.descending else ""
        return (f"{sign}pk",) if self.column == "pk" else (f"{sign}{self.column}", f"{sign}pk")


class Sorting:
    """The whitelist of a list: public names to columns that are never null. Age is the order of ids: `pk`."""

    def __init__(self, default: str, **columns: str) -> None:
        self.default = default
        self.columns = columns

    @property
    def choices(self) -> list[str]:
        """Every value that `order` takes."""
        return [sign + name for name in self.columns for sign in ("", "-")]

    def order(self, text: str | None) -> Order:
        """Read ``?sort=``.

        Raises:
            InvalidInput: the list can't be sorted by that.
        """
        name = text or self.default
        column = self.columns.get(name.removeprefix("-"))
        if column is None:
            raise InvalidInput(
                {"sort": f"The list can be sorted by {', '.join(self.columns)}; with a “-” in front: falling."}
            )
        return Order(name, column, name.startswith("-"))


NEWEST_FIRST = Sorting("-created_at", created_at="pk")
BY_NAME = Sorting("name", name="name", created_at="pk")
NAMED_NEWEST_FIRST = Sorting("-created_at", created_at="pk", name="name")
