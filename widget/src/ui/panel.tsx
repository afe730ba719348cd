// The panel: the talk that is shown, or what stands in its way.
import type { ComponentType } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Connection } from "../engine/types";
import { Form } from "./asking";
import { Avatar, Head } from "./head";
import { explain } from "./problems";
import { TalkPane } from "./talk";
import { say, titleOf, type View } from "./view";

export interface PaneProps {
  readonly view: View;
}

/** A connection that comes within this is not worth a word. */
const PATIENCE = 800;

function useSeconds(until: number): number {
  const left = () => Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return seconds;
}

function Lost({ view, retryAt }: { view: View; retryAt: number }) {
  const seconds = useSeconds(retryAt);
  return (
    <>
      {/* Counted for the eye only: a screen reader would be interrupted each second. */}
      <span class="unseen">{say(view, "lost")}</span>
      <span aria-hidden="true">{seconds ? say(view, "lostFor", { n: seconds }) : say(view, "lost")}</span>{" "}
      <button type="button" class="plain" onClick={() => view.engine.start()}>
        {say(view, "retryNow")}
      </button>
    </>
  );
}

function ConnectionBar({ view, connection }: { view: View; connection: Connection }) {
  const { kind } = connection;
  const [patient, setPatient] = useState(true);
  useEffect(() => {
    setPatient(true);
    const timer = setTimeout(() => setPatient(false), PATIENCE);
    return () => clearTimeout(timer);
  }, [kind]);
  const shown = kind === "waiting" || kind === "stopped" || (kind === "connecting" && !patient);
  return (
    <div class="bar" part="bar" role="status" hidden={!shown}>
      {kind === "waiting" && <Lost view={view} retryAt={connection.retryAt} />}
      {kind === "connecting" && !patient && say(view, "connecting")}
      {kind === "stopped" && (
        <>
          {explain(view, connection.problem)}{" "}
          <button type="button" class="plain" onClick={() => view.engine.start()}>
            {say(view, "retry")}
          </button>
        </>
      )}
    </div>
  );
}

/** There is no talk to show yet: who stands in for it is the site. */
function Waiting({ view }: PaneProps) {
  const { state, shell } = view;
  const title = shell.options.title || say(view, "title");
  return (
    <>
      <Head view={view} title={title} choices={[]} avatar={<Avatar name={title} picture={shell.options.avatar} />}>
        <p class="sub" part="status" />
      </Head>
      {state.needs === "introduction" && <Form view={view} talk={undefined} mode="start" />}
      {state.needs === "token" && (
        <p class="bar" part="bar" role="alert">
          {say(view, view.refused ? "signOnFailed" : "tokenExpired")}
        </p>
      )}
      <div class="middle" />
    </>
  );
}

export function Panel({ view, Home }: PaneProps & { Home: ComponentType<PaneProps> | null }) {
  const { state, shell, shown } = view;
  const root = useRef<HTMLElement>(null);
  const talk = shown === null ? undefined : state.talks[shown];
  const ready = state.needs === "nothing" && state.me !== null;
  const pane = !ready ? "waiting" : shown === null ? "home" : talk ? "talk" : "waiting";
  const open = shell.isOpen;

  // Where the next key goes when it is opened or shows something else: to the field, if there is one. Not on
  // telephones, whose keyboards hide half of it; and not from the page to a widget that sits in it,
  // or was open before.
  const { activeElement } = shell.root;
  const focus = () => {
    const field = root.current?.querySelector<HTMLElement>("[data-focus]");
    if (open)
      (field && !matchMedia("(pointer: coarse)").matches ? field : root.current)?.focus({ preventScroll: true });
  };
  useLayoutEffect(() => {
    if (!(shell.inline || view.quiet) || shell.root.activeElement) focus();
  }, [open, pane, shown]);
  // What had it is gone: a form that was sent, a button that has done its work.
  useLayoutEffect(() => {
    if (activeElement && !activeElement.isConnected) focus();
  });

  return (
    <section
      class="pane"
      ref={root}
      tabIndex={-1}
      role={shell.inline ? "region" : "dialog"}
      aria-label={talk ? titleOf(view, talk) : shell.options.title || say(view, "title")}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        shell.close();
      }}
    >
      {pane === "talk" && talk && <TalkPane key={talk.key} view={view} talk={talk} />}
      {pane === "home" && Home && <Home view={view} />}
      {pane === "waiting" && <Waiting view={view} />}
      <ConnectionBar view={view} connection={state.connection} />
    </section>
  );
}
