"""Finding somebody in a directory, proving who they are with their password, and reading their groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import Any

import ldap
from ldap.filter import escape_filter_chars

from tenants.directory.base import DN, NAME, Directory, DirectoryProblem, Entry, Progress, in_silence
from tenants.directory.link import SECONDS, linked

MOST_GROUPS = 1000
# Microsoft's are bytes, and not text.
BINARY = {"objectguid", "objectsid"}
LONGEST_FACT = 255

Found = tuple[str, dict[str, list[bytes]]]


def prove(directory: Directory, name: str, password: str) -> Entry | None:
    """Who has the name, if the password is theirs; None if it is not, or nobody has the name.

    Raises:
        DirectoryProblem: the directory could not be asked.
    """
    # RFC 4513, 5.1.2: with an empty password a server says yes to everybody, and means nobody.
    if not name or not password:
        return None
    with _session(directory, in_silence) as session:
        found = _person(session, directory, name)
        if found is None:
            # Time must not tell who is there; the password is nobody's, and stays here.
            _is_theirs(session, f"cn={token_hex(8)},{directory.user_base}", token_hex(8))
            return None
        if not _is_theirs(session, found[0], password):
            return None
        # The groups are read as who may read them, and not as whoever signs in.
        _bind(session, directory, in_silence)
        return _entry(session, directory, found, name)


def look_up(directory: Directory, name: str, progress: Progress) -> Entry | None:
    """The same without a password, telling each step. Without a name it ends when the directory can be searched.

    Raises:
        DirectoryProblem: saying at which step it failed.
    """
    with _session(directory, progress) as session:
        found = _person(session, directory, name or "no-such-user")
        if not name:
            progress("search", f"{directory.user_base} can be searched.")
            return None
        if found is None:
            raise DirectoryProblem("search", f"Nobody below {directory.user_base} fits the filter.")
        progress("search", f"Found {found[0]}.")
        entry = _entry(session, directory, found, name)
        progress("groups", f"Groups: {', '.join(entry.groups)}." if entry.groups else "No groups.")
        return entry


@contextmanager
def _session(directory: Directory, progress: Progress) -> Iterator[Any]:
    with linked(directory, progress) as (_, near):
        # libldap closes it when it is done.
        session = ldap.initialize("ldap://directory", fileno=near.detach())
        session.set_option(ldap.OPT_PROTOCOL_VERSION, ldap.VERSION3)
        # A server that names another one must not get the passwords sent there.
        session.set_option(ldap.OPT_REFERRALS, ldap.OPT_OFF)
        session.set_option(ldap.OPT_NETWORK_TIMEOUT, SECONDS)
        session.set_option(ldap.OPT_TIMEOUT, SECONDS)
        try:
            _bind(session, directory, progress)
            yield session
        except ldap.LDAPError as error:
            raise DirectoryProblem("ask", _words(error)) from error
        finally:
            with suppress(ldap.LDAPError):
                session.unbind_ext_s()


def _bind(session: Any, directory: Directory, progress: Progress) -> None:
    try:
        session.simple_bind_s(directory.bind_dn, directory.bind_password)
    except ldap.LDAPError as error:
        whom = directory.bind_dn or "nobody"
        raise DirectoryProblem("bind", f"The portal can't sign in as {whom}: {_words(error)}") from error
    progress("bind", f"Signed in as {directory.bind_dn or 'nobody'}.")


def _person(session: Any, directory: Directory, name: str) -> Found | None:
    """
    Raises:
        DirectoryProblem: several entries have the name, or they can't be searched.
    """
    wanted = [attribute for fact, attribute in directory.names.items() if attribute and fact != "groups"]
    text = directory.user_filter.replace(NAME, escape_filter_chars(name))
    found = _search(session, "search", directory.user_base, text, wanted, most=2)
    if len(found) > 1:
        raise DirectoryProblem("search", "Several entries fit the filter.")
    return found[0] if found else None


def _is_theirs(session: Any, dn: str, password: str) -> bool:
    try:
        session.simple_bind_s(dn, password)
    except (ldap.INVALID_CREDENTIALS, ldap.INAPPROPRIATE_AUTH, ldap.NO_SUCH_OBJECT):
        return False
    return True


def _entry(session: Any, directory: Directory, found: Found, name: str) -> Entry:
    dn, attributes = found
    facts = {fact: _text(attributes, wanted) for fact, wanted in directory.names.items() if fact != "groups"}
    if not facts.get("id"):
        raise DirectoryProblem("search", f"{dn} has no {directory.names['id']}, by which it would be known again.")
    return Entry(dn, facts, _groups(session, directory, dn, name))


def _groups(session: Any, directory: Directory, dn: str, name: str) -> tuple[str, ...]:
    if not directory.group_base:
        return ()
    named = directory.names["groups"]
    text = directory.group_filter.replace(DN, escape_filter_chars(dn)).replace(NAME, escape_filter_chars(name))
    found = _search(session, "groups", directory.group_base, text, [named], most=MOST_GROUPS)
    values = [value for _, attributes in found for value in _values(attributes, named)]
    return tuple(sorted({value.decode(errors="replace") for value in values}))


def _search(session: Any, step: str, base: str, text: str, wanted: list[str], *, most: int) -> list[Found]:
    try:
        found = session.search_ext_s(base, ldap.SCOPE_SUBTREE, text, wanted, timeout=SECONDS, sizelimit=most)
    except ldap.LDAPError as error:
        raise DirectoryProblem(step, f"{base} can't be searched with {text}: {_words(error)}") from error
    # Entries without a name are referrals to other servers, which are not followed.
    return [(dn, attributes) for dn, attributes in found if dn is not None]


def _values(attributes: dict[str, list[bytes]], wanted: str) -> list[bytes]:
    """Names of attributes mind no capitals."""
    return next((values for name, values in attributes.items() if name.lower() == wanted.lower()), [])


def _text(attributes: dict[str, list[bytes]], wanted: str) -> str:
    value = next(iter(_values(attributes, wanted)), b"")
    return value.hex() if wanted.lower() in BINARY else value.decode(errors="replace")[:LONGEST_FACT]


def _words(error: ldap.LDAPError) -> str:
    """What the server says, in one line."""
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    said = " ".join(str(details[name]) for name in ("desc", "info") if details.get(name))
    return f"{said or type(error).__name__}."
