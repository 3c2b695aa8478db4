// Every command that the documentation or a message of the program names exists, with its options and arguments.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CliCommand } from '../src/cli/command.ts';
import { groups } from '../src/cli/commands.ts';
import { runHere } from './cli/gatewarden.ts';
import { createSite, populate, type Site } from './site.ts';

const root = resolve(import.meta.dirname, '..');

interface Example {
  readonly place: string;
  readonly text: string;
  /** A line to copy, rather than a mention in a sentence: nothing that it needs may be missing. */
  readonly whole: boolean;
}

function filesUnder(folder: string, extension: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const runner = String.raw`(?:npx )?gatewarden(?![-.\w])|npm (?:run|start|test)\b`;

/** Lines to copy (indented by four or in a fence), and mentions in backticks. */
function examplesOf(file: string): Example[] {
  const found: Example[] = [];
  let inFence = false;
  for (const [i, line] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
    const place = `${file}:${i + 1}`;
    if (line.trimStart().startsWith('```')) inFence = !inFence;
    else if (inFence || line.startsWith('    ')) {
      const [, text] = new RegExp(`^\\s*(?:[$#] )?((?:${runner}).*)$`).exec(line) ?? [];
      if (text !== undefined) found.push({ place, text, whole: true });
    } else {
      for (const [, text = ''] of line.matchAll(new RegExp(`\`((?:${runner})[^\`]*)\``, 'g'))) {
        found.push({ place, text, whole: false });
      }
    }
  }
  return found;
}

/** The words of the first command of a line, as a shell splits them; comments, redirections and what follows a pipe are not part of it. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [token] of line.matchAll(/"[^"]*"|'[^']*'|[|>&;#]+|[^\s|>&;#"']+/g)) {
    if (/^[|>&;#]/.test(token)) break;
    words.push(token.replace(/^(["'])(.*)\1$/, '$2'));
  }
  return words;
}

const documents = ['README.md', ...filesUnder('docs', '.md'), ...filesUnder('config', '.md')];
const examples = documents.flatMap(examplesOf);
const ofProgram = examples.filter(({ text }) => /^(npx )?gatewarden/.test(text));
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts;

let commands: readonly CliCommand[] = [];
let site: Site;

beforeAll(async () => {
  commands = (await Promise.all(groups.map((group) => group.load()))).flatMap((loaded) => loaded.commands);
  site = createSite();
  await populate(site);
});

afterAll(() => site.remove());

function commandOf(words: readonly string[]): CliCommand | undefined {
  return commands.find(({ path }) => path.every((word, i) => words[i] === word));
}

/** What the command's own parser has against these words; null: nothing. */
function complaint(words: readonly string[], whole: boolean): string | null {
  const isGroup =
    words.length <= 2 && commands.some(({ path }) => words.every((word, i) => path[i] === word));
  if (words.length === 0 || (!whole && isGroup)) return null;
  const definition = commandOf(words);
  if (definition === undefined) return `there is no command "${words.join(' ')}"`;
  let refused: string | null = null;
  const parser = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .option('--config <file>')
    .option('--json')
    .option('--lang <language>')
    .action(() => {});
  definition.declare(parser);
  try {
    parser.parse(words.slice(definition.path.length), { from: 'user' });
  } catch (error) {
    const isMissing =
      error instanceof CommanderError &&
      ['commander.missingArgument', 'commander.missingMandatoryOptionValue'].includes(error.code);
    if (whole || !isMissing) refused = error instanceof Error ? error.message : String(error);
  }
  return refused;
}

describe('the documentation', () => {
  it('has examples to check', () => {
    expect(ofProgram.filter(({ whole }) => whole).length).toBeGreaterThan(2);
    expect(ofProgram.length).toBeGreaterThan(15);
  });

  /** `gatewarden gateway …`: any command of the group. */
  const withoutRest = (words: string[]) =>
    words.at(-1) === '…' && !words.at(-2)?.startsWith('-') ? words.slice(0, -1) : words;

  it('names only commands, options and arguments that the program takes', () => {
    const wrong = ofProgram.flatMap(({ place, text, whole }) => {
      const words = wordsOf(text).filter((word, i) => i > 1 || !['npx', 'gatewarden'].includes(word));
      const message = complaint(withoutRest(words), whole);
      return message === null ? [] : [`${place}: ${text}: ${message}`];
    });
    expect(wrong).toEqual([]);
  });

  it('links only to pages and files that exist', () => {
    const broken = documents.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(file), target)))
        .map((target) => `${file}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const named = examples.flatMap(({ text }) => [...text.matchAll(/npm (?:run )?([a-z:]+)/g)]);
    const absent = named
      .map(([, script = '']) => script)
      .filter((script) => !(script in scripts) && script !== 'ci');
    expect(absent).toEqual([]);
  });

  const harmless =
    /^(npx )?gatewarden (doctor|audit (public-key|verify)|keys status|gateway (list|profiles)|account list)$/;
  it.each([...new Set(ofProgram.map(({ text }) => text).filter((text) => harmless.test(text)))])(
    'says "%s", which can be run',
    async (text) => {
      const { code, stderr } = await runHere(site, wordsOf(text).slice(text.startsWith('npx') ? 2 : 1));
      expect(stderr).toBe('');
      // The doctor may find a fault in this host.
      expect(text.endsWith('doctor') ? [0, 1] : [0]).toContain(code);
    },
  );
});

/** Whether these words are a command, or begin one. */
function beginsCommand(words: readonly string[]): boolean {
  return commands.some(({ path }) => words.every((word, i) => path[i] === undefined || path[i] === word));
}

describe('messages of the program', () => {
  // Constants of formats and the name of a dictionary, which begin with the product's name.
  const noCommands = ['gatewarden radius', 'gatewarden key-encryption key', 'gatewarden audit chain'];

  it('send the operator to commands that exist', () => {
    const wrong = filesUnder('src', '.ts').flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\bgatewarden [a-z][a-z-]*(?: [a-z][a-z-]*)?/g)]
        .map(([text]) => text)
        .filter((text) => !noCommands.includes(text) && !beginsCommand(text.split(' ').slice(1)))
        .map((text) => `${file}: ${text}`),
    );
    expect(wrong).toEqual([]);
  });
});
