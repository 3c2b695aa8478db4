// Section `gatewayHttp`: the listener of gateways that ask over HTTPS.
import { type Static, Type } from 'typebox';
import { type Endpoint, endpointSchema } from './endpoint.ts';
import type { Fault, Path } from './faults.ts';
import { type TlsFiles, tlsFileProperties, tlsFilesOf } from './tls-files.ts';
import { isLoopback } from './web.ts';

export const gatewayHttpSchema = Type.Object(
  {
    listen: Type.Optional(
      endpointSchema('host:port to answer gateways over HTTPS on (8083); none: it is not done'),
    ),
    tls: Type.Object(tlsFileProperties, { additionalProperties: false, default: {} }),
  },
  { additionalProperties: false, default: {} },
);

export interface GatewayHttpConfig {
  readonly listen: Endpoint;
  /** Null: plain HTTP, on the loopback alone. */
  readonly tls: TlsFiles | null;
}

/** The section, checked: passwords never cross a network in plain HTTP. Null: gateways are not answered over HTTP. */
export function gatewayHttpOf(
  settings: Static<typeof gatewayHttpSchema>,
  reader: {
    endpoint(text: string, path: Path): Endpoint;
    absolute(path: Path, value: string): string;
    refuse(fault: Fault): never;
  },
): GatewayHttpConfig | null {
  const tls = tlsFilesOf('gatewayHttp.tls', ['gatewayHttp', 'tls'], settings.tls, reader);
  if (settings.listen === undefined) return null;
  const listen = reader.endpoint(settings.listen, ['gatewayHttp', 'listen']);
  if (tls === null && !isLoopback(listen.host)) {
    reader.refuse({
      path: ['gatewayHttp', 'listen'],
      message: `gatewayHttp.listen is ${settings.listen}: passwords would cross the network in plain HTTP.`,
      remedy: 'Set gatewayHttp.tls.certificateFile and gatewayHttp.tls.keyFile, or listen on 127.0.0.1.',
    });
  }
  return { listen, tls };
}
