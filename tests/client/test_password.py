"""Where the password comes from."""

from twisted.trial.unittest import SynchronousTestCase

from imd.client.destination import Destination
from imd.client.errors import UsageError
from imd.client.password import obtain

HERE = Destination("alice", "localhost")


class PasswordTests(SynchronousTestCase):
    def asked(self, *answers: str) -> str:
        self.questions: list[str] = []
        rest = iter(answers)

        def ask(question: str) -> str:
            self.questions.append(question)
            return next(rest)

        return obtain(HERE, len(answers) > 1, {}, ask)

    def test_environment(self) -> None:
        """Nobody is asked when the environment has it."""
        self.assertEqual(obtain(HERE, True, {"IMC_PASSWORD": "sesame"}, lambda _: self.fail("asked")), "sesame")

    def test_asked(self) -> None:
        """Once for an account there is, twice for a new one."""
        self.assertEqual(self.asked("sesame"), "sesame")
        self.assertEqual(len(self.questions), 1)
        self.assertEqual(self.asked("sesame", "sesame"), "sesame")
        self.assertEqual(len(self.questions), 2)

    def test_mistakes(self) -> None:
        """An empty one, two that differ, one that cannot be typed everywhere."""
        for answers in (("",), ("sesame", "sesane"), ("a\tb", "a\tb")):
            with self.subTest(answers):
                self.assertRaises(UsageError, self.asked, *answers)
