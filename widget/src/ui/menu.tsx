// What one may choose, behind three dots (ARIA Authoring Practices, menu button).
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { roving } from "./keys";
import { say, type View } from "./view";

export interface Choice {
  readonly text: string;
  /** For what is on or off. */
  readonly checked?: boolean;
  readonly disabled?: boolean;
  run(): void;
}

export function Menu({ view, choices, label }: { view: View; choices: readonly Choice[]; label?: string }) {
  const named = label ?? say(view, "menu");
  const [open, setOpen] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (open) list.current?.querySelector("button")?.focus();
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  if (!choices.length) return null;
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
        aria-label={named}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
      </button>
      {open && (
        <div
          class="choices"
          part="menu"
          role="menu"
          ref={list}
          tabIndex={-1}
          aria-label={named}
          onKeyDown={(event) => {
            roving(event, "vertical");
            if (event.key !== "Escape") return;
            event.stopPropagation();
            close();
          }}
        >
          {choices.map((choice, index) => (
            <button
              type="button"
              key={choice.text}
              role={choice.checked === undefined ? "menuitem" : "menuitemcheckbox"}
              {...(choice.checked !== undefined && { "aria-checked": choice.checked })}
              aria-disabled={choice.disabled}
              tabIndex={index ? -1 : 0}
              onClick={() => {
                if (choice.disabled) return;
                close();
                choice.run();
              }}
            >
              {choice.checked !== undefined && <span class="check">{choice.checked && <Icon name="sent" />}</span>}
              {choice.text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** Choices that every talk has. */
export function commonChoices(view: View, redraw: () => void): Choice[] {
  const { alerts, shell } = view;
  const choices: Choice[] = [];
  if (shell.options.sound !== "never") {
    choices.push({
      text: say(view, "sound"),
      checked: alerts.sound,
      run: () => {
        alerts.setSound(!alerts.sound);
        redraw();
      },
    });
  }
  if (alerts.notifiable !== "no") {
    const blocked = alerts.notifiable === "blocked";
    choices.push({
      text: say(view, blocked ? "notifyBlocked" : "notify"),
      checked: alerts.notify,
      disabled: blocked,
      run: () => void alerts.setNotify(!alerts.notify).then(redraw),
    });
  }
  return choices;
}
