import {
  IconAddressBook,
  IconHistory,
  IconLogout,
  IconMoon,
  IconPhoneCall,
  IconPlus,
  IconSettings,
  IconTimelineEvent,
  IconTool,
  IconUsers,
  type Icon,
} from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { useNavigate } from '@tanstack/react-router';
import { useAgents } from '../agents/use-agents.ts';
import { callbackQueries, callQueries, numberList } from '../api/resources.ts';
import { numberAnchor } from '../callbacks/cure.tsx';
import { numberWords } from '../callbacks/person.tsx';
import { statusWords as callbackWords } from '../callbacks/words.ts';
import { otherSide, statusWords as callWords } from '../calls/words.ts';
import { pageClock } from '../time/clock.ts';
import { exactTime, viewerZone } from '../time/format.ts';

/** Something that can be gone to, or done. */
export interface Finding {
  readonly key: string;
  readonly words: string;
  /** What it is: "Page", "Callback, Scheduled". */
  readonly kind: string;
  readonly Icon: Icon;
  readonly open: () => void;
}

interface Hands {
  readonly navigate: ReturnType<typeof useNavigate>;
  readonly colours: { readonly words: string; readonly switch: () => void };
  readonly signOut: () => void;
}

const MOST_ROWS = '6';

/** What fits the words: known things at once by `text`, rows of the gateway by `asked`, a moment later. */
export function useFindings(text: string, asked: string, hands: Hands): { findings: Finding[]; searching: boolean } {
  const agents = useAgents();
  const numbers = useQuery(numberList).data?.items ?? [];
  const enabled = asked.length >= 2;
  const callbacks = useQuery({
    ...callbackQueries.list({ q: asked, limit: MOST_ROWS, order: 'desc' }),
    enabled,
    placeholderData: keepPreviousData,
  });
  const calls = useQuery({
    ...callQueries.list({ q: asked, limit: MOST_ROWS }),
    enabled,
    placeholderData: keepPreviousData,
  });
  const { navigate } = hands;
  const words = text.toLowerCase();
  const named = [
    ...places(hands),
    ...agents.map(({ id, name }) => ({
      key: `agent ${id}`,
      words: name,
      kind: 'Agent',
      Icon: IconUsers,
      open: () => void navigate({ to: '/agents/$agentId', params: { agentId: id } }),
    })),
    ...numbers.map(({ id, number }) => ({
      key: `number ${id}`,
      words: numberWords(number),
      kind: 'Phone number',
      Icon: IconAddressBook,
      open: () => void navigate({ to: '/phone-numbers', hash: numberAnchor(number) }),
    })),
  ].filter((finding) => `${finding.words} ${finding.kind}`.toLowerCase().includes(words));
  if (text.length < 2) return { findings: named, searching: false };
  const foundCallbacks = (callbacks.data?.items ?? []).map((callback): Finding => {
    const who = callback.toName ?? numberWords(callback.to);
    return {
      key: `callback ${callback.id}`,
      words: callback.reason === '' ? who : `${who}: ${callback.reason}`,
      kind: `Callback, ${callbackWords[callback.status]}`,
      Icon: IconPhoneCall,
      open: () =>
        void navigate({ to: '/callbacks/$callbackId', params: { callbackId: callback.id }, search: { tab: 'all' } }),
    };
  });
  const foundCalls = (calls.data?.items ?? []).map((call): Finding => ({
    key: `call ${call.id}`,
    words: `${numberWords(otherSide(call))}, ${exactTime(Date.parse(call.startedAt), pageClock.nowMs(), viewerZone())}`,
    kind: `Call, ${callWords[call.status]}`,
    Icon: IconTimelineEvent,
    open: () => void navigate({ to: '/calls/$callId', params: { callId: call.id } }),
  }));
  return {
    findings: [...named, ...foundCallbacks, ...foundCalls],
    searching: asked !== text || callbacks.isFetching || calls.isFetching,
  };
}

function places({ navigate, colours, signOut }: Hands): Finding[] {
  const page = (words: string, Icon: Icon, open: () => void): Finding => ({
    key: `page ${words}`,
    words,
    kind: 'Page',
    Icon,
    open,
  });
  const action = (words: string, Icon: Icon, open: () => void): Finding => ({
    key: `action ${words}`,
    words,
    kind: 'Action',
    Icon,
    open,
  });
  return [
    page('Callbacks', IconPhoneCall, () => void navigate({ to: '/callbacks', search: {} })),
    page('Call logs', IconTimelineEvent, () => void navigate({ to: '/calls', search: {} })),
    page('Agents', IconUsers, () => void navigate({ to: '/agents' })),
    page('Tools', IconTool, () => void navigate({ to: '/tools' })),
    page('Phone numbers', IconAddressBook, () => void navigate({ to: '/phone-numbers' })),
    page('Settings', IconSettings, () => void navigate({ to: '/settings' })),
    page('Audit log', IconHistory, () => void navigate({ to: '/settings/audit', search: {} })),
    action('New callback', IconPlus, () => void navigate({ to: '/callbacks', search: { book: 'new' } })),
    action('New agent', IconPlus, () => void navigate({ to: '/agents/new' })),
    action(
      'Callbacks that need attention',
      IconPhoneCall,
      () => void navigate({ to: '/callbacks', search: { tab: 'attention' } }),
    ),
    action('Calls that go on now', IconTimelineEvent, () => void navigate({ to: '/calls', search: { state: 'live' } })),
    action(colours.words, IconMoon, colours.switch),
    action('Sign out', IconLogout, signOut),
  ];
}
