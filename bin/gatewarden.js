#!/usr/bin/env node
// The command. Plain JavaScript, so that an old Node gets as far as being told what to do: it can't even parse main.ts.
import { existsSync } from 'node:fs';
import nodeModule from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { entryModule } from './built.js';

const needed = 24;

if (Number(process.versions.node.split('.')[0]) < needed) {
  const bundled = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  const remedy = existsSync(bundled)
    ? 'Node 24 came with "npm install": run Gatewarden through npm ("npm start", "npx gatewarden …"), which finds it.'
    : 'Run "npm install" in its folder, which brings Node 24, then "npm start" or "npx gatewarden …".';
  process.stderr.write(
    `Gatewarden needs Node ${needed} or later; this is ${process.versions.node}.\n  ${remedy}\n`,
  );
  process.exitCode = 2;
} else {
  // Passwords are hashed on libuv's threads, whose number is read once, at their first use: one per processor, and two
  // so that nothing else has to wait for a hash.
  process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism() + 2));
  // What was compiled (and stripped of its types) once is not compiled at the next start. Beside the program, so that
  // whoever may write there could change the program as well; nowhere when it can't be written.
  nodeModule.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/gatewarden', import.meta.url)));
  // Loading the program leaves much garbage, once; on a large machine V8 would keep 128 MB ready for more of it. Taken
  // back once the broker is up (src/base/heap.ts).
  setFlagsFromString('--semi-space-growth-factor=1');
  // V8 would take what a decision allocates for long-lived, since a burst of logins survives a collection or two, and fill the
  // old generation of the thread that answers with what is dead a moment later: 6.5 kB for each.
  setFlagsFromString('--no-allocation-site-pretenuring');
  await import(entryModule('main'));
}
