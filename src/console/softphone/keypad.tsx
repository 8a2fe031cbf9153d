import { CloseButton, Text, UnstyledButton } from '@mantine/core';
import { useEffect, useRef } from 'react';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const MOST_SHOWN = 20;
const spokenKeys: Record<string, string> = { '*': 'Star', '#': 'Hash' };

/** The keys of a telephone: by pointer, by touch, and by the keyboard while it is open. */
export function Keypad({
  keys,
  onPress,
  onClose,
}: {
  /** What was pressed, and is not in the transcript yet. */
  keys: string;
  onPress: (key: string) => void;
  onClose: () => void;
}) {
  const pad = useRef<HTMLDivElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && pad.current?.contains(document.activeElement) === true) return onClose();
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isWriting(event.target)) return;
      if (!KEYS.includes(event.key)) return;
      event.preventDefault();
      onPress(event.key);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [onPress, onClose]);
  return (
    <div className="rb-keypad" role="group" aria-label="Keypad" ref={pad}>
      <div className="rb-keypad-head">
        <Text
          role="status"
          aria-label="Keys pressed"
          size="sm"
          fw={600}
          className="rb-keypad-keys rb-numbers"
          data-empty={keys === '' || undefined}
        >
          {keys === '' ? 'Press keys here or on your keyboard' : newest(keys)}
        </Text>
        <CloseButton size="md" aria-label="Close the keypad" onClick={onClose} />
      </div>
      <div className="rb-keypad-grid">
        {KEYS.map((key, index) => (
          <UnstyledButton
            key={key}
            ref={index === 0 ? first : undefined}
            className="rb-keypad-key"
            aria-label={spokenKeys[key] ?? key}
            onClick={() => onPress(key)}
          >
            {key}
          </UnstyledButton>
        ))}
      </div>
    </div>
  );
}

/** A long entry is cut at its beginning: what was pressed just now is what one looks for. */
function newest(keys: string): string {
  return keys.length > MOST_SHOWN ? `…${keys.slice(-MOST_SHOWN)}` : keys;
}

/** Digits that go into a field are words, not keys. */
function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
}
