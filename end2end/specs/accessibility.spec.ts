// axe, with all its rules, finds no violation on any page in any state, in light and dark, narrow and wide.
import { analyze } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { expectedConsoleErrors, pageStates } from '../support/page-states';

const narrow = { width: 320, height: 640 };
const wide = { width: 1280, height: 900 };

test.use({ withNotes: true });

for (const [name, visit] of Object.entries(pageStates)) {
  test(`axe finds nothing: ${name}`, async ({ consoleErrors, page, user }) => {
    if (expectedConsoleErrors[name]) consoleErrors.allow(expectedConsoleErrors[name]);
    await visit(page, user);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const viewport of [wide, narrow]) {
        await page.setViewportSize(viewport);
        const { violations, passes } = await analyze(page);
        const found = violations.map((it) => ({
          rule: it.id,
          where: it.nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
        }));
        expect(found, `${colorScheme}, ${viewport.width} wide`).toEqual([]);
        expect(passes.map((it) => it.id)).toContain('color-contrast');
      }
    }
  });
}

test('axe finds violations where there are some', async ({ page }) => {
  await page.setContent('<img src="x.png"><p style="color:#999;background:#aaa">pale</p>');
  const { violations } = await analyze(page);
  expect(violations.map((it) => it.id)).toEqual(
    expect.arrayContaining(['image-alt', 'color-contrast', 'html-has-lang']),
  );
});
