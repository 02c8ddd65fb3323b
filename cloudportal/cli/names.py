"""Names instead of ids: what a person types, looked up where it is needed."""

from __future__ import annotations

from uuid import UUID

from cloudportal.cli.cells import CALLED_BY
from cloudportal.cli.client import API, Call, Client
from cloudportal.cli.document import Document, Field, Operation
from cloudportal.cli.errors import NOT_FOUND, CommandError, UsageError

# Fields whose noun their own name does not tell.
_OTHERWISE = {"root_disk": "disk-offerings", "parent": "domains", "owner": "accounts"}
# How many may match before all but the exact one are taken for chance.
LOOKED_AT = 200
COMPLETIONS = 30


def is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def noun_of(document: Document, field: Field) -> str | None:
    """The noun that a field's ids belong to: as the document says, or as its name tells."""
    schema = field.schema.get("items", field.schema)
    if schema.get("format") != "uuid":
        return None
    if told := schema.get("x-noun"):
        return str(told)
    name = field.name.removesuffix("_id").removesuffix("_ids")
    guesses = (_OTHERWISE.get(name, ""), name.replace("_", "-"), f"{name.replace('_', '-')}s", f"{name}es")
    return next((guess for guess in guesses if guess in document.nouns), None)


def key_of(listing: Operation) -> str | None:
    """The filter by which a list finds a name."""
    known = {field.name for field in listing.query}
    return next((key for key in CALLED_BY if key in known), None)


def id_of(client: Client, document: Document, noun: str, text: str) -> str:
    """The id of a thing by its id or name.

    Raises:
        UsageError: several are called so.
        CommandError: none is.
    """
    listing = document.nouns.get(noun, {}).get("list")
    key = key_of(listing) if listing else None
    if is_id(text) or listing is None or key is None:
        return text
    found = client.rows(Call("GET", listing.path, ((key, text),)), LOOKED_AT)
    matches = [str(row["id"]) for row in found if row.get(key) == text]
    if len(matches) > 1:
        raise UsageError(f"{len(matches)} {noun} are called “{text}”; take the id.", *matches)
    if not matches:
        raise CommandError(
            f"None of the {noun} is called “{text}”.", f"cloudportal {noun} list shows them.", exit_code=NOT_FOUND
        )
    return matches[0]


def names_like(client: Client, document: Document, noun: str, beginning: str) -> list[tuple[str, str]]:
    """Names that go on from a beginning, each with a word about the thing, for completion."""
    listing = document.nouns.get(noun, {}).get("list")
    key = key_of(listing) if listing else None
    if listing is None or key is None or not listing.path.startswith(API):
        return []
    params = ((key, beginning),) if beginning else ()
    rows = client.rows(Call("GET", listing.path, params), COMPLETIONS)
    names = [(str(row[key]), str(row.get("state") or row["id"])) for row in rows if row.get(key)]
    return [(name, about) for name, about in names if name.startswith(beginning)]
