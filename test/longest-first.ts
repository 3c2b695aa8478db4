// The order of test files where a few take as long as all others together: those begin first, whatever their size.
import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A sequencer for files named by `longest`, without `.test.ts` and the longest first, then the others. */
export function longestFirst(...longest: readonly string[]): typeof BaseSequencer {
  const rank = ({ moduleId }: TestSpecification) => {
    const index = longest.indexOf(basename(moduleId, '.test.ts'));
    return index === -1 ? longest.length : index;
  };
  return class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return files.toSorted((a, b) => rank(a) - rank(b));
    }
  };
}
