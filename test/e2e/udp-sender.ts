// Sends each line of standard input (hexadecimal) as a datagram to ADDRESS PORT and prints the reply to it, or `-`
// after 2.5 seconds of silence. Runs inside a machine of the test network.
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const [address = '', port = ''] = process.argv.slice(2);
const silenceMs = 2_500;
const socket = createSocket('udp4');

function ask(datagram: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const settle = (reply: string): void => {
      clearTimeout(timer);
      socket.off('message', onMessage);
      resolve(reply);
    };
    const onMessage = (reply: Buffer): void => settle(reply.toString('hex'));
    const timer = setTimeout(() => settle('-'), silenceMs);
    socket.on('message', onMessage);
    socket.send(datagram, Number(port), address, (error) => error && reject(error));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(await ask(Buffer.from(line, 'hex')));
}
socket.close();
