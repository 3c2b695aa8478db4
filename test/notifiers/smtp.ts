// A mail server that keeps what it is given: the commands of RFC 5321 that a client of a mail program sends.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export interface KeptMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
}

/** `answerToRcpt` may refuse a recipient. */
export async function startSmtp(answerToRcpt: (address: string) => string = () => '250 ok') {
  const mails: KeptMail[] = [];
  const server = createServer((socket) => {
    let buffered = '';
    let from = '';
    let to: string[] = [];
    let data: string | null = null;
    const say = (line: string) => socket.write(`${line}\r\n`);
    const take = (line: string) => {
      if (data !== null) {
        if (line !== '.') data += `${line.replace(/^\.\./, '.')}\n`;
        else {
          mails.push({ from, to, data });
          data = null;
          say('250 kept');
        }
        return;
      }
      const [, address = ''] = /<([^>]*)>/.exec(line) ?? [];
      if (/^EHLO/i.test(line)) say('250 smtp.test');
      else if (/^MAIL FROM/i.test(line)) {
        from = address;
        to = [];
        say('250 ok');
      } else if (/^RCPT TO/i.test(line)) {
        const answer = answerToRcpt(address);
        if (answer.startsWith('250')) to.push(address);
        say(answer);
      } else if (/^DATA/i.test(line)) {
        data = '';
        say('354 go on');
      } else if (/^QUIT/i.test(line)) {
        say('221 bye');
        socket.end();
      } else say('502 what?');
    };
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      buffered += chunk.toString('utf8');
      for (let end = buffered.indexOf('\r\n'); end >= 0; end = buffered.indexOf('\r\n')) {
        const line = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        take(line);
      }
    });
    say('220 smtp.test');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    mails,
    port: (server.address() as AddressInfo).port,
    close: () => new Promise<void>((closed) => server.close(() => closed())),
  };
}
