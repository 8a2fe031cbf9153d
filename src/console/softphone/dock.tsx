import { lazy, Suspense, useEffect } from 'react';
import { usePhone } from './phone-context.tsx';
import { Ended } from './ended.tsx';
import { Idle } from './idle.tsx';
import { Incoming } from './incoming.tsx';
import { Connecting } from './connecting.tsx';
import type { Phone } from './phone.ts';
import type { PhoneState } from './phone-state.ts';

// Loads while the call connects.
const loadInCall = () => import('./in-call.tsx').then((module) => ({ default: module.InCall }));
const InCall = lazy(loadInCall);

/** The softphone, on every page. `speech`: spoken words are understood here. */
export function Dock({ speech }: { speech: boolean }) {
  const { phone, state } = usePhone();
  if (phone === null) return null;
  const [ring] = state.rings;
  return (
    <section className="rb-dock" aria-label="Softphone">
      {ring !== undefined && (
        <Incoming
          key={ring.ringId}
          phone={phone}
          ring={ring}
          waiting={state.rings.length - 1}
          speech={speech}
          busy={state.stage.name === 'in_call'}
        />
      )}
      <Stage phone={phone} state={state} speech={speech} ringing={ring !== undefined} />
    </section>
  );
}

function Stage({
  phone,
  state,
  speech,
  ringing,
}: {
  phone: Phone;
  state: PhoneState;
  speech: boolean;
  ringing: boolean;
}) {
  const { stage } = state;
  const connects = stage.name === 'connecting';
  useEffect(() => {
    if (connects) void loadInCall();
  }, [connects]);
  if (stage.name === 'in_call')
    return (
      <Suspense>
        <InCall phone={phone} state={state} stage={stage} speech={speech} />
      </Suspense>
    );
  if (stage.name === 'connecting') return <Connecting phone={phone} name={stage.answering?.agentName ?? null} />;
  if (ringing) return null;
  if (stage.name === 'ended') return <Ended phone={phone} stage={stage} speech={speech} online={state.online} />;
  return <Idle phone={phone} online={state.online} speech={speech} />;
}
