"""Tests of imd.protocols.irc: `world` is a whole daemon in memory, with people at IRC clients."""
