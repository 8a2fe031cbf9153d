import { ActionIcon, TextInput } from '@mantine/core';
import { IconSend2 } from '@tabler/icons-react';
import { useState, type SubmitEvent } from 'react';

/** Words to be said by typing them. */
export function Composer({ onSay, onTyping }: { onSay: (text: string) => void; onTyping: () => void }) {
  const [text, setText] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onSay(text);
    setText('');
  };
  return (
    <form onSubmit={submit} className="rb-composer">
      <TextInput
        aria-label="Type what you would say"
        placeholder="Type what you would say"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          onTyping();
        }}
        maxLength={2000}
        autoComplete="off"
        data-autofocus
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- a call was just opened in order to speak
        autoFocus
        rightSectionWidth={38}
        rightSection={
          <ActionIcon type="submit" variant="subtle" size={30} aria-label="Send" disabled={text.trim() === ''}>
            <IconSend2 size={18} />
          </ActionIcon>
        }
      />
    </form>
  );
}
