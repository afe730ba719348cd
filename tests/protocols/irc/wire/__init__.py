"""Tests of imd.protocols.irc.wire."""
