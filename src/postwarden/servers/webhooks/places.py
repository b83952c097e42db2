"""Which addresses lie outside every network of one's own (pure).

IANA's registries of special-purpose addresses decide (RFC 6890), and what an IPv6 address carries of IPv4
decides for it: whoever translates or tunnels (RFC 6052, RFC 8215, RFC 3056) may lead there.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_CARRYING = (IPv6Network("::/96"), IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""Networks whose last 32 bits are an IPv4 address."""
_TRANSLATED_HERE = IPv6Network("64:ff9b:1::/48")
"""Translation within a network; where the IPv4 address stands is that network's own choice."""


def outside(text: str) -> bool:
    """Tell whether an address is one host's of the whole internet; raise `ValueError` where it is none."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED_HERE:
            return False
        carried = _carried(address)
        if carried is not None:
            return _public(carried)
        if address.is_site_local:
            return False
    return _public(address)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if any(address in network for network in _CARRYING):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour


def _public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved
