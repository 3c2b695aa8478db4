// Statements that are kept: handed out again as they were when they were new, no more of them than are asked for often.
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { withStatements } from '../../../src/store/sqlite/statements.ts';

function open() {
  const connection = new Database(':memory:');
  onTestFinished(() => void connection.close());
  connection.exec('create table t (a integer)');
  return withStatements(connection);
}

it('the same text is the same statement, in the form that a new one has', () => {
  const client = open();
  const insert = 'insert into t values (?)';
  expect(client.prepare(insert)).toBe(client.prepare(insert));
  client.prepare(insert).run(7);
  const select = 'select a from t';
  expect(client.prepare(select).raw().all()).toEqual([[7]]);
  expect(client.prepare(select).all()).toEqual([{ a: 7 }]);
});

it('sees what has become of a table meanwhile', () => {
  const client = open();
  const select = 'select * from t';
  client.prepare('insert into t values (?)').run(1);
  expect(client.prepare(select).all()).toEqual([{ a: 1 }]);
  client.exec('alter table t add column b integer default 2');
  expect(client.prepare(select).all()).toEqual([{ a: 1, b: 2 }]);
});

it('keeps what was asked for last, and nothing that is long', () => {
  const client = open();
  const first = client.prepare('select 0');
  const often = client.prepare('select a from t');
  for (let i = 1; i <= 200; i += 1) {
    client.prepare(`select ${i}`);
    expect(client.prepare('select a from t')).toBe(often);
  }
  expect(client.prepare('select 0')).not.toBe(first);
  const long = `select '${'x'.repeat(4_000)}'`;
  expect(client.prepare(long)).not.toBe(client.prepare(long));
});

it('one connection has one client', () => {
  const connection = new Database(':memory:');
  onTestFinished(() => void connection.close());
  expect(withStatements(connection)).toBe(withStatements(connection));
});
