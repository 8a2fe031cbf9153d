import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../src/clock.ts';
import { printAgentWords } from './dev-fakes/agent-words.ts';
import { startGateway } from './dev-fakes/gateway.ts';
import { BUSINESS, Telephone } from './dev-fakes/telephone.ts';
import { openFakeVendors } from './dev-fakes/vendors.ts';
import { stopWithNpm } from './stop-with-npm.ts';

/*
 * npm run dev:fakes: the gateway over a Twilio, a Deepgram and an OpenAI that run on this machine and speak their real
 * protocols, and a telephone in the terminal. `--story` plays one call and its callback by itself, and ends.
 */

const HELP = `
   call      you phone the agent; then every line that you type is what you say
   bye       you hang up
   answer    you pick up when it rings; or: busy, ignore, machine
   quit      everything is closed
`;
/** Booked so far ahead that a person who has just hung up may be rung again. */
const PROMISE = 'please call me back in 10 seconds about my heating';

const isStory = process.argv.includes('--story');
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const dataDir = resolve(process.env['DATA_DIR'] ?? '.data/fakes');
mkdirSync(dataDir, { recursive: true });
const logFile = resolve(dataDir, 'gateway.log');
const adminToken = process.env['ADMIN_TOKEN'] ?? randomBytes(16).toString('base64url');

using _npm = process.env['npm_lifecycle_event'] === undefined ? null : stopWithNpm(systemClock);
const stopped = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
const words: string[] = [];
await using vendors = await openFakeVendors(words);
await using gateway = await startGateway(
  { ...process.env, DATA_DIR: dataDir, ADMIN_TOKEN: adminToken, ...vendors.environment },
  logFile,
);
await letNumberCallOut();
const telephone = new Telephone({
  twilio: vendors.twilio,
  voice: () => `${gateway.url}/carriers/twilio/voice`,
  words,
  print,
});
const hearing = new AbortController();
await printAgentWords({ url: gateway.url, token: adminToken, print, signal: hearing.signal });
print(`   the gateway is at ${gateway.url}; its console takes the token ${adminToken}`);
print(`   its log is ${logFile}`);
try {
  const play = isStory ? story : conversation;
  await Promise.race([play(), gateway.ended, stopped]);
} finally {
  hearing.abort();
  process.stdin.destroy();
}

/** What a person at the terminal does, until they quit. */
async function conversation(): Promise<void> {
  print(HELP);
  const terminal = createInterface({ input: process.stdin });
  try {
    for await (const line of terminal) {
      const typed = line.trim();
      if (typed === 'quit') return;
      if (typed === 'call' && !telephone.isOnCall) await telephone.phone();
      else if (typed === 'bye') await telephone.hangUp();
      else if (typed === 'answer' || typed === 'busy' || typed === 'ignore' || typed === 'machine') {
        if (!telephone.answer(typed === 'answer' ? 'pick up' : typed)) print('   it does not ring');
      } else if (telephone.isOnCall && typed !== '') telephone.say(typed);
      else print(HELP);
    }
  } finally {
    terminal.close();
  }
}

async function story(): Promise<void> {
  await telephone.phone();
  await telephone.listen();
  telephone.say(PROMISE);
  await telephone.listen();
  const { rings } = telephone;
  telephone.say('thank you, goodbye');
  await telephone.over();
  await rings;
  telephone.answer('pick up');
  await new Promise((done) => setTimeout(done, 500));
  telephone.say('hello');
  await telephone.listen();
  telephone.say('that was all, goodbye');
  await telephone.over();
}

/** A number that is called registers itself, and may not call out: here that was agreed beforehand. */
async function letNumberCallOut(): Promise<void> {
  const answer = await fetch(`${gateway.url}/api/v1/phone-numbers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ number: BUSINESS, carrier: 'twilio', outboundEnabled: true }),
  });
  // The second time it is there already.
  if (!answer.ok && answer.status !== 409) throw new Error(`the number could not be set up: ${await answer.text()}`);
}
