"""The measuring instrument: it compiles without a warning, notices what goes wrong, and calculates rightly."""

import atexit
import base64
import functools
import hashlib
import hmac
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.bench import report, ways
from tests.bench.load import FLAGS, Generator, Void, build
from tests.bench.misbehaving import Fault, Misbehaving
from tests.bench.polls import Polls
from tests.bench.report import Budget, Row
from tests.bench.servers import Floor, Imd


@functools.cache
def programs() -> tuple[Path, Path]:
    """Generator and floor, built once for all tests of this process."""
    folder = Path(tempfile.mkdtemp(prefix="imd-test-bench-"))
    atexit.register(shutil.rmtree, folder)
    return build(folder, tls=False)


class GeneratorTests(SynchronousTestCase):
    """The generator against servers that do right and wrong."""

    if not sys.platform.startswith("linux"):
        skip = "the generator and the figures are Linux's: epoll, /proc, CPU clocks of other processes"

    def setUp(self) -> None:
        load, self.floor = programs()
        self.generator = Generator(load)

    def wrong(self, fault: Fault, *, room: bool = False, window: int = 1) -> str:
        """What a short run finds wrong with a server that does `fault`."""
        server = Misbehaving(fault)
        self.addCleanup(server.close)
        options: dict[str, Any] = {"clients": 4, "warmup": 0, "duration": 0.1, "patience": 0.15, "window": window}
        if room:
            options["per_room"] = 4
        failure = self.assertRaises(Void, self.generator.run, "room" if room else "pairs", server.port, **options)
        return str(failure)

    def test_honest(self) -> None:
        """With a server that does nothing wrong all is delivered, counted, and nothing complained about."""
        ways: dict[str, dict[str, Any]] = {"pairs": {"window": 4}, "room": {"per_room": 4, "senders": 2, "window": 3}}
        for scenario, more in ways.items():
            server = Misbehaving(Fault.NONE)
            self.addCleanup(server.close)
            figures = self.generator.run(scenario, server.port, clients=4, warmup=0, duration=0.1, **more)
            self.assertTrue(figures["ok"])
            self.assertGreater(figures["measured"], 20)
            self.assertEqual(figures["delivered"], figures["expected"])
            self.assertEqual(figures["expected"], figures["said"] * (3 if scenario == "room" else 1))

    def test_lost(self) -> None:
        """A message that never arrives is missed, in a talk and in a room."""
        self.assertIn("lost 1", self.wrong(Fault.LOSE, window=2))
        self.assertIn("lost 1", self.wrong(Fault.LOSE, room=True, window=2))

    def test_doubled(self) -> None:
        """One that arrives twice is noticed."""
        self.assertEqual(self.wrong(Fault.DOUBLE), "repeated 1")
        self.assertEqual(self.wrong(Fault.DOUBLE, room=True), "repeated 1")

    def test_misdelivered(self) -> None:
        """So is one that somebody gets whom it is not for, though the right one gets it, too."""
        self.assertEqual(self.wrong(Fault.MISDELIVER), "stray 1")
        self.assertEqual(self.wrong(Fault.MISDELIVER, room=True), "stray 1")

    def test_forged(self) -> None:
        """One that names another sender counts as stray, and the true one as lost."""
        found = self.wrong(Fault.FORGE, window=2)
        self.assertIn("stray 1", found)
        self.assertIn("lost 1", found)

    def test_swapped(self) -> None:
        """A message that is overtaken by a later one of its sender is no good any more."""
        self.assertIn("repeated 1", self.wrong(Fault.SWAP, window=4))

    def test_refused(self) -> None:
        """An error reply makes a run void, also when everything arrives."""
        self.assertIn("errors 1", self.wrong(Fault.REFUSE))

    def test_connection_lost(self) -> None:
        """So does a connection that ends."""
        self.assertIn("lost its connection", self.wrong(Fault.HANG_UP))

    def test_nobody_there(self) -> None:
        """Where nobody listens there are no figures."""
        server = Misbehaving(Fault.NONE)
        server.close()
        failure = self.assertRaises(Void, self.generator.run, "connect", server.port, clients=1)
        self.assertIn("refused", str(failure))

    def test_floor(self) -> None:
        """The bare loop delivers everything, in talks (with and without PING) and rooms, and has used CPU time."""
        for confirm in (False, True):
            with Floor(self.floor, confirm=confirm) as floor:
                for scenario in ("pairs", "room"):
                    figures = self.generator.run(
                        scenario, floor.port, floor.pids, clients=8, per_room=8, window=10, burst=True,
                        warmup=0, duration=0.1,
                    )  # fmt: skip
                    self.assertGreater(figures["measured"], 100)
                    self.assertGreater(report.per_operation(figures), 0)

    def test_pace(self) -> None:
        """With a rate, as many messages leave as it says."""
        with Floor(self.floor) as floor:
            figures = self.generator.run("pairs", floor.port, clients=8, rate=2000, warmup=0, duration=0.2)
        self.assertApproximates(figures["said"], 400, 20)

    def test_idle(self) -> None:
        """Connections that only sign on are counted."""
        with Floor(self.floor) as floor:
            figures = self.generator.run("connect", floor.port, floor.pids, clients=50, settle=0)
        self.assertEqual((figures["signed_on"], figures["said"]), (50, 0))
        self.assertGreater(figures["sign_on_s"], 0)


class NativeTests(SynchronousTestCase):
    """The generator's native clients against imd itself, which is what they are for."""

    if not sys.platform.startswith("linux"):
        skip = "the generator and the figures are Linux's"

    def test_ways(self) -> None:
        """Talks and rooms by TCP, WebSocket and UDP: nothing is lost, doubled or misdelivered; of a presence that
        changes, each watcher is told once."""
        folder = Path(self.mktemp()).absolute()
        accounts = [sys.executable, "-m", "tests.bench.accounts", str(folder), "sqlite", "8", "bench", "4096", "7"]
        key = subprocess.run(accounts, check=True, capture_output=True, text=True).stdout.strip()
        generator = Generator(programs()[0])
        with Imd(data=folder) as imd:
            runs: tuple[tuple[str, str, dict[str, Any]], ...] = (
                ("presence", "tcp", {}),
                ("pairs", "tcp", {"window": 4}),
                ("pairs", "websocket", {"window": 4}),
                ("room", "websocket", {"senders": 2}),
                ("pairs", "udp", {"window": 4}),
                ("room", "udp", {"senders": 2}),
            )
            ports = {"tcp": "native", "websocket": "web", "udp": "native udp"}
            for scenario, transport, more in runs:
                figures = generator.run(
                    scenario, imd.ports[ports[transport]], imd.pids, native=True,
                    transport=transport, client_key=key, clients=8, per_room=8, warmup=0, duration=0.1, **more,
                )  # fmt: skip
                self.assertGreater(figures["measured"], 20, (transport, scenario))
                self.assertEqual(figures["delivered"], figures["expected"])

    def test_pages(self) -> None:
        """Talks of accounts in web pages, and of visitors with the agents of desks; and visitors who only come."""
        folder = Path(self.mktemp()).absolute()
        accounts = [sys.executable, "-m", "tests.bench.accounts", str(folder), "sqlite", "9", "bench", "4096", "0"]
        key = subprocess.run(accounts, check=True, capture_output=True, text=True).stdout.strip()
        generator = Generator(programs()[0])
        for who in (ways.BY_PAGES, ways.VISITORS):
            for scenario in ("pairs", "connect"):
                with Imd(*ways.site(8), data=folder) as imd:
                    port, options = ways.signing_on(who, imd, key)
                    figures = generator.run(
                        scenario, port, imd.pids, clients=8, warmup=0, duration=0.1, settle=0, window=4, **options
                    )
                    if scenario == "pairs":
                        self.assertGreater(figures["measured"], 20, who)
                        self.assertEqual(figures["delivered"], figures["expected"])
                    else:
                        self.assertEqual(figures["signed_on"], 8)


class PollsTests(SynchronousTestCase):
    def test_polls(self) -> None:
        """Visitors by long polling come, wait, and talk with the agents of desks."""
        folder = Path(self.mktemp()).absolute()
        accounts = [sys.executable, "-m", "tests.bench.accounts", str(folder), "sqlite", "9", "bench", "4096", "0"]
        subprocess.run(accounts, check=True, capture_output=True)
        with Imd(*ways.site(8), data=folder) as imd, Polls(imd.ports, imd.pids[0]) as polls:
            arrived = polls.arrive(20, 0.0)
            talked = polls.talk(4, 0.0, 0.2)
        self.assertGreater(min(arrived["sign-ons"], talked["cost"]), 0)
        self.assertGreater(talked["delivered"], 20)


class ScramTests(SynchronousTestCase):
    """SHA-256 and base64 of the generator, against Python's: a proof by a wrong digest would only look like a server
    that refuses."""

    def test_digests(self) -> None:
        """Texts of every length up to three blocks, as themselves and under HMAC; and base64 there and back."""
        folder = Path(self.mktemp())
        folder.mkdir()
        program = folder / "digests.c"
        here = Path(__file__).parent / "generator"
        program.write_text(
            '#include "load.h"\n#include <stdio.h>\n#include <string.h>\n'
            'static void hex(unsigned char *d, size_t n) { for (size_t i = 0; i < n; i++) printf("%02x", d[i]); }\n'
            "int main(void) { unsigned char t[200], d[32], back[200]; char text[300];\n"
            "for (int i = 0; i < 200; i++) t[i] = (unsigned char)(i * 7);\n"
            'for (size_t n = 0; n < 200; n++) { sha256(t, n, d); hex(d, 32); printf(" ");\n'
            "hmac_sha256(t, 32, t, n, d); hex(d, 32); size_t size = base64(t, n, text);\n"
            "if (unbase64(text, size, back) != n || memcmp(back, t, n)) return 1;\n"
            'printf(" %s\\n", text); } return 0; }\n'
        )
        subprocess.run(["cc", *FLAGS, f"-I{here}", "-o", folder / "digests", program, here / "scram.c"], check=True)
        lines = subprocess.run([folder / "digests"], capture_output=True, text=True, check=True).stdout.splitlines()
        text = bytes(i * 7 % 256 for i in range(200))
        for length, line in enumerate(lines):
            part = text[:length]
            wanted = f"{hashlib.sha256(part).hexdigest()} {hmac.digest(text[:32], part, 'sha256').hex()} "
            self.assertEqual(line, wanted + base64.b64encode(part).decode())
        self.assertEqual(len(lines), 200)


class ReportTests(SynchronousTestCase):
    """Ratios, budgets, the table, the file."""

    def test_ratio(self) -> None:
        """Measured by rival; none without a rival, or when either is missing."""
        self.assertEqual(Row("room", "µs", 3.0, "floor", 2.4).ratio, 1.25)
        self.assertIsNone(Row("room", "µs", 3.0).ratio)
        self.assertIsNone(Row("room", "µs", 3.0, "floor", 0.0).ratio)
        self.assertIsNone(Row("room", "µs", None, "floor", 2.0).ratio)

    def test_budgets(self) -> None:
        """A bound is inclusive, and all bounds must be kept."""
        self.assertTrue(Row("", "", 3.0, "floor", 2.4, Budget(ratio_at_most=1.25)).ok)
        self.assertFalse(Row("", "", 3.1, "floor", 2.4, Budget(ratio_at_most=1.25)).ok)
        self.assertTrue(Row("", "", 6.0, budget=Budget(at_most=6)).ok)
        self.assertFalse(Row("", "", 6.1, budget=Budget(at_most=6)).ok)
        both = Budget(ratio_at_least=30, at_least=50_000)
        self.assertTrue(Row("", "", 60_000.0, "one each", 2_000.0, both).ok)
        self.assertFalse(Row("", "", 49_000.0, "one each", 1_000.0, both).ok)
        self.assertFalse(Row("", "", 60_000.0, "one each", 3_000.0, both).ok)

    def test_no_verdict(self) -> None:
        """Without a budget there is none; a void run, or a rival that is missing, never meets one."""
        self.assertIsNone(Row("", "", 3.0, "floor", 2.4).ok)
        self.assertIs(Row("", "", None, "floor", 2.4, Budget(ratio_at_most=1.25)).ok, False)
        self.assertIs(Row("", "", None).ok, False)
        self.assertIs(Row("", "", 3.0, "floor", None, Budget(ratio_at_most=1.25)).ok, False)

    def test_per_operation(self) -> None:
        """CPU seconds by operations, in µs; a run in which nothing happened has no figure."""
        figures = {"measured": 4000, "measured_settled": 2000, "server_cpu_s": [0.01, 5.0]}
        self.assertAlmostEqual(report.per_operation(figures), 2.5)
        self.assertAlmostEqual(report.per_operation(figures, "measured_settled"), 5.0)
        self.assertAlmostEqual(report.per_operation(figures, process=1), 1250.0)
        self.assertRaises(ValueError, report.per_operation, {"measured": 0, "server_cpu_s": [1.0]})

    def test_median(self) -> None:
        """Of repeated runs the middle one counts; of two, the mean."""
        self.assertEqual(report.middle([9.0, 1.0, 2.0]), 2.0)
        self.assertEqual(report.middle([1.0, 2.0]), 1.5)

    def test_numbers(self) -> None:
        """Three digits that matter."""
        shown = [report.number(value) for value in (0.4621, 4.6218, 46.21, 462.18, 46_218.3, 2.0, 2000, None)]
        self.assertEqual(shown, ["0.462", "4.62", "46.2", "462", "46,218", "2", "2,000", ""])

    def test_table(self) -> None:
        """A line for each row, columns in line, verdicts to be read."""
        rows = [
            Row("room of 1,000", "µs", 3.0, "floor", 2.4, Budget(ratio_at_most=1.25)),
            Row("idle", "KiB", None, "", None, Budget(at_most=6), "lost 1"),
        ]
        lines = report.table(rows).splitlines()
        self.assertEqual(len({len(line) for line in lines}), 1)
        self.assertRegex(lines[2], r"room of 1,000 +\| +3 µs \| floor \| +2.40 \| +1.25 \| ≤ 1.25 × +\| yes")
        self.assertRegex(lines[3], r"idle \(lost 1\) +\| +void \| .* ≤ 6 +\| NO")

    def test_file(self) -> None:
        """bench.json holds rows with their verdicts, and the runs below them."""
        path = Path(self.mktemp()) / "bench.json"
        report.write(
            path, [Row("room", "µs", 3.0, "floor", 2.0, Budget(ratio_at_most=1.25))], [{"ok": True}], {"seconds": 1}
        )
        content = json.loads(path.read_text())
        self.assertEqual(content["rows"][0]["ratio"], 1.5)
        self.assertIs(content["rows"][0]["ok"], False)
        self.assertEqual(content["runs"], [{"ok": True}])
