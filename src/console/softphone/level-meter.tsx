import { useEffect, useRef } from 'react';
import type { Phone } from './phone.ts';

/** How loud a side is. Drawn past React: 25 times a second is no state. */
export function LevelMeter({ phone, side, label }: { phone: Phone; side: 'microphone' | 'agent'; label: string }) {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(
    () =>
      phone.onLevel((from, level) => {
        if (from === side && bar.current !== null) bar.current.style.transform = `scaleX(${level.toFixed(2)})`;
      }),
    [phone, side],
  );
  return (
    <span className="rb-meter" title={`${label}: loudness`} aria-hidden>
      <span ref={bar} />
    </span>
  );
}
