"""Times and sizes in settings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.config.values import LARGEST, LONGEST, Duration, Size


class DurationTests(SynchronousTestCase):
    """What people write for times."""

    def test_reads_every_unit(self) -> None:
        """Each unit and each of its names means its number of seconds."""
        for text, seconds in {
            "0": 0.0,
            "0 days": 0.0,
            "-0": 0.0,
            "5 ms": 0.005,
            "5ms": 0.005,
            "2 milliseconds": 0.002,
            "30 s": 30.0,
            "1 sec": 1.0,
            "1 second": 1.0,
            "1.5 seconds": 1.5,
            "2 min": 120.0,
            "1 minute": 60.0,
            "2 minutes": 120.0,
            "1 h": 3_600.0,
            "1 hour": 3_600.0,
            "2 Hours": 7_200.0,
            "30 days": 2_592_000.0,
            "1 day": 86_400.0,
            "1 d": 86_400.0,
            " 2 weeks ": 1_209_600.0,
            "1 week": 604_800.0,
            "1 w": 604_800.0,
            "36525 days": LONGEST,
        }.items():
            self.assertEqual(Duration.parse(text), seconds, text)
            self.assertIsInstance(Duration.parse(text), Duration)

    def test_says_what_is_wrong(self) -> None:
        """Each wrong time is refused with its own reason."""
        for text, reason in {
            "": "is no time",
            "soon": "is no time",
            "5 5 ms": "is no time",
            "1e3 s": "is no time",
            "٣ s": "is no time",
            "nan": "is no time",
            "inf s": "is no time",
            "5": 'a time needs a unit: "5 s"',
            "5 parsecs": '"parsecs" is no unit of time',
            "5 m": '"m" is no unit of time',
            "-5 s": "cannot be negative",
            "36526 days": "longer than 100 years",
            "99999999999999999999 weeks": "longer than 100 years",
        }.items():
            with self.assertRaises(ValueError, msg=text) as caught:
                Duration.parse(text)
            self.assertIn(reason, str(caught.exception), text)

    def test_writes_the_way_people_do(self) -> None:
        """The largest unit that gives a whole number is chosen; weeks are written as days."""
        for seconds, text in {
            0: "0",
            0.005: "5 ms",
            0.0005: "0.0005 s",
            0.25: "250 ms",
            1.0: "1 s",
            1.5: "1500 ms",
            90: "90 s",
            120: "2 min",
            3_600: "1 hour",
            7_200: "2 hours",
            86_400: "1 day",
            14 * 86_400: "14 days",
        }.items():
            self.assertEqual(Duration(seconds).text, text)

    @given(st.floats(min_value=1e-9, max_value=LONGEST))
    def test_what_is_written_is_read_back(self, seconds: float) -> None:
        """Every time, down to a billionth of a second, is written so that it is read as exactly the same."""
        self.assertEqual(Duration.parse(Duration(seconds).text), seconds)

    @given(
        st.integers(min_value=0, max_value=5_000),
        st.sampled_from(["ms", "s", "min", "hours", "days"]),
    )
    def test_reading_writing_reading(self, count: int, unit: str) -> None:
        """Writing what was read, and reading it again, gives the same time."""
        once = Duration.parse(f"{count} {unit}")
        self.assertEqual(Duration.parse(once.text), once)

    @given(st.text())
    def test_any_text_is_a_time_or_a_reason(self, text: str) -> None:
        """Whatever is written gives a time within bounds or ValueError, nothing else."""
        try:
            seconds = Duration.parse(text)
        except ValueError:
            return
        self.assertTrue(0 <= seconds <= LONGEST)


class SizeTests(SynchronousTestCase):
    """What people write for sizes."""

    def test_reads_every_unit(self) -> None:
        """Binary and decimal units, whatever their case, and bytes without a unit."""
        for text, size in {
            "0": 0,
            "512": 512,
            "512 bytes": 512,
            "1 byte": 1,
            "7B": 7,
            "16 KiB": 16_384,
            "16kib": 16_384,
            "1.5 KiB": 1_536,
            "1 MiB": 1_048_576,
            "1 GiB": 1_073_741_824,
            "2 kB": 2_000,
            "2 MB": 2_000_000,
            "1 GB": 1_000_000_000,
            "1024 GiB": LARGEST,
        }.items():
            self.assertEqual(Size.parse(text), size, text)
            self.assertIsInstance(Size.parse(text), Size)

    def test_says_what_is_wrong(self) -> None:
        """Each wrong size is refused with its own reason."""
        for text, reason in {
            "": "is no size",
            "big": "is no size",
            "-1 KiB": "cannot be negative",
            "16 KB/s": "is no size",
            "16 K": '"K" is no unit of size',
            "0.3 KiB": "whole number of bytes",
            "1025 GiB": "larger than 1024 GiB",
        }.items():
            with self.assertRaises(ValueError, msg=text) as caught:
                Size.parse(text)
            self.assertIn(reason, str(caught.exception), text)

    def test_writes_the_way_people_do(self) -> None:
        """The largest binary unit that gives a whole number is chosen."""
        for size, text in {
            0: "0",
            4094: "4094 bytes",
            65_536: "64 KiB",
            1_048_576: "1 MiB",
            1_073_741_824: "1 GiB",
        }.items():
            self.assertEqual(Size(size).text, text)

    @given(st.integers(min_value=0, max_value=LARGEST))
    def test_what_is_written_is_read_back(self, size: int) -> None:
        """Every size is written so that it is read as the same number."""
        self.assertEqual(Size.parse(Size(size).text), size)

    @given(st.text())
    def test_any_text_is_a_size_or_a_reason(self, text: str) -> None:
        """Whatever is written gives a size within bounds or ValueError, nothing else."""
        try:
            size = Size.parse(text)
        except ValueError:
            return
        self.assertTrue(0 <= size <= LARGEST)
