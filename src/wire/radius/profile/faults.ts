// What is wrong with a profile file, in words that name the file and the place in it.
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { OperatorError } from '../../../base/errors.ts';
import { nearestName } from '../../../base/nearest.ts';

type Path = readonly (string | number)[];

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly type?: string;
}

function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

/** The fault of one place in a profile. `origin` is the file, or who wrote the overrides. */
export function profileFault(origin: string, path: Path, message: string, remedy: string): OperatorError {
  const at = path.length === 0 ? origin : `${origin}: ${pathText(path)}`;
  return new OperatorError(`${at}: ${message}`, { remedy, at });
}

function partsOf(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function nodeAt(schema: Node, path: Path): Node {
  let node: Node | undefined = schema;
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[part];
  return node ?? {};
}

function wanted(node: Node): string {
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`;
  if (node.description !== undefined) return node.description;
  if (node.type === 'integer') return `a whole number from ${node.minimum ?? '…'} to ${node.maximum ?? '…'}`;
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'array') return 'a list';
  return node.properties === undefined ? 'text' : `the settings ${Object.keys(node.properties).join(', ')}`;
}

/** Says whether `value` has the form of `schema`; if not, the first fault. */
export function findFormFault(schema: TSchema, value: unknown, origin: string): OperatorError | null {
  const root = schema as Node;
  for (const error of Value.Errors(schema, value)) {
    const path = partsOf(error.instancePath);
    const node = nodeAt(root, path);
    const params = error.params as {
      additionalProperties?: readonly string[];
      requiredProperties?: readonly string[];
    };
    // Each unknown key is reported twice; the other report names its section, hence the known keys.
    if (error.keyword === 'boolean') continue;
    if (error.keyword === 'additionalProperties') {
      const key = params.additionalProperties?.[0] ?? '';
      const known = Object.keys(node.properties ?? {});
      const nearest = nearestName(key, known);
      const hint = nearest === null ? 'Remove it.' : `Did you mean ${nearest}?`;
      return profileFault(
        origin,
        [...path, key],
        'there is no such setting',
        `${hint} Known here: ${known.join(', ')}.`,
      );
    }
    if (error.keyword === 'required') {
      const key = params.requiredProperties?.[0] ?? '';
      const missing = [...path, key];
      return profileFault(origin, missing, 'is missing', `Set it to ${wanted(nodeAt(root, missing))}.`);
    }
    return profileFault(origin, path, error.message, `Set it to ${wanted(node)}.`);
  }
  return null;
}
