"""What gets installed: the plugin, the data files, the names. Most mistakes here are silent."""

import json
from configparser import ConfigParser
from fnmatch import fnmatch
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins
from twisted.python.reflect import namedModule
from twisted.trial.unittest import SynchronousTestCase

import imd

ROOT = Path(__file__).resolve().parent.parent


def setup_cfg() -> ConfigParser:
    """``setup.cfg`` of the checkout."""
    config = ConfigParser(interpolation=None)
    config.read_string((ROOT / "setup.cfg").read_text())
    return config


def words(value: str) -> list[str]:
    """The lines of a list in ``setup.cfg``, without comments."""
    lines = (line.strip() for line in value.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def data_files(folder: Traversable, inside: str = "") -> list[str]:
    """Paths of all files under `folder` that are not Python."""
    found: list[str] = []
    for entry in folder.iterdir():
        path = f"{inside}{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                found.extend(data_files(entry, f"{path}/"))
        elif not entry.name.endswith((".py", ".pyc")):
            found.append(path)
    return found


class PluginTests(SynchronousTestCase):
    """Twisted finds ``twistd imd``."""

    def test_plugin_folders_have_no_init(self) -> None:
        """An ``__init__.py`` in either folder would hide Twisted or the plugin."""
        self.assertEqual(sorted(ROOT.glob("twisted/**/__init__.py")), [])

    def test_plugin_is_found(self) -> None:
        """Twisted's plugin search lists one service maker called imd, and it names imd.tap."""
        found = [maker for maker in getPlugins(IServiceMaker) if maker.tapname == "imd"]
        self.assertEqual([getattr(maker, "module", None) for maker in found], ["imd.tap"])

    def test_plugin_leads_to_a_service(self) -> None:
        """The module the plugin names has what twistd calls."""
        tap = namedModule("imd.tap")
        self.assertTrue(callable(tap.Options))
        self.assertTrue(callable(tap.makeService))


class MetadataTests(SynchronousTestCase):
    """``setup.cfg`` says what the project promises."""

    def test_names(self) -> None:
        """The distribution is twisted-imd; its packages are imd and the plugin folder, nothing else."""
        config = setup_cfg()
        self.assertEqual(config["metadata"]["name"], "twisted-imd")
        self.assertEqual(config["options"]["packages"], "find_namespace:")
        self.assertEqual(words(config["options.packages.find"]["include"]), ["imd", "imd.*", "twisted.plugins"])

    def test_requirements(self) -> None:
        """Installing imd brings Twisted, pyOpenSSL, service-identity and txredisapi."""
        required = words(setup_cfg()["options"]["install_requires"])
        names = {line.split(">=")[0].partition("[")[0] for line in required}
        self.assertLessEqual({"Twisted", "pyOpenSSL", "service-identity", "txredisapi"}, names)
        self.assertIn("Twisted[tls]>=26.10", required)

    def test_requirements_are_pinned(self) -> None:
        """Each requirement has its version in requirements/dev.txt, so that two builds are the same."""
        config = setup_cfg()
        required = words(config["options"]["install_requires"])
        for extra in config["options.extras_require"].values():
            required.extend(words(extra))
        names = {line.split(">=")[0].partition("[")[0] for line in required} - {"twisted-imd"}
        pins = words((ROOT / "requirements" / "dev.txt").read_text())
        pinned = {line.split("==")[0].lower().replace("_", "-") for line in pins}
        self.assertEqual({name for name in names if name.lower().replace("_", "-") not in pinned}, set())

    def test_version(self) -> None:
        """There is one version, in the package, and setup.cfg reads it from there."""
        self.assertEqual(setup_cfg()["metadata"]["version"], "attr: imd.__version__")
        self.assertRegex(imd.__version__, r"\A\d+\.\d+\.\d+\Z")

    def test_programs_exist(self) -> None:
        """Every console script names a function that is there."""
        scripts = words(setup_cfg()["options.entry_points"]["console_scripts"])
        programs = dict(line.split(" = ") for line in scripts)
        self.assertEqual(sorted(programs), ["imc", "imdctl"])
        for target in programs.values():
            module, _, function = target.partition(":")
            self.assertTrue(callable(getattr(namedModule(module), function)), target)


class DataFileTests(SynchronousTestCase):
    """Files that are not Python reach the wheel."""

    def test_data_files_are_packaged(self) -> None:
        """Each SQL, Lua or other data file in imd matches a pattern of ``options.package_data``."""
        patterns = [
            (pattern if package == "*" else f"{package.replace('.', '/')}/{pattern}").removeprefix("imd/")
            for package, listed in setup_cfg()["options.package_data"].items()
            for pattern in words(listed)
        ]
        paths = data_files(resources.files(imd))
        self.assertIn("py.typed", paths)
        # A pattern without a folder is one of file names, as of every package.
        self.assertEqual(
            [
                path
                for path in paths
                if not any(fnmatch(path if "/" in each else path.rpartition("/")[2], each) for each in patterns)
            ],
            [],
        )

    def test_widget_is_found(self) -> None:
        """What browsers load is there, as its manifest lists it, and nothing else."""
        static = resources.files(imd) / "protocols" / "web" / "static"
        manifest = json.loads((static / "manifest.json").read_text())
        pages = [f"pages/{name}" for name in manifest["pages"]]
        listed = [manifest["loader"], "manifest.json", *manifest["files"], *manifest["pictures"], *pages]
        self.assertEqual(sorted(data_files(static)), sorted(listed))

    def test_schema_is_found(self) -> None:
        """The stores find their schema and scripts through importlib.resources."""
        kinds = {Path(name).suffix for name in data_files(resources.files(imd))}
        self.assertIn(".sql", kinds)
