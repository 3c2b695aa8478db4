// Machines of a test network: Linux network namespaces joined by a bridge that lives in a namespace of its own,
// so that nothing touches the network of the host and several runs can go side by side.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Finished, must, type ProgramOptions, type Running, run, start } from './process.ts';

export interface Machine {
  readonly name: string;
  /** IPv4 address on the test network. */
  readonly address: string;
  readonly address6: string;
  /** Name of its network namespace. */
  readonly namespace: string;
  run(command: string, args: readonly string[], options?: ProgramOptions): Promise<Finished>;
  must(command: string, args: readonly string[], options?: ProgramOptions): Promise<string>;
  start(command: string, args: readonly string[], options?: ProgramOptions): Running;
  /** From now on drops, without a word, what comes from the network for a port: a firewall in the way. */
  dropIncoming(protocol: 'tcp' | 'udp', port: number): Promise<void>;
  /** A file that this machine alone sees as /etc/NAME. */
  writeEtc(name: string, content: string): Promise<void>;
}

export interface Network {
  /** Directory for files of this network's programs; listed by root only; removed at the end. */
  readonly directory: string;
  /** Adds a machine with addresses 10.77.0.`host` and fd77::`host`. */
  addMachine(name: string, host: number): Promise<Machine>;
  /** Ends every program on its machines, by pid, and removes machines and files. */
  remove(): Promise<void>;
}

/** Every namespace of one run starts with this, so that `.ci/run` can remove what a killed run left behind. */
const runPrefix = process.env['E2E_RUN'] ?? 'gwt';

export async function createNetwork(): Promise<Network> {
  const id = `${runPrefix}${randomBytes(3).toString('hex')}`;
  const directory = await mkdtemp(path.join(tmpdir(), 'gatewarden-e2e-'));
  // Gateways drop privileges and must still reach their sockets; secrets in it are files of mode 0600.
  await chmod(directory, 0o711);
  const namespaces: string[] = [];
  /** Commands of `ip` inside a namespace. */
  const configure = async (namespace: string, ...commands: string[]): Promise<void> => {
    await must('ip', ['-n', namespace, '-batch', '-'], { input: `${commands.join('\n')}\n` });
  };
  const addNamespace = async (name: string): Promise<string> => {
    const namespace = `${id}-${name}`;
    await must('ip', ['netns', 'add', namespace]);
    namespaces.push(namespace);
    return namespace;
  };
  const bridge = await addNamespace('lan');
  await configure(bridge, 'link set lo up', 'link add lan type bridge', 'link set lan up');

  return {
    directory,
    addMachine: async (name, host) => {
      const namespace = await addNamespace(name);
      const port = `port${host}`;
      await configure(
        bridge,
        `link add ${port} type veth peer name eth0 netns ${namespace}`,
        `link set ${port} master lan up`,
      );
      const address = `10.77.0.${host}`;
      const address6 = `fd77::${host}`;
      await configure(
        namespace,
        'link set lo up',
        `addr add ${address}/24 dev eth0`,
        `addr add ${address6}/64 dev eth0 nodad`,
        'link set eth0 up',
      );
      const inside = (command: string, args: readonly string[]): string[] => [
        'netns',
        'exec',
        namespace,
        command,
        ...args,
      ];
      return {
        name,
        address,
        address6,
        namespace,
        run: (command, args, options) => run('ip', inside(command, args), options),
        must: (command, args, options) => must('ip', inside(command, args), options),
        start: (command, args, options) => start('ip', inside(command, args), options),
        // By routing, which every kernel can; the local table is asked after it, instead of first.
        dropIncoming: (protocol, dport) =>
          configure(
            namespace,
            `rule add pref 5 iif eth0 ipproto ${protocol} dport ${dport} blackhole`,
            'rule add pref 10 lookup local',
            'rule del pref 0',
          ),
        writeEtc: async (file, content) => {
          // `ip netns exec` mounts /etc/netns/NAMESPACE/* over /etc/* for the programs it runs.
          const target = path.join('/etc/netns', namespace, file);
          await mkdir(path.dirname(target), { recursive: true });
          await writeFile(target, content);
        },
      };
    },
    remove: async () => {
      for (const namespace of namespaces) {
        await endPrograms(namespace);
        await must('ip', ['netns', 'del', namespace]);
        await rm(path.join('/etc/netns', namespace), { recursive: true, force: true });
      }
      // Left alone if another run still has files there.
      await rmdir('/etc/netns').catch(() => {});
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function endPrograms(namespace: string): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const pids = (await must('ip', ['netns', 'pids', namespace])).split('\n').filter((pid) => pid !== '');
      if (pids.length === 0) return;
      if (attempt === 0) for (const pid of pids) end(Number(pid), signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Ended by itself in between.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** True when one echo request of `machine` to `address` is answered. */
export async function ping(machine: Machine, address: string): Promise<boolean> {
  const { code } = await machine.run('ping', ['-n', '-q', '-c', '1', '-W', '2', address]);
  return code === 0;
}
