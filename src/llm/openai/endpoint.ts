import { RingbackError } from '../../errors.ts';

const OWN_BASE_URL = 'https://api.openai.com/v1';
const OWN_MODEL = 'gpt-6-luna';

/** The variables of `env.ts`, parsed. */
export interface Settings {
  readonly OPENAI_API_KEY?: string | undefined;
  readonly OPENAI_BASE_URL?: string | undefined;
  readonly OPENAI_MODEL?: string | undefined;
}

/** Which server is asked, as whom, for which model. */
export interface Endpoint {
  readonly apiKey: string | null;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** Of requests that name none. */
  readonly model: string;
  /** OpenAI's own service, which takes fields that servers in its image may refuse. */
  readonly isOpenAi: boolean;
}

/**
 * The server that the settings name; undefined where they name none, for a model alone leads nowhere. Throws
 * `config_invalid` with one line per fault that shows only where two variables meet.
 */
export function endpointOf(settings: Settings): Endpoint | undefined {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL: model } = settings;
  if (apiKey === undefined && baseUrl === undefined) return undefined;
  const isOpenAi = isOpenAiUrl(baseUrl ?? OWN_BASE_URL);
  const faults: string[] = [];
  if (isOpenAi && apiKey === undefined)
    faults.push("OPENAI_API_KEY: got nothing, wants a key, because OPENAI_BASE_URL is OpenAI's own");
  if (!isOpenAi && model === undefined)
    faults.push('OPENAI_MODEL: got nothing, wants the name of a model, because OPENAI_BASE_URL is not OpenAI');
  if (faults.length > 0) throw new RingbackError('config_invalid', [faults.join('\n')]);
  return { apiKey: apiKey ?? null, baseUrl: baseUrl ?? OWN_BASE_URL, model: model ?? OWN_MODEL, isOpenAi };
}

/** `api.openai.com`, or one of its regions such as `eu.api.openai.com`. */
function isOpenAiUrl(url: string): boolean {
  return /^(?:[a-z]+\.)?api\.openai\.com$/.test(new URL(url).hostname);
}
