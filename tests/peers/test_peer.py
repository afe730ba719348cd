"""Without the real programs these tests fail, and say what to install."""

import os

from twisted.trial.unittest import SynchronousTestCase

from tests.peers.irssi import Irssi
from tests.peers.peer import ProgramMissing
from tests.peers.weechat import WeeChat


class Missing(SynchronousTestCase):
    def test_named(self) -> None:
        """A client that is not installed is a failure which names its Debian package; never a skip."""
        self.patch_path("/nowhere")
        for client, package in ((Irssi, "irssi"), (WeeChat, "weechat-headless")):
            error = self.assertRaises(ProgramMissing, client, "alice")
            self.assertIn(f"apt install {package}", str(error))

    def patch_path(self, path: str) -> None:
        """Nothing is found but in `path`."""
        before = os.environ["PATH"]
        os.environ["PATH"] = path
        self.addCleanup(os.environ.__setitem__, "PATH", before)
