// Settings from the environment: GATEWARDEN_RADIUS_REJECT_DELAY_MS is radius.rejectDelayMs.
import { OperatorError } from '../base/errors.ts';
import { nearestName } from '../base/nearest.ts';
import { type Path, pathText, type SchemaNode } from './faults.ts';

const prefix = 'GATEWARDEN_';
/** Where the file is; read by the entry point. */
const reserved = ['GATEWARDEN_CONFIG'];

interface Leaf {
  readonly path: Path;
  readonly node: SchemaNode;
}

function variableName(path: Path): string {
  return prefix + path.map((part) => String(part).replace(/[A-Z]/g, '_$&').toUpperCase()).join('_');
}

function leavesOf(node: SchemaNode, path: Path, found: Map<string, Leaf>): Map<string, Leaf> {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const at = [...path, key];
    if (child.type === 'object') leavesOf(child, at, found);
    else found.set(variableName(at), { path: at, node: child });
  }
  return found;
}

function parseValue(text: string, leaf: Leaf, name: string): unknown {
  const { node } = leaf;
  if (node.type === 'integer') return /^-?\d+$/.test(text) ? Number(text) : text;
  if (node.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (node.type !== 'array') return text;
  if (!text.trimStart().startsWith('[{')) return text.split(',').map((part) => part.trim());
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OperatorError(`${name} is no valid JSON.`, {
      at: name,
      remedy: `Write ${pathText(leaf.path)} as a JSON list, or set it in the configuration file.`,
      cause,
    });
  }
}

/** One setting that the environment overrides. */
export interface Override {
  readonly variable: string;
  readonly path: Path;
  readonly value: unknown;
}

/**
 * The settings that `GATEWARDEN_…` variables override. Lists are comma separated; lists of objects are JSON.
 * @throws OperatorError for a variable that is no setting, with the nearest that is.
 */
export function readOverrides(
  schema: SchemaNode,
  env: Readonly<Record<string, string | undefined>>,
): Override[] {
  const leaves = leavesOf(schema, [], new Map());
  const overrides: Override[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(prefix) || reserved.includes(variable) || text === undefined) continue;
    const leaf = leaves.get(variable);
    if (leaf === undefined) {
      const nearest = nearestName(variable, [...leaves.keys(), ...reserved]);
      throw new OperatorError(`The environment sets ${variable}, which is no setting.`, {
        at: variable,
        remedy: nearest === null ? 'Unset it.' : `Did you mean ${nearest}? Otherwise unset it.`,
      });
    }
    overrides.push({ variable, path: leaf.path, value: parseValue(text, leaf, variable) });
  }
  return overrides;
}
