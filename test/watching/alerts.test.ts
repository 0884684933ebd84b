import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { addPerson, disablePerson } from '#people/people/manage-people.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Listener, startListener } from './listener.ts';

const HOUR = 61 * 60_000;

let world: World;
let slack: Listener;
beforeAll(async () => {
  slack = await startListener();
  world = await startWorld({
    environment: { ALERT_WEBHOOK_URL: `${slack.url}/services/secret`, ALERT_EMAILS: 'ops@example.com, Chair@example.com' },
  });
});
afterAll(async () => {
  await world.stop();
  slack.stop();
});
beforeEach(async () => {
  await world.database.sql("update reviews set closed_at = now(), closed_by = 'person:x' where closed_at is null");
  await world.clock.advance(2 * 3_600_000);
  await world.pass(1);
  slack.heard.length = 0;
  await world.inbox.clear();
});

const open = async (subject: string, words?: string) => {
  await openTask(world.app.db, { kind: 'balance_unknown', subject, openedAt: world.clock.now(), ...(words && { words }) });
  const [task] = await world.database.sql<{ id: string }>('select id from reviews where subject = $1 and closed_at is null', [subject]);
  return task?.id ?? '';
};
const closeByItself = (subject: string) =>
  world.app.db.execute(closeTasksSql({ kinds: ['balance_unknown'], subjects: [subject], closedAt: world.clock.now(), note: 'It came.' }));
const posted = () => slack.heard.map(({ body }) => (JSON.parse(body) as { text: string }).text);
/** What the outbox holds as text, and how many of its rows have an address in clear anywhere. */
async function promised() {
  const [row] = await world.database.sql<{ rows: string; addresses: number }>(
    "select string_agg(o::text, ' ') filter (where message ->> 'kind' = 'alert_mail') as rows, count(*) filter (where o::text like '%@%')::int as addresses from outbox o",
  );
  return { rows: row?.rows.replaceAll('""', '"'), addresses: row?.addresses };
}
const mails = () => world.inbox.messages().map(({ to, subject, text }) => ({ to: to[0]?.email, subject, text: String(text) }));

describe('a task that opens', () => {
  test('is told once to the webhook and once to each address, with a link to it and what to do', async () => {
    const taskId = await open('600101', 'Nothing for three hours.');
    await world.pass(5);
    const link = `${world.siteUrl}/api/tasks/${taskId}`;
    expect(posted()).toEqual([expect.stringMatching(/^Malipo needs a person: balance_unknown \(600101\)\. Nothing for three hours\. /)]);
    expect(posted()[0]).toContain(link);
    expect(slack.heard[0]).toMatchObject({ method: 'POST', path: '/services/secret' });
    expect(
      mails()
        .map(({ to }) => to)
        .sort(),
    ).toEqual(['Chair@example.com', 'ops@example.com']);
    for (const { subject, text } of mails()) {
      expect(subject).toBe('Duka la Kahawa: Safaricom reports no balance (balance_unknown)');
      for (const part of ['Nothing for three hours.', 'Read why under', link]) expect(text).toContain(part);
    }
    expect(await promised()).toEqual({ rows: expect.stringMatching(/"to": ?"setting:[\w-]+"/), addresses: 0 });
    expect(world.logLines.join()).not.toMatch(/services\/secret|ops@example/);
  });

  test('and has marks that Slack would read as a link or a mention, is said as it is written', async () => {
    await open('600104', 'See <!channel> & <https://evil.example|here>.');
    await world.pass(5);
    expect(posted()[0]).toContain('See &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;.');
    expect(mails()[0]?.text).toContain('See <!channel> & <https://evil.example|here>.');
  });

  test('is tried again at the webhook, and mailed once', async () => {
    slack.answer.status = 500;
    await open('600102');
    await world.pass(1);
    slack.answer.status = 200;
    await world.pass(5);
    expect(posted()).toHaveLength(2);
    expect(mails()).toHaveLength(2);
  });

  test('and closes before it was told is not told', async () => {
    await open('600103');
    await closeByItself('600103');
    await world.pass(3);
    expect([posted(), mails()]).toEqual([[], []]);
  });

  test('is one of a crowd: ten are told, the others as a number once an hour', async () => {
    for (let n = 0; n < 40; n++) await open(`6100${n + 10}`);
    await world.pass(2);
    expect(posted()).toHaveLength(10);
    await world.clock.advance(HOUR);
    await world.pass(3);
    expect(posted()).toHaveLength(11);
    expect(posted()[10]).toMatch(/40 open tasks of the kind balance_unknown/);
    expect(mails().filter(({ subject }) => subject.includes('40 times: Safaricom reports no balance'))).toHaveLength(2);
    await world.clock.advance(HOUR);
    await world.pass(3);
    expect(posted()).toHaveLength(11);
  });
});

describe('a task whose cause goes away', () => {
  test('is said to be gone once, to whoever was told', async () => {
    await open('600201');
    await world.pass(1);
    await closeByItself('600201');
    await world.pass(5);
    expect(posted().slice(1)).toEqual([expect.stringMatching(/^No longer: balance_unknown \(600201\)/)]);
    expect(mails().filter(({ subject }) => subject.includes('No longer: Safaricom reports no balance'))).toHaveLength(2);
  });

  test('with many others is one message', async () => {
    for (const n of [1, 2, 3]) await open(`60030${n}`);
    await world.pass(1);
    for (const n of [1, 2, 3]) await closeByItself(`60030${n}`);
    await world.pass(3);
    expect(posted().slice(3)).toEqual([expect.stringMatching(/600301.*600302.*600303/)]);
  });

  test('and was closed by a person is not said to be gone', async () => {
    const taskId = await open('600401');
    await world.pass(1);
    const headers = await signedIn(world, 'treasurer');
    await world.send('POST', `/api/tasks/${taskId}/close`, { body: { note: 'looked' }, headers });
    await world.pass(3);
    expect(posted()).toHaveLength(1);
  });

  test('and comes back at once is told again only after an hour, if it is still there', async () => {
    await open('600501');
    await world.pass(1);
    await closeByItself('600501');
    await world.pass(1);
    for (let n = 0; n < 5; n++) {
      await open('600501');
      await world.pass(1);
      await closeByItself('600501');
      await world.pass(1);
    }
    expect(posted()).toHaveLength(2); // it opened, it is gone
    await open('600501');
    await world.clock.advance(40 * 60_000);
    await world.pass(1);
    expect(posted()).toHaveLength(2);
    await world.clock.advance(25 * 60_000);
    await world.pass(2);
    expect(posted()).toHaveLength(3);
  });
});

describe('who gets the mails', () => {
  const told = async (emails: string[] | undefined) => {
    const { config } = world.app;
    const before = config.alerts.emails;
    config.alerts.emails = emails;
    await open(`6${String(Math.random()).slice(2, 8)}`);
    await world.pass(2);
    config.alerts.emails = before;
    return mails()
      .map(({ to }) => to)
      .sort();
  };

  test('where nothing is set: treasurers and administrators with an address who are not disabled', async () => {
    const now = world.clock.now();
    const add = (email: string | undefined, role: 'member' | 'treasurer' | 'admin', phone = newPhone()) =>
      addPerson(world.app.db, { phone, name: 'Somebody', email, role }, { actor: 'test', now });
    const gone = newPhone();
    await add('treasurer@example.com', 'treasurer');
    await add('admin@example.com', 'admin');
    await add('member@example.com', 'member');
    await add(undefined, 'admin');
    await add('gone@example.com', 'admin', gone);
    await disablePerson(world.app.db, gone, { actor: 'test', now });
    expect(await told(undefined)).toEqual(['admin@example.com', 'treasurer@example.com']);
    expect(await promised()).toEqual({ rows: expect.stringMatching(/"to": ?"person:[0-9a-f-]{36}"/), addresses: 0 });
  });

  test('none: nobody', async () => {
    expect(await told([])).toEqual([]);
  });

  test('an address that was taken off the list gets what was promised to it no more', async () => {
    world.inbox.failNext(2, 500);
    await open('600601');
    await world.pass(2);
    world.app.config.alerts.emails = ['ops@example.com'];
    await world.pass(4);
    expect(mails().map(({ to }) => to)).toEqual(['ops@example.com']);
  });

  test('one that the provider refuses holds up nobody else, and breeds no alert', async () => {
    world.app.config.alerts.emails = ['ops@example.com', 'gone@example.com'];
    world.inbox.refuse('gone@example.com', true);
    const before = newId();
    await open('600701');
    await world.pass(3);
    expect(mails().map(({ to }) => to)).toEqual(['ops@example.com']);
    expect(
      await world.database.sql("select kind from reviews where closed_at is null and subject <> '600701' and id > $1", [before]),
    ).toEqual([]);
  });
});
