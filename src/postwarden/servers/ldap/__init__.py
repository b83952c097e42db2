"""Door to LDAP servers that hold address tables or people.

Purpose: give the entries of one search, as a `TableServer`, through ldap3.
Input: `TableSettings` with `url`, `base`, `query` (a filter, RFC 4515), `attributes` (key, value),
and `bind_dn` with `password` where the server wants them. Output: (key, value) pairs, paged.
Promise: only bind and search are sent, referrals are not followed, every wait ends. Errors name the
server, never the password.
"""

from postwarden.servers.ldap.server import LdapServer

__all__ = ["LdapServer"]
