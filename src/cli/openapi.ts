// `gatewarden openapi`: the description of the HTTP API, without a broker that runs.
import { describeConsoleApi } from '../http/console.ts';
import type { CliCommand } from './command.ts';
import { text } from './output.ts';

export const openapiCommands: readonly CliCommand[] = [
  {
    path: ['openapi'],
    summary: 'print the description of the HTTP API (OpenAPI 3.1, JSON)',
    declare() {},
    async run({ output }) {
      const document = await describeConsoleApi();
      output.emit(text(JSON.stringify(document, null, 2)));
      return { value: document };
    },
  },
];
