import { expect, test } from 'vitest';
import { Utterance } from '../../../../src/stt/deepgram/utterance.ts';

function heardOf(act: (utterance: Utterance) => void): string[] {
  const heard: string[] = [];
  act(
    new Utterance({
      onSpeechStarted: () => heard.push('speech'),
      onInterim: (text) => heard.push(`interim ${text}`),
      onFinal: (text) => heard.push(`final ${text}`),
      onEndOfTurn: (text) => heard.push(`end ${text}`),
      onTurnResumed: () => undefined,
      onError: () => undefined,
    }),
  );
  return heard;
}

test('finals add up to the turn, and what may change follows them', () => {
  expect(
    heardOf((utterance) => {
      utterance.speechStarted();
      utterance.interim('call');
      utterance.final('call me');
      utterance.interim('back');
      utterance.final('back');
      utterance.end();
    }),
  ).toEqual(['speech', 'interim call', 'final call me', 'interim call me back', 'final back', 'end call me back']);
});

test('a turn ends once, and not without words', () => {
  expect(
    heardOf((utterance) => {
      utterance.end();
      utterance.final('');
      utterance.end();
      utterance.final('yes');
      utterance.end();
      utterance.end();
    }),
  ).toEqual(['speech', 'final yes', 'end yes']);
});

test('words start speech where no voice was noticed, and voice within words does not start it again', () => {
  expect(
    heardOf((utterance) => {
      utterance.interim('wait');
      utterance.speechStarted();
      utterance.final('wait');
      utterance.end();
      utterance.speechStarted();
    }),
  ).toEqual(['speech', 'interim wait', 'final wait', 'end wait', 'speech']);
});

test('somebody who never pauses is answered after some minutes', () => {
  const heard = heardOf((utterance) => {
    for (let part = 0; part < 100; part += 1) utterance.final('and another thing '.repeat(10).trim());
  });
  expect(heard.filter((event) => event.startsWith('end')).length).toBeGreaterThan(1);
});
