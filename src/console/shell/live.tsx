import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { createContext, use, useEffect, useState, type ReactNode } from 'react';
import { EventStream, type StreamState } from '../api/event-stream.ts';
import { LiveCache } from '../api/live.ts';
import { signedOutHere } from '../sign-in/way-back.ts';
import { pageClock } from '../time/clock.ts';

/** A hidden page lets its stream go after this long: a browser opens only six connections to one host. */
const HIDDEN_MS = 60_000;

const LiveState = createContext<StreamState>('connecting');

export function useLiveState(): StreamState {
  return use(LiveState);
}

/** Keeps what is shown in step with the gateway for as long as the page is looked at. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [state, setState] = useState<StreamState>('connecting');

  useEffect(() => {
    const cache = new LiveCache(queries);
    const stream = new EventStream({
      url: '/api/v1/events',
      onEvent: (event) => cache.apply(event),
      onState: (next) => {
        setState(next);
        // A stream that never told anything has no place to resume from; reading what is shown anew costs little.
        if (next === 'live') cache.catchUp();
      },
      onSignedOut: () => void navigate({ to: '/sign-in', search: signedOutHere() }),
    });
    const stopWatching = pauseWhileHidden(stream);
    stream.start();
    return () => {
      stopWatching();
      stream.close();
      cache.close();
    };
  }, [queries, navigate]);

  return <LiveState value={state}>{children}</LiveState>;
}

function pauseWhileHidden(stream: EventStream): () => void {
  let cancel = (): void => undefined;
  const look = (): void => {
    cancel();
    if (document.hidden) cancel = pageClock.after(HIDDEN_MS, () => stream.pause());
    else stream.start();
  };
  document.addEventListener('visibilitychange', look);
  return () => {
    cancel();
    document.removeEventListener('visibilitychange', look);
  };
}
