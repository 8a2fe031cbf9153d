import { expect, test } from 'vitest';
import type { Adapters } from '../../src/adapters.ts';
import { readConfig } from '../../src/config.ts';
import { defineLlm } from '../../src/llm/llm.ts';
import { defineTts } from '../../src/tts/tts.ts';
import { openVendors } from '../../src/vendors.ts';
import { ScriptedLlm } from '../fakes/scripted-llm.ts';
import { ScriptedTts } from '../fakes/scripted-tts.ts';
import { quietLog } from '../support/quiet-log.ts';
import { SimClock } from '../support/sim-clock.ts';

test('the voice of this machine is asked for again where it failed to come up, and not again once it is there', async () => {
  const clock = new SimClock();
  const log = quietLog();
  let opened = 0;
  const adapters: Adapters = {
    carriers: [],
    stt: [],
    llm: [defineLlm({ name: 'brain', title: 'Brain', env: {}, open: async () => new ScriptedLlm(clock) })],
    tts: [
      defineTts({ name: 'vendor', title: 'Vendor', env: {}, open: async () => new ScriptedTts(clock) }),
      defineTts({
        name: 'machine',
        title: 'Machine',
        env: {},
        standIn: { notice: 'It stands in.', rank: 0, speaksWords: true },
        async open() {
          opened += 1;
          if (opened === 1) throw new Error('no memory');
          return new ScriptedTts(clock);
        },
      }),
    ],
    tools: [],
  };
  const context = { clock, log, random: () => 0, publicUrl: 'https://ringback.example' };
  await using vendors = await openVendors(adapters, readConfig({}, []), context, log);
  expect(await vendors.spareVoice()).toBeNull();
  const [voice, same] = await Promise.all([vendors.spareVoice(), vendors.spareVoice()]);
  expect(voice).not.toBeNull();
  expect(same).toBe(voice);
  expect(await vendors.spareVoice()).toBe(voice);
  expect(opened).toBe(2);
});
