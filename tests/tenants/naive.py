"""Who may do what, thought out as simply as can be: dictionaries, and a walk up the tree for every question."""

from __future__ import annotations

from dataclasses import dataclass, field

ROOT = "root"


@dataclass
class NaiveCloud:
    """Every thing under a name; `grants` are (role, who, on what)."""

    parents: dict[str, str | None] = field(default_factory=lambda: {ROOT: None})
    suspended: set[str] = field(default_factory=set)
    accounts: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    # Projects are accounts too; this says which account owns them.
    owners: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    groups: dict[str, str] = field(default_factory=dict)
    members: set[tuple[str, str]] = field(default_factory=set)
    roles: dict[str, set[str]] = field(default_factory=dict)
    grants: set[tuple[str, str, str]] = field(default_factory=set)

    def line(self, place: str) -> list[str]:
        """A place and everything above it."""
        found = [place] if place in self.accounts else []
        at: str | None = self.accounts.get(place, place)
        while at is not None:
            found.append(at)
            at = self.parents[at]
        return found

    def acts(self, user: str) -> bool:
        home = self.users[user]
        above = set(self.line(home))
        return user not in self.disabled and self.states[home] != "Disabled" and not above & self.suspended

    def granted(self, user: str, permission: str, place: str) -> bool:
        who = {user} | {group for group, member in self.members if member == user}
        owner = self.owners.get(place)
        return any(
            permission in self.roles[role]
            and holder in who
            and (on in self.line(place) or (on == owner and "projects.manage" in self.roles[role]))
            for role, holder, on in self.grants
        )

    def may(self, user: str, permission: str, place: str) -> bool:
        return self.acts(user) and self.granted(user, permission, place)

    def may_change(self, user: str, permission: str, place: str) -> bool:
        """Also with the states of what is changed."""
        states = {self.states.get(one, "Enabled") for one in (place, self.owners.get(place, place))}
        grows = states == {"Enabled"} and not set(self.line(place)) & self.suspended
        return self.may(user, permission, place) and grows
