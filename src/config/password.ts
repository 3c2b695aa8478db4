// Section `password`: the pool that computes argon2id.
import { Type } from 'typebox';

export const passwordSchema = Type.Object(
  {
    threads: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 256,
      description: 'password hashes computed at the same time; 0 means one per processor',
    }),
    queue: Type.Integer({
      default: 512,
      minimum: 1,
      maximum: 100_000,
      description:
        'passwords that may wait for a thread; beyond it the oldest is dropped and its gateway asks again',
    }),
  },
  { additionalProperties: false, default: {} },
);
