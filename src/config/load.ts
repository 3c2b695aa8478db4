// Configuration: one file (YAML or JSON) and the environment, parsed once into a frozen, typed object.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Value } from 'typebox/value';
import { isNode, LineCounter, parseDocument, visit } from 'yaml';
import { OperatorError } from '../base/errors.ts';
import { programPath } from '../base/program.ts';
import { type CheckpointTarget, targetSchemas } from './audit.ts';
import type { DirectoryConfig } from './directories.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { type Override, readOverrides } from './environment.ts';
import { type Fault, findFaults, type Path, pathText } from './faults.ts';
import type { FolderConfig } from './folders.ts';
import { type GatewayHttpConfig, gatewayHttpOf } from './gateway-http.ts';
import type { NoticesConfig } from './notices.ts';
import { type OidcConfig, oidcOf } from './oidc.ts';
import { type ConfigDocument, configSchema } from './schema.ts';
import { type TlsFiles, tlsFilesOf } from './tls-files.ts';
import { type UpstreamConfig, upstreamSchemas } from './upstreams.ts';
import { type WebConfig, webOf } from './web.ts';

type StoreConfig =
  | { readonly dialect: 'sqlite'; readonly file: string }
  | { readonly dialect: 'postgresql'; readonly url: string; readonly poolSize: number };

interface EapConfig {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly clientCaFiles: readonly string[];
  readonly minTls: '1.2' | '1.3';
  readonly maxConversations: number;
  readonly maxConversationsPerGateway: number;
}

/** What the broker runs with. Paths are absolute, defaults filled in; the whole object is frozen and can be cloned to a thread. */
export interface Config {
  /** The file it came from, if there was one. */
  readonly origin: string | null;
  readonly dataDir: string;
  readonly node: string;
  readonly store: StoreConfig;
  readonly keys: { readonly file: string };
  readonly radius: {
    readonly listen: readonly Endpoint[];
    /** Unless it is set: the addresses of `listen`, at the next port. */
    readonly accountingListen: readonly Endpoint[];
    readonly receiveBufferBytes: number;
    readonly rejectDelayMs: number;
    /** Null: no RADIUS/TLS. */
    readonly tls: RadiusTlsConfig | null;
  };
  /** Null: EAP is refused. */
  readonly eap: EapConfig | null;
  readonly http: { readonly listen: Endpoint };
  /** Null: gateways are not answered over HTTP. */
  readonly gatewayHttp: GatewayHttpConfig | null;
  readonly console: WebConfig;
  readonly portal: WebConfig;
  /** Null: operators sign in here alone. */
  readonly oidc: OidcConfig | null;
  /** `threads` 0: one per processor. */
  readonly password: { readonly threads: number; readonly queue: number };
  readonly upstreams: readonly UpstreamConfig[];
  readonly directories: readonly DirectoryConfig[];
  readonly folders: readonly FolderConfig[];
  readonly notices: NoticesConfig;
  readonly audit: {
    readonly checkpoints: {
      readonly intervalSeconds: number;
      readonly targets: readonly CheckpointTarget[];
    };
  };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
  readonly profiles: { readonly directory: string };
}

export interface RadiusTlsConfig extends TlsFiles {
  readonly listen: readonly Endpoint[];
  readonly connections: number;
  readonly connectionsPerClient: number;
  /** Offered by ALPN. */
  readonly radiusVersions: readonly ('1.0' | '1.1')[];
  readonly idleSeconds: number;
}

export interface ConfigSource {
  /** The file to read; null: defaults and environment only. */
  readonly file: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start that do not come from a file (those start at the file's directory). */
  readonly workingDirectory: string;
  readonly hostName: string;
}

const programProfiles = programPath('config/gateways');

interface ParsedFile {
  readonly value: Record<string, unknown>;
  /** `file:line` of a setting. */
  place(path: Path): string;
}

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new OperatorError(
      `${file}: ${what} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}.`,
      {
        at: file,
        remedy: code === 'ENOENT' ? 'Check the path.' : 'Give the service the right to read it.',
        cause,
      },
    );
  }
}

function readConfigFile(file: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(readText(file, 'the configuration file'), { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line ?? 1;
    throw new OperatorError(
      `${file}:${line}: ${error.message.split('\n')[0]?.replace(/ at line .*$/, '')}.`,
      {
        at: `${file}:${line}`,
        remedy: 'Correct the YAML on that line; indent with spaces, and name each setting once.',
      },
    );
  }
  // A secret that begins with an asterisk is one, and must not be repeated.
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      const at = `${file}:${lines.linePos(alias.range?.[0] ?? 0).line}`;
      throw new OperatorError(`${at}: the value begins with "*", which in YAML refers to another one.`, {
        at,
        remedy: 'Put the value in single quotes.',
      });
    },
  });
  const place = (path: Path): string => {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return `${file}:${lines.linePos(node.range[0]).line}`;
    }
    return file;
  };
  const value: unknown = document.toJS() ?? {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OperatorError(`${file}: the file holds no settings.`, {
      at: file,
      remedy: 'Write settings as "name: value", as in the annotated example.',
    });
  }
  return { value: withoutEmptySections(value as Record<string, unknown>), place };
}

/** A section whose settings are all commented out reads as null: it is left out. */
function withoutEmptySections(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== null)
      .map(([key, entry]) => [
        key,
        typeof entry === 'object' && !Array.isArray(entry)
          ? withoutEmptySections(entry as Record<string, unknown>)
          : entry,
      ]),
  );
}

function setAt(target: Record<string, unknown>, path: Path, value: unknown): void {
  const [key, ...rest] = path.map(String);
  if (key === undefined) return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const child = target[key];
  const section = typeof child === 'object' && child !== null ? { ...child } : {};
  target[key] = section;
  setAt(section as Record<string, unknown>, rest, value);
}

function samePath(left: Path, right: Path): boolean {
  return left.length <= right.length && left.every((part, i) => part === right[i]);
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) freeze(child);
    Object.freeze(value);
  }
  return value;
}

function targetFaults(targets: readonly unknown[]): Fault[] {
  return targets.flatMap((target, i) => {
    const type = (target as { type?: unknown } | null)?.type;
    const schema =
      type === 'file' || type === 'syslog' || type === 'webhook' ? targetSchemas[type] : undefined;
    if (schema === undefined) return [];
    const withDefaults = Value.Default(schema, Value.Clone(target));
    return findFaults(schema, withDefaults, ['audit', 'checkpoints', 'targets', i]);
  });
}

function upstreamFaults(upstreams: readonly unknown[]): Fault[] {
  return upstreams.flatMap((upstream, i) => {
    const type = (upstream as { type?: unknown } | null)?.type;
    if (type !== 'ldap' && type !== 'radius') return [];
    const schema = upstreamSchemas[type];
    return findFaults(schema, Value.Default(schema, Value.Clone(upstream)), ['upstreams', i]);
  });
}

function faultsOf(document: unknown): Fault[] {
  const faults = findFaults(configSchema, document);
  const targets = (document as { audit?: { checkpoints?: { targets?: unknown } } }).audit?.checkpoints
    ?.targets;
  const { upstreams } = document as { upstreams?: unknown };
  return [
    ...faults,
    ...(Array.isArray(targets) ? targetFaults(targets) : []),
    ...(Array.isArray(upstreams) ? upstreamFaults(upstreams) : []),
  ];
}

/** Holds what `resolve…` needs to name a setting's origin. */
interface Origin {
  /** Where a setting was given, for a message. */
  at(path: Path): string;
  /** Makes a path given in a setting absolute. */
  absolute(path: Path, value: string): string;
  readonly overridden: (path: Path) => boolean;
}

function refuse(origin: Origin, fault: Fault, more: readonly Fault[]): never {
  const others = more.map((other) => pathText(other.path)).join(', ');
  const at = origin.at(fault.path);
  const also = others === '' ? '' : ` (Also wrong: ${others}.)`;
  throw new OperatorError(`${at}: ${fault.message}${also}`, { at, remedy: fault.remedy });
}

function storeOf(document: ConfigDocument, dataDir: string, origin: Origin): StoreConfig {
  const { dialect, file, url, urlFile, poolSize } = document.store;
  const fault = (key: string, message: string, remedy: string): never =>
    refuse(origin, { path: ['store', key], message, remedy }, []);
  if (dialect === 'sqlite') {
    for (const [key, value] of Object.entries({ url, urlFile })) {
      if (value !== undefined) {
        fault(
          key,
          `store.${key} is for PostgreSQL, but store.dialect is sqlite.`,
          `Set store.dialect to postgresql, or remove store.${key}.`,
        );
      }
    }
    return { dialect, file: resolve(dataDir, file) };
  }
  if (url !== undefined && urlFile !== undefined) {
    fault('urlFile', 'store.url and store.urlFile are both set.', 'Keep one of them.');
  }
  if (url !== undefined) {
    if (/^[^:]+:\/\/[^/@:]*:[^/@]+@/.test(url) && !origin.overridden(['store', 'url'])) {
      fault(
        'url',
        'store.url holds a password.',
        'Put the URL in a file of its own and name it in store.urlFile, or set GATEWARDEN_STORE_URL.',
      );
    }
    return { dialect, url, poolSize };
  }
  if (urlFile === undefined) {
    return fault(
      'url',
      'store.dialect is postgresql, but no database is named.',
      'Set store.urlFile (a file that holds the URL), or GATEWARDEN_STORE_URL.',
    );
  }
  const path = origin.absolute(['store', 'urlFile'], urlFile);
  const text = readText(path, 'the file named by store.urlFile').trim();
  if (!/^postgres(ql)?:\/\/\S+$/.test(text)) {
    fault(
      'urlFile',
      `${path} holds no URL of PostgreSQL.`,
      'Its only line reads postgresql://user:password@host/database.',
    );
  }
  return { dialect, url: text, poolSize };
}

/** Files are found beside the configuration. */
function noticesOf(document: NoticesConfig, origin: Origin): NoticesConfig {
  const files = <T extends object>(kind: keyof NoticesConfig, targets: readonly T[]): T[] =>
    targets.map((target, index) => {
      const named = Object.entries(target).filter(([key]) => /File$/.test(key));
      const absolute = named.map(([key, value]) => [
        key,
        origin.absolute(['notices', kind, index, key], String(value)),
      ]);
      return { ...target, ...(Object.fromEntries(absolute) as object) };
    });
  return {
    mail: files('mail', document.mail),
    webhook: files('webhook', document.webhook),
    syslog: files('syslog', document.syslog),
  };
}

function targetOf(document: unknown, i: number, origin: Origin): CheckpointTarget {
  const path: Path = ['audit', 'checkpoints', 'targets', i];
  const type = (document as { type: keyof typeof targetSchemas }).type;
  const target = Value.Default(targetSchemas[type], Value.Clone(document)) as CheckpointTarget;
  const absolute = (key: string, value: string) => origin.absolute([...path, key], value);
  if (target.type === 'file') return { ...target, directory: absolute('directory', target.directory) };
  if (target.type === 'syslog') {
    parseEndpoint(target.server, pathText([...path, 'server']));
    return target.caFile === undefined ? target : { ...target, caFile: absolute('caFile', target.caFile) };
  }
  const url = URL.canParse(target.url) ? new URL(target.url) : null;
  if (
    url === null ||
    (url.protocol === 'http:' && !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname))
  ) {
    refuse(
      origin,
      {
        path: [...path, 'url'],
        message: `${pathText([...path, 'url'])} is ${url === null ? 'no URL' : 'not encrypted'}.`,
        remedy: 'Write an https:// URL; plain http is for the loopback only.',
      },
      [],
    );
  }
  return target.secretFile === undefined
    ? target
    : { ...target, secretFile: absolute('secretFile', target.secretFile) };
}

function upstreamsOf(documents: readonly unknown[], origin: Origin): UpstreamConfig[] {
  const taken = new Set(['own']);
  return documents.map((document, i) => {
    const path: Path = ['upstreams', i];
    const { type } = document as UpstreamConfig;
    const upstream = Value.Default(upstreamSchemas[type], Value.Clone(document)) as UpstreamConfig;
    const { name } = upstream;
    if (taken.has(name)) {
      const message =
        name === 'own'
          ? `${pathText([...path, 'name'])}: "own" is this broker itself.`
          : `${pathText([...path, 'name'])}: "${name}" is the name of two upstreams.`;
      refuse(
        origin,
        { path: [...path, 'name'], message, remedy: 'Give each upstream a name of its own.' },
        [],
      );
    }
    taken.add(name);
    const absolute = (key: string, value: string) => origin.absolute([...path, key], value);
    if (upstream.type === 'ldap') {
      const { caFile } = upstream;
      return caFile === undefined ? upstream : { ...upstream, caFile: absolute('caFile', caFile) };
    }
    for (const [at, server] of upstream.servers.entries()) {
      const place = [...path, 'servers', at];
      parseEndpoint(server, `${origin.at(place)}: ${pathText(place)}`, { addressOnly: true });
    }
    return { ...upstream, secretFile: absolute('secretFile', upstream.secretFile) };
  });
}

function originOf(source: ConfigSource, parsed: ParsedFile | null, overrides: readonly Override[]): Origin {
  const overridden = (path: Path) => overrides.some((override) => samePath(override.path, path));
  const inFile = (path: Path) => {
    let value: unknown = parsed?.value;
    for (const part of path) value = (value as Record<string, unknown> | undefined)?.[String(part)];
    return value !== undefined;
  };
  return {
    overridden,
    at: (path) =>
      overrides.find((override) => samePath(override.path, path))?.variable ??
      parsed?.place(path) ??
      'configuration',
    absolute: (path, value) =>
      resolve(
        source.file !== null && inFile(path) && !overridden(path)
          ? dirname(resolve(source.workingDirectory, source.file))
          : source.workingDirectory,
        value,
      ),
  };
}

/**
 * Loads the configuration. Unknown settings are refused with the nearest known name; the first fault is thrown, the
 * others are named in it. Reads no environment of its own.
 * @throws OperatorError with the file and line (or the variable), the setting and the remedy
 */
export function loadConfig(source: ConfigSource): Config {
  const file = source.file === null ? null : resolve(source.workingDirectory, source.file);
  const parsed = file === null ? null : readConfigFile(file);
  const overrides = readOverrides(configSchema, source.env);
  const given: Record<string, unknown> = structuredClone(parsed?.value ?? {});
  for (const override of overrides) setAt(given, override.path, override.value);
  const origin = originOf(source, parsed, overrides);

  // Defaults are filled in before the check: a section left out is a section of defaults.
  const document = Value.Default(configSchema, given);
  const [fault, ...more] = faultsOf(document);
  if (fault !== undefined) refuse(origin, fault, more);
  const settings = document as ConfigDocument;

  const dataDir = origin.absolute(['dataDir'], settings.dataDir);
  const endpoint = (text: string, path: Path, addressOnly: boolean) =>
    parseEndpoint(text, `${origin.at(path)}: ${pathText(path)}`, { addressOnly });
  const webReader = {
    endpoint: (text: string, path: Path) => endpoint(text, path, true),
    absolute: (path: Path, value: string) => origin.absolute(path, value),
    refuse: (fault: Fault): never => refuse(origin, fault, []),
  };
  const { directory } = settings.profiles;
  return freeze({
    origin: file,
    dataDir,
    node: settings.node ?? nodeName(source.hostName),
    store: storeOf(settings, dataDir, origin),
    keys: { file: resolve(dataDir, settings.keys.file) },
    radius: radiusOf(settings.radius, endpoint, origin),
    eap: settings.eap === undefined ? null : eapOf(settings.eap, origin),
    http: { listen: endpoint(settings.http.listen, ['http', 'listen'], true) },
    gatewayHttp: gatewayHttpOf(settings.gatewayHttp, webReader),
    console: webOf('console', settings.console, webReader),
    portal: webOf('portal', settings.portal, webReader),
    oidc:
      settings.oidc === undefined
        ? null
        : oidcOf(settings.oidc, { ...webReader, overridden: (path) => origin.overridden(path) }),
    password: settings.password,
    upstreams: upstreamsOf(settings.upstreams, origin),
    directories: directoriesOf(settings.directories, origin),
    folders: foldersOf(settings.folders, origin),
    notices: noticesOf(settings.notices, origin),
    audit: {
      checkpoints: {
        ...settings.audit.checkpoints,
        targets: settings.audit.checkpoints.targets.map((target, i) => targetOf(target, i, origin)),
      },
    },
    log: settings.log,
    profiles: {
      directory:
        directory === undefined ? programProfiles : origin.absolute(['profiles', 'directory'], directory),
    },
  });
}

function eapOf(settings: NonNullable<ConfigDocument['eap']>, origin: Origin): EapConfig {
  const { certificateFile, keyFile, clientCaFiles } = settings;
  return {
    ...settings,
    certificateFile: origin.absolute(['eap', 'certificateFile'], certificateFile),
    keyFile: origin.absolute(['eap', 'keyFile'], keyFile),
    clientCaFiles: clientCaFiles.map((file, i) => origin.absolute(['eap', 'clientCaFiles', i], file)),
  };
}

function directoriesOf(directories: readonly DirectoryConfig[], origin: Origin): DirectoryConfig[] {
  return directories.map((directory, i) => {
    const path: Path = ['directories', i];
    if (directories.findIndex(({ source }) => source === directory.source) !== i) {
      const fault = {
        path: [...path, 'source'],
        message: `${pathText([...path, 'source'])}: ${directory.source} has a directory already.`,
        remedy: 'Give each directory a source of its own.',
      };
      refuse(origin, fault, []);
    }
    const absolute = (key: string, file: string) => origin.absolute([...path, key], file);
    const { passwordFile, caFile } = directory;
    return {
      ...directory,
      passwordFile: absolute('passwordFile', passwordFile),
      ...(caFile === undefined ? {} : { caFile: absolute('caFile', caFile) }),
    };
  });
}

function foldersOf(folders: readonly FolderConfig[], origin: Origin): FolderConfig[] {
  const seen = { source: new Set<string>(), directory: new Set<string>() };
  return folders.map((folder, i) => {
    const path: Path = ['folders', i];
    const directory = origin.absolute([...path, 'directory'], folder.directory);
    for (const [key, value] of [
      ['source', folder.source],
      ['directory', directory],
    ] as const) {
      if (seen[key].has(value)) {
        const fault = {
          path: [...path, key],
          message: `${pathText([...path, key])}: ${value} is named by another folder already.`,
          remedy: 'Give each source one folder, and each folder one source.',
        };
        refuse(origin, fault, []);
      }
      seen[key].add(value);
    }
    return { ...folder, directory };
  });
}

function radiusOf(
  settings: ConfigDocument['radius'],
  endpoint: (text: string, path: Path, addressOnly: boolean) => Endpoint,
  origin: Origin,
): Config['radius'] {
  const read = (key: 'listen' | 'accountingListen', texts: readonly string[]) =>
    texts.map((text, i) => endpoint(text, ['radius', key, i], true));
  const listen = read('listen', settings.listen);
  return {
    ...settings,
    listen,
    accountingListen:
      settings.accountingListen === undefined
        ? accountingBeside(listen)
        : read('accountingListen', settings.accountingListen),
    tls: radiusTlsOf(settings.tls, endpoint, origin),
  };
}

function radiusTlsOf(
  settings: ConfigDocument['radius']['tls'],
  endpoint: (text: string, path: Path, addressOnly: boolean) => Endpoint,
  origin: Origin,
): RadiusTlsConfig | null {
  const at = (key: string): Path => ['radius', 'tls', key];
  const { listen, certificateFile, keyFile, caFile, crlFile, ...limits } = settings;
  const given = { certificateFile, keyFile, caFile, crlFile };
  const files = tlsFilesOf('radius.tls', ['radius', 'tls'], given, {
    absolute: (path, value) => origin.absolute(path, value),
    refuse: (fault) => refuse(origin, fault, []),
  });
  if (listen.length === 0) return null;
  if (files === null) {
    return refuse(
      origin,
      {
        path: at('listen'),
        message: 'radius.tls.listen is set, but radius.tls.certificateFile is not.',
        remedy: "Name the PEM files of this broker's certificate and key, or leave listen out.",
      },
      [],
    );
  }
  return {
    ...limits,
    ...files,
    listen: listen.map((text, i) => endpoint(text, [...at('listen'), i], true)),
  };
}

/** 1813 beside 1812, as 1646 beside 1645; a port of the system's choice beside another such. */
export function accountingBeside(listen: readonly Endpoint[]): Endpoint[] {
  return listen.map(({ host, port }) => ({ host, port: port === 0 || port === 65_535 ? 0 : port + 1 }));
}

function nodeName(hostName: string): string {
  const name = hostName.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 63);
  return /^[A-Za-z0-9]/.test(name) ? name : 'node';
}

/** Files of one broker's data directory, beside database and key. */
export function dataFiles(dataDir: string) {
  return { controlSocket: join(dataDir, 'control.sock'), lock: join(dataDir, 'gatewarden.lock') };
}
