"""The doors: one folder per protocol, each wire → session, by command family → connection → gateway.

Doors do not know each other; of the core they know its edges (`imd.core.ports`) and its values.
"""
