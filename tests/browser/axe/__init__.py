"""axe-core (https://github.com/dequelabs/axe-core), which npm puts into ``build/axe`` (``tools/test-programs``)."""

from pathlib import Path
from typing import Any

from tests.browser.page import Tab
from tests.peers.peer import ProgramMissing

_SCRIPT = Path(__file__).parents[3] / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"

#: WCAG 2.2, levels A and AA, and what axe calls best practice. What a host page is made of is not the widget's matter.
_RUN = """
async within => {
  const found = await axe.run({ include: [[within]] }, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations", "incomplete"],
  });
  const told = (rules, nodes) => rules.flatMap(rule => rule.nodes.filter(nodes).map(
    node => `${rule.id}: ${node.target.flat().join(" ")}: ${node.failureSummary}`));
  return {
    passes: found.passes.length,
    violations: told(found.violations, () => true),
    unsure: told(found.incomplete, () => true),
  };
}
"""

#: Colours are what they are meant to be when what comes in has come in; what moves for ever is let be.
_CALM = """
() => Promise.all([...document.querySelectorAll("imd-chat")]
  .flatMap(host => host.shadowRoot.getAnimations())
  .filter(each => each.effect.getComputedTiming().endTime !== Infinity)
  .map(each => each.finished.catch(() => {}))).then(() => {})
"""


async def violations(tab: Tab, within: str = "imd-chat") -> list[str]:
    """What is wrong in a part of a page, by default the first widget. Its context was made with ``bypass_csp``.

    Raises `ProgramMissing`, and AssertionError if nothing at all was looked at.
    """
    if not _SCRIPT.exists():
        raise ProgramMissing("axe-core is missing, and these tests need the real one: run tools/test-programs")
    if not await tab.evaluate("'axe' in window"):
        await tab.do(tab.page.add_script_tag(path=_SCRIPT))
    await tab.evaluate(_CALM)
    found: dict[str, Any] = await tab.evaluate(_RUN, within)
    assert found["passes"] > 5, f"axe-core has seen next to nothing: {found}"
    wrong: list[str] = found["violations"]
    return wrong
