// The files of a TLS listener that looks at its peers' certificates.
import { Type } from 'typebox';
import type { Fault, Path } from './faults.ts';

export const tlsFileProperties = {
  certificateFile: Type.Optional(
    Type.String({ minLength: 1, description: 'PEM file: certificate of this broker, then those above it' }),
  ),
  keyFile: Type.Optional(
    Type.String({ minLength: 1, description: 'PEM file: private key of that certificate' }),
  ),
  caFile: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'PEM file: authorities that may vouch for clients by name; none: pins only',
    }),
  ),
  crlFile: Type.Optional(
    Type.String({ minLength: 1, description: 'PEM file: revocation lists, one of each authority in caFile' }),
  ),
};

/** Absolute paths. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly caFile: string | null;
  readonly crlFile: string | null;
}

/**
 * The files of a section, checked against each other.
 * @returns null when neither certificate nor key is named
 */
export function tlsFilesOf(
  section: string,
  path: Path,
  files: { readonly [Name in keyof TlsFiles]?: string | undefined },
  reader: {
    absolute(path: Path, value: string): string;
    refuse(fault: Fault): never;
  },
): TlsFiles | null {
  const { certificateFile, keyFile, caFile, crlFile } = files;
  const at = (key: string): Path => [...path, key];
  const given = Object.keys(files).find((key) => files[key as keyof TlsFiles] !== undefined);
  if (given === undefined) return null;
  if (certificateFile === undefined || keyFile === undefined) {
    const missing = certificateFile === undefined ? 'certificateFile' : 'keyFile';
    reader.refuse({
      path: at(given),
      message: `${section}.${given} is set, but ${section}.${missing} is not.`,
      remedy: "Name the PEM files of this broker's certificate and key.",
    });
  }
  if (crlFile !== undefined && caFile === undefined) {
    reader.refuse({
      path: at('crlFile'),
      message: `${section}.crlFile is set, but ${section}.caFile is not.`,
      remedy: 'Name the authorities whose lists these are, or leave crlFile out.',
    });
  }
  const file = (key: string, value: string) => reader.absolute(at(key), value);
  return {
    certificateFile: file('certificateFile', certificateFile),
    keyFile: file('keyFile', keyFile),
    caFile: caFile === undefined ? null : file('caFile', caFile),
    crlFile: crlFile === undefined ? null : file('crlFile', crlFile),
  };
}
