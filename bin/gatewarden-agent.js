#!/usr/bin/env node
// The workstation's command. Plain JavaScript, so that an old Node gets as far as being told what to do.
import { entryModule } from './built.js';

const needed = 24;

if (Number(process.versions.node.split('.')[0]) < needed) {
  process.stderr.write(
    `gatewarden-agent needs Node ${needed} or later; this is ${process.versions.node}.\n  Install Node ${needed}.\n`,
  );
  process.exitCode = 2;
} else {
  await import(entryModule('agent/main'));
}
