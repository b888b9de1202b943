// Accessibility: axe, with all its rules.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** What axe finds on the page as it is. Pages have no frames, so axe needs no second page to combine their results. */
export const analyze = (page: Page) => new AxeBuilder({ page }).setLegacyMode().analyze();
