"""Which characters names may have, beyond ASCII (RFC 8264, RFC 8265, RFC 5893)."""

from twisted.trial.unittest import SynchronousTestCase

from imd.core.address import check_account_name
from imd.core.refusal import InvalidName


class NameTests(SynchronousTestCase):
    def test_good(self) -> None:
        """Names of many languages, in one direction each."""
        for name in (
            "Zoë",
            "Ωmega",
            "наташа",
            "田中",
            "ひろし",
            "김철수",
            "नीता",
            "สมชาย",
            "שרה",
            "سارة",
            "سارة1",
            "Đặng",
        ):
            self.assertEqual(check_account_name(name, international=True), name)

    def test_bad(self) -> None:
        """What cannot be seen, is no letter, mixes digits or directions, or is not in its plain form."""
        for name, why in (
            ("ali\u034fce", "a mark that nobody sees"),
            ("ali\ufe0fce", "a variation selector"),
            ("al\u200dice", "a joiner"),
            ("\u115falice", "a filler"),
            ("\u1100\u1161", "old Hangul"),
            ("ᏀⅣ", "a number that is a letter"),
            ("a\u20dd", "a circle around it"),
            ("سـارة", "a stretched letter (RFC 8264 section 9.6)"),
            ("س\u0661\u06f1", "Arabic digits of two kinds (RFC 5892 appendix A.8)"),
            ("aliceשרה", "both directions"),
            ("שרהalice", "both directions"),
            ("ﬁona", "a ligature"),
            ("Zoe\u0308", "not composed"),
            ("٣abc", "begins with a digit"),
        ):
            with self.assertRaises(InvalidName, msg=why):
                check_account_name(name, international=True)

    def test_ascii_only(self) -> None:
        """Unless the operator wants international names."""
        self.assertRaises(InvalidName, check_account_name, "Zoë")
