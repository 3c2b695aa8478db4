// The pages are built once, before any browser asks for them.
import { buildConsole } from '../../scripts/build-console.ts';

export default async function setup(): Promise<void> {
  await buildConsole();
}
