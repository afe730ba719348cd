"""Makes ``twistd imd`` known to Twisted.

Names the module and imports nothing of imd, because twistd reads every plugin at each start.
There must be no ``__init__.py`` here or in the folder above: it would hide Twisted itself.
"""

from twisted.application.service import ServiceMaker

imd = ServiceMaker("imd", "imd.tap", "Instant messaging daemon: one account, many doors.", "imd")
