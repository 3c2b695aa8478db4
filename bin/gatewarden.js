#!/usr/bin/env node
// The command. Plain JavaScript, so that an old Node gets as far as being told what to do: it can't even parse main.ts.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

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
  await import('../src/main.ts');
}
