// Answers of /healthz and /readyz.
import { Type } from 'typebox';

export const aliveSchema = Type.Object({ status: Type.Literal('alive') });

export const readySchema = Type.Object({
  status: Type.Enum(['ready', 'unready']),
  causes: Type.Array(
    Type.Enum([
      'starting',
      'stopping',
      'store-unavailable',
      'writer-stopped',
      'keys-closed',
      'clock-unstable',
      'sockets-unbound',
    ]),
    { description: 'what keeps this node from answering; empty when ready' },
  ),
});
