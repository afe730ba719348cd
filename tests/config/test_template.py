"""The files that are written from the model."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from imd.config.catalogue import catalogue
from imd.config.load import load
from imd.config.model import Settings
from imd.config.template import docs, main, redis, sample

ROOT = Path(__file__).absolute().parents[2]
# In the text, what is switched off has no space behind its "#"; explanations have one.
SWITCHED_OFF = re.compile(r"^#(?=\S)", re.MULTILINE)


class CheckedInTests(SynchronousTestCase):
    """Files in the checkout."""

    def test_are_those_of_the_code(self) -> None:
        """conf/imd.toml, conf/redis.toml and docs/settings.md are what imd.config.template writes now."""
        for name, text in (("conf/imd.toml", sample()), ("conf/redis.toml", redis()), ("docs/settings.md", docs())):
            self.assertEqual((ROOT / name).read_text(), text, f"{name} is stale: see the top of imd/config/template.py")

    def test_the_program_writes_them(self) -> None:
        """`python -m imd.config.template` prints the sample."""
        command = [sys.executable, "-m", "imd.config.template"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        self.assertEqual(done.stdout, sample())

    def test_the_package_stands_alone(self) -> None:
        """Nothing in imd.config imports Twisted or another part of imd."""
        program = (
            "import sys, imd.config.template, imd.config.reload\n"
            "print(sorted({name.split('.')[0] for name in sys.modules} & {'twisted', 'zope', 'OpenSSL'}))\n"
            "print(sorted({'.'.join(name.split('.')[:2]) for name in sys.modules if name.startswith('imd.')}))\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
        self.assertEqual(done.stdout, "[]\n['imd.config']\n")

    def test_usage(self) -> None:
        """An unknown name is a mistake of usage, told on standard error."""
        said = io.StringIO()
        self.patch(sys, "stderr", said)
        self.assertEqual(main(["nonsense"]), 2)
        self.assertIn("usage: ", said.getvalue())


class SampleTests(SynchronousTestCase):
    """conf/imd.toml."""

    def load(self, text: str) -> Settings:
        path = Path(self.mktemp()).absolute()
        path.write_text(text)
        return load(path, data="/data")

    def test_changes_nothing_as_it_is(self) -> None:
        """Using the sample unchanged is using the defaults."""
        self.assertEqual(self.load(sample()), Settings(data=Path("/data")))

    def test_holds_every_setting_with_its_default(self) -> None:
        """With everything switched on it still says the defaults, and every key is in it once."""
        text = SWITCHED_OFF.sub("", sample())
        self.assertEqual(self.load(text), Settings(data=Path("/data")))
        names = re.findall(r"^([a-z_]+) = ", text, re.MULTILINE)
        self.assertEqual(names, [setting.name for setting in catalogue().values()])

    def test_examples_are_valid_and_differ(self) -> None:
        """Each example can be set by itself and is not the default."""
        files = {"tls", "store"}
        for setting in catalogue().values():
            if not setting.example or (setting.section in files and setting.name != "url"):
                continue
            settings = load(None, [f"{setting.key}={setting.example}"])
            self.assertNotEqual(setting.of(settings), setting.of(load(None)), setting.key)

    def test_lines_fit_a_terminal(self) -> None:
        """No line of explanation is wider than 100 columns."""
        for line in sample().splitlines():
            self.assertTrue(len(line) <= 100 or not line.startswith("# "), line)


class RedisTests(SynchronousTestCase):
    """conf/redis.toml."""

    def test_is_ready_to_use(self) -> None:
        """It says nothing but the store and where the data is, and no setting in it is unknown."""
        path = ROOT / "conf" / "redis.toml"
        settings = load(path)
        self.assertEqual(settings.store.url, "redis://127.0.0.1:6379/0")
        self.assertEqual(settings.data.resolve(), ROOT / "imd-data")
        self.assertEqual(load(path, ['store.url="sqlite"'], "/data"), Settings(data=Path("/data")))

    def test_says_what_redis_needs(self) -> None:
        """Whoever reads it learns which settings of Redis keep messages."""
        for words in ("appendonly yes", "appendfsync always", "noeviction"):
            self.assertIn(words, redis())


class DocsTests(SynchronousTestCase):
    """docs/settings.md."""

    def test_every_setting_has_its_heading(self) -> None:
        """Each key is a heading, in the order of the model."""
        headings = re.findall(r"^### (.*)$", docs(), re.MULTILINE)
        self.assertEqual(headings, list(catalogue()))
