"""Whether what a connection carries leaves the machine. Pure."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def is_this_machine(host: str | None) -> bool:
    """Whether a host is this machine by its name or address alone; nothing is looked up.

    A loopback address counts although a tunnel may end behind it: whoever made that has encrypted it, or has not, and
    nobody can tell from here. An empty host is the driver's default, a socket or loopback.
    """
    name = (host or "").strip("[]").rstrip(".").lower()
    if name in ("", "localhost") or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (inner or address).is_loopback
