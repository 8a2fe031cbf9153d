import type { AgentSettings } from '../domain/agent.ts';

/** The sentences that the law may ask for. `%s` is the business. */
interface NoticeWords {
  readonly machine: string;
  readonly machineFor: string;
  readonly recorded: string;
}

const english: NoticeWords = {
  machine: 'You are speaking with an AI assistant.',
  machineFor: 'You are speaking with an AI assistant of %s.',
  recorded: 'This call is recorded.',
};

const words: Readonly<Record<string, NoticeWords>> = {
  en: english,
  de: {
    machine: 'Sie sprechen mit einem KI-Assistenten.',
    machineFor: 'Sie sprechen mit einem KI-Assistenten von %s.',
    recorded: 'Dieses Gespräch wird aufgezeichnet.',
  },
  es: {
    machine: 'Está hablando con un asistente de inteligencia artificial.',
    machineFor: 'Está hablando con un asistente de inteligencia artificial de %s.',
    recorded: 'Esta llamada se graba.',
  },
  fr: {
    machine: 'Vous parlez avec un assistant d’intelligence artificielle.',
    machineFor: 'Vous parlez avec un assistant d’intelligence artificielle de %s.',
    recorded: 'Cet appel est enregistré.',
  },
};

/** What is said before anything else: that it is an AI and for whom it speaks, and that it is recorded. Null for nothing. */
export function noticeOf(agent: Pick<AgentSettings, 'disclosure' | 'recording' | 'language'>): string | null {
  const said = words[agent.language.split('-', 1)[0]?.toLowerCase() ?? ''] ?? english;
  const { enabled, businessName } = agent.disclosure;
  const sentences: string[] = [];
  if (enabled)
    sentences.push(
      businessName.trim() === '' ? said.machine : said.machineFor.replace('%s', () => businessName.trim()),
    );
  if (agent.recording === 'announce') sentences.push(said.recorded);
  return sentences.length === 0 ? null : sentences.join(' ');
}
