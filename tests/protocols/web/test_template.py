"""Texts with places to be filled in."""

from twisted.trial.unittest import SynchronousTestCase

from imd.protocols.web.template import Template


class TemplateTests(SynchronousTestCase):
    def test_filled(self) -> None:
        """Each name has its text, escaped, as often as it stands there; other braces are left alone."""
        template = Template('<a title="{{a}}">{{b.js}} {{a}}</a> {a} {{}} {{ a }}')
        self.assertEqual(template.names, {"a", "b.js"})
        self.assertEqual(
            template.fill({"a": "\"'<&>", "b.js": "/b"}),
            '<a title="&quot;&#x27;&lt;&amp;&gt;">/b &quot;&#x27;&lt;&amp;&gt;</a> {a} {{}} {{ a }}',
        )

    def test_sections(self) -> None:
        """What stands in a section is there if its text is not empty; a section may have others in it."""
        template = Template("1{{#a}}2{{a}}{{#b}}3{{b}}{{/b}}4{{/a}}5{{#b}}6{{/b}}7")
        self.assertEqual(template.fill({"a": "x", "b": "y"}), "12x3y4567")
        self.assertEqual(template.fill({"a": "x", "b": ""}), "12x457")
        self.assertEqual(template.fill({"a": "", "b": "y"}), "1567")
        self.assertEqual(template.fill({"a": "", "b": ""}), "157")

    def test_broken(self) -> None:
        """A section that has no end, no beginning, or crosses another is a mistake of who wrote it."""
        for text in ("{{#a}}", "{{/a}}", "{{#a}}{{#b}}{{/a}}{{/b}}", "{{#a}}{{/a}}{{/a}}"):
            with self.assertRaises(ValueError):
                Template(text)
