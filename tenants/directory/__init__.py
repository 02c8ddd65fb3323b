"""Asking LDAP directories. Knows nothing of Django; `client` needs the extra ``ldap``."""
