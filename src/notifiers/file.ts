// Checkpoints as files in a directory of another host or medium, one each.
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Notifier } from '../services/outbox.ts';
import { checkpointHash } from '../store/audit/checkpoint.ts';

/** Each checkpoint appears whole or not at all, durable when `deliver` resolves. The same one again replaces itself. */
export function createFileNotifier(directory: string): Notifier {
  return {
    target: `file:${directory}`,
    async deliver({ jws, instant }) {
      const time = new Date(instant).toISOString().replaceAll(/[-:]/g, '').replace('.', '');
      const name = join(directory, `checkpoint-${time}-${checkpointHash(jws).slice(0, 8)}.jws`);
      const temporary = `${name}.part`;
      const file = await open(temporary, 'w', 0o644);
      try {
        await file.writeFile(`${jws}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, name);
      const folder = await open(directory, 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
}
