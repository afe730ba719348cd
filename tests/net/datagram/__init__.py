"""Datagrams, without a socket and in virtual time where that can be."""
