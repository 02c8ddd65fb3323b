"""What a resource looks like outside: named columns, straight from SQL.

A list of fifty costs one query and no object: the serializer's loop over fields is what makes others slow.
The annotations are the types of the OpenAPI document::

    class VolumeRow(Row):
        id: UUID = column("uuid")
        name: str = column()
        zone: Ref = ref()
        pool: Ref | None = ref(operators=True)
        allowed: list[str] = allowed(VOLUME, "storage.manage")
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, ClassVar, TypedDict
from uuid import UUID

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Expression, Func, JSONField, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, JSONObject

from cloudportal.core.errors import InvalidInput
from cloudportal.core.lifecycle import Lifecycle
from cloudportal.doors.compiled import fetch
from tenants.actor import NOWHERE, Actor

Source = str | Expression | Subquery


class Ref(TypedDict):
    """Another object: its id, and its name to show."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Column:
    """Where an output comes from: paths or expressions of the model, and what makes one value of them.

    `choices` are all values it can have, where that is known. `operators`: tenants are not shown it.
    `help` goes into the OpenAPI document, and so does `optional`: there are objects without it. `permission`: what
    the value depends on; `make` gets the owner's account id last, and nothing is shown where the actor lacks it.
    `seen_by` is for what else depends on the actor: it gives the function that makes the value for one.
    """

    sources: tuple[Source, ...]
    make: Callable[..., Any] | None = None
    choices: tuple[str, ...] = ()
    operators: bool = False
    help: str = ""
    optional: bool = False
    permission: str = ""
    seen_by: Callable[[Actor], Callable[..., Any]] | None = None


def column(
    source: Source = "", *, choices: Iterable[str] = (), operators: bool = False, help: str = "", optional: bool = False
) -> Any:
    """One column or expression as it is; without a source the column of the same name."""
    return Column((source,), None, tuple(choices), operators, help, optional)


def computed(
    make: Callable[..., Any], *sources: Source, choices: Iterable[str] = (), operators: bool = False, help: str = ""
) -> Any:
    """A small function of columns."""
    return Column(sources, make, tuple(choices), operators, help)


def allowed(lifecycle: Lifecycle, permission: str, *, owner: str = "account_id") -> Any:
    """The moves that may start from the object's state, for who holds the permission on its account; else none."""
    help = "What the caller may do to it now."
    return Column(("state", owner), lambda state, _owner: lifecycle.allowed(state), help=help, permission=permission)


def shared(permission: str, *, unless: str = "") -> Any:
    """Whether it is another account's and the caller sees it by a share; `unless` is a column that says otherwise."""

    def seen_by(actor: Actor) -> Callable[..., Any]:
        reach = actor.reach.get(permission, NOWHERE)

        def value(owner: int, path: str, open_to_all: Any = False) -> bool:
            mine = reach.everywhere or owner in reach.accounts or any(path.startswith(above) for above in reach.paths)
            return not mine and not open_to_all

        return value

    help = "Whether another account, its owner, shares it with one of the caller's."
    sources = ("account_id", "account__domain__path", *([unless] if unless else []))
    return Column(sources, lambda *_: False, help=help, seen_by=seen_by)


def ref(path: str = "", name: str = "name", *, operators: bool = False, help: str = "") -> Any:
    """The object that a foreign key points to, or null."""
    return Column((f"{path}__uuid", f"{path}__{name}"), _ref, (), operators, help)


def ref_by_id(model: Any, field: str, name: str = "name", *, operators: bool = False, help: str = "") -> Any:
    """The object whose id a plain column holds, or null."""
    found = model._default_manager.order_by().filter(pk=OuterRef(field)).values(ref=JSONObject(id="uuid", name=name))
    return Column((Cast(Subquery(found), TextField()),), _as_it_is, (), operators, help)


def many(rows: QuerySet[Any], *, operators: bool = False, help: str = "", **fields: Any) -> Any:
    """A list of small objects, read by a subquery: `rows` is filtered to the outer row with OuterRef."""
    found = ArraySubquery(rows.values(row=JSONObject(**fields)))
    text = Cast(Func(found, function="to_json", output_field=JSONField()), TextField())
    return Column((text,), _as_it_is, (), operators, help)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What to select for a row, and how to make the answer of it. There is one for each row and choice of fields."""

    selected: tuple[str, ...]
    annotated: Mapping[str, Any]
    names: tuple[str, ...]
    # All outputs at once, which is quick; the computed ones are written over what stands there then.
    taken: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    computed: tuple[tuple[str, Callable[..., Any], tuple[int, ...]], ...]
    seers: Mapping[str, Callable[[Actor], Callable[..., Any]]]
    # Of a plan that was made somebody's: the plan of all, by which its SQL is known.
    of_all: Plan | None = None

    @property
    def shape(self) -> Plan:
        return self.of_all or self

    def seen_by(self, actor: Actor) -> Plan:
        """The plan with what depends on the actor's permissions made theirs."""
        if not self.seers:
            return self
        computed = tuple(
            (name, self.seers[name](actor) if name in self.seers else make, places)
            for name, make, places in self.computed
        )
        return replace(self, computed=computed, of_all=self)

    def __call__(self, queryset: QuerySet[Any]) -> QuerySet[Any, tuple[Any, ...]]:
        """The queryset with just the columns that the row needs, as tuples for `render`."""
        return queryset.prefetch_related(None).annotate(**self.annotated).values_list(*self.selected)

    def render(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """One resource, ready for JSON."""
        row = dict(zip(self.names, self.taken(values), strict=False))
        for name, make, places in self.computed:
            row[name] = make(*[values[place] for place in places])
        return row

    def one(self, queryset: QuerySet[Any]) -> dict[str, Any] | None:
        """The only one of a queryset, rendered."""
        rows = fetch(queryset, lambda rows: self(rows).order_by("pk")[:1], (self.shape, "one"))
        return self.render(rows[0]) if rows else None


class Row:
    """Base of all rows. Rows inherit: what a detail shows more than a list stands in a class below the list's."""

    columns: ClassVar[Mapping[str, Column]] = {}
    for_tenants: ClassVar[Plan]
    for_operators: ClassVar[Plan]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = {name: _named(name, value) for name, value in vars(cls).items() if isinstance(value, Column)}
        cls.columns = {**cls.columns, **own}
        cls.for_operators = _plan(cls.visible(operators=True))
        cls.for_tenants = _plan(cls.visible(operators=False))

    @classmethod
    def plan(cls, actor: Actor, fields: str = "") -> Plan:
        """What the actor is shown, or the part of it that `fields` names, with commas between.

        Raises:
            InvalidInput: the actor is shown no field of that name.
        """
        if not fields:
            return (cls.for_operators if cls.shows_all(actor) else cls.for_tenants).seen_by(actor)
        row: Any = cls
        names = tuple(dict.fromkeys(name.strip() for name in fields.split(",")))
        return _part(row, cls.shows_all(actor), names).seen_by(actor)

    @classmethod
    def shows_all(cls, actor: Actor) -> bool:
        """Whether the actor is shown the columns for `operators`."""
        return actor.is_operator

    @classmethod
    def visible(cls, operators: bool) -> dict[str, Column]:
        return {name: value for name, value in cls.columns.items() if operators or not value.operators}


@functools.lru_cache(maxsize=500)
def _part(row: Any, operators: bool, names: tuple[str, ...]) -> Plan:
    visible = row.visible(operators)
    if unknown := [name for name in names if name not in visible]:
        words = ", ".join(f"“{name}”" for name in unknown)
        raise InvalidInput({"fields": f"There is no field {words}; there are {', '.join(visible)}."})
    return _plan({name: value for name, value in visible.items() if name in names})


def _plan(columns: Mapping[str, Column]) -> Plan:
    selected: list[str] = []
    annotated: dict[str, Any] = {}
    outputs: list[tuple[str, Callable[..., Any] | None, tuple[int, ...]]] = []
    for name, value in columns.items():
        places = []
        for source in value.sources:
            path = source if isinstance(source, str) else f"row_{name}"
            if not isinstance(source, str):
                annotated[path] = source
            if path not in selected:
                selected.append(path)
            places.append(selected.index(path))
        outputs.append((name, value.make, tuple(places)))
    # The id stands at the end for those that need nothing of the object: a getter of one place gives no tuple.
    selected.append("pk")
    return Plan(
        tuple(selected),
        annotated,
        tuple(columns),
        itemgetter(*[places[0] if places else -1 for _, _, places in outputs], -1),
        tuple((name, make, places) for name, make, places in outputs if make is not None),
        {name: seer for name, value in columns.items() if (seer := _seer(value)) is not None},
    )


def _seer(value: Column) -> Callable[[Actor], Callable[..., Any]] | None:
    if value.permission and value.make is not None:
        return functools.partial(_where, value.make, permission=value.permission)
    return value.seen_by


def _where(make: Callable[..., Any], actor: Actor, permission: str) -> Callable[..., Any]:
    """The function, and an empty list for the things of accounts that the actor's permission does not reach."""
    reach = actor.reach.get(permission, NOWHERE)

    @functools.cache
    def below_domains() -> frozenset[int]:
        # One query a request, and only for who administers domains: an account's path would cost every list a join.
        return frozenset(actor.accounts(permission).values_list("pk", flat=True)) if reach.paths else frozenset()

    def value(*values: Any) -> Any:
        owner = values[-1]
        holds = reach.everywhere or owner in reach.accounts or owner in below_domains()
        return make(*values) if holds else []

    return value


def _as_it_is(text: str | None) -> orjson.Fragment | None:
    """JSON that the database wrote goes out without being read and written again."""
    return None if text is None else orjson.Fragment(text)


def _ref(uuid: UUID | None, name: str | None) -> dict[str, Any] | None:
    return None if uuid is None else {"id": uuid, "name": name}


def _named(name: str, value: Column) -> Column:
    """Fills in the attribute's name where the description left the path out."""
    sources = tuple(
        source if not isinstance(source, str) else name + source if source.startswith("__") else source or name
        for source in value.sources
    )
    return replace(value, sources=sources)
