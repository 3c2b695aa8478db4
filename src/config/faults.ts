// Validation of a document against its schema, in words that an operator can act on.
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { nearestName } from '../base/nearest.ts';
import { withoutUser } from './endpoint.ts';

export type Path = readonly (string | number)[];

export interface Fault {
  readonly path: Path;
  /** What is wrong, beginning with the name of the setting. */
  readonly message: string;
  readonly remedy: string;
}

/** The parts of JSON Schema that our schemas use. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  /** May hold a secret: its value is never shown. */
  readonly writeOnly?: boolean;
}

/** `radius.listen[0]`. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

function nodeAt(schema: SchemaNode, path: Path): SchemaNode {
  let node: SchemaNode | undefined = schema;
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[part];
  return node ?? {};
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const part of path) {
    found =
      typeof found === 'object' && found !== null
        ? (found as Record<string, unknown>)[String(part)]
        : undefined;
  }
  return found;
}

function kindOf(node: SchemaNode): string {
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`;
  if (node.type === 'integer') return `a whole number from ${node.minimum ?? '…'} to ${node.maximum ?? '…'}`;
  if (node.type === 'array') return 'a list';
  if (node.type === 'object') return 'a section with settings of its own';
  if (node.type === 'boolean') return 'true or false';
  return 'text';
}

/** Also where a part of it may: what stands in the place of a section is perhaps the secret alone. */
function mayHoldSecret({ writeOnly, properties = {}, items }: SchemaNode): boolean {
  if (writeOnly === true || Object.values(properties).some(mayHoldSecret)) return true;
  return items !== undefined && mayHoldSecret(items);
}

function shown(value: unknown): string {
  const plain = (_key: string, part: unknown) => (typeof part === 'string' ? withoutUser(part) : part);
  const text = JSON.stringify(value, plain) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function remedyFor(name: string, node: SchemaNode): string {
  const what = node.description === undefined ? '' : ` (${node.description})`;
  const fallback =
    node.default === undefined || node.type === 'object' ? '' : ` Left out, it is ${shown(node.default)}.`;
  return `Set ${name} to ${kindOf(node)}${what}.${fallback}`;
}

function pathOf(pointer: string, document: unknown): Path {
  const path: (string | number)[] = [];
  let at = document;
  for (const raw of pointer.split('/').slice(1)) {
    const part = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(part) : part);
    at = valueAt(at, [part]);
  }
  return path;
}

function unknownKey(schema: SchemaNode, base: Path, relative: Path): Fault {
  const path = [...base, ...relative];
  const section = path.slice(0, -1);
  const known = Object.keys(nodeAt(schema, relative.slice(0, -1)).properties ?? {});
  const nearest = nearestName(String(path.at(-1)), known);
  const where = section.length === 0 ? 'The file' : pathText(section);
  return {
    path,
    message: `${pathText(path)}: there is no such setting.`,
    remedy:
      nearest === null
        ? `Remove it. ${where} knows ${known.join(', ')}.`
        : `Did you mean ${pathText([...section, nearest])}? ${where} knows ${known.join(', ')}.`,
  };
}

/**
 * Everything in `document` that `schema` refuses, one fault for each place, in the schema's order; values that
 * may hold a secret are not repeated. `base` is where `document` stands in the file.
 */
export function findFaults(schema: TSchema, document: unknown, base: Path = []): Fault[] {
  const faults = new Map<string, Fault>();
  const node = schema as SchemaNode;
  for (const error of Value.Errors(schema, document)) {
    const path = pathOf(error.instancePath, document);
    const name = pathText([...base, ...path]);
    if (faults.has(name) || error.keyword === 'additionalProperties') continue;
    if (error.keyword === 'boolean') {
      faults.set(name, unknownKey(node, base, path));
      continue;
    }
    if (error.keyword === 'required') {
      const missing = (error.params as { requiredProperties?: readonly string[] }).requiredProperties ?? [];
      for (const key of missing) {
        const at = [...path, key];
        const full = pathText([...base, ...at]);
        faults.set(full, {
          path: [...base, ...at],
          message: `${full} is missing.`,
          remedy: remedyFor(full, nodeAt(node, at)),
        });
      }
      continue;
    }
    const own = nodeAt(node, path);
    const value = mayHoldSecret(own) ? 'the value' : shown(valueAt(document, path));
    if (valueAt(document, path) === undefined && name !== '') {
      faults.set(name, {
        path: [...base, ...path],
        message: `${name} is missing.`,
        remedy: remedyFor(name, own),
      });
      continue;
    }
    const form = error.keyword === 'pattern' ? ' of the right form' : '';
    faults.set(name, {
      path: [...base, ...path],
      message: `${name === '' ? 'The file' : name}: ${value} is not ${kindOf(own)}${form}.`,
      remedy:
        name === '' ? 'Write settings as "name: value", as in the annotated example.' : remedyFor(name, own),
    });
  }
  return [...faults.values()];
}
