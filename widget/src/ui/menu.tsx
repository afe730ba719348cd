// What one may choose, behind three dots (ARIA Authoring Practices, menu button).
import { useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { useLater } from "./later";
import { say, type View } from "./view";

export interface Choice {
  readonly text: string;
  /** For what is on or off. */
  readonly checked?: boolean;
  readonly disabled?: boolean;
  run(): void;
}

/** `common`: with the choices that are there everywhere. */
export function Menu(props: { view: View; choices: readonly Choice[]; label?: string; common?: boolean }) {
  const { view, choices } = props;
  const label = props.label ?? say(view, "menu");
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const part = useLater(async () => {
    const [{ Choices }, alerts] = await Promise.all([import("./choices"), view.alerts(), view.more()]);
    return { Choices, alerts };
  }, open);
  return (
    <div
      class="menu"
      onFocusOut={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOpen(false);
      }}
    >
      <button
        type="button"
        class="icon-button"
        ref={button}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
      </button>
      {open && part && (
        <part.Choices
          view={view}
          label={label}
          choices={choices}
          alerts={props.common ? part.alerts : null}
          close={() => {
            setOpen(false);
            button.current?.focus();
          }}
        />
      )}
    </div>
  );
}
