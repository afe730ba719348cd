// The menu behind the three dots, once it is opened.
import { useEffect, useRef } from "preact/hooks";
import type { Alerts } from "./alerts";
import css from "./choices.css?inline";
import { Icon } from "./icons";
import { roving } from "./keys";
import type { Choice } from "./menu";
import { say, styled, type View } from "./view";

function commonChoices(view: View, alerts: Alerts): Choice[] {
  const choices: Choice[] = [];
  if (view.shell.options.sound !== "never") {
    choices.push({
      text: say(view, "sound"),
      checked: alerts.sound,
      run: () => alerts.setSound(!alerts.sound),
    });
  }
  if (alerts.notifiable !== "no") {
    const blocked = alerts.notifiable === "blocked";
    choices.push({
      text: say(view, blocked ? "notifyBlocked" : "notify"),
      checked: alerts.notify,
      disabled: blocked,
      run: () => void alerts.setNotify(!alerts.notify),
    });
  }
  return choices;
}

export function Choices(props: {
  view: View;
  label: string;
  choices: readonly Choice[];
  alerts: Alerts | null;
  close(): void;
}) {
  const { view, alerts, close } = props;
  styled(view, css);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.querySelector("button")?.focus(), []);
  return (
    <div
      class="choices"
      part="menu"
      role="menu"
      ref={list}
      tabIndex={-1}
      aria-label={props.label}
      onKeyDown={(event) => {
        roving(event, "vertical");
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      {[...(alerts ? commonChoices(view, alerts) : []), ...props.choices].map((choice, index) => (
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
          {alerts && <span class="check">{choice.checked && <Icon name="sent" />}</span>}
          {choice.text}
        </button>
      ))}
    </div>
  );
}
