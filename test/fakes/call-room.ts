import { openLiveCalls } from '../../src/call/live-calls.ts';
import type { CallBriefing, LiveCallsOptions, OpeningPlan, Recorder } from '../../src/call/ports.ts';
import type { MediaSink } from '../../src/carriers/carrier.ts';
import { defaultCallbackPolicy, type AgentSettings } from '../../src/domain/agent.ts';
import type { Call } from '../../src/domain/call.ts';
import type { LlmMessage } from '../../src/llm/llm.ts';
import type { Tool } from '../../src/tools/tool.ts';
import { quietLog } from '../support/quiet-log.ts';
import { SimClock } from '../support/sim-clock.ts';
import { FakeStream, type FakeStreamOptions } from './fake-stream.ts';
import { MemoryCallStore } from './memory-call-store.ts';
import { ScriptedLlm } from './scripted-llm.ts';
import type { ScriptedStt } from './scripted-stt.ts';
import { ScriptedTts } from './scripted-tts.ts';
import { callerFrame } from './spoken-audio.ts';

const agent: AgentSettings = {
  id: 'agent-1',
  name: 'Robin',
  prompt: 'Be kind.',
  greeting: 'How can I help?',
  language: 'en-US',
  timeZone: 'Europe/Berlin',
  isDefault: true,
  stt: null,
  llm: null,
  voice: null,
  recording: 'off',
  disclosure: { enabled: true, businessName: 'Acme' },
  limits: { silencePromptSeconds: 8, silencePrompts: 2, maxCallMinutes: 30 },
  tools: { endCall: true, bookTable: true },
  callbackPolicy: defaultCallbackPolicy,
};

const call: Call = {
  id: 'call-1',
  direction: 'inbound',
  status: 'in_progress',
  carrier: 'fake',
  carrierCallId: 'carrier-1',
  agentId: 'agent-1',
  conversationId: 'conversation-1',
  callbackId: null,
  attemptId: null,
  from: '+4915112345678',
  to: '+493012345',
  attestation: 'full',
  timeZone: null,
  startedAt: Temporal.Instant.from('2026-11-24T12:00:00Z'),
  answeredAt: null,
  endedAt: null,
  endReason: null,
  resumes: 0,
  replicaId: null,
  recording: 'none',
  recordingFile: null,
  recordingReplicaId: null,
  summary: null,
};

export interface RoomOptions {
  readonly stt?: ScriptedStt;
  readonly tools?: readonly Tool[];
  readonly options?: Partial<LiveCallsOptions>;
}

export interface Line {
  readonly stream: FakeStream;
  readonly sink: MediaSink;
}

export interface BriefingOptions {
  readonly id?: string;
  readonly agent?: Partial<AgentSettings>;
  readonly opening?: OpeningPlan;
  readonly messages?: readonly LlmMessage[];
  readonly nextTurnIndex?: number;
  readonly torn?: CallBriefing['torn'];
  readonly call?: Partial<Call>;
  readonly heardAgent?: boolean;
}

/** Live calls over scripted vendors and a clock that the test moves. */
export class CallRoom implements AsyncDisposable {
  readonly clock = new SimClock();
  readonly log = quietLog();
  readonly store = new MemoryCallStore();
  readonly llm = new ScriptedLlm(this.clock);
  readonly tts = new ScriptedTts(this.clock);
  readonly recorded: { side: 'caller' | 'agent'; atMs: number; bytes: number }[] = [];
  readonly deskKeys: string[] = [];
  readonly calls: ReturnType<typeof openLiveCalls>;

  readonly #stt: ScriptedStt | undefined;

  constructor({ stt, tools = [], options = {} }: RoomOptions = {}) {
    this.#stt = stt;
    this.calls = openLiveCalls({
      clock: this.clock,
      log: this.log,
      store: this.store,
      vendors: {
        stt: () => (stt === undefined ? null : { stt, model: null }),
        llm: () => ({ llm: this.llm, model: null }),
        tts: () => ({ tts: this.tts, voice: null }),
      },
      tools,
      deskOf: (_briefing, key) => {
        this.deskKeys.push(key);
        const closed = async () => ({ ok: false, error: 'closed' }) as const;
        return { book: closed, move: closed, cancel: closed, doNotCall: closed };
      },
      recordings: { record: (id) => this.#recorder(id) },
      ...options,
    });
  }

  briefing(options: BriefingOptions = {}): CallBriefing {
    return {
      call: { ...call, ...options.call, id: options.id ?? 'call-1' },
      agent: { ...agent, ...options.agent },
      messages: options.messages ?? [{ role: 'system', text: 'Be kind.' }],
      nextTurnIndex: options.nextTurnIndex ?? 0,
      ...(options.torn === undefined ? {} : { torn: options.torn }),
      opening: options.opening ?? { kind: 'greeting', notice: null, text: 'How can I help?' },
      ...(options.heardAgent === undefined ? {} : { heardAgent: options.heardAgent }),
    };
  }

  connect(options: BriefingOptions = {}, line: Omit<FakeStreamOptions, 'clock'> = {}): Line {
    const stream = new FakeStream({ clock: this.clock, ...line });
    const sink = this.calls.connect(this.briefing(options), stream);
    stream.sink = sink;
    return { stream, sink };
  }

  /** The caller's microphone for so long, frame by frame. */
  async hear(line: Line, kind: 'voice' | 'silence', ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 20) {
      line.sink.onAudio(callerFrame(kind));
      await this.clock.advance(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.calls[Symbol.asyncDispose]();
    await this.clock.advance(0);
    await closing;
    const left = this.left();
    if (left !== '') throw new Error(`left behind: ${left}`);
  }

  /** What of the calls is still there, in words; empty for nothing. */
  left(): string {
    const counts = {
      calls: this.calls.count,
      timers: this.clock.pending,
      voices: this.tts.open_,
      'STT streams': this.#stt?.open_ ?? 0,
    };
    const still = Object.entries(counts).filter(([, count]) => count > 0);
    return still.map(([what, count]) => `${count} ${what}`).join(', ');
  }

  #recorder(callId: string): Recorder {
    return {
      file: `${callId}.wav`,
      caller: (audio, atMs) => {
        this.recorded.push({ side: 'caller', atMs, bytes: audio.length });
        return atMs + 20;
      },
      agent: (audio, atMs) => void this.recorded.push({ side: 'agent', atMs, bytes: audio.length }),
      finish: async () => true,
    };
  }
}
