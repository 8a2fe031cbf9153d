import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { viewerZone } from '../time/format.ts';
import { ownLine } from './line.ts';
import { Phone } from './phone.ts';
import { firstState, type PhoneState } from './phone-state.ts';

const PhoneContext = createContext<Phone | null>(null);

/** One phone for the whole console, on line from sign-in to sign-out. */
export function PhoneProvider({ children }: { children: ReactNode }) {
  const [phone, setPhone] = useState<Phone | null>(null);
  useEffect(() => {
    const opened = new Phone(softphoneUrl());
    // oxlint-disable-next-line react/set-state-in-effect -- a socket is opened here and closed below, not while drawing
    setPhone(opened);
    return () => opened.close();
  }, []);
  return <PhoneContext value={phone}>{children}</PhoneContext>;
}

export function usePhone(): { phone: Phone | null; state: PhoneState } {
  const phone = use(PhoneContext);
  const state = useSyncExternalStore(phone?.subscribe ?? neverChanges, phone?.snapshot ?? alwaysFirst);
  return { phone, state };
}

const neverChanges = (): (() => void) => () => undefined;
const alwaysFirst = (): PhoneState => firstState;

function softphoneUrl(): string {
  const url = new URL('/carriers/browser/media', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('line', ownLine());
  url.searchParams.set('zone', viewerZone());
  return url.href;
}
