import type { Pacer } from '../../media/pacer.ts';
import { energyGateDefaults } from '../../media/voice-activity.ts';
import type { MediaStream } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { CallEndReason } from '../domain/call.ts';
import type { LlmMessage } from '../llm/llm.ts';
import type { Log } from '../log.ts';
import type { BackgroundTasks } from '../service.ts';
import { Ears } from './ears.ts';
import type { Guard } from './guard.ts';
import { historyOf } from './history.ts';
import { OpeningGate } from './opening-gate.ts';
import { voiceWithKeys } from './key-voice.ts';
import { Cascade } from './pipelines/cascade.ts';
import type { CallBriefing, LiveCallsOptions } from './ports.ts';
import type { PhraseBooks, Phrases } from './phrases.ts';
import { sentencesFor } from './sentences.ts';
import { Speaker } from './speaker.ts';
import type { SpeechSource } from './speech.ts';
import { SureVoice } from './sure-voice.ts';
import { ToolRunner } from './tool-runner.ts';
import { Transcript } from './transcript.ts';
import { openTwoStepBargeIn } from './turns/barge-in/two-step.ts';
import { endOfTurnFor, type EndOfTurn } from './turns/end-of-turn/end-of-turn.ts';
import { Floor } from './turns/floor.ts';
import { Keypad } from './turns/keypad.ts';
import type { TurnTiming } from './turns/latency.ts';
import { phrasesFor } from './turns/phrases.ts';
import { Voice } from './voice.ts';
import type { WriteQueue } from './write-queue.ts';

export interface CallPartsOptions extends LiveCallsOptions {
  readonly briefing: CallBriefing;
  readonly stream: MediaStream;
  readonly pacer: Pacer;
  /** What is spoken in advance; null where nothing is. */
  readonly books: PhraseBooks | null;
  /** Guarded. */
  readonly clock: Clock;
  readonly log: Log;
  readonly guard: Guard;
  readonly writes: WriteQueue;
  readonly tasks: BackgroundTasks;
  readonly signal: AbortSignal;
  /** Each frame as it will play; the bytes are reused. */
  readonly onFrame: (frame: Uint8Array, playAtMs: number) => void;
  readonly onFault: (error: unknown) => void;
  readonly onTurn: (text: string, timing: TurnTiming) => void;
  readonly onEnd: (reason: CallEndReason) => void;
}

/** What a live call is made of. Closing it closes all of it, in every state. */
export interface CallParts extends Disposable {
  readonly floor: Floor;
  readonly speaker: Speaker;
  readonly keypad: Keypad;
  readonly tools: ToolRunner;
  readonly voice: SpeechSource;
  readonly sure: SureVoice;
  /** Null where no STT is configured. */
  readonly ears: { readonly ears: Ears; readonly endOfTurn: EndOfTurn } | null;
}

const noPhrases: Phrases = { audioOf: () => null };

/** Puts a call together. Throws where a vendor can't be opened at all; then nothing of it is left open. */
export function assembleCall(options: CallPartsOptions): CallParts {
  const { briefing, stream, store, vendors, clock, log, guard, writes } = options;
  const { call, agent } = briefing;
  using opened = new DisposableStack();

  const transcript = new Transcript({
    clock,
    nextTurnIndex: briefing.nextTurnIndex,
    ...(briefing.torn === undefined ? {} : { torn: briefing.torn }),
    save: (turn) => writes.put(`turn ${turn.index}`, () => store.saveTurn(call.id, turn, call.resumes)),
  });
  const tools = new ToolRunner({
    info: { callId: call.id, agent, person: call.direction === 'inbound' ? call.from : call.to },
    ...(briefing.torn === undefined ? {} : { torn: briefing.torn }),
    tools: options.tools,
    deskOf: (key) => options.deskOf(briefing, key),
    endCall: () => floor.endCall(),
    pressKeys: (keys) => pipeline.pressKeys(keys),
    transcript,
    clock,
    log,
    tasks: options.tasks,
  });
  const gate = gateOf(options, () => speaker.letGo());
  if (gate !== null) opened.use(gate);
  const speaker: Speaker = opened.use(
    new Speaker({
      pacer: options.pacer,
      stream,
      clock,
      onFrame: options.onFrame,
      onFault: options.onFault,
      onHeldBack: gate === null ? null : () => gate.ask(),
    }),
  );
  const { tts, voice: voiceName } = vendors.tts(agent.voice);
  const { language } = agent;
  const { format } = stream;
  const ownVoice = new Voice({ tts, voice: voiceName, language, format, signal: options.signal });
  // Around the keys as well, which sound in a turn of the loop of their own.
  const voice = guard.source(voiceWithKeys(opened.use(ownVoice), format));
  const phrases = options.books?.of({ tts, voice: voiceName, language, format }) ?? noPhrases;
  const sure = opened.use(
    new SureVoice({
      voice,
      phrases,
      spare: () => options.books?.spare ?? null,
      language,
      format,
      signal: options.signal,
      guarded: (source) => guard.source(source),
    }),
  );
  const { llm, model } = vendors.llm(agent.llm);
  const pipeline = new Cascade({
    callId: call.id,
    clock,
    llm,
    model,
    messages: () => [...briefing.messages, ...instructionOf(briefing), ...historyOf(call.id, transcript.turns)],
    tools,
    voice,
    sure,
    phrases,
    speaker,
    transcript,
    fillers: sentencesFor(language).fillers,
    isEnding: () => floor.isEnding,
    signal: options.signal,
    guard: guard.run,
  });
  const chosen = vendors.stt(agent.stt);
  const turnPhrases = phrasesFor(language);
  const floor: Floor = opened.use(
    new Floor({
      callId: call.id,
      clock,
      log,
      pipeline,
      transcript,
      bargeIn: openTwoStepBargeIn({ phrases: turnPhrases, hasWords: chosen !== null }),
      limits: agent.limits,
      sentences: sentencesFor(language),
      phrases: turnPhrases,
      hasWords: chosen !== null,
      isDeaf: (): boolean => ears?.ears.isLost === true,
      isUnopened: () => gate?.isAsked === false,
      onEnd: options.onEnd,
      guard: guard.run,
    }),
  );
  const keypad = opened.use(
    new Keypad({
      clock,
      onPressed: () => floor.pressed(),
      onTurn: ({ text, startedAt }, timing) => floor.keyed(text, timing, startedAt),
    }),
  );
  // A call, or its stream, that ends in the middle of an entry keeps what was pressed.
  opened.defer(() => {
    const left = keypad.take();
    if (left !== null) transcript.caller(left.text, left.startedAt);
  });
  const ears: CallParts['ears'] = chosen === null ? null : openEars(options, floor, chosen, opened);
  // So does one that ends while more of what they say is waited for.
  opened.defer(() => {
    const left = ears?.endOfTurn.pending ?? '';
    if (left !== '') transcript.caller(left, clock.instant());
  });
  const owned = opened.move();
  return { floor, speaker, keypad, tools, voice, sure, ears, [Symbol.dispose]: () => owned.dispose() };
}

/**
 * What holds the agent's voice back until it is stored that the opening began; null where no promise is kept by it, or
 * where they have heard the agent before, which was stored by then.
 */
function gateOf(
  { briefing, store, clock, log, guard, onEnd }: CallPartsOptions,
  onOpen: () => void,
): OpeningGate | null {
  const { attemptId } = briefing.call;
  if (attemptId === null || briefing.heardAgent === true) return null;
  return new OpeningGate({
    clock,
    begin: () => store.beginOpening(attemptId),
    onOpen,
    onShut: (why) => {
      log.error({ attemptId, why }, 'an opening may not be heard, and the call is hung up');
      onEnd('error');
    },
    guard: guard.run,
  });
}

/** Why we call stays in view for the whole call, not only for its opening. */
function instructionOf({ opening }: CallBriefing): LlmMessage[] {
  return opening.kind === 'callback' ? [{ role: 'system', text: opening.instruction }] : [];
}

function openEars(
  { briefing, stream, clock, log, guard, onTurn }: CallPartsOptions,
  floor: Floor,
  { stt, model }: NonNullable<ReturnType<LiveCallsOptions['vendors']['stt']>>,
  opened: DisposableStack,
): CallParts['ears'] {
  const endOfTurn = opened.use(
    endOfTurnFor(
      stt.capabilities,
      {
        clock,
        hangoverMs: energyGateDefaults.hangoverMs,
        finalize: () => ears.finalize(),
        endTurn: () => ears.endTurn(),
        onTurn,
        onSeemsOver: (text) => floor.seemsOver(text),
        onGoesOn: () => floor.goesOn(),
      },
      phrasesFor(briefing.agent.language),
    ),
  );
  const ears = new Ears({
    stt,
    model,
    language: briefing.agent.language,
    format: stream.format,
    clock,
    log,
    callId: briefing.call.id,
    // What the line sends back of the agent's own words is nobody's turn, nor a part of one.
    events: {
      onSpeechStarted: () =>
        guard.run(() => {
          endOfTurn.speechStarted();
          floor.sign();
        }),
      onInterim: (text) =>
        guard.run(() => {
          if (floor.isEcho(text) || endOfTurn.isLate(text)) return;
          endOfTurn.interim(text);
          floor.words(text);
        }),
      onFinal: (text) =>
        guard.run(() => {
          if (floor.isEcho(text) || endOfTurn.isLate(text)) return;
          floor.words(text);
          endOfTurn.final(text);
        }),
      onEndOfTurn: (text, eager) => guard.run(() => endOfTurn.endOfTurn(floor.isEcho(text) ? '' : text, eager)),
      onTurnResumed: () => guard.run(() => endOfTurn.resumed()),
    },
  });
  return { ears: opened.use(ears), endOfTurn };
}
