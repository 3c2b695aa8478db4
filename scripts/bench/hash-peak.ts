// How many passwords a second this process can check with nothing else to do: what the broker is held against.
import { availableParallelism } from 'node:os';

// Before the pool of threads starts, which it does at its first use.
process.env['UV_THREADPOOL_SIZE'] = String(availableParallelism());
const { hashSync, verify } = await import('@node-rs/argon2');

const seconds = Number(process.argv[2] ?? 3);
const phc = hashSync('a password', { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
const endAt = performance.now() + seconds * 1000;
let count = 0;
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    while (performance.now() < endAt) {
      await verify(phc, 'a password');
      count += 1;
    }
  }),
);
console.log(count / seconds);
