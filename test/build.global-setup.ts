// The program is built once, before any test starts it: what is tested is what runs.
import { buildProgram } from '../scripts/build-program.ts';

export default async function setup(): Promise<void> {
  await buildProgram();
}
