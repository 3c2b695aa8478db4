// Users that a client makes one by one, several requests at a time: those that come while others are written go into the next write.
import { readResource } from '../../wire/scim/resource.ts';
import { userType } from '../../wire/scim/schemas.ts';
import type { ScimContext, Versioned } from './context.ts';
import { createUser, createUsers, usersInOneWrite } from './users.ts';

interface Waiting {
  readonly context: ScimContext;
  readonly body: unknown;
  readonly resolve: (made: Versioned | Promise<Versioned>) => void;
  readonly reject: (error: unknown) => void;
}

/** `createUser` for many requests at once; each is answered after its commit, with its own error. */
export function createUserGatherer(): typeof createUser {
  const queues = new Map<string, Waiting[]>();

  async function run(key: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      // Whatever arrives in this turn of the event loop goes along.
      await new Promise((resolve) => setImmediate(resolve));
      await make(queue.splice(0, usersInOneWrite));
    }
    queues.delete(key);
  }

  async function make(some: readonly Waiting[]): Promise<void> {
    const last = some.at(-1);
    if (last === undefined) return;
    try {
      const bodies = some.map(({ body }) => body);
      const made = some.length === 1 ? null : await createUsers(last.context, bodies);
      for (const [at, { context, body, resolve, reject }] of some.entries()) {
        const user = made?.[at];
        if (user !== undefined) resolve(user);
        // One after the other: what is wrong with one is told to it alone.
        else await createUser(context, body).then(resolve, reject);
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }

  return (context, body) => {
    // What is no user at all keeps nobody waiting.
    readResource(body, userType);
    const key = `${context.source} ${context.baseUrl}`;
    return new Promise((resolve, reject) => {
      const queue = queues.get(key) ?? [];
      queue.push({ context, body, resolve, reject });
      if (queues.has(key)) return;
      queues.set(key, queue);
      void run(key, queue);
    });
  };
}
