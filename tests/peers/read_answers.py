"""Asks for everything in the zone that the tests write, over UDP and TCP, and lets dnspython judge the answers.

read_answers.py SERVER:PORT RESOLVER:PORT
"""

import sys

import dns.flags
import dns.message
import dns.query
import dns.rcode

NAMES = ["club.test", "mail.club.test", "www.club.test", "web.club.test", "long.club.test", "x.wild.club.test",
         "nobody.club.test", "test", "."]
TYPES = ["A", "AAAA", "NS", "SOA", "MX", "TXT", "CNAME", "PTR", "SRV", "CAA", "DS", "HTTPS", "ANY", "TYPE65280"]


def main():
    for door in sys.argv[1:]:
        address, port = door.rsplit(":", 1)
        for name in NAMES:
            for kind in TYPES:
                ask(address, int(port), name, kind)


def ask(address, port, name, kind):
    for transport in (dns.query.udp, dns.query.tcp):
        for edns in (False, 0):
            query = dns.message.make_query(name, kind, use_edns=edns)
            # Reading is strict: a wrong question, trailing octets or a bad pointer raise.
            answer = transport(query, address, port=port, timeout=5)
            where = f"{name} {kind} {transport.__name__} {address}"
            assert query.is_response(answer), where
            assert answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN, dns.rcode.REFUSED,
                                      dns.rcode.NOTIMP), f"{where}: {dns.rcode.to_text(answer.rcode())}"
            assert (answer.edns >= 0) == (edns is not False), f"{where}: EDNS only where it was asked for"
            assert len(answer.to_wire()) <= 512 or edns is not False or transport is dns.query.tcp \
                or answer.flags & dns.flags.TC, f"{where}: too long for plain UDP"


main()
