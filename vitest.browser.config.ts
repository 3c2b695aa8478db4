// Browser tests: Debian's Chromium on the pages of a real broker. `.ci/run` installs what they need.
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The walk through all pages takes as long as the rest together: it begins first. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isWalk = ({ moduleId }: TestSpecification) => moduleId.endsWith('/pages.test.ts');
    return files.toSorted((a, b) => Number(isWalk(b)) - Number(isWalk(a)));
  }
}

export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // A browser and a broker for each file: more at once would only wait for each other.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/build.global-setup.ts', 'test/browser/build.global-setup.ts'],
  },
});
