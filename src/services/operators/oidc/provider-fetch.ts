// How the provider is asked over HTTP: by https (http on the loopback where that is allowed), with the authorities that are configured,
// no redirection followed, no answer larger than it may be.
import { readFileSync } from 'node:fs';
import type { CustomFetch } from 'openid-client';
import { Agent, type RequestInit, fetch as undiciFetch } from 'undici';
import { OperatorError } from '../../../base/errors.ts';
import { isProviderUrl, type OidcConfig } from '../../../config/oidc.ts';

const mostOctets = 1_048_576;

export interface ProviderFetch {
  readonly fetch: CustomFetch;
  close(): Promise<void>;
}

function readAuthorities(file: string | null): { ca: Buffer } | undefined {
  if (file === null) return undefined;
  try {
    return { ca: readFileSync(file) };
  } catch (cause) {
    throw new OperatorError(
      `oidc.caFile: ${file} cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
      {
        at: 'oidc.caFile',
        remedy: 'Check the path, and give the service the right to read the file.',
        cause,
      },
    );
  }
}

/** @throws OperatorError when `oidc.caFile` cannot be read */
export function createProviderFetch(
  config: Pick<OidcConfig, 'caFile' | 'timeoutSeconds' | 'allowHttpOnLoopback'>,
): ProviderFetch {
  const timeout = config.timeoutSeconds * 1_000;
  const authorities = readAuthorities(config.caFile);
  const dispatcher = new Agent({
    connect: { timeout, ...authorities },
    headersTimeout: timeout,
    bodyTimeout: timeout,
    maxResponseSize: mostOctets,
  });
  return {
    async fetch(url, { body, headers, method, signal }) {
      if (!isProviderUrl(url, config.allowHttpOnLoopback))
        throw new TypeError('the address is not encrypted');
      const init = { body, headers, method, signal, redirect: 'manual', dispatcher } as RequestInit;
      return (await undiciFetch(url, init)) as unknown as Response;
    },
    close: () => dispatcher.destroy(),
  };
}
